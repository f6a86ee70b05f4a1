package rules

import (
	"time"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
)

// exporter are the rules about the fleet, as shopset_exporter sees it.
func (s *Settings) exporter() []rule {
	out := []rule{s.drifts(), s.pendingLong(), unverified(), unknown(), incomplete(), operationHangs(), fleetInvalid(), orderViolated(), redundancyShort(), groupDown(), clusterUnreachable(), gitUnreachable(), s.snapshotOld()}
	if s.Exporter {
		out = append(out, exporterAbsent())
	}
	return out
}

func (s *Settings) drifts() rule {
	return rule{
		name: "ShopSetDrifts", severity: slo.Ticket, after: 5 * time.Minute,
		expr: "time() - max by (shopset, tier) (shopset_drifted_since_timestamp_seconds) > " + seconds(s.Drift),
		says: sayShopSetDrifts,
	}
}

func orderViolated() rule {
	return rule{
		name: "TierOrderViolated", severity: slo.Ticket, after: 5 * time.Minute,
		expr: "max by (tier, kind) (shopset_tier_order_violations) > 0",
		says: sayTierOrderViolated,
	}
}

// redundancyShort takes what the exporter cannot see for no redundancy, as the exporter
// does.
func redundancyShort() rule {
	return rule{
		name: "ShopGroupRedundancyShort", severity: slo.Ticket, after: 10 * time.Minute, stay: 5 * time.Minute,
		expr: "max by (group) (shopset_group_redundancy_intact) == 0",
		says: sayShopGroupRedundancyShort,
		args: func(l text.Language) (summary, description []any) {
			return nil, []any{available(l.Say(sayAvailable)), required(l.Say(sayRequired))}
		},
	}
}

func groupDown() rule {
	return rule{
		name: "ShopGroupDown", severity: slo.Page, after: 5 * time.Minute, stay: 5 * time.Minute,
		expr: "max by (group) (shopset_group_failure_domains_available) == 0",
		says: sayShopGroupDown,
		args: func(l text.Language) (summary, description []any) { return nil, []any{required(l.Say(sayAskedFor))} },
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
		says: sayClusterUnreachable,
	}
}

func gitUnreachable() rule {
	return rule{
		name: "GitUnreachable", severity: slo.Ticket, after: 30 * time.Minute,
		expr: "max by (job) (shopset_exporter_git_up) == 0",
		says: sayGitUnreachable,
	}
}

func (s *Settings) snapshotOld() rule {
	return rule{
		name: "ShopSetExporterOld", severity: slo.Ticket, after: 5 * time.Minute,
		expr: "time() - max(shopset_exporter_snapshot_timestamp_seconds) > " + seconds(s.Stale),
		says: sayShopSetExporterOld,
	}
}

func exporterAbsent() rule {
	return rule{
		name: "ShopSetExporterAbsent", severity: slo.Ticket, after: 10 * time.Minute, expr: "absent(shopset_exporter_build_info)",
		says: sayShopSetExporterAbsent,
	}
}

// pendingLong is about a Release that Argo CD does not bring.
func (s *Settings) pendingLong() rule {
	return rule{
		name: "ShopSetPending", severity: slo.Ticket, after: 5 * time.Minute,
		expr: "time() - max by (shopset, tier) (shopset_pending_since_timestamp_seconds) > " + seconds(s.Drift),
		says: sayShopSetPending,
	}
}

// unverified is about a sync that has not succeeded although all looks well.
func unverified() rule {
	return rule{
		name: "ShopSetUnverified", severity: slo.Ticket, after: 30 * time.Minute,
		expr: "max by (shopset, tier) (shopset_release_verified) == 0",
		says: sayShopSetUnverified,
	}
}

// unknown is about a ShopSet of which Argo CD cannot tell, or is not believed, whether it is as
// git asks for. That its cluster cannot be read is clusterUnreachable's.
func unknown() rule {
	return rule{
		name: "ShopSetUnknown", severity: slo.Ticket, after: 30 * time.Minute,
		expr: `max by (shopset, tier) (shopset_sync_status{state="Unknown"}) == 1 unless on (shopset, tier) ` +
			`(shopset_info and on (cluster) max by (cluster) (shopset_exporter_cluster_up) == 0)`,
		says: sayShopSetUnknown,
	}
}

// incomplete is about a ShopSet without one of its parts.
func incomplete() rule {
	return rule{
		name: "ShopSetIncomplete", severity: slo.Ticket, after: 10 * time.Minute,
		expr: "max by (shopset, tier) (shopset_components_missing) > 0 or max by (shopset, tier) (shopset_applications_deleting) > 0",
		says: sayShopSetIncomplete,
	}
}

func operationHangs() rule {
	return rule{
		name: "SyncHangs", severity: slo.Ticket, after: 5 * time.Minute,
		expr: "time() - max by (shopset, tier) (shopset_operation_running_since_timestamp_seconds) > 3600",
		says: saySyncHangs,
	}
}

// fleetInvalid is about documents that are no fleet: what is watched is an older one, or
// nothing.
func fleetInvalid() rule {
	return rule{
		name: "FleetInvalid", severity: slo.Ticket, after: 10 * time.Minute,
		expr: "min by (job) (shopset_fleet_valid) == 0",
		says: sayFleetInvalid,
	}
}
