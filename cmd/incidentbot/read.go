package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/incidentapi"
	"github.com/shopslo/shopslo/service/incidentbot"
)

func (p *program) listCommand() *cobra.Command {
	var format string
	var all bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the incidents that are ongoing", Args: cobra.NoArgs,
		Example: "  incidentbot list\n  incidentbot list --all -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf(format, "text", "json"); err != nil {
				return err
			}
			query := url.Values{"ongoing": {"true"}}
			if all {
				query = nil
			}
			data, err := p.ask(cmd.Context(), "/api/v1/incidents", query)
			if err != nil || format == "json" {
				return p.print(string(data), err)
			}
			list, err := incidentapi.ParseList(data)
			return p.print(table(list), err)
		},
	}
	formatFlag(cmd, &format, "text", "json")
	cmd.Flags().BoolVar(&all, "all", false, "list those that are over as well")
	return cmd
}

// table writes incidents in columns.
func table(list []incident.Incident) string {
	if len(list) == 0 {
		return "No incident.\n"
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSEVERITY\tSTATE\tDETECTED\tTITLE")
	for _, i := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", i.ID, i.Severity, i.State, i.DetectedAt.UTC().Format(time.RFC3339), i.Title)
	}
	w.Flush()
	return b.String()
}

func (p *program) showCommand() *cobra.Command {
	return p.ofOne(&cobra.Command{
		Use: "show ID", Short: "Show an incident with its timeline",
		Example: "  incidentbot show inc-12\n  incidentbot show inc-12 -o json",
	})
}

func (p *program) postmortemCommand() *cobra.Command {
	return p.ofOne(&cobra.Command{
		Use: "postmortem ID", Short: "Write an incident's postmortem, as far as it is known",
		Example: "  incidentbot postmortem inc-12 --lang ja > inc-12.md",
	})
}

// ofOne makes a command tell of one incident.
func (p *program) ofOne(cmd *cobra.Command) *cobra.Command {
	var format, lang string
	cmd.Args, cmd.ValidArgsFunction = oneID, p.completeIDs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := errors.Join(oneOf(format, "markdown", "json"), checkLang(lang)); err != nil {
			return err
		}
		return p.tellOne(cmd.Context(), args[0], format, lang)
	}
	formatFlag(cmd, &format, "markdown", "json")
	langFlag(cmd, &lang)
	return cmd
}

func (p *program) tellOne(ctx context.Context, id, format, lang string) error {
	path := "/api/v1/incidents/" + url.PathEscape(id)
	if format == "json" {
		data, err := p.ask(ctx, path, nil)
		return p.print(string(data), err)
	}
	if lang == "" {
		s, err := incidentbot.Load(p.config)
		if err != nil {
			return err
		}
		lang = s.Language
	}
	query := url.Values{}
	if lang != "" {
		query.Set("lang", lang)
	}
	data, err := p.ask(ctx, path+"/postmortem.md", query)
	return p.print(string(data), err)
}

func (p *program) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Check the settings, the store, and what Slack knows of them", Args: cobra.NoArgs,
		Long: `check reads the settings and asks Slack whether the token works, the app has its scopes,
and channels, people and user groups exist: a line each. It changes nothing in Slack.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return incidentbot.Check(cmd.Context(), p.around(), p.config, p.stdout)
		},
	}
}

func (p *program) print(text string, err error) error {
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(p.stdout, text)
	return err
}

// completeIDs completes the IDs of incidents, where the store can be read.
func (p *program) completeIDs(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	data, err := p.ask(cmd.Context(), "/api/v1/incidents", nil)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	list, err := incidentapi.ParseList(data)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var ids []string
	for _, i := range list {
		ids = append(ids, i.ID+"\t"+i.Title)
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

func oneID(_ *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return errors.New("name one incident, such as inc-12; 'incidentbot list --all' shows them")
	}
	return nil
}

func formatFlag(cmd *cobra.Command, format *string, known ...string) {
	cmd.Flags().StringVarP(format, "output", "o", known[0], "`format`: "+strings.Join(known, " or "))
	cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(known, cobra.ShellCompDirectiveNoFileComp))
}

func langFlag(cmd *cobra.Command, lang *string) {
	cmd.Flags().StringVar(lang, "lang", "", "`language`: ja or en (default that of the settings)")
	cmd.RegisterFlagCompletionFunc("lang", cobra.FixedCompletions([]string{"ja", "en"}, cobra.ShellCompDirectiveNoFileComp))
}

func oneOf(format string, known ...string) error {
	for _, k := range known {
		if format == k {
			return nil
		}
	}
	return fmt.Errorf("-o: %q is not %s", format, strings.Join(known, " or "))
}

func checkLang(lang string) error {
	if lang != "" && lang != "ja" && lang != "en" {
		return fmt.Errorf("--lang: %q is not ja or en", lang)
	}
	return nil
}

// ask asks the API's own handler, so that it tells the same here.
func (p *program) ask(ctx context.Context, path string, query url.Values) ([]byte, error) {
	return incidentbot.Ask(ctx, p.around(), p.config, path, query)
}
