package gitpush

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// Whoever takes a Release back by a force-push, and makes its commits anew, has another
// Release of the same changes.
func TestWhatWasRolledBackIsKnownUnderOtherCommits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		again func(w *world, base string) string // the commit that comes
		fixed promoter.Result                    // with --fix
		says  string
	}{
		"amended": {func(w *world, base string) string { return w.write(w.app, base, "cart/x.yaml", "bad") }, promoter.Refused, "has the same files"},
		"picked onto another": {func(w *world, base string) string {
			return w.write(w.app, w.write(w.app, base, "cart/y.yaml", "other"), "cart/x.yaml", "bad")
		}, promoter.Promoted, "has the same changes"},
		"below another": {func(w *world, base string) string {
			return w.write(w.app, w.write(w.app, base, "cart/x.yaml", "bad"), "cart/y.yaml", "other")
		}, promoter.Promoted, "has the same changes"},
		"squashed with another": {func(w *world, base string) string {
			return w.write(w.app, base, "cart/x.yaml", "bad", "cart/y.yaml", "other")
		}, promoter.Promoted, "has the same changes"},
		"not at all": {func(w *world, base string) string { return w.write(w.app, base, "cart/x.yaml", "good") }, promoter.Promoted, ""},
	} {
		for _, single := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, single %v", name, single), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, single)
				base, before := w.head(w.app, "tier-1"), w.head(w.system, "tier-1")
				bad := w.release("tier-0", "cart/x.yaml", "bad")
				p := w.promoter()
				w.promote(p, "beta", promoter.Options{}, promoter.Promoted)
				w.set(w.app, "tier-1", base)
				w.set(w.system, "tier-1", before)
				comes := c.again(w, base)
				w.set(w.app, "tier-0", comes)
				if !single {
					w.set(w.system, "tier-0", w.refer(w.head(w.system, "tier-0"), comes))
				}
				if c.says != "" {
					got := w.promote(p, "beta", promoter.Options{}, promoter.Refused)
					if !strings.Contains(got.Reason, promoter.Short(bad)) || !strings.Contains(got.Reason, c.says) || w.pointer("tier-1") != fleet.Release(base) {
						t.Error(got.Reason)
					}
				}
				w.promote(p, "beta", promoter.Options{Fix: "https://git.example/1", DryRun: true}, map[bool]promoter.Result{true: promoter.Planned, false: promoter.Refused}[c.fixed == promoter.Promoted])
				w.promote(p, "beta", promoter.Options{Again: true}, promoter.Promoted)
				// Once the Tier has it, nobody has to say it again.
				w.release("tier-0", "cart/z.yaml", "next")
				w.promote(p, "beta", promoter.Options{}, promoter.Promoted)
			})
		}
	}
}
