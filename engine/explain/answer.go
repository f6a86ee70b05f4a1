package explain

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/explain"
	"github.com/shopslo/shopslo/slo/presence"
	"github.com/shopslo/shopslo/status"
)

// Explanation is what `shopslo explain -o json` prints: docs/explain.schema.json.
type Explanation struct {
	Version     int                 `json:"version"`
	At          string              `json:"at"`
	Source      string              `json:"source"`
	SLO         string              `json:"slo"`
	ShopSet     string              `json:"shopset"`
	Tier        string              `json:"tier"`
	State       slo.State           `json:"state"`
	Unit        slo.Unit            `json:"unit"`
	WindowStart *string             `json:"window_start"`
	WindowEnd   *string             `json:"window_end"`
	Good        *float64            `json:"good"`
	Total       *float64            `json:"total"`
	Bad         *float64            `json:"bad"`
	Coverage    float64             `json:"coverage"`
	Interval    intervalExplained   `json:"scrape_interval"`
	Parts       []partExplained     `json:"parts"`
	Flags       []flagExplained     `json:"flags"`
	Absent      []*documents.Absent `json:"absent"`
	Failure     *string             `json:"failure"`
	Notes       []string            `json:"notes"`

	absences []slo.Absence
}

type intervalExplained struct {
	Configured float64  `json:"configured_seconds"`
	Scraped    *float64 `json:"scraped_seconds"` // nil: too few samples
	Finding    string   `json:"finding"`         // "" where they are alike
}

type flagExplained struct {
	Flag  slo.FlagKind `json:"flag"`
	Count int          `json:"count"`
	First string       `json:"first"`
	Last  string       `json:"last"`
}

type partExplained struct {
	Part    string            `json:"part"`
	Counted status.Counted    `json:"counted"`
	Why     string            `json:"why"`
	Sides   []sideExplained   `json:"sides"`
	Metrics []metricExplained `json:"metrics"`
	Series  []seriesExplained `json:"series"`
	Sum     *sumExplained     `json:"sum"` // nil: not counted from samples, or nothing is counted
	// Processes are those whose start times moved.
	Processes []processExplained `json:"processes"`
}

// processExplained is what became of a process' start times; their values are Unix seconds.
type processExplained struct {
	Labels map[string]string `json:"labels"`
	Events []eventExplained  `json:"events"`
}

type sideExplained struct {
	Side      string   `json:"side"`
	Query     string   `json:"query"`
	Selectors []string `json:"selectors"`
}

// metricExplained is what a metric of the ShopSet has now.
type metricExplained struct {
	Metric string              `json:"metric"`
	Series int                 `json:"series"`
	Labels map[string][]string `json:"labels"` // some values of each
}

type seriesExplained struct {
	Sides   []string          `json:"sides"`
	Labels  map[string]string `json:"labels"`
	Note    string            `json:"note"` // of what its samples were made; "" where they are its own
	First   string            `json:"first_sample"`
	Last    string            `json:"last_sample"`
	Samples int               `json:"samples"`
	Scraped float64           `json:"scraped_seconds"`
	Counted *float64          `json:"counted"` // in the window; nil on a grid
	Growth  *float64          `json:"growth"`  // of it, what no event says
	Events  []eventExplained  `json:"events"`
	More    int               `json:"more_events"`
}

type eventExplained struct {
	At      string            `json:"at"`
	Since   *string           `json:"since"` // the sample before
	Kind    ledger.Kind       `json:"kind"`
	From    *float64          `json:"from"`
	To      float64           `json:"to"`
	Counted float64           `json:"counted"`
	Flag    slo.FlagKind      `json:"flag"`  // the first of them, "" for none
	Flags   []slo.FlagKind    `json:"flags"` // all that were raised
	Why     string            `json:"why"`
	Partner map[string]string `json:"partner"` // nil: it goes on from no other series
}

// sumExplained has the sum of the steps beside the ledger's figure.
type sumExplained struct {
	Sides       map[string]float64 `json:"sides"`
	Good        float64            `json:"good"`
	Total       float64            `json:"total"`
	LedgerGood  float64            `json:"ledger_good"`
	LedgerTotal float64            `json:"ledger_total"`
	Agrees      *bool              `json:"agrees"` // nil: the ledger counts time slices
}

