package fleetbench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Config says what is measured, and with what.
type Config struct {
	Applications, Clusters int
	// Programs: Exporter is shopset_exporter, Argo Argo CD's metrics and Written the
	// least that a scrape may cost; of the last two "" is not measured.
	Exporter, Argo, Written string
	Dir                     string // an empty folder
	Rounds                  int    // of everything; medians count
	Scrapes                 int    // in a row
	Idle                    time.Duration
	Progress                func(format string, args ...any)
}

// Scrape is what one costs.
type Scrape struct {
	CPU, Took time.Duration
	Allocated float64 // bytes
	Bytes     int     // of the answer, as it was sent
}

// Change is what a change costs.
type Change struct {
	Scrape time.Duration // CPU of the first scrape that shows it
	All    time.Duration // CPU from the change up to and with that scrape
	Shown  time.Duration // until a scrape showed it, at most
}

// Side is what one of the two costs.
type Side struct {
	Gzip, Plain  Scrape
	One, Tenth   Change  // one Application, and every tenth, changed
	Idle         float64 // CPU seconds per second, without scrapes and changes
	Ready        time.Duration
	RSS, RSSPeak int64   // bytes
	Live         float64 // bytes on the heap that garbage collection left, at most
}

// Result is what was measured of one fleet.
type Result struct {
	Ours, Argo            Side
	GzipWrite, PlainWrite Scrape // the least for as many bytes as ours
}

// Run measures one fleet.
func Run(ctx context.Context, c Config) (r Result, err error) {
	repository := filepath.Join(c.Dir, "system.git")
	if err := os.Mkdir(repository, 0o777); err != nil {
		return r, err
	}
	revisions, err := Repository(repository, time.Now())
	if err != nil {
		return r, err
	}
	f := NewFleet(c.Applications, c.Clusters, revisions, time.Now())
	servers, err := Serve(f)
	if err != nil {
		return r, err
	}
	defer servers.Close()
	b := &bench{Config: c, fleet: f, servers: servers}
	ours, err := exporter(ctx, c.Exporter, c.Dir, repository, f, servers)
	if err != nil {
		return r, err
	}
	defer ours.Stop()
	b.add(ours, &r.Ours)
	if c.Argo != "" {
		argo, err := argoCD(ctx, c.Argo, servers)
		if err != nil {
			return r, err
		}
		defer argo.Stop()
		b.add(argo, &r.Argo)
	}
	if err := b.measure(ctx); err != nil || c.Written == "" {
		return r, err
	}
	c.Progress("writing as many bytes")
	if r.GzipWrite, err = b.written(ctx, ours, "gzip", "answer.gz"); err != nil {
		return r, err
	}
	r.PlainWrite, err = b.written(ctx, ours, "identity", "answer.txt")
	return r, err
}

// bench measures targets in turn.
type bench struct {
	Config
	fleet   *Fleet
	servers *Servers
	targets []*target
	sides   []*Side
}

func (b *bench) add(t *target, s *Side) {
	s.Ready = t.ready
	b.targets, b.sides = append(b.targets, t), append(b.sides, s)
}

func (b *bench) measure(ctx context.Context) error {
	b.Progress("waiting until all is shown")
	if _, err := b.shown(ctx, make([]Change, len(b.targets))); err != nil {
		return err
	}
	b.Progress("scrapes")
	for _, e := range []struct {
		encoding string
		of       func(*Side) *Scrape
	}{{"gzip", func(s *Side) *Scrape { return &s.Gzip }}, {"identity", func(s *Side) *Scrape { return &s.Plain }}} {
		if err := b.scrapes(ctx, e.encoding, e.of); err != nil {
			return err
		}
	}
	for _, e := range []struct {
		n  int
		of func(*Side) *Change
	}{{1, func(s *Side) *Change { return &s.One }}, {b.Applications / 10, func(s *Side) *Change { return &s.Tenth }}} {
		if b.Applications == 0 {
			break // nothing can change
		}
		b.Progress("%d changed Applications", e.n)
		if err := b.changes(ctx, e.n, e.of); err != nil {
			return err
		}
	}
	b.Progress("idle for %v", b.Idle)
	return b.idle(ctx)
}

// scrapes takes rounds of scrapes of one target after the other. The median of the
// rounds' means counts.
func (b *bench) scrapes(ctx context.Context, encoding string, of func(*Side) *Scrape) error {
	rounds := make([][]Scrape, len(b.targets))
	for range b.Rounds {
		for i, t := range b.targets {
			s, err := b.batch(ctx, t, encoding)
			if err != nil {
				return err
			}
			rounds[i] = append(rounds[i], s)
		}
	}
	for i, s := range b.sides {
		*of(s) = medians(rounds[i])
	}
	return nil
}

func medians(rounds []Scrape) Scrape {
	return Scrape{
		CPU:       median(rounds, func(s Scrape) time.Duration { return s.CPU }),
		Took:      median(rounds, func(s Scrape) time.Duration { return s.Took }),
		Allocated: median(rounds, func(s Scrape) float64 { return s.Allocated }),
		Bytes:     rounds[len(rounds)-1].Bytes,
	}
}

