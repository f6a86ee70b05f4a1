package board

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
)

var verbs = regexp.MustCompile(`%[a-z%]`)

func TestEveryPhraseSaysTheSameInBothLanguages(t *testing.T) {
	for key, e := range phrases {
		p := struct{ en, ja string }{text.English.Say(e), text.Japanese.Say(e)}
		if strings.TrimSpace(p.en) == "" || strings.TrimSpace(p.ja) == "" {
			t.Errorf("%s: a language is missing", key)
		}
		if en, ja := withoutShares(p.en), withoutShares(p.ja); !slices.Equal(verbs.FindAllString(en, -1), verbs.FindAllString(ja, -1)) {
			t.Errorf("%s: %q and %q do not take the same figures in the same order", key, p.en, p.ja)
		}
		if strings.IndexFunc(p.en, func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) }) >= 0 {
			t.Errorf("%s: the English is not English: %q", key, p.en)
		}
		if p.en == p.ja && !slices.Contains([]string{"tier", "filter.tier", "filter.domain", "shopset", "shopsets", "domain", "configuration", "gate.way", "at", "sli"}, key) {
			t.Errorf("%s: is not translated: %q", key, p.en)
		}
	}
}

// withoutShares leaves out "99.9 %", which stands in texts without figures.
func withoutShares(s string) string { return regexp.MustCompile(`[0-9] %`).ReplaceAllString(s, "") }

var (
	absences = []slo.AbsenceKind{slo.NoMetric, slo.NoLabel, slo.NoBound, slo.NoSuch, slo.NoSubject, slo.Unlabelled, slo.LoneLabel}
	flags    = []slo.FlagKind{slo.UnknownFirst, slo.ClockAndDrop, slo.UnexplainedDrop, slo.PartialDrop, slo.UnclearRestart, slo.SeveralProcesses, slo.ChangedLabels, slo.BucketsChanged}
)

// kinds are the phrases whose names end in a value.
func kinds() map[string][]string {
	out := map[string][]string{
		"level": texts(levels), "about": texts(levels), "cause": append(texts(slo.States), causeNoSLO, causeDrift, causeArriving, causeDegraded,
			causePages, causeMissing, causeProgressing, causeSuspended, causeUnseen, causeUncounted, causeFlagged, causeShort, causeAbsent),
		"verdict": {"promote", "hold", "inconclusive", "none", "arrived"}, "result": append(texts(allResults), "all"),
		"check": promotion.Checks(), "sync": texts(fleet.SyncStatuses), "health": texts(fleet.Healths), "bad": {string(slo.Events), string(slo.Slices), string(slo.Points)},
		"absent": append(texts(absences), "nearest"), "flag": append(texts(flags), "times"),
		"firing": {string(slo.Page), string(slo.Ticket)}, "asked": {"runs", "alerts", "incidents", "freezes", "overrides", "exclusions"},
		"stop":   {stopRuns, stopArriving, stopLeaving, stopPast, stopNot, stopUnknown, "passes"},
		"banner": {bannerStop, bannerFreeze, bannerSoon, bannerIncident, bannerOverride, bannerOutage, bannerSource, bannerReading, bannerOld, bannerUnseen, bannerUnread, bannerUnreached, bannerOrder},
	}
	return out
}

func TestEveryValueHasAWordAndEveryPhraseIsUsed(t *testing.T) {
	used := map[string]bool{}
	for kind, values := range kinds() {
		for _, v := range values {
			if _, ok := phrases[kind+"."+v]; !ok {
				t.Errorf("there is no phrase for %s.%s", kind, v)
			}
			used[kind+"."+v] = true
		}
	}
	quoted := regexp.MustCompile(`(?:\.(?:T|When)\(? ?|\bsay\([\w.]+, )"([a-z_.]+)"`)
	for _, pattern := range []string{"templates/*.html", "*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(err, pattern)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range quoted.FindAllStringSubmatch(string(source), -1) {
				key := m[1]
				if strings.HasSuffix(key, ".") { // a kind, whose values are above
					continue
				}
				if used[key] = true; phrases[key] == (text.Entry{}) {
					t.Errorf("%s says %q, which is no phrase", file, key)
				}
			}
		}
	}
	for key := range phrases {
		if !used[key] {
			t.Errorf("nobody says %q", key)
		}
	}
}

func TestTheLanguageIsTheOneAskedForOrTheBrowsers(t *testing.T) {
	for _, c := range []struct {
		name, asked, accept string
		want                text.Language
	}{
		{"nothing is known", "", "", text.English},
		{"a Japanese browser", "", "ja,en-US;q=0.9,en;q=0.8", text.Japanese},
		{"one that likes English more", "", "ja;q=0.5,en;q=0.9", text.English},
		{"what is asked for wins", "en", "ja", text.English},
		{"an unknown language is none", "xx", "ja-JP", text.Japanese},
		{"one that speaks neither", "", "fr", text.English},
		{"what is no header", "", ";;q=,,\x00", text.English},
	} {
		if got := languageOf(c.asked, c.accept); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestLengthsOfTimeHaveTwoUnits(t *testing.T) {
	for _, c := range []struct {
		d      time.Duration
		en, ja string
	}{
		{0, "0 s", "0秒"}, {499 * time.Millisecond, "0 s", "0秒"}, {59 * time.Second, "59 s", "59秒"}, {time.Minute, "1 min", "1分"},
		{90 * time.Second, "1 min 30 s", "1分30秒"}, {time.Hour + time.Second, "1 h", "1時間"}, {26 * time.Hour, "1 d 2 h", "1日2時間"},
		{28 * 24 * time.Hour, "28 d", "28日"}, {-time.Hour, "1 h", "1時間"},
	} {
		if en, ja := text.English.Duration(c.d, time.Second, 2), text.Japanese.Duration(c.d, time.Second, 2); en != c.en || ja != c.ja {
			t.Errorf("%v is %q and %q, want %q and %q", c.d, en, ja, c.en, c.ja)
		}
	}
	for written, want := range map[string][2]string{"28d": {"28 d", "28日"}, "1M": {"1 month", "1か月"}, "4w": {"4 weeks", "4週"}, "": {"", ""}, "odd": {"odd", "odd"}} {
		if en, ja := window(text.English, written), window(text.Japanese, written); en != want[0] || ja != want[1] {
			t.Errorf("window %q is %q and %q", written, en, ja)
		}
	}
}

func TestChecksAreCalledAsTheCommandLineCallsThem(t *testing.T) {
	for _, check := range promotion.Checks() {
		if got, want := say(text.Japanese, "check."+check), promotion.CheckIn(text.Japanese, check); got != want {
			t.Errorf("%s is %q, and %q to the command line", check, got, want)
		}
	}
}

func TestNoTemplateHasWordsOfItsOwn(t *testing.T) {
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil || len(files) < 3 {
		t.Fatal(err, files)
	}
	actions, tags := regexp.MustCompile(`(?s)\{\{.*?\}\}`), regexp.MustCompile(`(?s)<[^>]*>`)
	word := regexp.MustCompile(`[A-Za-z]{3,}|[ぁ-んァ-ヶ一-龠]`)
	for _, file := range files {
		text, err := templateFiles.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		plain := tags.ReplaceAllString(actions.ReplaceAllString(string(text), "x"), " ")
		for _, w := range word.FindAllString(plain, -1) {
			if w != "shopslo" && strings.Trim(w, "x") != "" {
				t.Errorf("%s says %q in every language", file, w)
			}
		}
	}
}
