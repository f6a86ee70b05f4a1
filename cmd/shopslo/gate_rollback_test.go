package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/engine/client"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// moves has a server log what was moved to prod.
func (s *serving) moves(t *testing.T, kind, result, release, replaces string) {
	t.Helper()
	body := fmt.Sprintf(`{"version": 1, "at": %q, "promotions": [{"to": "prod", "result": %q, "reason": "so", "release": %q, "replaces": %q}]}`,
		time.Now().UTC().Format(time.RFC3339Nano), result, release, replaces)
	if code, answer := s.post(t, client.DecisionsPath+"?kind="+kind+"&by=mai", strings.NewReader(body)); code != http.StatusOK || !strings.Contains(answer, `"hash"`) {
		t.Fatalf("%d %s", code, answer)
	}
}

// Who asks the gate alone, as controllers do, hears of what was rolled back.
func TestTheGateKnowsWhatWasRolledBack(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  log: {dir: decisions}\n")
	server := startServe(t, s.config)
	server.waitReady(t)
	of := func(want promotion.Verdict, result promotion.Result, said string, more ...string) {
		t.Helper()
		r := s.decides(t, server.url, more...)
		if c := checkBelow(t, r, "rollback"); r.Verdict != want || c.Result != result || !strings.Contains(c.Reason, said) {
			t.Errorf("it is %s: %v, want %s %s: %s", r.Verdict, c, want, result, said)
		}
	}
	const fixed = "9999999999888888888877777777776666666666"
	of(promotion.Promote, promotion.Pass, "has no rollback of prod")
	server.moves(t, "promote", "promoted", goodRelease, lastRelease)
	of(promotion.Promote, promotion.Pass, "has no rollback")
	server.moves(t, "rollback", "held", lastRelease, goodRelease)
	server.moves(t, "promote", "refused", fixed, goodRelease)
	of(promotion.Promote, promotion.Pass, "has no rollback")
	server.moves(t, "rollback", "rolled_back", lastRelease, goodRelease)
	of(promotion.Hold, promotion.Fail, "was rolled back from prod to "+lastRelease[:12]+" at 20")
	of(promotion.Hold, promotion.Fail, "by mai (claimed) (entry ", "--release", goodRelease[:9])
	if code, answer := server.post(t, client.GatePath+"?to=prod&evidence=false&at="+s.at.Format(time.RFC3339), nil); code != http.StatusOK || !strings.Contains(answer, "was rolled back from prod") {
		t.Errorf("%d %s", code, answer)
	}
	of(promotion.Promote, promotion.Waived, "Allowed again by kei (--again)", "--again", "--by", "kei")
	server.moves(t, "promote", "promoted", goodRelease, lastRelease)
	of(promotion.Promote, promotion.Pass, "has no rollback")

	// What came in between is taken with it, and another Release is not the same.
	server.moves(t, "promote", "promoted", fixed, goodRelease)
	server.moves(t, "rollback", "rolled_back", lastRelease, fixed)
	of(promotion.Hold, promotion.Fail, "was rolled back")
	server.moves(t, "promote", "promoted", goodRelease, lastRelease)
	of(promotion.Promote, promotion.Pass, "The last one that was is "+fixed[:12])

	// A pull request may have been merged.
	server.moves(t, "rollback", "proposed", lastRelease, goodRelease)
	of(promotion.Inconclusive, promotion.Unknown, "whether that was merged is unknown")
	s.mu.Lock()
	s.sees = func(f *fleet.Snapshot) int { f.Git.FetchedAt = time.Now(); return 0 }
	s.mu.Unlock()
	of(promotion.Hold, promotion.Fail, "by a pull request")
	if code, answer := server.post(t, client.GatePath+"?to=prod&again=perhaps", nil); code != http.StatusBadRequest || !strings.Contains(answer, "neither true nor false") {
		t.Errorf("%d %s", code, answer)
	}
}

// A branch that somebody has set back tells as well.
func TestTheGateKnowsOfARollbackByForcePush(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  log: {dir: decisions}\n")
	s.sees = func(f *fleet.Snapshot) int { f.Git.FetchedAt = time.Now(); return 0 }
	server := startServe(t, s.config)
	server.waitReady(t)
	server.moves(t, "promote", "promoted", goodRelease, lastRelease)
	s.mu.Lock()
	now := s.sees
	s.sees = func(f *fleet.Snapshot) int { f.Git.FetchedAt = time.Now().Add(time.Hour); return 0 }
	s.mu.Unlock()
	if c := checkBelow(t, s.decides(t, server.url), "rollback"); c.Result != promotion.Pass { // which is a clock, and no rollback
		t.Errorf("fetched in the future: %v", c)
	}
	s.mu.Lock()
	s.sees = now
	s.mu.Unlock()
	r := s.decides(t, server.url)
	if c := checkBelow(t, r, "rollback"); r.Verdict != promotion.Hold || !strings.Contains(c.Reason, "its branch is at "+lastRelease[:12]+" now: it was rolled back") {
		t.Errorf("it is %s: %v", r.Verdict, c)
	}
	if r := s.decides(t, server.url, "--again"); r.Verdict != promotion.Promote {
		t.Errorf("it is %s: %v", r.Verdict, r.Checks[0])
	}
}

// What other tools than shopslo move, each decision has seen.
func TestTheGateKnowsOfRollbacksByOthers(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  log: {dir: decisions}\n")
	server := startServe(t, s.config)
	server.waitReady(t)
	prodHas := func(release fleet.Release) promotion.Record {
		t.Helper()
		s.mu.Lock()
		s.sees = func(f *fleet.Snapshot) int {
			f.Git.FetchedAt = time.Now()
			for i := range f.Tiers {
				if f.Tiers[i].Tier == "prod" {
					f.Tiers[i].Release = release
				}
			}
			return 0
		}
		s.mu.Unlock()
		return s.decides(t, server.url)
	}
	for i, has := range []fleet.Release{lastRelease, goodRelease, goodRelease} {
		if c := checkBelow(t, prodHas(has), "rollback"); c.Result != promotion.Pass {
			t.Errorf("%d: %v", i, c)
		}
	}
	for range 2 { // before it is logged, and after
		if r := prodHas(lastRelease); r.Verdict != promotion.Hold || checkBelow(t, r, "rollback").Result != promotion.Fail {
			t.Errorf("it is %s: %v", r.Verdict, checkBelow(t, r, "rollback"))
		}
	}
	if list, _ := must(t, exitOK, "decisions", "--server", server.url, "-o", "json"); !strings.Contains(list, `"replaces": "`+goodRelease) {
		t.Error(list)
	}
}
