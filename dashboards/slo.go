package dashboards

import (
	"fmt"
	"strings"

	"github.com/shopslo/shopslo/internal/text"
)

// slo is the dashboard of one SLO and its ShopSets.
func slo(l text.Language) *board {
	b := newBoard("slo", l, titleShopsloOneSlo,
		aboutErrorBudgetsOneSlo, "7d")
	b.choice("slo", titleSlo, "shopslo_slo_objective_ratio", false)
	b.choice("tier", titleTier, `shopslo_slo_objective_ratio{slo="$slo"}`, true)
	b.choice("shopset", titleShopset, `shopslo_slo_objective_ratio{slo="$slo", tier=~"$tier"}`, true)
	b.choice("window", titleBurnRateOver, `shopslo_slo_burn_rate_ratio{slo="$slo"}`, true)
	b.link(titleFleet, "fleet")
	b.sloNow()
	b.sloBudgets()
	b.sloBurning()
	b.sloEvents()
	return b
}

// selected are the series of a metric that the reader has chosen.
func selected(metric string, more ...string) string {
	matchers := append([]string{`slo="$slo"`, `tier=~"$tier"`, `shopset=~"$shopset"`}, more...)
	return "shopslo_slo_" + metric + "{" + strings.Join(matchers, ", ") + "}"
}

// sets gives one series per chosen ShopSet.
func sets(metric string, more ...string) string {
	return per("shopset, tier", selected(metric, more...))
}

// inState counts the chosen ShopSets in a state: 0 where none is, nothing where nothing
// is known.
func inState(state string) string {
	return fmt.Sprintf("sum(%s)", sets("state", `state="`+state+`"`))
}

func (b *board) sloNow() {
	small := func(title, about text.Entry, unit string) panel { return panel{title, about, 4, 4, unit, from(grey)} }
	p := small(titleObjective, aboutShareEventsGood, share)
	b.stat(p, "max("+selected("objective_ratio")+")")
	p = small(titleLeastBudgetLeft2, aboutRemainingErrorBudgetShopset, share)
	p.steps = left
	b.stat(p, "min("+selected("error_budget_remaining_ratio")+")")
	p = small(titleAtRisk, aboutShopsetsLessThanQuarter, number)
	p.steps = wanted(orange)
	b.stat(p, inState("at_risk"))
	p = small(titleExhausted, aboutShopsetsHaveExhaustedTheir, number)
	p.steps = wanted(red)
	b.stat(p, inState("exhausted"))
	p = small(titleNoData, aboutShopsetsWhichNothingSlo, number)
	p.steps = wanted(red)
	b.stat(p, inState("no_data"))
	p = small(titleCountedUntil, aboutHowLongAgoNewest, seconds)
	p.steps = from(green, step(600, red))
	b.stat(p, "time() - min("+sets("counted_until_timestamp_seconds")+")")
}

// budgetStates are the verdicts, numbered from the mildest to the worst.
var budgetStates = []state{
	{text.Entry{}, grey}, // 0 is no state
	{titleOk, green},
	{titleInsufficientData, "blue"},
	{titleAtRisk2, orange},
	{titleExhausted2, red},
	{titleInconsistent, "purple"},
	{titleNoData2, grey},
}

// verdict gives the number of the state that a budget is in.
func verdict() string {
	var parts []string
	for i, state := range []string{"ok", "insufficient_data", "at_risk", "exhausted", "inconsistent", "no_data"} {
		parts = append(parts, fmt.Sprintf("%d * %s", i+1, selected("state", `state="`+state+`"`)))
	}
	return per("shopset, tier", strings.Join(parts, " or "))
}

func (b *board) sloBudgets() {
	b.row(titleBudgets)
	b.bars(panel{titleBudgetLeftNow, aboutShareWindowSError, 8, 10, share, left},
		line{sets("error_budget_remaining_ratio"), at})
	b.graph(panel{titleBudgetLeft, aboutHowRemainingBudgetMoved, 16, 10, share, left},
		"", line{sets("error_budget_remaining_ratio"), at})
	b.timeline(panel{titleState, aboutVerdictOnEachBudget, 24, 8, "", nil},
		line{verdict(), at}, budgetStates)
}

func (b *board) sloBurning() {
	b.row(titleBurnRates)
	b.graph(panel{titleBurnRateOverWindow, aboutExhaustsBudgetExactlySlo, 6, 8, number, from(green, step(1, orange))},
		"window", line{sets("burn_rate_ratio", `window="$window"`), at})
}

func (b *board) sloEvents() {
	b.row(titleEvents)
	rate := func(metric string) string {
		return per("shopset, tier", "rate("+selected(metric)+"[$__rate_interval])")
	}
	b.graph(panel{titleEvents2, aboutEventsOrSlicesTime, 12, 8, "cps", nil},
		"", line{rate("events_total"), at})
	b.graph(panel{titleBadEvents, aboutBadEventsOrSlices, 12, 8, "cps", nil},
		"", line{rate("bad_events_total"), at})
	b.graph(panel{titleSliOverWindow, aboutShareWindowSEvents, 12, 8, share, nil},
		"", line{sets("sli_ratio"), at}, line{"max(" + selected("objective_ratio") + ")", "objective"})
	b.graph(panel{titleCoverage, aboutShareWindowAsFar, 6, 8, share, from(red, step(0.95, green))},
		"", line{sets("coverage_ratio"), at})
	b.graph(panel{titleSilence, aboutHowLongBeforeNewest, 6, 8, seconds, from(green, step(600, red))},
		"", line{per("shopset, tier", selected("counted_until_timestamp_seconds")+" - "+selected("last_sample_timestamp_seconds")), at})
}
