package gitpush

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// requests are the branches of pull requests that the system repository has.
func (w *world) requests() string {
	w.t.Helper()
	return strings.Join(strings.Fields(w.git(w.system, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/shopslo")), " ")
}

// at is a promoter at a later time.
func (w *world) at(p *promoter.Promoter, later time.Duration) *promoter.Promoter {
	p.Now = func() time.Time { return now.Add(later) }
	return p
}

// check asks whether a pull request to beta may be merged.
func (w *world) check(p *promoter.Promoter, what string, want promoter.Result) promoter.Promotion {
	w.t.Helper()
	before := w.everything()
	got, err := p.Check(ctx, "beta", what, promoter.Options{})
	if err != nil || got.Result != want || w.everything() != before {
		w.t.Fatalf("check %s: %s (%s), %v; want %s", what, got.Result, got.Reason, err, want)
	}
	return got
}

func TestAPullRequestExpires(t *testing.T) {
	t.Parallel()
	for name, single := range map[string]bool{"with a submodule": false, "in a single repository": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, single)
			p := w.promoter()
			p.Valid = time.Hour
			w.release("tier-0", "cart/x.yaml", "1")
			first := w.promote(p, "beta", promoter.Options{PullRequest: true}, promoter.Proposed)
			pr := first.Proposal
			if !pr.Expires.Equal(now.Add(time.Hour)) || !strings.HasSuffix(pr.Branch, "-until-20261102T1030Z") || !strings.Contains(pr.Body, "To be merged before 2026-11-02 10:30 UTC") {
				t.Errorf("%+v", pr)
			}
			for _, what := range []string{pr.Branch, "refs/heads/" + pr.Branch, first.Commit} {
				w.check(w.at(p, 59*time.Minute), what, promoter.Mergeable)
				if got := w.check(w.at(p, time.Hour), what, promoter.Refused); !strings.Contains(got.Reason, "expired 2026-11-02T10:30:00Z") || got.Decision != nil || got.ExitCode() != 1 {
					t.Error(got.Reason)
				}
			}
			if again := w.promote(w.at(p, 59*time.Minute), "beta", promoter.Options{PullRequest: true}, promoter.Proposed); again.Commit != first.Commit || w.requests() != pr.Branch {
				t.Errorf("%+v", again)
			}
			next := w.promote(w.at(p, time.Hour), "beta", promoter.Options{PullRequest: true}, promoter.Proposed)
			if w.requests() != next.Proposal.Branch || next.Proposal.Branch == pr.Branch || !next.Proposal.Expires.Equal(now.Add(2*time.Hour)) {
				t.Errorf("%s, %+v", w.requests(), next)
			}
			w.check(p, next.Proposal.Branch, promoter.Mergeable)
		})
	}
}

// A run that the gate holds closes what has expired all the same, and nothing else.
func TestOnlyWhatMayNotBeMergedIsDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	p := w.promoter()
	w.release("tier-0", "cart/x.yaml", "1")
	old := w.promote(p, "beta", promoter.Options{PullRequest: true}, promoter.Proposed).Proposal.Branch
	head, commit := w.head(w.system, "tier-1"), w.head(w.system, old)
	short := strings.TrimSuffix(old, "-until-20261103T0930Z")
	branches := map[string]struct {
		commit string
		stays  bool
	}{
		old:                             {commit, true},
		short:                           {commit, false}, // of a version that named no time
		short + "-until-20261102T0930Z": {commit, false},
		short + "-until-20261103T0931Z": {commit, false}, // longer than policy lets it
		short + "-until-20269903T0931Z": {commit, true},  // none of ours
		"shopslo/beta-of-somebody":      {commit, true},
		"shopslo/prod-" + short[len("shopslo/beta-"):]:                   {commit, true},
		"shopslo/beta-prod-" + short[len("shopslo/beta-"):]:              {commit, true},
		"shopslo/beta-000000000000-on-000000000000-until-20261103T0930Z": {w.refer(w.head(w.system, "tier-2"), w.head(w.app, "tier-2")), false}, // on what beta does not have
		"shopslo/beta-000000000001-on-000000000000-until-20261103T0930Z": {w.write(w.system, commit, "overlays/s-1/x", "work"), true},           // work of somebody
		// Work of somebody below a commit that changes the submodule alone.
		"shopslo/beta-000000000004-on-000000000000-until-20261103T0930Z": {w.refer(w.write(w.system, head, "overlays/s-1/y", "work"), w.head(w.app, "tier-2")), true},
		"shopslo/beta-000000000002-on-000000000000-until-20261103T0930Z": {w.commitIndex(w.system, "", "a root"), true},
		"shopslo/beta-000000000003-on-000000000000-until-20261103T0930Z": {head, false},
	}
	for branch, b := range branches {
		w.set(w.system, branch, b.commit)
	}
	p.Gate = func(ctx context.Context, to fleet.TierName, r fleet.Release) (promotion.Decision, error) {
		d, err := always(ctx, to, r)
		d.Verdict = promotion.Hold
		return d, err
	}
	got := w.promote(p, "beta", promoter.Options{PullRequest: true, DryRun: true}, promoter.Held)
	if n := len(strings.Fields(w.requests())); n != len(branches) {
		t.Errorf("a dry run left %d of %d", n, len(branches))
	}
	got = w.promote(p, "beta", promoter.Options{PullRequest: true}, promoter.Held)
	left := " " + w.requests() + " "
	for branch, b := range branches {
		if strings.Contains(left, " "+branch+" ") != b.stays {
			t.Errorf("%s: stays %v, want %v", branch, !b.stays, b.stays)
		}
	}
	notes := strings.Join(got.Notes, "\n")
	if len(got.Notes) != 3 || !strings.Contains(notes, "000000000001-on-000000000000-until-20261103T0930Z may not be merged any more, but is not deleted: it changes overlays/s-1/x.") || !strings.Contains(notes, "it has commits of others") || !strings.Contains(notes, "it has several commits that no other branch has") {
		t.Errorf("%q", got.Notes)
	}
}

