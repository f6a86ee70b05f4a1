package promoter

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// ids of a test are digits that are easy to tell apart.
func id(digit string) fleet.Release { return fleet.Release(strings.Repeat(digit, 40)) }

// whole is a promotion of which everything is known.
func whole() Promotion {
	return Promotion{From: "t-0", To: "t-1", Release: id("a"), Replaces: id("b"), Result: Promoted, Reason: "t-1 has Release aaaaaaaaaaaa.",
		Branch: "tier-1", Commit: string(id("c")), Changes: []Commit{{ID: string(id("a")), Subject: "a change", Folders: []string{"cart"}}}, More: 3,
		Decision: &promotion.Decision{At: now, From: "t-0", To: "t-1", Release: string(id("a")), Verdict: promotion.Promote,
			Checks: []promotion.Check{{Check: "budget", Result: promotion.Pass, Reason: "The budget is fine."}}},
		Proposal: &Proposal{Branch: "b", Into: "tier-1", Title: "t", Body: "text", Expires: now},
		Images:   []ImageState{{Image: "r/a:1", Verdict: ImageStored, Digest: "sha256:1", Reason: "Found."}}, ImageNotes: []string{"one is skipped."},
		Notes: []string{"Nobody knows."}, Matched: now.Add(time.Minute), Logged: []Logged{{Entry: "gate", Index: 7, Hash: "h"}, {Entry: "promote", Why: "no log"}}}
}

func reportOf(t *testing.T, p ...Promotion) Report {
	t.Helper()
	return Report{At: now, Promotions: p, Fleet: fleetOf(t, 2), Compare: func(from, to fleet.Release) string {
		if from == "" || to == "" {
			return ""
		}
		return fmt.Sprintf("https://x/%.1s...%.1s", from, to)
	}}
}

func TestTheJSONHasTheDecisionAndAllThatIsKnown(t *testing.T) {
	data, err := json.Marshal(reportOf(t, whole(), Promotion{From: "t-1", To: "t-1", Result: Refused, Reason: "No."}))
	if err != nil {
		t.Fatal(err)
	}
	decision, err := json.Marshal(whole().Decision)
	if err != nil || !strings.Contains(string(decision), `"decision":"promote"`) {
		t.Fatalf("%s, %v", decision, err)
	}
	a, b, c := id("a"), id("b"), id("c")
	want := `{"version":1,"at":"2026-11-02T09:30:00Z","promotions":[` +
		`{"from":"t-0","to":"t-1","release":"` + string(a) + `","replaces":"` + string(b) + `","result":"promoted","reason":"t-1 has Release aaaaaaaaaaaa.","branch":"tier-1","commit":"` + string(c) + `",` +
		`"compare":"https://x/b...a","changes":[{"component":"cart","commits":[{"commit":"` + string(a) + `","subject":"a change"}]}],"more_changes":3,` +
		`"images":[{"image":"r/a:1","verdict":"stored","digest":"sha256:1","reason":"Found."}],"image_notes":["one is skipped."],` +
		`"pull_request":{"branch":"b","into":"tier-1","title":"t","body":"text","expires":"2026-11-02T09:30:00Z"},"matched_at":"2026-11-02T09:31:00Z","decision":` + string(decision) + `,` +
		`"logged":[{"entry":"gate","index":7,"hash":"h","why":null},{"entry":"promote","index":null,"hash":null,"why":"no log"}],"notes":["Nobody knows."]},` +
		`{"from":null,"to":"t-1","release":null,"replaces":null,"result":"refused","reason":"No.","branch":"","commit":null,"compare":null,"changes":[],"more_changes":0,` +
		`"images":null,"image_notes":[],"pull_request":null,"matched_at":null,"decision":null,"logged":[],"notes":[]}]}`
	if string(data) != want {
		t.Errorf("%s\nwant\n%s", data, want)
	}
}

