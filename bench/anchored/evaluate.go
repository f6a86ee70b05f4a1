package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
)

// answer is what the program writes.
type answer struct {
	Version  string            `json:"version"` // of the Prometheus library
	Query    string            `json:"query"`
	CPU      time.Duration     `json:"cpu"`  // of the median evaluation, nanoseconds
	Wall     time.Duration     `json:"wall"` // of the median evaluation, nanoseconds
	Samples  int64             `json:"samples"`
	PeakRSS  int64             `json:"peak_rss"` // bytes, with what is mapped of the blocks
	ShopSets map[string]counts `json:"shopsets"`
}

// counts are a ShopSet's events in the window.
type counts struct {
	Total float64 `json:"total"`
	Bad   float64 `json:"bad"`
}

// query counts by code, so that a series is read once for both counts of a budget:
// two queries, one for all events and one for the bad ones, would read more.
func query(days int, modifier string) string {
	if modifier != "" {
		modifier = " " + modifier
	}
	return fmt.Sprintf(`sum by (shopset, code) (increase(http_requests_total{component="cart"}[%dd]%s))`, days, modifier)
}

// evaluate runs the query runs times, after one run that warms up.
func evaluate(ctx context.Context, db storage.Queryable, text string, at time.Time, runs int, startTimestamps bool) (answer, error) {
	// Prometheus' defaults, except for the limits.
	engine := promql.NewEngine(promql.EngineOpts{Logger: quiet, MaxSamples: 2_000_000_000, Timeout: time.Hour,
		LookbackDelta: 5 * time.Minute, EnableAtModifier: true, EnableNegativeOffset: true, UseStartTimestamps: startTimestamps})
	defer engine.Close()
	a := answer{Query: text}
	var cpu, wall []time.Duration
	for i := range runs + 1 {
		used, start := usage(), time.Now()
		var err error
		if a.ShopSets, a.Samples, err = once(ctx, engine, db, text, at); err != nil {
			return a, fmt.Errorf("query %s: %w", text, err)
		}
		if i > 0 {
			wall, cpu = append(wall, time.Since(start)), append(cpu, usage()-used)
		}
	}
	slices.Sort(cpu)
	slices.Sort(wall)
	a.CPU, a.Wall = cpu[len(cpu)/2], wall[len(wall)/2]
	var err error
	a.PeakRSS, err = peakRSS()
	return a, err
}

// peakRSS is the most memory that this program has had resident, in bytes. What
// getrusage calls so can be its parent's.
func peakRSS() (int64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kib, err := strconv.ParseInt(strings.Fields(rest + " 0")[0], 10, 64)
	return kib * 1024, err
}

// once evaluates the query and sums the codes of each ShopSet. One without a series
// of failed requests has no bad events.
func once(ctx context.Context, engine *promql.Engine, db storage.Queryable, text string, at time.Time) (map[string]counts, int64, error) {
	q, err := engine.NewInstantQuery(ctx, db, promql.NewPrometheusQueryOpts(false, 0, nil), text, at)
	if err != nil {
		return nil, 0, err
	}
	defer q.Close()
	vec, err := q.Exec(ctx).Vector()
	if err != nil {
		return nil, 0, err
	}
	all := map[string]counts{}
	for _, s := range vec {
		if math.IsNaN(s.F) {
			continue // JSON has no NaN; what is left out is no figure
		}
		id := s.Metric.Get("shopset")
		c := all[id]
		c.Total += s.F
		if strings.HasPrefix(s.Metric.Get("code"), "5") {
			c.Bad += s.F
		}
		all[id] = c
	}
	return all, q.Stats().Samples.TotalSamples, nil
}

// usage is the CPU time that this process has used, user and system, of all threads.
func usage() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
