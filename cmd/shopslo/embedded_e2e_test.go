//go:build e2e && more

package main

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
	"github.com/shopslo/shopslo/slo/source/promtsdb"
)

// TestEmbeddedServeIsKilledAgainAndAgain runs serve as a process of its own, kills
// it at random moments, and compares what it has counted with the raw samples that
// its store then holds.
func TestEmbeddedServeIsKilledAgainAndAgain(t *testing.T) {
	one, two, vm, listen := freeAddress(t), freeAddress(t), freeAddress(t), freeAddress(t)
	first, second, victoria := newPrometheus(t, one, nil), newPrometheus(t, two, nil), newVictoriaMetrics(t, vm)
	for _, c := range []*server{first, second, victoria} {
		c.start(t)
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "shopslo.yaml")
	text := "source:\n  embedded:\n    dir: tsdb\n    scrape_interval: 1s\n    scrape_configs:\n      - job_name: real\n" +
		"        scrape_timeout: 1s\n        static_configs:\n"
	for set, address := range map[string]string{"p-1": one, "p-2": two, "v-1": vm} {
		text += fmt.Sprintf("          - {targets: ['%s'], labels: {shopset: %s}}\n", address, set)
	}
	writeFiles(t, dir, map[string]string{
		"shopslo.yaml": text + "fleet: [fleet.yaml]\nslos: [slo.yaml]\nledger: {dir: ledger, resolution: 1s, delay: 3s}\n" +
			"burn_rates: [{long: 1m, short: 10s, factor: 1000000, severity: page}]\n",
		"fleet.yaml": fleetOf("beta: p-2", "prod: p-1", "vm: v-1"), "slo.yaml": yamlOf(ofPrometheus),
	})
	serve := itself(t, "http://"+listen+"/-/healthy", "serve", "--config", config, "--web.listen-address", listen, "--log.level", "debug")
	client := &serving{url: "http://" + listen, log: &logged{}, client: http.DefaultClient}

	var sent pair
	for round := range 8 {
		serve.start(t)
		if round == 0 {
			client.waitReady(t)
			client.waitHeard(t, "answers", "p-1", "p-2")
			client.waitHeard(t, "victoria", "v-1")
		}
		sent.ask(t, two, 10+round, round%3)
		ask(t, one, 5, 1)
		ask(t, vm, 3, 1)
		switch round {
		case 2, 5: // all has to be counted before the target dies, for nobody saw the rest
			client.waitReady(t)
			client.waitCounts(t, "answers", "p-2", sent.total, sent.bad)
			second.kill()
			pause(2 * time.Second)
			second.start(t)
			sent.ask(t, two, int(sent.total-sent.bad), int(sent.bad))
		}
		pause(5 * time.Second)
		serve.kill()
		sent.ask(t, two, 4, 1) // while nobody looks
	}
	serve.start(t)
	client.waitReady(t)
	client.waitCounts(t, "answers", "p-2", sent.total, sent.bad)
	at := budgetOf(t, client.status(t, time.Time{}), "answers", "p-2").WindowEnd
	served := client.status(t, at)
	if code := serve.end(t); code != exitInterrupted {
		t.Errorf("serve ended with %d", code)
	}

	samples := stored(t, filepath.Join(dir, "tsdb"))
	checkReport(t, served, ofPrometheus, time.Second, samples)
	code, stdout, stderr := runWith(t, nil, "status", "--config", config, "--at", at.Format(time.RFC3339), "-o", "json")
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	checkReport(t, decodeStatus(t, stdout), ofPrometheus, time.Second, samples)

	// Without its ledger all is counted again from the store, to the same figures.
	if err := os.RemoveAll(filepath.Join(dir, "ledger")); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr = runWith(t, nil, "status", "--config", config, "--at", at.Format(time.RFC3339), "-o", "json"); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	again := decodeStatus(t, stdout)
	for _, b := range served.Budgets {
		if o := budgetOf(t, again, b.SLO, string(b.ShopSet)); figures(o) != figures(b) {
			t.Errorf("%s of %s: serve said %s, without its ledger it is %s", b.SLO, b.ShopSet, figures(b), figures(o))
		}
	}
}

// itself is shopslo as a process: this test's own program, which is also that.
func itself(t testing.TB, ready string, args ...string) *server {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := newServer(t, exe, ready, args...)
	c.name = "shopslo"
	return c
}

// stored reads all samples of an embedded store.
func stored(t testing.TB, dir string) []ledgertest.Series {
	t.Helper()
	db, err := promtsdb.Open(dir, promtsdb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	every, err := slo.NewMatcher("shopset", slo.Regexp, ".+")
	if err != nil {
		t.Fatal(err)
	}
	var out []ledgertest.Series
	err = db.Select(t.Context(), slo.Request{Selectors: []slo.Selector{{every}}, From: 0, To: math.MaxInt64 / 2}, func(series []slo.Series) error {
		at, value := make([]int64, 1000), make([]float64, 1000)
		for _, x := range series {
			s := ledgertest.Series{Labels: x.Labels}
			for {
				n, err := x.Samples.Read(at, value)
				if err != nil {
					return err
				}
				if n == 0 {
					break
				}
				for i := range n {
					s.Samples = append(s.Samples, ledgertest.Sample{T: at[i], V: value[i]})
				}
			}
			out = append(out, s)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
