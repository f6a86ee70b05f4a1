package promoter

import (
	"context"
	"fmt"

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
	plan, err := MakeRollback(ctx, tier, out.Release, heads[name], p.History)
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

func count(images []ImageState, s ImageVerdict) int {
	n := 0
	for _, i := range images {
		if i.Verdict == s {
			n++
		}
	}
	return n
}
