package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// shops is a folder with a configuration that scrapes two ShopSets of two Tiers.
type shops struct {
	dir, config string
	beta, prod  *exporter
}

func newShops(t testing.TB) *shops {
	t.Helper()
	s := &shops{dir: t.TempDir(), beta: newExporter(t), prod: newExporter(t)}
	s.config = filepath.Join(s.dir, "shopslo.yaml")
	writeFiles(t, s.dir, map[string]string{
		"shopslo.yaml":   scrapeConfig(map[string]*exporter{"b-1": s.beta, "p-1": s.prod}),
		"fleet.yaml":     fleetOf("beta: b-1", "prod: p-1"),
		"slos/cart.yaml": cartSLO("10m"),
	})
	return s
}

// waitScraped waits until both processes are known to the ledger.
func (s *shops) waitScraped(t testing.TB) {
	t.Helper()
	s.beta.waitScraped(t)
	s.prod.waitScraped(t)
}

func TestServeCountsWhatItScrapesAndAnswers(t *testing.T) {
	t.Parallel()
	x := newShops(t)
	s := startServe(t, x.config)
	s.waitReady(t)
	x.waitScraped(t) // what a process had counted before the ledger began does not count
	x.beta.add(100, 5)
	x.prod.add(50, 0)
	s.waitCounts(t, "cart", "b-1", 105, 5)
	s.waitCounts(t, "cart", "p-1", 50, 0)

	t.Run("the command answers as the server does", func(t *testing.T) {
		at := time.Now().Add(-time.Second).UTC().Format(time.RFC3339)
		code, stdout, stderr := runWith(t, nil, "status", "--server", s.url, "--at", at, "-o", "json")
		_, body := s.get(t, "/api/v1/status?at="+at)
		if code != exitOK || stderr != "" || stdout != body {
			t.Errorf("exit code %d, stderr %q, the command says\n%s\nthe server\n%s", code, stderr, stdout, body)
		}
		valid(t, "status", stdout)
		if code, stdout, stderr = runWith(t, nil, "status", "--server", s.url); code != exitOK || !strings.Contains(stdout, "b-1") {
			t.Errorf("exit code %d: %s%s", code, stdout, stderr)
		}
	})
	t.Run("healthy budgets promote", func(t *testing.T) {
		eventually(t, func() string { // there is too little coverage at first
			code, stdout, stderr := runWith(t, nil, "gate", "--server", s.url, "--to", "prod", "--release", "abc1234", "-o", "json")
			valid(t, "gate", stdout)
			if code != exitOK || !strings.Contains(stdout, `"decision": "promote"`) || !strings.Contains(stdout, `"release": "abc1234"`) {
				return fmt.Sprintf("exit code %d: %s%s", code, stdout, stderr)
			}
			return ""
		})
		if n, _ := s.metric(t, `shopslo_gate_decisions_total{decision="promote",tier="prod"}`); n != "1" {
			t.Errorf("%q decisions are counted", n)
		}
		if n, _ := s.metric(t, `shopslo_http_request_duration_seconds_count{code="200",handler="/api/v1/gate"}`); n == "" || n == "0" {
			t.Errorf("%q answers of the gate are timed", n)
		}
	})
	t.Run("the lowest Tier, no Tier and an unknown one are errors of usage", func(t *testing.T) {
		for _, to := range []string{"beta", "moon"} {
			code, stdout, stderr := runWith(t, nil, "gate", "--server", s.url, "--to", to)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, to) {
				t.Errorf("--to %s: exit code %d: %s%s", to, code, stdout, stderr)
			}
		}
		for _, path := range []string{"/api/v1/gate", "/api/v1/gate?to=prod&at=noon", "/api/v1/status?at=noon"} {
			ask := s.get
			if strings.Contains(path, "gate") {
				ask = func(t testing.TB, path string) (int, string) { return s.post(t, path, nil) }
			}
			if code, body := ask(t, path); code != http.StatusBadRequest || !strings.HasPrefix(body, `{"error":`) {
				t.Errorf("%s: %d %s", path, code, body)
			}
		}
	})
	t.Run("the counters of the metrics are the budget's", func(t *testing.T) {
		labels := `{shopset="b-1",slo="cart",tier="beta"}`
		for name, want := range map[string]string{"shopslo_slo_events_total": "105", "shopslo_slo_bad_events_total": "5",
			"shopslo_slo_objective_ratio": "0.9"} {
			if got, _ := s.metric(t, name+labels); got != want {
				t.Errorf("%s is %q, want %s", name, got, want)
			}
		}
	})
	t.Run("a burnt budget holds, and exits 1", func(t *testing.T) {
		x.beta.add(0, 50)
		s.waitCounts(t, "cart", "b-1", 155, 55)
		code, stdout, stderr := runWith(t, nil, "gate", "--server", s.url, "--to", "prod")
		if code != exitNo || !strings.HasPrefix(stdout, "HOLD ") {
			t.Errorf("exit code %d: %s%s", code, stdout, stderr)
		}
	})
	t.Run("the embedded store is in use: what asks no server says what to do", func(t *testing.T) {
		for _, args := range [][]string{{"explain", "cart", "b-1"}, {"validate", "--source"}} {
			code, stdout, stderr := runWith(t, nil, append(args, "--config", x.config)...)
			if code != exitUsage || stdout != "" || strings.Contains(stderr, "--server") || !strings.Contains(stderr, "end 'shopslo serve' until it has answered") {
				t.Errorf("%v: exit code %d: %s%s", args, code, stdout, stderr)
			}
		}
	})
	t.Run("the embedded store and the ledger are in use: the message names --server", func(t *testing.T) {
		for _, args := range [][]string{{"status"}, {"gate", "--to", "prod"}, {"serve"}} {
			code, stdout, stderr := runWith(t, nil, append(args, "--config", x.config)...)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, "--server") || !strings.Contains(stderr, "another process") {
				t.Errorf("%v: exit code %d: %s%s", args, code, stdout, stderr)
			}
		}
	})
}

