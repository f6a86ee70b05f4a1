//go:build e2e

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// seenBy is what a replica has of a process that has served 2 requests a second, one bad
// in a hundred, for days before start and for six hours after it. Half way the process
// restarts.
func seenBy(offset time.Duration, start time.Time) []sourcetest.Series {
	labels := func(name, more, value string) slo.Labels {
		ls := slo.Labels{{Name: slo.MetricName, Value: name}}
		if more != "" {
			ls = append(ls, slo.Label{Name: more, Value: value})
		}
		return append(ls, slo.Label{Name: "instance", Value: "10.0.0.1:80"}, slo.Label{Name: "job", Value: "shop"}, slo.Label{Name: "shopset", Value: "s-1"})
	}
	good := sourcetest.Series{Labels: labels("requests_total", "code", "200")}
	bad := sourcetest.Series{Labels: labels("requests_total", "code", "500")}
	born := sourcetest.Series{Labels: labels("process_start_time_seconds", "", "")}
	up := sourcetest.Series{Labels: labels("up", "", "")}
	restart := start.Add(3 * time.Hour)
	for at := start.Add(offset); at.Before(start.Add(6 * time.Hour)); at = at.Add(30 * time.Second) {
		since := start.Add(-100 * time.Hour)
		if !at.Before(restart) {
			since = restart
		}
		served := int(at.Sub(since).Seconds()) * 2
		for s, v := range map[*sourcetest.Series]float64{&good: float64(served - served/100), &bad: float64(served / 100), &born: float64(since.Unix()), &up: 1} {
			s.T, s.V = append(s.T, at.UnixMilli()), append(s.V, v)
		}
	}
	return []sourcetest.Series{good, bad, born, up}
}

// A pair of Prometheus servers with external labels of their own answers in turn, and some
// answers are a 404. A ledger that goes on from run to run counts what the process did.
func TestAPairOfReplicasIsCountedOnce(t *testing.T) {
	start := time.Now().UTC().Truncate(time.Hour).Add(-7 * time.Hour)
	var to []*httputil.ReverseProxy
	for i, name := range []string{"a", "b"} {
		server := sourcetest.StartPrometheusWith(t, fmt.Sprintf("global: {scrape_interval: 30s, external_labels: {prometheus_replica: %s, member: m-%s, cluster: eu}}\n", name, name),
			seenBy(time.Duration(3+i*11)*time.Second, start), start.Add(5*time.Hour).UnixMilli())
		u, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		to = append(to, httputil.NewSingleHostReverseProxy(u))
	}
	var asked, reads, lost atomic.Int64
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/api/v1/read") && reads.Add(1)%4 == 1 {
			lost.Add(1)
			http.NotFound(w, r)
			return
		}
		to[asked.Add(1)%2].ServeHTTP(w, r)
	}))
	defer front.Close()

	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"shopslo.yaml": "source: {prometheus: {url: '" + front.URL + "', scrape_interval: 30s}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\nledger: {dir: ledger}\n",
		"fleet.yaml":   fleetOf("prod: s-1"),
		"slo.yaml": yamlOf([]document{{name: "requests", window: "6h", kind: "bad", query: `requests_total{code="500"}`, total: `requests_total`,
			shopsets: "s-1", tiers: "prod"}}),
	})
	for hours := 1; hours <= 6; hours++ {
		end := start.Add(time.Duration(hours) * time.Hour)
		code, stdout, stderr := runWith(t, nil, "status", "--config", filepath.Join(dir, "shopslo.yaml"), "--at", end.Format(time.RFC3339), "-o", "json")
		if code != exitOK || stderr != "" {
			t.Fatalf("after %d hours: exit code %d: %s", hours, code, stderr)
		}
		b := budgetOf(t, decodeStatus(t, stdout), "requests", "s-1")
		// What was served before the first sample, between the last one and its reset, and
		// after the last sample that is counted is not known to anybody.
		want := float64(hours * 7200)
		if b.Total == nil || *b.Total > want || *b.Total < want-400 || *b.Bad > want/100+1 || *b.Bad < want/100-5 {
			t.Errorf("after %d hours: %s, want about %v requests", hours, figures(b), want)
		}
	}
	code, text, stderr := runWith(t, nil, "explain", "requests", "s-1", "--config", filepath.Join(dir, "shopslo.yaml"), "--at", start.Add(6*time.Hour).Format(time.RFC3339))
	if code != exitOK || stderr != "" || !strings.Contains(text, "the process restarted, by its start time") || strings.Contains(text, "prometheus_replica") {
		t.Errorf("explain: exit code %d: %s%s", code, stderr, text)
	}
	if lost.Load() < 3 || asked.Load() < 10 {
		t.Errorf("%d requests, %d lost: the test has lost its bite", asked.Load(), lost.Load())
	}
}
