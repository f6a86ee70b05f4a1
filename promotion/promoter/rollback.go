package promoter

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// Rollback lets a Tier's system branch refer to an older Release again. The app
// repository's branch stays where it is, and the gate is not asked. id is a commit
// of the app repository, full or shortened. Results and errors are those of Promote.
func (p *Promoter) Rollback(ctx context.Context, name fleet.TierName, id string, o Options) (Promotion, error) {
	tier, ok := p.Fleet.Tier(name)
	if !ok {
		_, err := p.Fleet.Route(name) // which says what the Tiers are
		return Promotion{}, err
	}
	out := Promotion{From: name, To: name, Branch: tier.Branch}
	if p.Single {
		out.Result, out.Reason = Refused, fmt.Sprintf("With a single repository, rolling back branch %s would rewrite its history; "+
			"revert the change on the lowest Tier's branch and promote the revert.", tier.Branch)
		return out, nil
	}
	heads, err := p.Reader.Read(ctx, []fleet.Tier{tier})
	if err != nil {
		return out, fmt.Errorf("roll %s back: %w", name, err)
	}
	out.Replaces = heads[name].Release
	if out.Release, err = p.Reader.Resolve(ctx, id); err != nil {
		return out, fmt.Errorf("roll %s back: --to: %w", name, err)
	}
	if o.PullRequest && !o.DryRun {
		if err := p.sweep(ctx, &out, heads[name].System); err != nil {
			return out, fmt.Errorf("roll %s back: %w", name, err)
		}
	}
	plan, err := makeRollback(ctx, tier, out.Release, heads[name], p.History)
	if err == nil && plan.Point && !o.Again {
		err = p.notTaken(ctx, tier, out.Release, "--anyway")
	}
	if refused(&out, err) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("roll %s back: %w", name, err)
	}
	if plan.Point {
		if err := p.changes(ctx, &out, plan.Release, plan.Replaces); err != nil {
			return out, err
		}
		if err := p.lookForImages(ctx, &out, tier); err != nil {
			return out, err
		}
		if lost := count(out.Images, ImageMissing) + count(out.Images, ImageMutable); lost > 0 && !o.Again {
			out.Result = Held
			out.Reason = fmt.Sprintf("%d of %d images of Release %s are missing or have a mutable tag; "+
				"rebuild and push them, choose another Release, or use --anyway.", lost, len(out.Images), Short(out.Release))
			return out, nil
		}
	}
	return p.carryOut(ctx, out, plan, o)
}

// notTaken: the Tier was not rolled back from a Release, so that it came again only with what
// mends it. flag is what allows it all the same. The error is a *Refusal.
func (p *Promoter) notTaken(ctx context.Context, tier fleet.Tier, to fleet.Release, flag string) error {
	past, err := p.History.Past(ctx, tier.Branch)
	if err != nil {
		return err
	}
	for _, later := range past[:max(0, slices.Index(past, to))] {
		if ok, err := p.History.Contains(ctx, later, to); err != nil && !errors.Is(err, ErrUnknown) {
			return err
		} else if !ok {
			return refusef("choose an earlier Release, or use "+flag, "Release %s was itself rolled back from %s, to %s", Short(to), tier.Name, Short(later))
		}
	}
	return nil
}

func count(images []ImageState, s ImageVerdict) int {
	n := 0
	for _, i := range images {
		if i.Verdict == s {
			n++
		}
	}
	return n
}
