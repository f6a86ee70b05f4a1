package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/shopslo/shopslo/fleet/kube/kubetest"
)

// kubeconfigOf writes one with a context for each server.
func kubeconfigOf(t *testing.T, servers map[string]*kubetest.Server) string {
	t.Helper()
	c := api.NewConfig()
	for name, s := range servers {
		c.Clusters[name] = &api.Cluster{Server: s.Config().Host}
		c.AuthInfos[name] = &api.AuthInfo{Token: s.Config().BearerToken}
		c.Contexts[name] = &api.Context{Cluster: name, AuthInfo: name}
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*c, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func (r *running) waitStatus(path string, want int, text string) {
	r.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		status, body := r.get(path)
		if status == want && strings.Contains(body, text) {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("%s: status %d: %s; want %d with %q", path, status, body, want, text)
		}
	}
}

// A fleet that cannot be read is never an empty one: the last good one goes on, through
// restarts, and without one the exporter is not ready.
func TestAFleetThatCannotBeReadIsNotAnEmptyOne(t *testing.T) {
	s := kubetest.New(t)
	forbidden := func(r *http.Request) (int, string) {
		if strings.Contains(r.URL.Path, "/shopset.dev/") {
			return kubetest.Status(403, "Forbidden")
		}
		return 0, ""
	}
	args := []string{"--fleet.resources", "--kubeconfig", kubeconfigOf(t, map[string]*kubetest.Server{"x": s}), "--state.file", filepath.Join(t.TempDir(), "state.json")}
	s.FailWith(forbidden)
	e := start(t, args...)
	e.waitFor("shopset_fleet_valid 0")
	e.waitFor(`shopset_fleet_finding_info{rule="unread",kind="",name=""} 1`)
	e.waitStatus("/-/ready", http.StatusServiceUnavailable, "were never read: read tiers: ")
	e.waitStatus("/api/v1/fleet", http.StatusServiceUnavailable, "it knows no fleet")

	// The right is granted, and the documents are good.
	s.FailWith(nil)
	s.Set("tiers", "low", "spec: {order: 0, branch: tier-0}")
	s.Set("tiers", "high", "spec: {order: 1, branch: tier-1, soak: 1d}")
	s.Set("shopsets", "a-1", "spec: {tier: high}")
	e.waitStatus("/-/ready", http.StatusOK, "ready")
	e.waitFor("shopset_fleet_valid 1")
	e.waitFor("shopset_fleet_loaded_timestamp_seconds")
	e.waitFor(`shopset_tier_shopsets{tier="high"} 1`)

	// What no single object can tell: two Tiers of one order; a ShopSet of no Tier.
	s.Set("tiers", "high", "spec: {order: 0, branch: tier-1}")
	e.waitFor(`shopset_fleet_findings{kind="Tier"} 1`)
	e.waitFor("shopset_fleet_valid 0")
	s.Set("tiers", "high", "spec: {order: 1, branch: tier-1}")
	s.Set("shopsets", "b-1", "spec: {tier: middle}")
	e.waitFor(`shopset_fleet_finding_info{rule="invalid",kind="ShopSet",name="b-1"} 1`)
	e.waitFor(`shopset_fleet_findings{kind="ShopSet"} 1`)
	s.Remove("shopsets", "b-1")
	e.waitFor("shopset_fleet_valid 1")

	// What older API servers took, through a restart: the old fleet is there at once.
	s.Set("tiers", "high", "spec: {order: 1, branch: tier-1, soak: 110000d}")
	e.waitFor(`shopset_fleet_finding_info{rule="unreadable",kind="Tier",name="high"} 1`)
	if code, stderr := e.stop(); code != exitOK || !strings.Contains(stderr, "110000d") {
		t.Fatalf("exit code %d, without a word of the Tier: %s", code, stderr)
	}
	e = start(t, args...)
	e.waitStatus("/-/ready", http.StatusOK, "ready")
	e.waitFor("shopset_fleet_valid 0")
	e.waitFor(`shopset_tier_shopsets{tier="high"} 1`)
	if d := e.fleet().Documents; d == nil || d.Valid || len(d.Findings) == 0 || !strings.Contains(d.Findings[0].What, "110000d") {
		t.Errorf("it says of the documents %+v", d)
	}

	// All are gone: that is no fleet, either.
	s.Remove("tiers", "low")
	s.Remove("tiers", "high")
	s.Remove("shopsets", "a-1")
	e.waitFor(`shopset_fleet_finding_info{rule="unread",kind="",name=""} 1`)
	e.waitFor(`shopset_tier_shopsets{tier="high"} 1`)
}

func TestAReloadThatFailsIsTold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "fleet.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("apiVersion: shopset.dev/v1alpha1\nkind: Tier\nmetadata: {name: low}\nspec: {order: 0, branch: b}\n")
	d := documents{}
	f := &flags{fleet: []string{file}}
	if err := d.open(f, nil, time.Now()); err != nil || !d.tell(nil, nil).Valid {
		t.Fatal(err)
	}
	write("apiVersion: shopset.dev/v1alpha1\nkind: Tier\nmetadata: {name: low}\nspec: {order: zero, branch: b}\n")
	if err := d.reload(f, time.Now()); err == nil {
		t.Fatal("it took an order that is a word")
	}
	told := d.tell(nil, nil)
	if told.Valid || len(told.Findings) != 1 || !strings.HasSuffix(told.Findings[0].Name, "fleet.yaml:4") || len(d.fleet.Tiers()) != 1 {
		t.Errorf("%+v", told)
	}
}
