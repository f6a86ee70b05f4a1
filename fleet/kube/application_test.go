package kube

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/shopslo/shopslo/fleet"
)

// parse reads an Application as the API server's answer is read.
func parse(t testing.TB, text string) item {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var i item
	if err := json.Unmarshal(data, &i); err != nil {
		t.Fatal(err)
	}
	return i
}

// describe writes an Application on a line.
func describe(a appObject) string {
	var deployed []string
	for _, d := range a.Deployed {
		at := "?"
		if !d.At.IsZero() {
			at = d.At.Format("15:04")
		}
		deployed = append(deployed, d.Revision+"@"+at)
	}
	outOfSync := "?"
	if a.OutOfSync != nil {
		outOfSync = fmt.Sprint(*a.OutOfSync)
	}
	return fmt.Sprintf("%s %s %v %s", a.Sync, a.Health, deployed, outOfSync)
}

const history = `
  history:
  - {id: 0, revision: r1, deployedAt: "2026-11-01T10:00:00Z", source: {repoURL: x}}
  - {id: 1, revision: r2, deployedAt: "2026-11-01T11:00:00Z", source: {repoURL: x}}
  reconciledAt: "2026-11-01T12:00:00Z"`

func TestConvert(t *testing.T) {
	const single, several = "spec: {source: {repoURL: x, path: overlays/a-1}}\nstatus:", `
spec:
  sources:
  - {repoURL: charts, chart: c}
  - {repoURL: values, ref: values}
  - {repoURL: x, path: overlays/a-1}
status:`
	for _, tt := range []struct{ name, document, want, reason string }{
		{"synced and healthy", single + history + `
  sync: {status: Synced, revision: r2}
  health: {status: Healthy}`, "Synced Healthy [r2@11:00 r1@10:00] 0", ""},
		{"a commit that changes nothing leaves no history", single + history + `
  sync: {status: Synced, revision: r3}
  health: {status: Healthy}`, "Synced Healthy [r3@? r2@11:00 r1@10:00] 0", ""},
		{"out of sync: what is compared does not run", single + history + `
  sync: {status: OutOfSync, revision: r3}
  health: {status: Progressing}
  resources: [{kind: A, status: OutOfSync}, {kind: B, status: Synced}, {kind: C, status: OutOfSync, requiresPruning: true}]`,
			"OutOfSync Progressing [r2@11:00 r1@10:00] 2", ""},
		{"several sources: that of the folder counts", several + `
  sync: {status: Synced, revisions: [1.0.0, v9, r2]}
  health: {status: Healthy}
  history: [{id: 3, deployedAt: "2026-11-01T11:00:00Z", revisions: [1.0.0, v9, r2], sources: []}]`, "Synced Healthy [r2@11:00] 0", ""},
		{"several sources, fewer revisions", several + `
  sync: {status: Synced, revisions: [1.0.0]}
  health: {status: Healthy}`, "Synced Healthy [] 0", ""},
		{"health is missing", single + history + `
  sync: {status: Synced, revision: r2}`, "Synced Unknown [r2@11:00 r1@10:00] 0", "Argo CD says no health"},
		{"a health of tomorrow", single + `
  sync: {status: Synced}
  health: {status: Splendid}`, "Synced Unknown [] 0", "Argo CD says no health"},
		{"never compared", single + " {}", "Unknown Unknown [] ?", "has not compared it yet"},
		{"cannot be compared", single + history + `
  sync: {status: Unknown, revision: r2}
  health: {status: Healthy}
  conditions:
  - {type: SharedResourceWarning, message: shared}
  - {type: ComparisonError, message: "rpc error:\n  repository not found"}`, "Unknown Healthy [r2@11:00 r1@10:00] ?", "ComparisonError: rpc error: repository not found"},
		{"in the middle of a sync", single + history + `
  sync: {status: OutOfSync, revision: r3}
  health: {status: Healthy}
  operationState: {phase: Running, startedAt: "2026-11-01T11:59:00Z", operation: {}, syncResult: {revision: r3}}`,
			"OutOfSync Healthy [] 0", "the sync to r3 has been running"},
		{"a sync was given up", single + history + `
  sync: {status: OutOfSync, revision: r3}
  health: {status: Missing}
  operationState: {phase: Error, message: refused, startedAt: "2026-11-01T11:59:00Z", operation: {}, syncResult: {revision: r3}}`,
			"OutOfSync Missing [] 0", "the sync to r3 has ended in an error: refused"},
		{"a sync was given up, and a later one was not", single + history + `
  sync: {status: OutOfSync, revision: r3}
  health: {status: Degraded}
  operationState: {phase: Failed, startedAt: "2026-11-01T10:30:00Z", operation: {}, syncResult: {revision: r3}}`,
			"OutOfSync Degraded [r2@11:00 r1@10:00] 0", ""},
		{"a sync to what runs already fails", single + history + `
  sync: {status: OutOfSync, revision: r2}
  health: {status: Suspended}
  operationState: {phase: Failed, startedAt: "2026-11-01T11:30:00Z", operation: {}, syncResult: {revision: r2}}`,
			"OutOfSync Suspended [r2@11:00 r1@10:00] 0", ""},
		{"an operation without a result", single + history + `
  sync: {status: OutOfSync, revision: r2}
  health: {status: Healthy}
  operationState: {phase: Error, startedAt: "2026-11-01T11:30:00Z", operation: {}}`, "OutOfSync Healthy [r2@11:00 r1@10:00] 0", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i := parse(t, "metadata: {name: a}\n"+tt.document)
			if got := describe(i.app); got != tt.want || i.fault != nil {
				t.Errorf("got %s, want %s (%v)", got, tt.want, i.fault)
			}
			if !strings.Contains(i.app.Reason, tt.reason) || (tt.reason == "") != (i.app.Reason == "") {
				t.Errorf("reason %q, want %q", i.app.Reason, tt.reason)
			}
		})
	}
}

