//go:build e2e

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/child"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// server is a process that the test runs, kills and runs again.
type server struct {
	path, name string // name is what it is told to be: its first argument
	args       []string
	ready      string         // URL that answers 200 when it is up
	log        string         // file
	process    *child.Process // nil: it does not run
}

// newServer prepares a program; it must be installed.
func newServer(t testing.TB, program, ready string, args ...string) *server {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("%v; this test needs the real program: install the Debian package %s", err, program)
	}
	c := &server{path: path, name: program, args: args, ready: ready, log: filepath.Join(t.TempDir(), "log")}
	t.Cleanup(func() {
		c.kill()
		if t.Failed() {
			text, _ := os.ReadFile(c.log)
			t.Logf("%s said:\n%s", program, text[max(0, len(text)-4000):])
		}
	})
	return c
}

// start runs it and returns when it answers.
func (c *server) start(t testing.TB) {
	t.Helper()
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := &exec.Cmd{Path: c.path, Args: append([]string{c.name}, c.args...), Stdout: log, Stderr: log}
	if c.process, err = child.Start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := c.process.Ready(t.Context(), http.DefaultClient, c.ready, patience); err != nil {
		t.Fatalf("%s %v", c.name, err)
	}
}

// kill is kill -9.
func (c *server) kill() {
	if c.process != nil {
		c.process.Kill()
		c.process = nil
	}
}

// end asks it to end and gives its exit code.
func (c *server) end(t testing.TB) int {
	t.Helper()
	if err := c.process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.process.Done():
	case <-time.After(patience):
		c.process.Kill()
	}
	code := c.process.ExitCode()
	c.process = nil
	return code
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// newPrometheus prepares a Prometheus at an address that scrapes targets, by
// ShopSet, every second. Its data outlive a kill.
func newPrometheus(t testing.TB, address string, targets map[string]string) *server {
	t.Helper()
	dir := t.TempDir()
	config := "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n  - job_name: real\n    static_configs:\n"
	for set, target := range targets {
		config += fmt.Sprintf("      - {targets: ['%s'], labels: {shopset: %s}}\n", target, set)
	}
	writeFiles(t, dir, map[string]string{"prometheus.yml": config})
	return newServer(t, "prometheus", "http://"+address+"/-/ready", "--config.file="+filepath.Join(dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address, "--log.level=warn")
}

func newVictoriaMetrics(t testing.TB, address string) *server {
	t.Helper()
	return newServer(t, "victoria-metrics", "http://"+address+"/health",
		"-storageDataPath="+t.TempDir(), "-httpListenAddr="+address, "-loggerLevel=ERROR")
}

// ask sends queries to a Prometheus or VictoriaMetrics: good ones, and bad ones that
// it refuses. The counts are exact: each request has been answered.
func ask(t testing.TB, address string, good, bad int) {
	t.Helper()
	send := func(query string, want int) {
		resp, err := http.Get("http://" + address + "/api/v1/query?query=" + url.QueryEscape(query))
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, resp.Body)
		if resp.StatusCode/100 != want {
			t.Errorf("query %s: %s", query, resp.Status)
		}
	}
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := worker; i < good; i += 4 {
				send("1", 2)
			}
			for i := worker; i < bad; i += 4 {
				send("sum(", 4)
			}
		})
	}
	wg.Wait()
}

// rawSamples asks a Prometheus itself for the raw samples of a selector over the
// last span before at, by a matrix selector. Staleness markers are not among them.
func rawSamples(t testing.TB, address, selector, span string, at time.Time) []ledgertest.Series {
	t.Helper()
	q := url.Values{"query": {selector + "[" + span + "]"}, "time": {strconv.FormatInt(at.Unix(), 10)}}
	resp, err := http.Get("http://" + address + "/api/v1/query?" + q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Error string
		Data  struct {
			Result []struct {
				Metric map[string]string
				Values [][2]any
			}
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Error != "" {
		t.Fatalf("%s: %v %s", selector, err, answer.Error)
	}
	var out []ledgertest.Series
	for _, r := range answer.Data.Result {
		s := ledgertest.Series{Labels: sortedLabels(r.Metric)}
		for _, pair := range r.Values {
			v, err := strconv.ParseFloat(pair[1].(string), 64)
			if err != nil {
				t.Fatal(err)
			}
			s.Samples = append(s.Samples, ledgertest.Sample{T: int64(pair[0].(float64)*1000 + 0.5), V: v})
		}
		out = append(out, s)
	}
	return out
}

// pause waits for a random part of a time.
func pause(d time.Duration) { time.Sleep(rand.N(d)) }
