package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/incidentapi"
	"github.com/shopslo/shopslo/incident/slackbot"
	"github.com/shopslo/shopslo/incident/sqlstore"
)

// reading is how incidents are told, by the server and on the command line alike.
func (p *program) reading(s *settings, store *sqlstore.Store) incidentapi.Options {
	o := incidentapi.Options{Source: slackbot.Named{From: store, Notes: store}, Now: p.now, Location: s.location()}
	if s.Shopslo.URL != "" {
		b := budgets{url: s.Shopslo.URL, token: func() (string, error) {
			return p.secret(s, "shopslo.token", s.Shopslo.Token, "SHOPSLO_TOKEN")
		}, client: &http.Client{Timeout: 10 * time.Second}, now: p.now}
		o.Burned = b.burned
	}
	return o
}

// answer is what the API answers, in this process.
type answer struct {
	bytes.Buffer
	status int
	header http.Header
}

func (a *answer) Header() http.Header    { return a.header }
func (a *answer) WriteHeader(status int) { a.status = status }

// ask asks the API's own handler about the store, so that both tell the same.
func (p *program) ask(ctx context.Context, path string, query url.Values) ([]byte, error) {
	s, err := load(p.config)
	if err != nil {
		return nil, err
	}
	store, err := p.openStore(ctx, s)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	var cause error
	o := p.reading(s, store)
	o.Failed = func(err error) { cause = err }
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	a := &answer{status: http.StatusOK, header: http.Header{}}
	incidentapi.New(o).ServeHTTP(a, r)
	if a.status == http.StatusOK {
		return a.Bytes(), nil
	}
	var said struct{ Error string }
	if cause == nil {
		if err := json.Unmarshal(a.Bytes(), &said); err != nil || said.Error == "" {
			said.Error = strings.TrimSpace(a.String())
		}
		cause = errors.New(said.Error)
	}
	if a.status < http.StatusInternalServerError {
		return nil, notFine{cause}
	}
	return nil, failure{cause}
}

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
			return p.print(p.table(list), err)
		},
	}
	formatFlag(cmd, &format, "text", "json")
	cmd.Flags().BoolVar(&all, "all", false, "list those that are over as well")
	return cmd
}

// table writes incidents in columns.
func (p *program) table(list []incident.Incident) string {
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
	var format, lang string
	cmd := &cobra.Command{
		Use: "show ID", Short: "Show an incident with its timeline", Args: oneID, ValidArgsFunction: p.completeIDs,
		Example: "  incidentbot show inc-12\n  incidentbot show inc-12 -o json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := errors.Join(oneOf(format, "markdown", "json"), checkLang(lang)); err != nil {
				return err
			}
			return p.tellOne(cmd.Context(), args[0], format, lang)
		},
	}
	formatFlag(cmd, &format, "markdown", "json")
	langFlag(cmd, &lang)
	return cmd
}

func (p *program) postmortemCommand() *cobra.Command {
	var format, lang string
	cmd := &cobra.Command{
		Use: "postmortem ID", Short: "Write an incident's postmortem, as far as it is known", Args: oneID, ValidArgsFunction: p.completeIDs,
		Example: "  incidentbot postmortem inc-12 --lang ja > inc-12.md",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := errors.Join(oneOf(format, "markdown", "json"), checkLang(lang)); err != nil {
				return err
			}
			return p.tellOne(cmd.Context(), args[0], format, lang)
		},
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
		s, err := load(p.config)
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
		RunE: func(cmd *cobra.Command, _ []string) error { return p.check(cmd.Context()) },
	}
}

func (p *program) check(ctx context.Context) error {
	s, err := load(p.config)
	if err != nil {
		return err
	}
	chosen, err := s.bot()
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "ok    settings %s: %d Tiers, %d ShopSets\n", p.config, len(chosen.Tiers), len(chosen.ShopSets))
	client, _, err := p.client(s)
	if err != nil {
		return err
	}
	store, err := p.openStore(ctx, s)
	if err != nil {
		return err
	}
	defer store.Close()
	fmt.Fprintln(p.stdout, "ok    store")
	bot, err := slackbot.New(slackbot.Options{Client: client, Store: store, Settings: chosen, Now: p.now})
	if err != nil {
		return err
	}
	bad, silent := 0, 0
	for _, f := range bot.Check(ctx) {
		if f.Err == nil {
			fmt.Fprintf(p.stdout, "ok    %s\n", f.What)
			continue
		}
		if bad++; f.Silent {
			silent++
		}
		fmt.Fprintf(p.stdout, "FAIL  %s: %v\n", f.What, f.Err)
	}
	if silent == bad && bad > 0 {
		return failure{errors.New("no answer of Slack, so nothing is known of it")}
	}
	if bad > 0 {
		return notFine{fmt.Errorf("%d of these have to be mended", bad)}
	}
	return nil
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
