package text

import (
	"slices"
	"strings"
	"testing"
)

func TestJapaneseTakesTwoColumns(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "カート": 6, "カートcart": 10, "é…": 2, "ｶ": 1, "Ａ": 2} {
		if got := Width(text); got != want {
			t.Errorf("%q takes %d, want %d", text, got, want)
		}
	}
}

func TestFitKeepsToTheColumns(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"カート", 6, "カート"}, {"カート", 5, "カー…"}, {"カート", 4, "カ…"}, {"aカート", 4, "aカ…"}} {
		if got := Fit(c.text, c.most); got != c.want || Width(got) > c.most {
			t.Errorf("%q to %d is %q, want %q", c.text, c.most, got, c.want)
		}
	}
}

func TestALineMayEndBetweenJapaneseLetters(t *testing.T) {
	for word, want := range map[string][]string{
		"cart": {"cart"}, "かごへ": {"か", "ご", "へ"}, "cartカゴcart2": {"cart", "カ", "ゴ", "cart2"}, "": {""},
	} {
		got := pieces(word)
		if !slices.Equal(got, want) || strings.Join(got, "") != word {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

func TestNoLineBeginsWithAFullStopOrEndsWithAnOpeningBracket(t *testing.T) {
	for word, want := range map[string]string{
		"待つ。次へ": "待|つ。|次|へ", "「予算」は": "「予|算」|は", "チェック": "チェッ|ク", "99.9%、以上（例）": "99.9%、|以|上|（例）", "a(b)c": "a(b)c",
	} {
		if got := strings.Join(pieces(word), "|"); got != want {
			t.Errorf("%s: got %s, want %s", word, got, want)
		}
	}
}

func TestColumnsStandUnderEachOther(t *testing.T) {
	got := Columns([][]string{{"WHO", "WHY"}, {"舞", "売り出し"}, {"ken", ""}})
	if want := "WHO  WHY\n舞   売り出し\nken\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
