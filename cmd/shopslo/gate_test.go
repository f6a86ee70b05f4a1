package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/manifest"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// The Releases of the gate's tests.
const goodRelease, lastRelease = "3f2c1abd9e8f70112233445566778899aabbccdd", "1111111111222222222233333333334444444444"

// stage is a fleet of two Tiers with all that the gate asks: a store with the shops'
// metrics, an exporter, a Prometheus with alerts, incidents and a calendar.
type stage struct {
	dir, config string
	at          time.Time
	fleet       *fleet.Fleet

	mu    sync.Mutex
	asked []string                           // Authorization headers that the exporter saw
	sees  func(*fleet.Snapshot) (status int) // what the exporter answers
	fires []map[string]any                   // alerts
	rule  func(map[string]any)               // changes the one alerting rule

	failsFor time.Duration // how long those below fail; 0: until now
}

// since is when the Release came below.
func (s *stage) since() time.Time { return s.at.Add(-time.Hour) }

// newStage has shops of ten requests a second, of which those below fail a share of
// since the Release came.
func newStage(t *testing.T, failing float64) *stage { return newStageFor(t, failing, 0) }

// newStageFor is newStage of shops that fail for so long.
func newStageFor(t *testing.T, failing float64, failsFor time.Duration) *stage {
	t.Helper()
	return newStageOf(t, fleetOf("beta: b-1", "prod: p-1"), func(s *stage) []sourcetest.Series {
		s.failsFor = failsFor
		return s.samples(failing)
	})
}

// newStageOf has a fleet of the Tiers beta and prod, and a store with these samples.
func newStageOf(t *testing.T, fleet string, samples func(*stage) []sourcetest.Series) *stage {
	t.Helper()
	s := &stage{dir: t.TempDir(), at: time.Now().UTC().Truncate(time.Minute).Add(-2 * time.Minute)}
	exporter, alerts := httptest.NewServer(http.HandlerFunc(s.exporter)), httptest.NewServer(http.HandlerFunc(s.prometheus))
	t.Cleanup(exporter.Close)
	t.Cleanup(alerts.Close)
	fill(t, filepath.Join(s.dir, "tsdb"), samples(s))
	writeFiles(t, s.dir, map[string]string{
		"fleet.yaml": strings.Replace(fleet, "order: 0, branch: tier-0", "order: 0, branch: tier-0, soak: 30m", 1),
		"slo.yaml":   strings.Replace(ratioSLO("cart", "1d", 0.99, "bad", badRequests, allRequests), `"1"`, `"100"`, 1),
		"password":   "s3cret\n", "incidents/README": "", "calendar/README": "",
		"shopslo.yaml": fmt.Sprintf(`source: {embedded: {dir: tsdb, scrape_interval: 15s, scrape_configs: [{job_name: none}]}}
fleet: [fleet.yaml]
slos: [slo.yaml]
budgets: {least_history: 6h}
gate:
  max_age: 10m
  min_coverage: 0.2
  fleet: {url: %q, basic_auth: {username: gate, password_file: password}, timeout: 5s}
  alerts: {url: %q}
  incidents: [incidents/*.yaml]
  calendar: [calendar/*.yaml]
  tiers:
    prod: {at_risk: fixes, checks: {sync: required, soak: required, drift: required, since_release: required, alert: required, release: required, images: required, incident: required, freeze: required}}
`, exporter.URL, alerts.URL)})
	s.config = filepath.Join(s.dir, "shopslo.yaml")
	var err error
	if s.fleet, err = manifest.Load(s.dir, "fleet.yaml"); err != nil {
		t.Fatal(err)
	}
	return s
}

// samples are of eight hours, every 15 seconds.
func (s *stage) samples(failing float64) []sourcetest.Series {
	var out []sourcetest.Series
	add := func(set, name, code string, value func(time.Time) float64) {
		m := map[string]string{slo.MetricName: name, "shopset": set, "job": "shops", "instance": set + ":80"}
		if code != "" {
			m["code"] = code
		}
		x := sourcetest.Series{Labels: sortedLabels(m)}
		for at := s.at.Add(-8 * time.Hour); !at.After(s.at.Add(time.Minute)); at = at.Add(15 * time.Second) {
			x.T, x.V = append(x.T, at.UnixMilli()), append(x.V, value(at))
		}
		out = append(out, x)
	}
	start := float64(s.at.Add(-9 * time.Hour).Unix())
	for _, set := range []string{"b-1", "p-1"} {
		bad := func(at time.Time) float64 {
			n := float64(int(at.Sub(s.at.Add(-9*time.Hour)).Seconds() / 1000)) // one in ten thousand
			if set == "b-1" && at.After(s.since()) {
				failed := at.Sub(s.since())
				if s.failsFor > 0 {
					failed = min(failed, s.failsFor)
				}
				n += float64(int(10 * failing * failed.Seconds()))
			}
			return n
		}
		add(set, "up", "", func(time.Time) float64 { return 1 })
		add(set, "process_start_time_seconds", "", func(time.Time) float64 { return start })
		add(set, "http_requests_total", "500", bad)
		add(set, "http_requests_total", "200", func(at time.Time) float64 { return 10*at.Sub(s.at.Add(-9*time.Hour)).Seconds() - bad(at) })
	}
	return out
}