func TestALockedLedgerNamesTheServer(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "shopslo.yaml")
	writeFiles(t, dir, map[string]string{
		"shopslo.yaml": "source: {prometheus: {url: http://127.0.0.1:1}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\nledger: {dir: ledger}\n",
		"fleet.yaml":   fleetOf("beta: b-1", "prod: p-1"), "slo.yaml": cartSLO("10m"),
	})
	startServe(t, config)
	code, stdout, stderr := runWith(t, nil, "status", "--config", config)
	if code != exitUsage || stdout != "" || !strings.Contains(stderr, "--server") || !strings.Contains(stderr, filepath.Join(dir, "ledger")) {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

func TestServeGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	x := newShops(t)
	s := startServe(t, x.config)
	s.waitReady(t)
	x.waitScraped(t)
	x.beta.add(10, 1)
	s.waitCounts(t, "cart", "b-1", 11, 1)
	began := budgetOf(t, s.status(t, time.Time{}), "cart", "b-1").ExactFrom
	s.stop(t)

	x.beta.add(20, 2) // while nobody looks
	s = startServe(t, x.config)
	s.waitCounts(t, "cart", "b-1", 33, 3)
	if again := budgetOf(t, s.status(t, time.Time{}), "cart", "b-1").ExactFrom; !again.Equal(began) {
		t.Errorf("counting began at %v, after the restart at %v", began, again)
	}
}

// oneHangsUp keeps the tests apart that send SIGHUP, which all servers of this process
// hear: one whose files are as they were goes on as it was.
var oneHangsUp sync.Mutex

