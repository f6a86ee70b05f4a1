package fleet

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// reread writes a Snapshot down and reads it back, as a restart does.
func reread(t *testing.T, s Snapshot) Snapshot {
	t.Helper()
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Snapshot
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile("../docs/fleet.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestJSONIsOfTheSchemaAndReadsBackTheSame(t *testing.T) {
	schema := schema(t)
	random := rand.New(rand.NewPCG(5, 6))
	snapshots := []Snapshot{{}, Observe(mustNew(t, Declarations{}), noon, Seen{})}
	for range 50 {
		f := mustNew(t, randomFleet(random))
		snapshots = append(snapshots, Observe(f, noon, randomSeen(random, f)))
	}
	for i := range snapshots {
		if i%2 == 1 {
			snapshots[i].Documents = &DocumentsState{Valid: i%3 == 0, LoadedAt: noon, Findings: []Finding{{RuleInvalid, KindTier, "low", "so", "mend it"}}[:i%2]}
			snapshots[i].Git = &Git{FetchedAt: noon.Add(time.Duration(i%3) * time.Minute), Up: i%4 == 1}
		}
	}
	for i, s := range snapshots {
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(reread(t, s))
		if err != nil || !bytes.Equal(data, again) {
			t.Fatalf("it reads back different (%v):\n%s\n%s", err, data, again)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document); err != nil && i > 0 { // the zero Snapshot has no time
			t.Fatalf("%v in %s", err, data)
		}
	}
}

func TestWhatIsNotKnownIsNull(t *testing.T) {
	data, err := json.Marshal(Observe(three(t), noon, Seen{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"sync":"Unknown","health":"Unknown","release":null`, `"release_since":null,"changed_since":null,"drifted_since":null`, `"serves":null,"unserved":"","resources_missing":null`, `"argocd":null`, `"observed_at":null`,
		`"resources_out_of_sync":null,"behind":null,"images":[]`, `"available":null,"required":2`, `"branch":"b1","release":null`, `"git":null`,
	} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %s in %s", want, data)
		}
	}
}

func TestReadingASnapshotRefusesWhatIsNone(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"another version":     {`{"version": 2}`, "version 2"},
		"no version":          {`{}`, "version 0"},
		"a list":              {`[]`, "read fleet snapshot"},
		"a word of tomorrow":  {`{"version": 1, "shopsets": [{"shopset": "a", "sync": "Syncing", "health": "Healthy"}]}`, `shopsets[0] (a): sync "Syncing"`},
		"a text for a figure": {`{"version": 1, "groups": [{"required": "2"}]}`, "read fleet snapshot"},
	} {
		var s Snapshot
		err := json.Unmarshal([]byte(tt.text), &s)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %s", name, err, tt.want)
		}
	}
	var s Snapshot
	if err := json.Unmarshal([]byte(`{"version": 1, "new": 1, "shopsets": [{"shopset": "a", "sync": null, "health": null, "new": 2}]}`), &s); err != nil {
		t.Fatal(err)
	}
	if s.ShopSets[0].Sync != SyncUnknown || s.ShopSets[0].Health != HealthUnknown {
		t.Errorf("%+v", s.ShopSets[0])
	}
}

// An exporter of before says nothing of what is missing, pending or held: that is known of
// what it told, also where it is written down again.
func TestWhatAnExporterOfBeforeToldIsKnownToBeLess(t *testing.T) {
	var s Snapshot
	if err := json.Unmarshal([]byte(`{"version": 1, "shopsets": [{"shopset": "a", "sync": "Synced", "health": "Healthy", "unverified": ""}, {"shopset": "b", "sync": "Synced", "health": "Healthy", "unserved": "", "unverified": "", "components_missing": []}]}`), &s); err != nil {
		t.Fatal(err)
	}
	for _, s := range []Snapshot{s, reread(t, s)} {
		if a, b := &s.ShopSets[0], &s.ShopSets[1]; !a.Untold || b.Untold || !a.Serves() || !b.Serves() || s.Documents != nil {
			t.Errorf("%+v", s)
		}
	}
}

// One that leaves out a part of that says less, too.
func TestAShopSetWithoutAPartOfWhatIsToldIsUntold(t *testing.T) {
	all := []string{`"unserved": ""`, `"unverified": ""`, `"components_missing": []`}
	for i := range all {
		told := slices.Delete(slices.Clone(all), i, i+1)
		var s Snapshot
		if err := json.Unmarshal([]byte(`{"version": 1, "shopsets": [{"shopset": "a", `+strings.Join(told, ", ")+`}]}`), &s); err != nil || !s.ShopSets[0].Untold {
			t.Errorf("without %s: %v, %+v", all[i], err, s.ShopSets)
		}
	}
}

func FuzzSnapshot(f *testing.F) {
	f.Add([]byte(`{"version": 1}`))
	f.Add([]byte(`{"version":1,"at":"2026-11-01T12:00:00Z","shopsets":[{"shopset":"a","tier":"t","sync":"Synced","health":"Healthy","release":"i","observed_at":"2026-11-01T12:00:00+09:00"}],"tiers":[{"tier":"t","ran":["i"]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s Snapshot
		if err := json.Unmarshal(data, &s); err != nil {
			return
		}
		once, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(reread(t, s))
		if err != nil || !bytes.Equal(once, again) {
			t.Fatalf("it reads back different (%v):\n%s\n%s", err, once, again)
		}
	})
}
