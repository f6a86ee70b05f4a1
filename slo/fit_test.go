package slo_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
)

const day = 24 * time.Hour

// pairs writes alerts as "page 1h/5m 14.4".
func pairs(alerts []slo.BurnAlert) string {
	var out []string
	for _, a := range alerts {
		out = append(out, fmt.Sprintf("%s %s/%s %.4g", a.Severity, slo.Rolling(a.Long), slo.Rolling(a.Short), a.Factor))
	}
	return strings.Join(out, ", ")
}

func TestAlertsAreFittedToTheWindow(t *testing.T) {
	month := slo.Window{Unit: slo.Month, Count: 1, Anchor: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	cases := []struct {
		name   string
		window slo.Window
		slice  time.Duration
		want   string
		says   string // in the reasons; "" : there are none
	}{
		{"30 days are what the factors are stated for", slo.Rolling(30 * day), 0,
			"page 1h/5m 14.4, page 6h/30m 6, ticket 1d/2h 3, ticket 3d/6h 1", ""},
		{"a calendar month counts as 30 days in every month", month, 0,
			"page 1h/5m 14.4, page 6h/30m 6, ticket 1d/2h 3, ticket 3d/6h 1", ""},
		{"a longer window only raises factors", slo.Rolling(90 * day), 0,
			"page 1h/5m 43.2, page 6h/30m 18, ticket 1d/2h 9, ticket 3d/6h 3", ""},
		{"of 28 days the slowest alert is shortened a little", slo.Rolling(28 * day), 0,
			"page 1h/5m 13.44, page 6h/30m 5.6, ticket 1d/2h 2.8, ticket 67h12m/5h36m 1", "factor would be 0.933"},
		{"of 7 days both tickets become the same alert", slo.Rolling(7 * day), 0,
			"page 1h/5m 3.36, page 6h/30m 1.4, ticket 16h48m/84m 1", "factor would be 0.233"},
		{"of a day all are shortened, and no factor is below 1", slo.Rolling(day), 0,
			"page 29m/3m 1, page 72m/6m 1, ticket 2h24m/12m 1", "factor would be 0.0333"},
		{"of an hour the floor of 5m and 1m holds", slo.Rolling(time.Hour), 0,
			"page 5m/1m 1, ticket 6m/1m 1", "page alert of 1h over 5m becomes 5m over 1m, factor 1"},
		{"a window of 4 minutes is shorter than the floor", slo.Rolling(4 * time.Minute), 0,
			"", "is left out: its long window would be longer than the SLO's"},
		{"a slice longer than the short window makes that a slice, and the long one three", slo.Rolling(30 * day), 30 * time.Minute,
			"page 90m/30m 14.4, page 6h/30m 6, ticket 1d/2h 3, ticket 3d/6h 1", "a time slice is 30m"},
		{"a slice as long as the short window changes nothing", slo.Rolling(30 * day), 5 * time.Minute,
			"page 1h/5m 14.4, page 6h/30m 6, ticket 1d/2h 3, ticket 3d/6h 1", ""},
		{"slices of which the window has two leave no alert", slo.Rolling(2 * day), day,
			"", "ticket alert of 3d over 6h is left out"},
		{"a slice counts after the shortening", slo.Rolling(7 * day), 3 * time.Hour,
			"page 9h/3h 1.4, ticket 16h48m/3h 1", "a time slice is 3h"}, // the lower factor fires whenever the higher does
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := plain(t)
			s.Window = c.window
			if c.slice > 0 {
				s.Method, s.Slice = slo.Timeslices, c.slice
			}
			got, reasons := slo.BurnAlertsFor(s, slo.DefaultBurnAlerts())
			if pairs(got) != c.want {
				t.Errorf("got  %s\nwant %s", pairs(got), c.want)
			}
			said := strings.Join(reasons, "\n")
			if c.says == "" && said != "" || !strings.Contains(said, c.says) {
				t.Errorf("reasons are %q, want %q in them", said, c.says)
			}
		})
	}
}

func TestACalendarWindowsTypicalLengthIsCloseToTheTrueOne(t *testing.T) {
	anchor := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, unit := range []slo.CalendarUnit{slo.Day, slo.Week, slo.Month, slo.Quarter, slo.Year} {
		w := slo.Window{Unit: unit, Count: 1, Anchor: anchor}
		for at := anchor.Add(time.Hour); at.Year() < 2029; at = at.AddDate(0, 0, 1) {
			if off := float64(w.Typical())/float64(w.Nominal(at)) - 1; off > 0.072 || off < -0.072 {
				t.Errorf("%s at %s: off by %.3f", unit, at, off)
			}
		}
	}
}

// slowFit is BurnAlertsFor of one alert in rational numbers and whole minutes, by trying.
func slowFit(a slo.BurnAlert, window, slice time.Duration) (long, short time.Duration, factor *big.Rat, ok bool) {
	factor = new(big.Rat).SetFloat64(a.Factor)
	factor.Mul(factor, big.NewRat(int64(window), int64(slo.Day30)))
	long, short = a.Long, a.Short
	if one := big.NewRat(1, 1); factor.Cmp(one) < 0 {
		for w, of := range map[*time.Duration]struct{ was, least time.Duration }{&long: {a.Long, 5 * time.Minute}, &short: {a.Short, time.Minute}} {
			want := new(big.Rat).Mul(factor, big.NewRat(int64(of.was), 1))
			d := of.least
			for big.NewRat(int64(d), 1).Cmp(want) < 0 {
				d += time.Minute
			}
			*w = min(d, of.was)
		}
		factor = one
	}
	if slice > short {
		short = slice
		long = max(long, slice+slice+slice)
	}
	return long, short, factor, long <= window && short < long
}

