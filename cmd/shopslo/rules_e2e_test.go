//go:build e2e

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// alertsOf gives the alerts that a Prometheus has, as "name shopset" with their state,
// and fails where a rule cannot be evaluated.
func alertsOf(t *testing.T, address string) map[string]string {
	t.Helper()
	resp, err := http.Get("http://" + address + "/api/v1/rules")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Data struct {
			Groups []struct {
				Rules []struct {
					Name, LastError string
					Alerts          []struct {
						State               string
						Labels, Annotations map[string]string
					}
				}
			}
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	rules := 0
	for _, g := range answer.Data.Groups {
		for _, r := range g.Rules {
			if rules++; r.LastError != "" {
				t.Errorf("%s: %s", r.Name, r.LastError)
			}
			for _, a := range r.Alerts {
				out[strings.TrimSpace(r.Name+" "+a.Labels["shopset"])] = a.State
				for name, text := range a.Annotations {
					if strings.Contains(text, "{{") || strings.Contains(text, "error expanding") || text == "" {
						t.Errorf("%s: %s is %q", r.Name, name, text)
					}
				}
			}
		}
	}
	if rules < 15 {
		t.Fatalf("only %d rules are loaded", rules)
	}
	return out
}

// TestARealPrometheusAlertsByTheRules has serve count real scrapes, and a real
// Prometheus scrape serve and run the rules.
func TestARealPrometheusAlertsByTheRules(t *testing.T) {
	dir, address := t.TempDir(), freeAddress(t)
	failing, silent := newExporter(t), newExporter(t)
	writeFiles(t, dir, map[string]string{
		"shopslo.yaml": scrapeConfig(map[string]*exporter{"a-1": failing, "b-2": silent}),
		"fleet.yaml":   fleetOf("prod: a-1 b-2"), "slos/cart.yaml": cartSLO("1m"),
	})
	config, rules := filepath.Join(dir, "shopslo.yaml"), filepath.Join(dir, "rules.yaml")
	s := startServe(t, config)
	s.waitReady(t)
	s.waitHeard(t, "cart", "a-1", "b-2")
	if code, _, stderr := runHere(t, "rules", "-c", config, "--to", rules, "--stale-after", "10s"); code != exitOK {
		t.Fatal(stderr)
	}
	writeFiles(t, dir, map[string]string{"prometheus.yml": fmt.Sprintf(`global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [%s]
scrape_configs: [{job_name: shopslo, static_configs: [{targets: ['%s']}]}]
`, rules, strings.TrimPrefix(s.url, "http://"))})
	newServer(t, "prometheus", "http://"+address+"/-/ready", "--config.file="+filepath.Join(dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address, "--log.level=warn").start(t)

	failing.add(50, 0)
	silent.add(50, 0)
	eventually(t, func() string { // until serve is scraped for the first time, it is absent
		if alerts := alertsOf(t, address); len(alerts) > 0 {
			return fmt.Sprintf("all is well, and there is %v", alerts)
		}
		return ""
	})
	eventually(t, func() string {
		failing.add(10, 30) // a burn that goes on: both windows are over the factor
		alerts := alertsOf(t, address)
		if alerts["ShopsloBudgetBurn a-1"] != "firing" {
			return fmt.Sprintf("nobody is paged: %v", alerts)
		}
		if alerts["ShopsloBudgetBurn b-2"] != "" {
			t.Fatalf("b-2 burns nothing: %v", alerts)
		}
		return ""
	})
	silent.Close()
	eventually(t, func() string {
		alerts := alertsOf(t, address)
		if alerts["ShopsloShopSetSilent b-2"] == "" {
			return fmt.Sprintf("b-2 is not missed: %v", alerts)
		}
		if alerts["ShopsloShopSetSilent a-1"] != "" {
			t.Fatalf("a-1 sends: %v", alerts)
		}
		return ""
	})
}
