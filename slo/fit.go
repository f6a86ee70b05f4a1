package slo

import (
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// The shortest windows that an alert is shortened to.
const (
	leastLong  = 5 * time.Minute
	leastShort = time.Minute
)

// leastSlices is how many time slices the long window of an alert has at the least:
// over fewer, one slice decides.
const leastSlices = 3

// BurnAlertsFor fits alerts to an SLO; the factors of what it gives are as compared.
// A factor scales with the window: the same share of the budget in the same time is a
// lower burn rate for a shorter window.
//
// An alert whose factor would be below 1 fires at a rate that never uses up the budget.
// Both its windows are multiplied by that factor, rounded up to whole minutes (but not
// below 5 minutes and 1 minute), and the factor is 1: the same share of the budget in
// less time. Where time slices are longer than the short window, that is one slice
// and the long one at least three. An alert is left out where its long window is then
// longer than the SLO's, or where its short one is no shorter than the long one. Alerts
// that have become the same are one.
//
// The reasons say, a sentence each, what was shortened, lengthened or left out.
func BurnAlertsFor(s *SLO, alerts []BurnAlert) (fitted []BurnAlert, reasons []string) {
	for _, a := range alerts {
		f, why := s.fit(a)
		switch {
		case why != "":
			reasons = append(reasons, fmt.Sprintf("%s is left out: %s", a.named(), why))
			continue
		case f.Long != a.Long || f.Short != a.Short:
			reasons = append(reasons, fmt.Sprintf("%s becomes %s over %s, factor %s: %s", a.named(), Rolling(f.Long).Text, Rolling(f.Short).Text,
				strconv.FormatFloat(f.Factor, 'g', 3, 64), s.whyFitted(a)))
		}
		fitted = appendAlert(fitted, f)
	}
	return fitted, reasons
}

// appendFitted is BurnAlertsFor without the reasons.
func (s *SLO) appendFitted(to, alerts []BurnAlert) []BurnAlert {
	for _, a := range alerts {
		if f, why := s.fit(a); why == "" {
			to = appendAlert(to, f)
		}
	}
	return to
}

// A fitting is what alerts become for an SLO, and the windows of both. It does not change.
type fitting struct {
	window, slice time.Duration // of the SLO; no slice where events are counted
	alerts        []BurnAlert
	fitted        []BurnAlert
	windows       []time.Duration
}

// lastFitting is the latest fitting: budgets are mostly computed for one SLO after the
// other, with the same alerts.
var lastFitting atomic.Pointer[fitting]

// fitting fits alerts to the SLO, unless the last time it was the same.
func (s *SLO) fitting(alerts []BurnAlert) *fitting {
	window, slice := s.Window.Typical(), time.Duration(0)
	if s.Method != Occurrences {
		slice = s.Slice
	}
	if f := lastFitting.Load(); f != nil && f.window == window && f.slice == slice && slices.Equal(f.alerts, alerts) {
		return f
	}
	f := &fitting{window: window, slice: slice, alerts: slices.Clone(alerts), fitted: s.appendFitted(nil, alerts)}
	f.windows = appendBurnWindows(BurnWindows(alerts), f.fitted)
	lastFitting.Store(f)
	return f
}

// fit gives the alert as it is for the SLO, or why it is left out.
func (s *SLO) fit(a BurnAlert) (BurnAlert, string) {
	window := s.Window.Typical()
	f := a
	f.Factor = a.FactorFor(window)
	if f.Factor < 1 {
		f.Long = shortened(a.Long, f.Factor, leastLong)
		f.Short = shortened(a.Short, f.Factor, leastShort)
		f.Factor = 1
	}
	if s.Method != Occurrences && s.Slice > f.Short {
		f.Short = s.Slice
		f.Long = max(f.Long, leastSlices*s.Slice)
	}
	switch {
	case f.Long > window:
		return f, "its long window would be longer than the SLO's"
	case f.Short >= f.Long:
		return f, "its short window would be as long as its long one"
	}
	return f, ""
}

// shortened multiplies a window by a factor below 1, rounded up to whole minutes. It
// is no shorter than least, and never longer than before.
func shortened(d time.Duration, factor float64, least time.Duration) time.Duration {
	short := time.Duration(float64(d) * factor).Round(time.Microsecond) // 67.2 h is whole minutes
	if up := short.Truncate(time.Minute); up < short {
		short = up + time.Minute
	}
	return min(d, max(short, least))
}

// appendAlert adds an alert, unless there is one that fires whenever it would, with
// the same windows and severity.
func appendAlert(to []BurnAlert, a BurnAlert) []BurnAlert {
	i := slices.IndexFunc(to, func(b BurnAlert) bool { return b.Long == a.Long && b.Short == a.Short && b.Severity == a.Severity })
	if i < 0 {
		return append(to, a)
	}
	to[i].Factor = min(to[i].Factor, a.Factor)
	return to
}

// named is how a reason begins.
func (a BurnAlert) named() string {
	return fmt.Sprintf("the %s alert of %s over %s", a.Severity, Rolling(a.Long).Text, Rolling(a.Short).Text)
}

// whyFitted says why the windows of an alert have changed.
func (s *SLO) whyFitted(a BurnAlert) string {
	factor := a.FactorFor(s.Window.Typical())
	switch scaled := factor < 1; {
	case scaled && s.Method != Occurrences && s.Slice > shortened(a.Short, factor, leastShort):
		return fmt.Sprintf("over a window of %s its factor would be %s, and a time slice is %s", s.Window, strconv.FormatFloat(factor, 'g', 3, 64), Rolling(s.Slice).Text)
	case scaled:
		return fmt.Sprintf("over a window of %s its factor would be %s", s.Window, strconv.FormatFloat(factor, 'g', 3, 64))
	}
	return fmt.Sprintf("a time slice is %s", Rolling(s.Slice).Text)
}