func TestTheTextSaysAllThatPeopleNeed(t *testing.T) {
	back := whole()
	back.From, back.Result, back.Proposal, back.Images, back.More, back.Matched = "t-1", RolledBack, nil, nil, 0, time.Time{}
	held := whole()
	held.Result, held.Commit, held.Proposal, held.Logged, held.Notes, held.Images, held.ImageNotes, held.Matched = Held, "", nil, nil, nil, nil, nil, time.Time{}
	held.Decision = &promotion.Decision{Verdict: promotion.Hold}
	held.Changes, held.More, held.Replaces = nil, 0, held.Release
	var b strings.Builder
	if err := reportOf(t, whole(), back, held).WriteText(&b); err != nil {
		t.Fatal(err)
	}
	want := `PROMOTED  t-0 to t-1
  t-1 has Release aaaaaaaaaaaa.
  commit ` + string(id("c")) + `
  logged (gate) as entry 7, h
  not logged (promote): no log
  note: Nobody knows.
  in sync with its branch since 2026-11-02T09:31:00Z
  https://x/b...a
  image r/a:1: found
  images: one is skipped.
  cart
    aaaaaaaaaaaa a change
  … and 3 older commits

t

text
ROLLED BACK  t-1
  t-1 has Release aaaaaaaaaaaa.
  commit ` + string(id("c")) + `
  logged (gate) as entry 7, h
  not logged (promote): no log
  note: Nobody knows.
  https://x/b...a
  images: one is skipped.
  reverts:
  cart
    aaaaaaaaaaaa a change

HELD  t-0 to t-1
  t-1 has Release aaaaaaaaaaaa.
  details: shopslo gate --to t-1
`
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
	b.Reset()
	r := reportOf(t, held)
	r.Gate = "shopslo gate --server http://x"
	if err := r.WriteText(&b); err != nil || !strings.Contains(b.String(), "  details: shopslo gate --server http://x --to t-1\n") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

// The text that a person approves.
func TestTheTextOfAPullRequest(t *testing.T) {
	p := &Promoter{Fleet: fleetOf(t, 2), Compare: "https://x/{from}...{to}"}
	plan := planned{From: fleet.Tier{Name: "t-0", Branch: "tier-0"}, To: fleet.Tier{Name: "t-1", Branch: "tier-1"}, Release: id("a"), Replaces: id("b")}
	out := whole()
	out.Decision.Checks = append(out.Decision.Checks, promotion.Check{Check: "drift", Result: promotion.Waived, Reason: "An override."},
		promotion.Check{Check: "soak", Result: promotion.NotChecked, Reason: "Not asked."}, promotion.Check{Check: "alerts", Result: promotion.Pass, Reason: "Nothing fires."})
	want := "Promotes Release `aaaaaaaaaaaa` from **t-0** to **t-1**, replacing `bbbbbbbbbbbb`.\n" +
		"\n[Compare the two Releases](https://x/" + string(id("b")) + "..." + string(id("a")) + ")\n" +
		"\nOnly the submodule is changed.\n" +
		"\nTo be merged before 2026-11-02 09:30 UTC; then it has to be decided again.\n" +
		"\n## Gate: promote\n\n2026-11-02 09:30:00 UTC: 2 passed, 1 waived, 1 not checked.\n" +
		"\n- drift (waived): An override.\n- soak (not checked): Not asked.\n" +
		"\n## Changes\n\n### cart\n\n- `aaaaaaaaaaaa` a change\n\n… and 3 older commits.\n"
	if got := p.body(out, plan, Options{}, now); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	back := plan
	back.From = back.To
	out.Decision, out.More = nil, 0
	p.Compare = ""
	want = "Rolls **t-1** back to Release `aaaaaaaaaaaa`, replacing `bbbbbbbbbbbb`.\n\nOnly the submodule is changed.\n" +
		"\nTo be merged before 2026-11-02 09:30 UTC; then it has to be decided again.\n\n## Reverted changes\n\n### cart\n\n- `aaaaaaaaaaaa` a change\n"
	if got := p.body(out, back, Options{}, now); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	p.Single = true
	if got := p.body(out, plan, Options{}, now); !strings.Contains(got, "Merge by fast-forward only (`git push origin "+string(id("a"))+":tier-1`)") || strings.Contains(got, "Only the submodule") {
		t.Error(got)
	}
	for _, c := range []struct {
		plan planned
		o    Options
		want string
	}{
		{planned{Release: "2", RolledBack: "1"}, Options{Fix: "https://x/7"}, "contains 1, rolled back before, and mends https://x/7"},
		{planned{Release: "1", RolledBack: "1"}, Options{Fix: "https://x/7", Again: true}, "was rolled back before"},
		{planned{Release: "2", RolledBack: "1"}, Options{Again: true}, "brings back what was rolled back with 1"},
	} {
		if got := comesAgain(c.plan, c.o); !strings.Contains(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
		if got := p.body(out, c.plan, c.o, now); !strings.Contains(got, "This Release "+c.want[:8]) {
			t.Error(got)
		}
	}
}

func TestTheCommitsMessageSaysWhatAndWhy(t *testing.T) {
	plan := planned{From: fleet.Tier{Name: "t-0"}, To: fleet.Tier{Name: "t-1"}, Release: id("a"), Replaces: id("b")}
	trailers := "Shopslo-Release: " + string(id("a")) + "\nShopslo-Replaces: " + string(id("b")) + "\n"
	d := &promotion.Decision{At: now}
	if got, want := message(plan, d, Options{}), "Promote aaaaaaaaaaaa to t-1\n\nFrom t-0, in place of bbbbbbbbbbbb. The gate of 2026-11-02T09:30:00Z: no checks.\n\nShopslo-Promotion: t-0 to t-1\n"+trailers; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	plan.RolledBack = id("c")
	if got := message(plan, nil, Options{Again: true}); !strings.Contains(got, "in place of bbbbbbbbbbbb. The Release brings back what was rolled back with cccccccccccc (--again).\n\n") {
		t.Error(got)
	}
	plan.From, plan.RolledBack = plan.To, ""
	if got, want := message(plan, nil, Options{}), "Roll t-1 back to aaaaaaaaaaaa\n\nIn place of bbbbbbbbbbbb.\n\nShopslo-Rollback: t-1\n"+trailers; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestNamesOfPullRequestsSayForWhatAndUntilWhen(t *testing.T) {
	until := time.Date(2026, 11, 3, 9, 30, 0, 0, time.UTC)
	n := requestName{"t-1", "aaaaaaaaaaaa", "bbbbbbbbbbbb", until}
	if got, ok := parseName("t-1", n.String()); !ok || got != n || n.String() != "shopslo/t-1-aaaaaaaaaaaa-on-bbbbbbbbbbbb-until-20261103T0930Z" {
		t.Errorf("%+v, %v: %s", got, ok, n)
	}
	if got, ok := parseName("t-1", "shopslo/t-1-aaaaaaaaaaaa-on-bbbbbbbbbbbb"); !ok || !got.until.IsZero() || !got.same(n) {
		t.Errorf("%+v, %v", got, ok)
	}
	for _, other := range []requestName{{"t-2", n.release, n.on, until}, {n.tier, "cccccccccccc", n.on, until}, {n.tier, n.release, "cccccccccccc", until}} {
		if other.same(n) {
			t.Errorf("%s is taken for %s", other, n)
		}
	}
	for _, name := range []string{"", "shopslo/t-1", "shopslo/t-1-", "x" + n.String(), n.String() + "x", "shopslo/t-1-aaaaaaaaaaaa-on-bbbbbbbbbbbb-until-20261399T0930Z", "shopslo/t-2-aaaaaaaaaaaa-on-bbbbbbbbbbbb"} {
		if got, ok := parseName("t-1", name); ok {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for name, want := range map[string]bool{n.String(): true, "-until-20261103T0930Z": true, "": false, "until-20261103T0930Z": false, "shopslo/x-since-20261103T0930Z": false, "x-until-20261303T0930Z": false, "x-until-20261103T0930Zx": false} {
		if got, ok := Expiry(name); ok != want || ok && !got.Equal(until) {
			t.Errorf("%s: %s, %v", name, got, ok)
		}
	}
}

func TestHowLongAPullRequestMayBeMerged(t *testing.T) {
	for _, c := range []struct {
		valid time.Duration
		until time.Time
		want  string
	}{
		{0, now.Add(24 * time.Hour), ""}, {0, now.Add(24*time.Hour + time.Second), "longer than promotion.pull_request_expiry"}, {time.Hour, now.Add(2 * time.Hour), "longer than"},
		{time.Hour, now.Add(time.Hour), ""}, {0, now.Add(time.Second), ""}, {0, now, "expired 2026-11-02T09:30:00Z"}, {0, time.Time{}, "expired"},
	} {
		got := (&Promoter{Valid: c.valid}).expired(c.until, now)
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s of %s: %q, want %q", c.until, c.valid, got, c.want)
		}
	}
}
