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
		Use:   "plan",
		Short: "Plan what people do to the fleet",
		Long: `plan says how something that people do to the fleet can be done without harm, from
the fleet's documents. It never does it.`,
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
		Short: "Plan how a cluster is taken down for an upgrade",
		Long: `upgrade says which ShopGroups would lose redundancy while a FailureDomain, such as a
cluster, is down, which ShopSet can serve their shops meanwhile, and the order of
steps. That is one of the same Tier, in a FailureDomain that is neither the one nor
a partner's, with room for the group: spec.capacity of the ShopSets and spec.load of
the ShopGroups say so. It reads the fleet's documents only, and never moves
anything.

Exit codes: 0 go · 1 hold: some group has nowhere to go · 2 inconclusive: capacities
or loads that decide are not written down · 3 the command line, the configuration or
a document is wrong.`,
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
			err = plan.WriteText(p.stdout)
		}
		if code := plan.ExitCode(); err == nil && code != exitOK {
			err = exitWith(code)
		}
		return err
	}
	return cmd
}
