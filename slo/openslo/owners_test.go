package openslo_test

import (
	"reflect"
	"testing"

	"github.com/shopslo/shopslo/slo/openslo"
)

func TestWhoseAnSLOIs(t *testing.T) {
	docs, err := openslo.Parse("f.yaml", []byte(`
apiVersion: openslo/v1
kind: Service
metadata: {name: shop, labels: {team: checkout, org: [a, b]}, annotations: {runbook: "https://wiki/shop", shopslo.example/x: y}}
spec: {description: Sells.}
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: Oncall}
spec: {target: pagerduty}
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: Fast, labels: {escalation: fast, team: nobody}}
spec:
  alertWhenBreaching: true
  conditions: [{conditionRef: x}]
  notificationTargets: [{targetRef: Oncall}, {kind: AlertNotificationTarget, metadata: {name: Chat}, spec: {target: slack}}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: cart, labels: {owner: ann}, annotations: {runbook: "https://wiki/cart", shopslo.dev/min-events: "5"}}
spec:
  service: shop
  budgetingMethod: Occurrences
  alertPolicies: [{alertPolicyRef: Fast}]
  timeWindow: [{duration: 28d, isRolling: true}]
  indicator: {metadata: {name: cart}, spec: {ratioMetric: {counter: true, bad: {metricSource: {type: Prometheus, spec: {query: 'a_total{code="500"}'}}}, total: {metricSource: {type: Prometheus, spec: {query: a_total}}}}}}
  objectives: [{target: 0.99}]
`))
	if err != nil {
		t.Fatal(err)
	}
	s := docs.SLOs[0]
	if want := map[string]string{"owner": "ann", "team": "nobody", "org": "a,b", "escalation": "fast", "notify": "pagerduty,slack"}; !reflect.DeepEqual(s.Labels, want) {
		t.Errorf("labels %v, want %v", s.Labels, want)
	}
	if want := map[string]string{"runbook": "https://wiki/cart", "shopslo.example/x": "y"}; !reflect.DeepEqual(s.Annotations, want) {
		t.Errorf("annotations %v, want %v", s.Annotations, want)
	}
}