func TestFittingAgreesWithWholeMinutesTriedOneByOne(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 11))
	kinds := map[string]int{}
	for i := range 3000 {
		s := plain(t)
		s.Window = slo.Rolling(time.Duration(1+r.IntN(90*24*60)) * time.Minute)
		if r.IntN(2) == 0 {
			s.Window = slo.Rolling(time.Duration(1+r.IntN(2*24*60)) * time.Minute)
		}
		slice := time.Duration(0)
		if r.IntN(3) == 0 {
			slice = time.Duration(1+r.IntN(240)) * time.Minute
			s.Method, s.Slice = slo.Timeslices, slice
		}
		short := time.Duration(1+r.IntN(360)) * time.Minute
		// Factors are eighths, so that a product of them is a whole number of minutes at times.
		a := slo.BurnAlert{Long: short + time.Duration(1+r.IntN(72*60))*time.Minute, Short: short, Factor: float64(1+r.IntN(160)) / 8, Severity: slo.Page}
		long, short, factor, ok := slowFit(a, s.Window.Length, slice)
		got, reasons := slo.BurnAlertsFor(s, []slo.BurnAlert{a})
		where := fmt.Sprintf("case %d: %s of %v, slice %v: %s", i, pairs([]slo.BurnAlert{a}), s.Window.Length, slice, pairs(got))
		if !ok {
			kinds["left out"]++
			if len(got) != 0 || len(reasons) != 1 {
				t.Fatalf("%s; it is to be left out with a reason (%v)", where, reasons)
			}
			continue
		}
		f, _ := factor.Float64()
		if len(got) != 1 || got[0].Long != long || got[0].Short != short || !near(got[0].Factor, f) || got[0].Severity != slo.Page {
			t.Fatalf("%s; want %v/%v %v", where, long, short, f)
		}
		if got[0].Factor < 1 || got[0].Long > s.Window.Length || got[0].Validate() != nil {
			t.Fatalf("%s is no alert of this SLO", where)
		}
		changed := long != a.Long || short != a.Short
		if changed != (len(reasons) == 1) {
			t.Fatalf("%s: reasons %v", where, reasons)
		}
		kinds[fmt.Sprintf("changed %v, sliced %v", changed, slice > 0)]++
	}
	for _, kind := range []string{"left out", "changed true, sliced true", "changed true, sliced false", "changed false, sliced false"} {
		if kinds[kind] < 100 {
			t.Errorf("only %d cases are %s: %v", kinds[kind], kind, kinds)
		}
	}
}

func near(a, b float64) bool { return a-b < 1e-9*b && b-a < 1e-9*b }

// steady is an account that burns at one rate all the time.
func steady(rate float64) slo.Account {
	return account(func(_ int, from, to time.Time) slo.Counts {
		total := 1e6 * to.Sub(from).Hours()
		return slo.Counts{Start: from, End: to, Total: total, Good: total - total*0.001*rate, Covered: to.Sub(from)}
	})
}

func TestASteadyQuarterOfTheAllowedRateIsOKInEveryWindow(t *testing.T) {
	for _, window := range []time.Duration{time.Hour, 6 * time.Hour, day, 7 * day, 28 * day, 30 * day, 90 * day} {
		s := plain(t)
		s.Window = slo.Rolling(window)
		b := s.Evaluate(end, slo.DefaultBurnAlerts(), steady(0.25))
		if b.State != slo.OK || len(b.Firing) != 0 {
			t.Errorf("of %v the state is %s, firing %s", window, b.State, pairs(b.Firing))
		}
		for _, fixed := range []time.Duration{5 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, day, 3 * day} {
			if !slices.ContainsFunc(b.BurnRates, func(r slo.BurnRate) bool { return r.Window == fixed && r.Rate != nil && near(*r.Rate, 0.25) }) {
				t.Errorf("of %v there is no burn rate over %v", window, fixed)
			}
		}
	}
}

func TestEvaluateComputesTheBurnRatesOfTheFittedAlerts(t *testing.T) {
	s := plain(t)
	s.Window = slo.Rolling(day)
	alerts := slo.DefaultBurnAlerts()
	fitted, _ := slo.BurnAlertsFor(s, alerts)
	b := s.Evaluate(end, alerts, steady(1.5))
	if pairs(b.Firing) != pairs(fitted) {
		t.Errorf("at 1.5 times the allowed rate %s fire, want all: %s", pairs(b.Firing), pairs(fitted))
	}
	var ws []time.Duration
	for _, r := range b.BurnRates {
		ws = append(ws, r.Window)
	}
	if want := slo.BurnWindows(slices.Concat(alerts, fitted)); !slices.Equal(ws, want) {
		t.Errorf("burn rates over %v, want %v", ws, want)
	}
}