func median[T any, N time.Duration | float64](all []T, of func(T) N) N {
	var values []N
	for _, one := range all {
		values = append(values, of(one))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// batch scrapes a target several times in a row. A scrape tells itself how much was
// allocated up to then; a target that does not is asked for the CPU time only.
func (b *bench) batch(ctx context.Context, t *target, encoding string) (s Scrape, err error) {
	var first, last []byte
	var cpu time.Duration
	var begun time.Time
	for n := range b.Scrapes + 1 { // one to warm up
		if n == 1 {
			cpu, begun = t.CPU(), time.Now()
		}
		if last, err = t.scrape(ctx, encoding); err != nil {
			return s, err
		}
		if n == 0 {
			first = last
		}
	}
	n := time.Duration(b.Scrapes)
	s = Scrape{CPU: (t.CPU() - cpu) / n, Took: time.Since(begun) / n, Bytes: len(last)}
	if t.shown == nil {
		return s, nil
	}
	before, err := allocatedIn(first, encoding)
	if err != nil {
		return s, err
	}
	after, err := allocatedIn(last, encoding)
	s.Allocated = (after - before) / float64(b.Scrapes)
	return s, err
}

func allocatedIn(raw []byte, encoding string) (float64, error) {
	body, err := text(raw, encoding)
	if err != nil {
		return 0, err
	}
	return value(body, allocated)
}

// changes lets n Applications change, and looks at what it costs until a scrape
// shows it; again and again.
func (b *bench) changes(ctx context.Context, n int, of func(*Side) *Change) error {
	rounds := make([][]Change, len(b.targets))
	for range b.Rounds {
		begun := make([]Change, len(b.targets))
		for i, t := range b.targets {
			begun[i].All = t.CPU()
		}
		b.servers.Change(n)
		done, err := b.shown(ctx, begun)
		if err != nil {
			return err
		}
		for i, c := range done {
			rounds[i] = append(rounds[i], c)
		}
	}
	for i, s := range b.sides {
		*of(s) = Change{
			Scrape: median(rounds[i], func(c Change) time.Duration { return c.Scrape }),
			All:    median(rounds[i], func(c Change) time.Duration { return c.All }),
			Shown:  median(rounds[i], func(c Change) time.Duration { return c.Shown }),
		}
	}
	return nil
}

// Times of waiting for a change.
const (
	rest   = 300 * time.Millisecond // without work is at rest
	work   = 2 * time.Millisecond   // of CPU in a third of that is work
	atMost = time.Minute
)

// shown waits until every target is at rest and its scrape shows the fleet as it
// is; begun has the CPU time from before. Scrapes that do not show it yet are not
// counted.
func (b *bench) shown(ctx context.Context, begun []Change) ([]Change, error) {
	want, since := b.fleet.Expected(), time.Now()
	done := make([]Change, len(b.targets))
	open := len(b.targets)
	vain := make([]time.Duration, len(b.targets))
	for open > 0 {
		if err := b.settle(ctx); err != nil {
			return nil, err
		}
		for i, t := range b.targets {
			if done[i].Shown > 0 {
				continue
			}
			before := t.CPU()
			raw, err := t.scrape(ctx, "gzip")
			if err != nil {
				return nil, err
			}
			after := t.CPU()
			body, err := text(raw, "gzip")
			if err != nil {
				return nil, err
			}
			if !t.shows(body, want) {
				vain[i] += after - before
				continue
			}
			done[i] = Change{Scrape: after - before, All: after - begun[i].All - vain[i], Shown: time.Since(since)}
			open--
		}
		if open > 0 && time.Since(since) > atMost {
			return nil, fmt.Errorf("after %v a scrape still does not show %+v", atMost, want)
		}
	}
	return done, nil
}

// settle waits until no target does anything.
func (b *bench) settle(ctx context.Context) error {
	for quiet := time.Duration(0); quiet < rest; {
		before := make([]time.Duration, len(b.targets))
		for i, t := range b.targets {
			before[i] = t.CPU()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rest / 3):
		}
		quiet += rest / 3
		for i, t := range b.targets {
			if t.CPU()-before[i] > work {
				quiet = 0
			}
		}
	}
	return nil
}

// idle looks at what the targets cost while nothing happens, and at their memory.
func (b *bench) idle(ctx context.Context) error {
	for i, t := range b.targets {
		raw, err := t.scrape(ctx, "identity")
		if err != nil {
			return err
		}
		next, err := value(string(raw), "go_memstats_next_gc_bytes")
		if err != nil {
			return err
		}
		percent, err := value(string(raw), "go_gc_gogc_percent")
		if err != nil {
			return err
		}
		b.sides[i].Live = next / (1 + percent/100)
	}
	before, begun := make([]time.Duration, len(b.targets)), time.Now()
	for i, t := range b.targets {
		before[i] = t.CPU()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(b.Idle):
	}
	for i, t := range b.targets {
		b.sides[i].Idle = (t.CPU() - before[i]).Seconds() / time.Since(begun).Seconds()
		now, peak, err := t.RSS()
		if err != nil {
			return err
		}
		b.sides[i].RSS, b.sides[i].RSSPeak = now, peak
	}
	return nil
}

// written measures a program that does nothing but write an answer of t's.
func (b *bench) written(ctx context.Context, t *target, encoding, name string) (s Scrape, err error) {
	raw, err := t.scrape(ctx, encoding)
	if err != nil {
		return s, err
	}
	file := filepath.Join(b.Dir, name)
	if err := os.WriteFile(file, raw, 0o666); err != nil {
		return s, err
	}
	writer, err := start(ctx, "/metrics", func(address string) []string { return []string{b.Written, "-file", file, "-listen", address} })
	if err != nil {
		return s, err
	}
	defer writer.Stop()
	var rounds []Scrape
	for range b.Rounds {
		one, err := b.batch(ctx, writer, encoding)
		if err != nil {
			return s, err
		}
		rounds = append(rounds, one)
	}
	return medians(rounds), nil
}
