package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// said runs the gate and gives the exit code and all that was printed, on one line.
func (s *stage) said(t *testing.T, more ...string) (int, string) {
	t.Helper()
	code, stdout, stderr := s.gate(t, more...)
	return code, strings.Join(strings.Fields(stdout+stderr), " ")
}

func (s *stage) alert(name string, labels ...string) {
	m := map[string]string{"alertname": name}
	for i := 0; i < len(labels); i += 2 {
		m[labels[i]] = labels[i+1]
	}
	s.fires = append(s.fires, map[string]any{"labels": m, "state": "firing", "activeAt": s.at})
}

func TestTheGateAsksHowAlertsAreMade(t *testing.T) {
	rule := func(change ...any) func(*stage) {
		return func(s *stage) {
			s.rule = func(r map[string]any) {
				for i := 0; i < len(change); i += 2 {
					r[change[i].(string)] = change[i+1]
				}
			}
		}
	}
	fix := []string{"--fix", "https://git.example/pull/12", "--by", "mai"}
	for _, c := range []struct {
		name string
		do   func(*stage)
		args []string
		code int
		want string
	}{
		{"a rule that fails", rule("health", "err", "lastError", "many-to-many matching not allowed"), nil, exitInconclusive, `alerting rule X has health "err": many-to-many matching`},
		{"a rule that was last evaluated in October", func(s *stage) { rule("lastEvaluation", s.at.AddDate(0, 0, -30))(s) }, nil, exitInconclusive, "alerting rule X was last evaluated 30d ago (limit 5m)"},
		{"a rule that was never evaluated", rule("health", "unknown", "lastEvaluation", "0001-01-01T00:00:00Z"), nil, exitInconclusive, `alerting rule X has health "unknown"`},
		{"a rule about another Tier", rule("health", "err", "labels", map[string]string{"severity": "none"}), nil, exitInconclusive, "No alerting rule could fire on beta or prod"},
		{"a rule about the target alone", rule("labels", map[string]string{"tier": "prod"}), nil, exitInconclusive, "No alerting rule could fire on beta, so"},
		{"a rule about the evidence alone", rule("labels", map[string]string{"shopset": "b-1"}), nil, exitInconclusive, "No alerting rule could fire on prod, so"},
		{"an alert on the target", func(s *stage) { s.alert("CartDown", "shopset", "p-1", "severity", "page") }, nil, exitNo, "Alert CartDown is firing"},
		{"an alert on the target that the Release mends", func(s *stage) { s.alert("CartDown", "shopset", "p-1", "severity", "page") }, fix, exitOK, "Allowed as a fix for https://git.example/pull/12 (declared by mai)"},
		{"an alert below that it would mend", func(s *stage) { s.alert("CartDown", "tier", "beta", "severity", "page") }, fix, exitNo, "Alert CartDown is firing"},
		{"a page alert about nobody knows what", func(s *stage) { s.alert("PaymentDown", "severity", "critical") }, nil, exitNo, "without a label that names a ShopSet or Tier of the fleet"},
		{"a page alert in capitals, with a space", func(s *stage) { s.alert("PaymentDown", "severity", "CRITICAL ") }, nil, exitNo, "without a label that names a ShopSet or Tier of the fleet"},
		{"a rule of which an alert fires that nobody tells", rule("state", "firing"), nil, exitInconclusive, "it is said to be firing, and none of its alerts is told"},
		{"a rule that is ok, with an error", rule("lastError", "boom"), nil, exitInconclusive, `has health "ok": boom`},
		{"one of a sum by shopset, where series have more labels", func(s *stage) {
			text := readFile(t, filepath.Join(s.dir, "fleet.yaml"))
			writeFiles(t, s.dir, map[string]string{"fleet.yaml": strings.Replace(text, "metadata: {name: b-1}\nspec: {", "metadata: {name: b-1}\nspec: {match: {shopset: b-1, job: shops}, ", 1)})
			s.alert("CartErrors", "shopset", "b-1", "severity", "warning")
		}, nil, exitNo, "Alert CartErrors is firing"},
		{"a lesser one", func(s *stage) { s.alert("NodeClockSkew", "severity", "warning") }, []string{"--explain"}, exitOK, "(1 below page severity without a ShopSet or Tier label: NodeClockSkew)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, 0)
			c.do(s)
			if code, said := s.said(t, c.args...); code != c.code || !strings.Contains(said, c.want) {
				t.Errorf("exit code %d, want %d with %q:\n%s", code, c.code, c.want, said)
			}
		})
	}
}

