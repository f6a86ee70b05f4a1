package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/config"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/promoter"
	"github.com/shopslo/shopslo/promotion/promoter/gitpush"
	"github.com/shopslo/shopslo/promotion/promoter/kustomized"
	"github.com/shopslo/shopslo/promotion/promoter/registry"
)

// mover is the promoter with what it needs around it.
type mover struct {
	*promoter.Promoter
	program *program
	fleet   func(context.Context) (fleet.Snapshot, error) // nil: nobody knows what runs
	tellers []promoter.Teller
	book    *logbook
	gated   map[fleet.TierName]gated // where the gate's decisions are logged
}

// openMover puts the promoter together from the configuration.
func (p *program) openMover(ctx context.Context, f promoteFlags) (*mover, error) {
	d, err := p.load()
	if err != nil {
		return nil, err
	}
	c := d.config.Promotion
	if c == nil {
		return nil, fmt.Errorf("%s: the section promotion is missing: it says where the repositories are", d.config.Path)
	}
	repos, err := gitpush.Open(ctx, p.gitConfig(c))
	if err != nil {
		return nil, err
	}
	m := &mover{program: p, gated: map[fleet.TierName]gated{}}
	if m.book, err = p.openLogbook(d.config); err != nil {
		return nil, err
	}
	m.Promoter = &promoter.Promoter{
		Fleet: d.fleet, Single: repos.Single(), Reader: repos, History: repos, Writer: repos, Compare: c.Compare, Now: p.now,
		Gate: func(ctx context.Context, to fleet.TierName, release fleet.Release) (promotion.Decision, error) {
			return m.decided(ctx, f, to, release)
		},
	}
	if c.Images {
		m.Manifests = manifests{repos, c.Git.Submodule}
		m.Registry = &registry.Registry{Keychain: authn.DefaultKeychain}
	}
	if m.tellers, err = p.tellers(d.config); err != nil {
		return nil, err
	}
	w, err := newWitnesses(d.config, p.surroundings())
	if err != nil {
		return nil, err
	}
	if w.fleet != nil {
		m.fleet = w.fleet.Fleet
	}
	return m, nil
}

// gitConfig gives git the environment that this program has: credentials are git's own
// business.
func (p *program) gitConfig(c *config.Promotion) gitpush.Config {
	var env []string
	for _, name := range slices.Sorted(maps.Keys(p.env)) {
		env = append(env, name+"="+p.env[name])
	}
	return gitpush.Config{
		Dir: c.Git.Dir, System: c.Git.System, App: c.Git.App, Submodule: c.Git.Submodule, Env: env,
		Author: gitpush.Author{Name: c.Author.Name, Email: c.Author.Email},
		Sign:   gitpush.Sign{Format: string(c.Signing.Format), Key: c.Signing.Key}, Hooks: c.Hooks,
	}
}

// manifests finds images in the repositories, as kustomize builds them.
type manifests struct {
	repos     *gitpush.Repositories
	submodule string
}

// Images implements promoter.Manifests.
func (m manifests) Images(ctx context.Context, tier fleet.Tier, release fleet.Release) (images, notes []string, err error) {
	files, err := m.repos.Files(ctx, tier, release)
	if err != nil {
		return nil, nil, err
	}
	images, notes = kustomized.Images(files, m.submodule)
	return images, notes, nil
}

// look asks once whether a Tier that has come to a Release matches its branch, and
// tells of it. The error says that nobody could be asked, or told.
func (m *mover) look(ctx context.Context, f promoteFlags, one *promoter.Promotion) (matches bool, err error) {
	came := one.Result == promoter.Promoted || one.Result == promoter.RolledBack || one.Result == promoter.Already
	if !came || m.fleet == nil || f.o.DryRun {
		return false, nil
	}
	s, err := m.fleet(ctx)
	if err != nil {
		if f.wait == 0 && !f.tell { // nobody asked for it
			err = nil
		}
		return false, err
	}
	a, matches := promoter.Arrived(s, one.To, one.Release)
	if !matches {
		return false, nil
	}
	one.Matched = a.At
	if !f.tell || one.Result == promoter.Already && one.Release == one.Replaces {
		return true, nil
	}
	a.Previous, a.Compare = one.Replaces, m.CompareURL(one.Replaces, one.Release)
	return true, tellAll(ctx, m.tellers, a)
}

// arrival waits until the Tier matches its branch, where --wait asks for that. The
// error says that it is not seen to, or that somebody could not be told.
func (m *mover) arrival(ctx context.Context, f promoteFlags, one *promoter.Promotion, deadline time.Time) error {
	if f.wait == 0 {
		return nil
	}
	if m.fleet == nil {
		return fmt.Errorf("nobody knows when %s matches its branch: name the exporter in gate.fleet", one.To)
	}
	sleep := promoter.Every(f.every, m.program.now, deadline)
	for {
		matches, err := m.look(ctx, f, one)
		if matches || one.ExitCode() != exitOK || one.Result == promoter.Planned || one.Result == promoter.Proposed {
			m.program.progressLine("")
			return err
		}
		m.program.progressLine("waiting until %s matches its branch", one.To)
		if slept := sleep(ctx); errors.Is(slept, promoter.ErrPatience) {
			m.program.progressLine("")
			return errors.Join(fmt.Errorf("%s has Release %s, but is not seen to match its branch yet", one.To, promoter.Short(one.Release)), err)
		} else if slept != nil {
			return slept
		}
	}
}
