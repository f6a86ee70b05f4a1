package rules

import (
	"time"

	"github.com/shopslo/shopslo/slo"
)

// exporter are the rules about the fleet, as shopset_exporter sees it.
func (s *Settings) exporter() []rule {
	out := []rule{s.drifts(), s.pendingLong(), unverified(), incomplete(), operationHangs(), fleetInvalid(), orderViolated(), redundancyShort(), groupDown(), clusterUnreachable(), gitUnreachable(), s.snapshotOld()}
	if s.Exporter {
		out = append(out, exporterAbsent())
	}
	return out
}

func (s *Settings) drifts() rule {
	return rule{
		name: "ShopSetDrifts", severity: slo.Ticket, after: 5 * time.Minute,
		expr: "time() - max by (shopset, tier) (shopset_drifted_since_timestamp_seconds) > " + seconds(s.Drift),
		en: note{
			shopset + " has differed from git for " + lasting,
			"What runs on " + where + " has not been what git asks for, for " + lasting + ". Argo CD shows which resources differ: sync them, or put the change into git.",
		},
		ja: note{
			shopset + " が " + lasting + " git と異なっています",
			where + " で動いているものが " + lasting + " git の内容と異なっています。差分は Argo CD で確認できます。同期するか、変更を git に入れてください。",
		},
	}
}

func orderViolated() rule {
	return rule{
		name: "TierOrderViolated", severity: slo.Ticket, after: 5 * time.Minute,
		expr: "max by (tier, kind) (shopset_tier_order_violations) > 0",
		en: note{
			"{{ $labels.tier }} runs a Release that the Tiers below have not verified",
			"{{ $labels.tier }} runs {{ $value }} Release(s) that break the order of Tiers ({{ $labels.kind }}: unverified ran in no lower Tier, skipped left one out). shopset_tier_order_violation_info names them. Roll back, or bring the lower Tiers up.",
		},
		ja: note{
			"{{ $labels.tier }} で、下の Tier で検証されていない リリース が動いています",
			"{{ $labels.tier }} で Tier の順序に反する リリース が {{ $value }} 個動いています（{{ $labels.kind }}：unverified は下のどの Tier でも動いていない、skipped は途中の Tier を飛ばした）。shopset_tier_order_violation_info に名前があります。戻すか、下の Tier に適用してください。",
		},
	}
}

// redundancyShort takes what the exporter cannot see for no redundancy, as the exporter
// does.
func redundancyShort() rule {
	return rule{
		name: "ShopGroupRedundancyShort", severity: slo.Ticket, after: 10 * time.Minute, stay: 5 * time.Minute,
		expr: "max by (group) (shopset_group_redundancy_intact) == 0",
		en: note{
			"The shops of {{ $labels.group }} are not redundant",
			"Fewer FailureDomains serve the shops of {{ $labels.group }} than are asked for" + available(": %s are available") + required(", %s are required") + ". What is unknown counts as not serving. Do not take down another one.",
		},
		ja: note{
			"{{ $labels.group }} のショップに冗長性がありません",
			"{{ $labels.group }} のショップを提供している FailureDomain が足りません" + available("（提供中 %s）") + required("（必要数 %s）") + "。不明なものは数えません。ほかを停止しないでください。",
		},
	}
}

func groupDown() rule {
	return rule{
		name: "ShopGroupDown", severity: slo.Page, after: 5 * time.Minute, stay: 5 * time.Minute,
		expr: "max by (group) (shopset_group_failure_domains_available) == 0",
		en: note{
			"No ShopSet is known to serve the shops of {{ $labels.group }}",
			"In no FailureDomain a ShopSet of {{ $labels.group }} is healthy" + required("; %s are asked for") + ". Move its shops to a ShopSet of the same Tier in another FailureDomain (shopslo plan upgrade shows which can take them).",
		},
		ja: note{
			"{{ $labels.group }} のショップを提供できる ShopSet がありません",
			"{{ $labels.group }} の正常な ShopSet がどの FailureDomain にもありません" + required("（必要数 %s）") + "。同じ Tier で別の FailureDomain の ShopSet に移してください（shopslo plan upgrade で候補がわかります）。",
		},
	}
}

// required is a half-sentence with the FailureDomains that the group asks for.
func required(sentence string) string {
	return asked(`max(shopset_group_failure_domains_required{group=%q})`, "$labels.group", sentence, "humanize")
}

// available is a half-sentence with the FailureDomains that serve; empty where of none
// anything is known.
func available(sentence string) string {
	return asked(`max(shopset_group_failure_domains_available{group=%q})`, "$labels.group", sentence, "humanize")
}

func clusterUnreachable() rule {
	return rule{
		name: "ClusterUnreachable", severity: slo.Ticket, after: 10 * time.Minute, stay: 5 * time.Minute,
		expr: `max by (cluster) (shopset_exporter_cluster_up) == 0`,
		en: note{
			"shopset_exporter cannot read cluster {{ $labels.cluster }}",
			"The Applications of {{ $labels.cluster }} cannot be read: what is known of its ShopSets grows old, and the gate is inconclusive there. shopset_exporter_cluster_faults_total says what fails.",
		},
		ja: note{
			"shopset_exporter がクラスター {{ $labels.cluster }} を読めません",
			"{{ $labels.cluster }} の Application を読めません。その ShopSet の情報は古くなり、ゲートは判断できません。原因は shopset_exporter_cluster_faults_total にあります。",
		},
	}
}

func gitUnreachable() rule {
	return rule{
		name: "GitUnreachable", severity: slo.Ticket, after: 30 * time.Minute,
		expr: "max by (job) (shopset_exporter_git_up) == 0",
		en:   note{"shopset_exporter cannot fetch from git", "What Tiers' branches point to is not known anew: Releases, lags and order violations may be old. Its log says why."},
		ja:   note{"shopset_exporter が git から取得できません", "各 Tier のブランチの指す先が更新されません。リリース、遅れ、順序違反の情報が古い恐れがあります。理由はログにあります。"},
	}
}

