package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/config"
	strict "github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/promotion/decisionlog/decisiongit"
)

// logFlags say which log is read.
type logFlags struct{ server, dir string }

// logFlags adds them to a command.
func (p *program) logFlags(cmd *cobra.Command) *logFlags {
	p.configFlag(cmd)
	f := &logFlags{}
	cmd.Flags().StringVar(&f.server, "server", "", "`URL` of a 'shopslo serve' whose log is read, instead of what the configuration names")
	cmd.Flags().StringVar(&f.dir, "dir", "", "`folder` of a log, instead of what the configuration names")
	cmd.MarkFlagDirname("dir")
	return f
}

const whichLog = `
The log is the one that gate.log names in the configuration: a git branch, or the
folder of a server on this machine. --server reads that of a server, --dir a folder.
`

func (p *program) decisionsCommand() *cobra.Command {
	var to, since string
	var overrides bool
	cmd := &cobra.Command{
		Use:   "decisions",
		Short: "List what the gate decided and what was moved after that",
		Long: `decisions lists the log of decisions, the oldest first: what the gate decided, what
was promoted and rolled back, by whom and why. The chain is checked while reading.
` + whichLog + `
Exit codes: 0 ok · 1 the chain is broken · 3 the command line, the configuration or
a document is wrong · 4 the log could not be reached.
` + serverHelp,
		Example: `  shopslo decisions --tier prod --since 2026-11-01T00:00:00Z
  shopslo decisions --overrides --since 7d -o json
  shopslo decisions verify --head 5d41402abc4b2a76…
  shopslo decisions show 12 > decision.json && shopslo gate --replay decision.json`,
		Args: noArgs,
	}
	f := p.logFlags(cmd)
	out := outputFlag(cmd)
	cmd.Flags().StringVar(&to, "tier", "", "only those about this `Tier`")
	p.complete(cmd, "tier", tierNames)
	cmd.Flags().StringVar(&since, "since", "", "only those since this `time`, as RFC 3339 or how long ago, such as 24h or 7d")
	cmd.Flags().BoolVar(&overrides, "overrides", false, "only those with an override in force, or a fix")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		filter := decisionlog.Filter{To: to, Overrides: overrides}
		var err error
		if filter.Since, err = p.since(since); err != nil {
			return err
		}
		log, err := p.readLog(*f)
		if err != nil {
			return err
		}
		list, err := decisionlog.Pick(cmd.Context(), log, filter)
		if err != nil {
			return logError(err)
		}
		if err := p.loggedTier(to, len(list.Lines)); err != nil {
			return err
		}
		if *out == asJSON {
			return p.printJSON(list)
		}
		return list.WriteTable(p.stdout)
	}
	cmd.AddCommand(p.verifyCommand(), p.showCommand())
	return cmd
}

// loggedTier refuses a Tier that the log says nothing of and the fleet, where it can be
// read, does not have.
func (p *program) loggedTier(to string, found int) error {
	if to == "" || found > 0 {
		return nil
	}
	d, err := p.load()
	if err != nil {
		return nil
	}
	if _, ok := d.fleet.Tier(fleet.TierName(to)); !ok {
		return usageErrorf("--tier: no entry is about %q, and the fleet has no such Tier%s", to, didYouMean(to, tierNames(d)))
	}
	return nil
}

// since reads a time, or how long ago it was; "" is the zero time.
func (p *program) since(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := strict.ParseDuration(text); err == nil && ago >= 0 {
		return p.now().Add(-ago), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, usageErrorf("--since: %q is neither a time like 2026-11-01T09:00:00Z nor how long ago it was, like 24h or 7d", text)
	}
	return t, nil
}

// verified is `shopslo decisions verify -o json`, where the chain holds: see
// docs/verify.schema.json.
type verified struct {
	Version int     `json:"version"`
	Entries int     `json:"entries"`
	Head    *string `json:"head"` // nil: the log is empty
}

