package promotion_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// troubled is a decision with everything in it that the forms have to show.
func troubled(t testing.TB) promotion.Record {
	t.Helper()
	e := whole(t, "prod")
	on("a-2", exhaust)(&e)
	on("b-2", atRisk)(&e)
	seenAs("b-1", drifted)(&e)
	comparing("b-1", counts(3, 200, 60, 600_000))(&e)
	e.Incidents.Items = append(e.Incidents.Items, promotion.Incident{ID: "inc-9", Title: "カート | <b>@sre</b> `x`\n*fail*", Scope: promotion.Scope{Tiers: []fleet.TierName{"prod"}}})
	e.Alerts.Error, e.Alerts.Items = "connection refused", nil
	e.Overrides.Items = []promotion.Override{{ID: "o-1", Who: "mika", Why: "agreed with | sales", Checks: []string{"drift"}, Until: now.Add(time.Hour)}}
	e.Fix = &promotion.Fix{URL: "https://git.example/shops/pull/12", By: "mika"}
	return promotion.Judge("v1.2.3", required(), e, now)
}

func write(t testing.TB, f func(io.Writer) error) string {
	t.Helper()
	var b strings.Builder
	if err := f(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestForms(t *testing.T) {
	r := troubled(t)
	golden(t, "troubled.md", write(t, r.WriteMarkdown))
	golden(t, "troubled.xml", write(t, r.WriteJUnit))
	golden(t, "troubled.sarif", write(t, func(w io.Writer) error { return r.WriteSARIF(w, "shopslo.yaml", "v1.2.3") }))
	golden(t, "troubled.txt", write(t, func(w io.Writer) error { return r.WriteText(w, 0, false) }))
	golden(t, "explained.txt", write(t, func(w io.Writer) error { return r.WriteExplanation(w, 0, false) }))
}

func TestEveryFormSaysWhoWaivedWhatWhyAndUntilWhen(t *testing.T) {
	r := troubled(t)
	data, err := r.AppendJSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"json": string(data), "markdown": write(t, r.WriteMarkdown), "junit": write(t, r.WriteJUnit),
		"text": write(t, func(w io.Writer) error { return r.WriteText(w, 0, false) }), "sarif": write(t, func(w io.Writer) error { return r.WriteSARIF(w, "f", "v") }),
	} {
		text = strings.Join(strings.Fields(text), " ")
		for _, want := range []string{"mika", "2026-11-01T01:00:30Z", "agreed with"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", name, want)
			}
		}
	}
}

func TestMarkdownIsNotWrittenByOthers(t *testing.T) {
	text := write(t, troubled(t).WriteMarkdown)
	for _, bad := range []string{"<b>", "@sre", "`x`", "*fail*", "with | sales"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q stands in it as it is:\n%s", bad, text)
		}
	}
	columns := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		if n := strings.Count(line, "|"); columns == 0 {
			columns = n
		} else if n != columns {
			t.Errorf("a row of %d columns among those of %d: %s", n-1, columns-1, line)
		}
	}
}

func TestMarkdownOfABigFleetFitsAComment(t *testing.T) {
	e, report := bigEvidence(t, 1000)
	for i := range report.Budgets {
		exhaust(&report.Budgets[i])
	}
	text := write(t, promotion.Decide(promotion.Policy{}, e, now).WriteMarkdown)
	if len(text) > 65_000 || !strings.Contains(text, "others.") {
		t.Errorf("%d bytes: %.500s", len(text), text)
	}
}

