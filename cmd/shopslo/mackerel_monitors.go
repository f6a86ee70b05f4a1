package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/usage"
	strict "github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/mackerel"
	"github.com/shopslo/shopslo/mackerel/monitors"
)

// reachFlags say how to reach Mackerel where there need be no shopslo.yaml: developers
// keep monitors beside their own code.
type reachFlags struct{ url, keyFile string }

func (f *reachFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.url, "url", mackerelhttp.DefaultURL, "`URL` of Mackerel's API")
	fs.StringVar(&f.keyFile, "api-key-file", "", "`file` that holds the API key (default: the environment, "+host.EnvMackerelKey+")")
	cmd.MarkFlagFilename("api-key-file")
}

func reachMackerel(p *program, f reachFlags) (*mackerel.Client, error) {
	if err := mackerelhttp.CheckURL(f.url); err != nil {
		return nil, usage.Errorf("--url %v", err)
	}
	return p.MackerelClient(config.Mackerel{URL: f.url, APIKey: strict.Secret{File: f.keyFile}})
}

func mackerelMonitorsCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "monitors",
		Short: "Manage monitors from a file",
		Long:  p.lang.Long(longMackerelMonitors),
		Example: `  shopslo mackerel monitors plan --file monitors.yaml
  shopslo mackerel monitors apply --file monitors.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(monitorsPlanCommand(p), monitorsApplyCommand(p))
	return cmd
}

// monitorsFlags are those of plan and apply.
type monitorsFlags struct {
	reachFlags
	file  string
	adopt bool
}

func (f *monitorsFlags) add(cmd *cobra.Command) {
	f.reachFlags.add(cmd)
	cmd.Flags().StringVarP(&f.file, "file", "f", "monitors.yaml", "the `file` with the monitors")
	cmd.Flags().BoolVar(&f.adopt, "adopt", false, "take over monitors of the same name and type that nobody owns")
	cmd.MarkFlagFilename("file", "yaml", "yml")
}

func monitorsPlanCommand(p *program) *cobra.Command {
	var f monitorsFlags
	out, to := "text", ""
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what apply would do",
		Long:  p.lang.Long(longMackerelMonitorsPlan),
		Example: `  shopslo mackerel monitors plan --file monitors.yaml
  shopslo mackerel monitors plan -o markdown > comment.md
  shopslo mackerel monitors plan --to terraform > monitors.tf`,
		Args: noArgs,
	}
	f.add(cmd)
	cmd.Flags().StringVarP(&out, "output", "o", out, "`format` of the plan: text, markdown or json")
	cmd.Flags().StringVar(&to, "to", "", "write the monitors as `terraform` instead, with import blocks; the exit code is 0")
	cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"text", "markdown", "json"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.RegisterFlagCompletionFunc("to", cobra.FixedCompletions([]string{"terraform"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case out != "text" && out != "markdown" && out != "json":
			return usage.Errorf("--output: %q is not text, markdown or json", out)
		case to != "" && to != "terraform":
			return usage.Errorf("--to: %q is not terraform", to)
		}
		d, plan, _, err := planMonitors(cmd.Context(), p, f)
		if err != nil {
			return err
		}
		if to != "" {
			return p.print(string(monitors.Terraform(d, plan)))
		}
		return errors.Join(printPlan(p, plan, out), planned(plan))
	}
	return cmd
}

// planned is a plan's exit code.
func planned(plan *monitors.Plan) error {
	switch {
	case plan.Refused():
		return exitWith(exitInconclusive)
	case plan.Different():
		return exitWith(exitNo)
	}
	return nil
}

func printPlan(p *program, plan *monitors.Plan, format string) error {
	switch format {
	case "json":
		return p.printJSON(plan)
	case "markdown":
		return p.print(plan.Markdown())
	}
	return p.print(plan.Text())
}

func planMonitors(ctx context.Context, p *program, f monitorsFlags) (*monitors.Document, *monitors.Plan, *mackerel.Client, error) {
	d, err := monitors.Load(f.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil, fmt.Errorf("%w; write it, or name another with --file", err)
	}
	if err != nil {
		return nil, nil, nil, documents.FaultsOf(err)
	}
	client, err := reachMackerel(p, f.reachFlags)
	if err != nil {
		return nil, nil, nil, err
	}
	plan, err := monitors.Make(ctx, client, d, p.Now(), f.adopt)
	return d, plan, client, err
}

func monitorsApplyCommand(p *program) *cobra.Command {
	var f monitorsFlags
	cmd := &cobra.Command{
		Use:     "apply",
		Short:   "Create, update and delete monitors as in the file",
		Long:    p.lang.Long(longMackerelMonitorsApply),
		Example: `  shopslo mackerel monitors apply --file monitors.yaml`,
		Args:    noArgs,
	}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		_, plan, client, err := planMonitors(cmd.Context(), p, f)
		if err != nil {
			return err
		}
		if err := p.print(plan.Text()); err != nil {
			return err
		}
		n := 0
		err = plan.Apply(cmd.Context(), client, func(monitors.Change) { n++ })
		if err := errors.Join(err, p.print(fmt.Sprintf("applied %d\n", n))); err != nil {
			return err
		}
		if plan.Refused() {
			return exitWith(exitInconclusive)
		}
		return nil
	}
	return cmd
}
