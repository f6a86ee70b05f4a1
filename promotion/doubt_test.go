package promotion_test

import (
	"testing"
	"time"

	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// short gives a budget a history of that length, with so many bad of 10,000 events of
// which 10 may be.
func short(history time.Duration, bad float64) func(*status.Budget) {
	return func(b *status.Budget) {
		b.State = slo.InsufficientData
		b.Expected = b.WindowEnd.Add(-history)
		b.VerdictFrom = b.Expected.Add(24 * time.Hour)
		b.Good, b.Total, b.Bad, b.Allowed = ptr(10_000-bad), ptr(10_000), ptr(bad), ptr(10)
	}
}

func flagAs(kind slo.FlagKind, last time.Duration) func(*status.Budget) {
	return func(b *status.Budget) {
		at := now.Add(-last).Truncate(time.Second)
		b.Flags = append(b.Flags, slo.Flag{Kind: kind, Count: 12, First: at.Add(-time.Hour), Last: at})
	}
}

func gone(b *status.Budget) {
	silence(b)
	b.Coverage, b.LastSample = 1, b.WindowEnd
	b.Absent = []slo.Absence{{Kind: slo.NoLabel, Side: "bad", Selector: `http_requests_total{status="500"}`, Label: "status", Nearest: []string{"code"}}}
}

func failing(b *status.Budget) { b.Failure = "the query times out after 30s" }

func TestShortHistoriesAbsencesAndFailures(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*promotion.Evidence)
		verdict promotion.Verdict
		check   string
		result  promotion.Result
		reason  string
	}{
		{"a new ShopSet of the target passes while few are bad", on("a-1", short(40*time.Second, 10)), promotion.Promote, "budget", promotion.Pass,
			"Short history, within budget so far: 10 of 10,000 events were bad (10 allowed). Verdict at 2026-11-01T23:59:20Z (see budgets.least_history)."},
		{"with more bad than allowed it is unknown, and no fail", on("a-1", short(40*time.Second, 11)), promotion.Inconclusive, "budget", promotion.Unknown,
			"Short history, more bad events than allowed so far: 11 of 10,000"},
		{"a new ShopSet that shows how the Release behaves shows too little", on("a-2", short(20*time.Hour, 0)), promotion.Inconclusive, "budget", promotion.Unknown,
			"not enough to judge the Release: 0 of 10,000 events were bad (10 allowed). Verdict at 2026-11-01T04:00:00Z"},
		{"below, more bad than allowed is unknown too", on("a-2", short(20*time.Hour, 11)), promotion.Inconclusive, "budget", promotion.Unknown, "more bad events than allowed so far"},
		{"an alert over an hour is no news after 40 seconds", on("a-1", func(b *status.Budget) { short(40*time.Second, 0)(b); firing(b) }), promotion.Inconclusive, "burn_rate", promotion.Unknown,
			"but the history is shorter than the alert window"},
		{"after two hours it is", on("a-1", func(b *status.Budget) { short(2*time.Hour, 0)(b); firing(b) }), promotion.Hold, "burn_rate", promotion.Fail, "a page alert is firing"},

		{"a label that does not exist is no pass, and names the nearest", on("a-2", gone), promotion.Inconclusive, "budget", promotion.Unknown,
			`Cannot tell good from bad events: http_requests_total{status="500"} (bad) asks for the label status, which no series of the metric has; there is code.`},
		{"nor is it one for the target", on("a-1", gone), promotion.Inconclusive, "budget", promotion.Unknown, "there is code"},
		{"its burn rates pass no more", on("a-2", gone), promotion.Inconclusive, "burn_rate", promotion.Unknown, "there is code"},
		{"what is not being counted is no pass", on("a-2", failing), promotion.Inconclusive, "budget", promotion.Unknown,
			"Counting is failing: the query times out after 30s. Last known: 80.0%"},
		{"nor are its burn rates", on("b-1", failing), promotion.Inconclusive, "burn_rate", promotion.Unknown, "the query times out"},
		{"a budget that was used up before the failure holds", on("a-1", func(b *status.Budget) { exhaust(b); failing(b) }), promotion.Hold, "budget", promotion.Fail, "is exhausted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := whole(t, "prod")
			c.change(&e)
			expect(t, promotion.Decide(required(), e, now), c.verdict, c.check, c.result, c.reason)
		})
	}
}

