package ledger

import (
	"context"
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

// lateZeros finds when (ms) the series were created whose age nothing tells, by the zeros behind an edge; nil where
// there are none. What cannot be read is not worth the tick: such series stay flagged.
func (l *Ledger) lateZeros(ctx context.Context, src *sourceState, edge int64) map[*series]int64 {
	var unknown []*series
	for _, w := range l.workers {
		unknown = append(unknown, w.counter.results.unknown...)
	}
	if s, ok := src.source.(backdating); !ok || !s.Backdates() || len(unknown) == 0 {
		return nil
	}
	unknown = unknown[:min(len(unknown), mostNew)]
	var zeros map[*series]int64
	_ = src.source.Select(ctx, slo.Request{Selectors: l.namely(unknown), From: edge - zeroBack, To: edge}, func(found []slo.Series) error {
		found = src.unify(found)
		for k := range found {
			t, v := lastOf(found[k].Samples)
			if t == none || v != 0 {
				continue
			}
			for _, u := range l.bind(src, &found[k]).uses {
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
