package monitors_test

import (
	"strings"
	"testing"

	"github.com/shopslo/shopslo/mackerel/monitors"
)

// A threshold of 0 is one; a threshold that is not there is none.
func TestAThresholdOfZeroIsKeptAndOneThatIsAbsentStaysSo(t *testing.T) {
	const (
		spill = `  - {name: spill, type: service, metric: elb.spill, operator: ">", warning: 0, critical: 1, duration: 1}
`
		others = `  - {name: warn only, type: host, metric: cpu%, operator: ">", warning: 80, duration: 3}
  - {name: below, type: expression, expression: "avg(roleSlots(shops:web, loadavg5))", operator: "<", critical: 0}
  - {name: p90, type: query, query: 'http.client.duration.p90{service.name="web"}', operator: "<", warning: 1, legend: "{{http.status_code}}"}
  - {name: gone, type: connectivity, alertStatusOnGone: WARNING}
  - {name: page, type: external, url: "https://shop.example/healthz", service: shops, responseTimeWarning: 5000, responseTimeDuration: 5, certificationExpirationWarning: 30, followRedirect: false}
`
	)
	o := newOrg(t)
	p := o.plan(head+spill+others, false)
	o.apply(p)
	absent := map[string][]string{"spill": nil, "warn only": {"critical"}, "below": {"warning"}, "p90": {"critical"}, "gone": nil,
		"page": {"responseTimeCritical", "certificationExpirationCritical"}}
	kept := map[string]map[string]any{"spill": {"warning": 0.0, "critical": 1.0}, "warn only": {"warning": 80.0}, "below": {"critical": 0.0},
		"p90": {"warning": 1.0, "legend": "{{http.status_code}}"}, "gone": {"alertStatusOnGone": "WARNING"}, "page": {"responseTimeWarning": 5000.0}}
	for _, m := range o.Monitors() {
		name, _ := m["name"].(string)
		for field, want := range kept[name] {
			if m[field] != want {
				t.Errorf("%s: %s is %v, want %v", name, field, m[field], want)
			}
		}
		for _, field := range absent[name] {
			if got, there := m[field]; there && got != nil {
				t.Errorf("%s: %s is %v, want none", name, field, got)
			}
		}
		delete(kept, name)
	}
	if len(kept) > 0 {
		t.Errorf("not there: %v", kept)
	}
	expect(t, o.plan(head+spill+others, false), "keep spill; keep warn only; keep below; keep p90; keep gone; keep page")
	expect(t, o.plan(head+strings.Replace(spill, "warning: 0, ", "", 1)+others, false), "update spill warning; keep warn only; keep below; keep p90; keep gone; keep page")

	tf := string(monitors.Terraform(parse(t, head+spill+others), p))
	for _, want := range []string{"warning                  = 0\n", "critical   = 0\n", `alert_status_on_gone = "WARNING"`} {
		if !strings.Contains(tf, want) {
			t.Errorf("no %q in\n%s", want, tf)
		}
	}
	if n := strings.Count(tf, "critical "); n != 2 {
		t.Errorf("%d critical thresholds in\n%s", n, tf)
	}
}
