package documents

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/calendar"
)

// Words are the names that calendar documents may use.
func (d *Documents) Words() calendar.Words {
	w := calendar.Words{Fleet: d.Fleet, SLOs: []string{}, Checks: promotion.Checks()}
	for i := range d.SLOs.SLOs {
		w.SLOs = append(w.SLOs, d.SLOs.SLOs[i].Name)
	}
	return w
}

// Calendar reads freezes, overrides and exclusions; from is "" where none is configured.
func (d *Documents) Calendar() (c calendar.Calendar, from string, err error) {
	patterns := d.Config.Gate.Calendar
	if len(patterns) == 0 {
		return c, "", nil
	}
	if err := FoldersExist(d.Config, "gate.calendar", patterns); err != nil {
		return c, "", err
	}
	c, err = calendar.Load(d.Config.Dir, d.Words(), patterns...)
	return c, "the documents in " + strings.Join(patterns, ", "), err
}

// FoldersExist keeps a mistyped pattern from meaning that there is nothing: a folder may
// hold no document, but it has to be there.
func FoldersExist(c *config.Config, key string, patterns []string) error {
	for _, pattern := range patterns {
		dir := filepath.Dir(pattern)
		if i := strings.IndexAny(dir, `*?[\`); i >= 0 {
			dir = filepath.Dir(dir[:i] + "x")
		}
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(c.Dir, dir)
		}
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return fmt.Errorf("%s: %s: %q: there is no folder %s; correct the pattern, or make the folder", c.Path, key, pattern, dir)
		}
	}
	return nil
}
