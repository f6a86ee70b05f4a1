//go:build e2e

package main

import (
	"strconv"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/scripttest"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// TestFromAPrometheusToAFirstAnswer runs the scripts of testdata/e2e against a Prometheus
// that has two days of three ShopSets in two environments.
func TestFromAPrometheusToAFirstAnswer(t *testing.T) {
	const minutes = 2 * 24 * 60
	now := time.Now().Truncate(time.Minute).Add(-3 * time.Minute) // of which all is closed
	start := now.Add(-minutes * time.Minute)
	var data []sourcetest.Series
	add := func(name, set, env string, each float64, every int, more ...slo.Label) {
		s := sourcetest.Series{Labels: append(slo.Labels{{Name: "__name__", Value: name}, {Name: "job", Value: "shop"}, {Name: "instance", Value: set + ":80"},
			{Name: "shopset", Value: set}, {Name: "env", Value: env}}, more...)}
		v := 0.0
		for m := range minutes + 1 {
			if m%every == 0 {
				v += each
			}
			if name == "up" {
				v = 1
			}
			s.T, s.V = append(s.T, start.Add(time.Duration(m)*time.Minute).UnixMilli()), append(s.V, v)
		}
		data = append(data, s)
	}
	code := func(c string) slo.Label { return slo.Label{Name: "code", Value: c} }
	le := func(b string) slo.Label { return slo.Label{Name: "le", Value: b} }
	for set, env := range map[string]string{"a-1": "prod", "b-2": "prod", "c-1": "beta"} {
		add("http_requests_total", set, env, 100, 1, code("200"))
		add("http_requests_total", set, env, 3, 10, code("500"))
		for bound, each := range map[string]float64{"0.1": 90, "0.5": 100, "+Inf": 100.3} {
			add("http_request_duration_seconds_bucket", set, env, each, 1, le(bound))
		}
		add("http_request_duration_seconds_count", set, env, 100.3, 1)
		add("up", set, env, 0, 1)
	}
	server := sourcetest.StartPrometheus(t, data, now.Add(-time.Hour).UnixMilli())
	code0, stdout, stderr := runWith(t, nil, "init", "--source", server.URL, "--dry-run", "-o", "json")
	if code0 != exitOK {
		t.Fatal(stderr)
	}
	valid(t, "init", stdout)
	const total, bad = 100*minutes + 3*minutes/10, 3 * minutes / 10
	scripttest.RunIn(t, "testdata/e2e", map[string]string{"SOURCE": server.URL, "TOTAL": strconv.Itoa(total), "BAD": strconv.Itoa(bad), "ALL": strconv.Itoa(3 * total)})
}
