package sourcetest

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/shopslo/shopslo/internal/child"
)

// Server is a real server, a process of its own on a free loopback port.
type Server struct {
	URL string

	dir, program string
	args         []string
	ready        string
	write        string
	process      *child.Process // nil: it does not run
}

// StartPrometheus starts Prometheus over data: what lies before split (Unix
// milliseconds) as a block, the rest by remote write into its head. It is stopped
// at the test's end. The data may be of any time.
func StartPrometheus(t testing.TB, data []Series, split int64) *Server {
	t.Helper()
	return StartPrometheusWith(t, "global: {scrape_interval: 15s}\n", data, split)
}

// StartPrometheusWith is StartPrometheus with a configuration.
func StartPrometheusWith(t testing.TB, yaml string, data []Series, split int64) *Server {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	WriteBlock(t, filepath.Join(dir, "data"), data, math.MinInt64, split)
	port := freePort(t)
	s := &Server{
		URL: "http://127.0.0.1:" + port, dir: dir, program: "prometheus", ready: "/-/ready", write: "/api/v1/write",
		args: []string{
			"--config.file=" + config, "--storage.tsdb.path=" + filepath.Join(dir, "data"),
			"--storage.tsdb.retention.time=100y", "--web.listen-address=127.0.0.1:" + port,
			"--web.enable-remote-write-receiver", "--log.level=warn",
		},
	}
	t.Cleanup(s.Kill)
	s.Start(t)
	s.Write(t, data, split)
	return s
}

// StartVictoriaMetrics starts VictoriaMetrics and writes data into it. It is
// stopped at the test's end.
func StartVictoriaMetrics(t testing.TB, data []Series) *Server {
	t.Helper()
	dir := t.TempDir()
	port := freePort(t)
	s := &Server{
		URL: "http://127.0.0.1:" + port, dir: dir, program: "victoria-metrics", ready: "/health", write: "/api/v1/write",
		args: []string{
			"-storageDataPath=" + filepath.Join(dir, "data"), "-httpListenAddr=127.0.0.1:" + port,
			"-retentionPeriod=1y", "-loggerLevel=WARN",
		},
	}
	t.Cleanup(s.Kill)
	s.Start(t)
	s.Write(t, data, math.MinInt64)
	s.awaitSeries(t, len(data))
	return s
}

// awaitSeries waits until VictoriaMetrics shows what was written: its in-memory
// parts become visible by a flush or after a second. Each question differs from
// the one before, as the answer "none" is cached.
func (s *Server) awaitSeries(t testing.TB, n int) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for k := 0; ; k++ {
		s.get(t, "/internal/force_flush")
		match := url.QueryEscape(fmt.Sprintf(`{__name__!="",attempt!="%d"}`, k))
		if strings.Count(s.get(t, "/api/v1/series?start=1&match[]="+match), "__name__") >= n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("VictoriaMetrics does not show what was written after 30 s")
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// Start starts the server's process, again after Kill, and waits until it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	path, err := exec.LookPath(s.program)
	if err != nil {
		t.Fatalf("%v; this test needs the real server: install the Debian package %s", err, s.program)
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(path, s.args...)
	cmd.Stdout, cmd.Stderr = log, log
	if s.process, err = child.Start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := s.process.Ready(t.Context(), http.DefaultClient, s.URL+s.ready, time.Minute); err != nil {
		said, _ := os.ReadFile(log.Name())
		t.Fatalf("%s %v\n%s", s.program, err, said)
	}
}

// Kill ends the server's process at once, as kill -9 does. The data stay.
func (s *Server) Kill() {
	if s.process != nil {
		s.process.Kill()
		s.process = nil
	}
}

// CPU is the time that the server's process has used, user and system.
func (s *Server) CPU(t testing.TB) time.Duration {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.PID()))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		t.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond // clock ticks are hundredths of a second on Linux
}

// Write sends the samples at and after from by remote write, in order of time
// across all series, as a head wants them.
func (s *Server) Write(t testing.TB, data []Series, from int64) {
	t.Helper()
	const slice = 30 * 60_000 // milliseconds
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	for _, d := range data {
		for _, at := range d.T {
			if at >= from {
				first, last = min(first, at), max(last, at)
			}
		}
	}
	next := make([]int, len(data))
	for lo := first; lo <= last; lo += slice {
		var req prompb.WriteRequest
		n := 0
		for i, d := range data {
			if d.Native {
				continue // in blocks only
			}
			ts := prompb.TimeSeries{}
			for ; next[i] < len(d.T) && d.T[next[i]] < lo+slice; next[i]++ {
				if d.T[next[i]] >= from {
					ts.Samples = append(ts.Samples, prompb.Sample{Timestamp: d.T[next[i]], Value: d.V[next[i]]})
				}
			}
			if len(ts.Samples) == 0 {
				continue
			}
			for _, l := range d.Labels {
				ts.Labels = append(ts.Labels, prompb.Label{Name: l.Name, Value: l.Value})
			}
			req.Timeseries = append(req.Timeseries, ts)
			if n += len(ts.Samples); n > 200_000 {
				s.post(t, &req)
				req, n = prompb.WriteRequest{}, 0
			}
		}
		if n > 0 {
			s.post(t, &req)
		}
	}
}

func (s *Server) post(t testing.TB, req *prompb.WriteRequest) {
	t.Helper()
	b, err := req.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, s.URL+s.write, bytes.NewReader(snappy.Encode(nil, b)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Encoding", "snappy")
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		text, _ := io.ReadAll(resp.Body)
		t.Fatalf("remote write: %s: %s", resp.Status, text)
	}
}

func (s *Server) get(t testing.TB, path string) string {
	t.Helper()
	resp, err := http.Get(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// WriteBlock writes the samples in [from, to) as one TSDB block; none if there
// are none.
func WriteBlock(t testing.TB, dir string, data []Series, from, to int64) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	for _, d := range data {
		for _, at := range d.T {
			if at >= from && at < to {
				lo, hi = min(lo, at), max(hi, at)
			}
		}
	}
	if lo > hi {
		return
	}
	w, err := tsdb.NewBlockWriter(slog.New(slog.DiscardHandler), dir, 2*(hi-lo+1))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range data {
		app := w.Appender(t.Context())
		lset := labels.FromMap(labelMap(d))
		for i, at := range d.T {
			if at < from || at >= to {
				continue
			}
			if d.Native {
				n := uint64(d.V[i])
				h := &histogram.Histogram{Count: n, Sum: d.V[i], PositiveSpans: []histogram.Span{{Length: 1}}, PositiveBuckets: []int64{int64(n)}}
				if _, err := app.AppendHistogram(0, lset, at, h, nil); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if _, err := app.Append(0, lset, at, d.V[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := app.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func labelMap(s Series) map[string]string {
	m := map[string]string{}
	for _, l := range s.Labels {
		m[l.Name] = l.Value
	}
	return m
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
