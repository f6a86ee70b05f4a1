package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/promotion/promoter"
)

func rollbackCommand(p *program) *cobra.Command {
	var f promoteFlags
	var tier, to string
	cmd := &cobra.Command{
		Use:   "rollback --tier TIER --to RELEASE",
		Short: "Roll a Tier back to an older release",
		Long:  p.lang.Long(longRollback),
		Example: `  shopslo rollback --tier prod --to 3f2c1abd9e8f
  shopslo rollback --tier prod --to 3f2c1abd9e8f --dry-run -o json`,
		Args: noArgs,
	}
	f.waits = "how long to wait for the Tier to match its branch: 30m, 2h, 2d"
	f.register(p, cmd)
	cmd.Flags().StringVar(&f.server, "server", "", "`URL` of a 'shopslo serve' that logs the rollback, if gate.log is not a git branch")
	cmd.Flags().StringVar(&tier, "tier", "", "the `Tier` to roll back")
	p.complete(cmd, "tier", documents.TierNames)
	cmd.Flags().StringVar(&to, "to", "", "the `release` to go back to, a commit of the app repository; at least 7 digits")
	cmd.Flags().BoolVar(&f.o.Again, "anyway", false, "also roll back to a release whose images are missing, or that was itself rolled back")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if tier == "" || to == "" {
			return usage.Errorf("--tier and --to are required; name the Tier, and the release to go back to")
		}
		if err := errors.Join(f.check(false), checkRelease("--to", to)); err != nil {
			return err
		}
		ctx := cmd.Context()
		m, err := p.mover(ctx, f)
		if err != nil {
			return err
		}
		one, err := m.Rollback(ctx, fleet.TierName(tier), to, f.o)
		if err != nil {
			if ctx.Err() != nil {
				p.say(stopped)
			}
			return moveError("--tier", err)
		}
		m.Record(ctx, decisionlog.Rollback, &one)
		done := []promoter.Promotion{one}
		unseen := m.Arrival(ctx, &done[0], p.Now().Add(f.wait))
		if err := answerMoved(p, m, f, done); err != nil {
			return err
		}
		return moved(done, unseen)
	}
	return cmd
}
