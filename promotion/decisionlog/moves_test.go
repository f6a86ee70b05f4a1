package decisionlog

import (
	"fmt"
	"strings"
	"testing"
)

func TestWhatWasRolledBack(t *testing.T) {
	const full = "3f2c1abd9e8f70112233445566778899aabbccdd"
	for script, want := range map[string]string{
		"promoted " + full + " a, rolled_back a " + full[:12] + ", promoted " + full[:9] + " a": "",
		"promoted " + full[:9] + " a, rolled_back a " + full:                                    full[:9],
		"":                              "",
		"promoted b a":                  "",
		"promoted b a, rolled_back a b": "b",
		"rolled_back a b":               "b",
		"rolled_back a b, promoted b a": "",
		"promoted b a, promoted c b, rolled_back a c":                                "c b",
		"promoted b a, promoted c b, rolled_back b c":                                "c",
		"promoted b a, promoted c b, rolled_back z c":                                "c b a",
		"promoted b a, rolled_back a b, promoted c a":                                "b",
		"promoted b a, rolled_back a b, promoted c a, rolled_back a c":               "c b",
		"promoted b a, rolled_back a b, promoted c a, promoted b c, rolled_back c b": "b",
		"promoted b a, proposed a b":                                                 "b?",
		"promoted b a, proposed a b, rolled_back a b":                                "b",
		"promoted b a, rolled_back a b, promoted b a, promoted c b, rolled_back b c": "c",
		"promoted b a, held a b, refused a b":                                        "",
		"gate x a, gate x b, gate x a":                                               "b",
		"gate x a, gate x b, gate x b":                                               "",
		"gate x a, gate x b, gate x a, gate x b":                                     "",
		"gate x a, gate x b, gate x c, gate x a":                                     "c b",
		"promoted b a, proposed a b, gate x a":                                       "b",
		"promoted b a, proposed a b, gate x b":                                       "b?",
		"promoted b a, proposed a b, already a a":                                    "b",
		"promoted b a, already b b":                                                  "",
		"already b b, promoted c b, already b b":                                     "c",
		"promoted b a, rolled_back a b, rolled_back b a":                             "a",
	} {
		var lines []Line
		for i, one := range strings.Split(script, ", ") {
			var e Entry
			fmt.Sscan(one, &e.Result, &e.Release, &e.Replaces)
			switch e.Kind, e.Index = Rollback, i+1; e.Result {
			case "promoted", "already":
				e.Kind = Promote
			case "gate":
				e.Kind = Gate
			}
			lines = append(lines, Line{Entry: e})
		}
		var got []string
		for _, r := range MovesOf(lines).Rollbacks {
			if name := r.Release; r.Proposed {
				got = append(got, name+"?")
			} else {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %v, want %q", script, got, want)
		}
	}
}
