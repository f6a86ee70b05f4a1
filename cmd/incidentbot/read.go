package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/incidentapi"
	"github.com/shopslo/shopslo/internal/cli/commands"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/service/incidentbot"
)

func (p *program) listCommand() *cobra.Command {
	var format string
	var all bool
	cmd := &cobra.Command{
		Use: "list", Short: "List ongoing incidents", Args: commands.NoArgs,
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
			return p.print(table(list, p.lang.Language), err)
		},
	}
	formatFlag(cmd, &format, "text", "json")
	cmd.Flags().BoolVar(&all, "all", false, "also list incidents that are over")
	return cmd
}

// table writes incidents in columns.
func table(list []incident.Incident, l text.Language) string {
	if len(list) == 0 {
		return l.Say(sayNoIncident)
	}
	rows := [][]string{{"ID", l.Say(headSeverity), l.Say(headState), l.Say(headDetected), l.Say(headTitle)}}
	for _, i := range list {
		rows = append(rows, []string{i.ID, l.Say(i.Severity.Word()), l.Say(i.State.Word()), i.DetectedAt.UTC().Format(time.RFC3339), i.Title})
	}
	return text.Columns(rows)
}

func (p *program) showCommand() *cobra.Command {
	return p.ofOne(&cobra.Command{
		Use: "show ID", Short: "Show an incident with its timeline",
		Example: "  incidentbot show inc-12\n  incidentbot show inc-12 -o json",
	})
}

func (p *program) postmortemCommand() *cobra.Command {
	return p.ofOne(&cobra.Command{
		Use: "postmortem ID", Short: "Write the draft of an incident's postmortem",
		Example: "  incidentbot postmortem inc-12 --lang ja > inc-12.md",
	})
}

// ofOne makes a command tell of one incident.
func (p *program) ofOne(cmd *cobra.Command) *cobra.Command {
	var format string
	cmd.Args, cmd.ValidArgsFunction = oneID, p.completeIDs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := oneOf(format, "markdown", "json"); err != nil {
			return err
		}
		return p.tellOne(cmd.Context(), args[0], format)
	}
	formatFlag(cmd, &format, "markdown", "json")
	return cmd
}

func (p *program) tellOne(ctx context.Context, id, format string) error {
	path := "/api/v1/incidents/" + url.PathEscape(id)
	if format == "json" {
		data, err := p.ask(ctx, path, nil)
		return p.print(string(data), err)
	}
	s, err := incidentbot.Load(p.config)
	if err != nil {
		return err
	}
	data, err := p.ask(ctx, path+"/postmortem.md", url.Values{"lang": {string(p.told(s.Language))}})
	return p.print(string(data), err)
}

func (p *program) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Check the configuration, the store and Slack", Args: commands.NoArgs,
		Long: p.lang.Long(longCheck),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return incidentbot.Check(cmd.Context(), p.around(), p.config, said{p})
		},
	}
}

// told is the language in which incidents are told: that of the settings, where nobody asked for
// another.
func (p *program) told(settings string) text.Language {
	if settings != "" && !p.lang.Asked {
		return text.Language(settings)
	}
	return p.lang.Language
}

// said writes lines of check in the language, each as it comes.
type said struct{ *program }

func (s said) Write(line []byte) (int, error) {
	_, err := io.WriteString(s.stdout, answers.Say(s.lang.Language, string(line)))
	return len(line), err
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

func oneOf(format string, known ...string) error {
	for _, k := range known {
		if format == k {
			return nil
		}
	}
	return fmt.Errorf("-o: %q is not %s", format, strings.Join(known, " or "))
}

// ask asks the API's own handler, so that it tells the same here.
func (p *program) ask(ctx context.Context, path string, query url.Values) ([]byte, error) {
	return incidentbot.Ask(ctx, p.around(), p.config, path, query)
}
