package promoted

import (
	"context"
	"errors"
	"fmt"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/gittree"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
)

// calendar lets documents read the calendar from the branch that is named or, where the
// configuration may be one that the Release brings, from the default branch of its repository.
// What could not be reached is for the decision to say.
func (r *reading) calendar(ctx context.Context, d *documents.Documents) error {
	if d != r.own {
		d.CalendarOf(r.settings)
	}
	g := d.Config.Gate
	switch {
	case len(g.Calendar) == 0:
		return nil
	case g.CalendarFrom == nil && !r.released:
		if d == r.own { // and its calendar is read
			return nil
		}
		return documents.FaultsOf(d.CalendarIn(nil))
	}
	files, from, err := r.calendarFiles(ctx, d.Config)
	if from := d.Config.Gate.CalendarFrom; err == nil && from != nil && from.TrustCommitDates {
		var received []promotion.Exclusion
		received, err = r.received(ctx, d.Config, files)
		d.Received(received)
	}
	if err != nil && !errors.Is(err, gittree.ErrUnreachable) {
		return err
	}
	unread := d.CalendarIn(func() ([]document.File, string, error) { return files, from, err })
	if err != nil {
		return nil
	}
	return documents.FaultsOf(unread)
}

// Calendar fetches the calendar of documents whose configuration names a branch for it, for
// answers other than decisions. The error wraps slo.ErrUnavailable where it cannot be reached.
func Calendar(ctx context.Context, h host.Host, d *documents.Documents) error {
	if d.Config.Gate.CalendarFrom == nil || d.Fetched() {
		return nil
	}
	files, from, err := CalendarFiles(ctx, h, d.Config)
	if errors.Is(err, gittree.ErrUnreachable) {
		return fmt.Errorf("%w: gate.calendar_from: %w", slo.ErrUnavailable, err)
	} else if err != nil {
		return err
	}
	return documents.FaultsOf(d.CalendarIn(func() ([]document.File, string, error) { return files, from, nil }))
}

// CalendarFiles fetches the calendar's files from the branch that a configuration names, and
// says from which commit. The error wraps gittree.ErrUnreachable, or is one of the
// configuration.
func CalendarFiles(ctx context.Context, h host.Host, c *config.Config) (files []document.File, from string, err error) {
	r := &reading{host: h, own: &documents.Documents{Config: c}, open: map[string]*gittree.Repository{}, trees: map[[2]string]*gittree.Tree{}}
	defer func() { err = errors.Join(err, r.close()) }()
	r.lost = r.look(ctx)
	return r.calendarFiles(ctx, c)
}

// calendarFiles reads the calendar in a branch.
func (r *reading) calendarFiles(ctx context.Context, c *config.Config) (files []document.File, from string, err error) {
	b := config.Place{}
	if c.Gate.CalendarFrom != nil {
		b = c.Gate.CalendarFrom.Place
	} else if b.Branch, err = r.defaultBranch(ctx); err != nil {
		return nil, "The calendar", err
	}
	from = "The calendar in branch " + b.Branch
	if r.lost != nil && b.Repository == "" {
		return nil, from, r.lost
	}
	t, err := r.named(ctx, b, "gate.calendar_from")
	if err != nil {
		return nil, from, err
	}
	from = fmt.Sprintf("%s of %s at %.12s", from, t.repository, t.Commit)
	files, err = t.any(ctx, c, "gate.calendar", c.Gate.Calendar)
	return files, from, err
}

// defaultBranch is that of the repository of the configuration.
func (r *reading) defaultBranch(ctx context.Context) (string, error) {
	g, err := r.repository(ctx, r.checkout.Origin)
	if err != nil {
		return "", err
	}
	h, err := g.Heads(ctx)
	if err == nil && h.Default == "" {
		err = fmt.Errorf("%s: gate.calendar: the repository has no default branch; name one in gate.calendar_from", r.own.Config.Path)
	}
	return h.Default, err
}
