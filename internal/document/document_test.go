package document

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// note is a kind of document for tests.
type note struct {
	Header `json:",inline"`
	Spec   struct {
		Text   string            `json:"text"`
		From   *time.Time        `json:"from,omitempty"`
		For    Duration          `json:"for,omitempty"`
		Loud   bool              `json:"loud,omitempty"`
		Count  int               `json:"count,omitempty"`
		Tiers  []string          `json:"tiers,omitempty"`
		Labels map[string]string `json:"labels,omitempty"`
	} `json:"spec"`
}

var kinds = Kinds{"Note": func() any { return new(note) }}

const head = "apiVersion: example.dev/v1\nkind: Note\nmetadata: {name: n}\n"

func TestADocumentIsReadIntoItsType(t *testing.T) {
	text := head + "spec: {text: こんにちは, from: 2026-12-31T18:00:00+09:00, for: 1d12h, loud: true, count: 3, tiers: [a, b], labels: {k: v}}\n"
	objects, faults := Parse("n.yaml", []byte(text), "example.dev/v1", kinds)
	if len(faults) > 0 || len(objects) != 1 {
		t.Fatalf("%d objects, faults: %v", len(objects), faults)
	}
	n := objects[0].Value.(*note)
	want := time.Date(2026, 12, 31, 9, 0, 0, 0, time.UTC)
	if n.Metadata.Name != "n" || n.Spec.Text != "こんにちは" || !n.Spec.From.Equal(want) || n.Spec.For.Duration != 36*time.Hour ||
		!n.Spec.Loud || n.Spec.Count != 3 || strings.Join(n.Spec.Tiers, "") != "ab" || n.Spec.Labels["k"] != "v" {
		t.Errorf("read %+v", n)
	}
}

func TestEveryFaultSaysWhereAndWhatToDo(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"an unknown key", head + "spec: {text: a, tier: [x]}", `n.yaml:4:17: Note "n": spec.tier: unknown key (did you mean "tiers"?)`},
		{"a missing key", head + "spec: {}", `n.yaml:4:7: Note "n": spec.text: is missing`},
		{"a number where a text belongs", head + "spec: {text: 12}", `n.yaml:4:14: Note "n": spec.text: needs a text, found the number 12; write it in quotes: "12"`},
		{"a text where a boolean belongs", head + "spec: {text: a, loud: often}", `needs true or false, found the text "often"`},
		{"a time without a zone", head + "spec: {text: a, from: 2026-12-31 18:00}", `spec.from: needs a time with its zone, such as 2026-12-31T18:00:00+09:00, found "2026-12-31 18:00"`},
		{"a duration without a unit", head + "spec: {text: a, for: \"12\"}", `spec.for: "12" is not a duration`},
		{"a key given twice", head + "spec:\n  text: a\n  text: b", `n.yaml:6:3: Note "n": spec.text: is given twice, first on line 5`},
		{"an unknown kind that is near", strings.Replace(head, "Note", "Nte", 1), `n.yaml:2:7: document: kind: unknown kind "Nte" (did you mean "Note"?)`},
		{"a kind from elsewhere", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}", `ConfigMap of v1 does not belong here; the kinds are Note`},
		{"another version", strings.Replace(head, "/v1", "/v9", 1), `unknown version "example.dev/v9"; write example.dev/v1`},
		{"no mapping", "- a", `needs a mapping with apiVersion, kind, metadata and spec, found a list`},
		{"no YAML", "a: [", `n.yaml:1: is not YAML: `},
		{"no UTF-8", "a: \xff", `n.yaml:1: is not UTF-8 text`},
		{"a fault in the second document", head + "spec: {text: a}\n---\n" + head + "spec: {text: []}", `n.yaml:9:14: Note "n": spec.text: needs a text, found a list`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, faults := Parse("n.yaml", []byte(test.text), "example.dev/v1", kinds)
			if len(faults) != 1 || !strings.Contains(faults.Error(), test.want) {
				t.Errorf("faults:\n%v\nwant one with:\n%s", faults, test.want)
			}
		})
	}
}

