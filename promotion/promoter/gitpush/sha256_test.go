package gitpush

import (
	"testing"

	"github.com/shopslo/shopslo/promotion/promoter"
)

// Repositories of git's newer hash function, as those that a platform has begun lately.
func TestRepositoriesOfSHA256(t *testing.T) {
	t.Parallel()
	for _, single := range []bool{false, true} {
		w := newWorldOf(t, single, "sha256")
		p := w.promoter()
		release := w.release("tier-0", "cart/x.yaml", "1")
		w.promote(p, "beta", promoter.Options{PullRequest: true}, promoter.Proposed)
		got := w.promote(p, "beta", promoter.Options{}, promoter.Promoted)
		if len(release) != 64 || w.pointer("tier-1") != release || len(got.Changes) != 1 {
			t.Errorf("%s: %+v", w.pointer("tier-1"), got)
		}
		w.promote(w.promoter(), "prod", promoter.Options{}, promoter.Promoted)
	}
}
