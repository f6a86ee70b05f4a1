package review

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
)

// minutes is a ledger that has every minute's counts in a list, and gives them between
// edges as the real one does: all of late, of earlier times one an hour.
type minutes struct {
	begin time.Time // of the first minute
	fine  time.Time // from here on every edge is kept
	good  []float64
	total []float64
	dark  []bool // without data
	sums  []sums
}

func (m *minutes) edge(t time.Time) time.Time {
	if t.Before(m.fine) {
		return t.Truncate(time.Hour)
	}
	return t.Truncate(time.Minute)
}

func (m *minutes) counts(_ int, from, to time.Time) slo.Counts {
	c := slo.Counts{Start: m.edge(from), End: m.edge(to)}
	a, b := m.upTo(c.Start), m.upTo(c.End)
	c.Good, c.Total, c.Covered = b.good-a.good, b.total-a.total, time.Duration(b.covered-a.covered)*time.Minute
	return c
}

// sums are those of all minutes up to one.
type sums struct {
	good, total float64
	covered     int
}

func (m *minutes) upTo(t time.Time) sums {
	if len(m.sums) != len(m.total)+1 {
		m.sums = make([]sums, 1, len(m.total)+1)
		for i := range m.total {
			s := m.sums[i]
			s.good, s.total = s.good+m.good[i], s.total+m.total[i]
			if !m.dark[i] {
				s.covered++
			}
			m.sums = append(m.sums, s)
		}
	}
	return m.sums[min(max(0, int(t.Sub(m.begin)/time.Minute)), len(m.total))]
}

func (m *minutes) Account(s *slo.SLO, _ string, at time.Time) slo.Account {
	return slo.Account{Unit: slo.Events, Start: m.begin, End: m.edge(at), Edges: time.Hour, Counts: m.counts}
}

// quiet is a ledger that has counted nothing.
type quiet struct{}

func (quiet) Account(*slo.SLO, string, time.Time) slo.Account { return slo.Account{Unit: slo.Events} }

func testSLO(objective float64) slo.SLO {
	o, err := slo.ObjectiveOf(objective)
	if err != nil {
		panic(err)
	}
	return slo.SLO{Name: "cart", Objective: o, Window: slo.Rolling(28 * 24 * time.Hour), Parts: []slo.Part{{Weight: 1, Objective: o}}}
}

