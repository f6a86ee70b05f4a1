package status_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

func validate(t *testing.T, data []byte) {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile("../docs/status.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(doc); err != nil {
		t.Error(err)
	}
}

func TestJSON(t *testing.T) {
	r := busy(t)
	data := r.AppendJSON(nil)
	golden(t, "status.json", string(data)+"\n")
	validate(t, data)
	validate(t, status.Report{At: at}.AppendJSON(nil))
	viaJSON, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil || compact.String() != string(viaJSON) {
		t.Errorf("json.Marshal writes something else than AppendJSON (%v)", err)
	}
}

func TestJSONHasTheKeysOfTheDesign(t *testing.T) {
	var doc struct {
		Version *int
		At      *string
		Budgets []map[string]any
	}
	if err := json.Unmarshal(busy(t).AppendJSON(nil), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Version == nil || *doc.Version != 1 || doc.At == nil || *doc.At != "2026-11-01T00:00:30Z" {
		t.Errorf("version %v, at %v", doc.Version, doc.At)
	}
	for _, b := range doc.Budgets {
		for _, key := range []string{"slo", "objective", "window", "shopset", "tier", "unit", "state", "window_start", "window_end",
			"good", "total", "bad", "sli", "coverage", "last_sample", "budget", "burn_rates"} {
			if _, ok := b[key]; !ok {
				t.Errorf("%v %v has no key %q", b["shopset"], b["slo"], key)
			}
		}
		burn := b["burn_rates"].(map[string]any)
		for _, key := range []string{"5m", "30m", "1h", "2h", "6h", "1d", "3d"} {
			if _, ok := burn[key]; !ok {
				t.Errorf("%v %v has no burn rate %q", b["shopset"], b["slo"], key)
			}
		}
		if b["state"] == "no_data" && (b["good"] != nil || b["sli"] != nil || burn["1h"] != nil) {
			t.Errorf("%v %v has no data and figures: %v", b["shopset"], b["slo"], b)
		}
	}
}

func TestNumbersAreWrittenAsPeopleExpect(t *testing.T) {
	for f, want := range map[float64]string{0: "0", 1e6: "1000000", 123456789012: "123456789012", 0.999: "0.999",
		-12: "-12", 0.00001: "0.00001", 1e-9: "1e-09", 1e22: "1e+22", 2.5: "2.5"} {
		total := f
		r := status.Report{At: at, Budgets: []status.Budget{{Budget: slo.Budget{Total: &total}}}}
		if got := string(r.AppendJSON(nil)); !strings.Contains(got, `"total": `+want+",") {
			t.Errorf("%v is not written %s: %s", f, want, got)
		}
	}
}

func TestDecodeGivesBackWhatWasWritten(t *testing.T) {
	r := busy(t)
	got, err := status.Decode(r.AppendJSON(nil))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, r) {
		t.Errorf("read back it is another report:\n%s", got.AppendJSON(nil))
	}
	if table(t, got, false) != table(t, r, false) {
		t.Error("a thin client shows another table than the server")
	}
	odd := "quote \" backslash \\ line\n日本 \xff"
	r.Budgets[0].DisplayName, r.Budgets[0].Notes = odd, []string{odd}
	if got, err = status.Decode(r.AppendJSON(nil)); err != nil || got.Budgets[0].Notes[0] != strings.ToValidUTF8(odd, "\ufffd") {
		t.Errorf("%q comes back as %q, %v", odd, got.Budgets[0].Notes, err)
	}
}

