package probe

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/presence"
)

// Counted is what a ledger has counted of a part of an SLO for a subject.
type Counted struct {
	// From and To are the span in which the last event was counted; zero where none was.
	From, To time.Time
	// PerSecond is how many events there were before, on average.
	PerSecond float64
}

// partKey is a part of an SLO, for a subject.
type partKey struct {
	verdictKey
	part int
}

// past is what was there when a part was last counted.
type past struct {
	presence.Past
	err error // why that is not known
}

// lost is a part whose metrics are gone.
type lost struct {
	pair
	part    int
	counted Counted
}

// lookBack finds out, of parts that have been counted and whose metrics are gone, what
// there was when they were last counted.
func (r *round) lookBack(doubtful []pair) {
	if r.p.cfg.Counted == nil {
		return
	}
	together := map[time.Time][]lost{} // within one hour
	for _, x := range doubtful {
		live, _, err := r.live(x)
		if err != nil {
			continue
		}
		for i, part := range x.ask.parts {
			if !presence.Gone(part, live) {
				continue
			}
			if c := r.p.cfg.Counted(x.ask.of, i, x.subject.ID, r.at); !c.To.IsZero() {
				hour := c.To.Truncate(time.Hour)
				together[hour] = append(together[hour], lost{x, i, c})
			}
		}
	}
	for _, all := range together {
		r.readPast(all)
	}
}

// readPast reads what parts of some subjects had when they were last counted.
func (r *round) readPast(all []lost) {
	from, to := all[0].counted.From, all[0].counted.To
	var of []Subject
	var keys []string
	for _, l := range all {
		if l.counted.From.Before(from) {
			from = l.counted.From
		}
		if l.counted.To.After(to) {
			to = l.counted.To
		}
		if !slices.ContainsFunc(of, func(s Subject) bool { return s.ID == l.subject.ID }) {
			of = append(of, l.subject)
		}
		for _, key := range l.ask.keys {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	then := newRound(r.ctx, r.p, to)
	then.from = min(then.from, from.UnixMilli())
	err := then.readTargets(of)
	for _, key := range keys {
		then.metrics[key] = then.readAll(r.p.metrics[key], of)
	}
	for _, l := range all {
		live, _, failed := then.live(l.pair)
		if failed == nil {
			failed = err
		}
		missed := l.counted.PerSecond * r.at.Sub(l.counted.To).Seconds()
		r.past[partKey{l.key(), l.part}] = past{presence.Past{Live: live, Missed: missed}, failed}
	}
}

// readAll reads a metric as a whole, or what the selectors pick where that is too much.
func (r *round) readAll(m *metric, of []Subject) *heard {
	if len(m.name) > 0 {
		n, err := r.count(m, of)
		if err != nil {
			return &heard{err: fmt.Errorf("the source could not say whether %s existed: %w", m, err)}
		}
		if n <= r.p.cfg.MaxSeries {
			return r.readMetric(m, []slo.Selector{m.name}, of)
		}
	}
	return r.readMetric(m, m.selectors, of)
}
