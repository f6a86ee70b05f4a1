// Package promoted reads the rules that a release cannot bring with itself: SLOs and policy
// from the branch of the Tier that it is to go to, and the calendar from a branch that people
// write to. They are for a gate without a server, which may run on a checkout of the release.
package promoted

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/gittree"
	"github.com/shopslo/shopslo/promotion"
)

// Rules gives the documents that a Release to a Tier is judged by, and where SLOs and policy
// among them were read: by default from the Tier's branch, where the configuration lies in a
// checkout of a repository that has it; nil: beside the configuration. What could not be
// reached stands in it, and the documents are then those that are there. own: SLOs and policy
// are those beside the configuration whatever there is. The error is one of the
// configuration or a document.
func Rules(ctx context.Context, h host.Host, d *documents.Documents, to fleet.TierName, own bool) (out *documents.Documents, from *promotion.RulesFrom, err error) {
	tier, ok := d.Fleet.Tier(to)
	if !ok {
		return d, nil, nil // which is for others to say
	}
	r := &reading{host: h, own: d, to: tier, open: map[string]*gittree.Repository{}, trees: map[[2]string]*gittree.Tree{}, settings: d.Config}
	defer func() { err = errors.Join(err, r.close()) }()
	if r.lost = r.look(ctx); own {
		out, from = d, &promotion.RulesFrom{Asked: true}
	} else {
		out, from, err = r.rules(ctx)
	}
	if errors.Is(err, gittree.ErrUnreachable) {
		out, from, err = d, &promotion.RulesFrom{Where: "SLOs and policy of branch " + r.branch(d.Config.Gate.RulesFrom), Error: err.Error()}, nil
	}
	if err == nil {
		err = r.calendar(ctx, out)
	}
	if err == nil && r.released && out.Config.Gate.Releases != nil {
		out.Brought = r.brings(ctx, out.Config.Gate.Releases.File)
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return out, from, err
}

// brings reports whether commits of the checkout have a file, or where git does not tell, may.
func (r *reading) brings(ctx context.Context, file string) bool {
	tracked, err := r.checkout.Tracks(ctx, file)
	beneath, rel := filepath.Rel(r.own.Config.Dir, file)
	return tracked || err != nil && rel == nil && filepath.IsLocal(beneath)
}

// reading is one look at the branches.
type reading struct {
	host host.Host
	own  *documents.Documents
	to   fleet.Tier

	checkout *gittree.Checkout // nil: the configuration lies in none
	lost     error             // why that is not known
	released bool              // it is one of a repository that is promoted
	settings *config.Config    // which says where the calendar is
	open     map[string]*gittree.Repository
	trees    map[[2]string]*gittree.Tree // by URL and branch
}

func (r *reading) close() (err error) {
	for _, g := range r.open {
		err = errors.Join(err, g.Close())
	}
	return err
}

// branch is the one that a setting means.
func (r *reading) branch(b *config.Place) string {
	if b == nil {
		return r.to.Branch
	}
	return cmp.Or(b.Branch, r.to.Branch)
}

// rules reads SLOs and policy. What the Tier's branch says of where they are counts; what the
// configuration says, where that has none.
func (r *reading) rules(ctx context.Context) (d *documents.Documents, place *promotion.RulesFrom, err error) {
	if r.lost != nil {
		return nil, nil, r.lost
	}
	b, t, from, err := r.ofTier(ctx)
	if err != nil {
		return nil, nil, err
	}
	var asking *promotion.Asking
	defer func() {
		if err == nil && place != nil {
			place.Unconfirmed, place.Otherwise, place.Asking = b.unconfirmed, b.otherwise, asking
		}
	}()
	named := r.own.Config.Gate.RulesFrom
	if t != nil {
		if r.settings, err = t.configuration(ctx); err != nil {
			return nil, nil, err
		}
		f, err := r.fleetOf(ctx, t)
		if err != nil {
			return nil, nil, err
		}
		asking = documents.Asking(r.settings, f, r.to.Name)
		if named = r.settings.Gate.RulesFrom; named == nil {
			return r.under(ctx, t, r.settings)
		}
	}
	if named == nil {
		return r.own, from, nil
	}
	if t, err = r.named(ctx, *named, "gate.rules_from"); err != nil {
		return nil, nil, err
	}
	if !t.Has(t.file) {
		return nil, nil, fmt.Errorf("%s: gate.rules_from: branch %s has no %s; correct branch or dir", r.own.Config.Path, t.Branch, t.file)
	}
	c, err := t.configuration(ctx)
	if err != nil {
		return nil, nil, err
	}
	if d, place, err = r.under(ctx, t, c); err == nil {
		place.Chosen = from != nil
	}
	return d, place, err
}

// look finds the checkout that the configuration lies in. What git does not tell of it may be
// anything.
func (r *reading) look(ctx context.Context) (err error) {
	if r.checkout, err = gittree.CheckoutOf(ctx, r.host.Environ(), r.own.Config.Dir); err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", gittree.ErrUnreachable, err)
	}
	return err
}

// ofTier is the branch of the Tier in the repository of the configuration; nil where there is no
// such branch, or it does not have this file, which stands in from; both nil where it is no
// repository that is promoted.
func (r *reading) ofTier(ctx context.Context) (b targetBranch, t *tree, from *promotion.RulesFrom, err error) {
	if !r.hasOrigin() {
		return b, nil, nil, nil
	}
	if b, err = r.targetBranch(ctx); err != nil || !b.promoted {
		return b, nil, nil, err
	}
	r.to.Branch, r.released = b.name, true
	if !b.has {
		return b, nil, &promotion.RulesFrom{Where: "Branch " + b.name, Repository: r.checkout.Origin.Where(), Branch: b.name, Missing: true}, nil
	}
	if t, err = r.fetch(ctx, r.checkout.Origin, b.name, r.checkout.Folder); err != nil || t.Has(t.file) {
		return b, t, nil, err
	}
	missing := t.from()
	missing.Missing = true
	return b, nil, &missing, nil
}

// under gives the documents with SLOs and policy of a branch.
func (r *reading) under(ctx context.Context, t *tree, c *config.Config) (*documents.Documents, *promotion.RulesFrom, error) {
	slos, err := t.some(ctx, c, "slos", c.SLOs)
	if err != nil {
		return nil, nil, err
	}
	tiers, err := t.some(ctx, c, "fleet", c.Fleet)
	if err != nil {
		return nil, nil, err
	}
	d, err := r.own.Under(documents.Rules{Config: c, SLOs: slos, Fleet: tiers})
	from := t.from()
	return d, &from, err
}
