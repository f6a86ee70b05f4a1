// Package mackerelfake is Mackerel as its HTTP API shows it: services, hosts, metrics,
// graph definitions, check reports, metadata, monitors, alerts, dashboards and graph
// annotations, kept in memory under Mackerel's rules, with the faults of a network.
//
// Rules and shapes come from Mackerel's public API documentation,
// https://mackerel.io/api-docs/ (source: github.com/mackerelio/documents); each file
// names its pages. Where the documentation gives no figure, the limit is the fake's
// own and its comment says so.
package mackerelfake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Key is the API key that the fake wants.
const Key = "SECRET0mackerel0api0key0SECRET"

// Fault is what goes wrong with a request.
type Fault string

// The faults.
const (
	// DropAfterWrite does what is asked and closes the connection without an answer.
	DropAfterWrite Fault = "connection dropped after the write"
	// DropBefore closes the connection and does nothing.
	DropBefore Fault = "connection dropped"
	// TooMany answers 429 with Retry-After.
	TooMany Fault = "429"
	// Broken answers 500.
	Broken Fault = "500"
	// HalfReply does what is asked and sends half of the answer.
	HalfReply Fault = "half a reply"
	// WrongJSON does what is asked and answers with JSON of another shape.
	WrongJSON Fault = "wrong JSON"
	// Page does nothing and answers with a web page for people.
	Page Fault = "a web page"
	// Hang does nothing until the client goes.
	Hang Fault = "no answer"
	// Slow does what is asked, and answers nothing until the client goes.
	Slow Fault = "no answer after the write"
)

// RetryAfter is what TooMany asks to wait.
const RetryAfter = 90 * time.Second

// injected is a fault that waits for its requests.
type injected struct {
	fault Fault
	match string // part of "METHOD /path"
	times int
}

// Request is one request that came.
type Request struct {
	Method, Path string // with the query
	Status       int    // 0: none was sent
}

// Fake is one organization of Mackerel. Its methods may be called while it serves.
type Fake struct {
	URL string

	server *httptest.Server
	now    func() time.Time

	mu       sync.Mutex
	faults   []injected
	requests []Request
	ids      int

	services    map[string]*service
	hosts       map[string]*host
	hostOrder   []string
	graphDefs   map[string]defined
	reports     []CheckReport
	monitors    []map[string]any
	alerts      []*Alert // newest first
	dashboards  []map[string]any
	annotations []Annotation
}

// Start serves until Close. now is its clock; nil is the real one.
func Start(now func() time.Time) *Fake {
	if now == nil {
		now = time.Now
	}
	f := &Fake{now: now, services: map[string]*service{}, hosts: map[string]*host{}, graphDefs: map[string]defined{}}
	f.server = httptest.NewServer(f.handler())
	f.URL = f.server.URL
	return f
}

// Close ends it.
func (f *Fake) Close() {
	f.server.CloseClientConnections()
	f.server.Close()
}

// Fail makes the next requests go wrong whose "METHOD /path" contains match; times
// below 0 is for ever.
func (f *Fake) Fail(fault Fault, match string, times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, injected{fault, match, times})
}

// Heal takes back all faults.
func (f *Fake) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = nil
}

// Requests are all that came, in order.
func (f *Fake) Requests() []Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

// Count is the number of requests whose "METHOD /path" contains match.
func (f *Fake) Count(match string) int {
	n := 0
	for _, r := range f.Requests() {
		if strings.Contains(r.Method+" "+r.Path, match) {
			n++
		}
	}
	return n
}

// id makes an identifier as Mackerel's look: letters and digits, eleven of them.
func (f *Fake) id() string {
	f.ids++
	return fmt.Sprintf("2fake%06d", f.ids)
}

// refusal is an answer other than 200.
type refusal struct {
	status int
	text   string
}

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

// call is a request as the handlers see it; they run one at a time.
type call struct {
	*http.Request
	body []byte
}