func TestPolicySaysWhichAlertsAndRulesCount(t *testing.T) {
	s := newStage(t, 0)
	writeInto(t, s, "gate:\n", "gate:\n  page_severities: [sev1]\n  max_rule_age: 45d\n")
	s.rule = func(r map[string]any) { r["lastEvaluation"] = s.at.AddDate(0, 0, -30) }
	s.alert("NodeDown", "severity", "critical")
	if code, said := s.said(t); code != exitOK {
		t.Errorf("exit code %d: %s", code, said)
	}
	s.alert("PaymentDown", "severity", "sev1")
	if code, said := s.said(t); code != exitNo || !strings.Contains(said, "Alert PaymentDown is firing") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

// An Alertmanager has a Watchdog, and what the case has.
func TestTheGateAsksAnAlertmanager(t *testing.T) {
	suppressed := func(silenced, inhibited []string) map[string]any {
		return map[string]any{"state": "suppressed", "silencedBy": silenced, "inhibitedBy": inhibited}
	}
	active := map[string]any{"state": "active", "silencedBy": []string{}, "inhibitedBy": []string{}}
	one := func(fingerprint, name, set string, status map[string]any) map[string]any {
		return map[string]any{"fingerprint": fingerprint, "labels": map[string]string{"alertname": name, "shopset": set, "severity": "warning"}, "status": status}
	}
	for _, c := range []struct {
		name   string
		told   time.Duration // ago
		alerts []map[string]any
		code   int
		want   string
	}{
		{"nothing fires", time.Minute, nil, exitOK, ""},
		{"an alert that is silenced", time.Minute, []map[string]any{one("a", "CartErrors", "b-1", suppressed([]string{"s"}, []string{}))}, exitOK, ""},
		{"an alert that another one inhibits", time.Minute, []map[string]any{one("a", "CartErrors", "b-1", suppressed([]string{}, []string{"n"})), one("n", "NodeDown", "", active)},
			exitNo, "Alert CartErrors is firing"},
		{"an alert that inhibits, here, one elsewhere", time.Minute, []map[string]any{one("a", "CartErrors", "p-1", suppressed([]string{}, []string{"n"})), one("n", "NodeDown", "b-1", suppressed([]string{"s"}, []string{}))},
			exitNo, "inhibited by NodeDown"},
		{"an Alertmanager that nobody tells any longer", 7 * time.Minute, nil, exitInconclusive, "last received an alert 7m ago (limit 5m)"},
		{"an Alertmanager whose clock is ahead", -30 * time.Minute, nil, exitInconclusive, "last received an alert 30m after the evaluation time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, 0)
			manager := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				all := append([]map[string]any{{"fingerprint": "w", "labels": map[string]string{"alertname": "Watchdog", "severity": "none"}, "status": active}}, c.alerts...)
				for _, a := range all {
					a["startsAt"], a["updatedAt"] = s.at.Add(-time.Hour), s.at.Add(-c.told)
				}
				json.NewEncoder(w).Encode(all)
			}))
			t.Cleanup(manager.Close)
			s.alertmanager(t, manager.URL)
			if code, said := s.said(t); code != c.code || !strings.Contains(said, c.want) {
				t.Errorf("exit code %d, want %d with %q:\n%s", code, c.code, c.want, said)
			}
		})
	}
}

// alertmanager has an Alertmanager asked instead of the Prometheus.
func (s *stage) alertmanager(t *testing.T, url string) {
	t.Helper()
	text := readFile(t, s.config)
	i := strings.Index(text, "  alerts: {url: ")
	j := i + strings.Index(text[i:], "\n")
	writeFiles(t, s.dir, map[string]string{"shopslo.yaml": text[:i] + fmt.Sprintf("  alerts: {kind: alertmanager, url: %q}", url) + text[j:]})
}

