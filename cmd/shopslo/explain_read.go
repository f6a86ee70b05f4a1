package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/explain"
	"github.com/shopslo/shopslo/slo/promquery"
	"github.com/shopslo/shopslo/status"
)

// mostSamples is how many samples explain reads at most.
const mostSamples = 20_000_000

// examiner reads what a budget rests on.
type examiner struct {
	e       *engine
	subject *ledger.Subject
	slo     *slo.SLO
	budget  *status.Budget
	out     *explanation
	at      time.Time
	samples int
}

// examine fills in the explanation, part by part.
func (w *examiner) examine(ctx context.Context) error {
	acc := w.e.accounts().Account(w.slo, w.subject.ID, w.at)
	read := w.e.docs.reading(w.e.source.types)
	for i := range w.slo.Parts {
		part := &w.slo.Parts[i]
		m, err := read(&part.Indicator)
		if err != nil {
			return err
		}
		if err := w.part(ctx, i, part, m, acc); err != nil {
			return err
		}
	}
	w.interval()
	return nil
}

// sideNames are those of an indicator's Queries.
func sideNames(ind *slo.Indicator) []string {
	switch {
	case ind.Kind != slo.Ratio:
		return []string{"value"}
	case ind.Good != nil && ind.Total != nil:
		return []string{"good", "total"}
	case ind.Bad != nil && ind.Total != nil:
		return []string{"bad", "total"}
	}
	return []string{"good", "bad"}
}

// part explains one indicator.
func (w *examiner) part(ctx context.Context, i int, part *slo.Part, m ledger.Meaning, acc slo.Account) error {
	out := partExplained{Part: part.Name, Counted: status.FromSamples, Why: "each query is a sum of counters, so every event is counted from the raw samples"}
	if !m.Raw {
		out.Counted, out.Why = status.OnGrid, "the queries are no sums of counters, so they are evaluated at fixed steps; the unit is points, not events"
	}
	if w.slo.Method != slo.Occurrences {
		out.Why += fmt.Sprintf("; the budget counts time slices of %v, made of these", w.slo.Slice)
	}
	sides := map[string][]slo.Selector{}
	names := sideNames(&part.Indicator)
	var all []slo.Selector
	for k, q := range part.Indicator.Queries() {
		sels := m.Sides[k].Selectors
		if !m.Raw && w.e.docs.config.Source.Mackerel == nil {
			terms, err := promquery.Terms(q.Text)
			if err != nil {
				return err
			}
			sels = slices.Concat(terms...)
		}
		sides[names[k]] = sels
		asked := sideExplained{Side: names[k], Query: q.Text, Selectors: []string{}}
		for _, sel := range sels {
			asked.Selectors = append(asked.Selectors, w.narrowed(sel).String())
			all = append(all, sel)
		}
		out.Sides = append(out.Sides, asked)
	}
	if len(all) > 0 {
		if err := w.series(ctx, i, all, sides, names, m.Raw, acc, &out); err != nil {
			return err
		}
	}
	w.out.Parts = append(w.out.Parts, out)
	return nil
}

// narrowed is a selector for the ShopSet.
func (w *examiner) narrowed(sel slo.Selector) slo.Selector {
	out := slices.Clone(sel)
	for _, l := range w.subject.Match {
		out = append(out, slo.Matcher{Name: l.Name, Type: slo.Equal, Value: l.Value})
	}
	return out
}

// series reads the series of a part, and explains what each was worth.
func (w *examiner) series(ctx context.Context, i int, all []slo.Selector, sides map[string][]slo.Selector, names []string, raw bool, acc slo.Account, out *partExplained) error {
	from, to := w.at.Add(-time.Hour), w.at
	if raw && !w.budget.WindowEnd.IsZero() {
		if from, to = w.budget.WindowStart.Add(-margin), w.budget.WindowEnd; acc.Start.After(from) {
			from = acc.Start
		}
	}
	counters, err := w.read(ctx, all, from, to)
	if err != nil {
		return err
	}
	if err := w.labels(ctx, all, out); err != nil {
		return err
	}
	told := make([]explain.Told, len(counters))
	if raw && !w.budget.WindowEnd.IsZero() {
		if told, err = w.steps(ctx, all, counters, from, to); err != nil {
			return err
		}
	}
	sums := map[string]float64{}
	for k, s := range counters {
		x := seriesExplained{Sides: []string{}, Labels: map[string]string{}, Samples: len(s.T)}
		for _, name := range names {
			if slices.ContainsFunc(sides[name], func(sel slo.Selector) bool { return sel.Matches(s.Labels) }) {
				x.Sides = append(x.Sides, name)
				sums[name] += told[k].Counted
			}
		}
		for _, l := range s.Labels {
			x.Labels[l.Name] = l.Value
		}
		x.First, x.Last, x.Scraped = timeText(s.T[0]), timeText(s.T[len(s.T)-1]), explain.Median(s.T).Seconds()
		if raw {
			x.take(told[k])
		}
		out.Series = append(out.Series, x)
	}
	slices.SortStableFunc(out.Series, func(a, b seriesExplained) int { return strings.Compare(a.name(), b.name()) })
	if raw && !w.budget.WindowEnd.IsZero() {
		out.sum(sums, acc.Counts(i, w.budget.WindowStart, w.budget.WindowEnd), w.slo.Method == slo.Occurrences)
	}
	return nil
}

