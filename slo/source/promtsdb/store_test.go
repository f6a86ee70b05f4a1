package promtsdb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Run("the directory is open already", func(t *testing.T) {
		dir := t.TempDir()
		openStore(t, dir, Config{})
		_, err := Open(dir, Config{})
		if err == nil || !strings.Contains(err.Error(), "another process has it open") || !strings.Contains(err.Error(), dir) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a block is damaged", func(t *testing.T) {
		dir := t.TempDir()
		sourcetest.WriteBlock(t, dir, sourcetest.Data(start), start, start+3_600_000)
		index, err := filepath.Glob(filepath.Join(dir, "*", "index"))
		if err != nil || len(index) != 1 {
			t.Fatal(index, err)
		}
		if err := os.Truncate(index[0], 100); err != nil {
			t.Fatal(err)
		}
		_, err = Open(dir, Config{})
		if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "move it out") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("the directory is a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(file, Config{}); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("error %v", err)
		}
	})
}

func TestHistogramsAreRefused(t *testing.T) {
	dir := t.TempDir()
	w, err := tsdb.NewBlockWriter(slog.New(slog.DiscardHandler), dir, 2*3_600_000)
	if err != nil {
		t.Fatal(err)
	}
	app := w.Appender(t.Context())
	h := &histogram.Histogram{Count: 3, Sum: 6, Schema: 0, PositiveSpans: []histogram.Span{{Offset: 0, Length: 1}}, PositiveBuckets: []int64{3}}
	if _, err := app.AppendHistogram(0, series(0), start, h, nil); err != nil {
		t.Fatal(err)
	}
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	d := openStore(t, dir, Config{})
	_, err = sourcetest.Collect(t.Context(), d, slo.Request{Selectors: []slo.Selector{sourcetest.Sel(t, "m0")}, From: start - 1, To: start})
	if err == nil || !strings.Contains(err.Error(), "native histograms") || errors.Is(err, slo.ErrUnavailable) {
		t.Errorf("Select: error %v", err)
	}
	_, err = sourcetest.CollectEval(t.Context(), d, "m0", start-1000, start+1000, time.Second)
	if err == nil || !strings.Contains(err.Error(), "native histograms") {
		t.Errorf("Eval: error %v", err)
	}
}

func TestCloseTwice(t *testing.T) {
	d := openStore(t, t.TempDir(), Config{})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if err := d.Run(t.Context()); err == nil {
		t.Error("a closed store scrapes")
	}
	r := slo.Request{Selectors: []slo.Selector{sourcetest.Sel(t, "m0")}, From: start, To: start + 1}
	if _, err := sourcetest.Collect(t.Context(), d, r); err == nil {
		t.Error("a closed store answers")
	}
	if _, err := sourcetest.CollectEval(t.Context(), d, "m0", start, start+1000, time.Second); err == nil {
		t.Error("a closed store evaluates")
	}
}

// scrapeOf configures scraping of one server every 50 ms.
func scrapeOf(t *testing.T, job, url string) *Scrape {
	t.Helper()
	s, err := ParseScrape([]byte(fmt.Sprintf(`
global: {scrape_interval: 50ms, scrape_timeout: 50ms}
scrape_configs:
- job_name: %s
  static_configs: [{targets: [%q], labels: {shopset: a-1}}]
`, job, strings.TrimPrefix(url, "http://"))), ".")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestScrapesReloadsAndStops(t *testing.T) {
	var n atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "# TYPE hits_total counter\nhits_total{code=\"200\"} %d\n", n.Add(1))
	}))
	defer target.Close()
	d := openStore(t, t.TempDir(), Config{Scrape: scrapeOf(t, "one", target.URL)})
	if d.scrapeInterval() != 50*time.Millisecond {
		t.Errorf("interval %v", d.scrapeInterval())
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ran := make(chan error, 1)
	go func() { ran <- d.Run(ctx) }()

	count := func(job string) int {
		r := slo.Request{Selectors: []slo.Selector{sourcetest.Sel(t, "hits_total", "job", "=", job, "shopset", "=", "a-1")}, To: time.Now().UnixMilli()}
		got, err := sourcetest.Collect(t.Context(), d, r)
		if err != nil {
			t.Fatal(err)
		}
		samples := 0
		for _, s := range got {
			samples += len(s.T)
		}
		return samples
	}
	until := func(what string, ok func() bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("not within 20 s:", what)
			}
		}
	}
	until("samples of job one", func() bool { return count("one") >= 3 })
	for name, want := range map[string]string{"hits_total": "counter", "absent": ""} {
		if got, err := d.MetricType(ctx, name); got != want || err != nil {
			t.Errorf("%s is %q, %v, want %q", name, got, err, want)
		}
	}
	if err := d.Reload(scrapeOf(t, "two", target.URL)); err != nil {
		t.Fatal(err)
	}
	until("samples of job two after the reload", func() bool { return count("two") >= 3 })
	cancel()
	select {
	case err := <-ran:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Run does not return")
	}
	if err := d.Run(t.Context()); err == nil {
		t.Error("Run ran twice")
	}
}

