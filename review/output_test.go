package review

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/shopslo/shopslo/internal/goldentest"
	"github.com/shopslo/shopslo/internal/text"
)

// golden compares with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	goldentest.Compare(t, "testdata/"+name, got)
}

func TestReviewsAreWrittenAsBefore(t *testing.T) {
	p := weekOf(t)
	for name, in := range map[string]Input{"week": sampleWeek(p), "unknown": nothingKnown(p)} {
		r := Compile(in)
		for _, l := range text.Languages {
			golden(t, name+"."+string(l)+".txt", r.Text(l, 0))
			golden(t, name+"."+string(l)+".md", r.Markdown(l))
		}
	}
	golden(t, "summary.ja.txt", Compile(sampleWeek(p)).Summary(text.Japanese, "https://git.example/2026-W46"))
}

// Every format in every language has all sections, in their order, and no fault of a
// format string.
func TestEveryFormatHasAllSections(t *testing.T) {
	p := weekOf(t)
	for name, in := range map[string]Input{"a full week": sampleWeek(p), "nothing known": nothingKnown(p), "nothing happened": {At: p.Until, Period: p}} {
		r := Compile(in)
		for _, l := range text.Languages {
			html, err := r.HTML(l)
			if err != nil {
				t.Fatal(err)
			}
			for format, text := range map[string]string{"text": r.Text(l, 0), "markdown": r.Markdown(l), "html": html} {
				at := 0
				for _, s := range r.page(lang{l}, mostListed).sections {
					i := strings.Index(text[at:], "h-"+s.id)
					if format != "html" {
						i = strings.Index(text[at:], s.title)
					}
					if i < 0 || len(s.blocks) == 0 {
						t.Errorf("%s, %s, %s: section %s is missing, empty or out of order", name, format, l, s.id)
						continue
					}
					at += i
				}
				if strings.Contains(text, "%!") || strings.Contains(text, "<nil>") || strings.Contains(text, "NaN") {
					t.Errorf("%s, %s, %s has a fault of a format:\n%s", name, format, l, text)
				}
			}
		}
	}
}

func TestWhatIsUnknownSaysWhy(t *testing.T) {
	r := Compile(nothingKnown(weekOf(t)))
	text := strings.Join(strings.Fields(r.Text(text.English, 0)), " ")
	for _, want := range []string{"review.actions is not configured", "gate.incidents is not configured", "gate.calendar is not configured",
		"could not be read: the decision log cannot be reached", "Prometheus cannot be reached"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}

// noLink is a link of Markdown to what is no page; a bracket behind a backslash makes none.
var noLink = regexp.MustCompile(`[^\\\\]\]\((javascript|data):`)

// hostile puts a text wherever a name or sentence of others stands.
func hostile(in Input, text string) Input {
	in.Actions.Items[2].What, in.Actions.Items[2].Owner, in.Actions.Items[2].Link = text, text, "javascript:"+text
	in.Incidents.Items[0].Title, in.Incidents.Items[0].Link = text, "data:text/html,"+text
	in.Releases.Items[0].By, in.Releases.Items[0].Release = text, text
	in.Decisions.Items[0].Reason = text
	in.Freezes.Items[0].Why, in.Overrides.Items[0].ID, in.Exclusions.Items[0].Who = text, text, text
	in.Silences.Items[0].Why, in.Silences.Items[0].Who, in.Silences.Items[0].Matchers[0] = text, text, text
	in.Measured[1].DisplayName = text
	return in
}

var tag = regexp.MustCompile(`<(/?[a-zA-Z][a-zA-Z0-9]*)[^>]*>`)

func FuzzTextOfOthersStaysText(f *testing.F) {
	for _, s := range []string{"<script>alert(1)</script>", "a|b\n# c", "[x](javascript:alert(1))", "\x1b[2J", "`x` **y** _z_", "日本語\u202eoverride", "\\|", "&lt;b&gt;", "](x)"} {
		f.Add(s)
	}
	p := weekOf(f)
	f.Fuzz(func(t *testing.T, s string) {
		r := Compile(hostile(sampleWeek(p), s))
		html, err := r.HTML(text.Japanese)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range tag.FindAllStringSubmatch(html, -1) {
			if name := strings.ToLower(strings.TrimPrefix(m[1], "/")); strings.Contains(" script b img iframe object base form ", " "+name+" ") {
				t.Fatalf("HTML has a tag of others: %s", m[0])
			}
		}
		for _, bad := range []string{`href="javascript:`, `href="data:`} {
			if strings.Contains(html, bad) {
				t.Fatalf("HTML has a link that is none: %s", bad)
			}
		}
		md := r.Markdown(text.English)
		for _, m := range tag.FindAllString(md, -1) {
			if !strings.HasPrefix(m, "<a id=") && m != "</a>" {
				t.Fatalf("Markdown has a tag of others: %s", m)
			}
		}
		if noLink.MatchString(md) {
			t.Fatal("Markdown has a link that is none")
		}
		turns := func(r rune) bool { return unicode.IsControl(r) || r >= 0x2028 && r <= 0x202e }
		for line := range strings.Lines(r.Text(text.English, 0) + r.Summary(text.Japanese, "") + md) {
			if i := strings.IndexFunc(strings.TrimSuffix(line, "\n"), turns); i >= 0 {
				t.Fatalf("text has a control character: %q", line)
			}
		}
	})
}

// The rows of a Markdown table have as many cells as its head, whatever others wrote.
func TestTablesOfMarkdownHoldTogether(t *testing.T) {
	md := Compile(hostile(sampleWeek(weekOf(t)), "a | b \\| c\n| d")).Markdown(text.Japanese)
	cells := func(line string) int {
		return strings.Count(strings.ReplaceAll(strings.ReplaceAll(line, `\\`, ""), `\|`, ""), "|")
	}
	want := 0
	for line := range strings.Lines(md) {
		switch {
		case !strings.HasPrefix(line, "|"):
			want = 0
		case want == 0:
			want = cells(line)
		case cells(line) != want:
			t.Errorf("%d cells, want %d: %s", cells(line), want, line)
		}
	}
}

func TestThePageNeedsNothingElse(t *testing.T) {
	html, err := Compile(sampleWeek(weekOf(t))).HTML(text.English)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "<link", "@import", "url(", "src="} {
		if strings.Contains(html, bad) {
			t.Errorf("it has %s", bad)
		}
	}
	for _, want := range []string{`<html lang="en">`, "screen and (prefers-color-scheme: dark)", "@media print", `scope="col"`, `role="img"`, "aria-label="} {
		if !strings.Contains(html, want) {
			t.Errorf("it lacks %s", want)
		}
	}
}