func TestJUnitFailsWhereTheGateDoesNotPromote(t *testing.T) {
	for name, change := range map[string]func(*promotion.Evidence){
		"promote": func(*promotion.Evidence) {}, "hold": on("a-2", exhaust), "inconclusive": on("a-2", silence),
		"nothing checked": func(e *promotion.Evidence) {
			*e = promotion.Evidence{From: "beta", To: "prod", Groups: []promotion.Group{}, Target: promotion.Tier{Name: "prod"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := whole(t, "prod")
			change(&e)
			d := promotion.Decide(promotion.Policy{}, e, now)
			var got struct {
				Tests    int `xml:"tests,attr"`
				Failures int `xml:"failures,attr"`
				Errors   int `xml:"errors,attr"`
				Suites   []struct {
					Cases []struct {
						Name string `xml:"name,attr"`
					} `xml:"testcase"`
				} `xml:"testsuite"`
			}
			if err := xml.Unmarshal([]byte(write(t, d.WriteJUnit)), &got); err != nil {
				t.Fatal(err)
			}
			cases := 0
			for _, s := range got.Suites {
				cases += len(s.Cases)
			}
			if bad := got.Failures+got.Errors > 0; bad == (d.Verdict == promotion.Promote) || cases != got.Tests || cases < len(d.Checks) {
				t.Errorf("%s has %d failures and %d errors of %d tests, %d cases of %d checks", d.Verdict, got.Failures, got.Errors, got.Tests, cases, len(d.Checks))
			}
		})
	}
}

func TestSARIFHasAResultForWhatIsNotPassed(t *testing.T) {
	r := troubled(t)
	var log struct {
		Version string `json:"version"`
		Runs    []struct {
			Tool struct {
				Driver struct {
					Rules []struct {
						ID    string `json:"id"`
						Short struct {
							Text string `json:"text"`
						} `json:"shortDescription"`
					} `json:"rules"`
				} `json:"driver"`
			} `json:"tool"`
			Results []struct {
				Rule         string            `json:"ruleId"`
				Index        int               `json:"ruleIndex"`
				Level        string            `json:"level"`
				Prints       map[string]string `json:"partialFingerprints"`
				Suppressions []any             `json:"suppressions"`
			} `json:"results"`
		} `json:"runs"`
	}
	if err := json.Unmarshal([]byte(write(t, func(w io.Writer) error { return r.WriteSARIF(w, "shopslo.yaml", "v") })), &log); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	for _, c := range r.Checks {
		switch c.Result {
		case promotion.Fail:
			want["error"]++
		case promotion.Unknown:
			want["warning"]++
		case promotion.Waived:
			want["note"]++
		}
	}
	got, prints := map[string]int{}, map[string]bool{}
	run := log.Runs[0]
	for _, x := range run.Results {
		got[x.Level]++
		if (x.Level == "note") != (len(x.Suppressions) == 1) || run.Tool.Driver.Rules[x.Index].ID != x.Rule || prints[x.Prints["gate/v1"]] {
			t.Errorf("%+v", x)
		}
		prints[x.Prints["gate/v1"]] = true
	}
	if log.Version != "2.1.0" || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("results by level: %v, want %v", got, want)
	}
	if len(run.Tool.Driver.Rules) != len(promotion.Checks()) {
		t.Errorf("%d rules for %d checks", len(run.Tool.Driver.Rules), len(promotion.Checks()))
	}
	for _, rule := range run.Tool.Driver.Rules {
		if rule.Short.Text == "" {
			t.Errorf("nothing says what %s asks", rule.ID)
		}
	}
}

func FuzzReplay(f *testing.F) {
	small := whole(f, "prod") // that a mutation hits something, and does not take long
	small.Source.ShopSets, small.Source.SLOs, small.Target = small.Source.ShopSets[:1], small.Source.SLOs[:1], promotion.Tier{Name: "prod"}
	small.Report.Budgets, small.Report.Alerts, small.Comparisons, small.Groups = small.Report.Budgets[:1], small.Report.Alerts[:1], small.Comparisons[:1], small.Groups[:1]
	for _, e := range []promotion.Evidence{small, {From: "beta", To: "prod", Groups: []promotion.Group{}}} {
		data, err := promotion.Judge("v1", promotion.Policy{}, e, now).AppendJSON(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := promotion.DecodeRecord(data)
		if err != nil {
			return
		}
		d, err := r.Replay()
		if err == nil && d.Verdict != r.Verdict {
			t.Fatalf("%s is replayed as %s", r.Verdict, d.Verdict)
		}
		for _, form := range []func(io.Writer) error{r.WriteMarkdown, r.WriteJUnit} {
			write(t, form)
		}
		write(t, func(w io.Writer) error { return r.WriteExplanation(w, 80, false) })
		write(t, func(w io.Writer) error { return r.WriteSARIF(w, "f", "v") })
	})
}
