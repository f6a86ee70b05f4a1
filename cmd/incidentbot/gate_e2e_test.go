//go:build e2e

package main

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const cartSLO = `apiVersion: openslo/v1
kind: SLO
metadata: {name: cart}
spec:
  service: shop
  budgetingMethod: Occurrences
  timeWindow: [{duration: 1d, isRolling: true}]
  indicator:
    metadata: {name: cart}
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {type: Prometheus, spec: {query: 'errors_total'}}}
        total: {metricSource: {type: Prometheus, spec: {query: 'requests_total'}}}
  objectives: [{target: 0.99}]
`

func TestAnIncidentOpenedInSlackHoldsAPromotion(t *testing.T) {
	x := newTeam(t, "socket", "")
	address, _ := x.serve()
	x.write("slo.yaml", cartSLO)
	x.write("shopslo.yaml", fmt.Sprintf("source: {embedded: {dir: tsdb, scrape_configs: [{job_name: none}]}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\ngate: {incidentbot: {url: %q}}\n", address))
	program := filepath.Join(x.dir, "shopslo")
	if out, err := exec.Command("go", "build", "-o", program, "../shopslo").CombinedOutput(); err != nil {
		t.Fatalf("build shopslo: %v\n%s", err, out)
	}
	gate := func() (int, string) {
		t.Helper()
		out, err := exec.Command(program, "gate", "--to", "prod", "--config", filepath.Join(x.dir, "shopslo.yaml")).CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return exit.ExitCode(), string(out)
	}
	// Nothing was measured, so it never promotes; what matters is whether it holds.
	if code, out := gate(); code != 2 {
		t.Fatalf("without an incident: exit code %d\n%s", code, out)
	}
	if _, err := x.slack.Command(x.mai, x.shops, "open 緊急 カートで決済が失敗する"); err != nil {
		t.Fatal(err)
	}
	if code, out := gate(); code != 1 || !strings.Contains(out, "カートで決済が失敗する") {
		t.Errorf("with an incident of unknown scope: exit code %d\n%s", code, out)
	} else {
		t.Log(out)
	}
	x.wait("its channel", func() bool { c := x.channel("inc-"); return c != "" && len(x.slack.Pinned(c)) == 1 })
	if _, err := x.slack.Command(x.mai, x.channel("inc-"), "resolved"); err != nil {
		t.Fatal(err)
	}
	if code, out := gate(); code != 2 || strings.Contains(out, "HOLD") {
		t.Errorf("after its resolution: exit code %d\n%s", code, out)
	}
}