// firing is a page alert and nothing else.
func firing(b *status.Budget) { b.Firing = append(b.Firing, b.Alerts[0]) }

func TestAFlagIsNeverSilent(t *testing.T) {
	const before, since = 20 * 24 * time.Hour, 2 * time.Hour // the Release came 26 hours ago
	for _, c := range []struct {
		name    string
		change  func(*promotion.Evidence)
		verdict promotion.Verdict
		check   string
		result  promotion.Result
		reason  string
	}{
		{"several processes since the Release came leave it open", on("a-2", flagAs(slo.SeveralProcesses, since)), promotion.Inconclusive, "budget", promotion.Unknown,
			"Flagged: several_processes: 12 times from 2026-10-31T21:00:30Z to 2026-10-31T22:00:30Z. Bad events may be missing (several_processes), so the check cannot pass."},
		{"so do labels that changed", on("a-2", flagAs(slo.ChangedLabels, since)), promotion.Inconclusive, "budget", promotion.Unknown, "(labels_changed)"},
		{"and a sum that dropped by a part", on("a-2", flagAs(slo.PartialDrop, since)), promotion.Inconclusive, "budget", promotion.Unknown, "(partial_drop)"},
		{"before it came they are told of", on("a-2", flagAs(slo.SeveralProcesses, before)), promotion.Promote, "budget", promotion.Pass, "Flagged: several_processes: 12 times"},
		{"a series of unknown age comes with every Release", on("a-2", flagAs(slo.UnknownFirst, since)), promotion.Promote, "budget", promotion.Pass, "Flagged: unknown_first_sample"},
		{"what was counted as a reset is counted", on("a-2", flagAs(slo.UnexplainedDrop, since)), promotion.Promote, "budget", promotion.Pass, "Flagged: reset_without_restart"},
		{"in the target they are told of", on("a-1", flagAs(slo.SeveralProcesses, since)), promotion.Promote, "budget", promotion.Pass, "Flagged: several_processes"},
		{"burn rates tell of those in their windows", on("a-2", flagAs(slo.UnknownFirst, since)), promotion.Promote, "burn_rate", promotion.Pass, "Flagged: unknown_first_sample"},
		{"and say nothing with one that hides", on("a-2", flagAs(slo.PartialDrop, since)), promotion.Inconclusive, "burn_rate", promotion.Unknown, "Bad events may be missing"},
		{"a budget that is used up is, flagged or not", on("a-2", func(b *status.Budget) { exhaust(b); flagAs(slo.PartialDrop, since)(b) }), promotion.Hold, "budget", promotion.Fail, "Flagged: partial_drop"},
		{"where it is not known when it came, the last day counts", func(e *promotion.Evidence) {
			e.Fleet = promotion.FleetView{}
			on("a-2", flagAs(slo.PartialDrop, since))(e)
		}, promotion.Inconclusive, "budget", promotion.Unknown, "Bad events may be missing"},
		{"and no more than that", func(e *promotion.Evidence) {
			e.Fleet = promotion.FleetView{}
			on("a-2", flagAs(slo.PartialDrop, 25*time.Hour))(e)
		}, promotion.Promote, "budget", promotion.Pass, "Flagged: partial_drop"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := whole(t, "prod")
			c.change(&e)
			p := required()
			if e.Fleet.Where == "" {
				p = promotion.Policy{}
				e.Source.Soak = 0
			}
			d := promotion.Decide(p, e, now)
			expect(t, d, c.verdict, c.check, c.result, c.reason)
			for _, check := range d.Checks {
				if check.Check == c.check && check.Result == c.result && check.Evidence.Get("flags") != nil {
					return
				}
			}
			t.Error("no such check has the flag in its evidence")
		})
	}
}

