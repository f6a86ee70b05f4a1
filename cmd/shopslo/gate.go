package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
)

func (p *program) gateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "gate --to TIER",
		Short: "Say whether a release may go to a Tier",
		Long: `gate looks at the budgets, burn rates, coverage and freshness of the Tier next below
and of the Tier itself, and decides: promote (exit code 0), hold (1: something is
known to be wrong) or inconclusive (2: evidence is missing). What is not known is
never a pass. Every check gives its figures. A source that cannot be reached is exit
code 4, unless something else is known to be wrong.
` + serverHelp,
		Example: `  shopslo gate --to prod
  shopslo gate --to prod -o json
  shopslo gate --to prod --server http://127.0.0.1:9876 && ./promote.sh prod`,
		Args: noArgs,
	}
	p.configFlag(cmd)
	out := outputFlag(cmd)
	at := p.atFlag(cmd)
	server := serverFlag(cmd)
	to := cmd.Flags().String("to", "", "the `Tier` that the release is to go to")
	release := cmd.Flags().String("release", "", "the `commit` that is to go there, for the record")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *to == "" {
			return usageErrorf("--to is missing; name the Tier that the release is to go to")
		}
		when, err := at()
		if err != nil {
			return err
		}
		d, err := p.decision(cmd.Context(), *server, *to, *release, when)
		if err != nil {
			return err
		}
		if *out == asJSON {
			err = p.print(string(d.AppendJSON(nil)) + "\n")
		} else {
			err = d.WriteText(p.stdout, p.columns(), p.colour())
		}
		if code := d.ExitCode(); err == nil && code != exitOK {
			err = exitWith(code)
		}
		return err
	}
	return cmd
}

// decision asks a server, or decides here. A source that cannot be reached is a
// decision too, one that says so.
func (p *program) decision(ctx context.Context, server, to, release string, at when) (promotion.Decision, error) {
	if server != "" {
		return p.askGate(ctx, server, to, release, at)
	}
	d, err := p.load()
	if err != nil {
		return promotion.Decision{}, err
	}
	if _, err := d.fleet.Route(fleet.TierName(to)); err != nil {
		return promotion.Decision{}, usageErrorf("--to: %v", err)
	}
	e, err := p.oneShot(ctx, d, at.time)
	if e == nil {
		return promotion.Decision{}, err
	}
	defer e.Close()
	if err != nil && !errors.Is(err, slo.ErrUnavailable) {
		return promotion.Decision{}, err
	}
	return e.decide(to, release, at.time, err)
}

// columns is the width of the terminal; 0 where the answer goes elsewhere.
func (p *program) columns() int {
	type file interface{ Fd() uintptr }
	if f, ok := p.stdout.(file); ok && terminal(p.stdout) {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			return w
		}
	}
	return 0
}
