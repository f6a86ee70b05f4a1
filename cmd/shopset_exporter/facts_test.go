package main

import (
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/shopslo/shopslo/fleet"
)

// TestWhatArgoCDSaysOfOneApplication changes an Application as Argo CD does, and asks the
// whole program what it makes of it. first and second are commits of the system
// repository; all Tiers point to the first.
func TestWhatArgoCDSaysOfOneApplication(t *testing.T) {
	system, first, second := repository(t)
	server := newAPIServer(t)
	now := time.Now().UTC().Truncate(time.Second)
	ago := func(d time.Duration) string { return now.Add(-d).Format(time.RFC3339) }
	const day = 24 * time.Hour
	fill := strings.NewReplacer("FIRST", first, "SECOND", second, "DAYS9", ago(9*day), "DAYS8", ago(8*day), "HOUR1", ago(time.Hour), "MINUTES9", ago(9*time.Minute), "MINUTES1", ago(time.Minute))
	set := func(text string) {
		var a map[string]any
		if err := yaml.Unmarshal([]byte(fill.Replace(text)), &a); err != nil {
			t.Fatal(err)
		}
		a["status"].(map[string]any)["reconciledAt"] = time.Now().UTC().Format(time.RFC3339)
		server.put("a-1", a)
	}
	const (
		plain = "spec: {source: {repoURL: x, path: overlays/a-1}}\nstatus:\n  health: {status: Healthy}\n"
		old   = "  history: [{id: 0, revision: FIRST, deployedAt: DAYS8}]\n"
	)
	steps := []struct {
		name, document string
		release        string
		since          time.Duration // before now; 0: not asked
		unverified     string        // a part of it; "": it is verified
		differ         int
	}{
		{"it came eight days ago", plain + "  sync: {status: Synced, revision: FIRST}\n  history: [{revision: SECOND, deployedAt: DAYS9}, {revision: FIRST, deployedAt: DAYS8}]", first, 8 * day, "", 0},
		{"self-heals have filled the history", plain + "  sync: {status: Synced, revision: FIRST}\n  history: [{revision: FIRST, deployedAt: MINUTES9}, {revision: FIRST, deployedAt: MINUTES1}]", first, 8 * day, "", 0},
		{"an operator's Secret is not to be minded", plain + "  sync: {status: Synced, revision: FIRST}\n  resources: [{kind: Secret, name: s, status: OutOfSync, requiresPruning: true}]\n" + old, first, 8 * day, "", 0},
		{"a dry run of another commit failed", plain + "  sync: {status: OutOfSync, revision: SECOND}\n  resources: [{kind: Deployment, name: cart, status: OutOfSync}]\n" + old +
			"  operationState: {phase: Failed, startedAt: HOUR1, operation: {sync: {dryRun: true, revision: SECOND}}, syncResult: {revision: SECOND, resources: [{kind: Deployment, name: cart, status: SyncFailed}]}}", first, 8 * day, "", 1},
		{"a smoke test failed", plain + "  sync: {status: Synced, revision: SECOND}\n" + old +
			"  operationState: {phase: Failed, message: one or more synchronization tasks completed unsuccessfully, startedAt: HOUR1, operation: {sync: {revision: SECOND}}, syncResult: {revision: SECOND, resources: [{kind: Job, name: smoke-test, hookType: PostSync, hookPhase: Failed, message: backoff limit}]}}",
			second, 0, "one or more synchronization tasks completed unsuccessfully; PostSync hook Job smoke-test failed: backoff limit", 0},
		{"it is tried again, and goes on", plain + "  sync: {status: Synced, revision: SECOND}\n" + old +
			"  operationState: {phase: Running, startedAt: MINUTES9, message: waiting for completion of hook, operation: {sync: {revision: SECOND}}, syncResult: {revision: SECOND}}", second, 0, "waiting for completion of hook", 0},
		{"it succeeded", plain + "  sync: {status: Synced, revision: SECOND}\n  history: [{revision: FIRST, deployedAt: DAYS8}, {revision: SECOND, deployedAt: MINUTES1}]\n" +
			"  operationState: {phase: Succeeded, startedAt: MINUTES9, operation: {sync: {revision: SECOND}}, syncResult: {revision: SECOND}}", second, time.Minute, "", 0},
		{"its manifests are hydrated", "spec: {sourceHydrator: {drySource: {repoURL: x, path: a-1}, syncSource: {targetBranch: env, path: a-1}}}\nstatus:\n  health: {status: Healthy}\n" +
			"  sync: {status: Synced, revision: wet}\n  history: [{revision: wet, deployedAt: MINUTES9}]\n  sourceHydrator: {lastSuccessfulOperation: {drySHA: FIRST, hydratedSHA: wet}}", first, 9 * time.Minute, "", 0},
		{"values stand first among its sources", "spec: {sources: [{repoURL: v, ref: values, path: env}, {repoURL: x, path: a-1}]}\nstatus:\n  health: {status: Healthy}\n" +
			"  sync: {status: Synced, revisions: [other, SECOND]}\n  history: [{revisions: [other, SECOND], deployedAt: MINUTES1}]", second, time.Minute, "", 0},
		{"what git does not have runs", plain + "  sync: {status: Synced, revision: 1.2.3}\n  history: [{revision: 1.2.3, deployedAt: MINUTES1}]", "", 0, "", 0},
	}
	set(steps[0].document)
	e := start(t, "--fleet", examples, "--kubeconfig", kubeconfig(t, map[string]*apiServer{"x": server}), "--git.system", system, "--git.dir", t.TempDir(), "--git.interval", "1s")
	e.waitFor(`shopset_exporter_git_up 1`)
	e.waitFor(`shopset_sync_status{shopset="a-1",tier="prod",state="Synced"} 1`)
	for _, step := range steps {
		set(step.document)
		var got fleet.ShopSetState
		right := func() bool {
			for _, s := range e.fleet().ShopSets {
				if s.ShopSet == "a-1" {
					got = s
				}
			}
			return string(got.Release) == step.release && strings.Contains(got.Unverified, step.unverified) && (got.Unverified == "") == (step.unverified == "") &&
				got.OutOfSync != nil && *got.OutOfSync == step.differ && (step.since == 0 || got.ReleaseSince.Equal(now.Add(-step.since)))
		}
		for deadline := time.Now().Add(10 * time.Second); !right(); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: %+v", step.name, got.Observation)
			}
		}
		if unknown := strings.Contains(got.Reason, "(--git.system) does not have the deployed revision 1.2.3"); unknown != (step.release == "") {
			t.Errorf("%s: the reason is %q", step.name, got.Reason)
		}
		verified := map[bool]string{true: "1", false: "0"}[step.unverified == ""]
		e.waitFor(`shopset_release_verified{shopset="a-1",tier="prod"} ` + verified)
	}
}

