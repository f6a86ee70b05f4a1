package dashboards

import "fmt"

// fleet is the overview: which Release runs where, in what order, and what is at risk.
func fleet(l Language) *board {
	b := newBoard("fleet", l, text{"shopslo: fleet", "shopslo：フリート"},
		text{"Tiers in order with their Releases, sync, drift, redundancy and budgets, from shopset_exporter and shopslo serve.", "Tier を順に並べ、リリース、同期、差分、冗長性、バジェットを示します。数値は shopset_exporter と shopslo serve のものです。"}, "24h")
	b.choice("tier", text{"Tier", "Tier"}, "shopset_tier_order", true)
	b.choice("shopset", text{"ShopSet", "ShopSet"}, `shopset_info{tier=~"$tier"}`, true)
	b.choice("slo", text{"SLO", "SLO"}, `shopslo_slo_objective_ratio{tier=~"$tier"}`, true)
	b.link(text{"One SLO", "SLO の詳細"}, "slo")
	b.fleetNow()
	b.tiers()
	b.shopSets()
	b.groups()
	b.budgets()
	return b
}

const (
	chosenTiers = `{tier=~"$tier"}`
	chosenSets  = `{tier=~"$tier", shopset=~"$shopset"}`
	budgetsOf   = `{slo=~"$slo", tier=~"$tier", shopset=~"$shopset"}`
)

// stateOf selects a state of a state set, of what is chosen.
func stateOf(chosen, state string) string {
	return fmt.Sprintf("%s, state=%q}", chosen[:len(chosen)-1], state)
}

func (b *board) fleetNow() {
	small := func(title, about text, steps string) panel { return panel{title, about, 3, 4, number, wanted(steps)} }
	b.stat(small(text{"Not in sync", "未同期"}, text{"ShopSets that Argo CD calls OutOfSync.", "Argo CD で OutOfSync の ShopSet の数です。"}, orange),
		"sum("+per("shopset, tier", "shopset_sync_status"+stateOf(chosenSets, "OutOfSync"))+")")
	b.stat(small(text{"Degraded", "異常"}, text{"ShopSets that Argo CD calls Degraded.", "Argo CD で Degraded の ShopSet の数です。"}, red),
		"sum("+per("shopset, tier", "shopset_health_status"+stateOf(chosenSets, "Degraded"))+")")
	b.stat(small(text{"Order violations", "順序違反"}, text{"Releases that a Tier runs although the Tiers below have not all had them.", "下の Tier を通っていないのに動いている リリース の数です。"}, red),
		"sum("+per("tier, kind", "shopset_tier_order_violations"+chosenTiers)+")")
	b.stat(small(text{"Groups short of redundancy", "冗長性の不足"}, text{"ShopGroups served from fewer FailureDomains than they ask for. Unknown counts as not serving.", "必要な数の FailureDomain から提供されていない ShopGroup の数です。不明なものは数えません。"}, red),
		"count("+per("group", "shopset_group_redundancy_intact")+") - sum("+per("group", "shopset_group_redundancy_intact")+")")
	b.stat(small(text{"Budgets at risk", "要注意のバジェット"}, text{"Budgets with less than a quarter left, or burning above an alert's threshold.", "残りが 4 分の 1 未満か、バーンレートがしきい値を超えているバジェットの数です。"}, orange),
		"sum("+per("slo, shopset, tier", "shopslo_slo_state"+stateOf(budgetsOf, "at_risk"))+")")
	b.stat(small(text{"Budgets exhausted", "枯渇したバジェット"}, text{"Budgets of which nothing is left.", "エラーバジェットが枯渇した数です。"}, red),
		"sum("+per("slo, shopset, tier", "shopslo_slo_state"+stateOf(budgetsOf, "exhausted"))+")")
	b.stat(small(text{"Budgets without data", "データのないバジェット"}, text{"Budgets of which nothing in the window is known.", "期間のデータがまったくないバジェットの数です。"}, red),
		"sum("+per("slo, shopset, tier", "shopslo_slo_state"+stateOf(budgetsOf, "no_data"))+")")
	b.stat(small(text{"Clusters not reached", "読めないクラスター"}, text{"Clusters whose Applications the exporter cannot read now.", "エクスポーターが Application を読めないクラスターの数です。"}, red),
		"count("+per("cluster", "shopset_exporter_cluster_up")+") - sum("+per("cluster", "shopset_exporter_cluster_up")+")")
}

