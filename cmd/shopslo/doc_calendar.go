package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/shopslo/shopslo/internal/config"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/calendar"
)

// words are the names that calendar documents may use.
func (d *documents) words() calendar.Words {
	w := calendar.Words{Fleet: d.fleet, SLOs: []string{}, Checks: promotion.Checks()}
	for i := range d.slos.SLOs {
		w.SLOs = append(w.SLOs, d.slos.SLOs[i].Name)
	}
	return w
}

// calendar reads freezes, overrides and exclusions; from is "" where none is configured.
func (d *documents) calendar() (c calendar.Calendar, from string, err error) {
	patterns := d.config.Gate.Calendar
	if len(patterns) == 0 {
		return c, "", nil
	}
	if err := foldersExist(d.config, "gate.calendar", patterns); err != nil {
		return c, "", err
	}
	c, err = calendar.Load(d.config.Dir, d.words(), patterns...)
	return c, "the documents in " + strings.Join(patterns, ", "), err
}

// foldersExist keeps a mistyped pattern from meaning that there is nothing: a folder may
// hold no document, but it has to be there.
func foldersExist(c *config.Config, key string, patterns []string) error {
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
