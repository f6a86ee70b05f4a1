package main

import (
	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion/upgrade"
)

func planCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "plan",
		Short:   "Plan maintenance of the fleet",
		Long:    p.lang.Long(longPlan),
		Example: `  shopslo plan upgrade --failure-domain onprem-a`,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(planUpgradeCommand(p))
	return cmd
}

func planUpgradeCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "upgrade --failure-domain NAME",
		Short: "Plan how to take down a cluster for an upgrade",
		Long:  p.lang.Long(longPlanUpgrade),
		Example: `  shopslo plan upgrade --failure-domain onprem-a
  shopslo plan upgrade --failure-domain onprem-a -o json`,
		Args: noArgs,
	}
	p.configFlag(cmd)
	out := outputFlag(cmd)
	domain := cmd.Flags().String("failure-domain", "", "`name` of the FailureDomain that goes down")
	p.complete(cmd, "failure-domain", documents.DomainNames)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *domain == "" {
			return usage.Errorf("--failure-domain is missing; name the one that goes down")
		}
		d, err := p.load()
		if err != nil {
			return err
		}
		plan, err := upgrade.Make(d.Fleet, fleet.FailureDomainName(*domain))
		if err != nil {
			return usage.Errorf("--failure-domain: %v", err)
		}
		if *out == asJSON {
			err = p.printJSON(plan)
		} else {
			err = printSaid(p, plan.WriteText)
		}
		if code := plan.ExitCode(); err == nil && code != exitOK {
			err = exitWith(code)
		}
		return err
	}
	return cmd
}