func (b *board) tiers() {
	tier := func(metric string) string { return per("tier", metric+chosenTiers) }
	b.row(text{"Tiers, the lowest first", "Tier（低い順）"})
	b.table(panel{title: text{"Tiers", "Tier"}, about: text{"A Release moves down this table. Empty is not known.", "リリース はこの表を上から下へ進みます。空欄は不明です。"}, width: 24, height: 8}, 0, false, []column{
		{title: text{"Order", "順序"}, expr: tier("shopset_tier_order")},
		{title: text{"Tier", "Tier"}, label: "tier"},
		{title: text{"Release", "Release"}, label: "release", expr: per("tier, release", "shopset_tier_release_info"+chosenTiers)},
		{title: text{"Behind", "遅れ"}, expr: tier("shopset_tier_releases_behind"), steps: wanted(yellow)},
		{title: text{"Ahead", "先行"}, expr: tier("shopset_tier_releases_ahead"), steps: wanted(red)},
		{title: text{"Releases running", "稼働中の リリース"}, expr: tier("shopset_tier_releases_running"), steps: from(green, step(2, orange))},
		{title: text{"Order violations", "順序違反"}, expr: "sum by (tier) (" + per("tier, kind", "shopset_tier_order_violations"+chosenTiers) + ")", steps: wanted(red)},
		{title: text{"ShopSets", "ShopSet 数"}, expr: tier("shopset_tier_shopsets")},
		{title: text{"Synced", "同期済み"}, expr: per("tier", "shopset_tier_sync_shopsets"+stateOf(chosenTiers, "Synced"))},
		{title: text{"Healthy", "正常"}, expr: per("tier", "shopset_tier_health_shopsets"+stateOf(chosenTiers, "Healthy"))},
		{title: text{"Soak time", "検証時間"}, expr: "time() - " + tier("shopset_tier_soaking_since_timestamp_seconds"), unit: seconds},
		{title: text{"Budgets at risk", "要注意のバジェット"}, expr: "sum by (tier) (" + per("slo, shopset, tier, state", `shopslo_slo_state{slo=~"$slo", tier=~"$tier", state=~"at_risk|exhausted"}`) + ")", steps: wanted(orange)},
	})
}

func (b *board) shopSets() {
	set := func(metric string) string { return per("tier, shopset", metric+chosenSets) }
	// word turns the state that holds into a label of its own: two columns of state would be one.
	word := func(metric, label string) string {
		return fmt.Sprintf(`max by (tier, shopset, %[2]s) (label_replace(%[1]s == 1, %[2]q, "$1", "state", "(.*)"))`, metric+chosenSets, label)
	}
	b.row(text{"ShopSets", "ShopSet"})
	b.table(panel{title: text{"ShopSets", "ShopSet"}, about: text{"What runs on each ShopSet, as Argo CD says. Empty is not known; no drift has no age.", "各 ShopSet で動いているものです（Argo CD による）。空欄は不明、または差分なしです。"}, width: 24, height: 12}, 0, false, []column{
		{title: text{"ShopSet", "ShopSet"}, label: "shopset"},
		{title: text{"Tier", "Tier"}, label: "tier"},
		{title: text{"Sync", "同期"}, label: "sync", expr: word("shopset_sync_status", "sync"), words: coloured(map[string]string{"Synced": green, "OutOfSync": orange, "Unknown": grey})},
		{title: text{"Health", "ヘルス"}, label: "health", expr: word("shopset_health_status", "health"),
			words: coloured(map[string]string{"Healthy": green, "Progressing": "blue", "Suspended": yellow, "Degraded": red, "Missing": red, "Unknown": grey})},
		{title: text{"Release", "Release"}, label: "release", expr: per("tier, shopset, release", "shopset_release_info"+chosenSets)},
		{title: text{"Behind", "遅れ"}, expr: set("shopset_releases_behind"), steps: wanted(yellow)},
		{title: text{"Differs from git for", "git と異なる時間"}, expr: "time() - " + set("shopset_drifted_since_timestamp_seconds"), unit: seconds, steps: from(yellow, step(3600, red))},
		{title: text{"Resources that differ", "異なるリソース"}, expr: set("shopset_resources_out_of_sync"), steps: wanted(orange)},
		{title: text{"Images with a moving tag", "タグが動くイメージ"}, expr: set("shopset_images_mutable"), steps: wanted(orange)},
		{title: text{"Seen", "最終確認"}, expr: "time() - " + set("shopset_observed_timestamp_seconds"), unit: seconds},
	})
	b.graph(panel{text{"Commits behind the Tier below", "下の Tier からの遅れ"}, text{"First-parent commits of the next lower Tier's Release that the Tier's branch lacks.", "1 つ下の Tier の リリース にあって、この Tier のブランチにないコミットの数です。"}, 12, 8, number, nil},
		"", line{per("tier", "shopset_tier_releases_behind"+chosenTiers), "{{tier}}"})
	b.graph(panel{text{"Drifts begun", "差分の発生"}, text{"How often ShopSets began to differ from git, per hour, also where it healed itself at once.", "ShopSet が git と異なり始めた回数（1 時間あたり）です。すぐ直ったものも含みます。"}, 12, 8, number, nil},
		"", line{per("shopset, tier", "increase(shopset_drift_events_total"+chosenSets+"[1h])"), at})
}

