package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/status"
)

// patience is how long a test waits for what is to happen in a second or two. It is
// long because machines are busy, and costs nothing where all goes well.
const patience = 60 * time.Second

// eventually waits until ok gives "", and fails with what it gave last.
func eventually(t testing.TB, ok func() string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		why := ok()
		if why == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still not after %v: %s", patience, why)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// writeFiles writes files, by their names in dir.
func writeFiles(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// fleetOf writes a fleet of Tiers, lowest first, each "tier: shopset shopset".
func fleetOf(tiers ...string) string {
	var b strings.Builder
	doc := func(kind, name, spec string) {
		fmt.Fprintf(&b, "---\napiVersion: shopset.dev/v1alpha1\nkind: %s\nmetadata: {name: %s}\nspec: {%s}\n", kind, name, spec)
	}
	doc("FailureDomain", "here", "")
	doc("Configuration", "production", "")
	for i, line := range tiers {
		tier, sets, _ := strings.Cut(line, ":")
		doc("Tier", tier, fmt.Sprintf("order: %d, branch: tier-%d", i, i))
		for set := range strings.FieldsSeq(sets) {
			doc("ShopSet", set, "tier: "+tier+", configuration: production, failureDomain: here")
		}
	}
	return b.String()
}

// ratioSLO writes an SLO of two counters; kind is bad or good, the other is total.
func ratioSLO(name, window string, target float64, kind, query, total string) string {
	return fmt.Sprintf(`---
apiVersion: openslo/v1
kind: SLO
metadata: {name: %s, annotations: {shopslo.dev/min-events: "1"}}
spec:
  service: shop
  budgetingMethod: Occurrences
  timeWindow: [{duration: %s, isRolling: true}]
  indicator:
    metadata: {name: %s}
    spec:
      ratioMetric:
        counter: true
        %s: {metricSource: {type: Prometheus, spec: {query: '%s'}}}
        total: {metricSource: {type: Prometheus, spec: {query: '%s'}}}
  objectives: [{target: %v}]
`, name, window, name, kind, query, total, target)
}

// Queries of the tests' exporters.
const (
	badRequests = `http_requests_total{code=~"5.."}`
	allRequests = `http_requests_total`
)

func cartSLO(window string) string {
	return ratioSLO("cart", window, 0.9, "bad", badRequests, allRequests)
}

// exporter is a target whose counters a test sets.
type exporter struct {
	*httptest.Server
	mu        sync.Mutex
	good, bad int
	started   float64
	scrapes   int
}

func newExporter(t testing.TB) *exporter {
	t.Helper()
	x := &exporter{started: float64(time.Now().Unix())}
	x.Server = httptest.NewServer(x)
	t.Cleanup(x.Close)
	return x
}

// ServeHTTP answers with Prometheus' text format.
func (x *exporter) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.scrapes++
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	fmt.Fprintf(w, "# TYPE http_requests_total counter\nhttp_requests_total{code=\"200\"} %d\n", x.good)
	if x.bad > 0 { // as client libraries do, which make a series at its first event
		fmt.Fprintf(w, "http_requests_total{code=\"500\"} %d\n", x.bad)
	}
	fmt.Fprintf(w, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %v\n", x.started)
}

func (x *exporter) add(good, bad int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.good, x.bad = x.good+good, x.bad+bad
}

// waitScraped waits until it has been scraped twice more.
func (x *exporter) waitScraped(t testing.TB) {
	t.Helper()
	count := func() int {
		x.mu.Lock()
		defer x.mu.Unlock()
		return x.scrapes
	}
	before := count()
	eventually(t, func() string {
		if n := count(); n < before+2 {
			return fmt.Sprintf("scraped %d times more", n-before)
		}
		return ""
	})
}

func (x *exporter) address() string { return strings.TrimPrefix(x.URL, "http://") }

// scrapeConfig is a shopslo.yaml that scrapes targets, by ShopSet, every second.
func scrapeConfig(targets map[string]*exporter) string {
	var b strings.Builder
	b.WriteString(`source:
  embedded:
    dir: tsdb
    scrape_interval: 1s
    scrape_configs:
      - job_name: shops
        scrape_timeout: 1s
        static_configs:
`)
	for set, x := range targets {
		fmt.Fprintf(&b, "          - {targets: ['%s'], labels: {shopset: %s}}\n", x.address(), set)
	}
	b.WriteString(`fleet: [fleet.yaml]
slos: [slos/*.yaml]
ledger: {dir: ledger, resolution: 1s, delay: 2s}
budgets: {least_history: 5s}
burn_rates: [{long: 10s, short: 3s, factor: 51840, severity: page}]
gate: {max_age: 30s, min_coverage: 0.01}
`)
	return b.String()
}

// logged is an error stream that can be read while it is written.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// serving is a `shopslo serve` that runs in this process.
type serving struct {
	url    string
	log    *logged
	cancel context.CancelFunc
	done   chan struct{}
	code   int
	client *http.Client
}

var listening = regexp.MustCompile(`msg="Listening on" address=(\S+)`)

// startServe runs serve over a configuration until the test's end. It answers when
// this returns; it may not have read its source.
func startServe(t testing.TB, config string, more ...string) *serving {
	t.Helper()
	s := startListening(t, config, more...)
	eventually(t, func() string {
		select {
		case <-s.done:
			t.Fatalf("serve ended with %d:\n%s", s.code, s.log)
		default:
		}
		if resp, err := s.client.Get(s.url + "/-/ready"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusServiceUnavailable {
				return "it is not ready:\n" + s.log.String()
			}
		}
		return "" // what asks for a password or TLS is the test's to ask
	})
	return s
}

// startListening is startServe, but for that it may be starting still.
func startListening(t testing.TB, config string, more ...string) *serving {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &serving{log: &logged{}, cancel: cancel, done: make(chan struct{}), client: http.DefaultClient}
	args := append([]string{"serve", "--config", config, "--web.listen-address", "127.0.0.1:0"}, more...)
	go func() {
		defer close(s.done)
		s.code = run(ctx, args, nil, io.Discard, s.log)
	}()
	t.Cleanup(func() { s.stop(t) })
	eventually(t, func() string {
		if m := listening.FindStringSubmatch(s.log.String()); m != nil {
			s.url = "http://" + m[1]
			return ""
		}
		select {
		case <-s.done:
			t.Fatalf("serve ended with %d:\n%s", s.code, s.log)
		default:
		}
		return "it does not listen:\n" + s.log.String()
	})
	return s
}

// stop ends it and checks that it ends well.
func (s *serving) stop(t testing.TB) {
	t.Helper()
	s.cancel()
	select {
	case <-s.done:
	case <-time.After(patience):
		t.Fatalf("serve does not end:\n%s", s.log)
	}
	if s.code != exitOK {
		t.Errorf("serve ended with %d:\n%s", s.code, s.log)
	}
	if t.Failed() && testing.Verbose() {
		t.Logf("serve's log:\n%s", s.log)
	}
}

// get asks for a path and gives the HTTP status and the body.
func (s *serving) get(t testing.TB, path string) (int, string) {
	t.Helper()
	resp, err := s.client.Get(s.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// post posts to a path, with headers, and gives the HTTP status and the body.
func (s *serving) post(t testing.TB, path string, body io.Reader, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// waitReady waits until it has read all that there is.
func (s *serving) waitReady(t testing.TB) {
	t.Helper()
	eventually(t, func() string {
		if v, _ := s.metric(t, "shopslo_ledger_caught_up"); v != "1" {
			_, body := s.get(t, "/api/v1/status")
			return fmt.Sprintf("shopslo_ledger_caught_up is %q\n%.300s", v, body)
		}
		return ""
	})
}

// status asks for the budgets; the zero time is now.
func (s *serving) status(t testing.TB, at time.Time) status.Report {
	t.Helper()
	path := "/api/v1/status"
	if !at.IsZero() {
		path += "?at=" + at.UTC().Format(time.RFC3339)
	}
	code, body := s.get(t, path)
	if code != http.StatusOK {
		t.Fatalf("status: %d %s", code, body)
	}
	return decodeStatus(t, body)
}

func decodeStatus(t testing.TB, body string) status.Report {
	t.Helper()
	r, err := status.Decode([]byte(body))
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return r
}

// budgetOf finds a budget in a report.
func budgetOf(t testing.TB, r status.Report, name, shopset string) status.Budget {
	t.Helper()
	for _, b := range r.Budgets {
		if b.SLO == name && b.ShopSet == fleet.ShopSetName(shopset) {
			return b
		}
	}
	t.Fatalf("no budget of %s for %s among %d", name, shopset, len(r.Budgets))
	return status.Budget{}
}

// waitCounts waits until a budget has counted exactly so many events.
func (s *serving) waitCounts(t testing.TB, name, shopset string, total, bad float64) {
	t.Helper()
	eventually(t, func() string {
		b := budgetOf(t, s.status(t, time.Time{}), name, shopset)
		if b.Total != nil && *b.Total == total && *b.Bad == bad {
			return ""
		}
		return fmt.Sprintf("%s of %s: %s, want total %v, bad %v\n%s", name, shopset, figures(b), total, bad, s.log)
	})
}

// figures writes what is compared of a budget.
func figures(b status.Budget) string {
	f := func(v *float64) string {
		if v == nil {
			return "none"
		}
		return fmt.Sprint(*v)
	}
	return fmt.Sprintf("%s, good %s, total %s, bad %s, coverage %v, (%s, %s]", b.State, f(b.Good), f(b.Total), f(b.Bad), b.Coverage,
		b.WindowStart.Format(time.RFC3339), b.WindowEnd.Format(time.RFC3339))
}

// metric reads one sample of /metrics; ok is false where it is not there.
func (s *serving) metric(t testing.TB, series string) (value string, ok bool) {
	t.Helper()
	_, body := s.get(t, "/metrics")
	for line := range strings.Lines(body) {
		if rest, found := strings.CutPrefix(line, series+" "); found {
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}

// runWith runs shopslo in this process with an environment.
func runWith(t testing.TB, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, env, &out, &err)
	return code, out.String(), err.String()
}