func (s *Settings) snapshotOld() rule {
	return rule{
		name: "ShopSetExporterOld", severity: slo.Ticket, after: 5 * time.Minute,
		expr: "time() - max(shopset_exporter_snapshot_timestamp_seconds) > " + seconds(s.Stale),
		en:   note{"What shopset_exporter says is " + lasting + " old", "The figures about the fleet were last made " + lasting + " ago: drift, order and redundancy are not watched. Its log says why."},
		ja:   note{"shopset_exporter の情報が " + lasting + " 前のものです", "フリートの数値は " + lasting + " 前に作られたものです。差分、順序、冗長性が監視されていません。理由はログにあります。"},
	}
}

func exporterAbsent() rule {
	return rule{
		name: "ShopSetExporterAbsent", severity: slo.Ticket, after: 10 * time.Minute, expr: "absent(shopset_exporter_build_info)",
		en: note{"No shopset_exporter is scraped", "Prometheus has no metrics of shopset_exporter: drift, order and redundancy are not watched. Start it, or correct its scrape job."},
		ja: note{"shopset_exporter がスクレイプされていません", "shopset_exporter のメトリクスがありません。差分、順序、冗長性が監視されていません。起動するか、スクレイプの設定を直してください。"},
	}
}

// pendingLong is about a Release that Argo CD does not bring.
func (s *Settings) pendingLong() rule {
	return rule{
		name: "ShopSetPending", severity: slo.Ticket, after: 5 * time.Minute,
		expr: "time() - max by (shopset, tier) (shopset_pending_since_timestamp_seconds) > " + seconds(s.Drift),
		en: note{
			"A revision has been pending on " + shopset + " for " + lasting,
			"Git has moved on, and " + where + " has not been synced for " + lasting + ". shopset_sync_held says what keeps Argo CD from it: auto-sync is off, a sync window, or the last sync has failed.",
		},
		ja: note{
			shopset + " に " + lasting + " 適用されていないリビジョンがあります",
			"git は進んでいますが、" + where + " が " + lasting + " 同期されていません。原因は shopset_sync_held にあります（自動同期がオフ、sync window、直前の同期の失敗）。",
		},
	}
}

// unverified is about a sync that has not succeeded although all looks well.
func unverified() rule {
	return rule{
		name: "ShopSetUnverified", severity: slo.Ticket, after: 30 * time.Minute,
		expr: "max by (shopset, tier) (shopset_release_verified) == 0",
		en: note{
			"The sync that brought what runs on " + shopset + " has not succeeded",
			"What runs on " + where + " may look well, but Argo CD's operation has failed or goes on, hooks such as smoke tests included: the Tier does not soak. unverified in /api/v1/fleet has Argo CD's message.",
		},
		ja: note{
			shopset + " の同期が成功していません",
			where + " は正常に見えることがありますが、Argo CD の同期（スモークテストなどのフックを含む）が失敗したか、終わっていません。検証時間は始まりません。Argo CD のメッセージは /api/v1/fleet の unverified にあります。",
		},
	}
}

// incomplete is about a ShopSet without one of its parts.
func incomplete() rule {
	return rule{
		name: "ShopSetIncomplete", severity: slo.Ticket, after: 10 * time.Minute,
		expr: "max by (shopset, tier) (shopset_components_missing) > 0 or max by (shopset, tier) (shopset_applications_deleting) > 0",
		en: note{
			"A component of " + shopset + " is missing, or its Application is being deleted",
			where + " is without {{ $value }} of its Applications, or they hang in their deletion. /api/v1/fleet names them. Apply them again, or take the component out of the ShopSet's document.",
		},
		ja: note{
			shopset + " のコンポーネントがないか、Application が削除中です",
			where + " の Application が {{ $value }} 個ないか、削除が終わっていません。名前は /api/v1/fleet にあります。再適用するか、ShopSet の定義からコンポーネントを外してください。",
		},
	}
}

func operationHangs() rule {
	return rule{
		name: "SyncHangs", severity: slo.Ticket, after: 5 * time.Minute,
		expr: "time() - max by (shopset, tier) (shopset_operation_running_since_timestamp_seconds) > 3600",
		en: note{
			"A sync of " + shopset + " has been going on for " + lasting,
			"An operation of Argo CD on " + where + " has not ended for " + lasting + ": a hook may wait for something. End it with argocd app terminate-op, or mend what it waits for.",
		},
		ja: note{
			shopset + " の同期が " + lasting + " 終わっていません",
			where + " で Argo CD の同期が " + lasting + " 続いています。フックが何かを待っている恐れがあります。argocd app terminate-op で終わらせるか、待っている原因を直してください。",
		},
	}
}

// fleetInvalid is about documents that are no fleet: what is watched is an older one, or
// nothing.
func fleetInvalid() rule {
	return rule{
		name: "FleetInvalid", severity: slo.Ticket, after: 10 * time.Minute,
		expr: "min by (job) (shopset_fleet_valid) == 0",
		en: note{
			"The fleet's documents cannot be read, or are no fleet",
			"shopset_exporter goes on with the last fleet that was valid, or with none: ShopSets that came since are not watched. shopset_fleet_finding_info and /api/v1/fleet name the documents.",
		},
		ja: note{
			"フリートの定義を読めないか、定義に誤りがあります",
			"shopset_exporter は最後に正しかったフリートを使っているか、フリートがありません。その後に加わった ShopSet は監視されていません。該当する定義は shopset_fleet_finding_info と /api/v1/fleet にあります。",
		},
	}
}
