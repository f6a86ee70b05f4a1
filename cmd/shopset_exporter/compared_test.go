package main

import (
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// With timeout.reconciliation 0 Argo CD compares when something changes only: what it says is
// not believed for longer than --max-age, which is said, or for ever with --max-age 0.
func TestWhatArgoCDComparesNoMoreIsSaid(t *testing.T) {
	for _, tt := range []struct {
		maxAge string
		sync   fleet.SyncStatus
	}{{"15m", fleet.SyncUnknown}, {"0", fleet.Synced}} {
		server := newAPIServer(t)
		server.put("a-1", map[string]any{"status": map[string]any{
			"reconciledAt": time.Now().Add(-20 * time.Minute).UTC().Format(time.RFC3339),
			"sync":         map[string]any{"status": "Synced", "revision": "r"}, "health": map[string]any{"status": "Healthy"},
		}})
		e := start(t, "--fleet", examples, "--kubeconfig", kubeconfig(t, map[string]*apiServer{"x": server}), "--max-age", tt.maxAge)
		e.waitFor(`shopset_sync_status{shopset="a-1",tier="prod",state="` + string(tt.sync) + `"} 1`)
		e.waitFor(`shopset_exporter_cluster_compared_timestamp_seconds{cluster="x"}`)
		unknown := tt.sync == fleet.SyncUnknown
		for _, s := range e.fleet().ShopSets {
			if s.ShopSet == "a-1" && strings.Contains(s.Reason, "timeout.reconciliation 0?") != unknown {
				t.Errorf("--max-age %s: the reason is %q", tt.maxAge, s.Reason)
			}
		}
		if _, stderr := e.stop(); strings.Contains(stderr, "timeout.reconciliation is 0 (then set --max-age 0)") != unknown {
			t.Errorf("--max-age %s: the log is %s", tt.maxAge, stderr)
		}
	}
}
