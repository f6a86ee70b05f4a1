// Package server is the HTTP shell around a program's own handlers: TLS and basic
// authentication by exporter-toolkit's web configuration, health and readiness, a
// landing page, security headers, recovery from panics, sane timeouts, and a
// shutdown that lets running requests finish.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
)

// Timeouts of connections. Writing has room for the slowest answer: a whole window
// read from a source.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 5 * time.Minute
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// defaultGrace is how long running requests may take to finish after the context ended.
const defaultGrace = 10 * time.Second

// Options say what a server is. Name is required; every other zero value works.
type Options struct {
	// Name, Version and Description stand on the landing page, and Links below them.
	Name, Version, Description string
	Links                      []Link
	// Home is where / leads, a path of this server such as "/board/", instead of showing
	// the landing page; "" means that it does not.
	Home string
	// WebConfig is the path of an exporter-toolkit web configuration file; "" means
	// plain HTTP without a password. The file is read again for each request.
	WebConfig string
	// Ready says why the server cannot answer yet, nil when it can; without it the
	// server is ready as soon as it listens. It is called by many requests at once.
	Ready func() error
	// Starting says, in a sentence, what a server is doing that listens before it can answer:
	// until Opened is called it is healthy, and all else is a 503 with this sentence and when
	// to ask again. "" means that it can answer at once.
	Starting string
	// Served is told of each request that was answered: the pattern of its route, "" where it
	// has none, the status, and how long it took by Now. nil: nobody is.
	Served func(pattern string, status int, took time.Duration)
	// Log gets one debug record per request and one error per panic; nil discards.
	Log *slog.Logger
	// Now is the clock by which requests are timed; nil leaves the times out.
	Now func() time.Time
	// Grace is how long a shutdown waits; 0 means defaultGrace.
	Grace time.Duration
}

// Link is a line of the landing page. Address is a path of this server.
type Link struct{ Address, Text, Description string }

// Server answers HTTP requests. Make one with New, add routes, then call Serve once.
type Server struct {
	o    Options
	mux  *http.ServeMux
	open atomic.Bool // it can answer
	// users: its web configuration had some when it was made.
	users bool
}

// New makes a server with the routes /, /-/healthy and /-/ready. It fails where the
// web configuration cannot be used.
func New(o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	users, err := validate(o.WebConfig)
	if err != nil {
		return nil, fmt.Errorf("read web configuration %s: %w", o.WebConfig, err)
	}
	s := &Server{o: o, mux: http.NewServeMux(), users: users}
	s.open.Store(o.Starting == "")
	home, err := landingPage(o)
	if err != nil {
		return nil, err
	}
	if o.Home != "" {
		home = leadTo(o.Home)
	}
	s.mux.Handle("GET /{$}", home)
	s.mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "%s is healthy.\n", o.Name)
	})
	s.mux.HandleFunc("GET /-/ready", s.ready)
	return s, nil
}

// Handle adds a route; the pattern is net/http's, such as "GET /metrics".
func (s *Server) Handle(pattern string, h http.Handler) { s.mux.Handle(pattern, h) }

// HandleFunc adds a route as Handle does.
func (s *Server) HandleFunc(pattern string, h http.HandlerFunc) { s.mux.HandleFunc(pattern, h) }

// handler is all routes behind everything but TLS and passwords, for tests.
func (s *Server) handler() http.Handler {
	return s.logged(s.headers(s.recovered(s.guarded(sameSite(s.opened(s.mux))))))
}

// leadTo redirects to a path of this server, relative to where the client sees it: a
// proxy may serve it below a prefix.
func leadTo(path string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", strings.TrimPrefix(path, "/"))
		w.WriteHeader(http.StatusFound)
	})
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if s.o.Ready != nil {
		if err := s.o.Ready(); err != nil {
			if s.o.WebConfig != "" && probes(r) { // the reason may name what is for those with a password
				err = errors.New("the log says why")
			}
			http.Error(w, fmt.Sprintf("%s is not ready: %v", s.o.Name, err), http.StatusServiceUnavailable)
			return
		}
	}
	fmt.Fprintf(w, "%s is ready.\n", s.o.Name)
}

// Listen listens on an address: host:port; port 0 is a free one.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return l, nil
}

// Serve answers on l until ctx ends, then takes no more connections, lets running
// requests finish for the grace time, and closes those that have not. It returns
// nil after a shutdown in which all finished. l is closed in any case.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	defer l.Close()
	hs := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.o.Log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	failed := make(chan error, 1)
	go func() {
		failed <- web.Serve(unguarded(l, hs, hs.Handler), hs, &web.FlagConfig{WebConfigFile: &s.o.WebConfig}, s.o.Log)
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.Grace)
	defer cancel()
	err := hs.Shutdown(grace)
	if err != nil {
		hs.Close()
		err = fmt.Errorf("shut down: requests still ran after %v: %w", s.o.Grace, err)
	}
	if served := <-failed; err == nil && served != nil && !errors.Is(served, http.ErrServerClosed) {
		err = fmt.Errorf("serve on %s: %w", l.Addr(), served)
	}
	return err
}

// headers sets what every answer carries unless the handler, or the operator's web
// configuration, says otherwise.
func (s *Server) headers(next http.Handler) http.Handler {
	defaults := map[string]string{
		"Cache-Control":                "no-store", // figures are of now
		"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy":              "no-referrer",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range defaults {
			if w.Header().Get(name) == "" {
				w.Header().Set(name, value)
			}
		}
		next.ServeHTTP(w, r)
	})
}

// recovered turns a handler's panic into a 500 where nothing was sent yet, and
// breaks the connection off where the answer had begun.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w}
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			s.o.Log.Error("a handler panicked", "method", r.Method, "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
			if rec.status != 0 {
				panic(http.ErrAbortHandler)
			}
			w.Header().Del("Content-Length")
			w.Header().Del("Content-Encoding")
			WriteError(w, http.StatusInternalServerError, errors.New("internal error; the server's log says more"))
		}()
		next.ServeHTTP(rec, r)
	})
}

// logged tells Served of each request, and records it at debug level: never its query or
// headers, which may hold what must not be in a log.
func (s *Server) logged(next http.Handler) http.Handler {
	now := s.o.Now
	if now == nil {
		now = func() time.Time { return time.Time{} }
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun, rec := now(), &recorder{ResponseWriter: w}
		defer func() {
			took := now().Sub(begun)
			if s.o.Served != nil {
				s.o.Served(r.Pattern, rec.status, took)
			}
			args := []any{"method", r.Method, "path", r.URL.Path, "status", rec.status, "bytes", rec.bytes, "remote", r.RemoteAddr}
			if s.o.Now != nil {
				args = append(args, "duration", took)
			}
			s.o.Log.Debug("request", args...)
		}()
		next.ServeHTTP(rec, r)
	})
}

// recorder remembers what was answered; status 0 means nothing yet.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController find what the writer below can do.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
