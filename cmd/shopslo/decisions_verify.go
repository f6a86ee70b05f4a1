package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// verified is `shopslo decisions verify -o json`, where the chain holds: see
// docs/verify.schema.json.
type verified struct {
	Version     int     `json:"version"`
	Entries     int     `json:"entries"`
	Head        *string `json:"head"`      // nil: the log is empty
	Published   *int    `json:"published"` // the entry that --head is of; nil: not asked
	Repairs     []int   `json:"repairs"`
	LostRecords []int   `json:"lost_records"`
}

func verifyCommand(p *program) *cobra.Command {
	var head string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Verify that the log of decisions was not changed",
		Long:  p.lang.Long(longDecisionsVerify, whichLog, longDecisionsVerifyExits, serverHelp),
		Example: `  shopslo decisions verify
  shopslo decisions verify --dir data/decisions --head 5d41402abc4b2a76…`,
		Args: noArgs,
	}
	f := p.logFlags(cmd)
	out := outputFlag(cmd)
	cmd.Flags().StringVar(&head, "head", "", "a `hash` that was published with a decision, and must be in the log")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		head = strings.ToLower(strings.TrimSpace(head))
		if cmd.Flags().Changed("head") && !wholeHash.MatchString(head) {
			return usage.Errorf("--head: %q is not a hash of 64 hexadecimal digits; copy all of what was published with the decision", head)
		}
		log, err := p.readLog(*f)
		if err != nil {
			return err
		}
		v, err := decisionlog.Verify(cmd.Context(), log, head)
		if err != nil {
			return logError(err)
		}
		if *out == asJSON {
			return p.printJSON(verifiedJSON(v))
		}
		return p.print(p.inLanguage(verifiedText(v, head != "")))
	}
	return cmd
}

var wholeHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

func verifiedJSON(v decisionlog.Verified) verified {
	out := verified{Version: 1, Entries: v.Head.Index, Repairs: append([]int{}, v.Repairs...), LostRecords: append([]int{}, v.LostRecords...)}
	if v.Head.Index > 0 {
		out.Head = &v.Head.Hash
	}
	if v.Published > 0 {
		out.Published = &v.Published
	}
	return out
}

func verifiedText(v decisionlog.Verified, asked bool) string {
	if v.Head.Index == 0 {
		return "the log is empty\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d entries, the chain is intact; its head is %s\n", v.Head.Index, v.Head.Hash)
	switch {
	case v.Was > 0:
		fmt.Fprintf(&b, "The published hash is that of entry %d, which was entry %d before a repair.\n", v.Published, v.Was)
	case asked:
		fmt.Fprintf(&b, "The published hash is that of entry %d: it and all earlier entries are unchanged.\n", v.Published)
	default:
		b.WriteString("This shows that the log is consistent; --head with a published hash proves that it is the one that was published.\n")
	}
	for _, n := range v.Repairs {
		fmt.Fprintf(&b, "Entry %d records a repair; see 'shopslo decisions show %d' for what was lost.\n", n, n)
	}
	for _, n := range v.LostRecords {
		fmt.Fprintf(&b, "The record of entry %d was lost before a repair.\n", n)
	}
	return b.String()
}

func repairCommand(p *program) *cobra.Command {
	var dir string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "repair",
		Short: "Repair a damaged log of decisions",
		Long:  p.lang.Long(longDecisionsRepair),
		Example: `  shopslo decisions repair --dry-run
  shopslo decisions repair
  shopslo decisions repair --dir data/decisions -o json`,
		Args: noArgs,
	}
	p.configFlag(cmd)
	out := outputFlag(cmd)
	cmd.Flags().StringVar(&dir, "dir", "", "`folder` of a log, instead of the configured one")
	cmd.MarkFlagDirname("dir")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show what would be done, and change nothing")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		dir, err := p.logFolder(dir)
		if err != nil {
			return err
		}
		if dryRun {
			return p.planRepair(cmd.Context(), dir, *out == asJSON)
		}
		r, head, err := decisionlog.RepairFolder(cmd.Context(), dir, p.Now(), p.WhoAsks())
		if err != nil {
			return err
		}
		return p.printRepair(r, dir, head, *out == asJSON)
	}
	return cmd
}

// logFolder is the folder of the log that is to be repaired.
func (p *program) logFolder(dir string) (string, error) {
	if dir != "" {
		return dir, checkLogFolder(dir)
	}
	c, err := config.Load(p.configFile)
	if err != nil {
		return "", documents.FaultsOf(err)
	}
	if c.Gate.Log == nil || c.Gate.Log.Dir == "" {
		return "", fmt.Errorf("%s: no gate.log.dir is configured; name the folder of the log with --dir", c.Path)
	}
	return c.Gate.Log.Dir, checkLogFolder(c.Gate.Log.Dir)
}

// planRepair says what a repair would do. A broken log is a no.
func (p *program) planRepair(ctx context.Context, dir string, asJSON bool) error {
	r, head, err := decisionlog.PlanRepair(ctx, dir, p.Now())
	switch {
	case err != nil:
		return err
	case r == nil:
		return p.printRepair(nil, dir, head, asJSON)
	case asJSON:
		err = p.printJSON(repaired{Version: 1, DryRun: true, Repair: r})
	default:
		err = printSaid(p, r.WritePlan)
	}
	return cmp.Or(err, exitWith(exitNo))
}

// repaired is `shopslo decisions repair -o json`: see docs/repair.schema.json.
type repaired struct {
	Version int                   `json:"version"`
	DryRun  bool                  `json:"dry_run"` // nothing was changed
	Repair  *decisionlog.Repaired `json:"repair"`  // nil: nothing was broken
	Head    *decisionlog.Head     `json:"head"`    // nil: the log is empty
}

func (p *program) printRepair(r *decisionlog.Repaired, dir string, head decisionlog.Head, asJSON bool) error {
	if asJSON {
		out := repaired{Version: 1, Repair: r}
		if head.Index > 0 {
			out.Head = &head
		}
		return p.printJSON(out)
	}
	if r == nil {
		return p.print(p.inLanguage(fmt.Sprintf("Nothing to repair: %d entries, the chain is intact.\n", head.Index)))
	}
	return printSaid(p, func(w io.Writer) error { return r.WriteText(w, dir, head) })
}
