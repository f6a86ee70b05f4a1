//go:build e2e

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
	"github.com/shopslo/shopslo/status"
)

func TestQueriesAreCountedAsTheyAreMeantFromRealServers(t *testing.T) {
	now, data := smallShops()
	config := func(url string) string {
		return "source: {prometheus: {url: '" + url + "', scrape_interval: 30s}}\n"
	}
	t.Run("Prometheus", func(t *testing.T) {
		prometheus := sourcetest.StartPrometheus(t, data, now.Add(-2*time.Hour).UnixMilli())
		checkQueries(t, config(prometheus.URL), now)
		checkQueries(t, config(withoutRemoteRead(t, prometheus.URL)), now)
	})
	t.Run("VictoriaMetrics", func(t *testing.T) {
		checkQueries(t, config(sourcetest.StartVictoriaMetrics(t, data).URL), now)
	})
}

// typedTarget is a target whose metrics' names do not say what they are: its types do.
func typedTarget(t *testing.T) string {
	t.Helper()
	started, served := time.Now(), 0
	var mu sync.Mutex
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		served += 10
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		fmt.Fprintf(w, "# TYPE served counter\nserved{code=\"200\"} %d\nserved{code=\"500\"} %d\n# TYPE members gauge\nmembers 3\n"+
			"# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %d\n", served, served/10, started.Unix())
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func TestARealSourceTellsWhatIsACounter(t *testing.T) {
	target := typedTarget(t)
	slos := sli{"served", "", "bad", `served{code="500"}`, "served"}.yaml()
	wrong := sli{"members", "true", "bad", `served{code="500"}`, "members"}.yaml()
	rest := "fleet: [fleet.yaml]\nslos: [slo.yaml]\nledger: {dir: ledger, resolution: 1s, delay: 2s}\n"
	address := freeAddress(t)
	newPrometheus(t, address, map[string]string{"s-1": target}).start(t)
	eventually(t, func() string { // what it has not scraped, it knows nothing of
		resp, err := http.Get("http://" + address + "/api/v1/metadata?metric=members")
		if err != nil {
			return err.Error()
		}
		defer resp.Body.Close()
		if body, err := io.ReadAll(resp.Body); !strings.Contains(string(body), "gauge") {
			return fmt.Sprintf("%s, %v", body, err)
		}
		return ""
	})
	remote := "source: {prometheus: {url: 'http://" + address + "', scrape_interval: 1s}}\n" + rest
	counted := func(s *serving) func() string {
		return func() string {
			b := budgetOf(t, s.status(t, time.Time{}), "served", "s-1")
			if b.Unit != slo.Events || b.Counted != status.FromSamples || b.Total == nil || *b.Total < 30 {
				return figures(b) + "\n" + s.log.String()
			}
			return ""
		}
	}
	for name, source := range map[string]string{
		"Prometheus": remote,
		"embedded": "source: {embedded: {dir: tsdb, scrape_interval: 1s, scrape_configs: [{job_name: real, scrape_timeout: 1s, static_configs: [{targets: ['" + target +
			"'], labels: {shopset: s-1}}]}]}}\n" + rest,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeFiles(t, dir, map[string]string{"shopslo.yaml": source, "fleet.yaml": fleetOf("beta: s-1"), "slo.yaml": slos + wrong})
			s := startServe(t, filepath.Join(dir, "shopslo.yaml"))
			s.waitReady(t)
			eventually(t, counted(s))
			if name == "embedded" { // it learns of the gauge only after its document was taken up
				return
			}
			b := budgetOf(t, s.status(t, time.Time{}), "members", "s-1")
			if b.State != slo.NoData || !strings.Contains(s.log.String(), "an SLO is not counted; the others are") || !strings.Contains(s.log.String(), "members is a gauge") {
				t.Errorf("%s\n%s", figures(b), s.log)
			}
			for _, args := range [][]string{{"status"}, {"validate", "--source"}, {"explain", "members", "s-1"}} {
				code, stdout, stderr := runWith(t, nil, append(args, "--config", filepath.Join(dir, "shopslo.yaml"))...)
				if code != exitUsage || stdout != "" || !strings.Contains(stderr, "slo.yaml:30: SLO \"members\": counter: true, but the source says that members is a gauge") {
					t.Errorf("%v: exit code %d: %s%s", args, code, stdout, stderr)
				}
			}
		})
	}
}
