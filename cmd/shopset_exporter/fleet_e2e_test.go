//go:build e2e

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/lab"
)

func TestTheFleetAsPrometheusSeesIt(t *testing.T) {
	f := startFleetLab(t, lab.Options{RBAC: true, ApplicationSets: true})
	// onprem-c has the fleet's documents; eks-b does not even have their CRDs.
	f.manifest(t, "onprem-a", "deploy/crds")
	f.manifest(t, "onprem-c", "deploy/crds")
	f.installed(t)
	must(t, f.WaitEstablished(limited(t), "onprem-c", "tiers.shopset.dev", "shopsets.shopset.dev", "shopgroups.shopset.dev",
		"configurations.shopset.dev", "failuredomains.shopset.dev"))
	f.manifest(t, "onprem-c", "examples/fleet")
	account, err := f.ServiceAccountKubeconfig(limited(t), "shopslo", "shopset-exporter")
	must(t, err)
	must(t, f.AddTarget("shopset", "http://"+f.address+"/metrics", nil))
	f.args = append(f.installedArgs(t, "onprem-c"), f.releaseFlags()...)
	f.args = append(f.args, "--kubeconfig", account, "--state.file", f.stateFile(),
		"--max-age", f.Trusted().String(), "--grace", "3s", "--refresh", "1s", "--log.format", "json")
	f.start(t)

	steps(t, f, []step{
		{"every ShopSet is synced, healthy and in order", wellAtFirst},
		{"a change merged to tier-0 appears in dev and nowhere else", mergedToTheLowestTier},
		{"a promoted change appears in the next tier, with its lead time", promotedToTheNextTier},
		{"drift made by hand shows within 30 s, survives restarts of the exporter, and clears", driftByHand},
		{"drift that heals itself is counted", driftThatHeals},
		{"a release pushed straight to prod's branch is an order violation, which a force-push takes back", pushedStraightToProd},
		{"a group with both its ShopSets in one FailureDomain is reported", groupInOneDomain},
		{"a cluster whose API server was killed is Unknown, its groups have redundancy 1, and it comes back", serverKilled},
		{"a git server that is down leaves what is known, and says so", gitServerDown},
		{"the service account may read Applications and ShopSet resources, and nothing else", leastPrivilege},
		{"what nobody looks at any more turns Unknown, not Synced", nobodyLooks},
		{"the fleet is there as JSON, and the exporter ends when it is told to", pagesAndEnd},
	})
}

func wellAtFirst(t *testing.T, f *fleetLab) {
	f.allSynced(t)
	f.wait(t, `shopset_release_info * on(release) group_left shopset_tier_release_info{tier="dev"}`, "shopset", allNames)
	f.is(t, `shopset_tier_order_violations > 0 or shopset_tier_in_order == 0`, "tier", "")
	f.is(t, `shopset_group_redundancy_intact == 1`, "group", "canary ha main pilot solo")
	f.is(t, `shopset_fleet_findings > 0`, "rule", "")
	f.is(t, `shopset_releases_behind == 0`, "shopset", "a-1 a-2 a-3 b-1 b-2 b-3 c-1 c-3") // below dev there is nothing
	f.is(t, `shopset_exporter_cluster_up == 1`, "cluster", "eks-b onprem-a onprem-c")
	f.is(t, `shopset_sync_window_blocks == 0`, "shopset", allNames) // what Argo CD has of them may be read
	f.is(t, `shopset_exporter_cluster_applications == 15`, "cluster", "eks-b onprem-a onprem-c")
}

