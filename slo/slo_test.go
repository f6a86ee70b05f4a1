package slo_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
)

func TestObjectiveIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 100_000 {
		n := 1 + r.Int64N(int64(slo.One)-1)
		text := "0." + strings.Repeat("0", 9-len(strconv.FormatInt(n, 10))) + strconv.FormatInt(n, 10)
		ratio, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		o, err := slo.ObjectiveOf(ratio)
		if err != nil || int64(o) != n {
			t.Fatalf("%s becomes %d, %v", text, o, err)
		}
		if o.Ratio() != ratio {
			t.Fatalf("%s comes back as %v", text, o.Ratio())
		}
		rest, _ := strconv.ParseFloat("0."+strings.Repeat("0", 9-len(strconv.FormatInt(1e9-n, 10)))+strconv.FormatInt(1e9-n, 10), 64)
		if o.BudgetRatio() != rest {
			t.Fatalf("1 − %s is %v, want %v", text, o.BudgetRatio(), rest)
		}
	}
}

func TestObjectiveRefusesWhatIsNoRatio(t *testing.T) {
	for _, ratio := range []float64{0, 1, -0.5, 99.9, math.NaN(), math.Inf(1), 0.9999999999, 0.99900000005, 1e-10} {
		if o, err := slo.ObjectiveOf(ratio); err == nil {
			t.Errorf("%v became %d", ratio, o)
		}
	}
}

func TestOpHolds(t *testing.T) {
	ops := []slo.Op{slo.LessThan, slo.LessOrEqual, slo.GreaterThan, slo.GreaterOrEqual, "eq"}
	want := map[float64][]bool{ // of the value beside the limit 2
		1: {true, true, false, false, false},
		2: {false, true, false, true, false},
		3: {false, false, true, true, false},
	}
	for value, holds := range want {
		for i, op := range ops {
			if got := op.Holds(value, 2); got != holds[i] {
				t.Errorf("%v %s 2 is %v", value, op, got)
			}
		}
	}
	for _, op := range ops {
		if op.Holds(math.NaN(), 2) {
			t.Errorf("NaN %s 2 holds", op)
		}
	}
}

func TestValidate(t *testing.T) {
	ratio := func() *slo.SLO {
		s := plain(t)
		s.Parts[0].Indicator = slo.Indicator{Good: &slo.Query{Text: "g"}, Total: &slo.Query{Text: "t"}}
		return s
	}
	if err := ratio().Validate(); err != nil {
		t.Fatalf("a plain ratio is refused: %v", err)
	}
	cases := []struct {
		name   string
		change func(*slo.SLO)
		want   string
	}{
		{"no name", func(s *slo.SLO) { s.Name = "" }, "no name"},
		{"objective of 1", func(s *slo.SLO) { s.Objective = slo.One }, "objective"},
		{"no window", func(s *slo.SLO) { s.Window = slo.Window{} }, "window"},
		{"time slices without a length", func(s *slo.SLO) { s.Method = slo.Timeslices }, "Timeslices needs"},
		{"no indicator", func(s *slo.SLO) { s.Parts = nil }, "no indicator"},
		{"a weight of 0", func(s *slo.SLO) { s.Parts[0].Weight = 0 }, "weight"},
		{"a weight that is no number", func(s *slo.SLO) { s.Parts[0].Weight = math.NaN() }, "weight"},
		{"an endless weight", func(s *slo.SLO) { s.Parts[0].Weight = math.Inf(1) }, "weight"},
		{"good alone", func(s *slo.SLO) { s.Parts[0].Indicator.Total = nil }, "it has 1"},
		{"good, bad and total", func(s *slo.SLO) { s.Parts[0].Indicator.Bad = &slo.Query{} }, "it has 3"},
		{"a threshold without a query", func(s *slo.SLO) { s.Parts[0].Indicator = slo.Indicator{Kind: slo.Threshold} }, "no query"},
		{"a threshold without a comparison", func(s *slo.SLO) {
			s.Parts[0].Indicator = slo.Indicator{Kind: slo.Threshold, Value: &slo.Query{}}
		}, "comparison"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := ratio()
			c.change(s)
			if err := s.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one about %q", err, c.want)
			}
		})
	}
}

