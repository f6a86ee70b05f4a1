package gitpush

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion/promoter"
)

const fix = "https://git.example/app/pull/7"

// rolledBack has beta run a bad Release, and then the one before again. It gives both.
func (w *world) rolledBack() (first, bad fleet.Release) {
	w.t.Helper()
	first = w.pointer("tier-1")
	bad = w.release("tier-0", "cart/x.yaml", "bad")
	w.promote(w.promoter(), "beta", promoter.Options{}, promoter.Promoted)
	if got, err := w.promoter().Rollback(ctx, "beta", string(first), promoter.Options{}); err != nil || got.Result != promoter.RolledBack {
		w.t.Fatalf("%+v, %v", got, err)
	}
	return first, bad
}

// A bad Release that one more commit stands on is still a bad Release.
func TestWhatWasRolledBackDoesNotComeBackBelowNewCommits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		o    promoter.Options
		said string // of the promotion, in its reason and commit
	}{
		"a fix is named":      {promoter.Options{Fix: fix}, "rolled back before, and mends " + fix + " (--fix)"},
		"somebody insists on": {promoter.Options{Again: true}, "(--again)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false)
			_, bad := w.rolledBack()
			w.release("tier-0", "README.md", "one more")
			next := w.release("tier-0", "README.md", "and another")
			before := w.everything()
			for _, o := range []promoter.Options{{}, {PullRequest: true}, {DryRun: true}} {
				got := w.promote(w.promoter(), "beta", o, promoter.Refused)
				if !strings.Contains(got.Reason, "was rolled back from "+promoter.Short(bad)) || !strings.Contains(got.Reason, "--fix URL") || got.Decision != nil || w.everything() != before {
					t.Errorf("%+v: %s", o, got.Reason)
				}
			}
			request := c.o
			request.PullRequest = true
			if got := w.promote(w.promoter(), "beta", request, promoter.Proposed); !strings.Contains(got.Proposal.Body, promoter.Short(bad)) {
				t.Error(got.Proposal.Body)
			}
			got := w.promote(w.promoter(), "beta", c.o, promoter.Promoted)
			if m := w.git(w.system, "log", "-1", "--format=%B", "tier-1"); !strings.Contains(got.Reason, c.said) || !strings.Contains(strings.ReplaceAll(m, "\n", " "), c.said) || w.pointer("tier-1") != next {
				t.Errorf("%s\n%s", got.Reason, m)
			}
			// The Tier contains it now: nobody has to say so again.
			w.release("tier-0", "README.md", "and more")
			w.promote(w.promoter(), "beta", promoter.Options{}, promoter.Promoted)
		})
	}
}

// A fix that is named mends what comes after it, and not what was taken back itself.
func TestAFixIsNoLicenceForTheReleaseThatItMends(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	_, bad := w.rolledBack()
	w.promote(w.promoter(), "beta", promoter.Options{Fix: fix}, promoter.Refused)
	got := w.promote(w.promoter(), "beta", promoter.Options{Again: true}, promoter.Promoted)
	if w.pointer("tier-1") != bad || !strings.Contains(got.Reason, "which was rolled back before (--again)") {
		t.Error(got.Reason)
	}
}

