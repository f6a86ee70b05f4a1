package promoter

import (
	"strings"
	"testing"
	"time"
)

func TestOnlyAFitPullRequestMayBeMerged(t *testing.T) {
	soon, past := now.Add(time.Minute), now.Add(-time.Second)
	for name, c := range map[string]struct {
		request Request
		result  Result
		reason  string
	}{
		"one that does not expire":          {Request{}, Mergeable, "moves Release"},
		"one that expires soon":             {Request{Expires: []time.Time{soon}}, Mergeable, "moves Release"},
		"one that expires now":              {Request{Expires: []time.Time{now}}, Refused, "expired 2026-11-02T09:30:00Z; close it"},
		"one of whose branches one expired": {Request{Expires: []time.Time{soon, past}}, Refused, "expired 2026-11-02T09:29:59Z; close it"},
		"one that does more":                {Request{More: "changes cart.yaml as well"}, Refused, "The pull request changes cart.yaml as well; close it"},
	} {
		w, f := released(t, false, false)
		c.request.Commit, c.request.Release = "c0ffee", w.app["tier-0"]
		w.request = c.request
		got, err := w.promoter(f).Check(ctx, "t-1", "c0ffee", Options{})
		if err != nil || got.Result != c.result || !strings.Contains(got.Reason, c.reason) {
			t.Errorf("%s: %s: %s (%v), want %s: %s", name, got.Result, got.Reason, err, c.result, c.reason)
		}
	}
}

func TestASingleRepositoryHasNoWayBackByPullRequest(t *testing.T) {
	for _, single := range []bool{false, true} {
		w, f := released(t, single, false)
		before := w.app["tier-1"]
		if got, err := w.promoter(f).Promote(ctx, "t-1", Options{}); err != nil || got.Result != Promoted {
			t.Fatalf("%+v, %v", got, err)
		}
		w.release() // so that the Tier below has another one
		w.request = Request{Commit: "c0ffee", Release: before}
		want := map[bool]Result{false: Mergeable, true: Refused}[single]
		got, err := w.promoter(f).Check(ctx, "t-1", "c0ffee", Options{})
		if err != nil || got.Result != want {
			t.Errorf("single %v: %s: %s (%v), want %s", single, got.Result, got.Reason, err, want)
		}
	}
}
