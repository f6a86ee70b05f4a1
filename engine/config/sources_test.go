package config

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

const twoSources = `sources:
  tokyo: {prometheus: {url: "http://tokyo:9090", scrape_interval: 15s, tenant: shops}}
  osaka: {prometheus: {url: "http://osaka:9090"}, alerts: {url: "http://alertmanager.osaka:9093", kind: alertmanager}}
fleet: [f]
slos: [s]
`

func TestSeveralSourcesAreEachWhatOneIs(t *testing.T) {
	c, err := Parse("c.yaml", []byte(twoSources+"gate: {alerts: {}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Sources) != 2 || c.Sources["tokyo"].Prometheus.ScrapeInterval != 15*time.Second || c.Sources["osaka"].Prometheus.Timeout != 2*time.Minute {
		t.Errorf("%+v", c.Sources)
	}
	if c.Ledger.Delay != 65*time.Second {
		t.Errorf("delay is %v, want that of the slowest source", c.Ledger.Delay)
	}
	asked := []AlertServer{
		{Alerts: Alerts{Remote: Remote{URL: "http://alertmanager.osaka:9093", Timeout: 10 * time.Second}, Alertmanager: true}, Source: "osaka"},
		{Alerts: Alerts{Remote: Remote{URL: "http://tokyo:9090", Timeout: 10 * time.Second, Headers: map[string]string{"X-Scope-OrgID": "shops"}}}, Source: "tokyo"},
	}
	if !reflect.DeepEqual(c.AlertServers, asked) {
		t.Errorf("alerts are asked of %+v, want %+v", c.AlertServers, asked)
	}
	c, err = Parse("c.yaml", []byte(twoSources+"source: {mackerel: {}}\ngate: {alerts: {url: \"http://all:9093\", kind: alertmanager}}\n"))
	if err != nil || len(c.Sources) != 3 || c.Ledger.Delay != 3*time.Minute || len(c.AlertServers) != 2 || !c.AlertServers[0].Everywhere {
		t.Errorf("%v\n%+v", err, c)
	}
}

func TestFaultsOfSources(t *testing.T) {
	for text, want := range map[string]string{
		"sources: {}": "c.yaml:1:10: sources: is empty; name each source",
		"sources: {Tokyo: {prometheus: {url: \"http://p\"}}}": "c.yaml:1:18: sources.Tokyo: \"Tokyo\"",
		"sources: {a: {}}": "sources.a: needs prometheus, embedded or mackerel",
		"sources: {a: {prometheus: {ur: \"http://p\"}}}": `sources.a.prometheus.ur: unknown key (did you mean "url"?)`,
		"sources: {a: {prometheus: {}}}":                 "sources.a.prometheus.url: is missing",
		"sources: {a: {embedded: {dir: x, scrape_configs: [{job_name: a}]}}, b: {embedded: {dir: ./x, scrape_configs: [{job_name: a}]}}}": "sources.b.embedded.dir: is also that of sources.a.embedded",
		"sources: {a: {mackerel: {}}, b: {prometheus: {url: \"http://p\"}}}\ngate: {alerts: {}}":                                          "sources.a.alerts.url: is missing",
		"sources: {a: {prometheus: {url: \"http://p\"}, alerts: {kind: alertmanager}}}":                                                   "sources.a.alerts.url: is missing",
		"sources: {a: {prometheus: {url: \"http://p\"}, alerts: {}}, b: {prometheus: {url: \"http://p\"}}}":                               "sources.b.alerts: is missing, although another source has alerts",
	} {
		_, err := Parse("c.yaml", []byte(text+"\nfleet: [f]\nslos: [s]\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
