package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/explain"
	"github.com/shopslo/shopslo/engine/usage"
)

func explainCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain SLO SHOPSET",
		Short: "Show how a budget's figures were calculated",
		Long:  p.lang.Long(longExplain),
		Example: `  shopslo explain cart-availability a-1
  shopslo explain cart-availability a-1 --at 2026-11-01T00:00:00Z -o json`,
		ValidArgsFunction: func(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			return explainable(p, args, begun)
		},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage.Errorf("explain takes the name of an SLO and of a ShopSet, such as: shopslo explain cart-availability a-1")
			}
			return nil
		},
	}
	p.configFlag(cmd)
	out := outputFlag(cmd)
	at := p.atFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		when, err := at()
		if err != nil {
			return err
		}
		d, err := p.load()
		if err != nil {
			return err
		}
		x, err := explain.Explain(cmd.Context(), p.Host, d, args[0], args[1], when.time)
		if err != nil {
			return err
		}
		if *out == asJSON {
			return p.printJSON(x)
		}
		return p.print(p.inLanguage(x.Text()))
	}
	return cmd
}

// explainable completes the names of SLOs, and then of the ShopSets that the SLO is for.
func explainable(p *program, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	d, err := p.load()
	if err != nil || len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := documents.SLONames(d)
	if len(args) == 1 {
		names = nil
		if s := d.SLONamed(args[0]); s != nil {
			for _, set := range d.ShopSetsOf(s) {
				names = append(names, string(set.Name))
			}
		}
	}
	return slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, begun) }), cobra.ShellCompDirectiveNoFileComp
}
