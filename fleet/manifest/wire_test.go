package manifest

import (
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

// What a cluster's client does with the same bytes has to give the same objects.
func TestJSONReadsTheSameDocuments(t *testing.T) {
	f := loadExamples(t)
	files, err := filepath.Glob(filepath.Join(examples, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("examples: %v, %v", files, err)
	}
	var all strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString("---\n" + string(data))
	}
	decoder := yaml.NewDecoder(strings.NewReader(all.String()))
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
		if object == nil {
			continue
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
		d, err := parseDuration(tt.text)
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
