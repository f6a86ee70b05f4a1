// Package status joins budgets with the fleet: for every SLO and every ShopSet
// that it applies to, how much of the error budget is left. It is the one answer
// that the command line, the API, the gate and the review share.
//
// It asks a Ledger for counts and does no I/O of its own. A ShopSet that the fleet
// expects and that sends nothing has a budget too, in state no_data.
package status

import (
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
)

// version is that of the JSON shape, see docs/status.schema.json.
const version = 1

// Ledger tells what has been counted.
type Ledger interface {
	// Account gives what has been counted of an SLO for a subject (a ShopSet's
	// name), up to the newest closed edge at or before at. Where nothing has been
	// counted, or nothing yet, the Account's End is zero. It does not block on I/O, and
	// is called by several goroutines at once.
	Account(s *slo.SLO, subject string, at time.Time) slo.Account
}

// Report holds the budgets of a fleet at one time.
type Report struct {
	At time.Time
	// Outage says why a server could not read its source last time: what is counted is
	// of before. "": it could, or nobody keeps counting.
	Outage string
	// Alerts are those that burn rates were compared with; factors for 30 days.
	Alerts []slo.BurnAlert
	// Budgets in the order of the fleet (lowest Tier first, ShopSets by name), and
	// for each ShopSet in the order in which the SLOs were given.
	Budgets []Budget
}

// Budget is the error budget of one SLO for one ShopSet. A figure that does not
// exist is nil, a time that does not exist is zero.
type Budget struct {
	SLO         string
	Service     string // may be empty
	DisplayName string // may be empty
	// Owner and Runbook are whose the SLO is, and the address of what to do; empty where its
	// document, and its service's, do not say.
	Owner, Runbook string
	Objective      slo.Objective
	Window         string // as the document has it: "28d", "1M"
	ShopSet        fleet.ShopSetName
	Tier           fleet.TierName

	Unit    slo.Unit
	Counted Counted
	// Where nothing has been counted yet, State and burn rates' windows are all there is.
	slo.Budget

	// ExactFrom is the time before which nothing was counted.
	ExactFrom time.Time
	// Expected is since when the ShopSet was expected to send; Coverage counts from
	// there.
	Expected time.Time
	// LastSample is when something was last heard of the ShopSet.
	LastSample time.Time

	// Alerts are those of the Report as fitted to the SLO: windows and factors as
	// compared.
	Alerts []slo.BurnAlert
	// Flags are what makes the figures of the window doubtful.
	Flags []slo.Flag
	// Absent is what the SLO's selectors ask for and the source does not have.
	Absent []slo.Absence
	// Failure says why the SLO is not being counted now; "" where it is. Figures are
	// then those of before.
	Failure string
	// Notes are sentences on how the figures came about, and what makes them doubtful:
	// one for each of Flags, Absent and Failure is among them.
	Notes []string
}

// Misleads reports whether something absent makes the figures meaningless.
func (b *Budget) Misleads() bool { return slices.ContainsFunc(b.Absent, slo.Absence.Misleads) }

// Left is what is left of the budget; nil also where the counts contradict each other and
// so leave nothing that could be told.
func (b *Budget) Left() *float64 {
	if b.State == slo.Inconsistent {
		return nil
	}
	return b.RemainingRatio
}

// Pages reports whether an alert of severity page fires now. What contradicts itself pages
// nobody: its burn rates mean nothing.
func (b *Budget) Pages() bool {
	return b.State != slo.Inconsistent && slices.ContainsFunc(b.Firing, func(a slo.BurnAlert) bool { return a.Severity == slo.Page })
}

// Counted says how events were counted.
type Counted string

// The ways of counting.
const (
	FromSamples Counted = "samples" // raw samples of counters: exact
	OnGrid      Counted = "grid"    // an expression evaluated at fixed steps
)

// Applies reports whether an SLO applies to the ShopSets of a Tier: its list of
// Tiers is empty or names it.
func Applies(s *slo.SLO, tier fleet.TierName) bool {
	return len(s.Tiers) == 0 || slices.Contains(s.Tiers, string(tier))
}

// Compute gives the budgets at a time, of every SLO and every ShopSet that it
// applies to. It asks the Ledger from several goroutines.
func Compute(at time.Time, f *fleet.Fleet, slos []slo.SLO, alerts []slo.BurnAlert, ledger Ledger) Report {
	sets := f.ShopSets()
	parts := make([][]Budget, min(runtime.GOMAXPROCS(0), len(sets)))
	fitted := make([][]slo.BurnAlert, len(slos))
	for i := range slos {
		fitted[i], _ = slo.BurnAlertsFor(&slos[i], alerts)
	}
	var all sync.WaitGroup
	for i := range parts {
		all.Go(func() {
			mine := sets[i*len(sets)/len(parts) : (i+1)*len(sets)/len(parts)]
			parts[i] = make([]Budget, 0, len(mine)*len(slos))
			for _, set := range mine {
				for j := range slos {
					if s := &slos[j]; Applies(s, set.Tier) {
						parts[i] = append(parts[i], budget(s, set, alerts, fitted[j], ledger.Account(s, string(set.Name), at)))
					}
				}
			}
		})
	}
	all.Wait()
	return Report{At: at, Alerts: alerts, Budgets: slices.Concat(parts...)}
}

func budget(s *slo.SLO, set fleet.ShopSet, alerts, fitted []slo.BurnAlert, a slo.Account) Budget {
	b := Budget{
		SLO: s.Name, Service: s.Service, DisplayName: s.DisplayName, Owner: s.Owner(), Runbook: s.Runbook(),
		Objective: s.Objective, Window: s.Window.String(),
		ShopSet: set.Name, Tier: set.Tier,
		Unit: unit(s, a), Counted: FromSamples, Budget: slo.Budget{State: slo.NoData},
		ExactFrom: a.Start, Expected: a.Expected, LastSample: a.LastSample,
		Alerts: fitted, Absent: a.Absent, Failure: a.Failure, Notes: a.Notes,
	}
	if a.Grid {
		b.Counted = OnGrid
	}
	if a.End.IsZero() || a.Counts == nil {
		for _, w := range slo.BurnWindows(slices.Concat(alerts, fitted)) {
			b.BurnRates = append(b.BurnRates, slo.BurnRate{Window: w})
		}
		b.note()
		return b
	}
	b.Budget = s.Evaluate(a.End, alerts, a)
	b.Flags = a.FlagsAfter(b.WindowStart)
	b.note()
	return b
}

// unit is the account's, or what the SLO's method counts where there is none yet.
func unit(s *slo.SLO, a slo.Account) slo.Unit {
	switch {
	case a.Unit != "":
		return a.Unit
	case s.Method != slo.Occurrences:
		return slo.Slices
	case a.Grid:
		return slo.Points
	}
	return slo.Events
}
