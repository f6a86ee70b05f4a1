package kube

import (
	"fmt"
	"testing"
)

func TestPatternsMatchAsInArgoCD(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"a-*", "a-1", true}, {"a-*", "b-a-1", false}, {"**", "a/b", true}, {"a-?", "a-12", false}, {"a.1", "a-1", false},
		{"a-[12]", "a-2", true}, {"a-[!12]", "a-2", false}, {"a-[!12]", "a-3", true}, {"a-[1-3]", "a-2", true}, {"a-[1-3]", "a--", false}, {"a-[^1]", "a-^", true},
		{"{a,b}-1", "a-1", true}, {"{a,b}-1", "b-1", true}, {"{a,b}-1", "c-1", false}, {"{a,b}-1", "{a,b}-1", false}, {"{a-{1,2},b-*}", "a-2", true}, {"{a-{1,2},b-*}", "b-9", true}, {"{a,}b", "b", true},
		{`a-\*`, "a-*", true}, {`a-\*`, "a-1", false}, {`\{a,b\}`, "{a,b}", true}, {`a\\b`, `a\b`, true}, {"a,b}", "a,b}", true},
		{"a-[1", "a-[1", false}, {"{a", "{a", false}, {"", "", true}, {"*", "", true}, {"店-?", "店-一", true},
	} {
		if got := glob(tt.pattern, tt.text); got != tt.want {
			t.Errorf("%s matches %s: %v", tt.pattern, tt.text, got)
		}
	}
}

func TestPatternsAreNotRememberedForEver(t *testing.T) {
	for i := range 2 * maxGlobs {
		glob(fmt.Sprint("pattern-", i), "x")
	}
	if n := len(globs.made); n > maxGlobs {
		t.Errorf("%d patterns", n)
	}
}