func (b *board) groups() {
	b.row(text{"Redundancy and order", "冗長性と順序"})
	b.table(panel{title: text{"ShopGroups", "ShopGroup"}, about: text{"From how many FailureDomains the shops of each group are served.", "各グループのショップがいくつの FailureDomain から提供されているかです。"}, width: 12, height: 8}, 0, false, []column{
		{title: text{"ShopGroup", "ShopGroup"}, label: "group"},
		{title: text{"Available", "提供中"}, expr: per("group", "shopset_group_failure_domains_available"), steps: from(red, step(1, green))},
		{title: text{"Required", "必要数"}, expr: per("group", "shopset_group_failure_domains_required")},
		{title: text{"Redundant", "冗長"}, expr: per("group", "shopset_group_redundancy_intact"), words: b.mapped([]state{{text{"no", "いいえ"}, red}, {text{"yes", "はい"}, green}})},
	})
	b.table(panel{title: text{"Releases out of order", "順序に反する リリース"}, about: text{"unverified: no lower Tier ran it. skipped: not all lower Tiers did.", "unverified は下のどの Tier でも動いていないもの、skipped は途中の Tier を飛ばしたものです。"}, width: 12, height: 8}, 0, false, []column{
		{title: text{"Tier", "Tier"}, label: "tier"},
		{title: text{"Kind", "種類"}, label: "kind"},
		{title: text{"Release", "Release"}, label: "release", expr: per("tier, kind, release", "shopset_tier_order_violation_info"+chosenTiers)},
	})
}

func (b *board) budgets() {
	b.row(text{"Budgets", "バジェット"})
	budget := func(metric string) string { return "shopslo_slo_" + metric + budgetsOf }
	b.table(panel{title: text{"Least budget left", "残りの少ないバジェット"}, about: text{"The thirty budgets with the least left. Those without data or traffic have nothing to be listed by.", "残りの少ない順に 30 個です。データやトラフィックのないものは含みません。"}, width: 12, height: 10}, 3, false, []column{
		{title: text{"SLO", "SLO"}, label: "slo", link: "/d/" + uid("slo", b.language) + "?var-slo=${__value.raw}"},
		{title: text{"ShopSet", "ShopSet"}, label: "shopset"},
		{title: text{"Tier", "Tier"}, label: "tier"},
		{title: text{"Left", "残り"}, expr: "bottomk(30, " + per("slo, shopset, tier", budget("error_budget_remaining_ratio")) + ")", unit: share, steps: left},
	})
	b.graph(panel{text{"Budgets by state", "状態ごとのバジェット数"}, text{"How many budgets are in each state.", "状態ごとのバジェットの数です。"}, 12, 10, number, nil},
		"", line{"sum by (state) (" + per("slo, shopset, tier, state", budget("state")) + ")", "{{state}}"})
}