func TestRealApplications(t *testing.T) {
	all := documents(t, "applications")
	synced := 0
	for name, data := range all {
		var i item
		if err := json.Unmarshal(data, &i); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if i.app.Sync == fleet.Synced {
			synced++
		}
		if i.app.Sync == fleet.SyncUnknown && i.app.Reason == "" {
			t.Errorf("%s: Unknown, and no reason why", name)
		}
	}
	if synced < 5 {
		t.Errorf("the documents are poor: %d of %d are Synced", synced, len(all))
	}
	var i item
	if err := json.Unmarshal(all["argo-diff-cache.yaml"], &i); err != nil {
		t.Fatal(err)
	}
	first := i.app.Deployed[0]
	if i.Name != "velero-test" || i.app.Sync != fleet.Synced || i.app.Health != fleet.Healthy || first.Revision != "rev1" && len(first.Revision) != 40 ||
		!i.app.ObservedAt.Equal(time.Date(2024, 3, 5, 7, 33, 4, 0, time.UTC)) || len(i.app.Images) == 0 {
		t.Errorf("%+v", i.app)
	}
}

func TestAnUnknownShapeIsUnknownAndKeepsItsName(t *testing.T) {
	for name, document := range map[string]string{
		"a status that is a text":    "metadata: {name: a, namespace: ns, labels: {shopset.dev/shopset: a-1}}\nstatus: fine",
		"resources that are no list": "metadata: {name: a, namespace: ns, labels: {shopset.dev/shopset: a-1}}\nstatus: {sync: {status: Synced}, health: {status: Healthy}, resources: {a: b}}",
		"a time that is none":        "metadata: {name: a, namespace: ns, labels: {shopset.dev/shopset: a-1}}\nstatus: {reconciledAt: soon}",
	} {
		i := parse(t, document)
		if i.fault == nil || key(&i) != "ns/a" || i.Labels[defaultLabel] != "a-1" || i.app.Sync != fleet.SyncUnknown || !strings.Contains(i.app.Reason, "unknown shape") {
			t.Errorf("%s: %+v", name, i)
		}
	}
	if i := parse(t, "metadata: {name: a, labels: [x]}\nstatus: {sync: {status: Synced}}"); i.fault == nil || i.Name != "a" {
		t.Errorf("%+v", i)
	}
	var i item
	if err := json.Unmarshal([]byte(`{"metadata": "x"}`), &i); err == nil {
		t.Error("an object without a name is read")
	}
}

