package slo

import (
	"fmt"
	"slices"
	"time"
)

// Severity is how urgent an alert is.
type Severity string

// The severities.
const (
	Page   Severity = "page"
	Ticket Severity = "ticket"
)

// BurnAlert is a pair of windows with a factor: it fires while the burn rate over
// both is above the factor. The short window ends it soon after the cause has gone.
type BurnAlert struct {
	Long  time.Duration `json:"long"`
	Short time.Duration `json:"short"`
	// Factor is for a window of 30 days, and scales with the SLO's window; of the
	// alerts that BurnAlertsFor gives it is the SLO's own.
	Factor   float64  `json:"factor"`
	Severity Severity `json:"severity"`
}

// Day30 is the window that the factors of BurnAlerts are stated for.
const Day30 = 30 * 24 * time.Hour

// DefaultBurnAlerts are those of the SRE workbook, chapter 5: of a budget of 30
// days, 2 % in an hour, 5 % in 6 hours, 10 % in a day, 10 % in three days.
func DefaultBurnAlerts() []BurnAlert {
	const day = 24 * time.Hour
	return []BurnAlert{
		{Long: time.Hour, Short: 5 * time.Minute, Factor: 14.4, Severity: Page},
		{Long: 6 * time.Hour, Short: 30 * time.Minute, Factor: 6, Severity: Page},
		{Long: day, Short: 2 * time.Hour, Factor: 3, Severity: Ticket},
		{Long: 3 * day, Short: 6 * time.Hour, Factor: 1, Severity: Ticket},
	}
}

// FactorFor is the alert's factor for an SLO window: the same share of the budget
// in the same time is a lower burn rate for a shorter window.
func (a BurnAlert) FactorFor(window time.Duration) float64 {
	return a.Factor * float64(window) / float64(Day30)
}

// Validate reports what makes the alert unusable.
func (a BurnAlert) Validate() error {
	switch {
	case a.Short <= 0 || a.Long <= a.Short:
		return fmt.Errorf("burn rate windows %v and %v: the short one must be above 0 and below the long one", a.Long, a.Short)
	case !(a.Factor > 0):
		return fmt.Errorf("burn rate factor %v must be above 0", a.Factor)
	case a.Severity != Page && a.Severity != Ticket:
		return fmt.Errorf("burn rate severity %q is neither %q nor %q", a.Severity, Page, Ticket)
	}
	return nil
}

// BurnWindows lists the windows that the alerts need, shortest first.
func BurnWindows(alerts []BurnAlert) []time.Duration {
	return appendBurnWindows(make([]time.Duration, 0, 2*len(alerts)), alerts)
}

func appendBurnWindows(ws []time.Duration, alerts []BurnAlert) []time.Duration {
	for _, a := range alerts {
		for _, w := range [2]time.Duration{a.Short, a.Long} {
			if i, found := slices.BinarySearch(ws, w); !found {
				ws = slices.Insert(ws, i, w)
			}
		}
	}
	return ws
}

// burnRates computes the burn rate over every window, ending at end; there is none where
// the account misleads.
func (s *SLO) burnRates(end time.Time, windows []time.Duration, misleads bool, a *Account, f *figures) []BurnRate {
	rates, ratios := f.rates[:0], f.ratios[:]
	if len(windows) > usualWindows {
		rates, ratios = make([]BurnRate, 0, len(windows)), make([]float64, len(windows))
	}
	for i, d := range windows {
		r := s.burnRate(end, d, a, &ratios[i])
		if misleads {
			r.Rate = nil
		}
		rates = append(rates, r)
	}
	return rates[:len(windows):len(windows)]
}

// burnRate is bad/allowed over (end−d, end]: with allowed = (1 − objective) · total
// this is the error ratio divided by the budget ratio.
// The rate is put where figure points.
func (s *SLO) burnRate(end time.Time, d time.Duration, a *Account, figure *float64) BurnRate {
	w := s.sum(end.Add(-d), end, a)
	r := BurnRate{Window: d, Coverage: w.coverage}
	if w.Covered > 0 && w.allowed > 0 {
		*figure = w.bad / w.allowed
		r.Rate = figure
	}
	return r
}

// firing returns the alerts, fitted to the SLO, whose two burn rates are both above
// their factor.
func firing(rates []BurnRate, fitted []BurnAlert) []BurnAlert {
	over := func(d time.Duration, factor float64) bool {
		i := slices.IndexFunc(rates, func(r BurnRate) bool { return r.Window == d })
		return i >= 0 && rates[i].Rate != nil && *rates[i].Rate > factor
	}
	var out []BurnAlert
	for _, a := range fitted {
		if over(a.Long, a.Factor) && over(a.Short, a.Factor) {
			out = append(out, a)
		}
	}
	return out
}

// exhaustedAt projects when the budget is used up: what is left, divided by the
// bad events per second of late. What leaves a rolling window meanwhile is left
// out: the answer is the earliest time, not the likeliest.
func (s *SLO) exhaustedAt(w weighted, b Budget, alerts []BurnAlert) time.Time {
	rate := paceOf(b.BurnRates, alerts)
	if rate <= 0 || w.allowed <= 0 || b.State == Inconsistent {
		return time.Time{}
	}
	passed := w.Covered.Seconds()
	budget, end := w.allowed, time.Time{}
	if s.Window.Calendar() {
		var start time.Time
		start, end = s.Window.Bounds(b.WindowEnd)
		budget *= end.Sub(start).Seconds() / max(1, b.WindowEnd.Sub(start).Seconds())
	}
	left := budget - w.bad
	if left <= 0 {
		return time.Time{}
	}
	seconds := left / (rate * w.allowed / passed)
	if seconds > 10*365*24*3600 { // beyond any window: no news
		return time.Time{}
	}
	at := b.WindowEnd.Add(time.Duration(seconds * float64(time.Second)))
	if !end.IsZero() && !at.Before(end) {
		return time.Time{}
	}
	return at.Truncate(time.Second) // a projection: finer would pretend
}

// paceOf is the burn rate over the longest long window of the page alerts, or 0.
func paceOf(rates []BurnRate, alerts []BurnAlert) float64 {
	var d time.Duration
	for _, a := range alerts {
		if a.Severity == Page {
			d = max(d, a.Long)
		}
	}
	for _, r := range rates {
		if r.Window == d && r.Rate != nil {
			return *r.Rate
		}
	}
	return 0
}