// read reads the ShopSet's series of some selectors.
func (w *examiner) read(ctx context.Context, sels []slo.Selector, from, to time.Time) ([]explain.Series, error) {
	var asked []slo.Selector
	for _, sel := range sels {
		asked = append(asked, w.narrowed(sel))
	}
	var out []explain.Series
	err := w.e.source.looked().Select(ctx, slo.Request{Selectors: asked, From: from.UnixMilli(), To: to.UnixMilli()}, func(all []slo.Series) error {
		for i := range all {
			s := explain.Series{Labels: slices.Clone(all[i].Labels)}
			var t [256]int64
			var v [256]float64
			for {
				n, err := all[i].Samples.Read(t[:], v[:])
				if err != nil {
					return err
				}
				if n == 0 {
					break
				}
				s.T, s.V = append(s.T, t[:n]...), append(s.V, v[:n]...)
				if w.samples += n; w.samples > mostSamples {
					return fmt.Errorf("explain %s on %s: it has more than %d samples in its window; explain an SLO with fewer series", w.slo.Name, w.subject.ID, mostSamples)
				}
			}
			if s = ended(s); len(s.T) > 0 {
				out = append(out, s)
			}
		}
		return nil
	})
	return out, err
}

// ended leaves out the news of a series' end.
func ended(s explain.Series) explain.Series {
	out := explain.Series{Labels: s.Labels}
	for k, v := range s.V {
		if !slo.IsStale(v) {
			out.T, out.V = append(out.T, s.T[k]), append(out.V, v)
		}
	}
	return out
}

// steps counts the series anew.
func (w *examiner) steps(ctx context.Context, sels []slo.Selector, counters []explain.Series, from, to time.Time) ([]explain.Told, error) {
	c := w.e.docs.config
	target := common(sels, c.TargetLabels)
	sign := func(metric string) ([]explain.Series, error) {
		if metric == "" {
			return nil, nil
		}
		return w.read(ctx, []slo.Selector{append(slo.Selector{{Name: slo.MetricName, Value: metric}}, target...)}, from, to)
	}
	up, err := sign("up")
	if err != nil {
		return nil, err
	}
	starts, err := sign(c.StartTimeMetric)
	if err != nil {
		return nil, err
	}
	in := explain.Input{Counters: counters, Up: up, Starts: starts, Start: from.UnixMilli(), Begin: from.UnixMilli(), Interval: c.Source.ScrapeInterval(),
		TargetLabels: c.TargetLabels, Match: w.subject.Match, First: w.slo.Parts[0].Indicator.FirstSample}
	oldest := int64(math.MaxInt64)
	for _, s := range slices.Concat(counters, up, starts) {
		oldest = min(oldest, s.T[0])
	}
	if oldest != math.MaxInt64 && oldest-in.Start > 2*in.Interval.Milliseconds() {
		in.Begin = oldest - 1
	}
	return explain.Count(in, w.budget.WindowStart.UnixMilli(), w.budget.WindowEnd.UnixMilli()), nil
}

// common are the matchers on target labels that all selectors have.
func common(sels []slo.Selector, targetLabels []string) slo.Selector {
	var out slo.Selector
	for _, m := range sels[0] {
		everywhere := !slices.ContainsFunc(sels, func(s slo.Selector) bool {
			return !slices.ContainsFunc(s, func(o slo.Matcher) bool { return o.Name == m.Name && o.Type == m.Type && o.Value == m.Value })
		})
		if everywhere && slices.Contains(targetLabels, m.Name) {
			out = append(out, m)
		}
	}
	return out
}

// labels lists what the metrics have now, whatever the selectors ask for.
func (w *examiner) labels(ctx context.Context, sels []slo.Selector, out *partExplained) error {
	interval := w.e.docs.config.Source.ScrapeInterval()
	seen := map[string]bool{}
	for _, sel := range sels {
		metric := slo.Selector(slices.DeleteFunc(slices.Clone(sel), func(m slo.Matcher) bool { return m.Name != slo.MetricName }))
		if len(metric) == 0 || seen[metric.String()] {
			continue
		}
		seen[metric.String()] = true
		live, err := w.read(ctx, []slo.Selector{metric}, w.at.Add(-5*interval-w.e.docs.config.Ledger.Delay), w.at)
		if err != nil {
			return err
		}
		out.Metrics = append(out.Metrics, metricOf(metric.String(), live))
	}
	return nil
}

// interval compares the scrape interval that is configured with that of the samples.
func (w *examiner) interval() {
	configured := w.e.docs.config.Source.ScrapeInterval()
	w.out.Interval.Configured = configured.Seconds()
	var found []float64
	for _, p := range w.out.Parts {
		for _, s := range p.Series {
			if s.Samples > 2 {
				found = append(found, s.Scraped)
			}
		}
	}
	if len(found) == 0 {
		return
	}
	slices.Sort(found)
	real := time.Duration(found[len(found)/2] * float64(time.Second)).Round(time.Second / 10)
	seconds := real.Seconds()
	w.out.Interval.Scraped = &seconds
	where := "scrape_interval of the source"
	switch {
	case real > configured*3/2:
		w.out.Interval.Finding = fmt.Sprintf("%s is %v, but samples come every %v: a gap is taken for one that is none, so that coverage is too low, and what is judged within some intervals is judged too early; set it to %v", where, configured, real, real)
	case real < configured*2/3:
		w.out.Interval.Finding = fmt.Sprintf("%s is %v, but samples come every %v: gaps of up to %v are not seen, and series that ended count as live for longer; set it to %v", where, configured, real, 2*configured, real)
	}
}
