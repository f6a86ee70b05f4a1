//go:build e2e

package main

import (
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

func TestNothingFoundIsNotNothingBadWithPrometheus(t *testing.T) {
	end := longClosed()
	server := sourcetest.StartPrometheus(t, aShop(end), end.Add(-90*time.Minute).UnixMilli())
	trySeekers(t, t.TempDir(), "source: {prometheus: {url: '"+server.URL+"', scrape_interval: 1m}}", end)
}

func TestNothingFoundIsNotNothingBadWithVictoriaMetrics(t *testing.T) {
	end := longClosed()
	server := sourcetest.StartVictoriaMetrics(t, aShop(end))
	trySeekers(t, t.TempDir(), "source: {prometheus: {url: '"+server.URL+"', scrape_interval: 1m}}", end)
}
