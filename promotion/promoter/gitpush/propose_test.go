package gitpush

import (
	"strings"
	"testing"

	"github.com/shopslo/shopslo/promotion/promoter"
)

// Whoever can push a branch could have more than the promotion merged in its name.
func TestAnExistingBranchIsTakenOnlyIfItChangesNothingElse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		single bool
		change func(w *world, branch string) string // to what the branch is set
		want   string
	}{
		"another file as well": {false, func(w *world, branch string) string {
			return w.write(w.system, w.head(w.system, branch), "overlays/s-1/kustomization.yaml", "resources: [x]")
		}, "overlays/s-1/kustomization.yaml"},
		"another repository for the submodule": {false, func(w *world, branch string) string {
			return w.write(w.system, w.head(w.system, branch), ".gitmodules", "[submodule \"app\"]\npath = app\nurl = https://evil.example/app.git\n")
		}, ".gitmodules"},
		"another Release": {false, func(w *world, branch string) string {
			return w.refer(w.head(w.system, "tier-1"), w.write(w.app, w.head(w.app, "tier-0"), "cart/y.yaml", "2"))
		}, "app"},
		"no change": {false, func(w *world, _ string) string { return w.head(w.system, "tier-1") }, "app"},
		"the same, on another commit": {false, func(w *world, branch string) string {
			return w.refer(w.write(w.system, w.head(w.system, "tier-1"), "x", "1"), string(w.pointer(branch)))
		}, "x"},
		"the same after more commits": {false, func(w *world, branch string) string {
			more := w.write(w.system, w.head(w.system, branch), "x", "1")
			w.git(w.system, "read-tree", w.head(w.system, branch))
			return w.commitIndex(w.system, more, "take x back")
		}, "more than one commit"},
		"a commit after the Release": {true, func(w *world, branch string) string {
			return w.write(w.system, w.head(w.system, branch), "cart/z.yaml", "2")
		}, "cart/z.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.single)
			w.release("tier-0", "cart/x.yaml", "1")
			first := w.promote(w.promoter(), "beta", promoter.Options{PullRequest: true}, promoter.Proposed)
			branch := first.Proposal.Branch
			w.set(w.system, branch, c.change(w, branch))
			before := w.everything()
			got := w.promote(w.promoter(), "beta", promoter.Options{PullRequest: true}, promoter.Refused)
			for _, want := range []string{branch, c.want, "delete the branch"} {
				if !strings.Contains(got.Reason, want) {
					t.Errorf("no %q in %s", want, got.Reason)
				}
			}
			if got.Proposal != nil || got.ExitCode() != 1 || w.everything() != before {
				t.Errorf("%+v\n%s", got, w.everything())
			}
		})
	}
}
