package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/bench/history"
	"github.com/shopslo/shopslo/bench/ours"
	"github.com/shopslo/shopslo/bench/proc"
	"github.com/shopslo/shopslo/internal/ask"
)

// served are the SLOs of the server: five objectives on two indicators.
var served = []struct{ name, target, bad string }{
	{"cart-availability", "0.999", `http_requests_total{component="cart", code=~"5.."}`},
	{"cart-availability-loose", "0.995", `http_requests_total{component="cart", code=~"5.."}`},
	{"cart-availability-strict", "0.9995", `http_requests_total{component="cart", code=~"5.."}`},
	{"cart-errors", "0.99", `http_requests_total{component="cart", code="500"}`},
	{"cart-errors-strict", "0.9999", `http_requests_total{component="cart", code="500"}`},
}

// serve measures how long the real server takes to answer. Its history ends last
// midnight, so that its windows are full.
func (b *bench) serve(ctx context.Context) error {
	program := filepath.Join(b.tmp, "shopslo")
	b.progress("building shopslo")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/shopslo")
	build.Dir = filepath.Join(b.module, "..")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build shopslo: %w\n%s", err, out)
	}
	p := b.params
	p.Until = time.Now().UTC().Truncate(24 * time.Hour).UnixMilli()
	h, err := history.Open(b.tmp, p, b.progress)
	if err != nil {
		return err
	}
	dir, err := b.linked(h.Dir)
	if err != nil {
		return err
	}
	prometheus, err := ours.Prometheus(ctx, b.prometheus, dir, h.Params.ExternalLabels())
	if err != nil {
		return err
	}
	defer prometheus.Stop()
	config, err := b.writeConfig(prometheus.URL, "ledger: {dir: ledger}\n")
	if err != nil {
		return err
	}
	if err := b.serveBudgets(ctx, program, config); err != nil {
		return err
	}
	if err := b.serveAll(ctx, program, config, p.Until); err != nil {
		return err
	}
	return b.oneShot(ctx, program, prometheus.URL)
}

// caughtUp is what a server says that has read its source's history.
const caughtUp = "shopslo_ledger_caught_up 1"

// serveBudgets measures a server that knows budgets and nothing else.
func (b *bench) serveBudgets(ctx context.Context, program, config string) error {
	addr, err := proc.FreeAddr()
	if err != nil {
		return err
	}
	b.progress("starting shopslo serve on %d budgets", len(served)*b.params.ShopSets)
	start := time.Now()
	server, err := proc.Start(ctx, "http://"+addr, "/-/ready", program, "serve", "--config", config, "--web.listen-address", addr)
	if err != nil {
		return err
	}
	defer server.Stop()
	if err := server.Says(ctx, "/metrics", caughtUp); err != nil {
		return err
	}
	b.figure("serve: up to date", seconds(time.Since(start)), "from an empty ledger, %d ShopSets × %d SLOs; CPU %s", b.params.ShopSets, len(served), seconds(server.CPU()))
	for _, path := range []string{"/api/v1/status", "/api/v1/gate?to=prod"} {
		if err := b.latency(ctx, server, path, ""); err != nil {
			return err
		}
	}
	now, peak, err := server.RSS()
	if err != nil {
		return err
	}
	b.figure("serve: resident memory", mib(float64(now)), "at most %s", mib(float64(peak)))
	return nil
}

