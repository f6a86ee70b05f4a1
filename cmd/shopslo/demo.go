package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/cmd/shopslo/demo"
)

func demoCommand(p *program) *cobra.Command {
	var o demo.Options
	cmd := &cobra.Command{
		Use:     "demo",
		Short:   "Show a bad release, its error budget and the gate, on real processes",
		Long:    p.lang.Long(longDemo),
		Example: "  shopslo demo\n  shopslo demo --keep",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			exe, err := os.Executable()
			if err != nil {
				return fmt.Errorf("demo: find this program's file: %w", err)
			}
			o.Exe, o.Out = exe, p.stdout
			return demo.Run(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.Keep, "keep", false, "keep everything running at the end, until Ctrl-C")
	cmd.Flags().Uint64Var(&o.Seed, "seed", 1, "random `seed`")
	return cmd
}

// shopCommand is a shop of the demo, a process of its own. It reads its own flags.
func shopCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use:                "shop",
		Short:              "Run one shop of the demo",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if code := demo.ShopMain(cmd.Context(), args, p.stdout, p.stderr); code != exitOK {
				return exitWith(code)
			}
			return nil
		},
	}
}
