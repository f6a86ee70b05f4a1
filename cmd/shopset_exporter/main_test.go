package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/kube/kubetest"
)

const examples = "../../examples/fleet/*.yaml"

var names = []string{"a-1", "a-2", "a-3", "b-1", "b-2", "b-3", "c-1", "c-2", "c-3"}

func TestWhatCannotBeStarted(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad")
	if err := os.WriteFile(bad, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := kubeconfig(t, map[string]*apiServer{"x": newAPIServer(t)})
	tests := []struct {
		name, args, want string
	}{
		{"no fleet", "--kubeconfig x", "no fleet: name its documents"},
		{"two fleets", "--fleet x --fleet.resources", "exclude each other"},
		{"no cluster", "--fleet " + examples, "no cluster: name a --kubeconfig"},
		{"a context without a kubeconfig", "--fleet x --in-cluster a --context b", "--context needs --kubeconfig"},
		{"git without a folder", "--fleet x --kubeconfig x --git.system y", "needs --git.dir"},
		{"git without a system repository", "--fleet x --kubeconfig x --git.dir y", "need --git.system"},
		{"an interval of nothing", "--fleet x --kubeconfig x --refresh 0s", "at least 1s"},
		{"a negative age", "--fleet x --kubeconfig x --max-age -1s", "not negative"},
		{"Secrets of all namespaces", "--fleet x --kubeconfig x --argocd.cluster-secrets --argocd.namespace=", "needs --argocd.namespace"},
		{"an argument", "--fleet x y", "takes no arguments"},
		{"an unknown flag", "--flet x", "unknown flag"},
		{"documents that are not there", "--fleet " + dir + "/*.yaml --kubeconfig " + config, "*.yaml"},
		{"a kubeconfig that is not there", "--fleet " + examples + " --kubeconfig " + dir + "/no", dir + "/no"},
		{"a context that is not there", "--fleet " + examples + " --kubeconfig " + config + " --context y", `no context "y"`},
		{"a state file that is no state", "--fleet " + examples + " --kubeconfig " + config + " --state.file " + bad, "fix it, or move it away"},
		{"a pattern without a group", "--fleet " + examples + " --kubeconfig " + config + " --application.name-pattern a", "has no group"},
		{"a web configuration that is none", "--fleet " + examples + " --kubeconfig " + config + " --web.config.file " + bad, "--web.config.file"},
		{"a level that is none", "--fleet x --kubeconfig x --log.level loud", "--log.level"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(context.Background(), strings.Fields(tt.args), nil, &stdout, &stderr)
			if code != exitUsage || !strings.Contains(stderr.String(), tt.want) || stdout.Len() > 0 {
				t.Errorf("exit code %d, want %d and %q: %s", code, exitUsage, tt.want, stderr.String())
			}
		})
	}
}

func TestAnAddressThatIsTaken(t *testing.T) {
	first := start(t, "--fleet", examples, "--kubeconfig", kubeconfig(t, map[string]*apiServer{"x": newAPIServer(t)}))
	var stderr bytes.Buffer
	code := run(t.Context(), []string{"--fleet", examples, "--kubeconfig", kubeconfig(t, map[string]*apiServer{"x": newAPIServer(t)}),
		"--web.listen-address", strings.TrimPrefix(first.url, "http://")}, nil, &bytes.Buffer{}, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), "listen on") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
}

// TestAFleetIsWatched runs the whole program on two API servers and a repository.
func TestAFleetIsWatched(t *testing.T) {
	system, first, second := repository(t)
	near, far := newAPIServer(t), newAPIServer(t)
	for _, n := range names {
		s := near
		if strings.HasPrefix(n, "b-") {
			s = far
		}
		s.set(n, "Synced", first)
	}
	dir := t.TempDir()
	args := []string{"--fleet", examples, "--kubeconfig", kubeconfig(t, map[string]*apiServer{"near": near, "far": far}), "--grace", "1s",
		"--state.file", filepath.Join(dir, "state.json"), "--git.system", system, "--git.dir", filepath.Join(dir, "git"), "--git.interval", "1s"}
	e := start(t, args...)
	e.waitFor(`shopset_sync_status{shopset="a-1",tier="prod",state="Synced"} 1`)
	e.waitFor(`shopset_exporter_git_up 1`)
	e.waitFor(`shopset_tier_in_order{tier="prod-ha"} 1`)
	for path, want := range map[string]string{"/-/ready": "is ready", "/-/healthy": "is healthy", "/": "Fleet", "/metrics": "go_goroutines"} {
		if status, body := e.get(path); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: status %d: %s", path, status, body)
		}
	}

	// A release is pushed straight to prod.
	git(t, system, "branch", "-f", "tier-3", second)
	for _, n := range []string{"a-1", "b-2", "c-3"} {
		if n == "b-2" {
			far.set(n, "Synced", second)
		} else {
			near.set(n, "Synced", second)
		}
	}
	e.waitFor(`shopset_tier_order_violations{tier="prod",kind="unverified"} 1`)
	e.waitFor(`shopset_promotions_total{tier="prod"} 1`)

	// Somebody changes c-1 by hand; since when, survives a restart.
	near.set("c-1", "OutOfSync", first)
	const drifted = `shopset_drifted_since_timestamp_seconds{shopset="c-1",tier="beta"}`
	since := e.waitFor(drifted)
	if code, stderr := e.stop(); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	e = start(t, args...)
	if again := e.waitFor(drifted); again != since {
		t.Errorf("it drifts since %s, before the restart since %s", again, since)
	}
	e.waitFor(`shopset_drift_events_total{shopset="c-1",tier="beta"} 1`)
	near.set("c-1", "Synced", first)
	e.waitFor(`shopset_sync_status{shopset="c-1",tier="beta",state="Synced"} 1`)

	// A cluster dies: its ShopSets alone are Unknown.
	far.fail()
	e.waitFor(`shopset_sync_status{shopset="b-2",tier="prod",state="Unknown"} 1`)
	e.waitFor(`shopset_group_failure_domains_available{group="main"} 1`)
	e.waitFor(`shopset_exporter_cluster_up{cluster="far"} 0`)
	// The JSON may be a moment behind while all is being read anew.
	kubetest.Eventually(t, "the JSON says so too", func() bool {
		for _, s := range e.fleet().ShopSets {
			if want := strings.HasPrefix(string(s.ShopSet), "b-"); want != (s.Sync == fleet.SyncUnknown) {
				return false
			}
		}
		return true
	})
}
