package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// How a server hangs.
const (
	well        = iota
	noAnswer    // it accepts, and says nothing
	headersOnly // it begins to answer, and says no more
	noSamples   // it tells the time, and gives no samples
)

// hanging is a server that may hang.
type hanging struct {
	*httptest.Server
	how   atomic.Int32
	asked atomic.Int32 // how often
}

func newHanging(t testing.TB, behind http.Handler, how int32) *hanging {
	t.Helper()
	x := &hanging{}
	x.how.Store(how)
	x.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x.asked.Add(1)
		query := r.FormValue("query")
		switch how := x.how.Load(); {
		case how == well, how == noSamples && r.URL.Path == "/api/v1/query" && !strings.Contains(query, "["):
			behind.ServeHTTP(w, r)
			return
		case how == headersOnly:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
		}
		select {
		case <-r.Context().Done():
		case <-t.Context().Done():
		}
	}))
	t.Cleanup(x.CloseClientConnections)
	return x
}

// twoServers is a configuration of two Prometheis: tokyo has b-1 and p-1, osaka, which may hang,
// has o-1.
func twoServers(t testing.TB, osaka *hanging, more string) (config string) {
	t.Helper()
	dir := t.TempDir()
	doc := func(kind, name, spec string) string {
		return fmt.Sprintf("---\napiVersion: shopset.dev/v1alpha1\nkind: %s\nmetadata: {name: %s}\nspec: {%s}\n", kind, name, spec)
	}
	writeFiles(t, dir, map[string]string{
		"fleet.yaml": ofCluster("tokyo", "osaka") + doc("Tier", "beta", "order: 0, branch: t0") + doc("Tier", "prod", "order: 1, branch: t1") + doc("Tier", "ha", "order: 2, branch: t2") +
			doc("ShopSet", "b-1", "tier: beta, failureDomain: tokyo") + doc("ShopSet", "p-1", "tier: prod, failureDomain: tokyo") +
			doc("ShopSet", "o-1", "tier: ha, failureDomain: osaka, match: {shopset: b-1}"),
		"slo.yaml": cartSLO("1h"),
		"shopslo.yaml": "sources:\n  tokyo: {prometheus: {url: '" + newPicky(t).URL + "'}}\n  osaka: {prometheus: {url: '" + osaka.URL + "'}}\n" +
			"fleet: [fleet.yaml]\nslos: [slo.yaml]\nbudgets: {least_history: 5m}\n" + more,
	})
	return filepath.Join(dir, "shopslo.yaml")
}

// goesOn checks that what is counted of a ShopSet keeps up with the clock for a while.
func (s *serving) goesOn(t *testing.T, set string, while time.Duration) {
	t.Helper()
	const most = 8 * time.Second
	for until := time.Now().Add(while); time.Now().Before(until); time.Sleep(200 * time.Millisecond) {
		if b := budgetOf(t, s.status(t, time.Time{}), "cart", set); time.Since(b.WindowEnd) > most || b.Failure != "" {
			t.Fatalf("%s stands still: it was counted up to %v before now, failure %q\n%s", set, time.Since(b.WindowEnd), b.Failure, s.log)
		}
	}
}

const everySecond = "ledger: {dir: ledger, resolution: 1s, delay: 2s}\ngate: {max_age: 30s, min_coverage: 0.01}\n"

func TestServeGoesOnWhileOneSourceHangs(t *testing.T) {
	t.Parallel()
	osaka := newHanging(t, newPicky(t), noSamples) // with its history to read
	s := startServe(t, twoServers(t, osaka, everySecond))
	eventually(t, func() string {
		if b := budgetOf(t, s.status(t, time.Time{}), "cart", "b-1"); b.Total == nil || b.Failure != "" || time.Since(b.WindowEnd) > 5*time.Second {
			return figures(b)
		}
		return ""
	})
	s.goesOn(t, "b-1", 4*time.Second)
	if b := budgetOf(t, s.status(t, time.Time{}), "cart", "o-1"); b.State != slo.NoData {
		t.Errorf("o-1: %s %q", figures(b), b.Failure)
	}
	if code, stdout, stderr := runWith(t, nil, "gate", "--server", s.url, "--to", "prod"); code != exitOK || stderr != "" {
		t.Errorf("gate: exit code %d: %s%s", code, stdout, stderr)
	}
	oneHangsUp.Lock()
	begun := time.Now()
	s.hangUp(t, "documents are reloaded")
	oneHangsUp.Unlock()
	if took := time.Since(begun); took > time.Minute { // the source's timeout is two
		t.Errorf("a reload took %v", took)
	}

	osaka.how.Store(well)
	osaka.CloseClientConnections() // or what waits would wait for two minutes
	eventually(t, func() string {
		if b := budgetOf(t, s.status(t, time.Time{}), "cart", "o-1"); b.Total == nil || b.Failure != "" || time.Since(b.WindowEnd) > 10*time.Second {
			return fmt.Sprintf("o-1: %s %q", figures(b), b.Failure)
		}
		return ""
	})
	s.waitReady(t)
	osaka.how.Store(headersOnly) // in a normal tick
	s.goesOn(t, "p-1", 5*time.Second)
}

