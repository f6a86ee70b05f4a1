package shopslo

import (
	"cmp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
)

// ownMetrics are about the service itself.
type ownMetrics struct {
	several  bool // sources
	ticks    *prometheus.CounterVec
	seconds  prometheus.Histogram
	read     prometheus.Counter
	sourceUp *prometheus.GaugeVec
	sourceAt *prometheus.GaugeVec
	caughtUp prometheus.Gauge
	lost     *prometheus.GaugeVec
	reloadOK prometheus.Gauge
	reloadAt prometheus.Gauge
	decided  *prometheus.CounterVec
	unlogged prometheus.Counter
	notices  *prometheus.CounterVec
	requests *prometheus.HistogramVec
}

// Metrics registers the metrics that a server has of itself: rules are checked against them.
func Metrics(r prometheus.Registerer, version string) {
	newOwnMetrics(r, version, []string{"", "named"})
	newPushMetrics(r)
}

// newOwnMetrics registers them. Of several sources each has series of its own.
func newOwnMetrics(r prometheus.Registerer, version string, sources []string) *ownMetrics {
	f := promauto.With(r)
	var source []string
	if len(sources) > 1 {
		source = []string{"source"}
	}
	m := &ownMetrics{
		several: len(sources) > 1,
		ticks: f.NewCounterVec(prometheus.CounterOpts{Name: "shopslo_ledger_ticks_total",
			Help: "Times that the ledger was brought up to date, by result: ok or error."}, []string{"result"}),
		seconds: f.NewHistogram(prometheus.HistogramOpts{Name: "shopslo_ledger_tick_duration_seconds",
			Help: "How long it took to bring the ledger up to date.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 8)}),
		read: f.NewCounter(prometheus.CounterOpts{Name: "shopslo_ledger_samples_read_total",
			Help: "Raw samples that the ledger has counted."}),
		sourceUp: f.NewGaugeVec(prometheus.GaugeOpts{Name: "shopslo_source_up",
			Help: "Whether the source could be read last time."}, source),
		sourceAt: f.NewGaugeVec(prometheus.GaugeOpts{Name: "shopslo_source_last_read_timestamp_seconds",
			Help: "When the source could be read last; absent before."}, source),
		caughtUp: f.NewGauge(prometheus.GaugeOpts{Name: "shopslo_ledger_caught_up",
			Help: "Whether the history of each source that can be read has been read up to now since the start."}),
		lost: f.NewGaugeVec(prometheus.GaugeOpts{Name: "shopslo_slo_uncounted_shopsets",
			Help: "ShopSets for which an SLO is not being counted, though the source can be read: /api/v1/status has the reason."}, []string{"slo"}),
		reloadOK: f.NewGauge(prometheus.GaugeOpts{Name: "shopslo_config_last_reload_successful",
			Help: "Whether the last reading of configuration and documents succeeded."}),
		reloadAt: f.NewGauge(prometheus.GaugeOpts{Name: "shopslo_config_last_reload_success_timestamp_seconds",
			Help: "When configuration and documents were last read successfully."}),
		decided: f.NewCounterVec(prometheus.CounterOpts{Name: "shopslo_gate_decisions_total",
			Help: "Decisions of the gate that were asked for, by Tier and verdict: promote, hold or inconclusive."}, []string{"tier", "decision"}),
		unlogged: f.NewCounter(prometheus.CounterOpts{Name: "shopslo_decision_log_failures_total",
			Help: "Decisions, promotions and rollbacks that could not be logged."}),
		notices: f.NewCounterVec(prometheus.CounterOpts{Name: "shopslo_notices_total",
			Help: "Messages about decisions, and about Tiers that match their branch, by result: sent, retried, or failed: nobody got them."}, []string{"about", "result"}),
		requests: f.NewHistogramVec(prometheus.HistogramOpts{Name: "shopslo_http_request_duration_seconds",
			Help:    "How long requests took, by the path of their route, other where it has none, and HTTP status.",
			Buckets: []float64{0.005, 0.025, 0.1, 0.5, 2, 10, 60}}, []string{"handler", "code"}),
	}
	for _, result := range []string{"ok", "error"} {
		m.ticks.WithLabelValues(result)
	}
	for _, name := range sources {
		m.source(name, false, time.Time{})
	}
	for _, result := range []string{sent, retried, failed} {
		m.notices.WithLabelValues(aboutArrival, result)
		m.notices.WithLabelValues(aboutDecision, result)
	}
	m.notices.DeleteLabelValues(aboutDecision, retried) // is never
	f.NewGaugeFunc(prometheus.GaugeOpts{Name: "shopslo_build_info", Help: "The build; always 1.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()}}, func() float64 { return 1 })
	return m
}

func (m *ownMetrics) tick(d time.Duration, err error) {
	m.seconds.Observe(d.Seconds())
	if err != nil {
		m.ticks.WithLabelValues("error").Inc()
	} else {
		m.ticks.WithLabelValues("ok").Inc()
	}
}

// source notes whether a source could be read.
func (m *ownMetrics) source(name string, up bool, now time.Time) {
	var of []string
	if m.several {
		of = []string{name}
	}
	if !up {
		m.sourceUp.WithLabelValues(of...).Set(0)
		return
	}
	m.sourceUp.WithLabelValues(of...).Set(1)
	m.sourceAt.WithLabelValues(of...).Set(float64(now.Unix()))
}

// counted says of each SLO for how many ShopSets it is not counted.
func (m *ownMetrics) counted(slos []slo.SLO, failing map[string]ledger.Failing) {
	m.lost.Reset() // of SLOs that are no more
	for i := range slos {
		m.lost.WithLabelValues(slos[i].Name).Set(float64(len(failing[slos[i].Name].Subjects)))
	}
}

func (m *ownMetrics) samples(n int) { m.read.Add(float64(n)) }

func (m *ownMetrics) reloaded(now time.Time, err error) {
	if err != nil {
		m.reloadOK.Set(0)
		return
	}
	m.reloadOK.Set(1)
	m.reloadAt.Set(float64(now.Unix()))
}

// What notices are about, and what became of them.
const (
	aboutDecision = "decision"
	aboutArrival  = "arrival"

	sent    = "sent"
	retried = "retried"
	failed  = "failed"
)

func (m *ownMetrics) notice(about, result string) { m.notices.WithLabelValues(about, result).Inc() }

// decision counts one that was asked for, and whether it could be logged.
func (m *ownMetrics) decision(v logbook.Answer) {
	m.decided.WithLabelValues(string(v.To), string(v.Verdict)).Inc()
	m.logged(v.Log)
}

func (m *ownMetrics) logged(p logbook.Publication) {
	if p.Failed != nil {
		m.unlogged.Inc()
	}
}

// served takes a request in. Labels are of routes alone: anybody may ask for any path.
func (m *ownMetrics) served(pattern string, status int, took time.Duration) {
	_, path, _ := strings.Cut(pattern, " ")
	m.requests.WithLabelValues(cmp.Or(strings.TrimSuffix(path, "{$}"), "other"), strconv.Itoa(status)).Observe(took.Seconds())
}
