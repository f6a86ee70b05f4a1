package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/fleet"
	strict "github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// logFlags say which log is read.
type logFlags struct{ server, dir string }

// logFlags adds them to a command.
func (p *program) logFlags(cmd *cobra.Command) *logFlags {
	p.configFlag(cmd)
	f := &logFlags{}
	cmd.Flags().StringVar(&f.server, "server", "", "`URL` of a 'shopslo serve' whose log to read, instead of the configured one")
	cmd.Flags().StringVar(&f.dir, "dir", "", "`folder` of a log, instead of the configured one")
	cmd.MarkFlagDirname("dir")
	return f
}

func decisionsCommand(p *program) *cobra.Command {
	var to, since string
	var overrides bool
	cmd := &cobra.Command{
		Use:   "decisions",
		Short: "List the gate's decisions, promotions and rollbacks",
		Long:  p.lang.Long(longDecisions, whichLog, longDecisionsExits, serverHelp),
		Example: `  shopslo decisions --tier prod --since 2026-11-01T00:00:00Z
  shopslo decisions --overrides --since 7d -o json
  shopslo decisions verify --head 5d41402abc4b2a76…
  shopslo decisions show 12 > decision.json && shopslo gate --replay decision.json`,
		Args: noArgs,
	}
	f := p.logFlags(cmd)
	out := outputFlag(cmd)
	cmd.Flags().StringVar(&to, "tier", "", "only entries about this `Tier`")
	p.complete(cmd, "tier", documents.TierNames)
	cmd.Flags().StringVar(&since, "since", "", "only entries since this `time`, in RFC 3339 or how long ago, such as 24h or 7d")
	cmd.Flags().BoolVar(&overrides, "overrides", false, "only entries with an override in force, or a fix")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		filter := decisionlog.Filter{To: to, Overrides: overrides}
		var err error
		if filter.Since, err = sinceWhen(p, since); err != nil {
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
		if err := loggedTier(p, to, len(list.Lines)); err != nil {
			return err
		}
		if *out == asJSON {
			return p.printJSON(list)
		}
		return list.WriteTable(p.stdout, p.lang.Language)
	}
	cmd.AddCommand(verifyCommand(p), showCommand(p), repairCommand(p))
	return cmd
}

// loggedTier refuses a Tier that the log says nothing of and the fleet, where it can be
// read, does not have.
func loggedTier(p *program, to string, found int) error {
	if to == "" || found > 0 {
		return nil
	}
	d, err := p.load()
	if err != nil {
		return nil
	}
	if _, ok := d.Fleet.Tier(fleet.TierName(to)); !ok {
		return usage.Errorf("--tier: no entry is about %q, and the fleet has no such Tier%s", to, usage.DidYouMean(to, documents.TierNames(d)))
	}
	return nil
}

// sinceWhen reads a time, or how long ago it was; "" is the zero time.
func sinceWhen(p *program, text string) (time.Time, error) {
	return timeOrAgo("--since", text, p.Now())
}

// timeOrAgo is a time that is written as such, or as how long before now it was; "" is
// the zero time.
func timeOrAgo(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := strict.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, usage.Errorf("%s: %q is neither a time like 2026-11-01T09:00:00Z nor how long ago it was, like 24h or 7d", flag, text)
	}
	return t, nil
}

func showCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show ENTRY",
		Short:   "Print the record of a decision",
		Long:    p.lang.Long(longDecisionsShow, whichLog, serverHelp),
		Example: `  shopslo decisions show 12 > decision.json && shopslo gate --replay decision.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage.Errorf("%s takes the number of one entry", cmd.CommandPath())
			}
			return nil
		},
	}
	f := p.logFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		n, err := strconv.Atoi(args[0])
		if err != nil || n < 1 {
			return usage.Errorf("%q is not an entry of a log: entries are numbered from 1", args[0])
		}
		log, err := p.readLog(*f)
		if err != nil {
			return err
		}
		record, err := logbook.Record(cmd.Context(), log, n)
		if err != nil {
			return logError(err)
		}
		return p.print(string(record) + "\n")
	}
	return cmd
}

// readLog gives the log that the flags or the configuration name.
func (p *program) readLog(f logFlags) (decisionlog.Reader, error) {
	switch {
	case f.server != "" && f.dir != "":
		return nil, usage.Errorf("--server and --dir name two logs; give one")
	case f.server != "":
		return p.server(f.server).Log(), nil
	case f.dir != "":
		return decisionlog.Folder{Dir: f.dir}, checkLogFolder(f.dir)
	}
	c, err := config.Load(p.configFile)
	if err != nil {
		return nil, documents.FaultsOf(err)
	}
	if c.Gate.Log == nil {
		return nil, fmt.Errorf("%s: no gate.log is configured, so nothing is logged; name the log of a server with --server, or a folder with --dir", c.Path)
	}
	return logbook.Reader(p.Host, c)
}

// checkLogFolder refuses a folder that never had a log.
func checkLogFolder(dir string) error {
	if !decisionlog.In(dir) {
		return usage.Errorf("there is no %s, so %s is not a log of decisions; name the folder of gate.log.dir", filepath.Join(dir, decisionlog.File), dir)
	}
	return nil
}

// logError gives an error of a log the exit code that it means.
func logError(err error) error {
	switch {
	case errors.Is(err, decisionlog.ErrBroken):
		return &codeError{code: exitNo, err: err}
	case errors.Is(err, decisionlog.ErrUnreachable):
		return &codeError{code: exitUnavailable, err: err}
	}
	return err
}