func (p *program) verifyCommand() *cobra.Command {
	var head string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that nobody has changed the log of decisions",
		Long: `verify reads the whole log with the records of all decisions, and checks the chain of
their hashes. It names the first entry that is broken. Who writes a log anew from
some entry on makes a chain that holds: what was published with a decision, given as
--head, is then not in it any more.
` + whichLog + `
Exit codes: 0 the chain holds · 1 it is broken · 3 the command line, the
configuration or a document is wrong · 4 the log could not be reached.
` + serverHelp,
		Example: `  shopslo decisions verify
  shopslo decisions verify --dir data/decisions --head 5d41402abc4b2a76…`,
		Args: noArgs,
	}
	f := p.logFlags(cmd)
	out := outputFlag(cmd)
	cmd.Flags().StringVar(&head, "head", "", "a `hash` that was published with a decision, and must be in the log")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		log, err := p.readLog(*f)
		if err != nil {
			return err
		}
		end, err := decisionlog.Verify(cmd.Context(), log, head)
		if err != nil {
			return logError(err)
		}
		switch {
		case *out == asJSON && end.Index == 0:
			return p.printJSON(verified{Version: 1})
		case *out == asJSON:
			return p.printJSON(verified{Version: 1, Entries: end.Index, Head: &end.Hash})
		case end.Index == 0:
			return p.print("the log is empty\n")
		}
		return p.print(fmt.Sprintf("%d entries, the chain holds; its head is %s\n", end.Index, end.Hash))
	}
	return cmd
}

func (p *program) showCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show ENTRY",
		Short: "Print what a decision was made from",
		Long: `show prints the record of an entry: of a decision what 'shopslo gate -o json' printed,
from which 'shopslo gate --replay' makes it again; of a promotion or rollback what
'shopslo promote -o json' printed.
` + whichLog + serverHelp,
		Example: `  shopslo decisions show 12 > decision.json && shopslo gate --replay decision.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageErrorf("%s takes the number of one entry", cmd.CommandPath())
			}
			return nil
		},
	}
	f := p.logFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		n, err := strconv.Atoi(args[0])
		if err != nil || n < 1 {
			return usageErrorf("%q is no entry of a log: they are counted from 1", args[0])
		}
		log, err := p.readLog(*f)
		if err != nil {
			return err
		}
		record, err := recordOf(cmd.Context(), log, n)
		if err != nil {
			return logError(err)
		}
		return p.print(string(record) + "\n")
	}
	return cmd
}

// noEntry is an entry that a log does not have.
type noEntry struct{ wanted, last int }

func (e *noEntry) Error() string {
	if e.last == 0 {
		return fmt.Sprintf("there is no entry %d: the log is empty", e.wanted)
	}
	return fmt.Sprintf("there is no entry %d: the last of the log is %d", e.wanted, e.last)
}

// recordOf gives the record of an entry. The chain is checked up to it.
func recordOf(ctx context.Context, log decisionlog.Reader, n int) (record []byte, err error) {
	errFound := errors.New("found")
	head, err := log.Read(ctx, func(l decisionlog.Line) error {
		if l.Index != n {
			return nil
		}
		if record, err = l.Record(ctx); err != nil {
			return err
		}
		return errFound
	})
	switch {
	case errors.Is(err, errFound):
		return record, nil
	case err != nil:
		return nil, err
	}
	return nil, &noEntry{n, head.Index}
}

// readLog gives the log that the flags or the configuration name.
func (p *program) readLog(f logFlags) (decisionlog.Reader, error) {
	switch {
	case f.server != "" && f.dir != "":
		return nil, usageErrorf("--server and --dir name two logs; give one")
	case f.server != "":
		return serverLog{p, f.server}, nil
	case f.dir != "":
		file := filepath.Join(f.dir, decisionlog.File)
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil, usageErrorf("--dir: there is no %s, so %s is no log of decisions; name the folder of gate.log.dir", file, f.dir)
		}
		return decisionlog.Folder{Dir: f.dir}, nil
	}
	c, err := config.Load(p.configFile)
	if err != nil {
		return nil, faultsOf(err)
	}
	switch l := c.Gate.Log; {
	case l == nil:
		return nil, fmt.Errorf("%s: no gate.log is configured, so nothing is logged; name the log of a server with --server, or a folder with --dir", c.Path)
	case l.Dir != "":
		return decisionlog.Folder{Dir: l.Dir}, nil
	default:
		return decisiongit.New(p.gitLog(l.Git))
	}
}
