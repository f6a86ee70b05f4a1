package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/shopslo/shopslo/bench/trial"
)

// blindTrial lets the gate judge simulated releases, beside simpler rules. With -report
// its tables and chart go to files.
func (b *bench) blindTrial(ctx context.Context) error {
	p := trial.Defaults(b.params.Seed)
	if b.quick {
		p = trial.Quick(b.params.Seed)
	}
	dir, err := b.folder()
	if err != nil {
		return err
	}
	r, err := trial.Run(ctx, dir, p, b.progress)
	if err != nil {
		return err
	}
	for _, g := range r.Goals() {
		typical := "never"
		if g.Decided {
			typical = fmt.Sprintf("%d min", g.Typical)
		}
		b.goal(fmt.Sprintf("%s, waiting %d min: false promotes", g.Rule, g.Wait), "≤ a tenth of \"no alert\"'s, no later", g.Met(),
			g.Gate.String(), "no alert %v; of those that had failed something %v and %v; half of the good are promoted after %s", g.Alert, g.GateShown, g.AlertShown, typical)
	}
	if b.report == "" {
		return nil
	}
	return writeTrial(b.report, r)
}

// writeTrial writes the tables and the chart into a folder.
func writeTrial(dir string, r *trial.Result) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	tables, err := os.Create(filepath.Join(dir, "gate-evaluation-tables.md"))
	if err != nil {
		return err
	}
	defer tables.Close()
	if err := r.Markdown(tables); err != nil {
		return err
	}
	chart, err := os.Create(filepath.Join(dir, "gate-evaluation.svg"))
	if err != nil {
		return err
	}
	defer chart.Close()
	if err := r.Chart(chart); err != nil {
		return err
	}
	if err := tables.Close(); err != nil {
		return err
	}
	return chart.Close()
}
