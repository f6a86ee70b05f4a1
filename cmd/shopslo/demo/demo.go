// Package demo is `shopslo demo`: the product at work on a fleet that really
// runs. It starts a process per ShopSet of the example fleet, sends them the
// traffic of a day that takes a minute, runs `shopslo serve` on them, and tells
// the story of a bad release: the error budget of one Tier burns, the gate holds,
// a rollback, the gate promotes again. All output but the lines that begin with
// "──" comes from the commands shown. At the end the ledger's counts are compared
// with what the load generator counted by itself.
//
// The package also holds the shop's program (ShopMain), which the demo starts
// through a hidden command of the same binary.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Options of Run.
type Options struct {
	// Exe is the shopslo binary. Its commands serve, status, gate and shop (that
	// one is ShopMain) are run.
	Exe string
	// Keep leaves everything running after the story, until ctx is done, for two
	// hours at most.
	Keep bool
	// Out gets the transcript.
	Out io.Writer
	// Seed of everything that happens by chance; 0 is a seed too.
	Seed uint64
}

// pace is how long the story takes its time; tests have less of it.
type pace struct {
	day      time.Duration // length of a day of traffic
	early    time.Duration // when the gate is asked too early
	full     time.Duration // when the window begins to be full
	poll     time.Duration // between two questions to the gate
	patience time.Duration // for an answer that has to come
	settle   time.Duration // for the last counts to be scraped and closed
	silence  time.Duration // between a ShopSet's death and the question about it
	keep     time.Duration // at most, after the story
}

var realPace = pace{
	day: time.Minute, early: 10 * time.Second, full: 58 * time.Second,
	poll: time.Second, patience: 80 * time.Second, settle: 15 * time.Second, silence: 8 * time.Second, keep: 2 * time.Hour,
}

// Run runs the demo, in less than two minutes unless o.Keep. It returns nil when
// the story went as told; an error says what came out otherwise: the gate did not
// answer as it has to, the ledger's counts differ from the truth, or a process
// died. When ctx is done it cleans up and returns ctx's cause, nil while keeping.
// No process and no file is left in any of these cases.
func Run(ctx context.Context, o Options) error { return run(ctx, o, realPace) }

func run(ctx context.Context, o Options, p pace) (err error) {
	exe, err := filepath.Abs(o.Exe)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	o.Exe = exe
	dir, err := os.MkdirTemp("", "shopslo-demo-")
	if err != nil {
		return fmt.Errorf("demo: make a folder: %w", err)
	}
	s := newStory(ctx, o, p, dir)
	defer func() {
		s.close()
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	if err := s.tell(); err != nil {
		if cause := context.Cause(s.ctx); cause != nil && !errors.Is(err, cause) {
			err = cause // what went wrong first explains the rest
		}
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}
