package plain

import (
	"encoding/json"
	"encoding/xml"
	"html"
	"regexp"
	"strings"
	"testing"
)

func TestNoLineIsACommandToARunner(t *testing.T) {
	for text, want := range map[string]string{
		"::stop-commands::x":             ": :stop-commands::x",
		"a ::add-mask::b":                "a : :add-mask::b",
		"a\n::error::b":                  "a : :error::b",
		"x ##[add-mask]b":                "x # #[add-mask]b",
		"##vso[task.setvariable]b":       "# #vso[task.setvariable]b",
		"##teamcity[x]":                  "# #teamcity[x]",
		"#\u202e#[group]":                "# #[group]",
		"\u2028::debug::":                " : :debug::",
		"\x1b[31mred":                    " [31mred",
		":::a":                           ": : :a",
		"#\u200d#\ufe0f[a] \u200b::b":    "# \u200d#\ufe0f[a] \u200b: :b",
		"[::1]:9090 is an address, a::b": "[::1]:9090 is an address, a::b",
		"予算がない。👩‍🚒":                      "予算がない。👩‍🚒",
		"\xff":                           "\ufffd",
	} {
		if got := Line(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestMarkdownIsOnlyText(t *testing.T) {
	for _, text := range []string{"[x](javascript:1)", "<img src=x>", "@sre", "&#64;sre", "@org/team", "#12", "org/repo#12", "GH-12", "!12", "~label", "%\"next\"", "$1", "&7",
		"`a` *b* _c_ ~~d~~ | e", "https://evil.example", "HTTPS://evil", "www.evil.example", "mailto:a@b.example", "![x](y)", "$x^2$", "mai@example.com", "a\n# b", "\\"} {
		got := Markdown(text)
		if raw := regexp.MustCompile(`&#\d+;`).ReplaceAllString(got, ""); strings.ContainsAny(raw, "[]<>|*_`\\@#~!&$\n") {
			t.Errorf("%q leaves markup: %q", text, got)
		}
		shown := html.UnescapeString(got) // what the filters for mentions see
		if m := regexp.MustCompile(`(?i)[@#!$%~&][\w"]|GH-\d|://|www\.|mailto:`).FindString(shown); m != "" {
			t.Errorf("%q leaves %q: %q", text, m, shown)
		}
		if bare := strings.ReplaceAll(shown, apart, ""); bare != strings.ReplaceAll(text, "\n", " ") {
			t.Errorf("%q is read as %q", text, bare)
		}
	}
	if got := Markdown("12.5% of 2026-11-01T01:00:30Z, 99.9 %"); got != "12.5% of 2026-11-01T01:00:30Z, 99.9 %" {
		t.Error(got)
	}
}

func TestChatAndSARIFHaveNoLinksOfOthers(t *testing.T) {
	for got, want := range map[string]string{
		Chat("<!channel> <http://evil|shop> @all [a](http://b) x & y"): "&lt;!channel&gt; &lt;http:\u200b//evil|shop&gt; @\u200ball [a]\u200b(http:\u200b//b) x &amp; y",
		Message("see [here](http://evil.example)\n[1](2)"):             "see [here]\u200b(http://evil.example) [1]\u200b(2)",
		Code("a`b|c"): "a'b/c",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add("##[a] ::b::")
	f.Fuzz(func(t *testing.T, text string) {
		for word := range strings.FieldsSeq(Line(text)) {
			if strings.HasPrefix(word, "::") || strings.Contains(word, "##[") {
				t.Errorf("%q leaves %q", text, word)
			}
		}
	})
}

func TestEscapesMeanTheSame(t *testing.T) {
	for _, words := range []string{"", "#", "a ##[add-mask]b", "###[x]", "####", `\\##vso[a]`} {
		quoted, err := json.Marshal(words)
		if err != nil {
			t.Fatal(err)
		}
		var read string
		if data := JSON(quoted); json.Unmarshal(data, &read) != nil || read != words || strings.Contains(string(data), "##") {
			t.Errorf("%q becomes %s", words, data)
		}
		var x struct {
			Text string `xml:",chardata"`
		}
		if data := XML([]byte("<a>" + words + "</a>")); xml.Unmarshal(data, &x) != nil || x.Text != words || strings.Contains(string(data), "##") {
			t.Errorf("%q becomes %s", words, data)
		}
	}
}
