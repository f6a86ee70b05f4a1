package rules

import (
	"fmt"
	"strconv"
	"time"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
)

// burning are the rules of one SLO: for each alert one that fires per ShopSet while
// both burn rates are above the factor. Replicas of serve make one alert.
func burning(o *SLO, alerts []slo.BurnAlert) []rule {
	var out []rule
	for _, a := range o.fitted(alerts) {
		long, short := slo.Rolling(a.Long).String(), slo.Rolling(a.Short).String()
		out = append(out, rule{
			name: "ShopsloBudgetBurn", severity: a.Severity, stay: stay(a),
			labels: map[string]string{"slo": o.Name, "window": long},
			expr: fmt.Sprintf(`max by (slo, shopset, tier) (
    shopslo_slo_burn_rate_ratio{slo=%[1]q, window=%[2]q} > %[4]s
  and ignoring (window)
    shopslo_slo_burn_rate_ratio{slo=%[1]q, window=%[3]q} > %[4]s
)`, o.Name, long, short, strconv.FormatFloat(a.Factor, 'g', -1, 64)),
			says: sayShopsloBudgetBurn,
			args: func(l text.Language) (summary, description []any) {
				return []any{o.Name}, []any{long, o.Name, percent(o.Objective), o.Window, shortRate(o.Name, short, l.Say(sayShortRate, short)), rounded(a.Factor), short,
					remaining(o.Name, l.Say(sayOfBudget))}
			},
		})
	}
	return out
}

// fitted are the alerts as they are for the SLO: those that slo.Evaluate looks at.
func (o *SLO) fitted(alerts []slo.BurnAlert) []slo.BurnAlert {
	s := slo.SLO{Window: o.Window}
	if o.Slice > 0 {
		s.Method, s.Slice = slo.Timeslices, o.Slice
	}
	fitted, _ := slo.BurnAlertsFor(&s, alerts)
	return fitted
}

// verdicts are the rules about verdicts of the budgets that a matcher of SLOs picks; "": of
// all.
func verdicts(of string) []rule {
	is := func(state slo.State) string {
		return fmt.Sprintf(`max by (slo, shopset, tier) (shopslo_slo_state{%sstate=%q}) == 1`, of, string(state))
	}
	return []rule{
		{
			name: "ShopsloBudgetExhausted", severity: slo.Ticket, after: 5 * time.Minute, expr: is(slo.Exhausted),
			says: sayShopsloBudgetExhausted,
			args: func(l text.Language) (summary, description []any) { return nil, []any{consumed(l.Say(sayBudgetLeft))} },
		},
		{
			name: "ShopsloCountsInconsistent", severity: slo.Ticket, after: 10 * time.Minute, expr: is(slo.Inconsistent),
			says: sayShopsloCountsInconsistent,
		},
	}
}

// The parts of texts that Prometheus fills in.
const (
	shopset = "{{ $labels.shopset }}"
	where   = "{{ $labels.shopset }} ({{ $labels.tier }})"
	value   = "{{ $value | humanize }}"
	lasting = "{{ $value | humanizeDuration }}"
)

// remaining is a sentence with what is left of the alert's budget; nothing where that
// is not known.
func remaining(name, sentence string) string {
	return asked(fmt.Sprintf(`min(shopslo_slo_error_budget_remaining_ratio{slo=%q, shopset=%%q})`, name), "$labels.shopset", sentence, "humanizePercentage")
}

// consumed is remaining for rules that are not of one SLO.
func consumed(sentence string) string {
	return asked(`min(shopslo_slo_error_budget_remaining_ratio{slo=%q, shopset=%q})`, "$labels.slo $labels.shopset", sentence, "humanizePercentage")
}

// shortRate is a half-sentence with the burn rate over the short window.
func shortRate(name, window, sentence string) string {
	return asked(fmt.Sprintf(`max(shopslo_slo_burn_rate_ratio{slo=%q, window=%q, shopset=%%q})`, name, window), "$labels.shopset", sentence, "humanize")
}

// asked is a sentence with the answer of a query, whose %q are the labels. Without an
// answer it is empty.
func asked(query, labels, sentence, as string) string {
	return fmt.Sprintf("{{ with printf `%s` %s | query }}", query, labels) +
		fmt.Sprintf(sentence, "{{ . | first | value | "+as+" }}") + "{{ end }}"
}

// stay is as long as the short window: it ends the alert, a lost scrape does not.
func stay(a slo.BurnAlert) time.Duration { return min(a.Short, 5*time.Minute) }

// percent writes an objective such as 99.9%, all of its decimals.
func percent(o slo.Objective) string {
	return text.Objective(o.Ratio()) + "%"
}

// rounded writes a factor for people.
func rounded(f float64) string { return strconv.FormatFloat(f, 'g', 4, 64) }