func FuzzItem(f *testing.F) {
	for _, data := range documents(f, "applications") {
		f.Add(data)
	}
	f.Fuzz(checkItem)
}

// checkItem holds what is true of every document, whatever is in it.
func checkItem(t *testing.T, data []byte) {
	var i item
	if json.Unmarshal(data, &i) != nil {
		return
	}
	if i.fault != nil && i.app.Reason == "" && i.app.Sync != fleet.Synced && i.app.Sync != fleet.OutOfSync {
		t.Errorf("faulty, and no reason why: %v", i.fault)
	}
	if i.app.Sync == fleet.SyncUnknown && i.app.Reason == "" {
		t.Errorf("Unknown, and no reason why: %s", data)
	}
	if (i.app.Sync == fleet.SyncUnknown) != (i.app.OutOfSync == nil) {
		t.Errorf("%s with %v resources out of sync: %s", i.app.Sync, i.app.OutOfSync, data)
	}
	for n, d := range i.app.Deployed {
		if d.Revision == "" {
			t.Errorf("deployment %d has no revision: %s", n, data)
		}
	}
}

// Nobody fuzzes each time, so a few thousand documents with bytes changed, cut and
// doubled are tried.
func TestDamagedApplications(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	all := documents(t, "applications")
	read := 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for range 100 {
			data := slices.Clone(all[name])
			for range 1 + random.IntN(3) {
				at, to := random.IntN(len(data)), random.IntN(len(data))
				switch random.IntN(3) {
				case 0:
					data[at] = "\"{}[]:,0n"[random.IntN(9)]
				case 1:
					data = slices.Delete(data, min(at, to), min(at, to)+1)
				default:
					from := min(at, to)
					data = slices.Insert(data, from, data[from:min(from+20, len(data))]...)
				}
			}
			var i item
			if json.Unmarshal(data, &i) == nil {
				read++
			}
			checkItem(t, data)
		}
	}
	if read == 0 {
		t.Error("none of them could be read: the damage is too great to show anything")
	}
}

func TestMapping(t *testing.T) {
	byAll, err := NewMapping("team/cell", `(?P<shopset>[a-z]-\d)-(lb|api)`, `(?:env/)?overlays/(?P<shopset>[^/]+)`)
	if err != nil {
		t.Fatal(err)
	}
	byLabel, err := NewMapping("", "", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		m      Mapping
		labels map[string]string
		app    string
		paths  []string
		want   string
	}{
		{"by the default label", byLabel, map[string]string{defaultLabel: "a-1"}, "x", nil, "a-1"},
		{"no label", byLabel, map[string]string{"team/cell": "a-1"}, "a-1", []string{"overlays/a-1"}, ""},
		{"a label that is no name", byLabel, map[string]string{defaultLabel: "A 1"}, "x", nil, ""},
		{"the label wins", byAll, map[string]string{"team/cell": "c-3"}, "a-1-lb", []string{"overlays/b-2"}, "c-3"},
		{"the name comes second", byAll, nil, "a-1-lb", []string{"overlays/b-2"}, "a-1"},
		{"the path comes last", byAll, nil, "anything", []string{"charts", "env/overlays/b-2"}, "b-2"},
		{"a pattern matches the whole text", byAll, nil, "a-1-lb-old", []string{"overlays/b-2/patches"}, ""},
		{"what matches is a name", byAll, nil, "", []string{"overlays/B_2"}, ""},
	} {
		got, ok := tt.m.shopSet(tt.labels, tt.app, tt.paths)
		if ok != (tt.want != "") || ok && string(got) != tt.want {
			t.Errorf("%s: %q, %v; want %q", tt.name, got, ok, tt.want)
		}
	}
	for pattern, want := range map[string]string{"overlays/(.*)": "no group (?P<shopset>", "(": "missing closing )"} {
		if _, err := NewMapping("", pattern, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", pattern, err)
		}
		if _, err := NewMapping("", "", pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}
