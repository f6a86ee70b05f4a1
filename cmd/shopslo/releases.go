package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/releases"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion/releasefile"
)

func releasesCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "releases",
		Short: "Record when releases arrived, if you do not use Argo CD",
		Long:  p.lang.Long(longReleases),
		Example: `  shopslo releases add --tier beta --release v1.4.2
  shopslo releases list`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(addReleaseCommand(p), listReleasesCommand(p), repairReleasesCommand(p))
	return cmd
}

func addReleaseCommand(p *program) *cobra.Command {
	var s releases.Said
	var at string
	cmd := &cobra.Command{
		Use:   "add --release REV --tier TIER",
		Short: "Record that a release has arrived",
		Long:  p.lang.Long(longReleasesAdd, serverHelp),
		Example: `  shopslo releases add --tier beta --release "$GITHUB_SHA"
  shopslo releases add --shopset a-1 --shopset b-2 --release v1.4.2 --at 2026-11-30T09:00:00+09:00
  shopslo releases add --tier beta --release v1.4.2 --server https://shopslo.example`,
		Args: noArgs,
	}
	p.configFlag(cmd)
	server := serverFlag(cmd)
	fs := cmd.Flags()
	fs.StringVar(&s.Release, "release", "", "the `commit`, version or tag that has arrived")
	fs.StringSliceVar(&s.Tiers, "tier", nil, "a `Tier` of which all ShopSets have it; may be repeated")
	fs.StringSliceVar(&s.ShopSets, "shopset", nil, "a ShopSet that has it, by its `name`; may be repeated")
	fs.StringVar(&at, "at", "", "when the last ShopSet had it: a `time` in RFC 3339, or how long ago, such as 10m (default now)")
	fs.StringVar(&s.By, "by", "", "`name` of the person who deployed it (default: $GITHUB_ACTOR, $GITLAB_USER_LOGIN or $USER)")
	p.complete(cmd, "tier", documents.TierNames)
	p.complete(cmd, "shopset", documents.ShopSetNames)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if s.Release == "" {
			return usage.Errorf("--release is missing; name the release that has arrived")
		}
		now := p.Now()
		var err error
		if s.At, err = timeOrAgo("--at", at, now); err != nil {
			return err
		}
		if s.By == "" {
			s.By = p.actor()
		}
		a, err := addRelease(cmd.Context(), p, *server, s, now)
		if err != nil {
			return err
		}
		how := "recorded in"
		if a.Already {
			how = "already in"
		}
		return p.print(p.inLanguage(fmt.Sprintf("release %s arrived in %s at %s; %s %s\n", a.Entry.Release, strings.Join(texts(a.Entry.ShopSets), ", "),
			a.Entry.At.Format(time.RFC3339), how, a.File)))
	}
	return cmd
}

// addRelease has a server add it, or adds it here.
func addRelease(ctx context.Context, p *program, server string, s releases.Said, now time.Time) (releases.Added, error) {
	if server != "" {
		return p.server(server).AddRelease(ctx, s)
	}
	d, err := p.load()
	if err != nil {
		return releases.Added{}, err
	}
	return releases.Add(ctx, d, s, now)
}

// releaseList is the answer of releases list: docs/releases.schema.json.
type releaseList struct {
	Version int               `json:"version"`
	File    string            `json:"file"`
	Entries []releaseLine     `json:"entries"` // the oldest first
	Running []runningReleases `json:"running"` // by ShopSet
}

type releaseLine struct {
	Line int `json:"line"`
	releasefile.Entry
}

// runningReleases is what a ShopSet runs by the file. The Tier is null where the fleet does not
// have the ShopSet.
type runningReleases struct {
	ShopSet fleet.ShopSetName `json:"shopset"`
	Tier    *fleet.TierName   `json:"tier"`
	Release string            `json:"release"`
	Since   time.Time         `json:"since"`
}

