//go:build e2e

package promtsdb

import (
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

func TestScrapesRealPrometheusAcrossItsRestart(t *testing.T) {
	server := sourcetest.StartPrometheus(t, nil, 0)
	d := openStore(t, t.TempDir(), Config{Scrape: scrapeOf(t, "prometheus", server.URL)})
	go func() { _ = d.Run(t.Context()) }()
	began := time.Now().UnixMilli()
	latest := func(name string) (v float64, ok bool) {
		r := slo.Request{Selectors: []slo.Selector{sourcetest.Sel(t, name, "job", "=", "prometheus")}, From: began, To: time.Now().UnixMilli()}
		got, err := sourcetest.Collect(t.Context(), d, r)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range got {
			v, ok = s.V[len(s.V)-1], true
		}
		return v, ok
	}
	until := func(what string, cond func() bool) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); !cond(); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("not within 30 s:", what)
			}
		}
	}
	until("a scrape of Prometheus", func() bool { v, ok := latest("up"); return ok && v == 1 })
	started, ok := latest("process_start_time_seconds")
	if !ok || started <= 0 {
		t.Fatalf("start time %v, %v", started, ok)
	}
	until("its latency histogram", func() bool { _, ok := latest("prometheus_http_request_duration_seconds_count"); return ok })
	server.Kill()
	until("that it is down", func() bool { v, _ := latest("up"); return v == 0 })
	if v, _ := latest("process_start_time_seconds"); !slo.IsStale(v) {
		t.Errorf("no staleness marker ends its series: %v", v)
	}
	server.Start(t)
	until("a later start time", func() bool { v, _ := latest("process_start_time_seconds"); return v > started })
}
