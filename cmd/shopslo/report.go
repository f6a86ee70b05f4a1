package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/client"
	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/facts"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion/promoter/slackhook"
	"github.com/shopslo/shopslo/review"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// reportFlags are the flags of `report`.
type reportFlags struct {
	span         facts.Span
	format, file string
	server       string
	slack        bool
	link         string
}

// reportFormats are what a report can be written as, with the names of files that mean
// them.
var reportFormats = map[string][]string{"text": {".txt"}, "markdown": {".md", ".markdown"}, "html": {".html", ".htm"}, "json": {".json"}}

func reportCommand(p *program) *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write the weekly review of the SLOs",
		Long:  p.lang.Long(longReport, serverHelp),
		Example: `  shopslo report
  shopslo report --week 2026-W46 --lang ja -o markdown
  shopslo report --output review.html --slack
  shopslo report --from 2026-11-01 --to 2026-11-15 -o json`,
		Args: noArgs,
	}
	p.configFlag(cmd)
	fs := cmd.Flags()
	fs.StringVar(&f.span.Week, "week", "", "the ISO `week`, such as 2026-W46 (default: the last whole week)")
	fs.StringVar(&f.span.From, "from", "", "the first `day` of the period, such as 2026-11-09, instead of a week")
	fs.StringVar(&f.span.To, "to", "", "the last `day` of the period, which is included")
	fs.StringVarP(&f.format, "format", "o", "", "`format`: text, markdown, html or json (default: by the name of --output, else text)")
	fs.StringVar(&f.file, "output", "", "write to this `file` instead of standard output")
	fs.StringVar(&f.server, "server", "", fmt.Sprintf("ask the 'shopslo serve' at this `URL` instead of the source, such as http://%s", client.DefaultListen))
	fs.BoolVar(&f.slack, "slack", false, "send what to talk about first to the webhook of review.slack")
	fs.StringVar(&f.link, "link", "", "`URL` of the whole report for --slack, with {week} in it (default review.link)")
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "markdown", "html", "json"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := f.check(); err != nil {
			return err
		}
		return writeReport(cmd.Context(), p, f)
	}
	return cmd
}

// check refuses what contradicts itself, and finds the format.
func (f *reportFlags) check() error {
	if f.span.Week != "" && f.span.From+f.span.To != "" {
		return usage.Errorf("--week and --from name two periods; give one")
	}
	if (f.span.From == "") != (f.span.To == "") {
		return usage.Errorf("--from and --to go together: the first and the last day of the period")
	}
	if f.link != "" && !f.slack {
		return usage.Errorf("--link is for --slack")
	}
	if _, isFormat := reportFormats[f.file]; isFormat {
		return usage.Errorf("--output: %q is a format; write -o %s, and name a file with --output", f.file, f.file)
	}
	if f.file != "" {
		if err := checkFile("--output", f.file); err != nil {
			return err
		}
	}
	if f.format == "" {
		f.format = "text"
		for format, ends := range reportFormats {
			if slices.Contains(ends, strings.ToLower(filepath.Ext(f.file))) {
				f.format = format
			}
		}
	}
	if _, ok := reportFormats[f.format]; !ok {
		known := []string{"text", "markdown", "html", "json"}
		return usage.Errorf("-o: %q is not one of %s%s", f.format, strings.Join(known, ", "), usage.DidYouMean(f.format, known))
	}
	return nil
}

// writeReport makes the report, writes it, and tells Slack. What is missing since the
// source could not be reached stands in the report, and is the exit code.
func writeReport(ctx context.Context, p *program, f reportFlags) error {
	hook, link, err := reportHook(p, f)
	if err != nil {
		return err
	}
	r, lang, err := p.review(ctx, f)
	if err != nil && !(r.Version > 0 && errors.Is(err, slo.ErrUnavailable)) {
		return err
	}
	text, failed := formatted(r, f.format, lang, p.reportColumns(f))
	if failed != nil {
		return failed
	}
	if f.file == "" {
		failed = p.print(text)
	} else {
		failed = replace("--output", f.file, []byte(text))
	}
	if failed == nil && hook != nil {
		if failed = hook.Say(ctx, strings.TrimSpace(r.Summary(lang, "")), strings.ReplaceAll(link, "{week}", url.PathEscape(r.Week))); failed != nil {
			failed = &codeError{code: exitUnavailable, err: failed}
		}
	}
	return errors.Join(failed, err)
}

// reportColumns is the width of the text: the terminal's, or that of COLUMNS; 0, which is
// the usual one, in a file and a pipe.
func (p *program) reportColumns(f reportFlags) int {
	if f.file != "" {
		return 0
	}
	return p.columns()
}

func formatted(r review.Report, format string, lang text.Language, columns int) (string, error) {
	switch format {
	case "markdown":
		return r.Markdown(lang), nil
	case "html":
		return r.HTML(lang)
	case "json":
		data, err := r.JSON()
		return string(data), err
	}
	return r.Text(lang, columns), nil
}

// reportHook is the webhook that is told, nil without --slack, and the report's address.
func reportHook(p *program, f reportFlags) (*slackhook.Hook, string, error) {
	if !f.slack {
		return nil, "", nil
	}
	c, err := config.Load(p.configFile)
	if err != nil {
		return nil, "", documents.FaultsOf(err)
	}
	v := c.WeeklyReview()
	if v.Slack == nil {
		return nil, "", fmt.Errorf("%s: --slack needs review.slack.webhook, the file or environment variable that holds the webhook's address", c.Path)
	}
	link := v.Link
	if f.link != "" {
		link = f.link
	}
	address, err := p.InEnv(c.Path+": review.slack.webhook", v.Slack.Webhook)
	return &slackhook.Hook{File: v.Slack.Webhook.File, Address: address}, link, err
}

// review asks a server, or compiles the review here. An error that wraps
// slo.ErrUnavailable may come with a review that lacks what could not be reached.
func (p *program) review(ctx context.Context, f reportFlags) (review.Report, text.Language, error) {
	lang := p.lang.Language
	if f.server != "" {
		if c, err := config.Load(p.configFile); err == nil {
			lang = p.reviewIn(c)
		}
		r, err := p.server(f.server).Review(ctx, f.span)
		return r, lang, err
	}
	d, err := p.load()
	if err != nil {
		return review.Report{}, lang, err
	}
	lang = p.reviewIn(d.Config)
	period, err := f.span.Period(p.Now(), d.Config.WeeklyReview().Zone)
	if err != nil {
		return review.Report{}, lang, err
	}
	d.Fine = period.Until.Sub(period.From)
	e, outage := engine.OneShotBack(ctx, p.Host, d, period.Until, period.Reach(d.Reach()), status.Filter{})
	if e == nil {
		return review.Report{}, lang, outage
	}
	defer e.Close()
	if outage != nil && !errors.Is(outage, slo.ErrUnavailable) || ctx.Err() != nil {
		return review.Report{}, lang, errors.Join(outage, context.Cause(ctx))
	}
	log, unknown := facts.Log(p.Host, d.Config)
	r, err := facts.Review(ctx, e, period, p.Now(), log, unknown)
	return r, lang, errors.Join(err, engine.Unavailable(e.Outages()))
}

// reviewIn is the language of the review: the one that was asked for, else the
// configuration's, else the reader's.
func (p *program) reviewIn(c *config.Config) text.Language {
	if asked := c.WeeklyReview().Language; asked != "" && !p.lang.Asked {
		return asked
	}
	return p.lang.Language
}
