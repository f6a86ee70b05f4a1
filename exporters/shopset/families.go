package shopset

import "strings"

// scope says what a family has series of.
type scope int

const (
	ofShopSet scope = iota
	ofApplication
	ofTier
	ofGroup
	ofFleet
	ofExporter
	ofProcess
)

var scopes = []struct{ title, text string }{
	ofShopSet:     {"ShopSets", "One series per ShopSet, or per ShopSet and state."},
	ofApplication: {"Applications", "Only with `--applications`: one series per Argo CD Application, or per Application and state, is more than most need."},
	ofTier:        {"Tiers", "One series per Tier."},
	ofGroup:       {"ShopGroups", "One series per ShopGroup: redundancy belongs to the shops."},
	ofFleet:       {"The fleet's documents", ""},
	ofExporter:    {"The exporter itself", ""},
	ofProcess:     {"The process", "Under the names that Prometheus' client libraries use."},
}

// kind is a family's type in the exposition formats.
type kind string

const (
	gauge     kind = "gauge"
	counter   kind = "counter"
	infos     kind = "info"  // a gauge in the text format
	stateSet  kind = "state" // a gauge in both: OpenMetrics would name the label like the metric
	histogrms kind = "histogram"
)

// family is a metric with its series. The table below is what is exported, and
// what docs/metrics.md is made from.
type family struct {
	name   string
	kind   kind
	labels string // separated by blanks
	help   string
	absent string // what it means that there is no series; "" where there always is one
}

// The families by number. Those of ShopSets come first, in the order in which
// block.go writes them.
const (
	fInfo = iota
	fMember
	fSync
	fHealth
	fOutOfSync
	fDriftedSince
	fDriftEvents
	fReleaseInfo
	fReleaseSince
	fChangedSince
	fVerified
	fBehind
	fImages
	fMutable
	fObserved
	fServing
	fMissing
	fAbsent
	fPendingSince
	fHeld
	fHealthSince
	fApps
	fAppsExpected
	fAppsDeleting
	fPhase
	fRunning
	fEnded
	fTook
	fAutoSync
	fSelfHeal
	fPrune
	fWindow
	fConditions
	fOnBranch
	fAppSync // of Applications from here
	fAppHealth
	fAppOutOfSync
	fAppHealthSince
	fAppPhase
	fAppRunning
	fAppEnded
	fAppTook
	fAppAutoSync
	fAppDeleting
	perShopSet // how many families a ShopSet's block has
)

const (
	fTierInfo = perShopSet + iota
	fTierOrder
	fTierShopSets
	fTierSync
	fTierHealth
	fTierOutOfSync
	fTierRelease
	fTierReleaseAt
	fTierRunning
	fTierBehind
	fTierAhead
	fTierInOrder
	fTierViolations
	fTierViolation
	fTierSkewed
	fTierSkewedSince
	fTierSoaking
	fPromotions
	fRollbacks
	fLead
	fSoak
	fGroupAvailable
	fGroupRequired
	fGroupIntact
	fFleetValid
	fFleetLoaded
	fFindings
	fFinding
	fSnapshot
	fClusterUp
	fClusterReached
	fClusterErrors
	fClusterApps
	fClusterStrangers
	fClusterFaulty
	fClusterFaults
	fClusterChanges
	fClusterList
	fClusterSecrets
	fClusterCompared
	fGitUp
	fGitFetched
	fGitErrors
	fStateWritten
	fStateErrors
	fBuild
	ofPage // how many families are on a page; what follows is read at each scrape
)

const (
	fCPU = ofPage + iota
	fResident
	fVirtual
	fStarted
	fOpenFDs
	fMaxFDs
	fGo
	fGoroutines
	fThreads
	fMaxProcs
	fGOGC
	fMemoryLimit
	fAllocated
	fHeapAlloc
	fHeapInUse
	fHeapIdle
	fHeapReleased
	fStacks
	fNextGC
	fSys
	allFamilies
)

