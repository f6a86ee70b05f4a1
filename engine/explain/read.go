package explain

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/source"
	"github.com/shopslo/shopslo/fleet"
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
	e       *engine.Engine
	set     fleet.ShopSet
	subject *ledger.Subject
	slo     *slo.SLO
	budget  *status.Budget
	steps   *explain.Steps
	out     *Explanation
	at      time.Time
	samples int
}

// examine fills in the explanation, part by part.
func (w *examiner) examine(ctx context.Context) error {
	acc := w.e.Accounts().Account(w.slo, w.subject.ID, w.at)
	for i := range w.slo.Parts {
		part := &w.slo.Parts[i]
		m, err := w.source(part).Reading()(&part.Indicator)
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

// asked is the name of the source that a part is read from.
func (w *examiner) asked(part *slo.Part) string {
	return w.e.Docs.Config.Asked(part.Indicator.Queries()[0], w.e.Docs.Config.SourceOf(w.set))
}

func (w *examiner) source(part *slo.Part) source.Source { return w.e.Sources[w.asked(part)] }

// scraped is the scrape interval of that source, as it is configured.
func (w *examiner) scraped(part *slo.Part) time.Duration {
	return w.e.Docs.Config.Sources[w.asked(part)].ScrapeInterval()
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
		if !m.Raw && w.source(part).Looked() != nil {
			terms, err := promquery.Terms(q)
			if err != nil {
				return err
			}
			sels = slices.Concat(terms...)
		}
		sides[names[k]] = sels
		asked := sideExplained{Side: names[k], Query: q.Text, Selectors: []string{}}
		for _, sel := range sels {
			for _, narrowed := range w.narrowed(sel) {
				asked.Selectors = append(asked.Selectors, narrowed.String())
			}
			all = append(all, sel)
		}
		out.Sides = append(out.Sides, asked)
	}
	if len(all) > 0 {
		if err := w.series(ctx, part, i, all, sides, names, m.Raw, acc, &out); err != nil {
			return err
		}
	}
	w.out.Parts = append(w.out.Parts, out)
	return nil
}

// narrowed is a selector for the ShopSet, under the labels that its series carry and those
// that they carried before.
func (w *examiner) narrowed(sel slo.Selector) (all []slo.Selector) {
	for _, match := range w.subject.Matches() {
		out := slices.Clone(sel)
		for _, l := range match {
			out = append(out, slo.Matcher{Name: l.Name, Type: slo.Equal, Value: l.Value})
		}
		all = append(all, out)
	}
	return all
}

// series reads the series of a part, and adds what each was worth.
func (w *examiner) series(ctx context.Context, part *slo.Part, i int, all []slo.Selector, sides map[string][]slo.Selector, names []string, raw bool, acc slo.Account, out *partExplained) error {
	from, to := w.at.Add(-time.Hour), w.at
	if raw && !w.budget.WindowEnd.IsZero() {
		if from, to = w.budget.WindowStart.Add(-max(documents.Margin, 10*w.scraped(part))), w.budget.WindowEnd; acc.Start.After(from) {
			from = acc.Start
		}
	}
	counters, err := w.read(ctx, part, all, from, to)
	if err != nil {
		return err
	}
	if err := w.labels(ctx, part, all, out); err != nil {
		return err
	}
	for _, s := range counters {
		x := seriesExplained{Sides: []string{}, Note: s.Note, Labels: mapOf(s.Labels), Samples: len(s.T),
			First: timeText(s.T[0]), Last: timeText(s.T[len(s.T)-1]), Scraped: median(s.T).Seconds()}
		for _, name := range names {
			if slices.ContainsFunc(sides[name], func(sel slo.Selector) bool { return sel.Matches(s.Labels) }) {
				x.Sides = append(x.Sides, name)
			}
		}
		out.Series = append(out.Series, x)
	}
	if raw {
		w.told(i, acc, out)
	}
	slices.SortStableFunc(out.Series, func(a, b seriesExplained) int { return strings.Compare(a.name(), b.name()) })
	return nil
}

// told adds the ledger's own steps in the window.
func (w *examiner) told(i int, acc slo.Account, out *partExplained) {
	account, ok := w.e.Ledger.AccountOf(w.slo, w.subject.ID, i)
	counts := acc.Counts(i, w.budget.WindowStart, w.budget.WindowEnd)
	var told []explain.Told
	if ok && !w.budget.WindowEnd.IsZero() {
		told = w.steps.Told(account, counts.Start, counts.End)
	}
	at := map[string]int{}
	for k := range out.Series {
		at[out.Series[k].name()] = k
		out.Series[k].take(explain.Told{})
	}
	sums := map[string]float64{}
	for _, t := range told {
		if t.Series == nil {
			out.Processes = append(out.Processes, processExplained{mapOf(t.Process), eventsOf(t.Steps)})
			continue
		}
		for name, is := range map[string]bool{"good": t.Good, "bad": t.Bad, "total": t.Total} {
			if is {
				sums[name] += t.Counted
			}
		}
		if k, ok := at[t.Series.String()]; ok {
			out.Series[k].take(t)
		}
	}
	if !w.budget.WindowEnd.IsZero() {
		out.sum(sums, counts, w.slo.Method == slo.Occurrences)
	}
}

func mapOf(ls slo.Labels) map[string]string {
	out := map[string]string{}
	for _, l := range ls {
		out[l.Name] = l.Value
	}
	return out
}

// sampled are the samples of one series, oldest first, in Unix milliseconds.
type sampled struct {
	Labels slo.Labels
	T      []int64
	V      []float64
	Note   string // of what the samples were made
}

// median is the median distance of times, 0 below two of them.
func median(t []int64) time.Duration {
	if len(t) < 2 {
		return 0
	}
	gaps := make([]int64, 0, len(t)-1)
	for k := 1; k < len(t); k++ {
		gaps = append(gaps, t[k]-t[k-1])
	}
	slices.Sort(gaps)
	return time.Duration(gaps[len(gaps)/2]) * time.Millisecond
}

// read reads the ShopSet's series of some selectors.
func (w *examiner) read(ctx context.Context, part *slo.Part, sels []slo.Selector, from, to time.Time) ([]sampled, error) {
	var asked []slo.Selector
	for _, sel := range sels {
		asked = append(asked, w.narrowed(sel)...)
	}
	var out []sampled
	err := w.source(part).Looked().Select(ctx, slo.Request{Selectors: asked, From: from.UnixMilli(), To: to.UnixMilli()}, func(all []slo.Series) error {
		for i := range all {
			now, _ := w.subject.Now(all[i].Labels)
			s := sampled{Labels: slices.Clone(now)}
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
			if made, ok := all[i].Samples.(interface{ Note() string }); ok {
				s.Note = made.Note()
			}
			if s = ended(s); len(s.T) > 0 {
				out = s.among(out)
			}
		}
		return nil
	})
	return out, err
}

// among adds samples to those of a series that has the same labels now, in the order of time.
func (s sampled) among(all []sampled) []sampled {
	k := slices.IndexFunc(all, func(o sampled) bool { return slices.Equal(o.Labels, s.Labels) })
	if k < 0 {
		return append(all, s)
	}
	both := sampled{Labels: s.Labels, Note: all[k].Note}
	for x, y := all[k], s; len(x.T)+len(y.T) > 0; {
		if len(x.T) == 0 || len(y.T) > 0 && y.T[0] < x.T[0] {
			x, y = y, x
		}
		if n := len(both.T); n == 0 || both.T[n-1] < x.T[0] {
			both.T, both.V = append(both.T, x.T[0]), append(both.V, x.V[0])
		}
		x.T, x.V = x.T[1:], x.V[1:]
	}
	all[k] = both
	return all
}

// ended leaves out the news of a series' end, and where samples begin.
func ended(s sampled) sampled {
	out := sampled{Labels: s.Labels, Note: s.Note}
	for k, v := range s.V {
		if _, base := slo.BaseOf(v); !slo.IsStale(v) && !base {
			out.T, out.V = append(out.T, s.T[k]), append(out.V, v)
		}
	}
	return out
}

// labels lists what the metrics have now, whatever the selectors ask for.
func (w *examiner) labels(ctx context.Context, part *slo.Part, sels []slo.Selector, out *partExplained) error {
	interval := w.scraped(part)
	seen := map[string]bool{}
	for _, sel := range sels {
		metric := slo.Selector(slices.DeleteFunc(slices.Clone(sel), func(m slo.Matcher) bool { return m.Name != slo.MetricName }))
		if len(metric) == 0 || seen[metric.String()] {
			continue
		}
		seen[metric.String()] = true
		live, err := w.read(ctx, part, []slo.Selector{metric}, w.at.Add(-5*interval-w.e.Docs.Config.Delay(w.asked(part))), w.at)
		if err != nil {
			return err
		}
		out.Metrics = append(out.Metrics, metricOf(metric.String(), live))
	}
	return nil
}

// interval compares the scrape interval that is configured with that of the samples.
func (w *examiner) interval() {
	configured := w.scraped(&w.slo.Parts[0])
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