func testFleet(t testing.TB, sets ...string) *fleet.Fleet {
	t.Helper()
	d := fleet.Declarations{FailureDomains: []fleet.FailureDomain{{Name: "here"}}, Configurations: []fleet.Configuration{{Name: "production"}},
		Tiers: []fleet.Tier{{Name: "beta", Order: 0, Branch: "tier-0"}, {Name: "prod", Order: 1, Branch: "tier-1"}}}
	for i, name := range sets {
		tier := fleet.TierName("prod")
		if i == 0 && len(sets) > 1 {
			tier = "beta"
		}
		d.ShopSets = append(d.ShopSets, fleet.ShopSet{Name: fleet.ShopSetName(name), Tier: tier, Configuration: "production", FailureDomain: "here"})
	}
	f, err := fleet.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// random makes minutes for a period with four before it: traffic that comes and goes,
// background errors, outages of all lengths, and time without data.
func random(r *rand.Rand, p Period, fine time.Time) *minutes {
	return withOutages(r, p, fine, 2000, 400)
}

// withOutages has one in so many minutes, each so long at most.
func withOutages(r *rand.Rand, p Period, fine time.Time, every, longest int) *minutes {
	begin := p.before()[0].AddDate(0, 0, -1)
	m := &minutes{begin: begin, fine: fine}
	n := int(p.Until.Sub(begin)/time.Minute) + 60
	outage, dark := 0, 0
	share := 0.0
	for range n {
		total := float64(r.IntN(40))
		if r.IntN(5) == 0 {
			total = 0
		}
		switch {
		case outage > 0:
			outage--
		case r.IntN(every) == 0:
			outage, share = r.IntN(longest), r.Float64()*0.3
		default:
			share = 0.0005
		}
		if dark--; dark < 0 && r.IntN(3000) == 0 {
			dark = r.IntN(600)
		}
		bad := 0.0
		for range int(total) {
			if r.Float64() < share {
				bad++
			}
		}
		if dark > 0 {
			total, bad = 0, 0
		}
		m.total, m.good, m.dark = append(m.total, total), append(m.good, total-bad), append(m.dark, dark > 0)
	}
	return m
}

func weekOf(t testing.TB) Period {
	t.Helper()
	tokyo := zone(t, "Asia/Tokyo")
	return LastWeek(time.Date(2026, 11, 18, 9, 0, 0, 0, tokyo), tokyo)
}

// Every count equals the minutes added up one by one.
func TestCountsEqualTheMinutesOneByOne(t *testing.T) {
	p := weekOf(t)
	for seed := range uint64(8) {
		l := random(rand.New(rand.NewPCG(seed, 1)), p, p.Until.AddDate(0, 0, -3).Truncate(time.Hour))
		s := testSLO(0.99)
		all := Measure(Question{Period: p, Fleet: testFleet(t, "a-1"), SLOs: []slo.SLO{s}, Resolution: time.Minute}, l)
		if len(all) != 1 {
			t.Fatalf("%d measured", len(all))
		}
		m := all[0]
		same := func(what string, got Tally, from, until time.Time) {
			t.Helper()
			var want slo.Counts
			for at := from; at.Before(until); at = at.Add(time.Minute) {
				i := int(at.Sub(l.begin) / time.Minute)
				want.Good, want.Total = want.Good+l.good[i], want.Total+l.total[i]
				if !l.dark[i] {
					want.Covered += time.Minute
				}
			}
			if got.Total != want.Total || got.Good != want.Good || got.Bad != want.Total-want.Good || got.Covered != want.Covered || math.Abs(got.Allowed-want.Total/100) > 1e-9 {
				t.Errorf("seed %d, %s: %+v, want %+v", seed, what, got, want)
			}
		}
		for i := range 7 {
			same(fmt.Sprint("day ", i), m.Days[i], p.From.AddDate(0, 0, i), p.From.AddDate(0, 0, i+1))
		}
		for i := range 28 {
			same(fmt.Sprint("day before ", i), m.Before[i], p.From.AddDate(0, 0, i-28), p.From.AddDate(0, 0, i-27))
		}
		same("the week", m.week(), p.From, p.Until)
		same("the week before", m.Last, p.From.AddDate(0, 0, -7), p.From)
		same("the budget", m.Budget, p.Until.AddDate(0, 0, -28), p.Until)
		same("the budget a week ago", m.Was, p.From.AddDate(0, 0, -28), p.From)
	}
}

// The times of pages and tickets equal what is found by looking at every edge.
func TestBurnsEqualWhatIsFoundByLookingAtEveryEdge(t *testing.T) {
	p := weekOf(t)
	alerts := slo.DefaultBurnAlerts()
	s := testSLO(0.99)
	found := 0
	for seed := range uint64(12) {
		for _, fine := range []time.Time{p.From.AddDate(0, 0, -40), p.Until.AddDate(0, 0, -3).Truncate(time.Hour), p.Until.Add(time.Hour)} {
			l := random(rand.New(rand.NewPCG(seed, 2)), p, fine)
			m := Measure(Question{Period: p, Fleet: testFleet(t, "a-1"), SLOs: []slo.SLO{s}, Alerts: alerts, Resolution: time.Minute}, l)[0]
			wantFine := fine
			if fine.Before(p.From) {
				wantFine = p.From
			}
			if fine.After(p.Until) {
				wantFine = p.Until
			}
			if !m.FineFrom.Equal(wantFine) {
				t.Errorf("seed %d: every edge is kept from %v, want %v", seed, m.FineFrom, wantFine)
			}
			for _, severity := range []slo.Severity{slo.Page, slo.Ticket} {
				var want []time.Time
				for at := p.From; at.Before(p.Until); {
					step := time.Minute
					if at.Before(wantFine) {
						step = time.Hour
					}
					at = at.Add(step)
					if firing(l, &s, alerts, severity, at) {
						want = append(want, at)
					}
				}
				var got []time.Time
				for _, b := range m.Burns {
					if b.Severity != severity {
						continue
					}
					found++
					for at := b.From; at.Before(b.Until) || b.AtEnd && at.Equal(b.Until); {
						got = append(got, at)
						if at.Before(wantFine) {
							at = at.Add(time.Hour)
						} else {
							at = at.Add(time.Minute)
						}
					}
				}
				if !slices.EqualFunc(got, want, time.Time.Equal) {
					t.Errorf("seed %d, fine from %v, %s: %d edges, want %d", seed, fine, severity, len(got), len(want))
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d burns were found: the test shows little", found)
	}
}

// firing asks every alert of a severity at one edge.
func firing(l *minutes, s *slo.SLO, alerts []slo.BurnAlert, severity slo.Severity, at time.Time) bool {
	rate := func(window time.Duration) float64 {
		c := l.counts(0, at.Add(-window), at)
		if c.Covered <= 0 || c.Total <= 0 {
			return 0
		}
		return (c.Total - c.Good) / (s.Objective.BudgetRatio() * c.Total)
	}
	fitted, _ := slo.BurnAlertsFor(s, alerts)
	return slices.ContainsFunc(fitted, func(a slo.BurnAlert) bool {
		return a.Severity == severity && rate(a.Long) > a.Factor && rate(a.Short) > a.Factor
	})
}

func TestTheForecastIsTheFirstDayOnWhichTooMuchWillBeBad(t *testing.T) {
	p := weekOf(t)
	s := testSLO(0.99)
	for _, test := range []struct {
		name        string
		early, late float64 // bad of 100 a minute, in the weeks before and in the last one
		want        int     // days after the week; 0: never
		state       slo.State
		dark        int // how many of the last days have no data
	}{
		{"as good as ever: never", 0.5, 0.5, 0, slo.OK, 0},
		{"nothing bad: never", 0, 0, 0, slo.OK, 0},
		// After d days 21−d early days are left, and 7+d late ones: 0.5·(21−d) + 2·(7+d) > 28 from d = 3 (2.33…).
		{"the last week burns twice the budget", 0.5, 2, 3, slo.AtRisk, 0},
		{"exhausted already", 1.5, 1.5, 0, slo.Exhausted, 0},
		{"most of the last week has no data", 0.5, 2, 0, slo.OK, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := &minutes{begin: p.before()[0].AddDate(0, 0, -1), fine: p.Until}
			for at := l.begin; at.Before(p.Until); at = at.Add(time.Minute) {
				bad := test.early
				if !at.Before(p.From) {
					bad = test.late
				}
				total, dark := 100.0, !at.Before(p.Until.AddDate(0, 0, -test.dark))
				if dark {
					total, bad = 0, 0
				}
				l.total, l.good, l.dark = append(l.total, total), append(l.good, total-bad), append(l.dark, dark)
			}
			m := Measure(Question{Period: p, Fleet: testFleet(t, "a-1"), SLOs: []slo.SLO{s}, Resolution: time.Minute}, l)[0]
			got := 0
			if !m.ExhaustedOn.IsZero() {
				got = int(m.ExhaustedOn.Sub(p.Until).Hours()) / 24
			}
			if got != test.want || m.State != test.state {
				t.Errorf("exhausted after %d days, %s; want %d, %s", got, m.State, test.want, test.state)
			}
		})
	}
}

func TestWhatSentNothingIsMeasuredWithoutData(t *testing.T) {
	p := weekOf(t)
	all := Measure(Question{Period: p, Fleet: testFleet(t, "a-1", "b-2"), SLOs: []slo.SLO{testSLO(0.99)}, Alerts: slo.DefaultBurnAlerts(), Resolution: time.Minute}, quiet{})
	if len(all) != 2 {
		t.Fatalf("%d measured, want 2", len(all))
	}
	for _, m := range all {
		if c := count(m.week()); m.State != slo.NoData || c.Total != nil || c.SLI != nil || c.Coverage != 0 || m.week().Span != 7*24*time.Hour || len(m.Burns) > 0 {
			t.Errorf("%s: %s, %+v", m.ShopSet, m.State, c)
		}
	}
}

func TestWhatWasNotCountedIsAGap(t *testing.T) {
	p := weekOf(t)
	l := &minutes{begin: p.before()[0], fine: p.From}
	for at := l.begin; at.Before(p.Until); at = at.Add(time.Minute) {
		l.total, l.good, l.dark = append(l.total, 100), append(l.good, 100), append(l.dark, false)
	}
	stopped := stoppedLedger{l, p.From.AddDate(0, 0, 2).Add(6 * time.Hour)}
	r := Compile(Input{At: p.Until, Period: p, Measured: Measure(Question{Period: p, Fleet: testFleet(t, "a-1"), SLOs: []slo.SLO{testSLO(0.99)}, Resolution: time.Minute}, stopped)})
	if len(r.Gaps) != 1 || r.Gaps[0].Missing != (4*24+18)*3600 || len(r.Gaps[0].Days) != 5 || *r.Budgets[0].Week.Total != 100*60*54 {
		t.Errorf("gaps %+v, %v events", r.Gaps, *r.Budgets[0].Week.Total)
	}
	if d := r.Budgets[0].Days; d[2].Coverage != 0.25 || d[3].Total != nil {
		t.Errorf("days %+v", d)
	}
}

// stoppedLedger has counted up to a time.
type stoppedLedger struct {
	*minutes
	end time.Time
}

func (s stoppedLedger) Account(o *slo.SLO, set string, _ time.Time) slo.Account {
	return s.minutes.Account(o, set, s.end)
}

func TestWhatIsNotOverYetIsNoGap(t *testing.T) {
	tokyo := zone(t, "Asia/Tokyo")
	now := time.Date(2026, 11, 11, 12, 0, 30, 0, tokyo)
	p, err := ParseWeek("2026-W46", now, tokyo)
	if err != nil {
		t.Fatal(err)
	}
	l := &minutes{begin: p.before()[0], fine: p.From}
	for at := l.begin; at.Before(now); at = at.Add(time.Minute) {
		l.total, l.good, l.dark = append(l.total, 100), append(l.good, 100), append(l.dark, false)
	}
	r := Compile(Input{At: now, Period: p, Measured: Measure(Question{Period: p, Fleet: testFleet(t, "a-1"), SLOs: []slo.SLO{testSLO(0.99)}, Resolution: time.Minute}, l)})
	if len(r.Gaps) > 0 || !r.Partial || len(r.Budgets[0].Days) != 3 || *r.Budgets[0].Week.Total != 100*60*60 {
		t.Errorf("gaps %+v, days %d, %v events", r.Gaps, len(r.Budgets[0].Days), *r.Budgets[0].Week.Total)
	}
}

// doubtful is a ledger with something wrong about its accounts.
type doubtful struct {
	*minutes
	change func(*slo.Account)
}

func (d doubtful) Account(s *slo.SLO, subject string, at time.Time) slo.Account {
	a := d.minutes.Account(s, subject, at)
	d.change(&a)
	return a
}

func TestDoubtsOfTheWeekAreMeasured(t *testing.T) {
	p := weekOf(t)
	l := random(rand.New(rand.NewPCG(1, 1)), p, p.From)
	measured := func(change func(*slo.Account)) Measured {
		return Measure(Question{Period: p, Fleet: testFleet(t, "a-1"), SLOs: []slo.SLO{testSLO(0.99)}, Resolution: time.Minute}, doubtful{l, change})[0]
	}
	m := measured(func(a *slo.Account) {
		a.Failure = "its query times out"
		a.Flags = []slo.Flag{
			{Kind: slo.PartialDrop, Count: 1, First: p.From.AddDate(0, 0, -8), Last: p.From},
			{Kind: slo.SeveralProcesses, Count: 3, First: p.From.AddDate(0, 0, -8), Last: p.From.Add(time.Hour)},
		}
	})
	if len(m.Flags) != 1 || m.Flags[0].Kind != slo.SeveralProcesses || m.Failure == "" || len(m.Notes) != 2 || !m.week().known() {
		t.Errorf("flags %v, failure %q, notes %q", m.Flags, m.Failure, m.Notes)
	}
	m = measured(func(a *slo.Account) { a.Absent = []slo.Absence{{Kind: slo.NoMetric, Side: "bad"}} })
	if m.State != slo.NoData || m.week().known() || m.Budget.known() {
		t.Errorf("what means nothing was counted: %s, %+v", m.State, m.week())
	}
	m = measured(func(a *slo.Account) { a.Expected = p.Until.Add(-time.Hour) })
	if m.State != slo.InsufficientData || !m.VerdictFrom.Equal(p.Until.Add(23*time.Hour)) {
		t.Errorf("expected for an hour: %s until %v", m.State, m.VerdictFrom)
	}
}

func TestTheTimeBeforeAShopSetWasExpectedIsNoGap(t *testing.T) {
	p := weekOf(t)
	came := p.Until.AddDate(0, 0, -2)
	l := &minutes{begin: came, fine: p.From}
	for at := came; at.Before(p.Until); at = at.Add(time.Minute) {
		l.total, l.good, l.dark = append(l.total, 10), append(l.good, 10), append(l.dark, false)
	}
	q := Question{Period: p, Fleet: testFleet(t, "a-1"), SLOs: []slo.SLO{testSLO(0.99)}, Resolution: time.Minute}
	for expected, want := range map[time.Time]int{came: 0, came.AddDate(0, 0, -1): 1} {
		in := Input{At: p.Until, Period: p, Measured: Measure(q, doubtful{l, func(a *slo.Account) { a.Expected = expected }})}
		if gaps := Compile(in).Gaps; len(gaps) != want {
			t.Errorf("expected since %v, data since %v: gaps %+v", expected, came, gaps)
		}
	}
}