func TestFilesAreReadOnceAndAFolderMayBeEmpty(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a*b") // a name that looks like a pattern
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "n.yaml"), []byte(head+"spec: {text: a}"), 0o644); err != nil {
		t.Fatal(err)
	}
	objects, faults := Load(dir, "example.dev/v1", kinds, "*.yaml", "n.yaml", "none/*.yaml")
	if len(objects) != 1 || len(faults) != 0 {
		t.Errorf("%d objects, faults %v; want one object", len(objects), faults)
	}
}

func TestAFollowingFaultKnowsThatItsPathIsBroken(t *testing.T) {
	objects, _ := Parse("n.yaml", []byte(head+"spec: {text: a, tiers: [b, 1]}"), "example.dev/v1", kinds)
	o := objects[0]
	if _, ok := o.Fault("spec.tiers", "x"); ok {
		t.Error("a list with a faulty element is not broken")
	}
	f, ok := o.Fault("spec.text", "is %s", "odd")
	if !ok || f.Error() != `n.yaml:4:14: Note "n": spec.text: is odd` {
		t.Errorf("got %v, %v", f, ok)
	}
}

func TestDurationsAreWrittenAsTheyAreRead(t *testing.T) {
	for _, text := range []string{"90s", "24h", "7d", "1d12h", "1h30m", "1m30s", "500ms"} {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		var again Duration
		if err := again.UnmarshalText([]byte(d.String())); err != nil || again != d {
			t.Errorf("%s is written as %s, read as %v, %v", text, d, again.Duration, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(head + "spec: {text: a, from: 2026-12-31T18:00:00+09:00, for: 1d12h}")
	f.Add("a: &a [*a]")
	f.Add("---\n---\n%YAML 1.1\n---\n" + head)
	f.Fuzz(func(t *testing.T, text string) {
		objects, faults := Parse("f", []byte(text), "example.dev/v1", kinds)
		for _, fault := range faults {
			if fault.Message == "" || fault.Line < 1 {
				t.Errorf("fault %+v says nothing or nowhere", fault)
			}
		}
		for _, o := range objects {
			if len(faults) == 0 && o.Value.(*note).Metadata.Name == "" && !strings.Contains(text, "name") {
				t.Error("a document without a name passed")
			}
		}
	})
}

// TestDocumentsAreReadAlikeTogetherAndAlone compares what is read of many documents at
// once with what is read of each by itself.
func TestDocumentsAreReadAlikeTogetherAndAlone(t *testing.T) {
	pieces := []string{"a: 1\n", "b: [1, 2]\n", "# only a remark\n", "", "x: &a {y: 1}\nz: *a\n", "text: |\n  ---x\n  more\n", "list:\n- ---\n",
		"broken: [1\n", "\ttab\n", "a: 1\na: 1\n", "z: *nobody\n", "...\n", "\"quoted\": 'it''s'\n", "k: v # ---\n", "日本: 語\n", "? complex\n: value\n", "- 1\n- 2"}
	starts := []string{"---\n", "--- # remark\n", "---  \n", "--- {a: b}\n", "---\r\n"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var text strings.Builder
		for range 1 + r.IntN(6) {
			text.WriteString(starts[r.IntN(len(starts))])
			text.WriteString(pieces[r.IntN(len(pieces))])
			if s := text.String(); s[len(s)-1] != '\n' {
				text.WriteString("\n")
			}
		}
		got, unread, faults := Roots("f.yaml", []byte(text.String()))
		var want []*yaml.Node
		var unreadable int
		for _, c := range split([]byte(text.String())) {
			roots, err := parse(c)
			want = append(want, roots...)
			if err != nil {
				unreadable++
			}
		}
		for _, n := range slices.Concat(got, want) {
			uncomment(n)
		}
		if !reflect.DeepEqual(got, want) || len(unread) != unreadable || len(faults) != unreadable {
			t.Fatalf("%q: %d roots, %d unread; one by one %d and %d", text.String(), len(got), len(unread), len(want), unreadable)
		}
	}
}

// uncomment takes the comments away, which nobody reads.
func uncomment(n *yaml.Node) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	for _, child := range n.Content {
		uncomment(child)
	}
}
