package nearest

import (
	"strings"
	"testing"
)

func TestTheNearestWordIsFound(t *testing.T) {
	tests := []struct {
		word  string
		known []string
		want  string // "": none
	}{
		{"snyc", []string{"soak", "sync"}, "sync"}, // two neighbours swapped
		{"scrape-interval", []string{"scrape_interval"}, "scrape_interval"},
		{"prd", []string{"beta", "prod"}, "prod"},
		{"PROD", []string{"prod"}, "prod"},
		{"failuerDomain", []string{"failureDomain", "failureDomains"}, "failureDomain"},
		{"shopsets", []string{"shopSets"}, "shopSets"},
		{"beta-prod", []string{"prod", "prod-ha"}, ""},
		{"x", []string{"y", ""}, ""},
		{"", []string{"y"}, ""},
		{"prod", nil, ""},
		{strings.Repeat("a", 200), []string{strings.Repeat("a", 199)}, ""},
	}
	for _, tt := range tests {
		got, ok := Word(tt.word, tt.known)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("Word(%q, %q) is %q, %v, want %q", tt.word, tt.known, got, ok, tt.want)
		}
	}
}

func TestNoHintIsGivenWhereNothingIsNear(t *testing.T) {
	if got := Hint("teirs", []string{"tiers"}); got != ` (did you mean "tiers"?)` {
		t.Error(got)
	}
	if got := Hint("x", nil); got != "" {
		t.Error(got)
	}
}

func TestDistancesCountLetters(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "abc", 0}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"日本", "日光", 1}, {"ab", "ba", 1}, {"A_b", "a-B", 0}} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