func TestDecodeRefusesWhatItCannotUnderstand(t *testing.T) {
	whole := string(status.Report{At: at, Alerts: slo.DefaultBurnAlerts(), Budgets: busy(t).Budgets[1:2]}.AppendJSON(nil))
	if _, err := status.Decode([]byte(whole)); err != nil {
		t.Fatal(err)
	}
	cases := []struct{ name, old, new, want string }{
		{"no JSON", `{"version"`, `{version`, "invalid character"},
		{"no version", `"version": 1, `, ``, "version"},
		{"another version", `"version": 1`, `"version": 2`, "version 2"},
		{"no time", `"at": "2026`, `"when": "2026`, `"at"`},
		{"an unknown state", `"state": "at_risk"`, `"state": "fine"`, `unknown state "fine"`},
		{"an unknown unit", `"unit": "events"`, `"unit": "apples"`, `unknown unit "apples"`},
		{"a count missing", `"good": `, `"gut": `, "a count"},
		{"an objective of 1", `"objective": 0.999`, `"objective": 1`, "objective"},
		{"a coverage above 1", `"coverage": 1`, `"coverage": 1.5`, "coverage"},
		{"no shopset", `"shopset": "c-1"`, `"shopset": ""`, "shopset"},
		{"a window that is none", `{"5m": `, `{"5 minutes": `, `"5 minutes" is no window`},
		{"no alerts firing listed", `"firing": `, `"burning": `, "firing"},
		{"an alert without a factor", `"factor": `, `"fact": `, "no factor"},
		{"an alert of no severity", `"severity": "page"`, `"severity": "loud"`, "severity"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			broken := strings.Replace(whole, c.old, c.new, 1)
			if broken == whole {
				t.Fatalf("the test replaces nothing in %s", whole)
			}
			if _, err := status.Decode([]byte(broken)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(busy(f).AppendJSON(nil))
	f.Add(status.Report{At: at}.AppendJSON(nil))
	f.Add([]byte(`{"version":1,"at":"2026-11-01T00:00:00+09:00","alerts":[],"budgets":[{"slo":"a"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := status.Decode(data)
		if err != nil {
			return
		}
		again, err := status.Decode(r.AppendJSON(nil))
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if !bytes.Equal(again.AppendJSON(nil), r.AppendJSON(nil)) {
			t.Fatal("read twice, it differs")
		}
		var out strings.Builder
		if err := r.WorstFirst().WriteTable(&out, text.English, true, 80); err != nil {
			t.Fatal(err)
		}
	})
}

// big is a fleet of n ShopSets, and a ledger that answers for all of them.
func big(b *testing.B, n int) (*fleet.Fleet, []slo.SLO, status.Ledger) {
	d := fleet.Declarations{
		Tiers:          []fleet.Tier{{Name: "dev", Order: 0, Branch: "a"}, {Name: "prod", Order: 1, Branch: "b"}},
		Configurations: []fleet.Configuration{{Name: "production"}},
		FailureDomains: []fleet.FailureDomain{{Name: "east"}},
	}
	l := ledger{}
	slos := []slo.SLO{ratioSLO(b, "a", 0.999), ratioSLO(b, "b", 0.99), ratioSLO(b, "c", 0.9), ratioSLO(b, "d", 0.95), ratioSLO(b, "e", 0.995)}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range n {
		name := "s-" + time.Duration(i).String()
		d.ShopSets = append(d.ShopSets, fleet.ShopSet{Name: fleet.ShopSetName(name), Tier: d.Tiers[i%2].Name, Configuration: "production", FailureDomain: "east"})
		for _, s := range slos {
			l[name+" "+s.Name] = steady{perHour: float64(r.IntN(1e6)), bad: r.Float64() * 0.002, covered: 1}
		}
	}
	f, err := fleet.New(d)
	if err != nil {
		b.Fatal(err)
	}
	return f, slos, l
}

func BenchmarkComputeAndWrite5000Budgets(b *testing.B) {
	f, slos, l := big(b, 1000)
	var buf []byte
	for b.Loop() {
		buf = status.Compute(at, f, slos, slo.DefaultBurnAlerts(), l).AppendJSON(buf[:0])
	}
	b.ReportMetric(float64(len(buf))/5000, "bytes/budget")
}

func BenchmarkWrite5000Budgets(b *testing.B) {
	f, slos, l := big(b, 1000)
	r := status.Compute(at, f, slos, slo.DefaultBurnAlerts(), l)
	var buf []byte
	for b.Loop() {
		buf = r.AppendJSON(buf[:0])
	}
}