func mergedToTheLowestTier(t *testing.T, f *fleetLab) {
	begun := time.Now()
	release, err := f.Repos.Release(limited(t), "dev", "cart", "1.1.0")
	must(t, err)
	must(t, f.Refresh(limited(t)))
	runs := `shopset_release_info{release="` + release + `"}`
	f.wait(t, runs, "shopset", "c-2")
	f.wait(t, `shopset_tier_releases_behind == 1`, "tier", "beta")
	f.is(t, `shopset_releases_behind == 1`, "shopset", "c-1")
	f.is(t, `shopset_tier_release_info{release="`+release+`"}`, "tier", "dev")
	f.allSynced(t)
	// Not at any time in between.
	f.is(t, `count_over_time(`+runs+window(begun)+`)`, "shopset", "c-2")
	f.is(t, `max_over_time(shopset_tier_order_violations`+window(begun)+`) > 0`, "tier", "")
	if deployed := f.value(t, `shopset_release_deployed_timestamp_seconds{shopset="c-2"}`); !within(deployed, begun, time.Now()) {
		t.Errorf("deployed at %v, want between %v and now", seconds(deployed), begun)
	}
	for name := range strings.FieldsSeq(allNames) {
		want := lab.FirstVersion
		if name == "c-2" {
			want = "1.1.0"
		}
		if got, err := f.Version(limited(t), name, "cart"); err != nil || got != want {
			t.Errorf("%s runs cart %s (%v), want %s", name, got, err, want)
		}
	}
}

func promotedToTheNextTier(t *testing.T, f *fleetLab) {
	release, err := f.Repos.Promote(limited(t), "dev", "beta")
	must(t, err)
	must(t, f.Refresh(limited(t)))
	f.wait(t, `shopset_release_info{release="`+release+`"}`, "shopset", "c-1 c-2")
	f.wait(t, `shopset_tier_releases_behind == 1`, "tier", "beta-prod")
	f.wait(t, `shopset_promotions_total == 1`, "tier", "beta")
	f.wait(t, `shopset_promotion_lead_time_seconds_count == 1`, "tier", "beta")
	f.is(t, `shopset_tier_order_violations > 0`, "tier", "")
	f.is(t, `shopset_tier_skewed > 0`, "tier", "")
}

func driftByHand(t *testing.T, f *fleetLab) {
	const drifted = `shopset_sync_status{shopset="b-1",state="OutOfSync"}`
	const since = `shopset_drifted_since_timestamp_seconds`
	events := f.value(t, `shopset_drift_events_total{shopset="b-1"}`)
	byHand := time.Now()
	f.setVersion(t, "eks-b", "b-1", "proxy", "by-hand")
	f.wait(t, `shopset_sync_status{state="OutOfSync"} == 1`, "shopset", "b-1")
	// The time stamps of exporter and Prometheus, not those of this test's polling.
	if shown := f.firstSample(t, drifted, byHand, 1); shown.Sub(byHand) > 30*time.Second {
		t.Errorf("Prometheus has it after %v, want within 30 s", shown.Sub(byHand))
	} else {
		t.Logf("Prometheus has it after %v", shown.Sub(byHand).Round(10*time.Millisecond))
	}
	onset := f.value(t, since+`{shopset="b-1"}`)
	if !within(onset, byHand, byHand.Add(30*time.Second)) {
		t.Errorf("drifts since %v, want within 30 s of %v", seconds(onset), byHand)
	}
	f.is(t, `shopset_resources_out_of_sync == 1`, "shopset", "b-1")
	f.is(t, `shopset_tier_sync_shopsets{state="OutOfSync"} == 1`, "tier", "beta-prod")

	// Once the state file has it, the exporter may be killed.
	f.wait(t, `shopset_exporter_state_written_timestamp_seconds > scalar(`+since+`)`, "job", "shopset")
	for _, s := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		restarted := time.Now()
		f.end(t, s)
		f.start(t)
		f.wait(t, drifted+` == 1 and on() (shopset_exporter_snapshot_timestamp_seconds > `+unix(restarted)+`)`, "shopset", "b-1")
		if got := f.value(t, since); got != onset {
			t.Errorf("after a restart with %v it drifts since %v, before since %v", s, seconds(got), seconds(onset))
		}
		if got := f.value(t, `shopset_drift_events_total{shopset="b-1"}`); got != events+1 {
			t.Errorf("after a restart with %v there are %v drift events, want one more than %v", s, got, events)
		}
	}
	f.setVersion(t, "eks-b", "b-1", "proxy", lab.FirstVersion)
	f.allSynced(t)
	f.is(t, since, "shopset", "")
}