func TestSIGHUPTakesOverDocuments(t *testing.T) {
	t.Parallel()
	oneHangsUp.Lock()
	defer oneHangsUp.Unlock()
	x := newShops(t)
	writeFiles(t, x.dir, map[string]string{"slos/pay.yaml": ratioSLO("pay", "10m", 0.9, "bad", badRequests, allRequests)})
	s := startServe(t, x.config)
	s.waitReady(t)
	x.waitScraped(t)
	third := newExporter(t) // a process that began after counting did
	x.beta.add(40, 4)
	s.waitCounts(t, "cart", "b-1", 44, 4)
	s.waitCounts(t, "pay", "b-1", 44, 4)
	x.prod.add(7, 0)
	s.waitCounts(t, "cart", "p-1", 7, 0)

	// The indicator of pay changes, a ShopSet is added, and cart stays.
	writeFiles(t, x.dir, map[string]string{
		"shopslo.yaml":  scrapeConfig(map[string]*exporter{"b-1": x.beta, "p-1": x.prod, "p-2": third}),
		"fleet.yaml":    fleetOf("beta: b-1", "prod: p-1 p-2"),
		"slos/pay.yaml": ratioSLO("pay", "10m", 0.9, "good", `http_requests_total{code="500"}`, allRequests),
	})
	s.hangUp(t, "reloaded")
	third.add(3, 1)
	s.waitCounts(t, "cart", "p-2", 4, 1)
	s.waitCounts(t, "cart", "b-1", 44, 4)
	s.waitCounts(t, "pay", "b-1", 44, 40) // 40 were not "good" as pay now has it: counted anew, from the source's history
	if v, _ := s.metric(t, "shopslo_config_last_reload_successful"); v != "1" {
		t.Errorf("shopslo_config_last_reload_successful is %q after a good reload", v)
	}

	t.Run("a broken document leaves all as it was, and says so", func(t *testing.T) {
		writeFiles(t, x.dir, map[string]string{"slos/cart.yaml": "kind: SLO\napiVersion: openslo/v1\n"})
		s.hangUp(t, "reload failed")
		if v, _ := s.metric(t, "shopslo_config_last_reload_successful"); v != "0" {
			t.Errorf("shopslo_config_last_reload_successful is %q after a bad reload", v)
		}
		x.beta.add(6, 0)
		s.waitCounts(t, "cart", "b-1", 50, 4)
	})
	t.Run("what needs a restart is refused, and nothing of it taken over", func(t *testing.T) {
		config := scrapeConfig(map[string]*exporter{"b-1": x.beta})
		writeFiles(t, x.dir, map[string]string{"slos/cart.yaml": cartSLO("10m"),
			"shopslo.yaml": strings.Replace(config, "resolution: 1s", "resolution: 2s", 1)})
		s.hangUp(t, "changed: ledger: restart to take that over")
		third.add(1, 0)
		s.waitCounts(t, "cart", "p-2", 5, 1)
	})
	t.Run("and a mended one is taken over again", func(t *testing.T) {
		writeFiles(t, x.dir, map[string]string{"fleet.yaml": fleetOf("beta: b-1", "prod: p-1 p-2"),
			"shopslo.yaml": scrapeConfig(map[string]*exporter{"b-1": x.beta, "p-1": x.prod, "p-2": third})})
		s.hangUp(t, "reloaded")
		if v, _ := s.metric(t, "shopslo_config_last_reload_successful"); v != "1" {
			t.Errorf("shopslo_config_last_reload_successful is %q after a good reload", v)
		}
	})
}

func TestAReloadThatTheLedgerRefusesLeavesTheScrapingAsItWas(t *testing.T) {
	t.Parallel()
	oneHangsUp.Lock()
	defer oneHangsUp.Unlock()
	x := newShops(t)
	writeFiles(t, x.dir, map[string]string{"shopslo.yaml": scrapeConfig(map[string]*exporter{"b-1": x.beta, "p-1": x.prod})})
	s := startServe(t, x.config)
	x.prod.waitScraped(t)
	torn := strings.Replace(cartSLO("10m"), "total: {metricSource: {type", "total: {metricSource: {metricSourceRef: elsewhere, type", 1)
	writeFiles(t, x.dir, map[string]string{"slos/cart.yaml": torn, // good and total of two data sources
		"shopslo.yaml": scrapeConfig(map[string]*exporter{"b-1": x.beta})})
	s.hangUp(t, "reload failed")
	if log := s.log.String(); !strings.Contains(log, "reads from two data sources") {
		t.Errorf("the log does not say why:\n%s", log)
	}
	time.Sleep(2 * time.Second) // changes of targets take a second to have an effect
	x.prod.waitScraped(t)
}

// hangUp sends SIGHUP to this process and waits for the log to say so once more.
func (s *serving) hangUp(t testing.TB, says string) {
	t.Helper()
	before := strings.Count(s.log.String(), says)
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		if strings.Count(s.log.String(), says) > before {
			return ""
		}
		return fmt.Sprintf("the log does not say %q:\n%s", says, s.log)
	})
}

// valid checks an answer against its schema in docs.
func valid(t testing.TB, name, text string) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("../../docs/" + name + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := schema.Validate(answer); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	if !json.Valid([]byte(text)) {
		t.Error("not JSON")
	}
}
