package shopset

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	promlabels "github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/disk/disktest"
	"github.com/shopslo/shopslo/internal/goldentest"
)

func TestTheTableInTheDocsIsCurrent(t *testing.T) {
	goldentest.Compare(t, "../../docs/metrics.md", markdown())
}

const openMetricsAccept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"

// scrape asks as Prometheus does, and gives the answer as it came.
func scrape(t testing.TB, h http.Handler, accept, encoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.Header.Set("Accept", accept)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// read gives an answer's text.
func read(t testing.TB, r *http.Response) string {
	t.Helper()
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		var err error
		if body, err = gzip.NewReader(r.Body); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// busy has everything that Argo CD may be doing with a ShopSet.
func busy(o fleet.Observation, now time.Time) fleet.Observation {
	n := 1
	expected := 3
	o.Sync, o.OutOfSync, o.Missing, o.Pending, o.PendingSince = fleet.OutOfSync, &n, &n, "r9", now
	o.Health, o.HealthSince, o.Absent, o.ChangedSince, o.Tree = fleet.Missing, noon.Add(-time.Hour), []fleet.ComponentName{"cart"}, noon.Add(-time.Hour), "t"
	o.Held, o.Causes = "auto-sync is off", []fleet.HoldCause{fleet.AutoSyncOff}
	o.Workings = &fleet.Workings{
		Applications: 2, Deleting: 1, Expected: &expected, Phase: fleet.OperationRunning, Running: noon.Add(-time.Minute), Ended: noon.Add(-time.Hour), Took: 90 * time.Second,
		SelfHeal: true, Window: new(bool), Conditions: []fleet.ConditionCount{{Type: "SyncError", Count: 1}}, Targets: []string{"tier-2"},
	}
	return o
}

// troubled is a fleet in which everything that can be told of is the case.
func troubled(t *testing.T) *Exporter {
	d := labFleet(t).Declarations()
	d.ShopGroups = append(d.ShopGroups, fleet.ShopGroup{Name: "narrow", ShopSets: []fleet.ShopSetName{"a-1"}, FailureDomains: 2})
	f := mustFleet(t, d)
	e := New(f, newRecorder(), Options{MaxAge: 10 * time.Minute, Build: Build{Version: "1.2.3", Revision: "abc", Go: "go1"}})
	view := View{Fleet: f, History: line{20}, Heads: map[fleet.TierName]fleet.Head{}}
	for i, tier := range f.Tiers() {
		view.Heads[tier.Name] = fleet.Head{Release: commit(10 - i), At: noon.Add(-2 * time.Hour)}
	}
	for minute := range 3 { // the second and the third time something has changed
		now := noon.Add(time.Duration(minute) * time.Minute)
		view.Observations = nil
		for _, s := range f.ShopSets() {
			tier, _ := f.Tier(s.Tier)
			o := well(s.Name, now, 10-tier.Order)
			switch {
			case s.Name == "c-1" && minute > 0:
				n := 3
				o.Sync, o.OutOfSync = fleet.OutOfSync, &n
			case s.Name == "a-1" && minute > 0:
				o.Release, o.Health = commit(99), fleet.Degraded // nobody knows it
			case s.Name == "c-3":
				o = busy(o, now)
			case s.Name == "a-3":
				o.Parts = []fleet.Part{{Source: "ctx", Namespace: "argocd", Name: "a-3-cart", Sync: fleet.Synced, Health: fleet.Healthy, OutOfSync: new(int), HealthSince: noon, Workings: *busy(o, now).Workings}, {Name: `odd "name"`, Health: "Splendid"}}
			case s.Name == "b-2":
				o.Unverified = "the sync to r9 has failed"
			case s.Name == "b-3":
				o.ObservedAt = now.Add(-time.Hour)
			case s.Name == "c-2" && minute == 2:
				o = fleet.Unknown("c-2", "gone")
			}
			view.Observations = append(view.Observations, o)
		}
		e.Refresh(now, view)
	}
	e.Documents(Documents{Loaded: noon, Findings: []fleet.Finding{
		{Rule: fleet.RuleInvalid, Kind: fleet.KindTier, Name: "late", What: "order: it is beta's"}, {Rule: fleet.RuleInvalid, Kind: fleet.KindTier, Name: "late", What: "branch: it is beta's"}, {Rule: fleet.RuleUnread, What: "no"},
	}})
	e.Health(Health{
		Clusters: []ClusterHealth{{Name: "ctx", Up: true, Reached: noon, WatchErrors: 2, Applications: 45, Strangers: 1, Changes: 99, ListTook: 1500 * time.Millisecond,
			Faults: map[fleet.Fault]int64{fleet.Throttled: 7}}, {Name: "dead", SecretsRefused: true, Compared: noon}},
		Git: &GitHealth{Up: true, Fetched: noon, Errors: 1}, State: StateHealth{Written: noon.Add(1500 * time.Millisecond)},
	})
	return e
}

func TestWhatIsExported(t *testing.T) {
	h := troubled(t).Metrics(nil)
	goldentest.Compare(t, "testdata/troubled.prom", []byte(read(t, scrape(t, h, "", "identity"))))
	goldentest.Compare(t, "testdata/troubled.openmetrics", []byte(read(t, scrape(t, h, openMetricsAccept, "identity"))))
}

func TestEveryFormatSaysTheSameCompressedOrNot(t *testing.T) {
	h := troubled(t).Metrics(nil)
	for _, accept := range []string{"", openMetricsAccept} {
		plain := scrape(t, h, accept, "")
		packed := scrape(t, h, accept, "deflate, gzip;q=0.8")
		if plain.Header.Get("Content-Encoding") != "" || packed.Header.Get("Content-Encoding") != "gzip" {
			t.Fatal("the encoding that was asked for is not the one that came")
		}
		if a, b := read(t, plain), read(t, packed); a != b || plain.Header.Get("Content-Length") != strconv.Itoa(len(a)) {
			t.Errorf("compressed %d bytes, not compressed %d, announced %s", len(b), len(a), plain.Header.Get("Content-Length"))
		}
	}
	if r := scrape(t, h, "", "gzip;q=0"); r.Header.Get("Content-Encoding") != "" {
		t.Error("gzip came although it was refused")
	}
}

func TestPrometheusReadsBothFormats(t *testing.T) {
	h := troubled(t).Metrics(NewProcess())
	text := read(t, scrape(t, h, "", "gzip"))
	parser := expfmt.NewTextParser(model.LegacyValidation)
	found, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for f := range families {
		if found[families[f].name] == nil {
			t.Errorf("%s: the story of this test does not show it", families[f].name)
		}
	}
	r := scrape(t, h, openMetricsAccept, "gzip")
	p, err := textparse.New([]byte(read(t, r)), r.Header.Get("Content-Type"), "", false, false, false, promlabels.NewSymbolTable())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if entry == textparse.EntrySeries {
			series, _, _ := p.Series()
			if seen[string(series)] {
				t.Errorf("%s is there twice", series)
			}
			seen[string(series)] = true
		}
	}
	if len(seen) < 300 {
		t.Errorf("only %d series", len(seen))
	}
}

func TestAChangeBetweenRefreshesShowsAtOnce(t *testing.T) {
	f := labFleet(t)
	e := New(f, newRecorder(), Options{})
	drifts := well("a-1", noon.Add(time.Second), 1)
	drifts.Sync = fleet.OutOfSync
	e.Observed(noon, drifts) // too early: left out
	e.Refresh(noon, View{Fleet: f, Observations: allWell(f, noon, 1)})
	e.Observed(noon.Add(time.Second), drifts)
	e.Observed(noon, fleet.Observation{ShopSet: "nobody's"})
	text := read(t, scrape(t, e.Metrics(nil), "", "gzip"))
	for _, want := range []string{
		`shopset_sync_status{shopset="a-1",tier="prod",state="OutOfSync"} 1`,
		`shopset_drifted_since_timestamp_seconds{shopset="a-1",tier="prod"} ` + fmt.Sprint(noon.Unix()+1),
		`shopset_drift_events_total{shopset="a-1",tier="prod"} 1`,
		`shopset_tier_sync_shopsets{tier="prod",state="OutOfSync"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no line %s", want)
		}
	}
	if s := e.Snapshot(); !s.At.Equal(noon) || s.ShopSets[4].Sync != fleet.OutOfSync {
		t.Errorf("the snapshot of %v does not have it: %+v", s.At, s.ShopSets[4])
	}
}

func TestAnotherFleetLeavesNothingOfTheOneBefore(t *testing.T) {
	f := labFleet(t)
	e := New(f, newRecorder(), Options{})
	e.Refresh(noon, View{Fleet: f, Observations: allWell(f, noon, 1)})
	d := f.Declarations()
	d.ShopSets, d.ShopGroups = d.ShopSets[:1], nil
	small := mustFleet(t, d)
	e.Refresh(noon, View{Fleet: small, Observations: allWell(f, noon, 1)})
	text := read(t, scrape(t, e.Metrics(nil), "", "gzip"))
	if strings.Contains(text, `shopset="a-1"`) || !strings.Contains(text, `shopset="c-2"`) || strings.Contains(text, `group="main"`) {
		t.Errorf("got:\n%s", text)
	}
}

func TestScrapesAndChangesAtTheSameTime(t *testing.T) {
	f := bigFleet(t, 300)
	e := New(f, newRecorder(), Options{})
	e.Refresh(noon, View{Fleet: f, Observations: allWell(f, noon, 1)})
	h := e.Metrics(nil)
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 30 {
				o := well(f.ShopSets()[(i*7+worker)%300].Name, noon.Add(time.Duration(i)*time.Second), 1)
				switch worker {
				case 0:
					e.Refresh(noon.Add(time.Duration(i)*time.Second), View{Fleet: f, Observations: allWell(f, noon, 1+i%2)})
				case 1:
					o.Sync = fleet.OutOfSync
					e.Observed(noon, o)
				default:
					if text := read(t, scrape(t, h, openMetricsAccept, "gzip")); !strings.HasSuffix(text, "# EOF\n") {
						t.Error("an answer has no end")
					}
				}
			}
		})
	}
	all.Wait()
}

func TestLabelsAreEscaped(t *testing.T) {
	if got, want := labels("x", "a\"b\\c\nd\xff"), `x="a\"b\\c\nd`+"\uFFFD"+`"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestStateFilesThatCannotBeUsed(t *testing.T) {
	for name, content := range map[string]string{
		"no JSON":                 "{",
		"another version":         `{"version": 2}`,
		"an unknown key":          `{"version": 1, "x": 1}`,
		"a ShopSet of nothing":    `{"version": 1, "shopsets": {"a": null}}`,
		"a negative count":        `{"version": 1, "shopsets": {"a": {"drift_events": -1}}}`,
		"half a histogram":        `{"version": 1, "tiers": {"a": {"lead": {"counts": [1], "count": 1}}}}`,
		"soaking without Release": `{"version": 1, "tiers": {"a": {"soaking_since": "2026-11-01T00:00:00Z"}}}`,
	} {
		path := filepath.Join(t.TempDir(), "state.json")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := OpenState(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	newer := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(newer, []byte(`{"version": 2, "what nobody knows yet": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenState(newer); err == nil || !strings.Contains(err.Error(), "a newer shopset_exporter wrote it (version 2, and this one knows 1): run that one") {
		t.Errorf("a newer version: %v", err)
	}
	link := filepath.Join(t.TempDir(), "link.json")
	if err := os.Symlink(newer, link); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenState(link); err == nil || !strings.Contains(err.Error(), link+" is a link, which is not followed") {
		t.Errorf("a link: %v", err)
	}
	if _, _, err := OpenState(filepath.Join(t.TempDir(), "missing", "state.json")); err == nil {
		t.Error("a folder that is not there is accepted")
	}
}

func TestTheStateFileIsReplacedWhenThereIsSomethingNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	s, r, err := OpenState(path)
	if err != nil {
		t.Fatal(err)
	}
	f := labFleet(t)
	e := New(f, r, Options{})
	for i, step := range []struct {
		at   time.Duration
		want bool
	}{{0, true}, {time.Second, false}, {saveAtLeast + time.Second, true}} {
		e.Refresh(noon.Add(step.at), View{Fleet: f, Observations: allWell(f, noon, 1)})
		if written, err := e.Save(s); written != step.want || err != nil {
			t.Errorf("step %d: written %v, want %v (%v)", i, written, step.want, err)
		}
	}
	if names, _ := filepath.Glob(path + "*"); len(names) != 1 {
		t.Errorf("files %v are there", names)
	}
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	e.Refresh(noon.Add(time.Hour), View{Fleet: f, Observations: allWell(f, noon, 2)})
	if _, err := e.Save(s); err == nil {
		t.Error("a folder that has gone is no error")
	}
}

// Whichever operation of the disk fails, and whenever the power is cut: the file is one that
// was saved, the newest once Save has said so, and what was not saved is tried again.
func TestTheStateOutlastsAPowerCut(t *testing.T) {
	for n := 0; ; n++ {
		dir, f := t.TempDir(), labFleet(t)
		path := filepath.Join(dir, "state.json")
		s, r, err := OpenState(path)
		if err != nil {
			t.Fatal(err)
		}
		d := disktest.New(t, dir)
		s.disk = d
		e := New(f, r, Options{})
		save := func(minute int) (string, error) {
			t.Helper()
			e.Refresh(noon.Add(time.Duration(minute)*time.Minute), View{Fleet: f, Observations: allWell(f, noon, minute)})
			want, err := json.Marshal(e.recorder)
			if err != nil {
				t.Fatal(err)
			}
			written, err := e.Save(s)
			if err == nil && !written {
				t.Fatalf("minute %d: not written", minute)
			}
			return string(want), err
		}
		left := func() string {
			t.Helper()
			_, r, err := OpenState(filepath.Join(d.PowerCut(t, dir, false), "state.json"))
			if err != nil {
				t.Fatalf("operation %d fails: %v", n, err)
			}
			got, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			return string(got)
		}
		first, err := save(1)
		if err != nil || left() != first {
			t.Fatalf("a power cut leaves %s, want %s (%v)", left(), first, err)
		}
		failed := d.FailOnce(n, errors.New("no space left on device"))
		second, err := save(3)
		if failed() != (err != nil) {
			t.Fatalf("operation %d fails: %v", n, err)
		}
		if got := left(); got != second && (err == nil || got != first) {
			t.Errorf("operation %d fails (%v): a power cut leaves %s", n, err, got)
		}
		if !failed() {
			return
		}
		if third, err := save(3); err != nil || left() != third {
			t.Errorf("after operation %d failed it is not tried again: %v", n, err)
		}
	}
}

func FuzzState(f *testing.F) {
	f.Add([]byte(`{"version":1,"at":"2026-11-01T00:00:00Z","origins":["a"],"shopsets":{"a-1":{"known":"Synced","drift_events":1}},"tiers":{"dev":{"had":[{"release":"a"}],"soaking_since":"2026-11-01T00:00:00Z","pending":[{"release":"b","since":"2026-11-01T00:00:00Z"}]}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := newRecorder()
		if r.UnmarshalJSON(data) != nil {
			return
		}
		fl := labFleet(t)
		e := New(fl, r, Options{MaxAge: time.Minute})
		for i := range 3 {
			e.Refresh(noon.Add(time.Duration(i)*time.Second), View{Fleet: fl, Observations: allWell(fl, noon, i%2), History: line{5}})
		}
		if text := read(t, scrape(t, e.Metrics(nil), "", "gzip")); !strings.Contains(text, "shopset_info") {
			t.Error("nothing is exported")
		}
		again, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if err := newRecorder().UnmarshalJSON(again); err != nil {
			t.Errorf("what was written is not read: %v", err)
		}
	})
}
