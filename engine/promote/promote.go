// Package promote moves Releases with the repositories, the gate and the log that a
// configuration names, and tells of those that have arrived.
package promote

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/evidence"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/promoter"
	"github.com/shopslo/shopslo/promotion/promoter/gitpush"
	"github.com/shopslo/shopslo/promotion/promoter/kustomized"
	"github.com/shopslo/shopslo/promotion/promoter/registry"
)

// Mover is the promoter with what it needs around it.
type Mover struct {
	*promoter.Promoter
	host    host.Host
	o       Options
	config  *config.Config
	fleet   func(context.Context) (fleet.Snapshot, error) // nil: nobody knows what runs
	tellers []promoter.Teller
	book    *logbook.Logbook
	gated   map[fleet.TierName]gated // where the gate's decisions are logged
}

// Options say how a Release is moved.
type Options struct {
	promoter.Options
	// Server decides, and logs what gate.log does not; "": this process decides.
	Server string
	// Gate decides about a Release that is to go to a Tier.
	Gate  func(ctx context.Context, to fleet.TierName, release fleet.Release) (logbook.Answer, error)
	Wait  time.Duration // until the Tier matches its branch; 0: not at all
	Every time.Duration // from one look to the next
	Tell  bool          // those whom the configuration names, when it does
}

// Open puts the promoter together from the configuration.
func Open(ctx context.Context, h host.Host, d *documents.Documents, o Options) (*Mover, error) {
	c := d.Config.Promotion
	if c == nil {
		return nil, fmt.Errorf("%s: the section promotion is missing: it says where the repositories are", d.Config.Path)
	}
	repos, err := gitpush.Open(ctx, gitConfig(h, c))
	if err != nil {
		return nil, err
	}
	m := &Mover{host: h, o: o, config: d.Config, gated: map[fleet.TierName]gated{}}
	if m.book, err = logbook.Open(h, d.Config); err != nil {
		return nil, err
	}
	m.Promoter = &promoter.Promoter{
		Fleet: d.Fleet, Single: repos.Single(), Reader: repos, History: repos, Writer: repos, Requests: repos, Valid: c.PullRequestExpiry, Compare: c.Compare, Now: h.Now, Memory: m.had,
		Gate: func(ctx context.Context, to fleet.TierName, release fleet.Release) (promotion.Decision, error) {
			return m.decided(ctx, to, release)
		},
	}
	if c.Images {
		m.Manifests = manifests{repos, c.Git.Submodule}
		m.Registry = &registry.Registry{Keychain: authn.DefaultKeychain}
	}
	if m.tellers, err = Tellers(h, d.Config); err != nil {
		return nil, err
	}
	w, err := evidence.New(h, d).Clients()
	if err != nil {
		return nil, err
	}
	if w.Fleet != nil {
		m.fleet = w.Fleet.Fleet
	}
	return m, nil
}

func gitConfig(h host.Host, c *config.Promotion) gitpush.Config {
	return gitpush.Config{
		Dir: c.Git.Dir, System: c.Git.System, App: c.Git.App, Submodule: c.Git.Submodule, Env: h.Environ(),
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

// Look asks once whether a Tier that has come to a Release matches its branch, and
// tells of it. The error says that nobody could be asked, or told.
func (m *Mover) Look(ctx context.Context, one *promoter.Promotion) (matches bool, err error) {
	came := one.Result == promoter.Promoted || one.Result == promoter.RolledBack || one.Result == promoter.Already
	if !came || m.fleet == nil || m.o.DryRun {
		return false, nil
	}
	s, err := m.fleet(ctx)
	if err != nil {
		if m.o.Wait == 0 && !m.o.Tell { // nobody asked for it
			err = nil
		}
		return false, err
	}
	a, matches := promoter.Arrived(s, one.To, one.Release)
	if !matches {
		return false, nil
	}
	one.Matched = a.At
	if !m.o.Tell || one.Result == promoter.Already && one.Release == one.Replaces {
		return true, nil
	}
	a.Previous, a.Compare = one.Replaces, m.CompareURL(one.Replaces, one.Release)
	return true, tellAll(ctx, m.tellers, a)
}

// Arrival waits until the Tier matches its branch, where --wait asks for that. The
// error says that it is not seen to, or that somebody could not be told.
func (m *Mover) Arrival(ctx context.Context, one *promoter.Promotion, deadline time.Time) error {
	if m.o.Wait == 0 {
		return nil
	}
	if m.fleet == nil {
		return fmt.Errorf("nobody knows when %s matches its branch: name the exporter in gate.fleet", one.To)
	}
	sleep := promoter.Every(m.o.Every, m.host.Now, deadline)
	for {
		matches, err := m.Look(ctx, one)
		if matches || one.ExitCode() != 0 || one.Result == promoter.Planned || one.Result == promoter.Proposed {
			m.host.Progress("")
			return err
		}
		m.host.Progress("waiting until %s matches its branch", one.To)
		if slept := sleep(ctx); errors.Is(slept, promoter.ErrPatience) {
			m.host.Progress("")
			return errors.Join(fmt.Errorf("%s has Release %s, but is not seen to match its branch yet", one.To, promoter.Short(one.Release)), err)
		} else if slept != nil {
			return slept
		}
	}
}
