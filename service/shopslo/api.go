package shopslo

import (
	"fmt"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/shopslo/shopslo/engine/client"
	"github.com/shopslo/shopslo/engine/judge"
	"github.com/shopslo/shopslo/exporters/budget"
	"github.com/shopslo/shopslo/internal/server"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/status"
)

// shell makes the HTTP server, without the product's own routes.
func (s *service) shell() (*server.Server, error) {
	shell, err := server.New(server.Options{
		Name: "shopslo", Version: s.Host.Version,
		Description: "Exact error budgets per ShopSet", Home: boardFolder,
		WebConfig: s.WebConfig, Log: s.Log, Now: s.Host.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("--web.config.file: %w", err)
	}
	return shell, nil
}

// routes adds what the product answers.
func (s *service) routes(shell *server.Server) {
	s.user = shell.User
	s.boardRoute(shell)
	shell.HandleFunc("GET /api/v1/status", s.status)
	shell.HandleFunc("POST "+client.GatePath, s.gate)
	shell.HandleFunc("GET "+client.GatePath, s.gateByGet)
	shell.HandleFunc("GET "+client.ReviewPath, s.review)
	shell.HandleFunc("GET /api/v1/decisions", s.listDecisions)
	shell.HandleFunc("GET /api/v1/decisions/log", s.decisionLog)
	shell.HandleFunc("GET /api/v1/decisions/{entry}", s.decisionRecord)
	shell.HandleFunc("POST /api/v1/decisions", s.logMove)
	shell.HandleFunc("POST /api/v1/releases", s.addRelease)
	s.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		budget.NewCollector(func() (status.Report, budget.Totals) {
			e := s.keeper.current()
			return e.Report(s.Host.Now()), e.Totals
		}),
	)
	shell.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}))
}

// at is the time that a request asks for.
func (s *service) at(r *http.Request) (time.Time, error) {
	text := r.URL.Query().Get("at")
	if text == "" {
		return s.Host.Now(), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fmt.Errorf("at: %q is not a time; write it like 2026-11-01T09:00:00Z", text)
	}
	return at, nil
}

func (s *service) status(w http.ResponseWriter, r *http.Request) {
	at, err := s.at(r)
	if err != nil {
		server.WriteError(w, http.StatusBadRequest, err)
		return
	}
	e := s.keeper.current()
	e.LookPast(r.Context(), at, s.Host.Now())
	report := e.Report(at)
	report.Outage, _ = s.keeper.counting()
	write(w, report.AppendJSON(nil))
}

// gateByGet answers a client of before: a decision is logged and told, so that it must not
// be asked for by what a browser sends for an image of any page.
func (s *service) gateByGet(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", http.MethodPost)
	server.WriteError(w, http.StatusMethodNotAllowed, fmt.Errorf("the gate is asked with POST, since each decision is logged; update the shopslo that asks to the version of this server, %s", s.Host.Version))
}

func (s *service) gate(w http.ResponseWriter, r *http.Request) {
	q, at, err := s.question(r)
	if err != nil {
		server.WriteError(w, http.StatusBadRequest, err)
		return
	}
	if !s.admit(w, r) {
		return
	}
	e := s.keeper.current()
	e.LookPast(r.Context(), at, s.Host.Now())
	d, err := judge.Decide(r.Context(), e, s.Host.Version, q, at, s.keeper.unreachable())
	if err != nil {
		server.WriteError(w, http.StatusBadRequest, err)
		return
	}
	s.decided(w, r, d)
}

func write(w http.ResponseWriter, json []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	// An error here means that the client has gone. A line feed of its own spares a copy of
	// what may be megabytes.
	w.Write(json)
	w.Write([]byte("\n"))
}

// ownMetrics are about the service itself.
type ownMetrics struct {
	ticks    *prometheus.CounterVec
	seconds  prometheus.Histogram
	read     prometheus.Counter
	sourceUp prometheus.Gauge
	caughtUp prometheus.Gauge
	lost     *prometheus.GaugeVec
	reloadOK prometheus.Gauge
	reloadAt prometheus.Gauge
}

// Metrics registers the metrics that a server has of itself: rules are checked against them.
func Metrics(r prometheus.Registerer, version string) { newOwnMetrics(r, version) }

func newOwnMetrics(r prometheus.Registerer, version string) *ownMetrics {
	f := promauto.With(r)
	m := &ownMetrics{
		ticks: f.NewCounterVec(prometheus.CounterOpts{Name: "shopslo_ledger_ticks_total",
			Help: "Times that the ledger was brought up to date, by result: ok or error."}, []string{"result"}),
		seconds: f.NewHistogram(prometheus.HistogramOpts{Name: "shopslo_ledger_tick_duration_seconds",
			Help: "How long it took to bring the ledger up to date.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 8)}),
		read: f.NewCounter(prometheus.CounterOpts{Name: "shopslo_ledger_samples_read_total",
			Help: "Raw samples that the ledger has counted."}),
		sourceUp: f.NewGauge(prometheus.GaugeOpts{Name: "shopslo_source_up",
			Help: "Whether the source could be read last time."}),
		caughtUp: f.NewGauge(prometheus.GaugeOpts{Name: "shopslo_ledger_caught_up",
			Help: "Whether the source's history has been read up to now since the start."}),
		lost: f.NewGaugeVec(prometheus.GaugeOpts{Name: "shopslo_slo_uncounted_shopsets",
			Help: "ShopSets for which an SLO is not being counted, though the source can be read: /api/v1/status has the reason."}, []string{"slo"}),
		reloadOK: f.NewGauge(prometheus.GaugeOpts{Name: "shopslo_config_last_reload_successful",
			Help: "Whether the last reading of configuration and documents succeeded."}),
		reloadAt: f.NewGauge(prometheus.GaugeOpts{Name: "shopslo_config_last_reload_success_timestamp_seconds",
			Help: "When configuration and documents were last read successfully."}),
	}
	for _, result := range []string{"ok", "error"} {
		m.ticks.WithLabelValues(result)
	}
	f.NewGaugeFunc(prometheus.GaugeOpts{Name: "shopslo_build_info", Help: "The build; always 1.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()}}, func() float64 { return 1 })
	return m
}

func (m *ownMetrics) tick(d time.Duration, err error) {
	m.seconds.Observe(d.Seconds())
	if err != nil {
		m.ticks.WithLabelValues("error").Inc()
		m.sourceUp.Set(0)
	} else {
		m.ticks.WithLabelValues("ok").Inc()
		m.sourceUp.Set(1)
	}
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
