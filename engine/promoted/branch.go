package promoted

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

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
	// unconfirmed: nothing but what the Release may bring says that it is the Tier's. otherwise is
	// who says another one, for people; "": nobody.
	unconfirmed bool
	otherwise   string
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
	known := standard != nil && standard.Has(standard.file)
	if standard != nil && !known {
		// It may lie elsewhere because the Release moves it, and its Tiers' branches with it; or it
		// lies on the Tiers' branches alone.
		b.promoted = standard.HasNamed(path.Base(standard.file)) || b.name != ""
	} else if known {
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
	var witnesses []string
	for _, n := range once(names) {
		if n != heads.Default && n != b.name && heads.Has[n] {
			witnesses = append(witnesses, n)
		}
	}
	// The default branch is no judge of a Release that came to it: it may be that of a Tier.
	if own := slices.ContainsFunc(tiers, func(t fleet.Tier) bool { return t.Branch == heads.Default }); b.promoted && b.has && (!known || own) {
		err = r.confirm(ctx, &b, witnesses, known)
	}
	return b, err
}

// confirm asks the branches of other Tiers whether they know the branch of the Tier by another name.
// That they do not proves nothing: the Release may have named them. named: the default branch knows it
// so.
func (r *reading) confirm(ctx context.Context, b *targetBranch, witnesses []string, named bool) error {
	b.unconfirmed = !named
	for _, w := range witnesses {
		t, err := r.fetch(ctx, r.checkout.Origin, w, r.checkout.Folder)
		switch {
		case errors.Is(err, gittree.ErrNoBranch):
			continue // gone meanwhile
		case err != nil:
			return err
		case !t.Has(t.file):
			continue
		}
		f, err := r.fleetOf(ctx, t)
		if errors.Is(err, gittree.ErrUnreachable) || ctx.Err() != nil {
			return err
		}
		if err != nil {
			continue // what is not right there says nothing
		}
		if of, ok := f.Tier(r.to.Name); ok && of.Branch != b.name {
			b.unconfirmed, b.otherwise = true, fmt.Sprintf("branch %s says %s", w, cmp.Or(of.Branch, "none"))
			return nil
		}
	}
	return nil
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
