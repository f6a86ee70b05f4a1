//go:build e2e

package stories

import (
	"encoding/json"
	"testing"
)

// TestAReleaseOnItsWay tells the stories one after another in the same town, which takes
// long to raise; each begins where the one before has ended.
func TestAReleaseOnItsWay(t *testing.T) {
	w := raise(t)
	for _, story := range []struct {
		name string
		tell func(*testing.T, *town)
	}{
		{"a good release goes through all Tiers, one after another", goodRelease},
	} {
		if !t.Run(story.name, func(t *testing.T) { story.tell(t, w) }) {
			return
		}
	}
}

func goodRelease(t *testing.T, w *town) {
	release := w.release(t, "1.1.0", 0)
	all := want(t, w.ask(t, "promote", "--all", "--wait", "10m", "--every", "1s", "-o", "json"), yes).promotions(t)
	if got := all.String(); got != "beta promoted, beta-prod promoted, prod promoted, prod-ha promoted" {
		t.Errorf("%s", got)
	}
	for _, p := range all {
		if p.Release != release || p.Matched == nil || p.Decision == nil || p.Decision.Decision != "promote" {
			text, _ := json.MarshalIndent(p, "", " ")
			t.Errorf("%s", text)
		}
	}
	must(t, w.shops.WaitVersion(limited(t), "1.1.0"))
	w.inOrder(t, release)
}