// decode reads the body strictly: unknown fields are refused.
func (c *call) decode(into any) *refusal {
	d := json.NewDecoder(bytes.NewReader(c.body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return refuse(400, "invalid JSON: %v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return refuse(400, "invalid JSON: text after the value")
	}
	return nil
}

// endpoint does what one request asks, and gives the answer to be sent as JSON.
type endpoint func(*call) (any, *refusal)

// of makes an endpoint of what is done to one thing that the path names.
func of[T any](find func(*call) (T, *refusal), do func(*call, T) (any, *refusal)) endpoint {
	return func(c *call) (any, *refusal) {
		x, no := find(c)
		if no != nil {
			return nil, no
		}
		return do(c, x)
	}
}

func (f *Fake) handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, e := range map[string]endpoint{
		"GET /api/v0/services":                     f.listServices,
		"POST /api/v0/services":                    f.createService,
		"GET /api/v0/services/{name}/metric-names": of(f.service, f.serviceMetricNames),
		"POST /api/v0/services/{name}/tsdb":        of(f.service, f.postServiceMetrics),
		"GET /api/v0/services/{name}/metrics":      of(f.service, f.serviceMetrics),
		"GET /api/v0/hosts":                        f.listHosts,
		"POST /api/v0/hosts":                       f.createHost,
		"GET /api/v0/hosts/{id}":                   of(f.host, f.getHost),
		"PUT /api/v0/hosts/{id}":                   of(f.host, f.updateHost),
		"POST /api/v0/hosts/{id}/status":           of(f.host, f.hostStatus),
		"GET /api/v0/hosts/{id}/metric-names":      of(f.host, f.hostMetricNames),
		"GET /api/v0/hosts/{id}/metrics":           of(f.host, f.hostMetrics),
		"GET /api/v0/hosts/{id}/metadata/{space}":  of(f.host, f.getMetadata),
		"PUT /api/v0/hosts/{id}/metadata/{space}":  of(f.host, f.putMetadata),
		"POST /api/v0/tsdb":                        f.postHostMetrics,
		"POST /api/v0/graph-defs/create":           f.createGraphDefs,
		"POST /api/v0/monitoring/checks/report":    f.reportChecks,
		"GET /api/v0/monitors":                     f.listMonitors,
		"POST /api/v0/monitors":                    f.createMonitor,
		"GET /api/v0/monitors/{id}":                of(f.monitor, f.getMonitor),
		"PUT /api/v0/monitors/{id}":                of(f.monitor, f.updateMonitor),
		"DELETE /api/v0/monitors/{id}":             of(f.monitor, f.deleteMonitor),
		"GET /api/v0/alerts":                       f.listAlerts,
		"GET /api/v0/alerts/{id}":                  of(f.alert, f.getAlert),
		"POST /api/v0/alerts/{id}/close":           of(f.alert, f.closeAlert),
		"GET /api/v0/dashboards":                   f.listDashboards,
		"POST /api/v0/dashboards":                  f.createDashboard,
		"GET /api/v0/dashboards/{id}":              of(f.dashboard, f.getDashboard),
		"PUT /api/v0/dashboards/{id}":              of(f.dashboard, f.updateDashboard),
		"DELETE /api/v0/dashboards/{id}":           of(f.dashboard, f.deleteDashboard),
		"GET /api/v0/graph-annotations":            f.listAnnotations,
		"POST /api/v0/graph-annotations":           f.createAnnotation,
		"PUT /api/v0/graph-annotations/{id}":       of(f.annotation, f.updateAnnotation),
		"DELETE /api/v0/graph-annotations/{id}":    of(f.annotation, f.deleteAnnotation),
		"GET /api/v0/org":                          func(*call) (any, *refusal) { return map[string]any{"name": "fake", "displayName": "Fake"}, nil },
		"/":                                        func(c *call) (any, *refusal) { return nil, refuse(404, "no such API: %s %s", c.Method, c.URL.Path) },
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { f.serve(w, r, e) })
	}
	return mux
}

func (f *Fake) serve(w http.ResponseWriter, r *http.Request, e endpoint) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody+1))
	fault := f.fault(r)
	if fault == DropBefore {
		f.note(r, 0)
		panic(http.ErrAbortHandler)
	}
	if fault == Hang {
		f.note(r, 0)
		<-r.Context().Done()
		return
	}
	status, answer := f.answer(&call{r, body}, e, err, fault)
	f.note(r, status)
	if fault == Slow {
		<-r.Context().Done()
		return
	}
	if fault == TooMany || status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", strconv.Itoa(int(RetryAfter.Seconds())))
	}
	w.Header().Set("Content-Type", "application/json")
	switch fault {
	case DropAfterWrite:
		panic(http.ErrAbortHandler)
	case HalfReply:
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		w.WriteHeader(status)
		_, _ = w.Write(answer[:len(answer)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case WrongJSON:
		answer = []byte(`["another shape"]`)
	case Page:
		w.Header().Set("Content-Type", "text/html")
		answer = []byte("<html><body>maintenance</body></html>")
	}
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

// answer does what is asked, unless the fault keeps it from that.
func (f *Fake) answer(c *call, e endpoint, bodyErr error, fault Fault) (int, []byte) {
	var out any
	var no *refusal
	switch {
	case fault == TooMany:
		no = refuse(429, "too many requests")
	case fault == Broken:
		no = refuse(500, "internal server error")
	case fault == Page:
		return 200, nil
	case c.Header.Get("X-Api-Key") != Key:
		no = refuse(403, "Authentication failed. Please try with valid API Key.")
	case bodyErr != nil || len(c.body) > maxBody:
		no = refuse(413, "request entity too large")
	case len(c.body) > 0 && !strings.HasPrefix(c.Header.Get("Content-Type"), "application/json"):
		no = refuse(400, "Content-Type must be application/json")
	default:
		f.mu.Lock()
		out, no = e(c)
		f.mu.Unlock()
	}
	status := http.StatusOK
	if no != nil {
		status, out = no.status, map[string]any{"error": map[string]string{"message": no.text}}
	}
	data, err := json.Marshal(out)
	if err != nil { // only what was decoded from JSON is kept
		panic(err)
	}
	return status, data
}

// maxBody is the fake's own limit of one request; Mackerel documents none.
const maxBody = 1 << 20

// fault takes the next fault that is meant for a request.
func (f *Fake) fault(r *http.Request) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.faults {
		x := &f.faults[i]
		if x.times != 0 && strings.Contains(r.Method+" "+r.URL.Path, x.match) {
			x.times--
			return x.fault
		}
	}
	return ""
}

func (f *Fake) note(r *http.Request, status int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, Request{r.Method, r.URL.RequestURI(), status})
}

// success is Mackerel's answer where there is nothing to tell.
var success = map[string]bool{"success": true}