type line struct{}

func (line) Behind(release, than fleet.Release) (int, bool) {
	if release == lastRelease && than == goodRelease {
		return 1, true
	}
	return 0, true
}
func (line) Had(fleet.TierName, fleet.Release) (bool, bool) { return true, true }

// exporter answers as shopset_exporter does.
func (s *stage) exporter(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Header.Get("Authorization"))
	seen := fleet.Seen{History: line{}, Heads: map[fleet.TierName]fleet.Head{"beta": {Release: goodRelease}, "prod": {Release: lastRelease}}}
	for _, set := range s.fleet.ShopSets() {
		release, since := fleet.Release(goodRelease), s.since()
		if set.Tier == "prod" {
			release, since = lastRelease, s.at.Add(-100*time.Hour)
		}
		seen.Observations = append(seen.Observations, fleet.Observation{ShopSet: set.Name, Sync: fleet.Synced, Health: fleet.Healthy, Release: release,
			ReleaseSince: since, ObservedAt: s.at, Images: []string{"cart:v7"}})
	}
	snapshot := fleet.Observe(s.fleet, s.at, seen)
	snapshot.Git = &fleet.Git{FetchedAt: s.at, Up: true}
	snapshot.Tiers[0].SoakingSince = s.since()
	if s.sees != nil {
		if status := s.sees(&snapshot); status != 0 {
			w.WriteHeader(status)
			return
		}
	}
	json.NewEncoder(w).Encode(snapshot)
}