// doubtful is an account of good health with something wrong about it.
type doubtful struct {
	ledger
	change func(*slo.Account)
}

func (l doubtful) Account(s *slo.SLO, subject string, at time.Time) slo.Account {
	a := l.ledger.Account(s, subject, at)
	if subject == "a-2" {
		l.change(&a)
	}
	return a
}

func TestWhatIsKnownSinceTheReleaseCameMayBeInDoubt(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*slo.Account)
		result promotion.Result
		reason string
	}{
		{"a flag that hides bad events since it came", func(a *slo.Account) {
			a.Flags = []slo.Flag{{Kind: slo.SeveralProcesses, Count: 1, First: came.Add(-time.Hour), Last: came.Add(time.Second)}}
		}, promotion.Unknown, "Bad events may be missing (several_processes)"},
		{"a flag that hides none", func(a *slo.Account) {
			a.Flags = []slo.Flag{{Kind: slo.UnknownFirst, Count: 1, First: came.Add(time.Second), Last: came.Add(time.Second)}}
		}, promotion.Pass, "Flagged: unknown_first_sample: once, at"},
		{"a failure", func(a *slo.Account) { a.Failure = "the query is refused" }, promotion.Unknown, "Counting is failing: the query is refused. Last known:"},
		{"a metric that does not exist", func(a *slo.Account) {
			a.Absent = []slo.Absence{{Kind: slo.NoMetric, Side: "bad", Selector: "errors_total"}}
		}, promotion.Unknown, "Cannot tell good from bad events: the ShopSet has no series of the metric in errors_total (bad)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := whole(t, "prod")
			e.Compare(slos(t), doubtful{change: c.change}, now, required())
			d := promotion.Decide(required(), e, now)
			verdict := promotion.Promote
			if c.result == promotion.Unknown {
				verdict = promotion.Inconclusive
			}
			expect(t, d, verdict, "since_release", c.result, c.reason)
		})
	}
	e := whole(t, "prod")
	e.Compare(slos(t), doubtful{change: func(a *slo.Account) {
		a.Flags = []slo.Flag{{Kind: slo.SeveralProcesses, Count: 1, First: came.Add(-2 * time.Hour), Last: came}}
	}}, now, required())
	for _, c := range e.Comparisons {
		if len(c.Flags) > 0 {
			t.Errorf("a flag of before the Release came is in its comparison: %+v", c.Flags)
		}
	}
}

func TestTheTimeBeforeAShopSetWasExpectedIsNoTimeWithoutData(t *testing.T) {
	late := func(expected time.Duration) func(*slo.Account) {
		return func(a *slo.Account) {
			first := came.Add(20 * time.Hour)
			all := a.Counts
			a.Counts = func(part int, from, to time.Time) slo.Counts {
				c := all(part, from, to)
				if from.Before(first) {
					c.Covered = max(0, to.Sub(first))
				}
				return c
			}
			if expected > 0 {
				a.Expected = came.Add(expected)
			}
		}
	}
	for expected, want := range map[time.Duration]float64{0: 6. / 26, 20 * time.Hour: 1, 14 * time.Hour: 0.5} {
		e := whole(t, "prod")
		e.Compare(slos(t), doubtful{change: late(expected)}, now, required())
		for _, c := range e.Comparisons {
			if c.ShopSet == "a-2" && (c.Since.Coverage < want-0.01 || c.Since.Coverage > want+0.01) {
				t.Errorf("expected %v after the Release came: coverage %v, want %v", expected, c.Since.Coverage, want)
			}
		}
	}
}

func TestWithoutAnAlertThatFitsBurnRatesAreNotChecked(t *testing.T) {
	e := whole(t, "prod")
	on("a-1", func(b *status.Budget) { b.Alerts = nil })(&e)
	expect(t, promotion.Decide(required(), e, now), promotion.Promote, "burn_rate", promotion.NotChecked, "No page alert fits the 28d window")
	e.Report.Alerts = nil
	expect(t, promotion.Decide(required(), e, now), promotion.Inconclusive, "burn_rate", promotion.Unknown, "No page alert is configured")
}