func TestTicksWhileScrapingAreCompleteAndFromMemory(t *testing.T) {
	var n atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "hits_total %d\n", n.Add(1))
	}))
	defer target.Close()
	d := openStore(t, t.TempDir(), Config{Scrape: scrapeOf(t, "one", target.URL)})
	go func() { _ = d.Run(t.Context()) }()
	sel := []slo.Selector{sourcetest.Sel(t, "", "job", "=", "one")}
	began := time.Now().UnixMilli()
	for deadline := time.Now().Add(20 * time.Second); n.Load() < 3; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is scraped after 20 s")
		}
	}
	seen := map[string]int{}
	held := 0
	from := began
	for range 45 {
		time.Sleep(70 * time.Millisecond)
		r := slo.Request{Selectors: sel, From: from, To: time.Now().Add(-time.Second).UnixMilli()}
		if r.To <= r.From {
			continue
		}
		if _, ok := tapped(t, d, r); ok {
			held++
		}
		got, err := sourcetest.Collect(t.Context(), d, r)
		if err != nil {
			t.Fatal(err)
		}
		for name, s := range got {
			seen[name] += len(s.T)
		}
		from = r.To
	}
	whole := stored(t, d, slo.Request{Selectors: sel, From: began, To: from})
	if len(whole) < 5 { // hits_total, up and the scrape's own
		t.Fatalf("%d series", len(whole))
	}
	for name, s := range whole {
		if seen[name] != len(s.T) {
			t.Errorf("%s: %d samples in the ticks, %d in the store", name, seen[name], len(s.T))
		}
	}
	if held < 15 {
		t.Errorf("%d ticks of 45 came from memory", held)
	}
}

