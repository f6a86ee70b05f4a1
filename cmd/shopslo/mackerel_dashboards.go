package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/mackerel"
	"github.com/shopslo/shopslo/mackerel/dashboards"
	"github.com/shopslo/shopslo/slo"
)

func mackerelDashboardsCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "dashboards",
		Short:   "Manage dashboards of what push sends",
		Long:    p.lang.Long(longMackerelDashboards),
		Example: `  shopslo mackerel dashboards apply`,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(dashboardsApplyCommand(p))
	return cmd
}

func dashboardsApplyCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "apply",
		Short:   "Create and update the dashboards",
		Long:    p.lang.Long(longMackerelDashboardsApply),
		Example: `  shopslo mackerel dashboards apply --config shopslo.yaml`,
		Args:    noArgs,
	}
	p.configFlag(cmd)
	out := outputFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d, client, err := loadMackerel(cmd.Context(), p)
		if err != nil {
			return err
		}
		results, err := dashboards.Apply(cmd.Context(), client, d.Config.Mackerel.Service, dashboards.Make(d.Config.Mackerel.Service, shownSLOs(d), slo.BurnWindows(d.Alerts())))
		if err != nil {
			return err
		}
		if *out == asJSON {
			err = p.printJSON(map[string]any{"version": 1, "dashboards": results})
		} else {
			err = p.print(p.inLanguage(dashboardLines(results)))
		}
		if err == nil && slices.ContainsFunc(results, func(r dashboards.Result) bool { return r.Action == "refused" }) {
			return exitWith(exitInconclusive)
		}
		return err
	}
	return cmd
}

func dashboardLines(results []dashboards.Result) string {
	text := ""
	for _, r := range results {
		text += fmt.Sprintf("%-8s %s (%s)\n", r.Action, r.Title, r.Path)
		if r.Why != "" {
			text += "         " + r.Why + "\n"
		}
	}
	return text
}

// shownSLOs are the SLOs as dashboards show them.
func shownSLOs(d *documents.Documents) []dashboards.SLO {
	var out []dashboards.SLO
	for i := range d.SLOs.SLOs {
		s := &d.SLOs.SLOs[i]
		shown := dashboards.SLO{Name: s.Name, DisplayName: s.DisplayName, Service: s.Service, Description: s.Description,
			Objective: s.Objective.Ratio(), Window: s.Window.String()}
		for _, set := range d.ShopSetsOf(s) {
			shown.ShopSets = append(shown.ShopSets, string(set.Name))
		}
		out = append(out, shown)
	}
	return out
}

// annotateFlags are those of `mackerel annotate`.
type annotateFlags struct {
	tier, release, previous, repository, note string
}

func mackerelAnnotateCommand(p *program) *cobra.Command {
	var f annotateFlags
	cmd := &cobra.Command{
		Use:   "annotate",
		Short: "Annotate graphs with a release",
		Long:  p.lang.Long(longMackerelAnnotate),
		Example: `  shopslo mackerel annotate --tier prod --release 9f8e7d6 --previous 1a2b3c4 \
    --repository https://github.com/shops/app`,
		Args: noArgs,
	}
	p.configFlag(cmd)
	fs := cmd.Flags()
	fs.StringVar(&f.tier, "tier", "", "the `Tier` that the release reached")
	fs.StringVar(&f.release, "release", "", "the release: the application's `commit`")
	fs.StringVar(&f.previous, "previous", "", "the previous `commit`")
	fs.StringVar(&f.repository, "repository", "", "`URL` of the application's repository, for the comparison link")
	fs.StringVar(&f.note, "note", "", "an additional `sentence`")
	at := p.atFlag(cmd)
	p.complete(cmd, "tier", documents.TierNames)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if f.tier == "" || f.release == "" {
			return usage.Errorf("--tier and --release are needed")
		}
		when, err := at()
		if err != nil {
			return err
		}
		compare, err := mackerel.CompareURL(f.repository, f.previous, f.release)
		if err != nil {
			return usage.Errorf("--repository: %v", err)
		}
		d, client, err := loadMackerel(cmd.Context(), p)
		if err != nil {
			return err
		}
		if tiers := documents.TierNames(d); !slices.Contains(tiers, f.tier) {
			return usage.Errorf("--tier: there is no Tier %q%s", f.tier, usage.DidYouMean(f.tier, tiers))
		}
		made, err := client.Annotate(cmd.Context(), d.Config.Mackerel.Service, mackerel.Release{Tier: f.tier, Release: f.release, Previous: f.previous, Compare: compare, Note: f.note, At: when.time})
		if err != nil {
			return err
		}
		if !made {
			return p.print(p.inLanguage("noted already\n"))
		}
		return p.print(p.inLanguage("noted\n"))
	}
	return cmd
}