// A repository that keeps its branches is no reason not to promote.
func TestABranchThatCannotBeDeletedIsNoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	p := w.promoter()
	w.release("tier-0", "cart/x.yaml", "1")
	old := w.promote(p, "beta", promoter.Options{PullRequest: true}, promoter.Proposed).Proposal.Branch
	w.git(w.system, "config", "receive.denyDeletes", "true")
	got := w.promote(w.at(p, 48*time.Hour), "beta", promoter.Options{PullRequest: true}, promoter.Proposed)
	if len(got.Notes) != 1 || !strings.Contains(got.Notes[0], old) || len(strings.Fields(w.requests())) != 2 {
		t.Errorf("%q, %s", got.Notes, w.requests())
	}
}

// What is merged is what the check has seen: a branch that does anything beside the promotion does not pass.
func TestACheckPassesOnlyWhatThePromotionWouldDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	p := w.promoter()
	first := w.pointer("tier-1")
	r := w.release("tier-0", "cart/x.yaml", "1")
	pr := w.promote(p, "beta", promoter.Options{PullRequest: true}, promoter.Proposed)
	head, commit := w.head(w.system, "tier-1"), pr.Commit
	if got := w.check(p, commit, promoter.Mergeable); got.Decision == nil || got.Release != r || got.Replaces != first || got.Commit != commit || len(got.Changes) != 1 || got.ExitCode() != 0 {
		t.Errorf("%+v", got)
	}
	w.git(w.system, "read-tree", commit)
	merge := w.git(w.system, "commit-tree", "-m", "Merge", w.git(w.system, "write-tree"), "-p", head, "-p", commit)
	w.set(w.system, "gh-readonly-queue/tier-1/pr-1-"+head, merge) // what a merge queue makes
	w.check(p, merge, promoter.Mergeable)
	for name, c := range map[string]struct {
		commit, want string
	}{
		"another file":               {w.write(w.system, commit, "overlays/s-1/kustomization.yaml", "resources: [x]"), "also changes overlays/s-1/kustomization.yaml"},
		"another Release":            {w.refer(head, w.write(w.app, w.head(w.app, "tier-0"), "cart/y.yaml", "2")), "which dev does not have"},
		"an old base":                {w.refer(w.git(w.system, "rev-parse", "tier-1^"), string(r)), "does not stand on " + promoter.Short(fleet.Release(head))},
		"a later end":                {w.says(head, string(r), "2026-11-09T09:30:00Z"), "longer than promotion.pull_request_expiry"},
		"an end that was":            {w.says(head, string(r), "2026-11-02T09:29:00Z"), "expired"},
		"two ends, one of which was": {w.says(w.says(head, string(r), "2026-11-02T09:29:00Z"), string(r), "2026-11-03T09:00:00Z"), "expired 2026-11-02T09:29:00Z"},
	} {
		w.set(w.system, "side", c.commit)
		if got := w.check(p, c.commit, promoter.Refused); !strings.Contains(got.Reason, c.want) || got.ExitCode() != 1 || got.Decision != nil {
			t.Errorf("%s: %s", name, got.Reason)
		}
	}
	w.set(w.system, "side", w.write(w.system, head, "overlays/s-1/kustomization.yaml", "resources: [x]"))
	if got := w.check(p, "side", promoter.Already); !strings.Contains(got.Reason, "moves no Release") {
		t.Errorf("a change of the configuration: %s", got.Reason)
	}
	for _, what := range []string{"nobody", strings.Repeat("0", 40), "--all", ""} {
		if _, err := p.Check(ctx, "beta", what, promoter.Options{}); err == nil {
			t.Errorf("%q is checked", what)
		}
	}
	if _, err := p.Check(ctx, "beta", "nobody", promoter.Options{}); !errors.Is(err, promoter.ErrUnknown) {
		t.Error(err)
	}
}

