package promoter

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// promoteTwice has t-1 at the Release of t-0 and gives what it had before, and has.
func promoteTwice(t *testing.T) (w *world, f *fleet.Fleet, before, now fleet.Release) {
	t.Helper()
	w, f = released(t, false, false)
	before = w.heads("tier-1").Release
	if got, err := w.promoter(f).Promote(ctx, "t-1", Options{}); err != nil || got.Result != Promoted {
		t.Fatalf("%+v, %v", got, err)
	}
	return w, f, before, w.heads("tier-1").Release
}

func TestNothingIsPromotedToATierThatDoesNotExist(t *testing.T) {
	w, f := released(t, false, false)
	p := w.promoter(f)
	for name, do := range map[string]func() (Promotion, error){
		"promote":  func() (Promotion, error) { return p.Promote(ctx, "nobody", Options{}) },
		"rollback": func() (Promotion, error) { return p.Rollback(ctx, "nobody", "x", Options{}) },
		"check":    func() (Promotion, error) { return p.Check(ctx, "nobody", "x", Options{}) },
	} {
		if got, err := do(); !errors.Is(err, fleet.ErrUnknownTier) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := p.Promote(ctx, "t-0", Options{}); !errors.Is(err, fleet.ErrLowestTier) {
		t.Error(err)
	}
}

func TestWhatTheTierRunsCountsBesideItsAppBranch(t *testing.T) {
	w, f := released(t, false, false)
	own := w.commit(w.app["tier-1"])
	w.system["tier-1"] = append(w.system["tier-1"], commit{w.id(), own}) // and its app branch is where it was
	got, err := w.promoter(f).Promote(ctx, "t-1", Options{})
	if err != nil || got.Result != Refused || !strings.Contains(got.Reason, "t-1 runs Release "+Short(own)) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestOfWhatWasRolledBackTheNewestIsNamed(t *testing.T) {
	w, f, first, second := promoteTwice(t)
	third := w.release()
	p := w.promoter(f)
	if _, err := p.Promote(ctx, "t-1", Options{}); err != nil {
		t.Fatal(err)
	}
	if got, err := p.Rollback(ctx, "t-1", string(first), Options{}); err != nil || got.Result != RolledBack {
		t.Fatalf("%+v, %v", got, err)
	}
	w.release()
	got, err := p.Promote(ctx, "t-1", Options{})
	if err != nil || got.Result != Refused || !strings.Contains(got.Reason, "rolled back from "+Short(third)) || strings.Contains(got.Reason, Short(second)) {
		t.Errorf("%+v, %v", got, err)
	}
	stranger := w.commit("") // neither part of the Release nor around it
	p.Memory = func(context.Context, fleet.TierName) ([]fleet.Release, []string, error) {
		return []fleet.Release{stranger}, nil, nil
	}
	w.system["tier-1"] = w.system["tier-1"][:1]
	w.app["tier-1"] = first
	if got, err := p.Promote(ctx, "t-1", Options{}); err != nil || got.Result != Promoted || got.Reason != "t-1 has Release "+Short(w.app["tier-0"])+"." {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAMemoryThatIsAwayKeepsNobodyWhoInsists(t *testing.T) {
	w, f, before, bad := promoteTwice(t)
	w.system["tier-1"], w.app["tier-1"] = w.system["tier-1"][:1], before // by force
	p := w.promoter(f)
	notes := []string{"A note."}
	p.Memory = func(context.Context, fleet.TierName) ([]fleet.Release, []string, error) { return nil, notes, errDown }
	if got, err := p.Promote(ctx, "t-1", Options{}); !errors.Is(err, errDown) {
		t.Errorf("%+v, %v", got, err)
	}
	got, err := p.Promote(ctx, "t-1", Options{Again: true})
	if err != nil || got.Result != Promoted || len(got.Notes) != 2 || !strings.Contains(got.Notes[1], "could not be looked up: the line is down") {
		t.Errorf("%+v, %v", got, err)
	}
	w.system["tier-1"], w.app["tier-1"] = w.system["tier-1"][:1], before
	p.Memory = func(context.Context, fleet.TierName) ([]fleet.Release, []string, error) {
		return []fleet.Release{bad}, notes, nil
	}
	if got, err := p.Promote(ctx, "t-1", Options{}); err != nil || got.Result != Refused || len(got.Notes) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	p.Memory = func(context.Context, fleet.TierName) ([]fleet.Release, []string, error) { return nil, nil, nil }
	if got, err := p.Promote(ctx, "t-1", Options{}); err != nil || got.Result != Promoted || got.Notes != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestADryRunDoesNotWait(t *testing.T) {
	w, f := released(t, false, false)
	p := w.promoter(f)
	p.Gate = says(promotion.Inconclusive)
	got, err := p.Await(ctx, "t-1", Options{DryRun: true}, Patience{Sleep: func(context.Context) error { t.Error("it waits"); return ErrPatience }})
	if err != nil || got.Result != Inconclusive {
		t.Errorf("%+v, %v", got, err)
	}
}

// broken are Manifests that cannot be read at all.
type broken struct{ store }

func (broken) Images(context.Context, fleet.Tier, fleet.Release) (images, notes []string, err error) {
	return nil, nil, errDown
}

func TestARollbackWhoseManifestsCannotBeReadIsNone(t *testing.T) {
	w, f, first, second := promoteTwice(t)
	p := w.promoter(f)
	p.Manifests, p.Registry = broken{}, store{}
	if got, err := p.Rollback(ctx, "t-1", string(first), Options{}); !errors.Is(err, errDown) || w.heads("tier-1").Release != second {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestFewReleasesAreNamedAndEachOnce(t *testing.T) {
	var all []fleet.Release
	for _, digit := range []string{"1", "1", "2", "3", "4", "3", "5", "6", "7"} {
		all = append(all, fleet.Release(strings.Repeat(digit, 40)))
	}
	if got, want := shortList(all), "111111111111, 222222222222, 333333333333, 444444444444, 555555555555"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := shortList(nil); got != "none" {
		t.Error(got)
	}
}

func TestARollbackToWhatTheTierNeverHadNamesWhatItHad(t *testing.T) {
	w, f, first, second := promoteTwice(t)
	skipped := w.release()
	w.release()
	p := w.promoter(f)
	if got, err := p.Promote(ctx, "t-1", Options{}); err != nil || got.Result != Promoted {
		t.Fatalf("%+v, %v", got, err)
	}
	got, err := p.Rollback(ctx, "t-1", string(skipped), Options{})
	if want := "choose an earlier Release of this Tier: " + Short(second) + ", " + Short(first) + "."; err != nil || got.Result != Refused || !strings.HasSuffix(got.Reason, want) {
		t.Errorf("%s, %v; want %s", got.Reason, err, want)
	}
}

func TestASweepLeavesOthersAlone(t *testing.T) {
	w, f := released(t, false, false)
	head := Short(fleet.Release(w.heads("tier-1").System))
	fresh := "shopslo/t-1-aaaaaaaaaaaa-on-" + head + "-until-20261103T0930Z"
	w.requests = []string{"shopslo/t-1-of-somebody", fresh, "shopslo/t-1-aaaaaaaaaaaa-on-" + head + "-until-20261102T0930Z", "shopslo/t-1-aaaaaaaaaaaa-on-bbbbbbbbbbbb-until-20261103T0930Z"}
	p := w.promoter(f)
	p.Gate = says(promotion.Hold)
	if got, err := p.Promote(ctx, "t-1", Options{PullRequest: true}); err != nil || got.Result != Held || strings.Join(w.requests, " ") != "shopslo/t-1-of-somebody "+fresh {
		t.Errorf("%+v, %v: %v", got, err, w.requests)
	}
}

// A host that squashes keeps neither the branch's name nor the commit's message.
func TestASquashedPullRequestExpiresAsItsBranchDoes(t *testing.T) {
	w, f := released(t, false, false)
	p := w.promoter(f)
	proposed, err := p.Promote(ctx, "t-1", Options{PullRequest: true})
	if err != nil || proposed.Result != Proposed {
		t.Fatalf("%+v, %v", proposed, err)
	}
	w.request = Request{Commit: "cccccccccccc", Release: proposed.Release} // whose commits say nothing
	check := func(want Result, reason string, notes int) {
		t.Helper()
		if got, err := p.Check(ctx, "t-1", "c", Options{}); err != nil || got.Result != want || !strings.Contains(got.Reason, reason) || len(got.Notes) != notes {
			t.Errorf("%+v, %v", got, err)
		}
	}
	check(Mergeable, "the gate lets it", 0)
	p.Now = func() time.Time { return proposed.Proposal.Expires }
	check(Refused, "expired "+proposed.Proposal.Expires.Format(time.RFC3339), 0)
	w.requests = nil // somebody has made it by hand
	check(Mergeable, "the gate lets it", 1)
}