// Two steps back are one rollback: the fix has to be in what comes after both.
func TestAFixDoesNotBringBackWhatCameAfterIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	first := w.pointer("tier-1")
	p := w.promoter()
	second := w.release("tier-0", "cart/x.yaml", "1")
	w.promote(p, "beta", promoter.Options{}, promoter.Promoted)
	third := w.release("tier-0", "cart/x.yaml", "2")
	w.promote(p, "beta", promoter.Options{}, promoter.Promoted)
	for _, to := range []fleet.Release{second, first} {
		if got, err := p.Rollback(ctx, "beta", string(to), promoter.Options{}); err != nil || got.Result != promoter.RolledBack {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	got := w.promote(p, "beta", promoter.Options{Fix: fix}, promoter.Refused)
	if !strings.Contains(got.Reason, "was rolled back from "+promoter.Short(third)) || !strings.Contains(got.Reason, "nothing newer") {
		t.Error(got.Reason)
	}
}

// Not only the last move counts: what was taken back stays so while other Releases come.
func TestARollbackIsRememberedAfterAnotherRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	first := w.pointer("tier-1")
	part := w.release("tier-0", "README.md", "half of it")
	bad := w.release("tier-0", "cart/x.yaml", "bad")
	p := w.promoter()
	w.promote(p, "beta", promoter.Options{}, promoter.Promoted)
	if _, err := p.Rollback(ctx, "beta", string(first), promoter.Options{}); err != nil {
		t.Fatal(err)
	}
	w.set(w.system, "tier-0", w.refer(w.head(w.system, "tier-0"), string(part))) // dev goes half of the way back
	w.set(w.app, "tier-1", string(first))
	w.promote(p, "beta", promoter.Options{}, promoter.Refused)
	w.promote(p, "beta", promoter.Options{Again: true}, promoter.Promoted)
	w.release("tier-0", "README.md", "next")
	if got := w.promote(p, "beta", promoter.Options{}, promoter.Refused); !strings.Contains(got.Reason, "was rolled back from "+promoter.Short(bad)) {
		t.Error(got.Reason)
	}
}

// What a force-push takes out of the branch's history, those who saw it before remember.
func TestARollbackByForcePushIsRemembered(t *testing.T) {
	t.Parallel()
	for name, single := range map[string]bool{"with a submodule": false, "in a single repository": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, single)
			p := w.promoter() // which keeps its mirrors
			before := w.head(w.system, "tier-1")
			bad := w.release("tier-0", "cart/x.yaml", "bad")
			w.promote(p, "beta", promoter.Options{}, promoter.Promoted)
			w.promote(p, "beta", promoter.Options{}, promoter.Already) // the mirror sees what it has pushed
			w.set(w.system, "tier-1", before)
			if single {
				w.promote(p, "beta", promoter.Options{}, promoter.Refused)
			}
			w.release("tier-0", "README.md", "one more")
			for range 2 { // it does not forget either
				if got := w.promote(p, "beta", promoter.Options{}, promoter.Refused); !strings.Contains(got.Reason, "was rolled back from "+promoter.Short(bad)) {
					t.Error(got.Reason)
				}
			}

			// Mirrors that began afterwards know nothing; a memory of another kind does.
			fresh := w.promoter()
			fresh.Memory = func(_ context.Context, to fleet.TierName) ([]fleet.Release, []string, error) {
				return []fleet.Release{"no commit", fleet.Release(strings.Repeat("0", 40)), bad}, []string{"A note about " + string(to) + "."}, nil
			}
			if got := w.promote(fresh, "beta", promoter.Options{}, promoter.Refused); !strings.Contains(got.Reason, "was rolled back from "+promoter.Short(bad)) || strings.Join(got.Notes, "") != "A note about beta." {
				t.Errorf("%s %q", got.Reason, got.Notes)
			}
			down := errors.New("no answer")
			fresh.Memory = func(context.Context, fleet.TierName) ([]fleet.Release, []string, error) { return nil, nil, down }
			if got, err := fresh.Promote(ctx, "beta", promoter.Options{}); !errors.Is(err, down) || !strings.Contains(err.Error(), "what was rolled back from beta") || w.pointer("tier-1") == bad {
				t.Errorf("%+v, %v", got, err)
			}
			fresh.Memory = nil
			w.promote(fresh, "beta", promoter.Options{}, promoter.Promoted)
		})
	}
}

// A branch that goes on is not one that was rewritten.
func TestABranchThatGoesOnIsNotRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	c := w.config()
	p := promoterOf(w.fleet, w.open(c))
	for _, text := range []string{"1", "2", "3"} {
		w.release("tier-0", "cart/x.yaml", text)
		w.promote(p, "beta", promoter.Options{}, promoter.Promoted)
	}
	if kept := w.git(c.Dir+"/system.git", "for-each-ref", former); kept != "" {
		t.Error(kept)
	}
}
