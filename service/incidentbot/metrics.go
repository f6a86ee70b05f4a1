package incidentbot

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/shopslo/shopslo/incident"
)

// metrics are what Prometheus is told.
type metrics struct {
	calls *prometheus.CounterVec
	jobs  *prometheus.CounterVec
	links *prometheus.CounterVec
	lost  prometheus.Counter
	up    prometheus.Gauge
	late  prometheus.Histogram
}

func newMetrics(r prometheus.Registerer, from counted, a Around) *metrics {
	f := promauto.With(r)
	m := &metrics{
		calls: f.NewCounterVec(prometheus.CounterOpts{Name: "incidentbot_slack_calls_total",
			Help: "Calls of Slack's Web API, by method and result: ok, Slack's error, ratelimited, or failed where there was no answer."}, []string{"method", "result"}),
		jobs: f.NewCounterVec(prometheus.CounterOpts{Name: "incidentbot_jobs_total",
			Help: "Jobs that were begun, by kind and result: done, retried or given_up."}, []string{"kind", "result"}),
		links: f.NewCounterVec(prometheus.CounterOpts{Name: "incidentbot_socket_connections_total",
			Help: "Connections of Slack's Socket Mode, by result: open, lost (it ended and another is made) or failed (none could be made)."}, []string{"result"}),
		lost: f.NewCounter(prometheus.CounterOpts{Name: "incidentbot_not_stored_total",
			Help: "What Slack or an alert said that could not be stored, such as on a full disk: whoever said it was told so, or sends it again."}),
		up: f.NewGauge(prometheus.GaugeOpts{Name: "incidentbot_socket_up", Help: "Whether a connection of Slack's Socket Mode is open; 0 with slack.mode: http."}),
		late: f.NewHistogram(prometheus.HistogramOpts{Name: "incidentbot_job_delay_seconds",
			Help: "How long after it was due a job was begun: how far the bot is behind.", Buckets: []float64{0.5, 1, 2, 5, 15, 60, 300, 1800}}),
	}
	for _, result := range []string{"open", "lost", "failed"} {
		m.links.WithLabelValues(result) // 0 until it happens
	}
	f.NewGaugeFunc(prometheus.GaugeOpts{Name: "incidentbot_build_info", Help: "The build; always 1.", ConstLabels: prometheus.Labels{"version": a.Version}}, func() float64 { return 1 })
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), ongoing{from, a.Now})
	return m
}

func (m *metrics) called(method, result string) { m.calls.WithLabelValues(method, result).Inc() }

func (m *metrics) linked(result string) {
	m.links.WithLabelValues(result).Inc()
	up := 0.0
	if result == "open" {
		up = 1
	}
	m.up.Set(up)
}

func (m *metrics) worked(kind, result string, late time.Duration) {
	m.jobs.WithLabelValues(kind, result).Inc()
	m.late.Observe(max(0, late.Seconds()))
}

// ongoing counts incidents when Prometheus asks. Where the store does not answer there is
// no count, rather than 0.
type ongoing struct {
	from counted
	now  func() time.Time
}

// counted is what is counted: incident/sqlstore implements it.
type counted interface {
	// Incidents gives those that are ongoing or changed since.
	Incidents(ctx context.Context, since time.Time) ([]incident.Incident, error)
	// Waiting counts jobs that are due, and those whose last attempt failed.
	Waiting(ctx context.Context, now time.Time) (due, failing int, err error)
}

var (
	ongoingDesc = prometheus.NewDesc("incidentbot_incidents_ongoing", "Incidents whose cause is still there, by severity.", []string{"severity"}, nil)
	dueDesc     = prometheus.NewDesc("incidentbot_jobs_waiting", "Jobs that are due and not done.", nil, nil)
	failingDesc = prometheus.NewDesc("incidentbot_jobs_failing", "Jobs whose last attempt failed, and that are begun again.", nil, nil)
	storeDesc   = prometheus.NewDesc("incidentbot_store_up", "Whether the store answers.", nil, nil)
)

// Describe implements prometheus.Collector.
func (o ongoing) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{ongoingDesc, dueDesc, failingDesc, storeDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (o ongoing) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	all, err := o.from.Incidents(ctx, o.now())
	due, failing, failed := o.from.Waiting(ctx, o.now())
	up := 0.0
	if err == nil && failed == nil {
		up = 1
		ch <- prometheus.MustNewConstMetric(dueDesc, prometheus.GaugeValue, float64(due))
		ch <- prometheus.MustNewConstMetric(failingDesc, prometheus.GaugeValue, float64(failing))
		count := map[incident.Severity]int{}
		for _, i := range all {
			if i.State.Ongoing() {
				count[i.Severity]++
			}
		}
		for _, severity := range incident.Severities {
			ch <- prometheus.MustNewConstMetric(ongoingDesc, prometheus.GaugeValue, float64(count[severity]), string(severity))
		}
	}
	ch <- prometheus.MustNewConstMetric(storeDesc, prometheus.GaugeValue, up)
}
