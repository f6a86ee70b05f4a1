package promotion

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// DefaultLongestExclusion is how long an Exclusion may usually be to count since the
// Release came: longer is no maintenance.
const DefaultLongestExclusion = 24 * time.Hour

// Excluded is an Exclusion that touches a budget.
type Excluded struct {
	ShopSet   fleet.ShopSetName `json:"shopset"`
	SLO       string            `json:"slo"`
	Exclusion string            `json:"exclusion"` // its id
	From      time.Time         `json:"from"`
	Until     time.Time         `json:"until"`
	// Ignored says why it does not count since the Release came, a clause; "": it does.
	Ignored string `json:"ignored,omitempty"`
}

// Leaving is what the Exclusions leave out of budgets when a Release is judged. What
// was written after the fact leaves nothing out since the Release came below: it would
// hide what the Release did.
type Leaving struct {
	fleet   *fleet.Fleet
	all     []Exclusion
	longest time.Duration
	back    time.Duration                   // how far before the Release a decision looks
	came    map[fleet.ShopSetName]time.Time // of the Tier below; zero: not known
}

// Leave says what Exclusions leave out; See comes first, since the fleet knows when the
// Release came.
func (e *Evidence) Leave(f *fleet.Fleet, all []Exclusion, p Policy) Leaving {
	l := Leaving{fleet: f, all: all, longest: p.LongestExclusion, back: max(p.withDefaults().Since.Baseline, week+day), came: map[fleet.ShopSetName]time.Time{}}
	running := e.runs()
	for _, set := range e.Source.ShopSets {
		l.came[set] = e.cameTo(running[set])
	}
	return l
}

// Ledger leaves out of another's counts what counts.
func (l Leaving) Ledger(of status.Ledger) status.Ledger {
	if len(l.all) == 0 {
		return of
	}
	return status.Excluding{Ledger: of, Spans: func(s *slo.SLO, subject string) []slo.Span { return l.spans(s, fleet.ShopSetName(subject)) }}
}

func (l Leaving) spans(s *slo.SLO, set fleet.ShopSetName) (out []slo.Span) {
	came, below := l.came[set]
	all := applying(l.fleet, l.all, s, set)
	for _, x := range all {
		span := slo.Span{From: x.From, Until: x.Until}
		switch {
		case !below:
		case !came.IsZero() && !x.Until.After(came):
			span.NotAfter = came
		case l.ignored(x, all, came) != "": // it ends as the Release comes, if that is known
			span.Until, span.NotAfter = came, came
		case x.From.Before(came): // not a minute more than it says
			span.NotAfter = x.Until
		default:
			span.NotBefore, span.NotAfter = x.From, x.Until
		}
		out = append(out, span)
	}
	return out
}

// ignored says why an Exclusion among all of a budget does not count since the Release
// came; "": it does, or says nothing of that time.
func (l Leaving) ignored(x Exclusion, all []Exclusion, came time.Time) string {
	if !came.IsZero() && !x.Until.After(came) {
		return ""
	}
	switch length := together(x, all); {
	case x.Known.IsZero():
		return "no server read it before its time began"
	case x.Known.After(x.From) && x.KnownBy != "":
		return fmt.Sprintf("%s brought it at %s, after its time began", x.KnownBy, x.Known.UTC().Format(time.RFC3339))
	case x.Known.After(x.From):
		return fmt.Sprintf("it was first read at %s, after its time began", x.Known.UTC().Format(time.RFC3339))
	case l.longest > 0 && length > l.longest:
		return fmt.Sprintf("it leaves out %s together with those next to it (limit %s)", english.age(length), english.age(l.longest))
	}
	return ""
}

// together is how long the time is that an Exclusion leaves out without a break,
// together with others.
func together(x Exclusion, all []Exclusion) time.Duration {
	from, until := x.From, x.Until
	for grown := true; grown; {
		grown = false
		for _, o := range all {
			if !o.From.After(until) && !o.Until.Before(from) && (o.From.Before(from) || o.Until.After(until)) {
				from, until, grown = earlier(from, o.From), later(until, o.Until), true
			}
		}
	}
	return until.Sub(from)
}

// Touched notes which Exclusions touch which budgets.
func (e *Evidence) Touched(l Leaving, slos []slo.SLO) {
	for i := range e.Report.Budgets {
		b := &e.Report.Budgets[i]
		n := slices.IndexFunc(slos, func(s slo.SLO) bool { return s.Name == b.SLO })
		if n < 0 {
			continue
		}
		came, below := l.came[b.ShopSet]
		from := b.WindowStart
		if !came.IsZero() {
			from = earlier(from, came.Add(-l.back))
		}
		all := applying(l.fleet, l.all, &slos[n], b.ShopSet)
		for _, x := range all {
			if !x.Until.After(from) || !x.From.Before(e.Report.At) {
				continue
			}
			t := Excluded{ShopSet: b.ShopSet, SLO: b.SLO, Exclusion: x.ID, From: x.From.UTC(), Until: x.Until.UTC()}
			if below {
				t.Ignored = l.ignored(x, all, came)
			}
			e.Excluded = append(e.Excluded, t)
		}
	}
}

// looked is a span of time that a Check looks at; until zero: to the end.
type looked struct{ from, until time.Time }

// excluded names in a Check the Exclusions that touch it: one of the spans that it looks at.
func (d *deciding) excluded(c *Check, spans ...looked) {
	var counted, ignored []string
	why := ""
	for _, x := range d.excludedOf[pair{c.ShopSet, c.SLO}] {
		if !slices.ContainsFunc(spans, func(s looked) bool { return x.Until.After(s.from) && (s.until.IsZero() || x.From.Before(s.until)) }) {
			continue
		}
		if x.Ignored == "" {
			counted = append(counted, x.Exclusion)
			continue
		}
		ignored, why = append(ignored, x.Exclusion), x.Ignored
	}
	if len(counted) > 0 && c.Evidence.Get("exclusions") == nil {
		c.figure("exclusions", counted)
		c.Reason += d.say(" Excluded: %s.", d.some(counted, 3))
	}
	switch len(ignored) {
	case 0:
		return
	case 1:
		c.Reason += d.say(" Exclusion %s does not apply since the Release arrived: %s.", ignored[0], why)
	default:
		c.Reason += d.say(" Exclusions %s do not apply since the Release arrived; of the last of them: %s.", d.some(ignored, 3), why)
	}
	c.figure("exclusions_ignored", ignored)
}

// excludedBy are the Exclusions that touch each pair.
func (e *Evidence) excludedBy() map[pair][]Excluded {
	m := map[pair][]Excluded{}
	for _, x := range e.Excluded {
		m[pair{x.ShopSet, x.SLO}] = append(m[pair{x.ShopSet, x.SLO}], x)
	}
	return m
}

// earlier is the earlier of two times.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