var families = [allFamilies]family{
	fInfo:         {"shopset_info", infos, "shopset tier configuration failure_domain cluster", "What a ShopSet is; cluster is where it was seen last, empty where it never was.", ""},
	fMember:       {"shopset_group_member_info", infos, "shopset tier group", "Which ShopGroups a ShopSet serves.", "the ShopSet serves no group"},
	fSync:         {"shopset_sync_status", stateSet, "shopset tier state", "Whether what runs is what git asks for, as Argo CD says: 1 for the state that it is in, 0 for the others.", ""},
	fHealth:       {"shopset_health_status", stateSet, "shopset tier state", "How what runs is doing, as Argo CD says: 1 for the state that it is in, 0 for the others.", ""},
	fOutOfSync:    {"shopset_resources_out_of_sync", gauge, "shopset tier", "Resources that differ from what git asks for; 0 while the ShopSet is Synced: Argo CD is told not to mind any that differ then (IgnoreExtraneous).", "not known"},
	fDriftedSince: {"shopset_drifted_since_timestamp_seconds", gauge, "shopset tier", "Since when the ShopSet has drifted: it is OutOfSync, and not only because a Release is pending; kept while it is Unknown, and across restarts.", "it does not drift"},
	fDriftEvents:  {"shopset_drift_events_total", counter, "shopset tier", "How often a drift began, also one that healed itself at once; kept across restarts.", "the ShopSet was never observed"},
	fReleaseInfo:  {"shopset_release_info", infos, "shopset tier release revision", "The Release that runs (the app repository's commit), and the deployed commit of the repository that Argo CD reads; with its source hydrator, the commit that people wrote.", "not known, or its parts run different ones"},
	fReleaseSince: {"shopset_release_deployed_timestamp_seconds", gauge, "shopset tier", "When the Release came to the ShopSet, at the latest: Argo CD keeps the last ten syncs. What was known before is kept, across restarts too.", "not known"},
	fChangedSince: {"shopset_changed_timestamp_seconds", gauge, "shopset tier", "When the ShopSet's own folders of the system repository, the parameters of its Applications and their other sources came to be as they are, at the latest, whichever Release runs; kept across restarts.", "not known"},
	fVerified:     {"shopset_release_verified", gauge, "shopset tier", "1 where the operation of Argo CD that brought what runs has succeeded, hooks included; 0 where it failed, or goes on: then the Tier does not soak. The reason is in /api/v1/fleet.", "what runs is not known"},
	fBehind:       {"shopset_releases_behind", gauge, "shopset tier", "First-parent commits of the next lower Tier's Release that the ShopSet lacks.", "not known, or the lowest Tier"},
	fImages:       {"shopset_images", gauge, "shopset tier", "Different images that run; in a rollout old and new.", "not known"},
	fMutable:      {"shopset_images_mutable", gauge, "shopset tier", "Images whose tag can come to mean something else (latest, or neither tag nor digest): going back to them needs a rebuild.", "not known"},
	fObserved:     {"shopset_observed_timestamp_seconds", gauge, "shopset tier", "When Argo CD last compared; the oldest where several Applications make the ShopSet.", "never"},
	fServing:      {"shopset_serving", gauge, "shopset tier", "1 where the ShopSet is taken to answer customers: it is Healthy, Suspended, or Progressing for at most 10 minutes, and something was deployed; else 0. The reason is in /api/v1/fleet.", ""},
	fMissing:      {"shopset_resources_missing", gauge, "shopset tier", "Resources that are not there though git asks for them.", "not known: Argo CD cannot compare, or its controller keeps no health of resources and some are out of sync"},
	fAbsent:       {"shopset_components_missing", gauge, "shopset tier", "Components of the ShopSet's document that no Application is of.", "not known: no Application is of one component"},
	fPendingSince: {"shopset_pending_since_timestamp_seconds", gauge, "shopset tier", "Since when a revision has waited to be deployed, where that alone is why the ShopSet is OutOfSync; kept across restarts.", "nothing is pending, or the ShopSet drifts"},
	fHeld:         {"shopset_sync_held", gauge, "shopset tier cause", "1 for what keeps Argo CD from syncing the ShopSet, 0 for what does not; only while it is OutOfSync.", "it is not OutOfSync"},
	fHealthSince:  {"shopset_health_since_timestamp_seconds", gauge, "shopset tier", "Since when the ShopSet has had its health.", "not known"},
	fApps:         {"shopset_applications", gauge, "shopset tier", "Argo CD Applications that were seen of the ShopSet.", "not known"},
	fAppsExpected: {"shopset_applications_expected", gauge, "shopset tier", "Argo CD Applications that there should be: those seen, and one for each component that is missing.", "not known: no Application is of one component"},
	fAppsDeleting: {"shopset_applications_deleting", gauge, "shopset tier", "Argo CD Applications of the ShopSet that are being deleted.", "not known"},
	fPhase:        {"shopset_operation_phase", stateSet, "shopset tier state", "What became of the last operation of Argo CD, the worst of several Applications: 1 for the phase that it is in, 0 for the others.", "there was none, or not known"},
	fRunning:      {"shopset_operation_running_since_timestamp_seconds", gauge, "shopset tier", "Since when an operation of Argo CD has been going on, the oldest.", "none is"},
	fEnded:        {"shopset_operation_ended_timestamp_seconds", gauge, "shopset tier", "When the last operation of Argo CD ended.", "none has"},
	fTook:         {"shopset_operation_duration_seconds", gauge, "shopset tier", "How long the last operation of Argo CD took, the longest of several Applications.", "none has ended"},
	fAutoSync:     {"shopset_auto_sync_enabled", gauge, "shopset tier", "1 where Argo CD syncs all Applications by itself, else 0.", "not known"},
	fSelfHeal:     {"shopset_self_heal_enabled", gauge, "shopset tier", "1 where Argo CD undoes changes by hand in all Applications, else 0.", "not known"},
	fPrune:        {"shopset_prune_enabled", gauge, "shopset tier", "1 where Argo CD removes by itself what git no longer has, in all Applications, else 0.", "not known"},
	fWindow:       {"shopset_sync_window_blocks", gauge, "shopset tier", "1 where a sync window of an AppProject keeps Argo CD from syncing some Application by itself, else 0.", "not known: AppProjects, or which of them others inherit from, may not be read"},
	fConditions:   {"shopset_conditions", gauge, "shopset tier type", "Argo CD Applications of the ShopSet that have a condition of this type, such as ComparisonError or OrphanedResourceWarning; other: one that is none of Argo CD's.", "none has"},
	fOnBranch:     {"shopset_target_is_tier_branch", gauge, "shopset tier", "1 where all Applications are deployed from the Tier's branch, 0 where one is not.", "the Tier has no branch, or not known"},

	fAppSync:        {"shopset_application_sync_status", stateSet, "shopset tier cluster namespace application state", "Sync status of an Argo CD Application: 1 for the state that it is in, 0 for the others.", ""},
	fAppHealth:      {"shopset_application_health_status", stateSet, "shopset tier cluster namespace application state", "Health of an Argo CD Application: 1 for the state that it is in, 0 for the others.", ""},
	fAppOutOfSync:   {"shopset_application_resources_out_of_sync", gauge, "shopset tier cluster namespace application", "Resources of an Argo CD Application that differ from what git asks for.", "not known"},
	fAppHealthSince: {"shopset_application_health_since_timestamp_seconds", gauge, "shopset tier cluster namespace application", "Since when an Argo CD Application has had its health.", "not known"},
	fAppPhase:       {"shopset_application_operation_phase", stateSet, "shopset tier cluster namespace application state", "What became of an Argo CD Application's last operation: 1 for the phase that it is in, 0 for the others.", "there was none"},
	fAppRunning:     {"shopset_application_operation_running_since_timestamp_seconds", gauge, "shopset tier cluster namespace application", "Since when an Argo CD Application's operation has been going on.", "none is"},
	fAppEnded:       {"shopset_application_operation_ended_timestamp_seconds", gauge, "shopset tier cluster namespace application", "When an Argo CD Application's last operation ended.", "none has"},
	fAppTook:        {"shopset_application_operation_duration_seconds", gauge, "shopset tier cluster namespace application", "How long an Argo CD Application's last operation took.", "none has ended"},
	fAppAutoSync:    {"shopset_application_auto_sync_enabled", gauge, "shopset tier cluster namespace application", "1 where Argo CD syncs an Application by itself, else 0.", ""},
	fAppDeleting:    {"shopset_application_deleting", gauge, "shopset tier cluster namespace application", "1 where an Argo CD Application is being deleted, else 0.", ""},

	fTierInfo:        {"shopset_tier_info", infos, "tier branch", "What a Tier is: the branch that it is deployed from.", ""},
	fTierOrder:       {"shopset_tier_order", gauge, "tier", "The Tier's rank, the lowest first.", ""},
	fTierShopSets:    {"shopset_tier_shopsets", gauge, "tier", "ShopSets of the Tier.", ""},
	fTierSync:        {"shopset_tier_sync_shopsets", gauge, "tier state", "ShopSets of the Tier by sync status.", ""},
	fTierHealth:      {"shopset_tier_health_shopsets", gauge, "tier state", "ShopSets of the Tier by health.", ""},
	fTierOutOfSync:   {"shopset_tier_resources_out_of_sync", gauge, "tier", "Resources of the Tier's ShopSets that differ from what git asks for, as far as known.", "of none of them it is known"},
	fTierRelease:     {"shopset_tier_release_info", infos, "tier release", "The Release that the Tier's branch points to.", "not known"},
	fTierReleaseAt:   {"shopset_tier_release_timestamp_seconds", gauge, "tier", "When the Tier's branch came to its Release, as its commit says.", "not known"},
	fTierRunning:     {"shopset_tier_releases_running", gauge, "tier", "Different Releases that ShopSets of the Tier are known to run.", ""},
	fTierBehind:      {"shopset_tier_releases_behind", gauge, "tier", "First-parent commits of the next lower Tier's Release that the Tier's branch lacks.", "not known, or the lowest Tier"},
	fTierAhead:       {"shopset_tier_releases_ahead", gauge, "tier", "First-parent commits of the Tier's branch that the next lower Tier's Release lacks: above 0 nothing can be promoted to it without undoing them.", "not known, or the lowest Tier"},
	fTierInOrder:     {"shopset_tier_in_order", gauge, "tier", "1 where each Release that the Tier runs runs in a lower Tier or did, 0 where one does not.", "not known"},
	fTierViolations:  {"shopset_tier_order_violations", gauge, "tier kind", "Releases that the Tier runs although no lower Tier has had them (unverified), or not all populated ones (skipped).", ""},
	fTierViolation:   {"shopset_tier_order_violation_info", infos, "tier kind release", "A Release that breaks the order of Tiers.", "no violation"},
	fTierSkewed:      {"shopset_tier_skewed", gauge, "tier", "1 where the Tier's ShopSets are known to run different Releases, else 0.", ""},
	fTierSkewedSince: {"shopset_tier_skewed_since_timestamp_seconds", gauge, "tier", "Since when the Tier's ShopSets have run different Releases; kept across restarts.", "they do not"},
	fTierSoaking:     {"shopset_tier_soaking_since_timestamp_seconds", gauge, "tier", "Since when all ShopSets of the Tier have without a break been Synced, Healthy and verified at one Release.", "they are not"},
	fPromotions:      {"shopset_promotions_total", counter, "tier", "Releases that came to all ShopSets of the Tier for the first time; kept across restarts.", "the lowest Tier, to which nothing is promoted"},
	fRollbacks:       {"shopset_rollbacks_total", counter, "tier", "How often all ShopSets of the Tier went back to a Release that they had before; kept across restarts.", ""},
	fLead:            {"shopset_promotion_lead_time_seconds", histogrms, "tier", "From a change's coming to the lowest Tier's branch until all ShopSets of the Tier ran it. Where later changes came along, the oldest one's time counts. Kept across restarts.", "the lowest Tier"},
	fSoak:            {"shopset_tier_soak_seconds", histogrms, "tier", "How long a Release was verified in the Tier without a break, counted when it came to a Tier above. Kept across restarts.", ""},

	fGroupAvailable: {"shopset_group_failure_domains_available", gauge, "group", "FailureDomains in which a ShopSet of the group serves; one that is Unknown does not count.", "of none of its ShopSets is anything known"},
	fGroupRequired:  {"shopset_group_failure_domains_required", gauge, "group", "FailureDomains that the group asks for.", ""},
	fGroupIntact:    {"shopset_group_redundancy_intact", gauge, "group", "1 where enough FailureDomains are available, else 0. What is not known is no redundancy.", ""},

	fFleetValid:  {"shopset_fleet_valid", gauge, "", "1 where the fleet is the one that its documents say now; 0 where they are none, or cannot be read, a reload too: then the last one that was goes on, or there is none.", ""},
	fFleetLoaded: {"shopset_fleet_loaded_timestamp_seconds", gauge, "", "When the fleet's documents were last read and valid.", "never"},
	fFindings:    {"shopset_fleet_findings", gauge, "kind", "What is wrong with the fleet's documents, or loads and is not as it should be, by their kind; see shopset_fleet_finding_info.", ""},
	fFinding:     {"shopset_fleet_finding_info", infos, "rule kind name", "A finding about the fleet's documents: redundancy (a group's ShopSets are declared in too few FailureDomains), one-tier (in different Tiers); and of such that are no fleet: invalid, unreadable, differs (between clusters), unread (some could not be read).", "nothing is found"},

	fSnapshot:         {"shopset_exporter_snapshot_timestamp_seconds", gauge, "", "When the figures about the fleet were last made.", "not yet"},
	fClusterUp:        {"shopset_exporter_cluster_up", gauge, "cluster", "1 where the cluster's Applications can be read, else 0.", ""},
	fClusterReached:   {"shopset_exporter_cluster_reached_timestamp_seconds", gauge, "cluster", "When the cluster last answered: the age of its data.", "never"},
	fClusterErrors:    {"shopset_exporter_cluster_watch_errors_total", counter, "cluster", "Lists and watches of the cluster that failed.", ""},
	fClusterApps:      {"shopset_exporter_cluster_applications", gauge, "cluster", "Argo CD Applications that the cluster has.", ""},
	fClusterStrangers: {"shopset_exporter_cluster_applications_without_shopset", gauge, "cluster", "Argo CD Applications that belong to no ShopSet.", ""},
	fClusterFaulty:    {"shopset_exporter_cluster_applications_unreadable", gauge, "cluster", "Argo CD Applications of an unknown shape.", ""},
	fClusterFaults:    {"shopset_exporter_cluster_faults_total", counter, "cluster fault", "What went wrong, or was delayed, in reading the cluster; also what mended itself.", ""},
	fClusterChanges:   {"shopset_exporter_cluster_changes_total", counter, "cluster", "Changes of Argo CD Applications that were taken in, lists not counted.", ""},
	fClusterList:      {"shopset_exporter_cluster_list_duration_seconds", gauge, "cluster", "How long the last list of Argo CD Applications took.", "there was none"},
	fClusterSecrets:   {"shopset_exporter_cluster_secrets_refused", gauge, "cluster", "1 where the cluster Secrets of the Argo CD there could not be listed, or one has another cluster's name (--argocd.cluster-secrets): clusters that it knows are not read.", "they could, or are not asked for"},
	fClusterCompared:  {"shopset_exporter_cluster_compared_timestamp_seconds", gauge, "cluster", "When Argo CD last compared one of the cluster's Applications: older than --max-age, its controller is down, or timeout.reconciliation is 0.", "never"},
	fGitUp:            {"shopset_exporter_git_up", gauge, "", "1 where the last fetch of the git repositories went well, else 0.", "no repository is configured, or none was fetched yet"},
	fGitFetched:       {"shopset_exporter_git_fetched_timestamp_seconds", gauge, "", "When the git repositories were last fetched: the age of what is known of branches.", "never"},
	fGitErrors:        {"shopset_exporter_git_errors_total", counter, "", "Fetches of the git repositories, and readings of Tier branches, that failed.", ""},
	fStateWritten:     {"shopset_exporter_state_written_timestamp_seconds", gauge, "", "When the state file was last written.", "not yet, or none is configured"},
	fStateErrors:      {"shopset_exporter_state_write_errors_total", counter, "", "Writings of the state file that failed.", ""},
	fBuild:            {"shopset_exporter_build_info", infos, "version revision goversion", "What the exporter was built from.", ""},

	fCPU:          {"process_cpu_seconds_total", counter, "", "CPU time that the process has used, user and system.", notHere},
	fResident:     {"process_resident_memory_bytes", gauge, "", "Memory of the process that is in the machine's.", notHere},
	fVirtual:      {"process_virtual_memory_bytes", gauge, "", "Address space of the process.", notHere},
	fStarted:      {"process_start_time_seconds", gauge, "", "When the process was started.", notHere},
	fOpenFDs:      {"process_open_fds", gauge, "", "Files and connections that are open.", notHere},
	fMaxFDs:       {"process_max_fds", gauge, "", "Files and connections that may be open.", notHere},
	fGo:           {"go_info", infos, "version", "The Go that the program was built with.", ""},
	fGoroutines:   {"go_goroutines", gauge, "", "Goroutines that there are.", ""},
	fThreads:      {"go_threads", gauge, "", "Threads of the system that Go's runtime has.", ""},
	fMaxProcs:     {"go_sched_gomaxprocs_threads", gauge, "", "Threads that may run Go code at once (GOMAXPROCS).", ""},
	fGOGC:         {"go_gc_gogc_percent", gauge, "", "How much the heap may grow until garbage is collected (GOGC).", ""},
	fMemoryLimit:  {"go_gc_gomemlimit_bytes", gauge, "", "Memory that Go's runtime tries to stay within (GOMEMLIMIT).", ""},
	fAllocated:    {"go_memstats_alloc_bytes_total", counter, "", "Memory that was allocated on the heap, freed or not.", ""},
	fHeapAlloc:    {"go_memstats_heap_alloc_bytes", gauge, "", "Memory of objects on the heap, garbage that is not collected yet included.", ""},
	fHeapInUse:    {"go_memstats_heap_inuse_bytes", gauge, "", "Memory of the heap's parts that have objects.", ""},
	fHeapIdle:     {"go_memstats_heap_idle_bytes", gauge, "", "Memory of the heap's parts that have none, given back to the system or not.", ""},
	fHeapReleased: {"go_memstats_heap_released_bytes", gauge, "", "Memory of the heap that was given back to the system.", ""},
	fStacks:       {"go_memstats_stack_inuse_bytes", gauge, "", "Memory of goroutines' stacks.", ""},
	fNextGC:       {"go_memstats_next_gc_bytes", gauge, "", "Size of the heap at which garbage is collected next.", ""},
	fSys:          {"go_memstats_sys_bytes", gauge, "", "Memory that Go's runtime has from the system, address space that was given back included.", ""},
}

