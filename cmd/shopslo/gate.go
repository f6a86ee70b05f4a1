package main

import "github.com/spf13/cobra"

func (p *program) gateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "gate --to TIER",
		Short: "Say whether a release may go to a Tier",
		Long: `gate looks at the budgets, burn rates, coverage and freshness of the Tier next below
and of the Tier itself, and decides: promote (exit code 0), hold (1: something is
known to be wrong) or inconclusive (2: evidence is missing). What is not known is
never a pass. Every check gives its figures.`,
		Example: `  shopslo gate --to prod
  shopslo gate --to prod -o json
  shopslo gate --to prod --server http://127.0.0.1:9876 && ./promote.sh prod`,
		Args: noArgs,
	}
	p.configFlag(cmd)
	outputFlag(cmd)
	at := p.atFlag(cmd)
	serverFlag(cmd)
	to := cmd.Flags().String("to", "", "the `Tier` that the release is to go to")
	cmd.RunE = func(*cobra.Command, []string) error {
		if *to == "" {
			return usageErrorf("--to is missing; name the Tier that the release is to go to")
		}
		if _, err := at(); err != nil {
			return err
		}
		if _, err := p.load(); err != nil {
			return err
		}
		return errNoSource
	}
	return cmd
}
