package git

import (
	"strings"
	"testing"
)

func TestARejectionSaysWhyAndWhetherTheBranchHasMoved(t *testing.T) {
	for name, c := range map[string]struct {
		output, why string
		moved       bool
	}{
		"another push was there first":     {"To /x\n!\tabc:refs/heads/a\t[rejected] (fetch first)\nDone\n", "[rejected] (fetch first)", true},
		"another push came at once":        {"To /x\n!\tabc:refs/heads/a\t[remote rejected] (cannot lock ref 'refs/heads/a': is at b but expected c)\n", "[remote rejected] (cannot lock ref 'refs/heads/a': is at b but expected c)", true},
		"a hook of the repository says no": {"To /x\n!\tabc:refs/heads/a\t[remote rejected] (pre-receive hook declined)\n", "[remote rejected] (pre-receive hook declined)", false},
		"it was taken":                     {"To /x\n*\tabc:refs/heads/a\t[new branch]\nDone\n", "", false},
		"git did not get as far":           {"", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			if why := Rejection(c.output); why != c.why || MovedAway(why) != c.moved {
				t.Errorf("%q, moved %v", why, MovedAway(why))
			}
		})
	}
}

func TestOfSeveralBranchesEachHasItsOwnRejection(t *testing.T) {
	output := "To /x\n=\ta:refs/heads/c\t[up to date]\n!\ta:refs/heads/x/a\t[rejected] (atomic push failed)\n!\tb:refs/heads/a\t[rejected] (stale info)\nDone\n"
	for ref, want := range map[string]string{
		"": "[rejected] (atomic push failed)", "refs/heads/x/a": "[rejected] (atomic push failed)", "refs/heads/a": "[rejected] (stale info)", "refs/heads/c": "", "refs/heads/": "",
	} {
		if why := RejectionOf(output, ref); why != want {
			t.Errorf("%s: %q, want %q", ref, why, want)
		}
	}
}

func FuzzRejection(f *testing.F) {
	f.Add("To /x\n!\tabc:refs/heads/tier-1\t[rejected] (fetch first)\nDone\n")
	f.Fuzz(func(t *testing.T, text string) {
		if why := Rejection(text); strings.ContainsAny(why, "\n\x1b") {
			t.Errorf("%q", why)
		}
	})
}