func TestJSONKeepsToItsSchemaAndComesBack(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../docs/review.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	p := weekOf(t)
	for name, in := range map[string]Input{"a full week": sampleWeek(p), "nothing known": nothingKnown(p), "nothing happened": {At: p.Until, Period: p}} {
		t.Run(name, func(t *testing.T) {
			r := Compile(in)
			data, err := r.JSON()
			if err != nil {
				t.Fatal(err)
			}
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Errorf("%v\n%s", err, data)
			}
			back, err := Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			again, err := back.JSON()
			if err != nil || string(again) != string(data) {
				t.Errorf("it comes back otherwise: %v", err)
			}
			if back.Text(text.Japanese, 0) != r.Text(text.Japanese, 0) {
				t.Error("what comes back is told otherwise")
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	data, err := Compile(sampleWeek(weekOf(f))).JSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"version": 1}`))
	f.Add([]byte(`{"version": 1, "budgets": [{"days": [{"total": 1}], "week": {"total": 1}}], "releases": {"items": [{"effects": [{"significant": true}]}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Decode(data)
		if err != nil {
			return
		}
		for _, l := range text.Languages { // what a server sends may be anything, and must not end the program
			if _, err := r.HTML(l); err != nil {
				t.Fatal(err)
			}
			_ = r.Markdown(l) + r.Text(l, 0) + r.Summary(l, "")
		}
		if _, err := json.Marshal(r); err != nil {
			t.Fatal(err)
		}
	})
}

func TestNumbersAreWrittenForPeople(t *testing.T) {
	for f, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -4200: "-4,200", 0.5: "0.50", 1234.25: "1,234.25"} {
		if got := number(f); got != want {
			t.Errorf("%v: %s, want %s", f, got, want)
		}
	}
	one := func(good, total float64) Count {
		return count(Tally{Good: good, Total: total, Bad: total - good, Covered: 1, Span: 1})
	}
	for _, test := range []struct {
		c    Count
		want string
	}{{one(1000, 1000), "100.000 %"}, {one(999999999, 1000000000), "99.999 %"}, {one(1<<52-1, 1<<52), "99.999 %"}, {one(9998, 10000), "99.980 %"}, {one(0, 0), ""}, {one(0, 5), "0.000 %"}, {one(7, 5), ""}} {
		if got := (lang{text.English}).sli(test.c, 0.9995); got != test.want {
			t.Errorf("%v of %v: %s, want %s", *test.c.Good, *test.c.Total, got, test.want)
		}
	}
	for s, want := range map[float64][2]string{40: {"40 s", "40秒"}, 90: {"2 min", "2分"}, 8460: {"2 h 21 min", "2時間21分"}, 86400: {"1 d", "1日"}, 266400: {"3 d 2 h", "3日2時間"}} {
		if got := [2]string{lang{text.English}.span(s), lang{text.Japanese}.span(s)}; got != want {
			t.Errorf("%v s: %v, want %v", s, got, want)
		}
	}
}
