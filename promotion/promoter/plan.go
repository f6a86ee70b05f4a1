package promoter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/fleet"
)

// planned is what is left to do for a Tier to have the Release of the one below.
type planned struct {
	From, To fleet.Tier
	// Release is what From has, Replaces what To has now; the same where there is
	// nothing to do.
	Release, Replaces fleet.Release
	// Advance: the app repository's branch is to be fast-forwarded to the Release.
	Advance bool
	// Point: the system branch is to get the commit that refers to the Release. It
	// stands on Parent.
	Point  bool
	Parent string
	// AppBefore is where the app repository's branch is now.
	AppBefore fleet.Release
	// Source is the system branch of From; zero for a rollback.
	Source Ref
	// RolledBack was taken back from the Tier once, and comes again with the Release, as
	// somebody has said that it may; "": nothing is.
	RolledBack fleet.Release
}

// deploys reports whether carrying out the plan changes what runs.
func (p planned) deploys() bool { return p.Release != p.Replaces }

// Back reports whether it is a rollback.
func (p planned) Back() bool { return p.From.Name == p.To.Name }

// makePlan plans the promotion to a Tier. heads has the Tier and all below it, where
// single says that there is but one repository. o.Again and o.Fix allow what was rolled
// back there. The error is a *Refusal where the rules do not allow it; it
// wraps fleet.ErrUnknownTier or fleet.ErrLowestTier where nothing can be promoted to
// the Tier.
func makePlan(ctx context.Context, f *fleet.Fleet, to fleet.TierName, heads map[fleet.TierName]Heads, h History, single bool, o Options) (planned, error) {
	route, err := f.Route(to)
	if err != nil {
		return planned{}, err
	}
	from, target := heads[route.From.Name], heads[to]
	p := planned{
		From: route.From, To: route.To, Release: from.Release, Replaces: target.Release,
		Advance: target.App != from.Release, Parent: target.System, AppBefore: target.App,
		Source: Ref{route.From.Branch, from.System},
	}
	p.Point = !single && p.deploys()
	if !p.Advance && !p.Point {
		return p, nil
	}
	r := rules{ctx, h}
	for _, check := range []func() error{
		func() error { return r.onBranch(p, from.App) },
		func() error { return r.below(f, p, heads) },
		func() error { return r.onlyForward(p, target) },
		func() (err error) { p.RolledBack, err = r.rolledBack(p, o); return err },
	} {
		if err := check(); err != nil {
			return planned{}, err
		}
	}
	return p, nil
}

// rules are the reasons not to promote.
type rules struct {
	ctx     context.Context
	history History
}

// onBranch: what the lower Tier runs came there by its own app branch.
func (r rules) onBranch(p planned, branch fleet.Release) error {
	ok, err := r.history.Contains(r.ctx, branch, p.Release)
	if errors.Is(err, ErrUnknown) {
		return refusef("push the commit to the app repository, or update the system branch to an existing commit",
			"%s runs Release %s, which is not in the app repository", p.From.Name, Short(p.Release))
	}
	if err == nil && !ok {
		return refusef(fmt.Sprintf("merge it into branch %s of the app repository first", p.From.Branch),
			"%s runs Release %s, which is not on its branch %s of the app repository", p.From.Name, Short(p.Release), p.From.Branch)
	}
	return err
}

// below: every lower Tier has the Release, by reference.
func (r rules) below(f *fleet.Fleet, p planned, heads map[fleet.TierName]Heads) error {
	for _, t := range f.Tiers() {
		if t.Order >= p.From.Order {
			return nil
		}
		ok, err := r.history.Contains(r.ctx, heads[t.Name].Release, p.Release)
		if err != nil && !errors.Is(err, ErrUnknown) {
			return err
		}
		if !ok {
			return refusef(fmt.Sprintf("promote a Release that is also in %s", t.Name),
				"%s has Release %s, which does not contain %s: a Release must be in every lower Tier first",
				t.Name, Short(heads[t.Name].Release), Short(p.Release))
		}
	}
	return nil
}

