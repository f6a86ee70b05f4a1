//go:build e2e

package main

import (
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo/source/sourcetest"
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