func driftThatHeals(t *testing.T, f *fleetLab) {
	selfHeal := func(on string) {
		_, err := f.Kubectl(limited(t), "onprem-c", "patch", "application", "c-3-cart", "--namespace", "argocd", "--type", "merge",
			"-p", `{"spec":{"syncPolicy":{"automated":{"selfHeal":`+on+`}}}}`)
		must(t, err)
	}
	selfHeal("true")
	defer selfHeal("false")
	before := f.value(t, `shopset_drift_events_total{shopset="c-3"}`)
	f.setVersion(t, "onprem-c", "c-3", "cart", "by-hand")
	f.wait(t, fmt.Sprintf(`shopset_drift_events_total{shopset="c-3"} > %v`, before), "shopset", "c-3")
	f.allSynced(t)
	if got, err := f.Version(limited(t), "c-3", "cart"); err != nil || got != lab.FirstVersion {
		t.Errorf("c-3 runs cart %s (%v), want that it was healed", got, err)
	}
}

func pushedStraightToProd(t *testing.T, f *fleetLab) {
	_, system, err := f.Repos.Deployed(limited(t), "prod")
	must(t, err)
	app, err := f.Repos.Git(limited(t), f.Repos.AppDir, "rev-parse", "tier-3")
	must(t, err)

	release, err := f.Repos.Release(limited(t), "prod", "cart", "6.6.6")
	must(t, err)
	must(t, f.Refresh(limited(t)))
	f.wait(t, `shopset_tier_order_violation_info{kind="unverified",release="`+release+`"}`, "tier", "prod")
	f.is(t, `shopset_tier_order_violations > 0`, "tier", "prod")
	f.is(t, `shopset_tier_in_order == 0`, "tier", "prod")
	f.wait(t, `shopset_release_info{release="`+release+`"}`, "shopset", "a-1 b-2 c-3")
	f.is(t, `shopset_tier_order_violations > 0`, "tier", "prod")

	// The way back: somebody with rights rewrites both branches.
	for dir, commit := range map[string]string{f.Repos.SystemDir: system, f.Repos.AppDir: app} {
		_, err := f.Repos.Git(limited(t), dir, "update-ref", "refs/heads/tier-3", commit)
		must(t, err)
	}
	must(t, f.Refresh(limited(t)))
	f.wait(t, `shopset_tier_in_order{tier="prod"} == 1 and on(tier) shopset_tier_releases_running == 1`, "tier", "prod")
	f.is(t, `shopset_tier_order_violations > 0`, "tier", "")
	f.is(t, `shopset_release_info{release="`+release+`"}`, "shopset", "")
	f.wait(t, `shopset_rollbacks_total == 1`, "tier", "prod")
	if log := f.process.Log(); !strings.Contains(log, `"msg":"a branch was rewritten or removed","branch":"tier-3"`) {
		t.Error("the log has no line about the branch that was rewritten")
	}
	f.allSynced(t)
}

func groupInOneDomain(t *testing.T, f *fleetLab) {
	moveTo := func(domain string) {
		_, err := f.Kubectl(limited(t), "onprem-c", "patch", "shopset", "b-2", "--type", "merge", "-p", `{"spec":{"failureDomain":"`+domain+`"}}`)
		must(t, err)
	}
	moveTo("onprem-a") // where a-1 is, the other one of main
	f.wait(t, `shopset_fleet_finding_info{rule="redundancy",kind="ShopGroup"}`, "name", "main")
	f.is(t, `shopset_group_redundancy_intact == 0`, "group", "main")
	f.is(t, `shopset_group_failure_domains_available == 1 and shopset_group_failure_domains_required == 2`, "group", "main")
	moveTo("eks-b")
	f.wait(t, `sum by (job) (shopset_fleet_findings) == 0`, "job", "shopset")
	f.is(t, `shopset_group_redundancy_intact == 0`, "group", "")
}

