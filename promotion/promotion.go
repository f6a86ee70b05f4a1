// Package promotion decides whether a Release may move to the next Tier.
//
// Decide is pure: all evidence is gathered first, and the same policy, evidence
// and time give the same Decision for ever. Each check lives in a file of its own
// and returns Checks, each with a Result and a sentence that says why. No evidence
// is never a pass: what cannot be told is unknown, and unknown does not promote.
//
// docs/gate.md has the rules in full.
package promotion

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// version is that of the JSON shape, see docs/gate.schema.json.
const version = 1

// Verdict is what a Decision says.
type Verdict string

// The verdicts.
const (
	Promote      Verdict = "promote"      // everything that was asked passed
	Hold         Verdict = "hold"         // something is known to be wrong
	Inconclusive Verdict = "inconclusive" // nothing is known to be wrong, and something is not known
)

// Result is what a Check came to.
type Result string

// The results.
const (
	Pass       Result = "pass"
	Fail       Result = "fail"        // known to be wrong
	Unknown    Result = "unknown"     // the evidence is missing; never a pass
	Waived     Result = "waived"      // would fail or be unknown; policy or somebody sets it aside
	NotChecked Result = "not_checked" // was not looked at, and does not count
)

// Names of the checks.
const (
	CheckSource     = "source"     // the sources of evidence answer
	CheckSLO        = "slo"        // some SLO applies
	CheckRules      = "rules"      // SLOs and policy ask for no less than before
	CheckBudget     = "budget"     // error budget left
	CheckBurnRate   = "burn_rate"  // no burn-rate alert fires
	CheckCoverage   = "coverage"   // enough of the window has data
	CheckFreshness  = "freshness"  // data and figures are recent
	CheckRedundancy = "redundancy" // ShopGroups have their FailureDomains

	CheckSync     = "sync"          // every ShopSet below runs the Release and is healthy
	CheckDrift    = "drift"         // what runs below is what git asks for
	CheckSoak     = "soak"          // the Release has been verified below for long enough
	CheckSince    = "since_release" // it burns no more of the budgets than what ran before
	CheckLoad     = "load"          // it has carried the load of a busy time
	CheckTraffic  = "traffic"       // users still come, and there are targets to answer them
	CheckAlert    = "alert"         // no alert fires below or on the target, and one could
	CheckImages   = "images"        // its images cannot come to mean something else
	CheckRelease  = "release"       // it came up through every Tier, and undoes nothing
	CheckRollback = "rollback"      // nobody has taken it from the target
	CheckIncident = "incident"      // no open incident touches the target
	CheckFreeze   = "freeze"        // nobody has forbidden promotions to the target
)

// Role is what a Tier is in a Decision.
type Role string

// The roles. No role: the check is about no Tier.
const (
	RoleEvidence Role = "evidence" // it shows how the Release behaves
	RoleTarget   Role = "target"   // it would take the Release
)

// Check is one thing that was looked at.
type Check struct {
	Check   string            // its name
	Tier    fleet.TierName    // also empty where no Tier below has a ShopSet
	Role    Role              // of the Tier; empty where the check is about none
	ShopSet fleet.ShopSetName // empty where it is not about one
	SLO     string            // empty where it is not about one
	Result  Result
	// Reason is one sentence with the figures, for a product developer.
	Reason string
	// Evidence holds the figures.
	Evidence Figures

	written *writtenCheck // nil: not yet
}

// Decision is the gate's answer.
type Decision struct {
	At time.Time
	// From is the Tier next below To. EvidenceTier is where the Release showed how
	// it behaves: From, or the nearest below that has a ShopSet; empty: none has. In a fleet
	// of one Tier From is empty and EvidenceTier is To.
	From, To, EvidenceTier fleet.TierName
	Release                string // empty: not known
	Verdict                Verdict
	// Overrides are those in force, used or not.
	Overrides []InForce
	Fix       *Fix // set where the Release was said to mend something
	// Checks in a fixed order: failed, unknown, passed, waived, not checked; within
	// these the evidence tier's first.
	Checks []Check
}

// Decide judges the evidence. Any failed check holds; else any unknown one, or a
// Decision without a single pass, is inconclusive.
func Decide(p Policy, e Evidence, now time.Time) Decision { return decide(lang{}, p, e, now) }

func decide(l lang, p Policy, e Evidence, now time.Time) Decision {
	d := &deciding{lang: l, p: p.withDefaults(), e: &e, now: now, seen: sets(&e.Fleet.Snapshot), declared: e.Declared.shopSets(), running: e.runs(), alone: e.alone(),
		excludedOf: e.excludedBy()}
	d.doubtedOf, d.shared = d.doubtedClaims(), d.settled()
	source, target := tier{e.Source, RoleEvidence}, tier{e.Target, RoleTarget}
	judged := []tier{source, target}
	if d.alone { // the one Tier is judged once, as what would take the Release
		source.role, judged = RoleTarget, judged[1:]
	}
	budgets := e.byPair()
	var since []Check // of a big Tier the most work: it goes on beside the rest
	var compared sync.WaitGroup
	compared.Go(func() { since = d.sinceChange(d.checkSince(source)) })
	var found [][]Check // put together once: of a big fleet they are megabytes
	for _, t := range judged {
		found = append(found, d.checkSLO(t))
		for _, name := range []string{CheckBudget, CheckBurnRate, CheckCoverage, CheckFreshness} {
			if off, is := d.off(name, t); is {
				found = append(found, off)
			}
		}
		found = append(found, d.checkPairs(t, budgets)...)
	}
	compared.Wait()
	found = append(found, d.checkSources(&e), d.checkRules(target), d.checkRollback(target), d.checkSync(source), d.checkDrift(source), d.checkSoak(source), since, d.checkTraffic(source), d.checkLoad(source),
		d.checkAlerts(source, target), d.checkImages(source), d.checkRelease(source, target), d.checkIncidents(source, target), d.checkFreezes(target), d.checkRedundancy(target))
	checks := slices.Concat(found...)
	out := Decision{At: now, From: e.From, To: e.To, EvidenceTier: e.Source.Name, Release: e.Release, Fix: e.Fix}
	out.Overrides = d.override(checks)
	out.Checks = sorted(checks)
	out.Verdict = verdict(out.Checks)
	return out
}

