package dashboards

import (
	"fmt"
	"strings"
)

// slo is the dashboard of one SLO and its ShopSets.
func slo(l Language) *board {
	b := newBoard("slo", l, text{"shopslo: one SLO", "shopslo：SLO の詳細"},
		text{"The error budgets of one SLO, per ShopSet, as shopslo serve has counted them.", "1 つの SLO のエラーバジェットを ShopSet ごとに示します。数値は shopslo serve が数えたものです。"}, "7d")
	b.choice("slo", text{"SLO", "SLO"}, "shopslo_slo_objective_ratio", false)
	b.choice("tier", text{"Tier", "Tier"}, `shopslo_slo_objective_ratio{slo="$slo"}`, true)
	b.choice("shopset", text{"ShopSet", "ShopSet"}, `shopslo_slo_objective_ratio{slo="$slo", tier=~"$tier"}`, true)
	b.choice("window", text{"Burn rate over", "バーンレートの期間"}, `shopslo_slo_burn_rate_ratio{slo="$slo"}`, true)
	b.link(text{"Fleet", "フリート"}, "fleet")
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
	small := func(title, about text, unit string) panel { return panel{title, about, 4, 4, unit, from(grey)} }
	p := small(text{"Objective", "目標"}, text{"The share of events that has to be good.", "成功すべきイベントの割合です。"}, share)
	b.stat(p, "max("+selected("objective_ratio")+")")
	p = small(text{"Least budget left", "最も少ない残り"}, text{"The remaining error budget of the ShopSet that has the least; below 0 it is overspent.", "残りが最も少ない ShopSet のエラーバジェットです。0 未満は使いすぎです。"}, share)
	p.steps = left
	b.stat(p, "min("+selected("error_budget_remaining_ratio")+")")
	p = small(text{"At risk", "要注意"}, text{"ShopSets with less than a quarter of the budget left, or burning above an alert's threshold.", "残りが 4 分の 1 未満か、バーンレートがしきい値を超えている ShopSet の数です。"}, number)
	p.steps = wanted(orange)
	b.stat(p, inState("at_risk"))
	p = small(text{"Exhausted", "枯渇"}, text{"ShopSets that have exhausted their budget.", "バジェットが枯渇した ShopSet の数です。"}, number)
	p.steps = wanted(red)
	b.stat(p, inState("exhausted"))
	p = small(text{"No data", "データなし"}, text{"ShopSets of which nothing in the SLO's window is known. That is neither good nor bad.", "SLO の期間のデータがまったくない ShopSet の数です。良いとも悪いとも言えません。"}, number)
	p.steps = wanted(red)
	b.stat(p, inState("no_data"))
	p = small(text{"Counted until", "集計の遅れ"}, text{"How long ago the newest counted edge was, of the ShopSet that is furthest behind. It is some minutes in a healthy serve.", "最も遅れている ShopSet の、最後に集計した時刻からの経過時間です。正常なら数分です。"}, seconds)
	p.steps = from(green, step(600, red))
	b.stat(p, "time() - min("+sets("counted_until_timestamp_seconds")+")")
}

// budgetStates are the verdicts, numbered from the mildest to the worst.
var budgetStates = []state{
	{text{"", ""}, grey}, // 0 is no state
	{text{"ok", "正常"}, green},
	{text{"insufficient data", "データ不足"}, "blue"},
	{text{"at risk", "要注意"}, orange},
	{text{"exhausted", "枯渇"}, red},
	{text{"inconsistent", "矛盾"}, "purple"},
	{text{"no data", "データなし"}, grey},
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
	b.row(text{"Budgets", "バジェット"})
	b.bars(panel{text{"Budget left now", "現在の残り"}, text{"The share of the window's error budget that is left. A ShopSet without data or traffic has no bar.", "期間のエラーバジェットの残りの割合です。データやトラフィックのない ShopSet は表示されません。"}, 8, 10, share, left},
		line{sets("error_budget_remaining_ratio"), at})
	b.graph(panel{text{"Budget left", "残りの推移"}, text{"How the remaining budget has moved. Of a rolling window it recovers as bad events leave the window.", "残りの推移です。移動する期間では、失敗が期間から外れると回復します。"}, 16, 10, share, left},
		"", line{sets("error_budget_remaining_ratio"), at})
	b.timeline(panel{text{"State", "状態"}, text{"The verdict on each budget: the first that holds of no data, inconsistent, exhausted, insufficient data, at risk, ok.", "各バジェットの判定です。データなし、矛盾、枯渇、データ不足、要注意、正常の順に、最初に当てはまるものです。"}, 24, 8, "", nil},
		line{verdict(), at}, budgetStates)
}

func (b *board) sloBurning() {
	b.row(text{"Burn rates", "バーンレート"})
	b.graph(panel{text{"Burn rate over $window", "直近 $window のバーンレート"}, text{"1 exhausts the budget in exactly the SLO's window. There is no line where there was no traffic or no data.", "1 なら SLO の期間の終わりにちょうど枯渇する速さです。トラフィックやデータがない間は線がありません。"}, 6, 8, number, from(green, step(1, orange))},
		"window", line{sets("burn_rate_ratio", `window="$window"`), at})
}

func (b *board) sloEvents() {
	b.row(text{"Events", "イベント"})
	rate := func(metric string) string {
		return per("shopset, tier", "rate("+selected(metric)+"[$__rate_interval])")
	}
	b.graph(panel{text{"Events", "イベント数"}, text{"Events (or slices of time, or points of a grid) counted per second.", "1 秒あたりに数えたイベント（または時間スライス、一定間隔の点）の数です。"}, 12, 8, "cps", nil},
		"", line{rate("events_total"), at})
	b.graph(panel{text{"Bad events", "失敗したイベント数"}, text{"Bad events (or slices of time, or points of a grid) counted per second.", "1 秒あたりに数えた失敗（または失敗した時間スライス、一定間隔の点）の数です。"}, 12, 8, "cps", nil},
		"", line{rate("bad_events_total"), at})
	b.graph(panel{text{"SLI over the window", "期間の SLI"}, text{"The share of the window's events that were good, and the objective.", "期間のイベントのうち成功した割合と、目標です。"}, 12, 8, share, nil},
		"", line{sets("sli_ratio"), at}, line{"max(" + selected("objective_ratio") + ")", "objective"})
	b.graph(panel{text{"Coverage", "カバレッジ"}, text{"The share of the window, as far as it has passed, that has data. What is not covered is neither good nor bad.", "期間のうちデータがある割合です（まだ来ていない部分を除く）。データのない部分は良いとも悪いとも言えません。"}, 6, 8, share, from(red, step(0.95, green))},
		"", line{sets("coverage_ratio"), at})
	b.graph(panel{text{"Silence", "無応答の時間"}, text{"How long before the newest counted edge something was last heard of the ShopSet.", "最後に集計した時刻から見て、ShopSet から最後にデータが届いたのがどれだけ前かです。"}, 6, 8, seconds, from(green, step(600, red))},
		"", line{per("shopset, tier", selected("counted_until_timestamp_seconds")+" - "+selected("last_sample_timestamp_seconds")), at})
}
