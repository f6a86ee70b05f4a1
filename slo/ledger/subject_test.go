package ledger

import (
	"fmt"
	"testing"

	"github.com/shopslo/shopslo/slo"
)

func named(n int, format string) (out []*Subject) {
	for i := range n {
		id := fmt.Sprintf(format, i)
		out = append(out, &Subject{ID: id, Match: slo.Labels{{Name: "shopset", Value: id}}})
	}
	return out
}

func TestSubjectsAreNamedToTheSourceWhereThatSparesIt(t *testing.T) {
	for _, c := range []struct {
		name     string
		subjects []*Subject
		part     bool
		want     slo.MatchType
	}{
		{"one", named(1, "a-%d"), false, slo.Equal},
		{"some", named(narrowBelow, "a.%d"), false, slo.Regexp},
		{"many, which are all that there are", named(narrowBelow+1, "a.%d"), false, slo.NotEqual},
		{"many of many more", named(400, "a.%d"), true, slo.Regexp},
		{"more than a query may name", named(400, "a-shop-set-with-a-long-name-%d"), true, slo.NotEqual},
	} {
		t.Run(c.name, func(t *testing.T) {
			sel := narrow(c.subjects, c.part)
			if len(sel) != 1 || sel[0].Type != c.want || sel[0].Name != "shopset" {
				t.Fatalf("got %v, want a matcher %s", sel, c.want)
			}
			for _, s := range c.subjects {
				if !sel.Matches(s.Match) {
					t.Errorf("%v does not match %v", sel, s.Match)
				}
			}
			other := slo.Labels{{Name: "shopset", Value: "a-x1"}} // "." stands for itself
			if sel.Matches(other) != (c.want == slo.NotEqual) {
				t.Errorf("%v matches %v", sel, other)
			}
		})
	}
}