func (s *stage) prometheus(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.URL.Path {
	case "/api/v1/rules":
		rule := map[string]any{"type": "alerting", "name": "X", "health": "ok", "lastEvaluation": s.at}
		if s.rule != nil {
			s.rule(rule)
		}
		json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": map[string]any{"groups": []any{map[string]any{"rules": []any{rule}}}}})
	case "/api/v1/alerts":
		json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": map[string]any{"alerts": append([]map[string]any{}, s.fires...)}})
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// gate asks for prod, and gives the exit code and what was printed.
func (s *stage) gate(t *testing.T, more ...string) (int, string, string) {
	t.Helper()
	return runWith(t, nil, append([]string{"gate", "--config", s.config, "--to", "prod", "--at", s.at.Format(time.RFC3339)}, more...)...)
}

func TestTheGateAsksEverybody(t *testing.T) {
	s := newStage(t, 0)
	code, stdout, stderr := s.gate(t, "-o", "json")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	valid(t, "gate", stdout)
	d, err := promotion.Decode([]byte(stdout))
	if err != nil || d.Release != goodRelease {
		t.Fatalf("%v: Release %q", err, d.Release)
	}
	passed := map[string]bool{}
	for _, c := range d.Checks {
		passed[c.Check] = c.Result == promotion.Pass
	}
	for _, name := range []string{"sync", "soak", "drift", "since_release", "alert", "images", "release", "incident", "freeze"} {
		if !passed[name] {
			t.Errorf("%s did not pass:\n%s", name, stdout)
		}
	}
	if s.asked[0] != "Basic Z2F0ZTpzM2NyZXQ=" || strings.Contains(stdout, "s3cret") {
		t.Errorf("the exporter was asked with %q", s.asked[0])
	}
	if code, stdout, stderr = s.gate(t, "--explain"); code != exitOK || !strings.Contains(stdout, "Sources:") || !strings.Contains(stdout, "harm: 1") || stderr != "" {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

func TestTheGateFindsWhatIsWrong(t *testing.T) {
	freeze := "apiVersion: shopslo.dev/v1alpha1\nkind: Freeze\nmetadata: {name: stop}\nspec: {reason: a fire, by: mai, emergency: true, affects: {fleet: true}, from: 2026-01-01T00:00:00Z}\n"
	for _, c := range []struct {
		name  string
		share float64 // of requests below that fail since the Release came
		do    func(*testing.T, *stage)
		code  int
		want  string
	}{
		{"a release that fails 2 % of requests", 0.02, nil, exitNo, "since_release"},
		{"drift", 0, func(_ *testing.T, s *stage) {
			s.sees = func(f *fleet.Snapshot) int { f.ShopSets[0].Sync = fleet.OutOfSync; return 0 }
		}, exitNo, "Drift: OutOfSync"},
		{"a Release that has not arrived", 0, func(_ *testing.T, s *stage) {
			s.sees = func(f *fleet.Snapshot) int { f.ShopSets[0].Release = lastRelease; return 0 }
		}, exitInconclusive, "waiting for"},
		{"an alert", 0, func(_ *testing.T, s *stage) {
			s.fires = []map[string]any{{"labels": map[string]string{"alertname": "CartErrors", "shopset": "b-1"}, "state": "firing", "activeAt": s.at}}
		}, exitNo, "Alert CartErrors is firing"},
		{"an incident", 0, func(t *testing.T, s *stage) {
			writeFiles(t, s.dir, map[string]string{"incidents/inc-12.yaml": "apiVersion: shopslo.dev/v1alpha1\nkind: Incident\nmetadata: {name: inc-12}\nspec: {title: 決済が失敗する, severity: critical, state: open, detectedAt: 2026-11-02T12:00:00+09:00, affects: {tiers: [prod]}}\n"})
		}, exitNo, "Incident inc-12 (決済が失敗する) is open and affects prod"},
		{"an emergency stop", 0, func(t *testing.T, s *stage) {
			writeFiles(t, s.dir, map[string]string{"calendar/stop.yaml": freeze})
		}, exitNo, "Emergency stop stop is active"},
		{"an exporter that is down", 0, func(_ *testing.T, s *stage) { s.sees = func(*fleet.Snapshot) int { return 503 } }, exitUnavailable, "503"},
		{"a known failure wins over an exporter that is down", 0, func(t *testing.T, s *stage) {
			s.sees = func(*fleet.Snapshot) int { return 503 }
			writeFiles(t, s.dir, map[string]string{"calendar/stop.yaml": freeze})
		}, exitNo, "Emergency stop"},
		{"an exporter that lies about when", 0, func(_ *testing.T, s *stage) {
			s.sees = func(f *fleet.Snapshot) int { f.At = f.At.Add(-time.Hour); return 0 }
		}, exitInconclusive, "fleet data is"},
		{"an exporter that knows half of the ShopSets", 0, func(_ *testing.T, s *stage) {
			s.sees = func(f *fleet.Snapshot) int { f.ShopSets = f.ShopSets[1:]; return 0 }
		}, exitInconclusive, "Not reported in this Tier by the exporter"},
		{"a document that cannot be read", 0, func(t *testing.T, s *stage) {
			writeFiles(t, s.dir, map[string]string{"calendar/stop.yaml": "kind: Freese\n"})
		}, exitUsage, "stop.yaml"},
		{"a freeze in a file that nobody reads", 0, func(t *testing.T, s *stage) {
			writeFiles(t, s.dir, map[string]string{"calendar/stop.yml": freeze})
		}, exitUsage, "nobody reads "},
		{"a freeze in a folder below", 0, func(t *testing.T, s *stage) {
			writeFiles(t, s.dir, map[string]string{"calendar/2026/stop.yaml": freeze})
		}, exitUsage, "move or rename it, or add a pattern for it"},
		{"a freeze in a file in capitals", 0, func(t *testing.T, s *stage) {
			writeFiles(t, s.dir, map[string]string{"calendar/stop.YAML": freeze})
		}, exitUsage, "move or rename it, or add a pattern for it"},
		{"an incident in a folder below", 0, func(t *testing.T, s *stage) {
			writeFiles(t, s.dir, map[string]string{"incidents/2026/inc-1.yaml": "apiVersion: shopslo.dev/v1alpha1\nkind: Incident\n"})
		}, exitUsage, "nobody reads "},
		{"an SLO in a file that nobody reads", 0, func(t *testing.T, s *stage) {
			writeInto(t, s, "slos: [slo.yaml]", "slos: [slos/*.yaml]")
			writeFiles(t, s.dir, map[string]string{"slos/cart.yaml": readFile(t, filepath.Join(s.dir, "slo.yaml")), "slos/pay.yml": cartSLO("1d")})
		}, exitUsage, "nobody reads "},
		{"a ShopSet in a file that nobody reads", 0, func(t *testing.T, s *stage) {
			writeInto(t, s, "fleet: [fleet.yaml]", "fleet: [fleet/*.yaml]")
			writeFiles(t, s.dir, map[string]string{"fleet/a.yaml": readFile(t, filepath.Join(s.dir, "fleet.yaml")), "fleet/b-2.yml": fleetOf("beta: b-2")})
		}, exitUsage, "nobody reads "},
		{"a folder below that others read, and other files there", 0, func(t *testing.T, s *stage) {
			writeInto(t, s, "calendar: [calendar/*.yaml]", "calendar: [calendar/*.yaml, calendar/2026/*.yaml]")
			writeFiles(t, s.dir, map[string]string{"calendar/2026/none.yaml": "", "calendar/..data/stop.yaml": freeze, "calendar/kustomization/k.yaml": "kind: Kustomization\n"})
		}, exitOK, ""},
		{"an incident in a file that nobody reads", 0, func(t *testing.T, s *stage) {
			writeFiles(t, s.dir, map[string]string{"incidents/inc-1.yml": ""})
		}, exitUsage, `rename it, or add "incidents/*.yml"`},
		{"a folder that is not there", 0, func(t *testing.T, s *stage) {
			if err := os.RemoveAll(filepath.Join(s.dir, "calendar")); err != nil {
				t.Fatal(err)
			}
		}, exitUsage, "there is no folder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, c.share)
			if c.do != nil {
				c.do(t, s)
			}
			code, stdout, stderr := s.gate(t)
			if said := strings.Join(strings.Fields(stdout+stderr), " "); code != c.code || !strings.Contains(said, c.want) {
				t.Errorf("exit code %d, want %d with %q:\n%s%s", code, c.code, c.want, stdout, stderr)
			}
		})
	}
}

func TestOverridesAndFixesAreRecorded(t *testing.T) {
	s := newStage(t, 0)
	s.sees = func(f *fleet.Snapshot) int {
		f.ShopSets[0].Sync = fleet.OutOfSync
		f.Tiers[0].SoakingSince = time.Time{}
		return 0
	}
	writeFiles(t, s.dir, map[string]string{"calendar/o.yaml": "apiVersion: shopslo.dev/v1alpha1\nkind: Override\nmetadata: {name: relay}\n" +
		"spec: {reason: the relay is down, by: mai, checks: [drift, soak], tiers: [prod], until: " + s.at.Add(time.Hour).Format(time.RFC3339) + "}\n"})
	file := filepath.Join(s.dir, "decision.json")
	code, stdout, stderr := runWith(t, []string{"GITHUB_ACTOR=ken"}, "gate", "--config", s.config, "--to", "prod", "--at", s.at.Format(time.RFC3339),
		"--fix", "https://git.example/pull/1", "-o", "markdown", "--write", "json="+file, "--write", "junit="+filepath.Join(s.dir, "gate.xml"),
		"--write", "sarif="+filepath.Join(s.dir, "gate.sarif"))
	for _, want := range []string{"✅ PROMOTE", "declared by ken", "Waived by mai until", "the relay is down"} {
		if code != exitOK || !strings.Contains(stdout, want) {
			t.Errorf("exit code %d, no %q in:\n%s%s", code, want, stdout, stderr)
		}
	}
	data, err := os.ReadFile(filepath.Join(s.dir, "gate.xml"))
	if err != nil || xml.Unmarshal(data, new(struct {
		XMLName xml.Name `xml:"testsuites"`
	})) != nil {
		t.Errorf("%v: %s", err, data)
	}
	if data, err = os.ReadFile(filepath.Join(s.dir, "gate.sarif")); err != nil || !json.Valid(data) {
		t.Errorf("%v: %s", err, data)
	}
	t.Run("and replayed for ever, with nobody to ask", func(t *testing.T) {
		code, stdout, stderr := runWith(t, nil, "gate", "--replay", file, "--config", "nowhere.yaml")
		if code != exitOK || !strings.HasPrefix(stdout, "PROMOTE") || !strings.Contains(stdout, "Override relay by mai") {
			t.Errorf("exit code %d: %s%s", code, stdout, stderr)
		}
	})
	t.Run("unless somebody has changed it", func(t *testing.T) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		forged := filepath.Join(s.dir, "forged.json")
		if err := os.WriteFile(forged, []byte(strings.Replace(string(data), `"sync":"OutOfSync"`, `"sync":"Synced"`, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := runWith(t, nil, "gate", "--replay", forged)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, "was changed") {
			t.Errorf("exit code %d: %s%s", code, stdout, stderr)
		}
	})
}

func TestExclusionsShowTheBudgetBeforeAndAfter(t *testing.T) {
	s := newStage(t, 0.05)
	writeFiles(t, s.dir, map[string]string{"calendar/x.yaml": fmt.Sprintf("apiVersion: shopslo.dev/v1alpha1\nkind: Exclusion\nmetadata: {name: db-move}\n"+
		"spec: {reason: the database was moved, cause: maintenance, by: mai, affects: {shopSets: [b-1]}, from: %s, until: %s}\n",
		s.since().Add(-4*time.Hour).Format(time.RFC3339), s.since().Format(time.RFC3339))})
	_, stdout, stderr := s.gate(t, "-o", "json")
	r, err := promotion.DecodeRecord([]byte(stdout))
	if err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	if _, err := r.Replay(r.Program); err != nil {
		t.Error(err)
	}
	for _, c := range r.Checks {
		if c.Check != "budget" {
			continue
		}
		before, corrected := c.Evidence.Get("uncorrected").(map[string]any)
		if corrected != (c.ShopSet == "b-1") {
			t.Errorf("%s: uncorrected is %v", c.ShopSet, before)
		}
		if corrected && (before["bad"].(float64) <= c.Evidence.Get("bad").(float64) || !strings.Contains(c.Reason, "Without exclusions (db-move):")) {
			t.Errorf("%s", c.Reason)
		}
	}
}

func TestWatchWaitsForADecision(t *testing.T) {
	t.Parallel()
	s := newStage(t, 0)
	asked := 0
	s.sees = func(f *fleet.Snapshot) int {
		f.At = time.Now()
		if asked++; asked < 5 { // a look asks how far back to read, and then what runs
			f.ShopSets[0].Release = lastRelease
		}
		return 0
	}
	args := []string{"gate", "--config", s.config, "--to", "prod", "--watch", "1m", "--every", "1s"}
	if code, stdout, stderr := runWith(t, nil, args...); code != exitOK || stderr != "" || asked != 6 {
		t.Errorf("exit code %d after %d questions: %s%s", code, asked, stdout, stderr)
	}
	s.sees = func(f *fleet.Snapshot) int { f.At = time.Now(); f.ShopSets[0].Release = lastRelease; return 0 }
	args[6] = "2s"
	begun := time.Now()
	code, stdout, stderr := runWith(t, nil, args...)
	if took := time.Since(begun); code != exitInconclusive || stderr != "" || took < 2*time.Second || took > 30*time.Second {
		t.Errorf("exit code %d after %v: %s%s", code, took, stdout, stderr)
	}
	s.sees = func(f *fleet.Snapshot) int { f.At = time.Now(); f.ShopSets[0].Health = fleet.Degraded; return 0 }
	if code, stdout, _ := runWith(t, nil, args...); code != exitNo {
		t.Errorf("a hold is waited for: exit code %d: %s", code, stdout)
	}
}

func TestWhatTheGateCannotBeAskedTogether(t *testing.T) {
	for _, args := range [][]string{
		{}, {"--to", "prod", "--replay", "x"}, {"--to", "prod", "--watch", "1m", "--at", "2026-11-01T00:00:00Z"}, {"--to", "prod", "--watch", "-1m"},
		{"--to", "prod", "--by", "mika"}, {"--to", "prod", "--fix", "urgent"}, {"--to", "prod", "--write", "pdf=x"}, {"--to", "prod", "--write", "json="},
		{"--to", "prod", "-o", "pdf"}, {"--to", "prod", "--watch", "1m", "--every", "1ms"}, {"--replay", "no-such-file"},
	} {
		if code, stdout, stderr := runWith(t, nil, append([]string{"gate"}, args...)...); code != exitUsage || stdout != "" || stderr == "" {
			t.Errorf("%v: exit code %d: %s%s", args, code, stdout, stderr)
		}
	}
}

func TestAServersGateIsTheOneShotGate(t *testing.T) {
	s := newStage(t, 0)
	_, here, stderr := s.gate(t, "-o", "json", "--fix", "https://git.example/pull/1", "--by", "mika")
	if stderr != "" {
		t.Fatal(stderr)
	}
	server := startServe(t, s.config)
	server.waitReady(t)
	code, there, stderr := runWith(t, nil, "gate", "--to", "prod", "--server", server.url, "--at", s.at.Format(time.RFC3339), "-o", "json",
		"--fix", "https://git.example/pull/1", "--by", "mika")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s%s", code, there, stderr)
	}
	mine, err := promotion.Decode([]byte(here))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := promotion.Decode([]byte(there))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := string(mine.AppendJSON(nil)), string(theirs.AppendJSON(nil)); a != b {
		t.Errorf("here it is\n%s\nthere\n%s", a, b)
	}
}