// What answers while documents are reloaded, and a source hangs, is all of before.
func TestAReloadWhileASourceHangsIsTakenOverAtOnce(t *testing.T) {
	t.Parallel()
	osaka := newHanging(t, newPicky(t), well)
	config := twoServers(t, osaka, everySecond)
	s := startServe(t, config)
	s.waitReady(t)
	counted := func() bool { return budgetOf(t, s.status(t, time.Time{}), "cart", "b-1").Total != nil }
	eventually(t, func() string { return map[bool]string{false: "nothing is counted yet"}[counted()] })
	done, without := make(chan struct{}), 0
	oneHangsUp.Lock() // waiting for others does not count
	begun := time.Now()
	s.hangUp(t, "documents are reloaded")
	usual := time.Since(begun)
	osaka.how.Store(noAnswer)
	change(t, filepath.Join(filepath.Dir(config), "slo.yaml"), "http_requests_total{code", "http_requests_total{code!=\"0\",code")
	begun = time.Now()
	go func() {
		defer close(done)
		defer oneHangsUp.Unlock()
		s.hangUp(t, "documents are reloaded")
	}()
	for waits := true; waits; {
		select {
		case <-done:
			waits = false
		case <-time.After(100 * time.Millisecond):
			if !counted() {
				without++
			}
		}
	}
	if took := time.Since(begun); took > 15*time.Second+3*usual || without > 2 { // it was 20 and more; the new one has nothing yet
		t.Errorf("a reload took %v (usually %v), and %d answers had no figures\n%s", took, usual, without, s.log)
	}
}

func TestACommandReadsOnlyTheSourcesItIsAskedAbout(t *testing.T) {
	t.Parallel()
	osaka := newHanging(t, newPicky(t), well)
	config := twoServers(t, osaka, "ledger: {dir: ledger}\ngate: {max_age: 10m, min_coverage: 0.01}\n")
	s := startServe(t, config) // which makes a ledger of all
	s.waitReady(t)
	s.stop(t)
	osaka.how.Store(noAnswer)
	osaka.asked.Store(0)
	for _, args := range [][]string{
		{"gate", "--to", "prod"}, {"status", "--tier", "beta,prod"}, {"status", "--shopset", "p-1"}, {"explain", "cart", "b-1"},
	} {
		begun := time.Now()
		code, stdout, stderr := runWith(t, nil, append(args, "--config", config)...)
		if took := time.Since(begun); code != exitOK || stderr != "" || took > 20*time.Second || osaka.asked.Load() > 0 {
			t.Errorf("%v: exit code %d after %v, osaka was asked %d times: %s%s", args, code, took, osaka.asked.Load(), stdout, stderr)
		}
	}
	osaka.how.Store(well) // what was not asked for goes on where it stood
	code, stdout, stderr := runWith(t, nil, "status", "--config", config, "-o", "json")
	if b := budgetOf(t, decodeStatus(t, stdout), "cart", "o-1"); code != exitOK || stderr != "" || b.Failure != "" || time.Since(b.WindowEnd) > 4*time.Minute || b.Coverage < 0.9 {
		t.Errorf("exit code %d: %s%s, up to %v", code, stderr, figures(b), b.WindowEnd)
	}
}

// The gate asks only those what fires who tell of its two Tiers.
func TestTheGateDoesNotWaitForAlertsOfOtherTiers(t *testing.T) {
	t.Parallel()
	tokyo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/rules" {
			fmt.Fprintf(w, `{"status":"success","data":{"groups":[{"rules":[{"type":"alerting","name":"Slow","health":"ok","lastEvaluation":%q}]}]}}`, time.Now().UTC().Format(time.RFC3339))
			return
		}
		fmt.Fprint(w, `{"status":"success","data":{"alerts":[]}}`)
	}))
	defer tokyo.Close()
	osaka := newHanging(t, newPicky(t), well)
	alerts := newHanging(t, nil, noAnswer)
	config := twoServers(t, osaka, "gate: {max_age: 10m, min_coverage: 0.01}\n")
	change(t, config, "tokyo: {", "tokyo: {alerts: {url: '"+tokyo.URL+"'}, ")
	change(t, config, "osaka: {", "osaka: {alerts: {url: '"+alerts.URL+"', timeout: 2s}, ")
	if code, stdout, stderr := runWith(t, nil, "gate", "--config", config, "--to", "prod"); code != exitOK || stderr != "" || alerts.asked.Load() > 0 {
		t.Errorf("exit code %d, the other was asked %d times: %s%s", code, alerts.asked.Load(), stdout, stderr)
	}
	code, stdout, stderr := runWith(t, nil, "gate", "--config", config, "--to", "ha")
	if code != exitUnavailable || !strings.Contains(stdout, "Source osaka (Prometheus at "+alerts.URL+")") || stderr != "" {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

// What a command cannot read it says in half a minute, with the figures of all others.
func TestACommandDoesNotWaitLongForASourceThatHangs(t *testing.T) {
	t.Parallel()
	config := twoServers(t, newHanging(t, newPicky(t), noSamples), "gate: {max_age: 10m, min_coverage: 0.01}\n")
	begun := time.Now()
	code, stdout, stderr := runWith(t, nil, "status", "--config", config, "-o", "json")
	if took := time.Since(begun); code != exitUnavailable || took > 40*time.Second || !strings.Contains(stderr, "data source osaka: ") || strings.Contains(stderr, "tokyo") {
		t.Errorf("exit code %d after %v: %s", code, took, stderr)
	}
	checkBeside(t, decodeStatus(t, stdout))
}

// checkBeside checks what is known where osaka hangs.
func checkBeside(t *testing.T, r status.Report) {
	t.Helper()
	for _, set := range []string{"b-1", "p-1"} {
		if b := budgetOf(t, r, "cart", set); b.Total == nil || *b.Total != 2400 || b.Failure != "" {
			t.Errorf("%s: %s %q", set, figures(b), b.Failure)
		}
	}
	if b := budgetOf(t, r, "cart", "o-1"); b.State != slo.NoData || !strings.Contains(b.Failure, "data source osaka: ") {
		t.Errorf("o-1: %s %q", figures(b), b.Failure)
	}
}