// notHere is why a figure of the process is missing.
const notHere = "the system does not tell"

// perGroup is how many families a ShopGroup's block has.
const perGroup = fGroupIntact - fGroupAvailable + 1

// scope of the family with this number.
func scopeOf(f int) scope {
	switch {
	case f < fAppSync:
		return ofShopSet
	case f < perShopSet:
		return ofApplication
	case f < fGroupAvailable:
		return ofTier
	case f < fFleetValid:
		return ofGroup
	case f < fSnapshot:
		return ofFleet
	case f < ofPage:
		return ofExporter
	}
	return ofProcess
}

// unit is the base unit in the family's name, "" for plain numbers.
func (f *family) unit() string {
	for _, u := range []string{"seconds", "ratio", "bytes"} {
		if strings.HasSuffix(strings.TrimSuffix(f.name, "_total"), "_"+u) {
			return u
		}
	}
	return ""
}

// heads are the lines before each family's series, in the text format and OpenMetrics.
var heads = func() (all [2][allFamilies][]byte) {
	for i, openMetrics := range []bool{false, true} {
		for f := range families {
			all[i][f] = families[f].head(openMetrics)
		}
	}
	return all
}()

// head writes the lines before a family's series.
func (f *family) head(openMetrics bool) []byte {
	name, typ := f.name, string(f.kind)
	switch f.kind {
	case stateSet:
		typ = string(gauge)
	case infos:
		if openMetrics {
			name = strings.TrimSuffix(name, "_info")
		} else {
			typ = string(gauge)
		}
	case counter:
		if openMetrics {
			name = strings.TrimSuffix(name, "_total")
		}
	}
	text := "# HELP " + name + " " + escapeHelp(f.help) + "\n# TYPE " + name + " " + typ + "\n"
	if u := f.unit(); u != "" && openMetrics {
		text += "# UNIT " + name + " " + u + "\n"
	}
	return []byte(text)
}

// escapeHelp escapes as both formats ask for; OpenMetrics escapes quotes as well,
// of which the table has none.
func escapeHelp(text string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(text)
}
