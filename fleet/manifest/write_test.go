package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/fleet"
	"go.yaml.in/yaml/v3"
)

func write(t *testing.T, f *fleet.Fleet) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWhatIsWrittenReadsBackTheSame(t *testing.T) {
	odd := strings.Replace(fine, "kind: Configuration\nmetadata: {name: production}",
		"kind: Configuration\nmetadata: {name: production}\nspec: {description: \" a: b # c\\n\\n\\té\u2028'\\\" \\x00\\x7f\\U0001F600 \"}", 1)
	odd = strings.ReplaceAll(odd, "name: a}", `name: "0"}`)
	odd = strings.ReplaceAll(odd, "failureDomain: a}", `failureDomain: "0", components: ["no", "1e3", "null"], match: {y: "yes", b: "2001-01-01", c: "~"}}`)
	odd = strings.ReplaceAll(odd, "match: {y:", `match: {"y":`)
	odd = strings.ReplaceAll(odd, "branch: tier-1}", "branch: \"010\", soak: 1d12h30m1.5s}")
	tests := map[string]string{"nothing": "", "a small fleet": fine, "texts that look like something else": odd}
	files, err := filepath.Glob(filepath.Join(examples, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("examples: %v, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tests["the examples"] += "---\n" + string(data)
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := Parse("f.yaml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			written := write(t, f)
			again, err := Parse("written.yaml", []byte(written))
			if err != nil {
				t.Fatalf("%v\n%s", err, written)
			}
			if !reflect.DeepEqual(f, again) {
				t.Errorf("differs after writing:\n%s", written)
			}
		})
	}
}

func TestWritingLeavesOutWhatIsAtItsDefault(t *testing.T) {
	f, err := Parse("f.yaml", []byte(fine))
	if err != nil {
		t.Fatal(err)
	}
	const want = `apiVersion: shopset.dev/v1alpha1
kind: ShopSet
metadata:
  name: a-1
spec:
  tier: prod
  configuration: production
  failureDomain: a
`
	if got := write(t, f); !strings.HasSuffix(got, "---\n"+want) {
		t.Errorf("got:\n%s\nwant at its end:\n%s", got, want)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteReportsAFailedWrite(t *testing.T) {
	if err := Write(brokenWriter{}, loadExamples(t)); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("got %v", err)
	}
}

// What a cluster's client does with the same bytes has to give the same objects.
func TestJSONReadsTheSameDocuments(t *testing.T) {
	f := loadExamples(t)
	decoder := yaml.NewDecoder(strings.NewReader(write(t, f)))
	var d Documents
	for {
		var object map[string]any
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		into := map[string]any{
			"Tier": grown(&d.Tiers), "Configuration": grown(&d.Configurations), "FailureDomain": grown(&d.FailureDomains),
			"ShopSet": grown(&d.ShopSets), "ShopGroup": grown(&d.ShopGroups),
		}[object["kind"].(string)].(func() any)()
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	again, err := fleet.New(d.Declarations())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(f, again) {
		t.Errorf("differs: %+v", again.Declarations())
	}
}

func grown[T any](objects *[]T) any {
	return func() any { return grow(objects).Addr().Interface() }
}

func TestDurations(t *testing.T) {
	tests := []struct {
		text    string
		written string // "" : refused
	}{
		{"24h", "1d"}, {"7d", "7d"}, {"1d12h", "1d12h"}, {"90s", "1m30s"}, {"0s", "0s"}, {"0d", "0s"}, {"1d0.5s", "1d500ms"},
		{"60m", "1h"}, {"10m", "10m"}, {"100us", "100µs"}, {"-1h", "-1h"}, {"106751d23h47m16.854775807s", "106751d23h47m16.854775807s"},
		{"", ""}, {"d", ""}, {"1", ""}, {"1 day", ""}, {"1w", "7d"}, {"1d-1h", ""}, {"1d+1h", ""}, {"1.5d", "1d12h"}, {"1h30m", "1h30m"},
		{"1.5h", "1h30m"}, {"2w", "14d"}, {"1y", "365d"}, {"--1h", ""}, {"1h ", ""}, {".h", ""}, {"106752d", ""}, {"106751d24h", ""}, {"99999999999d", ""},
	}
	for _, tt := range tests {
		d, err := ParseDuration(tt.text)
		if (err != nil) != (tt.written == "") {
			t.Errorf("%q: %v, %v", tt.text, d, err)
		}
		if err == nil && d.String() != tt.written {
			t.Errorf("%q is written %q, want %q", tt.text, d, tt.written)
		}
	}
}

func TestDurationsInJSONAreStrings(t *testing.T) {
	var spec TierSpec
	if err := json.Unmarshal([]byte(`{"soak": "1d"}`), &spec); err != nil || spec.Soak.Hours() != 24 {
		t.Errorf("%v, %v", spec, err)
	}
	for _, bad := range []string{`{"soak": 60}`, `{"soak": "1 day"}`} {
		if err := json.Unmarshal([]byte(bad), &spec); err == nil {
			t.Errorf("%s is read as %v", bad, spec.Soak)
		}
	}
	text, err := json.Marshal(Duration{36 * 3600 * 1e9})
	if err != nil || string(text) != `"1d12h"` {
		t.Errorf("%s, %v", text, err)
	}
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{100, 1000, 7000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			text := []byte(fine)
			for i := range n {
				text = fmt.Appendf(text, "---\napiVersion: shopset.dev/v1alpha1\nkind: ShopSet\nmetadata: {name: s-%d}\n"+
					"spec: {tier: prod, configuration: production, failureDomain: a, components: [lb, proxy, cart]}\n", i)
			}
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse("f.yaml", text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