// writeInto changes the configuration of a stage.
func writeInto(t *testing.T, s *stage, old, new string) {
	t.Helper()
	text := readFile(t, s.config)
	if !strings.Contains(text, old) {
		t.Fatalf("%q is not in %s", old, text)
	}
	writeFiles(t, s.dir, map[string]string{"shopslo.yaml": strings.Replace(text, old, new, 1)})
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTheGateAsksHowOldAndHowPlausibleEachFactIs(t *testing.T) {
	for _, c := range []struct {
		name string
		sees func(*stage, *fleet.Snapshot)
		want string
	}{
		{"a comparison of 30 days ago", func(s *stage, f *fleet.Snapshot) { f.ShopSets[0].ObservedAt = s.at.AddDate(0, 0, -30) }, "Argo CD's last comparison is 30d old (limit 15m)."},
		{"no comparison", func(_ *stage, f *fleet.Snapshot) { f.ShopSets[0].ObservedAt = time.Time{} }, "When Argo CD last compared it is unknown."},
		{"a comparison of the future", func(s *stage, f *fleet.Snapshot) { f.ShopSets[0].ObservedAt = s.at.Add(time.Hour) }, "Argo CD's last comparison is 1h ahead of this clock"},
		{"a Release that comes in the future", func(s *stage, f *fleet.Snapshot) { f.ShopSets[0].ReleaseSince = s.at.Add(time.Hour) }, "arrived in the future"},
		{"a soak that began before the Release came", func(s *stage, f *fleet.Snapshot) { f.ShopSets[0].ReleaseSince = s.at.Add(-20 * time.Minute) }, "for 20m without interruption (30m required)"},
		{"a Tier that is reported twice", func(_ *stage, f *fleet.Snapshot) { f.Tiers = append(f.Tiers, f.Tiers[0]) }, "beta is reported twice."},
		{"the target, reported twice", func(_ *stage, f *fleet.Snapshot) { f.Tiers = append(f.Tiers, f.Tiers[1]) }, "prod is reported twice."},
		{"a cluster that there is not", func(_ *stage, f *fleet.Snapshot) { f.ShopSets[0].Cluster = "nowhere" }, "Reported with cluster nowhere, its document has"},
		{"another branch", func(_ *stage, f *fleet.Snapshot) { f.Tiers[1].Branch = "main" }, "prod is reported with order 1 and branch main"},
		{"a negative count of changes", func(_ *stage, f *fleet.Snapshot) { n := -1; f.Tiers[1].Ahead = &n }, "negative count of changes"},
		{"a Tier that runs what none of its ShopSets does", func(_ *stage, f *fleet.Snapshot) { f.Tiers[0].Running = []fleet.Release{lastRelease} }, "beta is reported to run 111111111122, its ShopSets 3f2c1abd9e8f."},
		{"drift of what is Synced", func(s *stage, f *fleet.Snapshot) { f.ShopSets[0].DriftedSince = s.since() }, "reported both as Synced and as different from git"},
		{"a ShopSet that is deployed from elsewhere", func(_ *stage, f *fleet.Snapshot) {
			no := false
			f.ShopSets[0].OnBranch, f.ShopSets[0].Workings = &no, &fleet.Workings{Applications: 1, Targets: []string{"feature-x"}}
		}, "deployed from feature-x, not from the branch of its Tier"},
		{"a ShopSet that no document has", func(_ *stage, f *fleet.Snapshot) {
			o := f.ShopSets[0]
			o.ShopSet, o.Health = "b-9", fleet.Degraded
			f.ShopSets = append(f.ShopSets, o)
		}, "beta is reported with ShopSet b-9, its documents do not have it there."},
		{"a Tier below that no document has", func(_ *stage, f *fleet.Snapshot) {
			f.Tiers = append(f.Tiers, fleet.TierState{Tier: "canary", Branch: "tier-c"})
		}, "canary is reported as a Tier below prod, and no document has it."},
		{"branches as old as git has been away", func(s *stage, f *fleet.Snapshot) { f.Git.FetchedAt, f.Git.Up = s.at.Add(-7*time.Minute), false }, "git was last fetched 7m ago (limit 5m)"},
		{"git that was never fetched", func(_ *stage, f *fleet.Snapshot) { f.Git.FetchedAt = time.Time{} }, "has not fetched git yet"},
		{"git of the future", func(s *stage, f *fleet.Snapshot) { f.Git.FetchedAt = s.at.Add(time.Hour) }, "git was last fetched 1h after"},
		{"an exporter that does not say how old branches are", func(_ *stage, f *fleet.Snapshot) { f.Git = nil }, "upgrade shopset_exporter"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, 0)
			s.sees = func(f *fleet.Snapshot) int { c.sees(s, f); return 0 }
			if code, said := s.said(t); code != exitInconclusive || !strings.Contains(said, c.want) {
				t.Errorf("exit code %d, want %d with %q:\n%s", code, exitInconclusive, c.want, said)
			}
		})
	}
}

func TestPolicySaysHowOldFactsMayBe(t *testing.T) {
	s := newStage(t, 0)
	writeInto(t, s, "gate:\n", "gate:\n  max_comparison_age: 45d\n  max_git_age: 1h\n")
	s.sees = func(f *fleet.Snapshot) int {
		f.ShopSets[0].ObservedAt, f.Git.FetchedAt = s.at.AddDate(0, 0, -30), s.at.Add(-50*time.Minute)
		return 0
	}
	if code, said := s.said(t); code != exitOK {
		t.Errorf("exit code %d: %s", code, said)
	}
}

// Where nobody requires the check, an exporter of before makes no silent pass of it.
func TestAnOldExporterIsSaidToBeOld(t *testing.T) {
	s := newStage(t, 0)
	writeInto(t, s, " release: required,", "")
	s.sees = func(f *fleet.Snapshot) int { f.Git = nil; return 0 }
	code, stdout, stderr := s.gate(t, "-o", "json")
	d, err := promotion.Decode([]byte(stdout))
	if code != exitOK || err != nil {
		t.Fatalf("exit code %d, %v: %s%s", code, err, stdout, stderr)
	}
	for _, c := range d.Checks {
		if c.Check == "release" && (c.Result != promotion.NotChecked || !strings.Contains(c.Reason, "upgrade shopset_exporter")) {
			t.Errorf("release is %s: %s", c.Result, c.Reason)
		}
	}
}
