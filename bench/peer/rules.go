// Package peer evaluates the recording rules of other SLO tools over the same
// history in Prometheus' own rule manager, and judges their verdicts.
package peer

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// spec is the SLO for Sloth, grouped by ShopSet, with everything else as Sloth
// has it by default (a window of 30 days).
const spec = `version: prometheus/v1
service: cart
slos:
- name: cart-availability
  objective: 99.9
  sli:
    events:
      error_query: sum by (shopset) (rate(http_requests_total{component="cart",code=~"5.."}[{{.window}}]))
      total_query: sum by (shopset) (rate(http_requests_total{component="cart"}[{{.window}}]))
  alerting:
    name: CartAvailability
    page_alert: {labels: {severity: page}}
    ticket_alert: {labels: {severity: ticket}}
`

// Sloth builds Sloth from the module in dir (unless the cache folder has it) and
// lets it generate its rules; it returns the rules' file.
func Sloth(module, cache string) (string, error) {
	program := filepath.Join(cache, "sloth-v0.16.0")
	if _, err := os.Stat(program); err != nil {
		build := exec.Command("go", "build", "-o", program, "github.com/slok/sloth/cmd/sloth")
		build.Dir = module
		if out, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build Sloth in %s: %w\n%s", module, err, out)
		}
	}
	in, out := filepath.Join(cache, "sloth-spec.yaml"), filepath.Join(cache, "sloth-rules.yaml")
	if err := os.WriteFile(in, []byte(spec), 0o666); err != nil {
		return "", err
	}
	var log bytes.Buffer
	generate := exec.Command(program, "generate", "--input", in, "--out", out)
	generate.Stderr = &log
	if err := generate.Run(); err != nil {
		return "", fmt.Errorf("sloth generate: %w\n%s", err, &log)
	}
	return out, nil
}

// pyrraWindows are the burn-rate windows of Pyrra 0.10 for an objective of four
// weeks, and pyrraAlerts its alerts: factor, short window, long window.
var (
	pyrraWindows = []string{"5m", "30m", "1h", "2h", "6h", "1d", "4d"}
	pyrraAlerts  = [][3]string{{"14", "5m", "1h"}, {"7", "30m", "6h"}, {"2", "2h", "1d"}, {"1", "6h", "4d"}}
)

// Pyrra writes the rules that Pyrra 0.10 makes of the same SLO, grouped by
// ShopSet over four weeks. They are written here by hand in Pyrra's form, not by
// Pyrra, whose generator needs a Kubernetes or file-system service around it.
func Pyrra(cache string) (string, error) {
	var b strings.Builder
	b.WriteString("groups:\n- name: cart-availability-increase\n  rules:\n")
	b.WriteString("  - record: http_requests:increase4w\n    expr: sum by (code, shopset) (increase(http_requests_total{component=\"cart\"}[4w]))\n    labels: {slo: cart-availability}\n")
	b.WriteString("  - alert: SLOMetricAbsent\n    expr: absent(http_requests_total{component=\"cart\"}) == 1\n    for: 2m\n    labels: {slo: cart-availability}\n")
	b.WriteString("- name: cart-availability\n  rules:\n")
	for _, w := range pyrraWindows {
		fmt.Fprintf(&b, "  - record: http_requests:burnrate%[1]s\n    expr: sum by (shopset) (rate(http_requests_total{code=~\"5..\",component=\"cart\"}[%[1]s])) / sum by (shopset) (rate(http_requests_total{component=\"cart\"}[%[1]s]))\n    labels: {slo: cart-availability}\n", w)
	}
	for _, a := range pyrraAlerts {
		fmt.Fprintf(&b, "  - alert: ErrorBudgetBurn\n    expr: http_requests:burnrate%[2]s{slo=\"cart-availability\"} > (%[1]s * (1-0.999)) and http_requests:burnrate%[3]s{slo=\"cart-availability\"} > (%[1]s * (1-0.999))\n    labels: {slo: cart-availability, short: %[2]s, long: %[3]s}\n", a[0], a[1], a[2])
	}
	out := filepath.Join(cache, "pyrra-rules.yaml")
	return out, os.WriteFile(out, []byte(b.String()), 0o666)
}
