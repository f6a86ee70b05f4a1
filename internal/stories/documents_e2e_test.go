//go:build e2e

package stories

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The windows are a minute where a user's are weeks, and an edge is stored every second;
// the rest is as anybody has it. A factor is stated for 30 days: 51,840 is a burn rate
// of 1.2 for a minute.
const settings = `source: {prometheus: {url: %q, scrape_interval: 1s, timeout: 10s}}
fleet: [fleet/*.yaml]
slos: [slos/*.yaml]
burn_rates:
  - {long: 10s, short: 3s, factor: 51840, severity: page}
gate:
  max_age: 10s
  soak: 3s
  since_release: {harm: 2.5, baseline: 1m}
  exhausted: fixes
  fleet: {url: %q}
  alerts: {kind: prometheus}
  incidents: [incidents/*.yaml]
  calendar: [calendar/*.yaml]
  checks:
    images: off # the lab's components are ConfigMaps
    sync: required
    soak: required
    since_release: required
    alert: required
    incident: required
    freeze: required
%s
promotion:
  git: {system: %q, app: %q, submodule: app, dir: %s}
  compare: "https://git.example/app/compare/{from}...{to}"
  images: false
`

// served is what shopslo serve has beside that.
const served = `  log: {dir: data/decisions}
ledger: {dir: data/ledger, resolution: 1s, delay: 2s}
`

// alone is what a command that asks no server has.
const alone = `ledger: {resolution: 1s, delay: 2s}
`

// slos: in dev nobody pays, so payments count from beta on.
const slos = `apiVersion: openslo/v1
kind: SLO
metadata: {name: payments, annotations: {shopslo.dev/tiers: "beta,beta-prod,prod,prod-ha"}}
spec:
  description: The cart and payments are answered without a server error.
  service: shop
  budgetingMethod: Occurrences
  timeWindow: [{duration: 1m, isRolling: true}]
  indicator:
    metadata: {name: payments}
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {type: Prometheus, spec: {query: 'http_requests_total{component="cart",code=~"5.."}'}}}
        total: {metricSource: {type: Prometheus, spec: {query: 'http_requests_total{component="cart"}'}}}
  objectives: [{target: 0.995}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: shop-pages}
spec:
  description: The shops' pages are answered without a server error.
  service: shop
  budgetingMethod: Occurrences
  timeWindow: [{duration: 1m, isRolling: true}]
  indicator:
    metadata: {name: shop-pages}
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {type: Prometheus, spec: {query: 'http_requests_total{component="shop-page",code=~"5.."}'}}}
        total: {metricSource: {type: Prometheus, spec: {query: 'http_requests_total{component="shop-page"}'}}}
  objectives: [{target: 0.98}]
`

// rules are the alerts of the town's Prometheus.
const rules = `groups:
- name: shops
  rules:
  - {alert: Watchdog, expr: vector(1), labels: {severity: none}}
  - {alert: ShopDown, expr: 'up{job="shop"} == 0', for: 15s, labels: {severity: page}}
`

// write writes what the town's people keep in git.
func (w *town) write(t *testing.T) {
	t.Helper()
	config := func(mirror, more string) string {
		return fmt.Sprintf(settings, w.PrometheusURL(), "http://"+w.address, strings.TrimRight(more, "\n"), w.Repos.SystemURL, w.Repos.AppURL, mirror)
	}
	files := map[string]string{
		"shopslo.yaml": config("data/git", served), "alone.yaml": config("data/git-alone", alone), "slos/shop.yaml": slos,
		"incidents/.keep": "", "calendar/.keep": "", "../rules/shops.yaml": rules,
	}
	examples, err := filepath.Glob("../../examples/fleet/*.yaml")
	must(t, err)
	for _, file := range examples {
		text, err := os.ReadFile(file)
		must(t, err)
		files["fleet/"+filepath.Base(file)] = string(text)
	}
	for name, text := range files {
		w.put(t, name, text)
	}
	must(t, w.ReloadPrometheus(limited(t)))
}

// put writes a file of the town's folder.
func (w *town) put(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(w.dir, name)
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(text), 0o644))
}

// remove removes one.
func (w *town) remove(t *testing.T, name string) {
	t.Helper()
	must(t, os.Remove(filepath.Join(w.dir, name)))
}

// host is the host and port of a URL.
func host(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	return u.Host
}
