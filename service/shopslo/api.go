package shopslo

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/shopslo/shopslo/engine/client"
	"github.com/shopslo/shopslo/engine/judge"
	"github.com/shopslo/shopslo/exporters/budget"
	"github.com/shopslo/shopslo/internal/server"
	"github.com/shopslo/shopslo/status"
)

// shell makes the HTTP server, without the product's own routes.
func (s *service) shell() (*server.Server, error) {
	shell, err := server.New(server.Options{
		Name: "shopslo", Version: s.Host.Version,
		Description: "Exact error budgets per ShopSet", Home: boardFolder,
		WebConfig: s.WebConfig, Log: s.Log, Now: s.Host.Now,
		Starting: "it is starting: it reads the ledger, which takes a minute for some ten thousand budgets; ask again",
		Served:   s.metrics.served,
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
	d, err := judge.Decide(r.Context(), e, s.Host.Version, q, at)
	if err != nil {
		server.WriteError(w, http.StatusBadRequest, err)
		return
	}
	s.decided(w, r, d)
}

func write(w http.ResponseWriter, json []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(json)+1)) // who reads makes room once
	// An error here means that the client has gone. A line feed of its own spares a copy of
	// what may be megabytes.
	w.Write(json)
	w.Write([]byte("\n"))
}