func newExplanation(at time.Time, b *status.Budget, source string) *Explanation {
	x := &Explanation{Version: 1, At: rfc(at), Source: source, SLO: b.SLO, ShopSet: string(b.ShopSet), Tier: string(b.Tier), State: b.State, Unit: b.Unit,
		Good: b.Good, Total: b.Total, Bad: b.Bad, Coverage: b.Coverage, Parts: []partExplained{}, Flags: []flagExplained{}, Absent: []*documents.Absent{},
		Notes: append([]string{}, b.Notes...), absences: b.Absent}
	if !b.WindowEnd.IsZero() {
		start, end := rfc(b.WindowStart), rfc(b.WindowEnd)
		x.WindowStart, x.WindowEnd = &start, &end
	}
	for _, f := range b.Flags {
		x.Flags = append(x.Flags, flagExplained{f.Kind, f.Count, rfc(f.First), rfc(f.Last)})
	}
	for _, a := range b.Absent {
		x.Absent = append(x.Absent, documents.AbsentOf(a))
	}
	if b.Failure != "" {
		x.Failure = &b.Failure
	}
	return x
}

func rfc(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func timeText(ms int64) string { return rfc(time.UnixMilli(ms)) }

// mostEvents is how many of a series are shown.
const mostEvents = 50

func (x *seriesExplained) take(t explain.Told) {
	x.Counted, x.Growth = &t.Counted, &t.Growth
	x.Events = eventsOf(t.Steps[:min(mostEvents, len(t.Steps))])
	x.More = len(t.Steps) - len(x.Events)
}

func eventsOf(steps []ledger.Step) []eventExplained {
	out := []eventExplained{}
	for _, st := range steps {
		e := eventExplained{At: rfc(st.At), Kind: st.Kind, To: st.To, Counted: st.Counted, Flags: append([]slo.FlagKind{}, st.Flags...), Why: st.Why}
		if len(st.Flags) > 0 {
			e.Flag = st.Flags[0]
		}
		if !math.IsNaN(st.From) {
			e.From = &st.From
		}
		if !st.Since.IsZero() {
			since := rfc(st.Since)
			e.Since = &since
		}
		if st.Partner != nil {
			e.Partner = mapOf(st.Partner)
		}
		out = append(out, e)
	}
	return out
}

// name writes the labels as PromQL does.
func (x *seriesExplained) name() string {
	return labelsFrom(x.Labels).String()
}

func labelsFrom(all map[string]string) slo.Labels {
	var out slo.Labels
	for n, v := range all {
		out = append(out, slo.Label{Name: n, Value: v})
	}
	slices.SortFunc(out, func(a, b slo.Label) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// sum compares what the series counted with the ledger's figure.
func (out *partExplained) sum(sides map[string]float64, counts slo.Counts, events bool) {
	s := &sumExplained{Sides: sides, LedgerGood: counts.Good, LedgerTotal: counts.Total}
	good, hasGood := sides["good"]
	bad, hasBad := sides["bad"]
	total, hasTotal := sides["total"]
	for _, one := range out.Sides { // a side without series counts 0
		hasGood, hasBad, hasTotal = hasGood || one.Side == "good", hasBad || one.Side == "bad", hasTotal || one.Side == "total"
		sides[one.Side] += 0
	}
	switch {
	case hasGood && hasTotal:
		s.Good, s.Total = good, total
	case hasBad && hasTotal:
		s.Good, s.Total = total-bad, total
	default:
		s.Good, s.Total = good, good+bad
	}
	if events {
		near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }
		agrees := near(s.Good, s.LedgerGood) && near(s.Total, s.LedgerTotal)
		s.Agrees = &agrees
	}
	out.Sum = s
}

// mostValues is how many values of a label are shown; of numbers all are.
const mostValues = 10

func metricOf(name string, live []sampled) metricExplained {
	m := metricExplained{Metric: name, Series: len(live), Labels: map[string][]string{}}
	for _, s := range live {
		for _, l := range s.Labels {
			if l.Name == slo.MetricName || slices.Contains(m.Labels[l.Name], l.Value) {
				continue
			}
			if number := l.Name == "le" || l.Name == "quantile"; number || len(m.Labels[l.Name]) < mostValues {
				m.Labels[l.Name] = append(m.Labels[l.Name], l.Value)
			}
		}
	}
	for n, values := range m.Labels {
		slices.SortFunc(values, func(a, b string) int {
			x, err := strconv.ParseFloat(a, 64)
			y, fails := strconv.ParseFloat(b, 64)
			if err == nil && fails == nil {
				return cmp.Compare(x, y)
			}
			return strings.Compare(a, b)
		})
		m.Labels[n] = values
	}
	return m
}

// sentences are what is absent, for people.
func (x *Explanation) sentences() []string {
	var out []string
	for _, a := range x.absences {
		out = append(out, presence.Sentence(a))
	}
	return out
}

// number writes a figure for people.
func number(v *float64) string {
	if v == nil {
		return "-"
	}
	return figure(*v)
}

func figure(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