func serverKilled(t *testing.T, f *fleetLab) {
	errors := f.value(t, `shopset_exporter_cluster_watch_errors_total{cluster="eks-b"}`)
	killed := time.Now()
	must(t, f.KillAPIServer("eks-b"))
	const unknown = `shopset_sync_status{state="Unknown"}`
	f.wait(t, unknown+` == 1`, "shopset", "b-1 b-2 b-3")
	f.is(t, `shopset_health_status{state="Unknown"} == 1`, "shopset", "b-1 b-2 b-3")
	f.is(t, `shopset_group_failure_domains_available == 1 and shopset_group_failure_domains_required == 2`, "group", "ha main pilot")
	f.is(t, `shopset_group_redundancy_intact == 0`, "group", "ha main pilot")
	f.is(t, `shopset_group_redundancy_intact == 1`, "group", "canary solo")
	f.is(t, `shopset_exporter_cluster_up == 0`, "cluster", "eks-b")
	f.is(t, fmt.Sprintf(`shopset_exporter_cluster_watch_errors_total{cluster="eks-b"} > %v`, errors), "cluster", "eks-b")
	// No scrape found any other ShopSet Unknown.
	f.is(t, `max_over_time(`+unknown+window(killed)+`) > 0`, "shopset", "b-1 b-2 b-3")
	if lines := strings.Count(f.process.Log(), `"msg":"cannot be read","cluster":"eks-b","resource":"applications","fault":"unreachable"`); lines != 1 {
		t.Errorf("%d lines in the log about eks-b's Applications, want one", lines)
	}
	must(t, f.StartAPIServer(limited(t), "eks-b"))
	back := unix(time.Now())
	f.allSynced(t)
	// It is followed again, not only what was known of it believed again.
	f.wait(t, `shopset_observed_timestamp_seconds > `+back, "shopset", allNames)
	f.is(t, `shopset_group_redundancy_intact == 0`, "group", "")
	f.wait(t, `shopset_exporter_cluster_up == 0`, "cluster", "")
}

func gitServerDown(t *testing.T, f *fleetLab) {
	errors := f.value(t, `shopset_exporter_git_errors_total`)
	f.Repos.StopServer()
	f.wait(t, `shopset_exporter_git_up == 0`, "job", "shopset")
	f.wait(t, fmt.Sprintf(`shopset_exporter_git_errors_total > %v`, errors), "job", "shopset")
	f.is(t, `shopset_exporter_git_fetched_timestamp_seconds <= `+unix(time.Now()), "job", "shopset")
	f.is(t, `shopset_tier_release_info`, "tier", "beta beta-prod dev prod prod-ha")
	f.is(t, `shopset_tier_releases_behind`, "tier", "beta beta-prod prod prod-ha")
	if status, _ := get(t, http.DefaultClient, "http://"+f.address+"/-/ready"); status != http.StatusOK {
		t.Errorf("without git the exporter is not ready: %d", status)
	}
	must(t, f.Repos.StartServer())
	f.wait(t, `shopset_exporter_git_up == 1`, "job", "shopset")
	must(t, f.Refresh(limited(t)))
	f.allSynced(t)
}

func leastPrivilege(t *testing.T, f *fleetLab) {
	account, err := f.ServiceAccountKubeconfig(limited(t), "shopslo", "shopset-exporter", "onprem-c")
	must(t, err)
	for _, args := range []string{
		"get applications -n argocd", "get appprojects -n argocd", "get configmaps -n argocd --field-selector metadata.name=argocd-cm", "get tiers", "get configurations", "get failuredomains", "get shopsets", "get shopgroups",
	} {
		if _, err := f.KubectlAs(limited(t), account, "onprem-c", strings.Fields(args)...); err != nil {
			t.Errorf("it may not %s: %v", args, err)
		}
	}
	for _, args := range []string{
		"get secrets -n argocd", "get secrets -n shopslo", "get configmaps -n shopslo", "get configmaps -n argocd", "get configmap argocd-secret -n argocd", "get pods -n shopslo", "get secret cluster-onprem-c -n argocd", "get applications -n c-1", "get configmaps -n c-1",
		"annotate application c-1-cart -n argocd by=exporter", "delete application c-1-cart -n argocd",
		"create configmap of-exporter -n argocd", "create configmap of-exporter -n shopslo", "create token shopset-exporter -n shopslo",
		"label shopset c-1 by=exporter", "delete tier dev", "get namespaces",
	} {
		out, err := f.KubectlAs(limited(t), account, "onprem-c", strings.Fields(args)...)
		if said := refused(t, out, err); !strings.Contains(said, "orbidden") {
			t.Errorf("%s: it said %q", args, said)
		}
	}
}

