// Package budget exports error budgets to Prometheus: the ledger's cumulative
// counts as counters, so that a fleet that outgrows one machine keeps them in
// Mimir, Thanos or VictoriaMetrics, and the budgets themselves as gauges. A figure
// that does not exist has no series.
package budget

import (
	"slices"

	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// Totals gives what has ever been counted of an SLO for a ShopSet; ok is false
// where nothing is. It only ever grows, until the account is opened anew.
type Totals func(sloName, shopset string) (total slo.Counts, ok bool)

// Collector makes the metrics of a report at each scrape.
type Collector struct {
	read func() (status.Report, Totals)
}

// NewCollector exports what read returns, which is called for each scrape.
func NewCollector(read func() (status.Report, Totals)) *Collector { return &Collector{read} }

var (
	common = []string{"slo", "shopset", "tier"}

	events   = desc("events_total", "Events (or slices, or points) counted since counting began.")
	bad      = desc("bad_events_total", "Bad events (or slices, or points) counted since counting began.")
	covered  = desc("covered_seconds_total", "Seconds since counting began that have data.")
	began    = desc("counted_from_timestamp_seconds", "When counting began.")
	edge     = desc("counted_until_timestamp_seconds", "The newest closed edge: up to when everything is counted.")
	heard    = desc("last_sample_timestamp_seconds", "When something was last heard of the ShopSet.")
	goal     = desc("objective_ratio", "The share of events that has to be good.")
	sli      = desc("sli_ratio", "The share of events of the window that were good.")
	coverage = desc("coverage_ratio", "The share of the window, as far as it has passed, that has data.")
	left     = desc("error_budget_remaining_ratio", "What is left of the error budget; negative when it is overspent.")
	burn     = desc("burn_rate_ratio", "How fast the error budget burns over a recent span: 1 exhausts exactly all of it in the SLO's window.", "window")
	state    = desc("state", "The verdict on the budget: 1 for the state that it is in, 0 for the others.", "state")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("shopslo_slo_"+name, help, append(append([]string{}, common...), labels...), nil)
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{events, bad, covered, began, edge, heard, goal, sli, coverage, left, burn, state} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	report, totals := c.read()
	for i := range report.Budgets {
		b := &report.Budgets[i]
		e := emitter{ch, []string{b.SLO, string(b.ShopSet), string(b.Tier)}}
		// What nobody can tell good from bad is no count, and least of all 0 bad.
		if t, ok := totals(b.SLO, string(b.ShopSet)); ok && !slices.ContainsFunc(b.Absent, slo.Absence.Misleads) {
			e.counter(events, t.Total)
			e.counter(bad, t.Total-t.Good)
			e.counter(covered, t.Covered.Seconds())
			e.time(began, t.Start)
			e.time(edge, t.End)
		}
		e.time(heard, b.LastSample)
		e.gauge(goal, b.Objective.Ratio())
		e.figure(sli, b.SLI)
		e.gauge(coverage, b.Coverage)
		e.figure(left, b.RemainingRatio)
		for _, r := range b.BurnRates {
			e.figure(burn, r.Rate, slo.Rolling(r.Window).String())
		}
		for _, s := range slo.States {
			v := 0.0
			if b.State == s {
				v = 1
			}
			e.gauge(state, v, string(s))
		}
	}
}

// emitter sends one budget's metrics.
type emitter struct {
	ch     chan<- prometheus.Metric
	labels []string
}

func (e emitter) send(d *prometheus.Desc, t prometheus.ValueType, v float64, more ...string) {
	e.ch <- prometheus.MustNewConstMetric(d, t, v, append(e.labels[:len(e.labels):len(e.labels)], more...)...)
}

func (e emitter) counter(d *prometheus.Desc, v float64) { e.send(d, prometheus.CounterValue, v) }

func (e emitter) gauge(d *prometheus.Desc, v float64, more ...string) {
	e.send(d, prometheus.GaugeValue, v, more...)
}

// figure sends what exists.
func (e emitter) figure(d *prometheus.Desc, v *float64, more ...string) {
	if v != nil {
		e.gauge(d, *v, more...)
	}
}

func (e emitter) time(d *prometheus.Desc, t time.Time) {
	if !t.IsZero() {
		e.gauge(d, float64(t.UnixMilli())/1000)
	}
}
