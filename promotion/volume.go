package promotion

import (
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// Traffic is how much was counted of a part of an SLO for one ShopSet, good and bad,
// since a Release came and in the same hours before.
type Traffic struct {
	ShopSet fleet.ShopSetName `json:"shopset"`
	SLO     string            `json:"slo"`
	Part    string            `json:"part"` // "" where the SLO has one only
	Unit    slo.Unit          `json:"unit"`
	// Came is when the Release came; zero: not known.
	Came time.Time `json:"came,omitzero"`
	// Since is of the time since, of the last day at most, and Recent of the last hour of
	// that. nil: no data.
	Since  *Volume `json:"since"`
	Recent *Volume `json:"recent"`
	// Latest is of the last ten minutes, where too little came in them and as little is unusual;
	// nil: it is not so.
	Latest *Volume `json:"latest,omitempty"`
	// Targets is nil where they are not known.
	Targets *Targets `json:"targets"`
	// Doubt says why the counts are none, or old, in a sentence; "" where they are not.
	Doubt string `json:"doubt,omitempty"`
}

// Volume is the traffic of a span of time and of the same hours before.
type Volume struct {
	Now    Counted  `json:"now"`
	Before *Counted `json:"before"` // nil: no data
	// Excluded: there is no Before, and Exclusions leave out the time that it would be of.
	Excluded bool `json:"excluded,omitempty"`
	// Group are the other ShopSets of its ShopGroups, Control those whose Release has not
	// changed; nil: there are none with data.
	Group   *Others `json:"group"`
	Control *Others `json:"control"`
}

// Counted are the events of (Start, End].
type Counted struct {
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	Seconds  float64   `json:"seconds"` // without what has been excluded
	Total    float64   `json:"total"`
	Coverage float64   `json:"coverage"` // 0–1
}

// Others are the events of other ShopSets in the same span, and before in as long a time.
type Others struct {
	ShopSets int     `json:"shopsets"`
	Now      float64 `json:"now"`
	Before   float64 `json:"before"`
}

// Targets are how many give samples at the end of the span, and did at the same hour before.
// Those of Control are of the ShopSets whose Release has not changed.
type Targets struct {
	Now           int  `json:"now"`
	Before        *int `json:"before"` // nil: no data
	ControlNow    int  `json:"control_now"`
	ControlBefore int  `json:"control_before"`
}

// Spans of time that traffic is looked at in.
const (
	day          = 24 * time.Hour
	week         = 7 * day
	longestSince = day
	recent       = time.Hour
)

// weighing is what Weigh asks with.
type weighing struct {
	e        *Evidence
	ledger   status.Ledger
	at       time.Time
	enough   float64   // coverage of the time before
	below    float64   // TrafficPolicy.UnknownBelow
	first    time.Time // when the Release came to the first ShopSet of the Tier
	running  map[fleet.ShopSetName]run
	group    map[fleet.ShopSetName][]fleet.ShopSetName
	controls map[string]*control // by SLO
}

// Weigh adds the Traffic at a time: See comes first, since the fleet knows when the Release
// came. For each ShopSet and SLO it looks at the history a few times, however long that is.
func (e *Evidence) Weigh(f *fleet.Fleet, slos []slo.SLO, ledger status.Ledger, at time.Time, p Policy) {
	w := weighing{e: e, ledger: ledger, at: at, enough: p.withDefaults().MinCoverage, running: e.runs(), group: neighbours(f, e)}
	if t := p.withDefaults().Traffic; t != nil {
		w.below = t.UnknownBelow
	}
	w.first = e.FirstCame()
	w.control(slos)
	of := make([][]Traffic, len(e.Source.ShopSets))
	var all sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for start := range workers {
		all.Go(func() {
			for i := start; i < len(of); i += workers {
				of[i] = w.of(slos, e.Source.ShopSets[i])
			}
		})
	}
	all.Wait()
	e.Traffic = slices.Concat([]Traffic{}, slices.Concat(of...))
}

// neighbours are the other ShopSets of each one's ShopGroups, of both Tiers.
func neighbours(f *fleet.Fleet, e *Evidence) map[fleet.ShopSetName][]fleet.ShopSetName {
	out := map[fleet.ShopSetName][]fleet.ShopSetName{}
	counted := map[fleet.ShopSetName]bool{}
	for _, set := range slices.Concat(e.Source.ShopSets, e.Target.ShopSets) {
		counted[set] = true
	}
	for _, g := range f.ShopGroups() {
		for _, set := range g.ShopSets {
			for _, other := range g.ShopSets {
				if other != set && counted[other] && !slices.Contains(out[set], other) {
					out[set] = append(out[set], other)
				}
			}
		}
	}
	return out
}

// of is the Traffic of one ShopSet.
func (w *weighing) of(slos []slo.SLO, set fleet.ShopSetName) (out []Traffic) {
	came := w.e.cameTo(w.running[set])
	for i := range slos {
		s := &slos[i]
		if !status.Applies(s, w.e.Source.Name) {
			continue
		}
		a := w.ledger.Account(s, string(set), w.at)
		for part := range s.Parts {
			out = append(out, w.traffic(s, part, set, came, &a))
		}
	}
	return out
}

func (w *weighing) traffic(s *slo.SLO, part int, set fleet.ShopSetName, came time.Time, a *slo.Account) Traffic {
	t := Traffic{ShopSet: set, SLO: s.Name, Unit: a.Unit, Came: came, Doubt: english.misled(a.Absent)}
	if len(s.Parts) > 1 {
		t.Part = s.Parts[part].Name
	}
	if t.Doubt != "" {
		return t // what was counted means nothing
	}
	if a.Failure != "" {
		t.Doubt = failing + sentence(a.Failure)
	}
	if came.IsZero() || a.Counts == nil || !a.End.After(came) {
		return t
	}
	since := min(a.End.Sub(came), longestSince)
	t.Since = w.volume(s, part, set, a, since, 0)
	t.Recent = t.Since
	if since > recent {
		t.Recent = w.volume(s, part, set, a, recent, 1)
	}
	t.Latest = w.latest(s, part, set, a, t.Recent, since)
	t.Targets = w.targets(s, part, a)
	return t
}

// volume is the traffic of the last span, or nil.
func (w *weighing) volume(s *slo.SLO, part int, set fleet.ShopSetName, a *slo.Account, length time.Duration, kind int) *Volume {
	now := counted(a, part, a.End.Add(-length), a.End)
	if now == nil {
		return nil
	}
	v := &Volume{Now: *now}
	for n, back := range w.backs(a.End) {
		v.Before = before(a, part, a.End.Add(-back), length)
		if v.Before == nil || v.Before.Coverage < w.enough {
			v.Excluded = v.Excluded || leftOut(a, part, a.End.Add(-back), length)
			v.Before = nil
			continue
		}
		v.Excluded = false
		if c := w.controls[s.Name]; c != nil {
			v.Control = c.volumes[kind][n].of(part)
		}
		v.Group = w.others(s, part, w.group[set], a.End, length, back)
		break
	}
	return v
}

// backs are how far back the same hours are looked for that were before the Release came:
// those of the same weekday, and those of another day.
func (w *weighing) backs(end time.Time) [2]time.Duration {
	since := max(end.Sub(w.first), 1)
	up := func(to time.Duration) time.Duration { return (since + to - 1) / to * to }
	return [2]time.Duration{up(week), up(day)}
}

// before is what was counted in a span that ended then. Older edges lie an hour apart, so a
// shorter span is looked at as a part of that.
func before(a *slo.Account, part int, end time.Time, length time.Duration) *Counted {
	return counted(a, part, end.Add(-max(length, a.Edges)), end)
}

// leftOut reports whether exclusions leave out some of a span in which was counted.
func leftOut(a *slo.Account, part int, end time.Time, length time.Duration) bool {
	return !a.Start.IsZero() && end.After(a.Start) && a.Counts(part, end.Add(-max(length, a.Edges)), end).Excluded > 0
}

// counted is nil without data.
func counted(a *slo.Account, part int, from, to time.Time) *Counted {
	c := a.Counts(part, from, to)
	length := c.End.Sub(c.Start) - c.Excluded
	if c.Covered <= 0 || length <= 0 {
		return nil
	}
	s := span(c, from, a.Expected)
	return &Counted{Start: s.Start, End: s.End, Seconds: length.Seconds(), Total: c.Total, Coverage: s.Coverage}
}

// others sums up what was counted of some ShopSets; nil where nothing was.
func (w *weighing) others(s *slo.SLO, part int, of []fleet.ShopSetName, end time.Time, length, back time.Duration) *Others {
	var out Others
	for _, set := range of {
		a := w.ledger.Account(s, string(set), w.at)
		out.add(&a, part, end, length, back)
	}
	return out.orNil()
}

// add adds what was counted for one ShopSet.
func (o *Others) add(a *slo.Account, part int, end time.Time, length, back time.Duration) {
	if a.Counts == nil || a.Misleads() {
		return
	}
	now := counted(a, part, end.Add(-length), end)
	if now == nil {
		return
	}
	o.ShopSets++
	o.Now += now.Total
	if was := before(a, part, end.Add(-back), length); was != nil {
		o.Before += was.Total * now.Seconds / was.Seconds
	}
}

func (o *Others) orNil() *Others {
	if o.ShopSets == 0 {
		return nil
	}
	return o
}