// nobodyLooks stops one cluster's controller and has another's API server hang, and
// tries documents on the third until what was said last is too old.
func nobodyLooks(t *testing.T, f *fleetLab) {
	must(t, f.StopController("eks-b"))
	must(t, f.SuspendAPIServer("onprem-a"))
	badDocuments(t, f)
	f.wait(t, `shopset_sync_status{state="Unknown"} == 1`, "shopset", "a-1 a-2 a-3 b-1 b-2 b-3")
	f.is(t, `shopset_sync_status{state="Synced"} == 1`, "shopset", "c-1 c-2 c-3")
	apps, err := f.Applications(limited(t), "eks-b")
	must(t, err)
	for _, a := range apps {
		if !a.Settled() {
			t.Errorf("%+v: want that Argo CD's status still looks well", a)
		}
	}
	must(t, f.ResumeAPIServer("onprem-a"))
	must(t, f.StartController(limited(t), "eks-b"))
	f.allSynced(t)
}

func pagesAndEnd(t *testing.T, f *fleetLab) {
	for path, want := range map[string]string{"/-/healthy": "", "/-/ready": "", "/": `href="/metrics"`} {
		if status, body := get(t, http.DefaultClient, "http://"+f.address+path); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d, want 200 with %q:\n%s", path, status, want, body)
		}
	}
	status, body := get(t, http.DefaultClient, "http://"+f.address+"/api/v1/fleet")
	schema, err := jsonschema.NewCompiler().Compile(root + "docs/fleet.schema.json")
	must(t, err)
	answer, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	must(t, err)
	if err := schema.Validate(answer); err != nil || status != http.StatusOK {
		t.Errorf("/api/v1/fleet answers %d, against its schema: %v", status, err)
	}
	var s fleet.Snapshot
	must(t, json.Unmarshal([]byte(body), &s))
	var names []string
	for _, o := range s.ShopSets {
		names = append(names, string(o.ShopSet))
		if o.Sync != fleet.Synced || o.Health != fleet.Healthy || o.Release == "" || o.Source != string(o.Cluster) || o.ReleaseSince.IsZero() {
			t.Errorf("%+v", o)
		}
	}
	if got := strings.Join(names, " "); got != "c-2 c-1 a-2 b-1 a-1 b-2 c-3 a-3 b-3" {
		t.Errorf("ShopSets %s, want the lowest Tier's first", got)
	}
	if code := f.end(t, syscall.SIGTERM); code != exitOK {
		t.Errorf("exit code %d after SIGTERM", code)
	}
	if info, err := os.Stat(f.stateFile()); err != nil || info.Size() == 0 || info.Mode().Perm() != 0o640 {
		t.Errorf("state file: %v, %v; want one that is its owner's, and its group may read", info, err)
	}
	restarted := time.Now()
	f.start(t)
	f.wait(t, `process_start_time_seconds{job="shopset"} > `+unix(restarted.Add(-time.Second)), "job", "shopset")
	if code := f.end(t, syscall.SIGINT); code != exitInterrupted {
		t.Errorf("exit code %d after SIGINT, want %d", code, exitInterrupted)
	}
}

func seconds(unix float64) time.Time { return time.UnixMilli(int64(unix * 1000)) }

func within(unix float64, from, to time.Time) bool {
	// Kubernetes' times are in whole seconds.
	at := seconds(unix)
	return !at.Before(from.Truncate(time.Second)) && !at.After(to)
}
