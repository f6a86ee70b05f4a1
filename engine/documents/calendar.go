package documents

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/calendar"
	"github.com/shopslo/shopslo/promotion/releasefile"
)

// CalendarFiles gives the calendar's files where they lie in a branch, and where that is.
type CalendarFiles func() (files []document.File, from string, err error)

// errNotFetched is a calendar in a branch that nobody has fetched.
var errNotFetched = errors.New("gate.calendar_from is not fetched")

// Words are the names that calendar documents may use.
func (d *Documents) Words() calendar.Words {
	w := calendar.Words{Fleet: d.Fleet, SLOs: []string{}, Checks: promotion.Checks()}
	if d.apart { // it may name an SLO that comes later, or is gone
		w.SLOs = nil
		return w
	}
	for i := range d.SLOs.SLOs {
		w.SLOs = append(w.SLOs, d.SLOs.SLOs[i].Name)
	}
	return w
}

// CalendarIn lets the calendar be read from a branch, nil: beside the configuration, and
// takes its exclusions as they are.
func (d *Documents) CalendarIn(files CalendarFiles) error {
	d.apart, d.calendarFiles = true, files
	c, _, err := d.Calendar()
	if err == nil {
		d.Exclusions = c.Exclusions
	}
	return err
}

// Received says since when the calendar's branch has its exclusions.
func (d *Documents) Received(all []promotion.Exclusion) { d.received = all }

// known adds to exclusions since when they are known.
func (d *Documents) known(all []promotion.Exclusion) {
	for i := range all {
		for _, was := range d.received {
			if calendar.Covers(was, all[i]) {
				all[i].Known, all[i].KnownBy = was.Known, was.KnownBy
			}
		}
	}
}

// Fetched reports whether the calendar is read from a branch.
func (d *Documents) Fetched() bool { return d.calendarFiles != nil }

// Calendar reads freezes, overrides and exclusions; from is "" where none is configured.
func (d *Documents) Calendar() (c calendar.Calendar, from string, err error) {
	patterns := d.Config.Gate.Calendar
	switch {
	case len(patterns) == 0:
		return c, "", nil
	case d.calendarFiles != nil:
		files, from, err := d.calendarFiles()
		if err == nil {
			c, err = calendar.Of(files, d.Words())
			d.known(c.Exclusions)
		}
		return c, from, err
	case d.Config.Gate.CalendarFrom != nil:
		return c, "", errNotFetched
	}
	if err := FoldersExist(d.Config, "gate.calendar", patterns); err != nil {
		return c, "", err
	}
	c, err = calendar.Load(d.Config.Dir, d.Words(), patterns...)
	return c, "the documents in " + strings.Join(patterns, ", "), err
}

// Releases reads when Releases came, as deploy jobs say; from is "" where no file is
// configured. One that is not there yet says nothing.
func Releases(d *Documents) (found []promotion.Arrival, from string, err error) {
	r := d.Config.Gate.Releases
	if r == nil {
		return nil, "", nil
	}
	if err := FoldersExist(d.Config, "gate.releases.file", []string{r.File}); err != nil {
		return nil, "", err
	}
	entries, err := releasefile.Read(r.File)
	if err != nil {
		return nil, "", fmt.Errorf("%s: gate.releases.file: %w", d.Config.Path, err)
	}
	from = "The releases file " + filepath.Base(r.File)
	if d.Brought {
		from += " (of the checkout, so the Release may have written it)"
	}
	return releasefile.Running(entries), from, nil
}

// FoldersExist keeps a mistyped pattern from meaning that there is nothing: a folder may
// hold no document, but it has to be there. Nor does a file whose name ends in .yml beside *.yaml, or
// the other way, mean nothing, nor one in a folder below: a freeze or an incident may stand in it.
func FoldersExist(c *config.Config, key string, patterns []string) error {
	for _, pattern := range patterns {
		dir := FolderOf(pattern)
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(c.Dir, dir)
		}
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return fmt.Errorf("%s: %s: %q: there is no folder %s; correct the pattern, or make the folder", c.Path, key, pattern, dir)
		}
		twin, ok := Twin(pattern)
		if !ok || slices.Contains(patterns, twin) {
			continue
		}
		at := twin
		if !filepath.IsAbs(at) {
			at = filepath.Join(c.Dir, at)
		}
		if missed, _ := filepath.Glob(at); len(missed) > 0 {
			return Missed(c, key, pattern, twin, missed[0])
		}
	}
	return unread(c, key, patterns)
}

// Twin is a pattern of YAML files whose names end the other way; not ok: there is none.
func Twin(pattern string) (twin string, ok bool) {
	base := filepath.Base(pattern)
	if stem, is := strings.CutSuffix(pattern, ".yaml"); is && strings.Contains(base, "*") {
		return stem + ".yml", true
	}
	stem, is := strings.CutSuffix(pattern, ".yml")
	return stem + ".yaml", is && strings.Contains(base, "*")
}

// Missed is the error of a file that only the twin of a pattern matches.
func Missed(c *config.Config, key, pattern, twin, file string) error {
	return fmt.Errorf("%s: %s: %q: nobody reads %s; rename it, or add %q", c.Path, key, pattern, file, twin)
}

// FolderOf is the folder that has to be there for a pattern of files.
func FolderOf(pattern string) string {
	dir := filepath.Dir(pattern)
	if i := strings.IndexAny(dir, `*?[\`); i >= 0 {
		dir = filepath.Dir(dir[:i] + "x")
	}
	return dir
}