// TestWhatIsMissingPendingOrHeldIsTold changes an Application as people and Argo CD do, and
// asks the whole program what it makes of it.
func TestWhatIsMissingPendingOrHeldIsTold(t *testing.T) {
	system, first, second := repository(t)
	server := newAPIServer(t)
	fill := strings.NewReplacer("FIRST", first, "SECOND", second)
	set := func(name, text string) {
		var a map[string]any
		if err := yaml.Unmarshal([]byte(fill.Replace(text)), &a); err != nil {
			t.Fatal(err)
		}
		a["status"].(map[string]any)["reconciledAt"] = time.Now().UTC().Format(time.RFC3339)
		server.putOf("a-1", name, a)
	}
	const (
		healing = "spec: {source: {repoURL: x, path: overlays/a-1, targetRevision: tier-3}, syncPolicy: {automated: {selfHeal: true}}}\nstatus:\n  health: {status: Healthy}\n"
		old     = "  history: [{id: 0, revision: FIRST, deployedAt: \"2026-10-01T00:00:00Z\"}]\n"
		fine    = healing + "  sync: {status: Synced, revision: FIRST}\n" + old
	)
	for _, component := range []string{"lb", "proxy", "shop-page", "cart", "api"} {
		set("a-1-"+component, fine)
	}
	e := start(t, "--fleet", examples, "--kubeconfig", kubeconfig(t, map[string]*apiServer{"x": server}), "--git.system", system, "--git.dir", t.TempDir(), "--git.interval", "1s")
	own := func(series, labels, value string) string {
		return series + `{shopset="a-1",tier="prod"` + labels + "} " + value
	}
	for _, want := range []string{own("shopset_serving", "", "1"), own("shopset_components_missing", "", "0"), own("shopset_applications_expected", "", "5"),
		own("shopset_auto_sync_enabled", "", "1"), own("shopset_target_is_tier_branch", "", "1")} {
		e.waitFor(want)
	}
	for _, step := range []struct {
		name, document string
		want           []string
	}{
		{"a Release is pending", healing + "  sync: {status: OutOfSync, revision: SECOND}\n" + old,
			[]string{own("shopset_sync_status", `,state="OutOfSync"`, "1"), own("shopset_pending_since_timestamp_seconds", "", ""), own("shopset_drift_events_total", "", "0"), own("shopset_serving", "", "1")}},
		{"and held", strings.Replace(healing, ", syncPolicy: {automated: {selfHeal: true}}", "", 1) + "  sync: {status: OutOfSync, revision: SECOND}\n" + old,
			[]string{own("shopset_sync_held", `,cause="auto-sync-off"`, "1"), own("shopset_auto_sync_enabled", "", "0")}},
		{"of one Deployment", healing + "  sync: {status: OutOfSync, revision: SECOND}\n  resources: [{kind: Deployment, name: cart, status: OutOfSync}, {kind: Deployment, name: mail, status: Synced}]\n" + old,
			[]string{own("shopset_sync_held", `,cause="auto-sync-off"`, "0"), own("shopset_pending_since_timestamp_seconds", "", ""), own("shopset_drift_events_total", "", "0")}},
		{"and somebody changes another meanwhile", healing + "  sync: {status: OutOfSync, revision: SECOND}\n  resources: [{kind: Deployment, name: cart, status: OutOfSync}, {kind: Deployment, name: mail, status: OutOfSync}]\n" + old,
			[]string{own("shopset_drifted_since_timestamp_seconds", "", ""), own("shopset_drift_events_total", "", "1")}},
		{"who takes it back; the Release is there", fine, []string{own("shopset_sync_status", `,state="Synced"`, "1")}},
		{"a Deployment was deleted", healing + "  sync: {status: OutOfSync, revision: FIRST}\n  resources: [{kind: Deployment, name: cart, status: OutOfSync, health: {status: Missing}}]\n" + old,
			[]string{own("shopset_health_status", `,state="Missing"`, "1"), own("shopset_resources_missing", "", "1"), own("shopset_serving", "", "0"), own("shopset_drift_events_total", "", "2")}},
		{"all is well", fine, []string{own("shopset_serving", "", "1"), own("shopset_resources_missing", "", "0")}},
	} {
		set("a-1-cart", step.document)
		for _, want := range step.want {
			if series, ok := strings.CutSuffix(want, "} "); ok {
				e.waitFor(series + "}")
				continue
			}
			e.waitFor(want)
		}
	}
	server.remove("a-1-cart")
	e.waitFor(own("shopset_components_missing", "", "1"))
	e.waitFor(own("shopset_serving", "", "0"))
	for _, s := range e.fleet().ShopSets {
		if s.ShopSet == "a-1" && (s.Health != fleet.Missing || !strings.Contains(s.Reason, "component cart has no Application")) {
			t.Errorf("%s: %s", s.Health, s.Reason)
		}
	}
}
