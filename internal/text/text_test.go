package text

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestCutKeepsToTheCharacters(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{{"", 1, ""}, {"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"カート", 3, "カート"}, {"カートへ", 3, "カー…"}, {"ab", 1, "…"}} {
		if got := Cut(c.text, c.most); got != c.want {
			t.Errorf("%q to %d is %q, want %q", c.text, c.most, got, c.want)
		}
	}
}

func TestALineIsOneLineOfText(t *testing.T) {
	if got := Line(" a\n\tb\x00c\x1b[31m \xff d ", 100); got != "a b c [31m d" {
		t.Errorf("%q", got)
	}
	if got := Line(strings.Repeat("長い ", 100), 20); utf8.RuneCountInString(got) != 20 || !strings.HasSuffix(got, "…") {
		t.Errorf("%q", got)
	}
}

func TestPercentIsCutAndObjectivesKeepTheirDecimals(t *testing.T) {
	for _, c := range []struct {
		ratio  float64
		places int
		want   string
	}{{0.999, 1, "99.9"}, {0.99999, 1, "99.9"}, {1, 1, "100.0"}, {0.99985, 3, "99.985"}, {-0.05, 1, "-5.0"}, {0, 0, "0"}} {
		if got := Percent(c.ratio, c.places); got != c.want {
			t.Errorf("%v: %s, want %s", c.ratio, got, c.want)
		}
	}
	for ratio, want := range map[float64]string{0.9995: "99.95", 0.999: "99.9", 0.99: "99", 0.999999999: "99.9999999", 1: "100"} {
		if got := Objective(ratio); got != want {
			t.Errorf("%v: %s, want %s", ratio, got, want)
		}
	}
}

func TestDurations(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		d, least time.Duration
		most     int
		en, ja   string
	}{
		{0, time.Second, 2, "0 s", "0秒"},
		{0, time.Minute, 2, "0 min", "0分"},
		{29 * time.Second, time.Minute, 2, "0 min", "0分"},
		{40 * time.Second, time.Second, 2, "40 s", "40秒"},
		{90 * time.Second, time.Second, 2, "1 min 30 s", "1分30秒"},
		{90 * time.Second, time.Minute, 2, "2 min", "2分"},
		{time.Hour, time.Second, 2, "1 h", "1時間"},
		{time.Hour + 5*time.Second, time.Second, 2, "1 h", "1時間"},
		{3*day + 4*time.Hour + 59*time.Minute, time.Minute, 2, "3 d 4 h", "3日4時間"},
		{3*day + 4*time.Hour + 59*time.Minute, time.Minute, 3, "3 d 4 h 59 min", "3日4時間59分"},
		{day + 5*time.Minute, time.Minute, 3, "1 d 5 min", "1日5分"},
		{-2 * time.Minute, time.Second, 2, "2 min", "2分"},
		{day - time.Second, time.Minute, 2, "1 d", "1日"},
	} {
		if en, ja := English.Duration(c.d, c.least, c.most), Japanese.Duration(c.d, c.least, c.most); en != c.en || ja != c.ja {
			t.Errorf("%s: %q %q, want %q %q", c.d, en, ja, c.en, c.ja)
		}
	}
}

func TestLanguages(t *testing.T) {
	for word, want := range map[string]Language{"": English, "en": English, "ja": Japanese, "de": ""} {
		if got, err := ParseLanguage(word); got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v", word, got, err)
		}
	}
	greeting := Entry{"%[2]s, %[1]s", "%[1]s、%[2]s"}
	if en, ja := English.Say(greeting, "a", "b"), Japanese.Say(greeting, "a", "b"); en != "b, a" || ja != "a、b" {
		t.Errorf("%q %q", en, ja)
	}
	if got := Japanese.Say(Entry{"100%", "100%"}); got != "100%" {
		t.Errorf("%q", got)
	}
	if en, ja := English.List([]string{"a", "b"}), Japanese.List([]string{"a", "b"}); en != "a, b" || ja != "a、b" {
		t.Errorf("%q %q", en, ja)
	}
}
