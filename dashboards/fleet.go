package dashboards

import (
	"fmt"

	"github.com/shopslo/shopslo/internal/text"
)

// fleet is the overview: which Release runs where, in what order, and what is at risk.
func fleet(l text.Language) *board {
	b := newBoard("fleet", l, titleShopsloFleet,
		aboutTiersOrderTheirReleases, "24h")
	b.choice("tier", titleTier, "shopset_tier_order", true)
	b.choice("shopset", titleShopset, `shopset_info{tier=~"$tier"}`, true)
	b.choice("slo", titleSlo, `shopslo_slo_objective_ratio{tier=~"$tier"}`, true)
	b.link(titleOneSlo, "slo")
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
	small := func(title, about text.Entry, steps string) panel {
		return panel{title, about, 3, 4, number, wanted(steps)}
	}
	b.stat(small(titleNotSync, aboutShopsetsArgoCdCalls, orange),
		"sum("+per("shopset, tier", "shopset_sync_status"+stateOf(chosenSets, "OutOfSync"))+")")
	b.stat(small(titleDegraded, aboutShopsetsArgoCdCalls2, red),
		"sum("+per("shopset, tier", "shopset_health_status"+stateOf(chosenSets, "Degraded"))+")")
	b.stat(small(titleOrderViolations, aboutReleasesTierRunsAlthough, red),
		"sum("+per("tier, kind", "shopset_tier_order_violations"+chosenTiers)+")")
	b.stat(small(titleGroupsShortRedundancy, aboutShopgroupsServedFromFewer, red),
		"count("+per("group", "shopset_group_redundancy_intact")+") - sum("+per("group", "shopset_group_redundancy_intact")+")")
	b.stat(small(titleBudgetsAtRisk, aboutBudgetsLessThanQuarter, orange),
		"sum("+per("slo, shopset, tier", "shopslo_slo_state"+stateOf(budgetsOf, "at_risk"))+")")
	b.stat(small(titleBudgetsExhausted, aboutBudgetsWhichNothingLeft, red),
		"sum("+per("slo, shopset, tier", "shopslo_slo_state"+stateOf(budgetsOf, "exhausted"))+")")
	b.stat(small(titleBudgetsWithoutData, aboutBudgetsWhichNothingWindow, red),
		"sum("+per("slo, shopset, tier", "shopslo_slo_state"+stateOf(budgetsOf, "no_data"))+")")
	b.stat(small(titleClustersNotReached, aboutClustersWhoseApplicationsExporter, red),
		"count("+per("cluster", "shopset_exporter_cluster_up")+") - sum("+per("cluster", "shopset_exporter_cluster_up")+")")
}

func (b *board) tiers() {
	tier := func(metric string) string { return per("tier", metric+chosenTiers) }
	b.row(titleTiersLowestFirst)
	b.table(panel{title: titleTiers, about: aboutReleaseMovesDownThis, width: 24, height: 8}, 0, false, []column{
		{title: titleOrder, expr: tier("shopset_tier_order")},
		{title: titleTier, label: "tier"},
		{title: titleRelease, label: "release", expr: per("tier, release", "shopset_tier_release_info"+chosenTiers)},
		{title: titleBehind, expr: tier("shopset_tier_releases_behind"), steps: wanted(yellow)},
		{title: titleAhead, expr: tier("shopset_tier_releases_ahead"), steps: wanted(red)},
		{title: titleReleasesRunning, expr: tier("shopset_tier_releases_running"), steps: from(green, step(2, orange))},
		{title: titleOrderViolations, expr: "sum by (tier) (" + per("tier, kind", "shopset_tier_order_violations"+chosenTiers) + ")", steps: wanted(red)},
		{title: titleShopsets, expr: tier("shopset_tier_shopsets")},
		{title: titleSynced, expr: per("tier", "shopset_tier_sync_shopsets"+stateOf(chosenTiers, "Synced"))},
		{title: titleHealthy, expr: per("tier", "shopset_tier_health_shopsets"+stateOf(chosenTiers, "Healthy"))},
		{title: titleSoakTime, expr: "time() - " + tier("shopset_tier_soaking_since_timestamp_seconds"), unit: seconds},
		{title: titleBudgetsAtRisk, expr: "sum by (tier) (" + per("slo, shopset, tier, state", `shopslo_slo_state{slo=~"$slo", tier=~"$tier", state=~"at_risk|exhausted"}`) + ")", steps: wanted(orange)},
	})
}