// onlyForward: the target holds nothing that the Release lacks, so that going there
// is a fast-forward.
func (r rules) onlyForward(p planned, target Heads) error {
	for _, held := range []struct {
		commit fleet.Release
		what   string
	}{
		{target.App, fmt.Sprintf("branch %s of the app repository is at %s", p.To.Branch, Short(target.App))},
		{target.Release, fmt.Sprintf("%s runs Release %s", p.To.Name, Short(target.Release))},
	} {
		ok, err := r.history.Contains(r.ctx, p.Release, held.commit)
		if err != nil && !errors.Is(err, ErrUnknown) {
			return err
		}
		if ok {
			continue
		}
		do := fmt.Sprintf("merge those changes into the lowest Tier's branch and promote a Release that contains %s", Short(held.commit))
		if older, err := r.history.Contains(r.ctx, held.commit, p.Release); err == nil && older {
			do = fmt.Sprintf("wait for a Release that contains %s, or roll back with 'shopslo rollback --tier %s --to %s'", Short(held.commit), p.To.Name, Short(p.Release))
		}
		return refusef(do, "%s, which is not contained in Release %s of %s", held.what, Short(p.Release), p.From.Name)
	}
	return nil
}

// rolledBack: nobody took from the Tier what comes with the Release. Since promotions go
// forward only, that is what the Tier once had and what its present Release does not
// contain. It gives the newest of that where somebody has said that it may come again.
func (r rules) rolledBack(p planned, o Options) (fleet.Release, error) {
	if !p.deploys() {
		return "", nil
	}
	past, err := r.history.Past(r.ctx, p.To.Branch)
	if err != nil {
		return "", err
	}
	taken, err := r.history.Missing(r.ctx, p.Replaces, past)
	if err != nil {
		return "", err
	}
	var comes fleet.Release // the newest that the Release contains
	for _, was := range taken {
		if part, err := r.history.Contains(r.ctx, was, p.Release); err != nil {
			return "", err
		} else if part && o.Again {
			return was, nil
		} else if part {
			return "", refusef("promote a Release with the fix, or retry this one with --again",
				"%s was rolled back from %s to %s, and Release %s contains nothing newer", p.To.Name, Short(was), Short(p.Replaces), Short(p.Release))
		}
		if again, err := r.history.Contains(r.ctx, p.Release, was); err != nil {
			return "", err
		} else if again && comes == "" {
			comes = was
		}
	}
	if comes == "" {
		return r.rewritten(p, taken, o)
	}
	if !o.Again && o.Fix == "" {
		return "", refusef("name what mends it with --fix URL, or promote it all the same with --again",
			"%s was rolled back from %s to %s, and Release %s contains it", p.To.Name, Short(comes), Short(p.Replaces), Short(p.Release))
	}
	return comes, nil
}

// rewritten is rolledBack for what comes again under other commits: amended, rebased, or
// picked.
func (r rules) rewritten(p planned, taken []fleet.Release, o Options) (fleet.Release, error) {
	like, err := r.history.Alike(r.ctx, p.Release, p.Replaces, taken)
	if err != nil || len(like) == 0 {
		return "", err
	}
	for _, was := range like {
		if was.Same && !o.Again {
			return "", refusef("promote a Release with the fix, or retry this one with --again",
				"%s was rolled back from %s to %s, and Release %s has the same files under another commit", p.To.Name, Short(was.Release), Short(p.Replaces), Short(p.Release))
		}
	}
	if was := like[0].Release; !o.Again && o.Fix == "" {
		return "", refusef("name what mends it with --fix URL, or promote it all the same with --again",
			"%s was rolled back from %s to %s, and Release %s has the same changes under other commits", p.To.Name, Short(was), Short(p.Replaces), Short(p.Release))
	}
	return like[0].Release, nil
}

// makeRollback plans the way back of a Tier to a Release that it had. The error is a
// *Refusal where the rules do not allow it.
func makeRollback(ctx context.Context, tier fleet.Tier, to fleet.Release, at Heads, h History) (planned, error) {
	p := planned{From: tier, To: tier, Release: to, Replaces: at.Release, Point: to != at.Release, Parent: at.System, AppBefore: at.App}
	if !p.Point {
		return p, nil
	}
	older, err := h.Contains(ctx, at.Release, to)
	if err != nil {
		return planned{}, err
	}
	if !older {
		return planned{}, refusef(fmt.Sprintf("use 'shopslo promote --to %s' for a newer Release", tier.Name),
			"Release %s is not older than %s, the current Release of %s", Short(to), Short(at.Release), tier.Name)
	}
	past, err := h.Past(ctx, tier.Branch)
	if err != nil {
		return planned{}, err
	}
	if !slices.Contains(past, to) {
		return planned{}, refusef("choose an earlier Release of this Tier: "+shortList(slices.DeleteFunc(past, func(r fleet.Release) bool { return r == at.Release })),
			"%s never ran Release %s", tier.Name, Short(to))
	}
	return p, nil
}

// shortList names the newest Releases, each once.
func shortList(releases []fleet.Release) string {
	const most = 5
	var names []string
	for _, r := range releases {
		if s := Short(r); !slices.Contains(names, s) && len(names) < most {
			names = append(names, s)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