// latency asks for a path again and again; what is said of it goes into the table.
func (b *bench) latency(ctx context.Context, server *proc.Process, path, what string) error {
	b.progress("asking for %s", path)
	var took []time.Duration
	var size int
	var cpu time.Duration
	for i := range b.requests + 5 {
		if i == 5 { // the first ones warm up
			took, cpu = nil, server.CPU()
		}
		start := time.Now()
		body, err := get(ctx, server.URL+path)
		if err != nil {
			return err
		}
		took = append(took, time.Since(start))
		if size = len(body); i == 0 {
			if err := b.plausible(path, body); err != nil {
				return err
			}
		}
	}
	cpu = (server.CPU() - cpu) / time.Duration(len(took))
	slices.Sort(took)
	median, p95 := took[len(took)/2], took[len(took)*95/100]
	b.goal(fmt.Sprintf("%s, %d ShopSets × %d SLOs%s", path, b.params.ShopSets, len(served), what), "< 50 ms", median < 50*time.Millisecond,
		seconds(median), "median of %d requests, one after the other; p95 %s; %s CPU each in the server; %s", len(took), seconds(p95), seconds(cpu), mib(float64(size)))
	return nil
}

// plausible checks that an answer speaks of all ShopSets and has figures.
func (b *bench) plausible(path string, body []byte) error {
	var answer struct {
		Budgets []struct {
			Total *float64 `json:"total"`
		} `json:"budgets"`
		Checks []json.RawMessage `json:"checks"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if strings.HasPrefix(path, "/api/v1/gate") {
		if len(answer.Checks) == 0 {
			return fmt.Errorf("%s: the answer has no checks", path)
		}
		return nil
	}
	if want := len(served) * b.params.ShopSets; len(answer.Budgets) != want {
		return fmt.Errorf("%s: the answer has %d budgets, not %d", path, len(answer.Budgets), want)
	}
	for i, x := range answer.Budgets {
		if x.Total == nil {
			return fmt.Errorf("%s: budget %d of %d has no figures", path, i+1, len(answer.Budgets))
		}
	}
	return nil
}

// get asks for a path; the gate, whose answers are logged, takes POST.
func get(ctx context.Context, url string) ([]byte, error) {
	method := http.MethodGet
	if strings.Contains(url, "/api/v1/gate") {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := ask.Body(resp, 1<<30) // as the commands read it
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.300s", url, resp.Status, body)
	}
	return body, err
}

// tiers are those of the example fleet. The ShopSets are spread evenly over them, so
// that the gate to prod judges two fifths of them, 400 of 1,000.
var tiers = []string{"dev", "beta", "beta-prod", "prod", "prod-ha"}

// writeConfig writes what shopslo reads; more of it stands at the end.
func (b *bench) writeConfig(prometheus, more string) (string, error) {
	dir, err := b.folder()
	if err != nil {
		return "", err
	}
	var fleet, slos strings.Builder
	document := func(kind, name, spec string) {
		fmt.Fprintf(&fleet, "---\napiVersion: shopset.dev/v1alpha1\nkind: %s\nmetadata: {name: %s}\nspec: {%s}\n", kind, name, spec)
	}
	for i, name := range tiers {
		document("Tier", name, fmt.Sprintf("order: %d, branch: tier-%d", i, i))
	}
	document("Configuration", "production", "description: made up")
	document("FailureDomain", "onprem-a", "description: made up")
	for i := range b.params.ShopSets {
		tier := tiers[i%len(tiers)]
		document("ShopSet", history.ID(i), "tier: "+tier+", configuration: production, failureDomain: onprem-a, components: [cart]")
	}
	for _, s := range served {
		fmt.Fprintf(&slos, `---
apiVersion: openslo/v1
kind: SLO
metadata: {name: %s}
spec:
  service: shop
  indicator:
    metadata: {name: %s}
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {type: Prometheus, spec: {query: '%s'}}}
        total: {metricSource: {type: Prometheus, spec: {query: 'http_requests_total{component="cart"}'}}}
  timeWindow: [{duration: %dd, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: %s}]
`, s.name, s.name, s.bad, b.params.Days, s.target)
	}
	config := fmt.Sprintf("source:\n  prometheus: {url: %q, scrape_interval: 30s}\nfleet: [fleet.yaml]\nslos: [slos.yaml]\n%s", prometheus, more)
	for name, text := range map[string]string{"fleet.yaml": fleet.String(), "slos.yaml": slos.String(), "shopslo.yaml": config} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "shopslo.yaml"), nil
}
