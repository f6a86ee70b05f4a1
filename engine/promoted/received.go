package promoted

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/gittree"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/calendar"
)

// mostCommits is how many states of a calendar are looked at.
const mostCommits = 100

// received gives the exclusions of the calendar with since when its branch has had them as they
// are without a break, by the dates of the commits that brought them. A date is a claim of who
// made the commit, so that this is for branches of which a forge makes all commits.
func (r *reading) received(ctx context.Context, c *config.Config, files []document.File) ([]promotion.Exclusion, error) {
	now, err := calendar.Of(files, calendar.Words{})
	if err != nil || len(now.Exclusions) == 0 {
		return nil, nil // what is wrong with it is told by who reads it with all that it names
	}
	t, err := r.named(ctx, c.Gate.CalendarFrom.Place, "gate.calendar_from")
	if err != nil {
		return nil, err
	}
	commits, err := t.of.History(ctx, t.Branch, t.folders(c)...)
	if err != nil {
		return nil, err
	}
	known, open := slices.Clone(now.Exclusions), now.Exclusions
	for i, commit := range commits {
		if i == mostCommits || len(open) == 0 {
			break
		}
		before, err := t.at(ctx, c, commit)
		if errors.Is(err, gittree.ErrUnreachable) || ctx.Err() != nil {
			return nil, err
		} else if err != nil { // nobody could read it then
			break
		}
		open = slices.DeleteFunc(slices.Clone(open), func(x promotion.Exclusion) bool {
			return !slices.ContainsFunc(before.Exclusions, func(was promotion.Exclusion) bool { return calendar.Covers(was, x) })
		})
		for _, x := range open {
			k := slices.IndexFunc(known, func(o promotion.Exclusion) bool { return o.ID == x.ID })
			known[k].Known, known[k].KnownBy = commit.Received, fmt.Sprintf("commit %.12s of branch %s", commit.ID, t.Branch)
		}
	}
	return known, nil
}

// at reads the calendar as a commit has it.
func (t *tree) at(ctx context.Context, c *config.Config, commit gittree.Commit) (calendar.Calendar, error) {
	then, err := t.of.At(ctx, t.Branch, commit)
	if err != nil {
		return calendar.Calendar{}, err
	}
	of := *t
	of.Tree = then
	files, err := of.any(ctx, c, "gate.calendar", c.Gate.Calendar)
	if err != nil {
		return calendar.Calendar{}, err
	}
	return calendar.Of(files, calendar.Words{})
}

// folders are those that hold the calendar; none: it may be anywhere.
func (t *tree) folders(c *config.Config) (out []string) {
	for _, pattern := range c.Gate.Calendar {
		folder := path.Join(t.folder, filepath.ToSlash(documents.FolderOf(pattern)))
		if folder == "." {
			return nil
		}
		out = append(out, folder)
	}
	return out
}
