package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/ledgerfiles"
	"github.com/shopslo/shopslo/engine/usage"
)

// ledgerFlags adds them to a command.
func ledgerFlags(p *program, cmd *cobra.Command) *string {
	p.configFlag(cmd)
	dir := cmd.Flags().String("dir", "", "`folder` of a ledger, instead of the configured one")
	cmd.MarkFlagDirname("dir")
	return dir
}

// ledgerFolder is the folder that a flag or the configuration names.
func ledgerFolder(p *program, dir string) (string, error) {
	if dir != "" {
		return dir, nil
	}
	c, err := config.Load(p.configFile)
	if err != nil {
		return "", documents.FaultsOf(err)
	}
	if c.Ledger.Dir == "" {
		return "", fmt.Errorf("%s: no ledger.dir is configured; name the folder of the ledger with --dir", c.Path)
	}
	return c.Ledger.Dir, nil
}

func ledgerCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ledger",
		Short: "Inspect, verify, recount, copy and export a ledger",
		Long:  p.lang.Long(longLedger),
		Example: `  shopslo ledger inspect --shopset a-1
  shopslo ledger verify
  shopslo ledger verify --from 2026-11-29T00:00:00Z
  shopslo ledger snapshot backup/ledger-2026-11-30
  shopslo ledger export > counts.om`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(ledgerInspectCommand(p), ledgerVerifyCommand(p), ledgerRecountCommand(p), ledgerSnapshotCommand(p), ledgerExportCommand(p))
	return cmd
}

func ledgerInspectCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "inspect",
		Short: "List a ledger's counts, series, flags and files",
		Long:  p.lang.Long(longLedgerInspect),
		Example: `  shopslo ledger inspect
  shopslo ledger inspect --dir data/ledger --shopset a-1 -o json`,
		Args: noArgs,
	}
	dir, out := ledgerFlags(p, cmd), outputFlag(cmd)
	shopset := cmd.Flags().String("shopset", "", "only the counts of this `ShopSet`")
	cmd.RunE = func(*cobra.Command, []string) error {
		folder, err := ledgerFolder(p, *dir)
		if err != nil {
			return err
		}
		d, err := p.load()
		if err != nil && *dir == "" {
			return err
		}
		a, err := ledgerfiles.Inspect(p.Host, d, folder, *shopset)
		if err != nil {
			return err
		}
		if *out == asJSON {
			return p.printJSON(a)
		}
		return a.WriteAccounts(p.stdout, p.lang.Language)
	}
	return cmd
}

func ledgerVerifyCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check the files of a ledger, and its counts against the source",
		Long:  p.lang.Long(longLedgerVerify),
		Example: `  shopslo ledger verify
  shopslo ledger verify --dir backup/ledger-2026-11-30
  shopslo ledger verify --from 2026-11-29T00:00:00Z --to 2026-11-30T00:00:00Z --shopset a-1`,
		Args: noArgs,
	}
	dir, out := ledgerFlags(p, cmd), outputFlag(cmd)
	var span ledgerSpan
	span.flags(p, cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		dir, err := ledgerFolder(p, *dir)
		if err != nil {
			return err
		}
		a, err := ledgerfiles.Inspect(p.Host, nil, dir, "")
		if err != nil {
			return err
		}
		if span.given() && a.Sound {
			return ledgerCompare(cmd.Context(), p, dir, &span, *out)
		}
		if *out == asJSON {
			err = p.printJSON(a)
		} else {
			err = a.WriteFiles(p.stdout, p.lang.Language)
		}
		if err == nil && !a.Sound {
			err = exitWith(exitNo)
		}
		return err
	}
	return cmd
}

func ledgerSnapshotCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "snapshot FOLDER",
		Short: "Copy a ledger, also while a server writes to it",
		Long:  p.lang.Long(longLedgerSnapshot),
		Example: `  shopslo ledger snapshot backup/ledger-2026-11-30
  shopslo ledger verify --dir backup/ledger-2026-11-30`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage.Errorf("%s takes one new folder", cmd.CommandPath())
			}
			return nil
		},
	}
	dir := ledgerFlags(p, cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		dir, err := ledgerFolder(p, *dir)
		if err != nil {
			return err
		}
		a, err := ledgerfiles.Snapshot(dir, args[0])
		if err != nil {
			return err
		}
		return p.print(p.lang.Say(snapshotMade, len(a.Accounts), dir, args[0]) + "\n")
	}
	return cmd
}
