package slo_test

import (
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// counted is an account with counts that are the same whatever the window, covered
// since a time before end.
func counted(good, total float64, since time.Duration) slo.Account {
	first := end.Add(-since)
	return slo.Account{Counts: func(_ int, from, to time.Time) slo.Counts {
		c := slo.Counts{Start: from, End: to, Good: good, Total: total}
		if from.Before(first) {
			from = first
		}
		c.Covered = max(0, to.Sub(from))
		return c
	}}
}

func TestAHistoryThatIsTooShortGivesNoVerdict(t *testing.T) {
	const plenty = 1e6
	cases := []struct {
		name       string
		good       float64
		expected   time.Duration // ago; 0: not known
		started    time.Duration // ago; 0: not known
		window     time.Duration
		least      time.Duration // 0: the default
		want       slo.State
		verdictsIn time.Duration
	}{
		{"40 seconds of errors exhaust nothing", 0, 40 * time.Second, 0, 28 * day, 0, slo.InsufficientData, day - 40*time.Second},
		{"nor are 40 good seconds ok", plenty, 40 * time.Second, 0, 28 * day, 0, slo.InsufficientData, day - 40*time.Second},
		{"a day is enough to be exhausted", 0, day, 0, 28 * day, 0, slo.Exhausted, 0},
		{"a day is enough to be ok", plenty, day, 0, 28 * day, 0, slo.OK, 0},
		{"a second less is not", plenty, day - time.Second, 0, 28 * day, 0, slo.InsufficientData, time.Second},
		{"of a window of an hour an hour is enough", 0, time.Hour, 0, time.Hour, 0, slo.Exhausted, 0},
		{"of a window of an hour half an hour is not", 0, 30 * time.Minute, 0, time.Hour, 0, slo.InsufficientData, 30 * time.Minute},
		{"the setting shortens it", 0, 10 * time.Minute, 0, 28 * day, 10 * time.Minute, slo.Exhausted, 0},
		{"the setting lengthens it", plenty, 2 * day, 0, 28 * day, 3 * day, slo.InsufficientData, day},
		{"without a time of expectation counting's start counts", 0, 0, time.Hour, 28 * day, 0, slo.InsufficientData, 23 * time.Hour},
		{"expected long ago, counted of late: the history is long", 0, 3 * day, time.Hour, 28 * day, 0, slo.Exhausted, 0},
		{"nothing known of either: long", 0, 0, 0, 28 * day, 0, slo.Exhausted, 0},
		{"what contradicts itself does so at once", plenty + 1, time.Minute, 0, 28 * day, 0, slo.Inconsistent, day - time.Minute},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := plain(t)
			s.Window, s.LeastHistory = slo.Rolling(c.window), c.least
			a := counted(c.good, plenty, c.window)
			if c.expected > 0 {
				a.Expected = end.Add(-c.expected)
			}
			if c.started > 0 {
				a.Start = end.Add(-c.started)
			}
			b := s.Evaluate(end, slo.DefaultBurnAlerts(), a)
			if b.State != c.want {
				t.Errorf("state is %s, want %s", b.State, c.want)
			}
			want := time.Time{}
			if c.verdictsIn > 0 {
				want = end.Add(c.verdictsIn)
			}
			if !b.VerdictFrom.Equal(want) {
				t.Errorf("verdict from %v, want %v", b.VerdictFrom, want)
			}
		})
	}
}

func TestCoverageCountsFromWhenTheSubjectWasExpected(t *testing.T) {
	cases := []struct {
		name              string
		expected, covered time.Duration // ago
		want              float64
		state             slo.State
	}{
		{"expected for two days, covered for one", 2 * day, day, 0.5, slo.OK},
		{"covered since it was expected", 2 * day, 2 * day, 1, slo.OK},
		{"samples from before it was expected do no harm", 2 * day, 10 * day, 1, slo.OK},
		{"expected before the window began", 60 * day, 14 * day, 0.5, slo.OK},
		{"one that never sent stays no_data", 2 * day, 0, 0, slo.NoData},
		{"one that was expected a minute ago and never sent as well", time.Minute, 0, 0, slo.NoData},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := counted(1e6, 1e6, c.covered)
			a.Expected = end.Add(-c.expected)
			b := plain(t).Evaluate(end, slo.DefaultBurnAlerts(), a)
			if !near(b.Coverage, c.want) && b.Coverage != c.want || b.State != c.state {
				t.Errorf("coverage %v, state %s; want %v, %s", b.Coverage, b.State, c.want, c.state)
			}
		})
	}
}

func TestWhatIsLeftOutBeforeTheSubjectWasExpectedIsNoPartOfTheTimeSince(t *testing.T) {
	a := counted(1e6, 1e6, day)
	a.Start, a.End, a.Expected = end.Add(-28*day), end, end.Add(-2*day)
	a = a.Without([]slo.Span{{From: end.Add(-20 * day), Until: end.Add(-10 * day)}})
	if b := plain(t).Evaluate(end, nil, a); b.Coverage != 0.5 {
		t.Errorf("coverage is %v, want half of the two days", b.Coverage)
	}
	a = a.Without([]slo.Span{{From: end.Add(-2 * day), Until: end.Add(-day)}})
	if b := plain(t).Evaluate(end, nil, a); b.Coverage != 1 {
		t.Errorf("with the day without data left out, coverage is %v", b.Coverage)
	}
}

func TestAnAbsenceThatMisleadsLeavesNoFigure(t *testing.T) {
	for kind, want := range map[slo.AbsenceKind]slo.State{
		slo.NoMetric: slo.NoData, slo.NoLabel: slo.NoData, slo.NoBound: slo.NoData, slo.Unlabelled: slo.NoData,
		slo.NoSuch: slo.OK, slo.NoSubject: slo.OK, slo.LoneLabel: slo.OK,
	} {
		a := counted(1e6, 1e6, 28*day)
		a.Absent = []slo.Absence{{Kind: kind, Side: "bad"}}
		b := plain(t).Evaluate(end, slo.DefaultBurnAlerts(), a)
		if b.State != want || (b.Good == nil) != (want == slo.NoData) || (b.BurnRates[0].Rate == nil) != (want == slo.NoData) {
			t.Errorf("%s: state %s, good %v, burn rate %v", kind, b.State, b.Good, b.BurnRates[0].Rate)
		}
		if b.Coverage != 1 {
			t.Errorf("%s: coverage is %v: it was scraped all the same", kind, b.Coverage)
		}
	}
}

func TestFlagsEndWithTheWindow(t *testing.T) {
	a := slo.Account{Flags: []slo.Flag{
		{Kind: slo.PartialDrop, Count: 2, First: end.Add(-40 * day), Last: end.Add(-30 * day)},
		{Kind: slo.SeveralProcesses, Count: 9, First: end.Add(-40 * day), Last: end.Add(-day)},
		{Kind: slo.UnknownFirst, Count: 1, First: end.Add(-28 * day), Last: end.Add(-28 * day)},
	}}
	got := a.FlagsAfter(end.Add(-28 * day))
	if len(got) != 1 || got[0].Kind != slo.SeveralProcesses {
		t.Errorf("flags of the window are %v", got)
	}
}