func TestDefaultBurnAlertsSpendTheWorkbooksShares(t *testing.T) {
	shares := []float64{0.02, 0.05, 0.10, 0.10}
	for _, window := range []time.Duration{slo.Day30, 28 * 24 * time.Hour, 7 * 24 * time.Hour} {
		for i, a := range slo.DefaultBurnAlerts() {
			if err := a.Validate(); err != nil {
				t.Error(err)
			}
			share := a.FactorFor(window) * float64(a.Long) / float64(window)
			if math.Abs(share-shares[i]) > 1e-12 && window == slo.Day30 {
				t.Errorf("%v over %v spends %v of the budget, want %v", a, window, share, shares[i])
			}
			if want := a.Factor * float64(window) / float64(slo.Day30); a.FactorFor(window) != want {
				t.Errorf("factor for %v is %v", window, a.FactorFor(window))
			}
		}
	}
	want := []string{"5m", "30m", "1h", "2h", "6h", "1d", "3d"}
	for i, d := range slo.BurnWindows(slo.DefaultBurnAlerts()) {
		if slo.Rolling(d).Text != want[i] {
			t.Errorf("burn window %d is %v, want %s", i, d, want[i])
		}
	}
}

func TestBurnAlertValidate(t *testing.T) {
	good := slo.BurnAlert{Long: time.Hour, Short: time.Minute, Factor: 2, Severity: slo.Page}
	for name, change := range map[string]func(*slo.BurnAlert){
		"short as long as long": func(a *slo.BurnAlert) { a.Short = a.Long },
		"no short window":       func(a *slo.BurnAlert) { a.Short = 0 },
		"no factor":             func(a *slo.BurnAlert) { a.Factor = 0 },
		"factor is no number":   func(a *slo.BurnAlert) { a.Factor = math.NaN() },
		"unknown severity":      func(a *slo.BurnAlert) { a.Severity = "loud" },
	} {
		a := good
		change(&a)
		if a.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// rates gives counts whose burn rate of 0.999 is as wanted per window.
func rates(burn map[time.Duration]float64) slo.CountFunc {
	return func(_ int, from, to time.Time) slo.Counts {
		d := to.Sub(from)
		total := 1e6 * d.Hours()
		return slo.Counts{Start: from, End: to, Total: total, Good: total - total*0.001*burn[d], Covered: d}
	}
}

func TestAnAlertFiresWhereBothWindowsAreOverTheFactor(t *testing.T) {
	const f = 14.4 * 28 / 30 // the first page alert's factor, for 28 days
	cases := []struct {
		name        string
		long, short float64
		want        int
	}{
		{"both over", f + 0.1, f + 0.1, 1},
		{"the short one is over no more", f + 0.1, f - 0.1, 0},
		{"the long one is not over yet", f - 0.1, f + 0.1, 0},
	}
	for _, c := range cases {
		counts := rates(map[time.Duration]float64{time.Hour: c.long, 5 * time.Minute: c.short})
		b := plain(t).Evaluate(end, slo.DefaultBurnAlerts(), account(counts))
		if len(b.Firing) != c.want {
			t.Errorf("%s: %d alerts fire, want %d", c.name, len(b.Firing), c.want)
		}
	}
}

func TestProjectedExhaustion(t *testing.T) {
	const day = 24 * time.Hour
	month := slo.Window{Unit: slo.Month, Count: 1, Anchor: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	mid := time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC) // half of November has passed
	cases := []struct {
		name             string
		window           slo.Window
		windowBurn, pace float64 // over the window so far, and over 6 h
		want             time.Duration
	}{
		{"half left at twice the pace lasts a quarter of the window", slo.Rolling(28 * day), 0.5, 2, 7 * day},
		{"nothing bad lately: no date", slo.Rolling(28 * day), 0.5, 0, 0},
		{"all spent: no date", slo.Rolling(28 * day), 1, 2, 0},
		{"a pace that takes decades: no date", slo.Rolling(28 * day), 0.5, 0.001, 0},
		{"half a month at pace 1, then 2: the second half's budget lasts half as long", month, 1, 2, 7*day + 12*time.Hour},
		{"a calendar window that ends before: no date", month, 0.5, 1, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := plain(t)
			s.Window = c.window
			start, _ := c.window.Bounds(mid)
			burn := map[time.Duration]float64{mid.Sub(start): c.windowBurn, 6 * time.Hour: c.pace}
			b := s.Evaluate(mid, slo.DefaultBurnAlerts(), account(rates(burn)))
			switch {
			case c.want == 0 && !b.ExhaustedAt.IsZero():
				t.Errorf("exhausted at %v, want no date", b.ExhaustedAt)
			case c.want != 0 && b.ExhaustedAt.IsZero():
				t.Errorf("no date, want after %v", c.want)
			case c.want != 0 && b.ExhaustedAt.Sub(mid).Round(time.Minute) != c.want:
				t.Errorf("exhausted after %v, want %v", b.ExhaustedAt.Sub(mid), c.want)
			}
		})
	}
}