func TestParseScrape(t *testing.T) {
	cases := []struct {
		name, text string
		want       []string // in the error; none: it is right
	}{
		{"nothing", "", nil},
		{"static, file, DNS and HTTP discovery", `
scrape_configs:
- {job_name: a, static_configs: [{targets: ["127.0.0.1:1"]}]}
- {job_name: b, file_sd_configs: [{files: ["targets/*.yaml"]}]}
- {job_name: c, dns_sd_configs: [{names: ["x.example"], type: A, port: 80}]}
- {job_name: d, http_sd_configs: [{url: "http://127.0.0.1:1/sd"}]}
`, nil},
		{"Kubernetes discovery", "scrape_configs:\n- job_name: a\n  kubernetes_sd_configs: [{role: pod}]\n",
			[]string{"kubernetes_sd_configs", "line 3", "not built in"}},
		{"another foreign discovery", "scrape_configs:\n- job_name: a\n  ec2_sd_configs: [{region: x}]\n", []string{"ec2_sd_configs", "not built in"}},
		{"an unknown key", "scrape_configs:\n- job_name: a\n  scrape_intervall: 5s\n", []string{"line 3", "scrape_intervall"}},
		{"a section of no use", "rule_files: [x]\n", []string{"rule_files"}},
		{"remote write", "remote_write: [{url: \"http://x\"}]\n", []string{"remote_write"}},
		{"external labels", "global: {external_labels: {a: b}}\n", []string{"external_labels"}},
		{"a timeout longer than the interval", "scrape_configs:\n- {job_name: a, scrape_interval: 1s, scrape_timeout: 2s}\n", []string{"timeout"}},
		{"a job twice", "scrape_configs:\n- {job_name: a}\n- {job_name: a}\n", []string{"\"a\""}},
		{"no YAML", "\tx", []string{"scrape configuration"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, err := ParseScrape([]byte(c.text), t.TempDir())
			if len(c.want) == 0 && (err != nil || s == nil) {
				t.Fatal(err)
			}
			for _, w := range c.want {
				if err == nil || !strings.Contains(err.Error(), w) {
					t.Errorf("error %v does not say %q", err, w)
				}
			}
		})
	}
	t.Run("the longest interval counts", func(t *testing.T) {
		s, err := ParseScrape([]byte("global: {scrape_interval: 10s}\nscrape_configs:\n- {job_name: a}\n- {job_name: b, scrape_interval: 40s}\n"), ".")
		if err != nil || s.interval() != 40*time.Second {
			t.Errorf("%v %v", s, err)
		}
	})
	t.Run("without jobs the global one counts", func(t *testing.T) {
		if got := noScrape().interval(); got != time.Minute {
			t.Errorf("%v", got)
		}
	})
}

func FuzzParseScrape(f *testing.F) {
	f.Add([]byte("global: {scrape_interval: 10s}\nscrape_configs:\n- {job_name: a, static_configs: [{targets: [\"x:1\"]}]}\n"))
	f.Add([]byte("scrape_configs:\n- job_name: a\n  kubernetes_sd_configs: [{role: pod}]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if strings.Contains(string(text), "scrape_config_files") {
			return // would read files of any pattern
		}
		if s, err := ParseScrape(text, "."); err == nil && s.interval() <= 0 {
			t.Errorf("interval %v", s.interval())
		}
	})
}

// TestKilledWhileAppending runs this test's program again as a process that
// appends for ever, kills it with SIGKILL, and looks for all that it reported.
func TestKilledWhileAppending(t *testing.T) {
	if dir := os.Getenv("PROMTSDB_APPEND_INTO"); dir != "" {
		appendForever(t, dir)
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWhileAppending$")
	cmd.Env = append(os.Environ(), "PROMTSDB_APPEND_INTO="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last := -1
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, err := fmt.Sscanf(lines.Text(), "committed %d", &last); err == nil && last == 500 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || last < 500 {
		t.Fatal(last, err)
	}
	d := openStore(t, dir, Config{})
	r := slo.Request{Selectors: []slo.Selector{sourcetest.Sel(t, "m0")}, From: start - 1, To: start + int64(last)*1000}
	got := stored(t, d, r)
	for _, s := range got {
		if len(s.T) != last+1 {
			t.Errorf("%d samples after the kill, %d were committed", len(s.T), last+1)
		}
	}
	if len(got) != 1 {
		t.Errorf("%d series", len(got))
	}
}

func appendForever(t *testing.T, dir string) {
	d, err := Open(dir, Config{})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		if err := appendOne(t, d, 0, start+int64(i)*1000, float64(i)); err != nil {
			t.Fatal(err)
		}
		fmt.Println("committed", i)
	}
}

// A server's /metrics can be read while the server starts.
func TestMetricsCanBeCollectedWhileScrapingStarts(t *testing.T) {
	for range 20 {
		registry := prometheus.NewRegistry()
		db := openStore(t, t.TempDir(), Config{Registerer: registry})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- db.Run(ctx) }()
		for scrapes := false; !scrapes; {
			families, err := registry.Gather()
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range families {
				scrapes = scrapes || f.GetName() == "prometheus_target_metadata_cache_entries" || strings.HasPrefix(f.GetName(), "prometheus_target_scrape")
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
}
