package main

import (
	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// checkPullRequest answers whether a pull request to a Tier may be merged.
func checkPullRequest(cmd *cobra.Command, p *program, f promoteFlags, to fleet.TierName, request string) error {
	for _, name := range []string{"all", "release", "pull-request", "dry-run", "body-file", "wait", "every", "tell"} {
		if cmd.Flags().Changed(name) {
			return usage.Errorf("--%s does not go with --check-pull-request, which changes nothing and answers at once", name)
		}
	}
	if request == "" {
		return usage.Errorf("--check-pull-request is empty; name the pull request's branch, or the commit that would be merged")
	}
	if err := f.check(false); err != nil {
		return err
	}
	m, err := p.mover(cmd.Context(), f)
	if err != nil {
		return err
	}
	one, err := m.Check(cmd.Context(), to, request, f.o)
	if err != nil {
		return moveError("--to", err)
	}
	m.RecordGate(&one)
	done := []promoter.Promotion{one}
	if err := answerMoved(p, m, f, done); err != nil {
		return err
	}
	return moved(done, nil)
}