// checkPairs makes the checks of each SLO for each ShopSet, on all processors, of which each
// gives a part.
func (d *deciding) checkPairs(t tier, budgets byPair) [][]Check {
	parts := make([][]Check, min(runtime.GOMAXPROCS(0), len(t.ShopSets)))
	var all sync.WaitGroup
	for i := range parts {
		all.Go(func() {
			sets := t.ShopSets[i*len(t.ShopSets)/len(parts) : (i+1)*len(t.ShopSets)/len(parts)]
			parts[i] = make([]Check, 0, 4*len(sets)*len(t.SLOs))
			for _, set := range sets {
				for _, name := range t.SLOs {
					parts[i] = d.checkPair(parts[i], t, pair{set, name}, budgets)
				}
			}
		})
	}
	all.Wait()
	return parts
}

// checkPair makes all checks of one SLO for one ShopSet.
func (d *deciding) checkPair(checks []Check, t tier, of pair, budgets byPair) []Check {
	found := budgets[of]
	if len(found) == 0 {
		return append(checks, d.missingBudget(t, of))
	}
	asked := func(name string) bool { return d.p.Needs[name] != Off }
	if len(found) > 1 {
		checks = append(checks, t.check(CheckBudget).of(of.shopSet, of.slo).says(Unknown, d.say("The evidence has two budgets for this SLO and ShopSet.")))
	}
	for _, b := range found {
		shared := d.sharedFor(b)
		if kept := shared.kept(b); kept != nil {
			checks = append(checks, kept...)
		} else {
			first := len(checks)
			if asked(CheckBudget) {
				checks = append(checks, d.checkBudget(t, b))
			}
			if asked(CheckBurnRate) {
				checks = append(checks, d.checkBurnRate(t, b))
			}
			if asked(CheckCoverage) {
				checks = append(checks, d.checkCoverage(t, b))
			}
			shared.keep(b, checks[first:])
		}
		if asked(CheckFreshness) {
			checks = append(checks, d.checkFreshness(t, b))
		}
	}
	return checks
}

func verdict(checks []Check) Verdict {
	count := map[Result]int{}
	for _, c := range checks {
		count[c.Result]++
	}
	switch {
	case count[Fail] > 0:
		return Hold
	case count[Unknown] > 0, count[Pass] == 0:
		return Inconclusive
	}
	return Promote
}

// ExitCode is that of `shopslo gate`: 0 promote, 1 hold, 2 inconclusive, 4 where a
// source could not be reached. A known failure wins over 4, and 4 over 2.
func (d Decision) ExitCode() int {
	unreachable := slices.ContainsFunc(d.Checks, func(c Check) bool { return c.Check == CheckSource && c.Result == Unknown })
	switch {
	case d.Verdict == Hold:
		return 1
	case unreachable:
		return 4
	case d.Verdict == Promote:
		return 0
	}
	return 2
}

var (
	resultOrder = []Result{Fail, Unknown, Pass, Waived, NotChecked}
	roleOrder   = []Role{RoleEvidence, RoleTarget}
	checkOrder  = []string{CheckSource, CheckSLO, CheckRules, CheckRelease, CheckRollback, CheckSync, CheckSoak, CheckDrift, CheckBudget, CheckSince, CheckTraffic, CheckLoad,
		CheckBurnRate, CheckAlert, CheckCoverage, CheckFreshness, CheckImages, CheckIncident, CheckFreeze, CheckRedundancy}
)

// Checks lists the names of all checks.
func Checks() []string { return slices.Clone(checkOrder) }

// sorted gives the Checks in an order that does not depend on that of the evidence: by result,
// role, ShopSet, SLO, check and reason. Names are compared once each, not at each step.
func sorted(checks []Check) []Check {
	type key struct{ rank, at int }
	keys := make([]key, len(checks))
	sets := ranks(checks, func(c *Check) string { return string(c.ShopSet) })
	slos := ranks(checks, func(c *Check) string { return c.SLO })
	for i := range checks {
		c := &checks[i]
		rank := slices.Index(resultOrder, c.Result)*(len(roleOrder)+1) + slices.Index(roleOrder, c.Role) + 1 // no role: first
		rank = (rank*len(sets)+sets[string(c.ShopSet)])*len(slos) + slos[c.SLO]
		keys[i] = key{rank*(len(checkOrder)+1) + checkRanks[c.Check], i}
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		return cmp.Or(strings.Compare(checks[a.at].Reason, checks[b.at].Reason), a.at-b.at)
	})
	out := make([]Check, len(checks))
	for i, k := range keys {
		out[i] = checks[k.at]
	}
	return out
}

// ranks are the places of all names in their order.
func ranks(checks []Check, name func(*Check) string) map[string]int {
	places := map[string]int{}
	for i := range checks {
		places[name(&checks[i])] = 0
	}
	for i, n := range slices.Sorted(maps.Keys(places)) {
		places[n] = i
	}
	return places
}

// checkRanks are the places of checks, from 1 on.
var checkRanks = func() map[string]int {
	places := map[string]int{}
	for i, name := range checkOrder {
		places[name] = i + 1
	}
	return places
}()
