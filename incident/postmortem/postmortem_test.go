package postmortem

import (
	"bytes"
	"encoding/json"
	gohtml "html"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	renderer "github.com/yuin/goldmark/renderer/html"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/goldentest"
	"github.com/shopslo/shopslo/internal/text"
)

var noon = time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC) // in Tokyo

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func at(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

func pointer(f float64) *float64 { return &f }

// written is an incident of which all is known, whose people write what is hard to write.
func written(t testing.TB) incident.Incident {
	i := incident.Incident{ID: "inc-12", Title: "カートで決済が失敗する <b>*all*</b> | x", Severity: incident.Critical, State: incident.Open,
		DetectedAt: noon, StartedAt: at(-12), Link: "https://example.slack.com/archives/C01_23"}
	tokyo := location(t, "Asia/Tokyo")
	for _, e := range []incident.Event{
		{At: at(1), By: "舞", Kind: incident.Appointed, Role: incident.Commander, Value: "舞"},
		{At: at(2), By: "舞", Kind: incident.Rescoped, Scope: incident.Scope{ShopSets: []string{"a-1", "b-2"}, Tiers: []string{"prod"}}},
		{At: at(3), By: "健_k", Kind: incident.Noted, Text: "api の 5xx が急増 https://grafana.example.com/d/cart_api?from=now-1h&to=now\n## Summary\n- [ ] `rollback` 開始?"},
		{At: at(4), Kind: incident.Suspected, Value: "3f2c1abd"},
		{At: at(5), By: "健_k", Kind: incident.Escalated, Value: "major", Text: "一部のみ"},
		{At: at(31), By: "健_k", Kind: incident.Moved, Value: "mitigated", Text: "ロールバック完了"},
		{At: at(95), By: "舞", Kind: incident.Moved, Value: "resolved"},
		{At: at(60 * 24), By: "舞", Kind: incident.Postmortal, Postmortem: &incident.Postmortem{
			Summary:   "決済 API が 43 分間エラーを返した。\n\n再試行が\n重なった。",
			Impact:    "# 注文の 3.2 % が失敗\n1. 注文\n- 返金",
			Cause:     "接続プールの上限:\n```yaml\npool: 10  # ## Impact\n```\n  字下げ\\",
			Trigger:   "3f2c1abd のリリース",
			Detection: "アラート `CartBurn`",
			WentWell:  []string{"ロールバックが速かった", "二行の\n- 項目"}, WentWrong: []string{"1. アラートが遅い"}, Lucky: []string{"深夜ではなかった"},
			Actions: []incident.Action{
				{What: "プールの上限を監視する", Owner: "健_k", Due: time.Date(2026, 11, 20, 0, 0, 0, 0, tokyo), Link: "https://github.com/example/shop/issues/12"},
				{What: "手順書を直す"},
				{What: "再試行を 1 回にする", Owner: "舞", Due: at(60), DoneAt: time.Date(2026, 11, 5, 0, 0, 0, 0, tokyo)},
			},
		}},
	} {
		var err error
		if i, err = i.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return i
}

func TestMarkdownIsAsReviewed(t *testing.T) {
	tokyo := location(t, "Asia/Tokyo")
	young := incident.Incident{ID: "inc-13", Title: "Checkout is slow", Severity: incident.Major, State: incident.Open, DetectedAt: noon}
	burned := []Burned{{"cart-availability", "a-1", pointer(1234), pointer(0.4321)}, {"cart-availability", "b-2", pointer(0), nil}, {"cart_latency", "a-1", nil, nil}}
	for name, test := range map[string]struct {
		i incident.Incident
		o Options
	}{
		"whole.ja.md": {written(t), Options{Language: text.Japanese, Location: tokyo, Burned: burned}},
		"whole.en.md": {written(t), Options{Location: tokyo, Burned: burned}},
		"young.en.md": {young, Options{Now: at(90), Burned: []Burned{}}},
		"young.ja.md": {young, Options{Now: at(90), Language: text.Japanese, Location: location(t, "America/New_York")}},
	} {
		t.Run(name, func(t *testing.T) {
			goldentest.Compare(t, "testdata/"+name, Markdown(test.i, test.o))
		})
	}
}

func TestTimesTellWhenClocksWereChanged(t *testing.T) {
	newYork := location(t, "America/New_York")
	i := incident.Incident{ID: "inc-1", Title: "x", Severity: incident.Minor, State: incident.Open,
		DetectedAt: time.Date(2026, 11, 1, 5, 30, 0, 0, time.UTC),
		Timeline:   []incident.Event{{At: time.Date(2026, 11, 1, 6, 30, 0, 0, time.UTC), Kind: incident.Noted, Text: "x"}}}
	got := Markdown(i, Options{Location: newYork})
	for _, want := range []string{"America/New\\_York (UTC-04:00)", "- 2026-11-01 01:30 — It was noticed.", "- 2026-11-01 01:30 (UTC-05:00) — x"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestDurations(t *testing.T) {
	for d, want := range map[time.Duration][2]string{
		0: {"0 s", "0秒"}, 59*time.Second + 999: {"59 s", "59秒"}, time.Minute: {"1 min", "1分"}, 61*time.Minute + time.Second: {"1 h 1 min", "1時間1分"},
		48 * time.Hour: {"2 d", "2日"}, 25*time.Hour + 2*time.Minute: {"1 d 1 h 2 min", "1日1時間2分"},
	} {
		for k, w := range languages {
			if got := (&writer{words: *w, o: Options{Language: text.Languages[k]}}).duration(d); got != want[k] {
				t.Errorf("%v: %q, want %q", d, got, want[k])
			}
		}
	}
}

func TestBothLanguagesSayEverything(t *testing.T) {
	for k, w := range languages {
		if len(w.parts) != int(partActions)+1 || len(w.severities) != len(incident.Severities) || len(w.states) != len(incident.States) ||
			len(w.moved) != len(incident.States) || len(w.roles) != len(incident.Roles) {
			t.Errorf("language %d lacks a word", k)
		}
	}
}

// prose makes nasty texts.
func prose(r *rand.Rand, lines int) string {
	pieces := []string{"決済", "a_b_c", "*x*", "`", "```", "\n", "\n\n", "## Summary", "# x", "- ", "1. ", "2) ", "  ", "\t", "\u00a0", "\\", "\\\n", "<b>", "&amp;", "|", "[x](javascript:y)",
		"https://example.com/a_b?c=d&e=f;g", "http://x", "~~", "===", "---", "+ ", "> ", "!", "[ ] ", "$x$", "_Not written yet._", "Owner: x", "\x00", "\r\n", "\u3000", "😀", "\n```\n", "```go\n", "\u2028", ".", " "}
	var b strings.Builder
	for range r.IntN(12) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	if lines == 1 {
		return strings.ReplaceAll(b.String(), "\n", " ")
	}
	return b.String()
}

func randomPostmortem(r *rand.Rand, here *time.Location) incident.Postmortem {
	items := func() (out []string) {
		for range r.IntN(4) {
			out = append(out, prose(r, 9))
		}
		return out
	}
	p := incident.Postmortem{Summary: prose(r, 9), Impact: prose(r, 9), Cause: prose(r, 9), Trigger: prose(r, 9), Detection: prose(r, 9), Resolution: prose(r, 9),
		WentWell: items(), WentWrong: items(), Lucky: items()}
	for range r.IntN(4) {
		a := incident.Action{What: prose(r, 9), Owner: prose(r, 1), Link: prose(r, 1)}
		if r.IntN(2) == 0 {
			a.Due = time.Date(2026, 11, r.IntN(60), 0, 0, 0, 0, here)
		}
		if r.IntN(2) == 0 {
			a.DoneAt = time.Unix(r.Int64N(1<<33), r.Int64N(1e9))
		}
		p.Actions = append(p.Actions, a)
	}
	return p
}

// asRead is what a postmortem can be read back as: the same words, tidily set.
func asRead(p incident.Postmortem) incident.Postmortem {
	for _, s := range []*string{&p.Summary, &p.Impact, &p.Cause, &p.Trigger, &p.Detection, &p.Resolution} {
		*s = tidy(*s)
	}
	for _, list := range []*[]string{&p.WentWell, &p.WentWrong, &p.Lucky} {
		var out []string
		for _, s := range *list {
			if s = tidyItem(s); s != "" {
				out = append(out, s)
			}
		}
		*list = out
	}
	var actions []incident.Action
	for _, a := range p.Actions {
		a.What, a.Owner, a.Link, a.Due, a.DoneAt = tidyItem(a.What), oneLine(a.Owner), oneLine(a.Link), a.Due.UTC(), a.DoneAt.UTC()
		if a.What != "" {
			actions = append(actions, a)
		}
	}
	p.Actions = actions
	return p
}

func asJSON(t testing.TB, p incident.Postmortem) string {
	t.Helper()
	out, err := json.MarshalIndent(asRead(p), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	zones := []*time.Location{time.UTC, location(t, "Asia/Tokyo"), location(t, "America/New_York")}
	for range 1000 {
		here := zones[r.IntN(len(zones))]
		p := randomPostmortem(r, here)
		i := incident.Incident{ID: "inc-1", Title: prose(r, 1), DetectedAt: noon, Postmortem: &p,
			Timeline: []incident.Event{{At: noon, By: prose(r, 1), Kind: incident.Noted, Text: prose(r, 9)}}}
		o := Options{Language: []text.Language{text.English, text.Japanese}[r.IntN(2)], Location: here}
		markdown := Markdown(i, o)
		got, err := Parse(markdown, o)
		if err != nil {
			t.Fatalf("%v in\n%s", err, markdown)
		}
		if got, want := asJSON(t, *got), asJSON(t, p); got != want {
			t.Fatalf("read back\n%s\nwant\n%s\nfrom\n%s", got, want, markdown)
		}
	}
}

func TestPeopleWriteAsTheyLike(t *testing.T) {
	tokyo := location(t, "Asia/Tokyo")
	got, err := Parse("\uFEFF# 何か\r\n\r\n## 概要 ##\r\n\r\n_まだ書かれていません。_\r\n**太字** の文\r\n二行目\r\n\r\n## timeline\nwhatever\n"+
		"## What went WELL\n* one\n  still one\n\n2) two\n   - below two\nlazy\n## Where we were lucky\nno bullet\n"+
		"## 再発防止策\n- [X] 直す\n  - 担当: 健\n  - 期限：2026-11-20\n  - 詳細は別途\n* [ ] later\n  * Owner: _nobody yet_\n  * Due: 2026-11-20T10:00:00Z\n  * Done: 2026-11-01\n- bare\n", Options{Location: tokyo, Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	want := incident.Postmortem{Summary: "**太字** の文\n二行目", WentWell: []string{"one\nstill one", "two\n- below two\nlazy"}, Lucky: []string{"no bullet"},
		Actions: []incident.Action{
			{What: "直す\n- 詳細は別途", Owner: "健", Due: time.Date(2026, 11, 20, 0, 0, 0, 0, tokyo), DoneAt: noon},
			{What: "later", Due: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)}, {What: "bare"}}}
	if got, want := asJSON(t, *got), asJSON(t, want); got != want {
		t.Errorf("read\n%s\nwant\n%s", got, want)
	}
}

func TestWhatMakesNoSenseIsNamed(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"no postmortem":       {"hello\n# Summary\n", "no heading of a postmortem, such as ## Summary"},
		"an odd heading":      {"# x\n\n## Summary\nx\n## Notes\ny", `line 5: heading "Notes" is none that a postmortem has; put its text below Summary, Impact,`},
		"a part twice":        {"## Summary\nx\n## 概要\ny", `line 3: heading "概要" stands there twice`},
		"a date that is none": {"## Action items\n\n- [ ] x\n  - Due: tomorrow", `line 4: "tomorrow" is no date (write it like 2026-11-30`},
		"a huge text":         {"## Summary\n" + strings.Repeat("x", 1<<20), "longer than 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Parse(test.text, Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) || p != nil {
				t.Errorf("%v, error %v; want %q", p, err, test.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Markdown(written(f), Options{}))
	f.Add(Markdown(written(f), Options{Language: text.Japanese}))
	f.Add("## Summary\n```\n## Impact\n```\n## Action items\n- [x] a\n  - Due: 2026-01-01\n")
	f.Fuzz(func(t *testing.T, text string) {
		first, err := Parse(text, Options{Now: noon})
		if err != nil {
			return
		}
		again, err := Parse(Markdown(incident.Incident{ID: "i", Title: "t", DetectedAt: noon, Postmortem: first}, Options{}), Options{Now: noon})
		if err != nil {
			t.Fatalf("what was read is written so that it cannot be read: %v", err)
		}
		if got, want := asJSON(t, *again), asJSON(t, *first); got != want {
			t.Errorf("read again\n%s\nwant\n%s", got, want)
		}
	})
}

// What a reader of GitHub's Markdown sees is what was typed, wherever it stands.
func TestReadersSeeWhatWasTyped(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	reader := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(renderer.WithUnsafe()))
	allowed := regexp.MustCompile(`^(</?(p|ul|li|table|thead|tbody|tr|th|td)>|<br ?/?>|</a>|<a href="https?://[^"<>]*">)$`)
	tags := regexp.MustCompile(`<[^>]*>`)
	for range 800 {
		text := strings.ReplaceAll(prose(r, 9), "```", "``")
		for name, c := range map[string]struct{ markdown, want string }{
			"a paragraph": {block(tidy(text)), tidy(text)},
			"a list":      {"- " + indented(tidyItem(text), "  ") + "\n", tidyItem(text)},
			"a cell":      {"| a |\n|---|\n| " + plain(text) + " |\n", "a\n" + oneLine(text)},
		} {
			var html bytes.Buffer
			if err := reader.Convert([]byte(c.markdown), &html); err != nil {
				t.Fatal(err)
			}
			for _, tag := range tags.FindAllString(html.String(), -1) {
				if !allowed.MatchString(tag) {
					t.Fatalf("%s of %q has %s:\n%s\nfrom\n%s", name, text, tag, html.String(), c.markdown)
				}
			}
			if got := seen(gohtml.UnescapeString(tags.ReplaceAllString(html.String(), ""))); got != seen(c.want) {
				t.Fatalf("%s shows\n%q\nwant\n%q\nfrom\n%s", name, got, seen(c.want), c.markdown)
			}
		}
	}
}

// seen is a text as it looks: empty lines and kinds of spaces aside.
func seen(text string) string {
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(text, hard, " ")) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// A block that Markdown takes for ended lets nothing of what follows be Markdown.
func TestABlockEndsWhereMarkdownEndsIt(t *testing.T) {
	reader := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(renderer.WithUnsafe()))
	for _, ends := range []string{"````", " ```", "   `````", "```  "} {
		text := tidy("```\nlog\n" + ends + "\n# Heading\n<script>alert(1)</script>\n```")
		var html bytes.Buffer
		if err := reader.Convert([]byte(block(text)), &html); err != nil {
			t.Fatal(err)
		}
		if shown := html.String(); strings.Contains(shown, "<h1") || strings.Contains(shown, "<script") {
			t.Errorf("%q:\n%s", ends, shown)
		}
		p := incident.Postmortem{Summary: text}
		got, err := Parse(Markdown(incident.Incident{ID: "i", Title: "t", DetectedAt: noon, Postmortem: &p}, Options{}), Options{Now: noon})
		if err != nil || got.Summary != text {
			t.Errorf("%q comes back as %+v, %v", text, got, err)
		}
	}
}

func TestAPrivateIncidentHasItsTitleInEachLanguage(t *testing.T) {
	i := incident.Incident{ID: "i", Title: "private incident", DetectedAt: noon, Private: true}
	for l, want := range map[text.Language]string{text.English: "# Private incident\n", text.Japanese: "# 非公開のインシデント\n"} {
		if got := Markdown(i, Options{Language: l}); !strings.HasPrefix(got, want) {
			t.Errorf("%.40q", got)
		}
	}
	i.Postmortem = &incident.Postmortem{Summary: "x"}
	if got := Markdown(i, Options{}); !strings.HasPrefix(got, "# private incident\n") { // its own title, for those who are in it
		t.Errorf("%.40q", got)
	}
}
