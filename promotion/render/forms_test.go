package render_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/render"
)

func write(t testing.TB, f func(io.Writer) error) string {
	t.Helper()
	var b strings.Builder
	if err := f(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func markdown(r promotion.Record) func(io.Writer) error {
	return func(w io.Writer) error { return render.Markdown(w, text.English, r.Decision) }
}

func junit(r promotion.Record) func(io.Writer) error {
	return func(w io.Writer) error { return render.JUnit(w, r.Decision) }
}

func TestForms(t *testing.T) {
	r := decided(t)["troubled"]
	golden(t, "troubled.md", write(t, markdown(r)))
	golden(t, "troubled.xml", write(t, junit(r)))
	golden(t, "troubled.sarif", write(t, func(w io.Writer) error { return render.SARIF(w, r.Decision, "shopslo.yaml", "v1.2.3") }))
	golden(t, "troubled.txt", write(t, func(w io.Writer) error { return render.Text(w, text.English, r.Decision, 0, false) }))
	ja := r
	ja.Decision = r.In(text.Japanese)
	golden(t, "ja-troubled.md", write(t, func(w io.Writer) error { return render.Markdown(w, text.Japanese, ja.Decision) }))
	golden(t, "ja-explained.txt", write(t, func(w io.Writer) error { return render.Explanation(w, text.Japanese, ja, 80, false) }))
	golden(t, "explained.txt", write(t, func(w io.Writer) error { return render.Explanation(w, text.English, r, 0, false) }))
}

func TestEveryFormSaysWhoWaivedWhatWhyAndUntilWhen(t *testing.T) {
	r := decided(t)["troubled"]
	data, err := r.AppendJSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"json": string(data), "markdown": write(t, markdown(r)), "junit": write(t, junit(r)),
		"text": write(t, func(w io.Writer) error { return render.Text(w, text.English, r.Decision, 0, false) }), "sarif": write(t, func(w io.Writer) error { return render.SARIF(w, r.Decision, "f", "v") }),
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
	text := write(t, markdown(decided(t)["troubled"]))
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

// hostile is what somebody writes who wants more than to be read.
const hostile = "x ::stop-commands::a ##[add-mask]b &#64;sre @sre [docs](https://evil.example) #12 \u202e\u2028::error::c"

func TestWhatOthersWriteIsNoCommandAndNoLink(t *testing.T) {
	for pad := range 120 { // each word comes to stand at the beginning of a line
		reason := strings.Repeat("p", pad) + " " + hostile
		r := promotion.Record{Decision: promotion.Decision{From: "beta", To: "prod", Verdict: promotion.Hold, Fix: &promotion.Fix{URL: hostile, By: hostile},
			Checks:    []promotion.Check{{Check: "incident", Result: promotion.Fail, SLO: hostile, ShopSet: "a", Tier: "prod", Reason: reason}, {Check: "slo", Result: promotion.NotChecked, Reason: reason}},
			Overrides: []promotion.InForce{{Override: promotion.Override{ID: hostile, Who: hostile, Why: reason, Checks: []string{hostile}}}}}}
		for name, text := range map[string]string{
			"text":        write(t, func(w io.Writer) error { return render.Text(w, text.English, r.Decision, 60, false) }),
			"explanation": write(t, func(w io.Writer) error { return render.Explanation(w, text.English, r, 60, false) }),
			"headline":    render.Headline(r.Decision),
		} {
			for line := range strings.Lines(text) {
				if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.ContainsAny(line, "\u202e\u2028") {
					t.Fatalf("%s: a command to the runner: %q", name, line)
				}
			}
		}
		for name, form := range map[string]func(io.Writer) error{
			"JUnit": func(w io.Writer) error { return render.JUnit(w, r.Decision) },
			"SARIF": func(w io.Writer) error { return render.SARIF(w, r.Decision, "f", "v") },
		} {
			if text := write(t, form); strings.Contains(text, "##[") || !strings.Contains(text, "[add-mask]b") {
				t.Fatalf("%s: a command to the runner, or another text: %s", name, text)
			}
		}
		if text := html.UnescapeString(write(t, markdown(r))); strings.Contains(text, "@sre") || strings.Contains(text, "#12") || strings.Contains(text, "https://evil") {
			t.Fatalf("a link or a mention: %s", text)
		}
		if text := write(t, func(w io.Writer) error { return render.SARIF(w, r.Decision, "f", "v") }); strings.Contains(text, "](") {
			t.Fatalf("a link: %s", text)
		}
	}
}

func TestMarkdownOfABigFleetFitsAComment(t *testing.T) {
	text := write(t, markdown(promotion.Record{Decision: big(1000)}))
	if len(text) > 65_000 || !strings.Contains(text, "more.") {
		t.Errorf("%d bytes: %.500s", len(text), text)
	}
}

func TestJUnitFailsWhereTheGateDoesNotPromote(t *testing.T) {
	all := decided(t)
	all["nothing checked"] = promotion.Judge("v1", promotion.Policy{}, promotion.Evidence{From: "beta", To: "prod", Groups: []promotion.Group{}, Target: promotion.Tier{Name: "prod"}}, all["hold"].At)
	for name, d := range all {
		t.Run(name, func(t *testing.T) {
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
			if err := xml.Unmarshal([]byte(write(t, junit(d))), &got); err != nil {
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
	r := decided(t)["troubled"]
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
	if err := json.Unmarshal([]byte(write(t, func(w io.Writer) error { return render.SARIF(w, r.Decision, "shopslo.yaml", "v") })), &log); err != nil {
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
