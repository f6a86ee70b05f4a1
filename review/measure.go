package review

import (
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// Question is what is to be measured.
type Question struct {
	Period Period
	Fleet  *fleet.Fleet
	SLOs   []slo.SLO
	Alerts []slo.BurnAlert
	// Resolution is how far apart the ledger's edges are, where all are kept.
	Resolution time.Duration
}

// Measure reads what was counted of every SLO for every ShopSet that it applies to, in
// the order of the fleet. A ShopSet that the fleet expects and that sent nothing is in
// it, without data.
func Measure(q Question, l Ledger) []Measured {
	var out []Measured
	days, before := q.Period.edges(), q.Period.before()
	for _, set := range q.Fleet.ShopSets() {
		for i := range q.SLOs {
			s := &q.SLOs[i]
			if !status.Applies(s, set.Tier) {
				continue
			}
			a := l.Account(s, string(set.Name), q.Period.Until)
			m := Measured{
				SLO: s.Name, DisplayName: s.DisplayName, Owner: s.Owner(), Objective: s.Objective, Window: s.Window.String(),
				Unit: a.Unit, Exact: !a.Grid, ShopSet: set.Name, Tier: set.Tier, State: slo.NoData, StateBefore: slo.NoData,
				Flags: a.FlagsAfter(q.Period.From), Absent: a.Absent, Failure: a.Failure,
			}
			if a.End.IsZero() || a.Counts == nil || a.Misleads() {
				a.End, a.Counts = q.Period.Until, nothing
			}
			c := counter{s, a}
			m.Days, m.Before = c.between(days), c.between(before)
			m.Last = sum(m.Before[len(m.Before)-len(m.Days):])
			m.State, m.Budget, m.VerdictFrom = c.budget(a.End)
			m.StateBefore, m.Was, _ = c.budget(q.Period.From)
			m.Notes = status.Notes(a, q.Period.From, m.VerdictFrom)
			m.ExhaustedOn = c.exhaustedOn(&m, q.Period.Until)
			c.burns(&m, q)
			out = append(out, m)
		}
	}
	return out
}

// nothing are the counts of what nobody counted.
func nothing(_ int, from, to time.Time) slo.Counts { return slo.Counts{Start: from, End: to} }

// counter reads the account of one SLO and ShopSet.
type counter struct {
	slo *slo.SLO
	slo.Account
}

// over sums an SLO's parts over (from, to]: counts with their weights, and the least of
// the parts' coverage.
func (c counter) over(from, to time.Time) Tally {
	var t Tally
	for i := range c.slo.Parts {
		p, n := &c.slo.Parts[i], c.Counts(i, from, to)
		span := max(c.Awaited(i, n), n.Covered)
		if i == 0 || float64(n.Covered)*float64(t.Span) < float64(t.Covered)*float64(span) {
			t.From, t.Until, t.Covered, t.Span = n.Start, n.End, n.Covered, span
		}
		t.Good += p.Weight * n.Good
		t.Total += p.Weight * n.Total
		t.Bad += p.Weight * (n.Total - n.Good)
		t.Allowed += p.Weight * (float64(slo.One-p.Objective) * n.Total / float64(slo.One))
	}
	return t
}

// between gives the tallies between edges. What lies behind the newest closed edge has
// not been counted: it is time without data.
func (c counter) between(edges []time.Time) []Tally {
	out := make([]Tally, 0, len(edges)-1)
	for i := 1; i < len(edges); i++ {
		from, to := edges[i-1], edges[i]
		t := Tally{From: from, Until: to, Span: to.Sub(from)}
		switch {
		case !to.After(c.End):
			t = c.over(from, to)
		case from.Before(c.End):
			t = c.over(from, c.End)
			t.Span += to.Sub(c.End)
		}
		out = append(out, t)
	}
	return out
}

// budget is the SLO's window at an edge. Its state is that of the counts alone: burn
// rates are told apart. The time is when a history that is too short will not be.
func (c counter) budget(end time.Time) (slo.State, Tally, time.Time) {
	e := c.slo.Evaluate(end, nil, c.Account)
	start, _ := c.slo.Window.Bounds(end)
	return e.State, c.over(start, end), e.VerdictFrom
}

// forecastDays is how many days the forecast's pace is taken from, leastPace the part of
// them that must have data.
const forecastDays, leastPace = 7, 0.5

// exhaustedOn looks day by day when more will be bad than is allowed, if every day
// counts what the last seven did on average, and what leaves a rolling window does.
func (c counter) exhaustedOn(m *Measured, end time.Time) time.Time {
	if m.State != slo.OK && m.State != slo.AtRisk {
		return time.Time{}
	}
	pace := c.over(end.AddDate(0, 0, -forecastDays), end)
	if pace.coverage() < leastPace || pace.Bad <= 0 {
		return time.Time{}
	}
	length := c.slo.Window.Nominal(end)
	for day := 1; time.Duration(day)*24*time.Hour <= length; day++ {
		then := end.AddDate(0, 0, day)
		start, _ := c.slo.Window.Bounds(then)
		if c.slo.Window.Calendar() && !start.Before(end) {
			break // a new window, with a new budget
		}
		n := float64(day) / forecastDays
		t := Tally{Bad: pace.Bad * n, Allowed: pace.Allowed * n}
		if start.Before(end) {
			past := c.over(start, end)
			t.Bad, t.Allowed = t.Bad+past.Bad, t.Allowed+past.Allowed
		}
		if t.Bad > t.Allowed {
			return then
		}
	}
	return time.Time{}
}

// Effect is what was counted of one SLO in a Tier before and after a Move; ShopSets are
// summed.
type Effect struct {
	SLO           string
	Before, After Tally
	// ShopSets are those of the Tier by themselves.
	ShopSets []fleet.ShopSetName
}

// around is how long before and after a Move is compared, at most.
const around = 24 * time.Hour

// MeasureMoves reads what was counted around Moves, by their index: up to a day before,
// and from the Move until a day has passed, the next Move of the Tier, or the end of the
// period. Where only coarse edges are kept the span begins at the edge before the Move.
func MeasureMoves(q Question, l Ledger, moves []Move) map[int][]Effect {
	out := map[int][]Effect{}
	for i, m := range moves {
		from, until := m.Moved.Add(-around), m.Moved.Add(around)
		for _, other := range moves {
			if other.Tier != m.Tier {
				continue
			}
			if other.Moved.After(m.Moved) && other.Moved.Before(until) {
				until = other.Moved
			}
			if other.Moved.Before(m.Moved) && other.Moved.After(from) {
				from = other.Moved
			}
		}
		if until.After(q.Period.Until) {
			until = q.Period.Until
		}
		for j := range q.SLOs {
			s := &q.SLOs[j]
			if !status.Applies(s, fleet.TierName(m.Tier)) {
				continue
			}
			e := Effect{SLO: s.Name}
			for _, set := range q.Fleet.ShopSets() {
				if string(set.Tier) != m.Tier {
					continue
				}
				a := l.Account(s, string(set.Name), q.Period.Until)
				if a.End.IsZero() || a.Counts == nil || a.Misleads() {
					continue
				}
				c := counter{s, a}
				e.Before, e.After = e.Before.plus(c.over(from, m.Moved)), e.After.plus(c.over(m.Moved, until))
				e.ShopSets = append(e.ShopSets, set.Name)
			}
			out[i] = append(out[i], e)
		}
	}
	return out
}
