package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

const embeddedHere = "source: {embedded: {dir: tsdb, scrape_interval: 15s, scrape_configs: [{job_name: none}]}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n"

// dataOf turns samples into what a store is filled with. Series with nothing but NaN
// are left out: they say nothing, and VictoriaMetrics does not take them in.
func dataOf(samples []ledgertest.Series) []sourcetest.Series {
	var data []sourcetest.Series
	for _, s := range samples {
		d, says := sourcetest.Series{Labels: s.Labels}, false
		for _, x := range s.Samples {
			d.T, d.V = append(d.T, x.T), append(d.V, x.V)
			says = says || x.V == x.V
		}
		if says {
			data = append(data, d)
		}
	}
	return data
}

func TestStatusOfAnEmbeddedStoreEqualsTheOracle(t *testing.T) {
	h := restless(time.Now())
	samples := seriesOf(h)
	dir := t.TempDir()
	fill(t, filepath.Join(dir, "tsdb"), dataOf(samples))
	writeFiles(t, dir, map[string]string{"shopslo.yaml": embeddedHere,
		"fleet.yaml": fleetOf("beta: busy sparse nostart", "prod: noup odd down"), "slo.yaml": yamlOf(ofHistory)})
	config := filepath.Join(dir, "shopslo.yaml")
	for _, back := range []time.Duration{0, 73*time.Minute + 20*time.Second} {
		at := time.UnixMilli(h.End).Add(-back).UTC().Format(time.RFC3339)
		code, stdout, stderr := runWith(t, nil, "status", "--config", config, "--at", at, "-o", "json")
		if code != exitOK || stderr != "" {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		valid(t, "status", stdout)
		checkReport(t, decodeStatus(t, stdout), ofHistory, 15*time.Second, samples)
	}
	at := time.UnixMilli(h.End).UTC().Format(time.RFC3339)
	t.Run("filters and order", func(t *testing.T) {
		code, stdout, _ := runWith(t, nil, "status", "--config", config, "--at", at, "-o", "json", "--tier", "prod", "--slo", "from-zero", "--sort", "worst")
		if r := decodeStatus(t, stdout); code != exitOK || len(r.Budgets) != 3 || r.Budgets[0].Tier != "prod" || r.Budgets[2].SLO != "from-zero" {
			t.Errorf("exit code %d: %s", code, stdout)
		}
	})
	t.Run("the gate holds, for the outage has burnt the budget", func(t *testing.T) {
		strict := strings.ReplaceAll(yamlOf(ofHistory), "target: 0.5", "target: 0.999")
		writeFiles(t, dir, map[string]string{"strict.yaml": strings.Replace(embeddedHere, "slo.yaml", "slo-strict.yaml", 1), "slo-strict.yaml": strict})
		config := filepath.Join(dir, "strict.yaml")
		code, stdout, stderr := runWith(t, nil, "gate", "--config", config, "--at", at, "--to", "prod", "-o", "json")
		if !strings.Contains(stdout, `"decision": "hold"`) || code != exitNo || stderr != "" {
			t.Errorf("exit code %d: %s%s", code, stdout, stderr)
		}
		valid(t, "gate", stdout)
	})
	t.Run("before the history nothing is known", func(t *testing.T) {
		early := time.UnixMilli(h.Start).Add(-24 * time.Hour).UTC().Format(time.RFC3339)
		code, stdout, _ := runWith(t, nil, "status", "--config", config, "--at", early, "-o", "json")
		for _, b := range decodeStatus(t, stdout).Budgets {
			if b.State != slo.NoData || b.Total != nil || code != exitOK {
				t.Errorf("exit code %d, %s", code, figures(b))
			}
		}
	})
}

func TestWithoutDataNothingIsKnown(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"shopslo.yaml": embeddedHere, "fleet.yaml": fleetOf("beta: b-1", "prod: p-1"), "slo.yaml": cartSLO("1h")})
	config := filepath.Join(dir, "shopslo.yaml")
	code, stdout, stderr := runWith(t, nil, "status", "--config", config, "-o", "json")
	if code != exitOK || stderr != "" {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	valid(t, "status", stdout)
	r := decodeStatus(t, stdout)
	for _, set := range []string{"b-1", "p-1"} {
		b := budgetOf(t, r, "cart", set)
		if b.State != slo.NoData || b.Good != nil || b.Total != nil || b.SLI != nil || b.Coverage != 0 || !b.LastSample.IsZero() {
			t.Errorf("%s: %s", set, figures(b))
		}
	}
	if code, stdout, stderr = runWith(t, nil, "status", "--config", config); code != exitOK || strings.Count(stdout, "no_data  no data") != 2 || len(countedEvents.FindAllString(stdout, -1)) > 0 {
		t.Errorf("a table of what is not known counts events: exit code %d\n%s%s", code, stdout, stderr)
	}
	code, stdout, stderr = runWith(t, nil, "gate", "--config", config, "--to", "prod", "-o", "json")
	if code != exitInconclusive || !strings.Contains(stdout, `"decision": "inconclusive"`) || stderr != "" {
		t.Errorf("gate: exit code %d: %s%s", code, stdout, stderr)
	}
	valid(t, "gate", stdout)
}

