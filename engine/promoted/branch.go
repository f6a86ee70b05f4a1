package promoted

import (
	"context"
	"errors"
	"path"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/manifest"
	"github.com/shopslo/shopslo/internal/gittree"
)

// targetBranch is which branch of the configuration's repository is that of the target Tier.
type targetBranch struct {
	name string
	has  bool // the repository has it
	// promoted: it has the branch of some Tier, or a configuration elsewhere, so that this one's has
	// to be there.
	promoted bool
}

// targetBranch finds the branch of the Tier. The checkout may be of the Release, which must not
// choose who judges it: where the default branch has the configuration, its documents count.
func (r *reading) targetBranch(ctx context.Context) (b targetBranch, err error) {
	tiers := r.own.Fleet.Tiers()
	b.name = r.to.Branch
	standard, err := r.standard(ctx)
	if err != nil {
		return b, err
	}
	if standard != nil && !standard.Has(standard.file) {
		// It may lie elsewhere because the Release moves it, and its Tiers' branches with it.
		b.promoted = standard.HasNamed(path.Base(standard.file))
	} else if standard != nil {
		others, err := r.fleetOf(ctx, standard)
		if err != nil {
			return b, err
		}
		if t, ok := others.Tier(r.to.Name); ok {
			b.name = t.Branch
		}
		tiers = append(tiers, others.Tiers()...)
	}
	g, err := r.repository(ctx, r.checkout.Origin)
	if err != nil {
		return b, err
	}
	names := []string{b.name}
	for _, t := range tiers {
		names = append(names, t.Branch)
	}
	heads, err := g.Heads(ctx, once(names)...)
	if err != nil {
		return b, err
	}
	b.has = heads.Has[b.name]
	for _, n := range names { // the default branch is there in any repository
		b.promoted = b.promoted || n != heads.Default && heads.Has[n]
	}
	return b, nil
}

// standard is the default branch of the configuration's repository; nil: it has none.
func (r *reading) standard(ctx context.Context) (*tree, error) {
	g, err := r.repository(ctx, r.checkout.Origin)
	if err != nil {
		return nil, err
	}
	heads, err := g.Heads(ctx)
	if err != nil || heads.Default == "" {
		return nil, err
	}
	t, err := r.fetch(ctx, r.checkout.Origin, heads.Default, r.checkout.Folder)
	if errors.Is(err, gittree.ErrNoBranch) {
		return nil, nil
	}
	return t, err
}

// fleetOf reads the fleet of a branch.
func (r *reading) fleetOf(ctx context.Context, t *tree) (*fleet.Fleet, error) {
	c, err := t.configuration(ctx)
	if err != nil {
		return nil, err
	}
	files, err := t.some(ctx, c, "fleet", c.Fleet)
	if err != nil {
		return nil, err
	}
	return manifest.Of(files)
}