func (b *board) shopSets() {
	set := func(metric string) string { return per("tier, shopset", metric+chosenSets) }
	// word turns the state that holds into a label of its own: two columns of state would be one.
	word := func(metric, label string) string {
		return fmt.Sprintf(`max by (tier, shopset, %[2]s) (label_replace(%[1]s == 1, %[2]q, "$1", "state", "(.*)"))`, metric+chosenSets, label)
	}
	b.row(titleShopsets2)
	b.table(panel{title: titleShopsets2, about: aboutWhatRunsOnEach, width: 24, height: 12}, 0, false, []column{
		{title: titleShopset, label: "shopset"},
		{title: titleTier, label: "tier"},
		{title: titleSync, label: "sync", expr: word("shopset_sync_status", "sync"), words: coloured(map[string]string{"Synced": green, "OutOfSync": orange, "Unknown": grey})},
		{title: titleHealth, label: "health", expr: word("shopset_health_status", "health"),
			words: coloured(map[string]string{"Healthy": green, "Progressing": "blue", "Suspended": yellow, "Degraded": red, "Missing": red, "Unknown": grey})},
		{title: titleRelease, label: "release", expr: per("tier, shopset, release", "shopset_release_info"+chosenSets)},
		{title: titleBehind, expr: set("shopset_releases_behind"), steps: wanted(yellow)},
		{title: titleDiffersFromGit, expr: "time() - " + set("shopset_drifted_since_timestamp_seconds"), unit: seconds, steps: from(yellow, step(3600, red))},
		{title: titleResourcesDiffer, expr: set("shopset_resources_out_of_sync"), steps: wanted(orange)},
		{title: titleImagesMovingTag, expr: set("shopset_images_mutable"), steps: wanted(orange)},
		{title: titleSeen, expr: "time() - " + set("shopset_observed_timestamp_seconds"), unit: seconds},
	})
	b.argoCD(set, word)
	b.graph(panel{titleCommitsBehindTierBelow, aboutFirstParentCommitsNext, 12, 8, number, nil},
		"", line{per("tier", "shopset_tier_releases_behind"+chosenTiers), "{{tier}}"})
	b.graph(panel{titleDriftsBegun, aboutHowOftenShopsetsBegan, 12, 8, number, nil},
		"", line{per("shopset, tier", "increase(shopset_drift_events_total"+chosenSets+"[1h])"), at})
}

// argoCD says what Argo CD does with each ShopSet.
func (b *board) argoCD(set func(metric string) string, word func(metric, label string) string) {
	wants := b.mapped([]state{{titleNo, red}, {titleYes, green}})
	switches := b.mapped([]state{{titleNo, grey}, {titleYes, green}})
	b.table(panel{title: titleArgoCD, about: aboutArgoCD, width: 24, height: 12}, 0, false, []column{
		{title: titleShopset, label: "shopset"},
		{title: titleTier, label: "tier"},
		{title: titleServes, expr: set("shopset_serving"), words: wants},
		{title: titleComponentsMissing, expr: set("shopset_components_missing"), steps: wanted(red)},
		{title: titleResourcesMissing, expr: set("shopset_resources_missing"), steps: wanted(red)},
		{title: titleDeleting, expr: set("shopset_applications_deleting"), steps: wanted(orange)},
		{title: titlePending, expr: "time() - " + set("shopset_pending_since_timestamp_seconds"), unit: seconds, steps: from(yellow, step(3600, red))},
		{title: titleHeldBy, label: "cause", expr: "max by (tier, shopset, cause) (shopset_sync_held" + chosenSets + " == 1)"},
		{title: titleVerified, expr: set("shopset_release_verified"), words: wants},
		{title: titleOperation, label: "operation", expr: word("shopset_operation_phase", "operation"),
			words: coloured(map[string]string{"Succeeded": green, "Running": "blue", "Terminating": yellow, "Failed": red, "Error": red})},
		{title: titleRunning, expr: "time() - " + set("shopset_operation_running_since_timestamp_seconds"), unit: seconds, steps: from(green, step(3600, red))},
		{title: titleTook, expr: set("shopset_operation_duration_seconds"), unit: seconds},
		{title: titleAutoSync, expr: set("shopset_auto_sync_enabled"), words: switches},
		{title: titleSelfHeal, expr: set("shopset_self_heal_enabled"), words: switches},
		{title: titlePrune, expr: set("shopset_prune_enabled"), words: switches},
		{title: titleOnBranch, expr: set("shopset_target_is_tier_branch"), words: wants},
		{title: titleConditions, expr: "sum by (tier, shopset) (" + per("tier, shopset, type", "shopset_conditions"+chosenSets) + ")", steps: wanted(yellow)},
	})
}

func (b *board) groups() {
	b.row(titleRedundancyOrder)
	b.table(panel{title: titleShopgroups, about: aboutFromHowManyFailuredomains, width: 12, height: 8}, 0, false, []column{
		{title: titleShopgroup, label: "group"},
		{title: titleAvailable, expr: per("group", "shopset_group_failure_domains_available"), steps: from(red, step(1, green))},
		{title: titleRequired, expr: per("group", "shopset_group_failure_domains_required")},
		{title: titleRedundant, expr: per("group", "shopset_group_redundancy_intact"), words: b.mapped([]state{{titleNo, red}, {titleYes, green}})},
	})
	b.table(panel{title: titleReleasesOutOrder, about: aboutUnverifiedNoLowerTier, width: 12, height: 8}, 0, false, []column{
		{title: titleTier, label: "tier"},
		{title: titleKind, label: "kind"},
		{title: titleRelease, label: "release", expr: per("tier, kind, release", "shopset_tier_order_violation_info"+chosenTiers)},
	})
}

func (b *board) budgets() {
	b.row(titleBudgets)
	budget := func(metric string) string { return "shopslo_slo_" + metric + budgetsOf }
	b.table(panel{title: titleLeastBudgetLeft, about: aboutThirtyBudgetsLeastLeft, width: 12, height: 10}, 3, false, []column{
		{title: titleSlo, label: "slo", link: "/d/" + uid("slo", b.language) + "?var-slo=${__value.raw}"},
		{title: titleShopset, label: "shopset"},
		{title: titleTier, label: "tier"},
		{title: titleLeft, expr: "bottomk(30, " + per("slo, shopset, tier", budget("error_budget_remaining_ratio")) + ")", unit: share, steps: left},
	})
	b.graph(panel{titleBudgetsByState, aboutHowManyBudgetsEach, 12, 10, number, nil},
		"", line{"sum by (state) (" + per("slo, shopset, tier, state", budget("state")) + ")", "{{state}}"})
}
