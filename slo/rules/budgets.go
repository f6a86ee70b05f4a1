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
			en: note{
				fmt.Sprintf("%s burns its error budget of %s at %s× the allowed rate", shopset, o.Name, value),
				fmt.Sprintf("Over %s the error budget of %s (%s over %s) burns on %s at %s× the allowed rate%s. "+
					"The alert fires above %s× over both %s and %s.%s",
					long, o.Name, percent(o.Objective), o.Window, where, value, shortRate(o.Name, short, ", over "+short+" at %s×"),
					rounded(a.Factor), long, short, remaining(o.Name, " Of the budget %s is left.")),
			},
			ja: note{
				fmt.Sprintf("%s：%s のエラーバジェットが許容の %s 倍の速さで消費されています", shopset, o.Name, value),
				fmt.Sprintf("%s の %s（目標 %s、期間 %s）のエラーバジェットが、直近 %s で許容の %s 倍%sの速さで消費されています。"+
					"直近 %s と直近 %s の両方で %s 倍を超えると発報します。%s",
					where, o.Name, percent(o.Objective), o.Window, long, value, shortRate(o.Name, short, "、直近 "+short+" で %s 倍"),
					long, short, rounded(a.Factor), remaining(o.Name, "バジェットの残りは %s です。")),
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

// budgets are the rules about verdicts, for all SLOs at once.
func budgets() []rule {
	is := func(state slo.State) string {
		return fmt.Sprintf(`max by (slo, shopset, tier) (shopslo_slo_state{state=%q}) == 1`, string(state))
	}
	return []rule{
		{
			name: "ShopsloBudgetExhausted", severity: slo.Ticket, after: 5 * time.Minute, expr: is(slo.Exhausted),
			en: note{
				shopset + " has exhausted its error budget of {{ $labels.slo }}",
				"More events of {{ $labels.slo }} on " + where + " were bad than the objective permits." + consumed(" %s of the budget is left.") +
					" The gate holds releases there until the budget recovers: shopslo status has the figures.",
			},
			ja: note{
				shopset + "：{{ $labels.slo }} のエラーバジェットが枯渇しました",
				where + " の {{ $labels.slo }} で、目標が許す数を超える失敗がありました。" + consumed("バジェットの残りは %s です。") +
					"回復するまでゲートはリリースを止めます。数値は shopslo status で確認できます。",
			},
		},
		{
			name: "ShopsloCountsInconsistent", severity: slo.Ticket, after: 10 * time.Minute, expr: is(slo.Inconsistent),
			en: note{
				"The counts of {{ $labels.slo }} on " + shopset + " are inconsistent",
				"There are more good or bad events of {{ $labels.slo }} on " + where + " than events: its queries do not belong together. Correct the SLO document.",
			},
			ja: note{
				shopset + "：{{ $labels.slo }} の件数が矛盾しています",
				where + " の {{ $labels.slo }} で、成功または失敗の件数が全体の件数を超えています。SLO 文書のクエリを直してください。",
			},
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