// says is a commit like refer's with an end in its message.
func (w *world) says(parent, release, until string) string {
	w.t.Helper()
	w.git(w.system, "read-tree", parent)
	w.git(w.system, "update-index", "--add", "--cacheinfo", "160000,"+release+",app")
	return w.commitIndex(w.system, parent, "promote\n\nShopslo-Expires: "+until)
}

func TestACheckAsksTheGateAndTheRulesAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	p := w.promoter()
	w.release("tier-0", "cart/x.yaml", "1")
	branch := w.promote(p, "beta", promoter.Options{PullRequest: true}, promoter.Proposed).Proposal.Branch
	for verdict, want := range map[promotion.Verdict]promoter.Result{promotion.Hold: promoter.Held, promotion.Inconclusive: promoter.Inconclusive} {
		p.Gate = func(ctx context.Context, to fleet.TierName, r fleet.Release) (promotion.Decision, error) {
			d, err := always(ctx, to, r)
			d.Verdict = verdict
			return d, err
		}
		w.check(p, branch, want)
	}
	p.Gate = func(ctx context.Context, to fleet.TierName, r fleet.Release) (promotion.Decision, error) {
		return promotion.Decision{}, fmt.Errorf("%w: the source", promoter.ErrUnreachable)
	}
	if got, err := p.Check(ctx, "beta", branch, promoter.Options{}); !errors.Is(err, promoter.ErrUnreachable) {
		t.Errorf("%+v, %v", got, err)
	}
	p.Gate = always
	w.set(w.app, "tier-1", w.write(w.app, w.head(w.app, "tier-1"), "cart/hotfix", "1"))
	if got := w.check(p, branch, promoter.Refused); !strings.Contains(got.Reason, "not contained in Release") {
		t.Error(got.Reason)
	}
}

func TestARollbackIsCheckedWithoutTheGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	p := w.promoter()
	first := w.pointer("tier-1")
	w.release("tier-0", "cart/x.yaml", "1")
	w.promote(p, "beta", promoter.Options{}, promoter.Promoted)
	back, err := p.Rollback(ctx, "beta", string(first), promoter.Options{PullRequest: true})
	if err != nil || back.Result != promoter.Proposed {
		t.Fatalf("%+v, %v", back, err)
	}
	if got := w.check(p, back.Proposal.Branch, promoter.Mergeable); got.Decision != nil || got.From != "beta" || !strings.Contains(got.Reason, "rolls beta back") {
		t.Errorf("%+v", got)
	}
	w.check(w.at(p, 48*time.Hour), back.Proposal.Branch, promoter.Refused)
	never := w.write(w.app, "", "cart/x.yaml", "other")
	w.set(w.app, "other", never)
	w.set(w.system, "side", w.refer(w.head(w.system, "tier-1"), never))
	w.check(p, "side", promoter.Refused)
	// The next proposal for the Tier closes the old one.
	if got, err := p.Rollback(ctx, "beta", string(first), promoter.Options{PullRequest: true}); err != nil || got.Proposal.Branch == back.Proposal.Branch || w.requests() != got.Proposal.Branch {
		t.Errorf("%+v, %v, %s", got, err, w.requests())
	}
}

// A single repository has no commit that could say more: only the Release itself passes.
func TestACheckOfASingleRepositoryPassesTheReleaseOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	p := w.promoter()
	r := w.release("tier-0", "cart/x.yaml", "1")
	w.check(p, "tier-0", promoter.Mergeable)
	w.set(w.app, "side", w.write(w.app, string(r), "cart/y.yaml", "2"))
	w.check(p, "side", promoter.Refused)
	w.check(p, "tier-1", promoter.Already)
	if err := os.Rename(w.app, filepath.Join(w.dir, "gone")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Check(ctx, "beta", "side", promoter.Options{}); !errors.Is(err, promoter.ErrUnreachable) {
		t.Error(err)
	}
}
