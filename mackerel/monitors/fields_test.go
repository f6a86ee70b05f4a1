package monitors_test

import (
	"strings"
	"testing"

	"github.com/shopslo/shopslo/mackerel/monitors"
)

// What https://mackerel.io/api-docs/entry/monitors has is taken: memos of 2,048 characters,
// external monitors over IPv6, and those that only keep their response times in a service.
func TestFieldsOfTheAPIAreKept(t *testing.T) {
	memo := strings.Repeat("あ", 2000)
	text := head + `  - {name: page, type: external, url: "https://shop.example/", dualstack: true, service: shops, memo: "` + memo + `"}
  - {name: late, type: query, query: "shop_errors", operator: ">", warning: 1, evaluateBackwardMinutes: 3}
  - {name: later, type: expression, expression: "avg(roleSlots(shops:web, loadavg5))", operator: ">", critical: 1, evaluateBackwardMinutes: 5}
`
	o := newOrg(t)
	p := o.plan(text, false)
	o.apply(p)
	m := o.Monitors()[0]
	if m["dualstack"] != true || m["service"] != "shops" || !strings.HasPrefix(m["memo"].(string), memo) {
		t.Errorf("%v", m)
	}
	expect(t, o.plan(text, false), "keep page; keep late; keep later")
	expect(t, o.plan(strings.Replace(text, "dualstack: true, ", "", 1), false), "update page dualstack; keep late; keep later")
	tf := string(monitors.Terraform(parse(t, text), p))
	for _, want := range []string{"evaluate_backward_minutes = 3\n", "evaluate_backward_minutes = 5\n", "# the provider has no argument for dualstack = true\n"} {
		if !strings.Contains(tf, want) {
			t.Errorf("no %q in\n%s", want, tf)
		}
	}
	if strings.Contains(tf, "argument for evaluateBackwardMinutes") {
		t.Error(tf)
	}
	if _, err := monitors.Parse("f.yaml", []byte(head+`  - {name: page, type: external, url: x, responseTimeWarning: 5000, service: shops}
`)); err == nil || !strings.Contains(err.Error(), "responseTimeDuration") {
		t.Errorf("response times without a duration: %v", err)
	}
}
