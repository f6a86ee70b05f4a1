package promotion_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/render"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// decisions are those of the golden files.
func decisions(t testing.TB) map[string]promotion.Decision {
	change := func(to fleet.TierName, changes ...func(*promotion.Evidence)) promotion.Decision {
		e := healthy(t, to)
		for _, c := range changes {
			c(&e)
		}
		return promotion.Decide(promotion.Policy{}, e, now)
	}
	noRelease := func(e *promotion.Evidence) { e.Release = "" }
	return map[string]promotion.Decision{
		"promote": change("prod", on("b-2", atRisk)),
		"hold": change("prod", on("a-2", fire(slo.Page)), on("a-2", exhaust), on("b-1", silence), on("c-3", few),
			func(e *promotion.Evidence) { e.Groups[0].Domains = e.Groups[0].Domains[:1] }),
		"inconclusive": change("prod", on("b-1", few), on("a-2", quiet(0.8)), noRelease,
			on("a-1", func(b *status.Budget) { b.LastSample = now.Add(-3*time.Hour - 12*time.Minute) })),
		"unreachable": change("prod", away, func(e *promotion.Evidence) { e.Report.Budgets = nil }),
		"no-evidence": change("beta"),
		"skipped":     change("prod-ha"),
	}
}

func validate(t *testing.T, data []byte) {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile("../docs/gate.schema.json")
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
	for name, d := range decisions(t) {
		t.Run(name, func(t *testing.T) {
			data := d.AppendJSON(nil)
			validate(t, data)
			if name == "hold" {
				golden(t, "hold.json", string(data)+"\n")
			}
			viaJSON, err := json.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			var compact bytes.Buffer
			if err := json.Compact(&compact, data); err != nil || compact.String() != string(viaJSON) {
				t.Errorf("json.Marshal writes something else than AppendJSON (%v)", err)
			}
		})
	}
}

func TestAThinClientShowsWhatTheServerDecided(t *testing.T) {
	for name, d := range decisions(t) {
		t.Run(name, func(t *testing.T) {
			got, err := promotion.Decode(d.AppendJSON(nil))
			if err != nil {
				t.Fatal(err)
			}
			if got.ExitCode() != d.ExitCode() || got.Verdict != d.Verdict {
				t.Errorf("%s, exit code %d, the server has %s, %d", got.Verdict, got.ExitCode(), d.Verdict, d.ExitCode())
			}
			if there, here := shown(t, d), shown(t, got); there != here {
				t.Errorf("the client shows\n%s\nthe server\n%s", here, there)
			}
			validate(t, got.AppendJSON(nil))
		})
	}
}

func shown(t testing.TB, d promotion.Decision) string {
	t.Helper()
	var out strings.Builder
	if err := render.Text(&out, text.English, d, 80, true); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestDecodeRefusesWhatItCannotTrust(t *testing.T) {
	whole := string(decisions(t)["hold"].AppendJSON(nil))
	cases := []struct{ name, old, new, want string }{
		{"no JSON", `{"version"`, `{version`, "invalid character"},
		{"no version", `"version": 1, `, ``, "version"},
		{"another version", `"version": 1`, `"version": 2`, "version 2"},
		{"no target", `"to": "prod"`, `"towards": "prod"`, `"to" is missing`},
		{"an unknown result", `"result": "fail"`, `"result": "fine"`, `result "fine"`},
		{"a check without a name", `"check": "budget"`, `"check": ""`, "missing name"},
		{"a decision that its checks do not bear", `"decision": "hold"`, `"decision": "promote"`, "do not act on it"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			broken := strings.Replace(whole, c.old, c.new, 1)
			if broken == whole {
				t.Fatal("the test replaces nothing")
			}
			if _, err := promotion.Decode([]byte(broken)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, d := range decisions(f) {
		f.Add(d.AppendJSON(nil))
	}
	f.Add([]byte(`{"version":1,"at":"2026-11-01T00:00:00+09:00","to":"x","decision":"inconclusive","checks":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := promotion.Decode(data)
		if err != nil {
			return
		}
		again, err := promotion.Decode(d.AppendJSON(nil))
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if !bytes.Equal(again.AppendJSON(nil), d.AppendJSON(nil)) || again.ExitCode() != d.ExitCode() {
			t.Fatal("read twice, it differs")
		}
		if d.Verdict == promotion.Promote != (d.ExitCode() == 0) {
			t.Fatalf("%s is exit code %d", d.Verdict, d.ExitCode())
		}
		shown(t, d)
	})
}

// bigEvidence is of two Tiers with so many ShopSets together, and two SLOs.
func bigEvidence(tb testing.TB, n int) (promotion.Evidence, *status.Report) {
	tb.Helper()
	f := bigFleet(tb, n)
	report := status.Compute(now, f, slos(tb), slo.DefaultBurnAlerts(), ledger{})
	e, err := promotion.Gather(f, slos(tb), report, "prod", "3f2c1ab")
	if err != nil {
		tb.Fatal(err)
	}
	return e, &e.Report
}

func bigFleet(tb testing.TB, n int) *fleet.Fleet {
	tb.Helper()
	d := fleet.Declarations{
		Tiers:          []fleet.Tier{{Name: "beta", Order: 0, Branch: "a"}, {Name: "prod", Order: 1, Branch: "b"}},
		Configurations: []fleet.Configuration{{Name: "production"}},
		FailureDomains: []fleet.FailureDomain{{Name: "east"}},
	}
	for i := range n {
		d.ShopSets = append(d.ShopSets, fleet.ShopSet{Name: fleet.ShopSetName(fmt.Sprintf("s-%05d", i)), Tier: d.Tiers[i%2].Name,
			Configuration: "production", FailureDomain: "east"})
	}
	f, err := fleet.New(d)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func BenchmarkDecideOn5000Budgets(b *testing.B) {
	e, _ := bigEvidence(b, 2500)
	var buf []byte
	for b.Loop() {
		buf = promotion.Decide(promotion.Policy{}, e, now).AppendJSON(buf[:0])
	}
	b.ReportMetric(float64(len(buf)), "bytes")
}

// The gate to a Tier of a fleet of 1,000 ShopSets × 5 SLOs over five Tiers judges 2,000
// budgets, and compares 1,000 with the time before; or takes what another question has made.
func BenchmarkRecordOn2000BudgetsWithAllChecks(b *testing.B) {
	e, report := bigEvidence(b, 1000)
	f := bigFleet(b, 1000)
	e.See(view(b, f, "prod"))
	closed := e.Close(f, slos(b), *report, ledger{}, now, required())
	for _, shared := range []bool{false, true} {
		b.Run(fmt.Sprintf("shared=%v", shared), func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				if shared {
					e.Use(closed)
				} else {
					e.Close(f, slos(b), *report, ledger{}, now, required())
				}
				var err error
				if buf, err = promotion.Judge("v1", required(), e, now).AppendJSON(buf[:0]); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(buf)), "bytes")
		})
	}
}
