package slo

import (
	"math"
	"math/bits"
	"time"
)

// Counts are the good and total events (or slices) counted over a span.
type Counts struct {
	// Start and End are the edges that the counts lie between: (Start, End].
	// A span that begins before anything was counted keeps its own start.
	Start, End time.Time
	// Good and Total are counts; they mean something only where Covered > 0.
	Good, Total float64
	// Covered is how much of the span has data.
	Covered time.Duration
	// Excluded is how much of the span has been left out: see Account.Without.
	Excluded time.Duration
}

// Coverage is the part of the span that has data, 0–1. What has been left out is no
// part of it; nothing is covered where all has.
func (c Counts) Coverage() float64 {
	span := c.End.Sub(c.Start) - c.Excluded
	if span <= 0 {
		return 0
	}
	return min(1, float64(c.Covered)/float64(span))
}

// Unit says what a budget counts.
type Unit string

// The units.
const (
	Events Unit = "events"
	Slices Unit = "slices" // time slices
	Points Unit = "points" // points of an evaluation grid; never called events
)

// State is the verdict on a budget.
type State string

// The states, in the order in which they are tried: the first that holds is
// the budget's.
const (
	NoData           State = "no_data"           // nothing of the window is covered, or nothing can match; every figure is nil
	Inconsistent     State = "inconsistent"      // good exceeds total, or bad does
	Exhausted        State = "exhausted"         // more bad events than the budget has
	InsufficientData State = "insufficient_data" // fewer events than MinEvents; before exhausted: a history shorter than LeastHistory
	AtRisk           State = "at_risk"           // under 25 % left, or burning over an alert's factor
	OK               State = "ok"
)

// States lists all states in their order.
var States = []State{NoData, Inconsistent, Exhausted, InsufficientData, AtRisk, OK}

// atRiskBelow is the remaining share of the budget under which it is at risk.
const atRiskBelow = 0.25

// Budget is the error budget of one SLO for one subject at one time. A figure
// that does not exist is nil, a time that does not exist is zero.
type Budget struct {
	State State
	// WindowStart and WindowEnd: figures are of (WindowStart, WindowEnd].
	WindowStart, WindowEnd time.Time

	// Good, Total and Bad are counts of a Unit, nil without data. For a composite
	// they are weighted sums.
	Good, Total, Bad *float64
	// SLI is good/total, 0–1; nil without data and without traffic.
	SLI *float64
	// Coverage is the part 0–1 of the window that has data; of a calendar
	// window, of what has passed of it; never of what passed before the subject
	// was expected.
	Coverage float64
	// Least is how many of the Unit there must be for a verdict: LeastEvents,
	// weighted; 0 where nothing has been counted yet.
	Least float64
	// VerdictFrom is when the history will be long enough for a verdict; zero where
	// it is, and without data.
	VerdictFrom time.Time

	// Allowed is the number of bad events that the objective permits for the
	// traffic seen; nil without data. The ratios are nil also without traffic.
	Allowed        *float64
	ConsumedRatio  *float64 // 1 is all of it
	RemainingRatio *float64 // 1 − consumed; negative when overspent

	BurnRates []BurnRate // shortest window first
	// Firing are the alerts, fitted to the SLO, over whose factor both burn rates are.
	Firing []BurnAlert
	// ExhaustedAt is when the budget will be used up if bad events go on as over
	// the longest page alert's long window, in whole seconds. Zero where there is no
	// such time: no data, nothing bad, already exhausted, or not before a calendar
	// window ends.
	ExhaustedAt time.Time
}

// BurnRate is how fast the budget is consumed: 1 uses up exactly the budget in
// the SLO's window.
type BurnRate struct {
	Window time.Duration
	// Rate is nil without data and without traffic; Coverage tells which.
	Rate     *float64
	Coverage float64
}

// CountFunc gives the counts of the i-th part of an SLO over (from, to], moved
// to edges that are stored.
type CountFunc func(part int, from, to time.Time) Counts

// Evaluate computes the budget of an account at end, which is an edge up to which
// everything is counted: the account's own, or an earlier one. The alerts decide which
// burn rates are computed, besides those of BurnAlertsFor, and what is at risk.
func (s *SLO) Evaluate(end time.Time, alerts []BurnAlert, a Account) Budget {
	start, _ := s.Window.Bounds(end)
	w := s.sum(start, end, &a)
	b := Budget{WindowStart: w.Start, WindowEnd: end, Coverage: w.coverage, State: NoData}
	b.Least = s.LeastEvents() * w.weight // weights are relative: 1 and 3 mean the same as 10 and 30
	f := &figures{good: w.Good, total: w.Total, bad: w.bad, allowed: w.allowed}
	fit, misleads := s.fitting(alerts), a.Misleads()
	b.BurnRates = s.burnRates(end, fit.windows, misleads, &a, f)
	if w.Covered <= 0 || misleads {
		return b
	}
	b.Good, b.Total, b.Bad, b.Allowed = &f.good, &f.total, &f.bad, &f.allowed
	if w.Total > 0 {
		f.sli = w.Good / w.Total
		b.SLI = &f.sli
	}
	if w.allowed > 0 {
		f.consumed, f.remaining = w.bad/w.allowed, (w.allowed-w.bad)/w.allowed
		b.ConsumedRatio, b.RemainingRatio = &f.consumed, &f.remaining
	}
	if enough := a.began().Add(s.leastHistory(end)); !a.began().IsZero() && end.Before(enough) {
		b.VerdictFrom = enough
	}
	b.Firing = firing(b.BurnRates, fit.fitted)
	b.State = s.state(w, b)
	b.ExhaustedAt = s.exhaustedAt(w, b, fit.fitted)
	return b
}

