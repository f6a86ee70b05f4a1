package main

import (
	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/ledgerfiles"
	"github.com/shopslo/shopslo/engine/usage"
)

func ledgerExportCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write a ledger's counts as OpenMetrics",
		Long:  p.lang.Long(longLedgerExport),
		Example: `  shopslo ledger export --step 1h > counts.om
  promtool tsdb create-blocks-from openmetrics counts.om data/
  shopslo ledger export --slo cart --shopset a-1 --from 2026-11-01T00:00:00Z | gzip > cart.om.gz`,
		Args: noArgs,
	}
	dir := ledgerFlags(p, cmd)
	fs := cmd.Flags()
	var want ledgerfiles.Wanted
	from := fs.String("from", "", "only counts from this `time` on, in RFC 3339")
	to := fs.String("to", "", "up to this `time`")
	lengthVar(fs, &want.Step, "step", 0, "only times that are multiples of this `duration`, such as 1h (default all that are kept)")
	fs.StringSliceVar(&want.SLOs, "slo", nil, "only these `SLOs`")
	fs.StringSliceVar(&want.ShopSets, "shopset", nil, "only these `ShopSets`")
	p.complete(cmd, "slo", documents.SLONames)
	p.complete(cmd, "shopset", documents.ShopSetNames)
	cmd.RunE = func(*cobra.Command, []string) error {
		dir, err := ledgerFolder(p, *dir)
		if err != nil {
			return err
		}
		if want.From, want.To, err = spanOf(p, *from, *to); err != nil {
			return err
		}
		if want.Step < 0 {
			return usage.Errorf("--step must not be below 0s")
		}
		d, err := p.load()
		if err != nil {
			return err
		}
		return ledgerfiles.Export(p.Host, d, dir, want, p.stdout)
	}
	return cmd
}
