package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/recount"
	"github.com/shopslo/shopslo/engine/usage"
)

// ledgerSpan is what is to be compared with the source.
type ledgerSpan struct {
	from, to       string
	slos, shopsets []string
}

func (f *ledgerSpan) flags(p *program, cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.from, "from", "", "recount from this `time` on, in RFC 3339")
	fs.StringVar(&f.to, "to", "", "up to this `time` (default the newest edge of the ledger)")
	fs.StringSliceVar(&f.slos, "slo", nil, "only these `SLOs`")
	fs.StringSliceVar(&f.shopsets, "shopset", nil, "only these `ShopSets`")
	p.complete(cmd, "slo", documents.SLONames)
	p.complete(cmd, "shopset", documents.ShopSetNames)
}

func (f *ledgerSpan) given() bool {
	return f.from != "" || f.to != "" || len(f.slos)+len(f.shopsets) > 0
}

// asked reads the flags.
func (f *ledgerSpan) asked(p *program, dir string) (a recount.Asked, err error) {
	if f.from == "" {
		return a, usage.Errorf("--from is missing: give the time to recount from")
	}
	a = recount.Asked{Dir: dir, SLOs: f.slos, ShopSets: f.shopsets}
	a.From, a.To, err = spanOf(p, f.from, f.to)
	return a, err
}

// spanOf reads --from and --to; "" is the zero time.
func spanOf(p *program, from, to string) (since, until time.Time, err error) {
	if from != "" {
		if since, err = time.Parse(time.RFC3339, from); err != nil {
			return since, until, usage.Errorf("--from: %q is not a time; write it like 2026-11-01T09:00:00+09:00", from)
		}
	}
	if to != "" {
		if until, err = time.Parse(time.RFC3339, to); err != nil {
			return since, until, usage.Errorf("--to: %q is not a time; write it like 2026-11-01T09:00:00+09:00", to)
		}
		if !until.After(since) {
			return since, until, usage.Errorf("--to: %s is not after %s, which is --from", to, from)
		}
	}
	if since.After(p.Now()) {
		return since, until, usage.Errorf("--from: %s is in the future", from)
	}
	return since, until, nil
}

// ledgerCompare compares a ledger with its source.
func ledgerCompare(ctx context.Context, p *program, dir string, span *ledgerSpan, out format) error {
	asked, err := span.asked(p, dir)
	if err != nil {
		return err
	}
	d, err := p.load()
	if err != nil {
		return err
	}
	a, err := recount.Verify(ctx, p.Host, d, asked)
	if err != nil {
		return err
	}
	if err := writeComparison(p, a, out, false); err != nil {
		return err
	}
	if code := a.Verdict(); code != exitOK {
		return exitWith(code)
	}
	return nil
}

func writeComparison(p *program, a *recount.Answer, out format, recount bool) error {
	if out == asJSON {
		return p.printJSON(a)
	}
	return a.Write(p.stdout, p.lang.Language, recount)
}

func ledgerRecountCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "recount --from TIME",
		Short: "Count a time range again from what the source has now",
		Long:  p.lang.Long(longLedgerRecount),
		Example: `  shopslo ledger recount --from 2026-11-29T10:00:00Z --to 2026-11-29T12:00:00Z
  shopslo ledger recount --from 2026-11-29T10:00:00Z --to 2026-11-29T12:00:00Z --shopset a-1 --apply`,
		Args: noArgs,
	}
	dir, out := ledgerFlags(p, cmd), outputFlag(cmd)
	var span ledgerSpan
	span.flags(p, cmd)
	apply := cmd.Flags().Bool("apply", false, "write the differences to the ledger; without this, nothing is written")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		dir, err := ledgerFolder(p, *dir)
		if err != nil {
			return err
		}
		asked, err := span.asked(p, dir)
		if err != nil {
			return err
		}
		d, err := p.load()
		if err != nil {
			return err
		}
		count := recount.Preview
		if *apply {
			count = recount.Apply
		}
		a, err := count(cmd.Context(), p.Host, d, asked)
		if err != nil {
			return err
		}
		return writeComparison(p, a, *out, true)
	}
	return cmd
}