func listReleasesCommand(p *program) *cobra.Command {
	var tier, set string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List when releases arrived",
		Long:  p.lang.Long(longReleasesList),
		Example: `  shopslo releases list --tier beta
  shopslo releases list -o json`,
		Args: noArgs,
	}
	p.configFlag(cmd)
	out := outputFlag(cmd)
	cmd.Flags().StringVar(&tier, "tier", "", "only those of ShopSets of this `Tier`")
	cmd.Flags().StringVar(&set, "shopset", "", "only those of the ShopSet with this `name`")
	p.complete(cmd, "tier", documents.TierNames)
	p.complete(cmd, "shopset", documents.ShopSetNames)
	cmd.RunE = func(*cobra.Command, []string) error {
		d, err := loadReleases(p)
		if err != nil {
			return err
		}
		if _, ok := d.Fleet.Tier(fleet.TierName(tier)); tier != "" && !ok {
			return usage.Errorf("--tier: the fleet has no Tier %q%s", tier, usage.DidYouMean(tier, documents.TierNames(d)))
		}
		entries, err := releasefile.Read(d.Config.Gate.Releases.File)
		if err != nil {
			return &codeError{exitUsage, err}
		}
		l := listOf(d, entries, func(name fleet.ShopSetName) bool {
			of, _ := d.Fleet.ShopSet(name)
			return (tier == "" || string(of.Tier) == tier) && (set == "" || string(name) == set)
		})
		if *out == asJSON {
			return p.printJSON(l)
		}
		return p.print(l.table(p.lang.Language))
	}
	return cmd
}

// loadReleases loads the documents, which have to name a releases file.
func loadReleases(p *program) (*documents.Documents, error) {
	d, err := p.load()
	if err == nil && d.Config.Gate.Releases == nil {
		err = &codeError{exitUsage, fmt.Errorf("%s: gate.releases is missing; add it, such as gate: {releases: {file: releases.jsonl}}", d.Config.Path)}
	}
	return d, err
}

// listOf lists what is about ShopSets that are asked for.
func listOf(d *documents.Documents, entries []releasefile.Entry, asked func(fleet.ShopSetName) bool) releaseList {
	l := releaseList{Version: 1, File: d.Config.Gate.Releases.File, Entries: []releaseLine{}, Running: []runningReleases{}}
	for i, e := range entries {
		if slices.ContainsFunc(e.ShopSets, asked) {
			l.Entries = append(l.Entries, releaseLine{i + 1, e})
		}
	}
	for _, a := range releasefile.Running(entries) {
		if !asked(a.ShopSet) {
			continue
		}
		r := runningReleases{ShopSet: a.ShopSet, Release: a.Release, Since: a.At}
		if of, ok := d.Fleet.ShopSet(a.ShopSet); ok {
			r.Tier = &of.Tier
		}
		l.Running = append(l.Running, r)
	}
	return l
}

func (l releaseList) table(in text.Language) string {
	if len(l.Entries) == 0 {
		return answers.Say(in, "there is no release in "+filepath.Base(l.File)+"\n")
	}
	rows := [][]string{answers.Row(in, []string{"AT", "RELEASE", "SHOPSETS", "BY", "RECORDED"})}
	for _, e := range l.Entries {
		rows = append(rows, []string{e.At.UTC().Format(time.RFC3339), e.Release, strings.Join(texts(e.ShopSets), ","), e.By, e.Recorded.UTC().Format(time.RFC3339)})
	}
	return text.Columns(rows)
}

func repairReleasesCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "repair",
		Short:   "Remove an incomplete last line",
		Long:    p.lang.Long(longReleasesRepair),
		Example: `  shopslo releases repair`,
		Args:    noArgs,
	}
	p.configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d, err := loadReleases(p)
		if err != nil {
			return err
		}
		torn, err := releasefile.Repair(cmd.Context(), d.Config.Gate.Releases.File)
		switch {
		case err != nil:
			return &codeError{exitUsage, err}
		case torn == "":
			return p.print(p.inLanguage("all lines are complete: nothing to repair\n"))
		}
		return p.print(p.inLanguage(fmt.Sprintf("removed: %.2000q\n", torn)))
	}
	return cmd
}
