package ledger

import (
	"context"
	"errors"
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// A source that writes a 0 where a counter was created does so with the counter's first sample: behind an
// edge, often, that was closed before, as where a pod was slow to get ready. Where all that is known of a
// new series is its first sample, what lies shortly before is read again for such a 0.

const (
	// zeroBack is how far (ms) before an edge zeros are looked for: Prometheus writes none that is older.
	zeroBack = int64(3_600_000)
	// mostNew is of how many series at once.
	mostNew = 1000
)

// backdating is implemented by sources that may have samples now, at times of which they had none before:
// zeros where counters were created.
type backdating interface{ Backdates() bool }

// withZeros reads a tick again where zeros behind the edge tell when its new series were created. Others count
// while the source is asked. What cannot be read is not worth the tick: such series stay flagged.
func (l *Ledger) withZeros(ctx context.Context, src *sourceState, mine *turn, edge int64, read func(map[*series]int64) error) error {
	unknown := l.ageless(src)
	if len(unknown) == 0 {
		return nil
	}
	back := mine.aside()
	defer back()
	zeros := l.lateZeros(ctx, src, mine, unknown, edge)
	if zeros == nil {
		return stopped(ctx)
	}
	err := read(zeros)
	if err != nil && !mine.held { // nothing came of it: what was counted before stands
		return stopped(ctx)
	}
	return err
}

// stopped is the error of a reading that was ended by somebody, rather than by its limit: it is begun again.
func stopped(ctx context.Context) error {
	if err := ctx.Err(); errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// ageless are the new series whose age nothing tells, where the source may have zeros that do.
func (l *Ledger) ageless(src *sourceState) []*series {
	if s, ok := src.source.(backdating); !ok || !s.Backdates() {
		return nil
	}
	var unknown []*series
	for _, w := range l.workers {
		unknown = append(unknown, w.counter.results.unknown...)
	}
	return unknown[:min(len(unknown), mostNew)]
}

// lateZeros finds when (ms) series were created, by the zeros behind an edge; nil where there are none, or no
// answer in time.
func (l *Ledger) lateZeros(ctx context.Context, src *sourceState, mine *turn, unknown []*series, edge int64) map[*series]int64 {
	ctx, cancel := context.WithTimeout(ctx, l.turn())
	defer cancel()
	var zeros map[*series]int64
	err := src.source.Select(ctx, slo.Request{Selectors: l.namely(unknown), From: edge - zeroBack, To: edge}, func(found []slo.Series) error {
		mine.take()
		defer mine.end()
		found = src.unify(found)
		for k := range found {
			t, v := lastOf(found[k].Samples)
			b := src.bound.find(&found[k])
			if t == none || v != 0 || b == nil {
				continue
			}
			for _, u := range b.uses {
				if u.created == nil && u.kind == counterSeries && slices.Contains(unknown, u.series) {
					if zeros == nil {
						zeros = map[*series]int64{}
					}
					zeros[u.series] = t
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil
	}
	return zeros
}

// namely picks series by their metrics and their targets.
func (l *Ledger) namely(all []*series) []slo.Selector {
	values := map[string]map[string]bool{} // of the target labels, and of the name
	for _, s := range all {
		for _, name := range append([]string{slo.MetricName}, l.cfg.TargetLabels...) {
			if values[name] == nil {
				values[name] = map[string]bool{}
			}
			values[name][s.labels.Get(name)] = true
		}
	}
	var targets slo.Selector
	for _, name := range l.cfg.TargetLabels {
		if !values[name][""] {
			targets = append(targets, oneOf(name, values[name], true))
		}
	}
	var out []slo.Selector
	for metric := range values[slo.MetricName] {
		out = append(out, append(slo.Selector{{Name: slo.MetricName, Value: metric}}, targets...))
	}
	return out
}

// lastOf is the last valid sample; the time is none where there is none, or they cannot be read.
func lastOf(s slo.Samples) (t int64, v float64) {
	var at [64]int64
	var values [64]float64
	t = none
	for {
		n, err := s.Read(at[:], values[:])
		if n == 0 || err != nil {
			return t, v
		}
		for k := range n {
			if valid(values[k]) {
				t, v = at[k], values[k]
			}
		}
	}
}