// leastHistory is LeastHistory or its default, and no longer than the window.
func (s *SLO) leastHistory(end time.Time) time.Duration {
	least := s.LeastHistory
	if least <= 0 {
		least = DefaultLeastHistory
	}
	return min(least, s.Window.Nominal(end))
}

// usualWindows is how many windows burn rates are mostly computed over, at most.
const usualWindows = 12

// figures are what a Budget points to, in one piece of memory.
type figures struct {
	good, total, bad, allowed, sli, consumed, remaining float64

	rates  [usualWindows]BurnRate
	ratios [usualWindows]float64
}

// weighted is the sum over an SLO's parts.
type weighted struct {
	Counts
	bad     float64 // Σ weight · (total − good), not a difference of sums: that would round
	allowed float64 // Σ weight · (1 − objective) · total
	weight  float64 // the parts' mean weight
	plain   bool    // one part of weight 1: counts are exact
	absurd  bool    // a part has more good than total, or less than none

	coverage float64 // of the time since the subject was expected
}

// sum adds the parts up: counts are summed with their weights, ratios never
// averaged. The coverage is the least of the parts'.
func (s *SLO) sum(from, to time.Time, a *Account) weighted {
	var w weighted
	w.plain = len(s.Parts) == 1 && s.Parts[0].Weight == 1
	for i := range s.Parts {
		p, c := &s.Parts[i], a.Counts(i, from, to)
		if coverage := a.coverage(i, c); i == 0 || coverage < w.coverage {
			w.Start, w.End, w.Covered, w.Excluded, w.coverage = c.Start, c.End, c.Covered, c.Excluded, coverage
		}
		w.Good += p.Weight * c.Good
		w.Total += p.Weight * c.Total
		w.bad += p.Weight * (c.Total - c.Good)
		w.allowed += p.Weight * allowed(p.Objective, c.Total)
		w.weight += p.Weight / float64(len(s.Parts))
		w.absurd = w.absurd || c.Good > c.Total || c.Good < 0
	}
	return w
}

// rounding is how far weighted sums may be off, relative: a composite's budget
// that is spent to its last event is not overspent.
const rounding = 1e-12

// state applies the states in their order.
func (s *SLO) state(w weighted, b Budget) State {
	least := b.Least
	switch {
	case w.absurd:
		return Inconsistent
	case !b.VerdictFrom.IsZero():
		return InsufficientData
	case w.plain && exceeds(w.bad, s.Objective, max(w.Total, least)):
		return Exhausted
	case !w.plain && w.bad > s.allowedOf(w, least)*(1+rounding):
		return Exhausted
	case w.Total < least:
		return InsufficientData
	case b.RemainingRatio != nil && *b.RemainingRatio < atRiskBelow, len(b.Firing) > 0:
		return AtRisk
	}
	return OK
}

// allowedOf is a composite's allowance, scaled up to the least events.
func (s *SLO) allowedOf(w weighted, least float64) float64 {
	if w.Total >= least {
		return w.allowed
	}
	if w.Total <= 0 {
		return allowed(s.Objective, least)
	}
	return w.allowed * least / w.Total
}

// LeastEvents is the number of events (slices) below which there is no verdict, of
// a composite with parts of weight 1:
// MinEvents, or ⌈1/(1 − objective)⌉, at which one bad event is a whole budget.
func (s *SLO) LeastEvents() float64 {
	if s.MinEvents > 0 {
		return s.MinEvents
	}
	per := int64(One - s.Objective)
	return float64((int64(One) + per - 1) / per)
}

// allowed is (1 − objective) · total with one rounding, not two.
func allowed(o Objective, total float64) float64 {
	return float64(One-o) * total / float64(One)
}

// exceeds reports bad > (1 − objective) · total, exactly for whole counts, so
// that a budget spent to its last event is not taken for overspent.
func exceeds(bad float64, o Objective, total float64) bool {
	if b, ok := whole(bad); ok {
		if t, ok := whole(total); ok {
			bh, bl := bits.Mul64(b, uint64(One))
			th, tl := bits.Mul64(t, uint64(One-o))
			return bh > th || bh == th && bl > tl
		}
	}
	return bad > allowed(o, total)
}

// whole returns f as an integer if it is one that a float64 holds exactly.
func whole(f float64) (uint64, bool) {
	if f < 0 || f >= 1<<53 || f != math.Trunc(f) {
		return 0, false
	}
	return uint64(f), true
}