// countedEvents are lines of the table whose last column, EVENTS, is a number.
var countedEvents = regexp.MustCompile(`(?m)^(beta|prod) .*[0-9] *$`)

func TestASourceThatIsDownIsToldOnce(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"fleet.yaml": fleetOf("beta: b-1", "prod: p-1"),
		"slo.yaml":     cartSLO("1h") + ratioSLO("pay", "1h", 0.9, "bad", badRequests, "up"),
		"shopslo.yaml": "source: {prometheus: {url: '" + gone.URL + "'}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n"})
	config := filepath.Join(dir, "shopslo.yaml")
	once := func(text string) bool {
		return strings.Count(text, "connection refused") == 1 && strings.Count(text, slo.ErrUnavailable.Error()) <= 1
	}
	code, stdout, stderr := runWith(t, nil, "status", "--config", config)
	if code != exitUnavailable || stdout != "" || !once(stderr) || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, gone.URL) {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	code, stdout, stderr = runWith(t, nil, "gate", "--config", config, "--to", "prod", "-o", "json")
	if code != exitUnavailable || stderr != "" || !strings.Contains(stdout, `"decision": "inconclusive"`) {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	valid(t, "gate", stdout)
	code, stdout, stderr = runWith(t, nil, "gate", "--config", config, "--to", "prod")
	if code != exitUnavailable || stderr != "" || strings.Count(strings.Join(strings.Fields(stdout), " "), "connection refused") != 1 {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	for _, args := range [][]string{{"status"}, {"gate", "--to", "prod"}} {
		code, stdout, stderr := runWith(t, nil, append(args, "--server", gone.URL)...)
		if code != exitUnavailable || stdout != "" || !once(stderr) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v --server: exit code %d: %s%s", args, code, stdout, stderr)
		}
	}
}

func TestCtrlCWhileReadingTheSource(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 10)
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or it would not notice that the client goes
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	defer slow.Close()
	defer slow.CloseClientConnections()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"fleet.yaml": fleetOf("beta: b-1", "prod: p-1"), "slo.yaml": cartSLO("1h"),
		"shopslo.yaml": "source: {prometheus: {url: '" + slow.URL + "'}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n"})
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"status", "--config", filepath.Join(dir, "shopslo.yaml")}, {"gate", "--config", filepath.Join(dir, "shopslo.yaml"), "--to", "prod"},
		{"status", "--server", slow.URL},
	} {
		t.Run(args[0]+" "+args[1], func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			cmd := &exec.Cmd{Path: exe, Args: append([]string{"shopslo"}, args...), Stdout: &stdout, Stderr: &stderr}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			kill := time.AfterFunc(patience, func() { cmd.Process.Kill() })
			defer kill.Stop()
			select {
			case <-asked:
			case <-time.After(patience):
				t.Error("it asked nothing")
			}
			begun := time.Now()
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != exitInterrupted || stderr.String() != "shopslo: interrupted\n" || stdout.Len() > 0 {
				t.Errorf("exit code %d: %s%s", code, stdout.String(), stderr.String())
			}
			if took := time.Since(begun); took > 15*time.Second {
				t.Errorf("it took %v to end", took)
			}
		})
	}
}
