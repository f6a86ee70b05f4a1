package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/shopslo/shopslo/bench/watched"
)

// watchedTrial asks the check since_release about simulated Releases each minute. With
// -report its tables go to a file.
func (b *bench) watchedTrial(ctx context.Context) error {
	p := watched.Defaults(b.params.Seed)
	if b.quick {
		p = watched.Quick(b.params.Seed)
	}
	p.Closing = b.closing
	r, err := watched.Run(ctx, p, b.progress)
	if err != nil {
		return err
	}
	for _, g := range r.Goals() {
		b.goal(g.Name, g.Asked, g.Met, g.Is, "%s", g.Note)
	}
	if b.report == "" {
		return nil
	}
	if err := os.MkdirAll(b.report, 0o777); err != nil {
		return err
	}
	tables, err := os.Create(filepath.Join(b.report, "gate-watched-tables.md"))
	if err != nil {
		return err
	}
	defer tables.Close()
	if _, err := fmt.Fprintf(tables, "Seed %d, counts %d min old.\n\n", p.Seed, p.Closing); err != nil {
		return err
	}
	if err := r.Markdown(tables); err != nil {
		return err
	}
	return tables.Close()
}
