//go:build e2e

package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/status"
)

// twoClusters is a fleet of three Tiers: the lowest in one cluster, the others in another.
const twoClusters = `apiVersion: shopset.dev/v1alpha1
kind: FailureDomain
metadata: {name: tokyo}
spec: {source: tokyo}
---
apiVersion: shopset.dev/v1alpha1
kind: FailureDomain
metadata: {name: osaka}
spec: {source: osaka}
---
apiVersion: shopset.dev/v1alpha1
kind: Tier
metadata: {name: beta}
spec: {order: 0, branch: tier-0}
---
apiVersion: shopset.dev/v1alpha1
kind: Tier
metadata: {name: prod}
spec: {order: 1, branch: tier-1}
---
apiVersion: shopset.dev/v1alpha1
kind: Tier
metadata: {name: prod-ha}
spec: {order: 2, branch: tier-2}
---
apiVersion: shopset.dev/v1alpha1
kind: ShopSet
metadata: {name: t-1}
spec: {tier: beta, failureDomain: tokyo}
---
apiVersion: shopset.dev/v1alpha1
kind: ShopSet
metadata: {name: o-1}
spec: {tier: prod, failureDomain: osaka}
---
apiVersion: shopset.dev/v1alpha1
kind: ShopSet
metadata: {name: o-2}
spec: {tier: prod-ha, failureDomain: osaka}
`

func TestOneOfTwoPrometheisIsKilled(t *testing.T) {
	shops := map[string]*exporter{"t-1": newExporter(t), "o-1": newExporter(t), "o-2": newExporter(t)}
	at := map[string]string{"tokyo": freeAddress(t), "osaka": freeAddress(t)}
	tokyo := newPrometheus(t, at["tokyo"], map[string]string{"t-1": shops["t-1"].address()})
	osaka := newPrometheus(t, at["osaka"], map[string]string{"o-1": shops["o-1"].address(), "o-2": shops["o-2"].address()})
	tokyo.start(t)
	osaka.start(t)
	dir := t.TempDir()
	config := func(ledger string) string {
		return fmt.Sprintf(`sources:
  tokyo: {prometheus: {url: 'http://%s', scrape_interval: 1s, timeout: 20s}}
  osaka: {prometheus: {url: 'http://%s', scrape_interval: 1s, timeout: 20s}}
fleet: [fleet.yaml]
slos: [slo.yaml]
ledger: {dir: %s, resolution: 1s, delay: 2s}
budgets: {least_history: 5s}
gate: {max_age: 30s, min_coverage: 0.001}
burn_rates: [{long: 1m, short: 10s, factor: 1000000, severity: page}]
`, at["tokyo"], at["osaka"], ledger)
	}
	writeFiles(t, dir, map[string]string{"fleet.yaml": twoClusters, "slo.yaml": cartSLO("10m"),
		"served.yaml": config("ledger"), "asked.yaml": config("nowhere")}) // one-shot commands count anew
	served, asked := filepath.Join(dir, "served.yaml"), filepath.Join(dir, "asked.yaml")
	s := startServe(t, served)
	s.waitReady(t)
	s.waitHeard(t, "cart", "t-1", "o-1", "o-2")
	for i, set := range []string{"t-1", "o-1", "o-2"} {
		shops[set].add(100*(i+1), i+1)
	}
	for i, set := range []string{"t-1", "o-1", "o-2"} {
		s.waitCounts(t, "cart", set, float64(101*(i+1)), float64(i+1))
	}
	decides := func(to string, want int, says string) {
		t.Helper()
		for _, of := range [][]string{{"--server", s.url}, {"--config", asked}} {
			eventually(t, func() string {
				code, stdout, stderr := runWith(t, nil, append([]string{"gate", "--to", to}, of...)...)
				if code != want || !strings.Contains(stdout, says) || stderr != "" {
					return fmt.Sprintf("gate %v: exit code %d, want %d and %q:\n%s%s", of, code, want, says, stdout, stderr)
				}
				return ""
			})
		}
	}
	decides("prod", exitOK, "")
	decides("prod-ha", exitOK, "")

	tokyo.kill()
	eventually(t, func() string {
		up, _ := s.metric(t, `shopslo_source_up{source="tokyo"}`)
		if other, _ := s.metric(t, `shopslo_source_up{source="osaka"}`); up != "0" || other != "1" {
			return fmt.Sprintf("up are %s and %s", up, other)
		}
		return ""
	})
	shops["o-1"].add(70, 3)
	s.waitCounts(t, "cart", "o-1", 202+73, 5)
	check := func(r status.Report, fresh time.Duration) {
		t.Helper()
		for _, set := range []string{"t-1", "o-1", "o-2"} {
			b := budgetOf(t, r, "cart", set)
			if lost := set == "t-1"; strings.Contains(b.Failure, "tokyo") != lost || !lost && (b.Failure != "" || time.Since(b.WindowEnd) > fresh) {
				t.Errorf("%s: failure %q, up to %v; %s", set, b.Failure, b.WindowEnd, figures(b))
			}
		}
		if b := budgetOf(t, r, "cart", "o-1"); *b.Total != 275 || *b.Bad != 5 || r.Outage != "" {
			t.Errorf("outage %q; %s", r.Outage, figures(b))
		}
	}
	check(s.status(t, time.Time{}), 20*time.Second)
	if b := budgetOf(t, s.status(t, time.Time{}), "cart", "t-1"); b.Total == nil || *b.Total != 101 {
		t.Errorf("what was counted of t-1 is lost: %s", figures(b))
	}
	code, stdout, stderr := runWith(t, nil, "status", "--config", asked, "-o", "json")
	if code != exitUnavailable || !strings.Contains(stderr, "tokyo") || strings.Contains(stderr, "osaka") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	valid(t, "status", stdout)
	check(decodeStatus(t, stdout), 20*time.Second)
	if code, stdout, stderr := runWith(t, nil, "status", "--config", asked, "--shopset", "o-1,o-2"); code != exitOK || stderr != "" {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	decides("prod", exitUnavailable, "Source tokyo (Prometheus at http://"+at["tokyo"]+")")
	decides("prod-ha", exitOK, "")

	// What happened meanwhile is counted when it is back.
	shops["t-1"].add(8, 1)
	tokyo.start(t)
	s.waitCounts(t, "cart", "t-1", 110, 2)
	decides("prod", exitOK, "")
	if b := budgetOf(t, s.status(t, time.Time{}), "cart", "t-1"); b.Failure != "" {
		t.Errorf("failure %q", b.Failure)
	}
}
