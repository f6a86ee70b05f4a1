package monitors_test

import (
	"strings"
	"testing"

	"github.com/shopslo/shopslo/mackerel/monitors"
)

// What a monitor watches cannot change in Mackerel: an update that it would refuse at each
// apply is told by the plan, with what to do.
func TestAMonitorThatWouldWatchSomethingElseIsRefused(t *testing.T) {
	const (
		load = `  - {name: load, type: host, metric: loadavg5, operator: ">", critical: 9, duration: 3}
`
		query = `  - {name: q, type: query, query: "shop_errors", operator: ">", critical: 9}
`
	)
	o := newOrg(t)
	o.AddMonitor(map[string]any{"type": "host", "name": "by hand", "metric": "memory%", "operator": ">", "critical": 80.0, "duration": 5.0})
	o.apply(o.plan(head+errorsMonitor+load+query, false))
	changed := head + strings.Replace(errorsMonitor, "cart.errors", "cart.faults", 1) + strings.Replace(load, "loadavg5", "loadavg15", 1) +
		strings.Replace(strings.Replace(query, "shop_errors", "shop_faults", 1), "9", "8", 1) + `  - {name: by hand, type: host, metric: cpu%, operator: ">", critical: 80, duration: 5}
`
	p := o.plan(changed, true)
	expect(t, p, "refuse cart errors; refuse load; refuse q; refuse by hand")
	if text := p.Text(); !strings.Contains(text, "its metric is cart.errors in Mackerel, where that cannot change: give it another name") || !p.Refused() {
		t.Error(text)
	}
	o.apply(p) // leaves them
	p = o.plan(head+strings.NewReplacer("name: cart errors", "name: cart faults", "cart.errors", "cart.faults").Replace(errorsMonitor)+load+query, false)
	expect(t, p, "create cart faults; keep load; keep q; delete cart errors")
	o.apply(p)
	expect(t, o.plan(head+strings.Replace(load, "9", "8", 1)+strings.Replace(query, "9", "8", 1), false), "update load critical; update q critical; delete cart faults")
}

// Mackerel tells the delay of a query or expression that was left out, too.
func TestADelayThatIsLeftOutIsNoDifference(t *testing.T) {
	o := newOrg(t)
	for _, delay := range []string{"", ", evaluateBackwardMinutes: 0"} {
		text := head + `  - {name: q, type: query, query: "shop_errors", operator: ">", critical: 9` + delay + "}\n" +
			`  - {name: e, type: expression, expression: "avg(roleSlots(shops:web, loadavg5))", operator: ">", critical: 9}
`
		o.apply(o.plan(text, false))
		if m := o.Monitors(); m[0]["evaluateBackwardMinutes"] != 0.0 || m[1]["evaluateBackwardMinutes"] != 2.0 {
			t.Error(m)
		}
		expect(t, o.plan(text, false), "keep q; keep e")
	}
}

// What Mackerel would refuse is a fault of the file, before anything is sent.
func TestLimitsOfEachFieldAreTold(t *testing.T) {
	for monitor, want := range map[string]string{
		`type: host, metric: cpu%, operator: ">", critical: 400, duration: 3`:                     "critical: is 400; of cpu%, a percentage, Mackerel takes 0 to 100",
		`type: expression, expression: x, operator: ">", critical: 4, evaluateBackwardMinutes: 1`: "evaluateBackwardMinutes: is 1; Mackerel takes 2 to 10",
		`type: query, query: x, operator: ">", critical: 4, evaluateBackwardMinutes: 11`:          "evaluateBackwardMinutes: is 11; Mackerel takes 0 to 10",
		`type: connectivity, alertStatusOnGone: UNKNOWN`:                                          `alertStatusOnGone: "UNKNOWN" is not one of CRITICAL, WARNING`,
		`type: anomalyDetection, scopes: ["shops:web"], warningSensitivity: high`:                 `warningSensitivity: "high" is not one of insensitive, normal, sensitive`,
		`type: external, url: "https://shop.example/", method: PATCH`:                             `method: "PATCH" is not one of GET, POST, PUT, DELETE`,
		`type: external, url: "ftp://shop.example/"`:                                              `url: "ftp://shop.example/" does not begin with https:// or http://`,
	} {
		_, err := monitors.Parse("f.yaml", []byte(head+"  - {name: a, "+monitor+"}\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", monitor, err)
		}
	}
	parse(t, head+`  - {name: a, type: host, metric: loadavg5, operator: ">", critical: 400, duration: 3}
`)
}
