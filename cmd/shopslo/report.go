package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/internal/config"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/promoter/slackhook"
	"github.com/shopslo/shopslo/review"
	"github.com/shopslo/shopslo/slo"
)

// reportFlags are the flags of `report`.
type reportFlags struct {
	week, from, to string
	lang           string
	format, file   string
	server         string
	slack          bool
	link           string
}

// reportFormats are what a report can be written as, with the names of files that mean
// them.
var reportFormats = map[string][]string{"text": {".txt"}, "markdown": {".md", ".markdown"}, "html": {".html", ".htm"}, "json": {".json"}}

func (p *program) reportCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write the weekly review of the SLOs",
		Long: `report writes the review of a week: what to talk about first, action items,
incidents, error budgets of every Tier and ShopSet, changes against the four weeks
before, pages and tickets, Releases with what the gate said and what followed,
freezes, overrides and exclusions, data gaps, and the week to come. What is not
known says so, and why.

Without a period it is the last whole ISO week in the configuration's
review.timezone. The counts are read from the source, or from a running 'shopslo
serve' where --server names one. With --slack the first section goes to the webhook
of review.slack as well.

Exit codes: 0 the report is written · 3 the command line, the configuration or a
document is wrong · 4 the source could not be reached, and the report says what is
missing; or Slack could not be told.
` + serverHelp,
		Example: `  shopslo report
  shopslo report --week 2026-W46 --lang ja -o markdown
  shopslo report --output review.html --slack
  shopslo report --from 2026-11-01 --to 2026-11-15 -o json`,
		Args: noArgs,
	}
	p.configFlag(cmd)
	fs := cmd.Flags()
	fs.StringVar(&f.week, "week", "", "the ISO `week`, such as 2026-W46 (default the last whole one)")
	fs.StringVar(&f.from, "from", "", "the first `day` of the period, such as 2026-11-09, instead of a week")
	fs.StringVar(&f.to, "to", "", "the last `day` of the period, which is included")
	fs.StringVar(&f.lang, "lang", "", "`language`: ja or en (default review.language of the configuration, else en)")
	fs.StringVarP(&f.format, "format", "o", "", "`format`: text, markdown, html or json (default by the name of --output, else text)")
	fs.StringVar(&f.file, "output", "", "write to this `file` instead of standard output")
	fs.StringVar(&f.server, "server", "", fmt.Sprintf("ask the 'shopslo serve' at this `URL` instead of the source, such as http://%s", defaultListen))
	fs.BoolVar(&f.slack, "slack", false, "tell the webhook of review.slack what to talk about first")
	fs.StringVar(&f.link, "link", "", "`URL` of the whole report for --slack, with {week} in it (default review.link)")
	cmd.RegisterFlagCompletionFunc("lang", cobra.FixedCompletions([]string{"ja", "en"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "markdown", "html", "json"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := f.check(); err != nil {
			return err
		}
		return p.writeReport(cmd.Context(), f)
	}
	return cmd
}

// check refuses what contradicts itself, and finds the format.
func (f *reportFlags) check() error {
	if f.week != "" && f.from+f.to != "" {
		return usageErrorf("--week and --from name two periods; give one")
	}
	if (f.from == "") != (f.to == "") {
		return usageErrorf("--from and --to go together: the first and the last day of the period")
	}
	if f.lang != "" && !slices.Contains(review.Langs, review.Lang(f.lang)) {
		return usageErrorf("--lang: %q is not ja or en", f.lang)
	}
	if f.link != "" && !f.slack {
		return usageErrorf("--link is for --slack")
	}
	if _, isFormat := reportFormats[f.file]; isFormat {
		return usageErrorf("--output: %q is a format; write -o %s, and name a file with --output", f.file, f.file)
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
		return usageErrorf("-o: %q is not one of %s%s", f.format, strings.Join(known, ", "), didYouMean(f.format, known))
	}
	return nil
}

// writeReport makes the report, writes it, and tells Slack. What is missing since the
// source could not be reached stands in the report, and is the exit code.
func (p *program) writeReport(ctx context.Context, f reportFlags) error {
	hook, link, err := p.reportHook(f)
	if err != nil {
		return err
	}
	r, lang, err := p.reviewOf(ctx, f)
	if err != nil && !(r.Version > 0 && errors.Is(err, slo.ErrUnavailable)) {
		return err
	}
	text, failed := formatted(r, f.format, lang)
	if failed != nil {
		return failed
	}
	if f.file == "" {
		failed = p.print(text)
	} else if failed = os.WriteFile(f.file, []byte(text), 0o644); failed != nil {
		failed = fmt.Errorf("--output: %w", failed)
	}
	if failed == nil && hook != nil {
		if failed = hook.Say(ctx, r.Summary(lang, strings.ReplaceAll(link, "{week}", url.PathEscape(r.Week)))); failed != nil {
			failed = &codeError{code: exitUnavailable, err: failed}
		}
	}
	return errors.Join(failed, err)
}

func formatted(r review.Report, format string, lang review.Lang) (string, error) {
	switch format {
	case "markdown":
		return r.Markdown(lang), nil
	case "html":
		return r.HTML(lang)
	case "json":
		data, err := r.JSON()
		return string(data), err
	}
	return r.Text(lang), nil
}

// reportHook is the webhook that is told, nil without --slack, and the report's address.
func (p *program) reportHook(f reportFlags) (*slackhook.Hook, string, error) {
	if !f.slack {
		return nil, "", nil
	}
	c, err := config.Load(p.configFile)
	if err != nil {
		return nil, "", faultsOf(err)
	}
	v := c.WeeklyReview()
	if v.Slack == nil {
		return nil, "", fmt.Errorf("%s: --slack needs review.slack.webhook_file, the file that holds the webhook's address", c.Path)
	}
	link := v.Link
	if f.link != "" {
		link = f.link
	}
	hook, err := p.hook(c.Path+": review.slack.webhook", v.Slack.Webhook)
	return hook, link, err
}

// reviewOf asks a server, or compiles the review here. An error that wraps
// slo.ErrUnavailable may come with a review that lacks what could not be reached.
func (p *program) reviewOf(ctx context.Context, f reportFlags) (review.Report, review.Lang, error) {
	lang := review.Lang(f.lang)
	if f.server != "" {
		if lang == "" {
			lang = review.English
			if c, err := config.Load(p.configFile); err == nil {
				lang = review.Lang(c.WeeklyReview().Language)
			}
		}
		r, err := p.askReview(ctx, f)
		return r, lang, err
	}
	d, err := p.load()
	if err != nil {
		return review.Report{}, lang, err
	}
	if lang == "" {
		lang = review.Lang(d.config.WeeklyReview().Language)
	}
	period, err := f.period(p.now(), d.config.WeeklyReview().Zone)
	if err != nil {
		return review.Report{}, lang, err
	}
	d.fine = period.Until.Sub(period.From)
	e, outage := p.oneShotBack(ctx, d, period.Until, period.Reach(d.reach()), nil)
	if e == nil {
		return review.Report{}, lang, outage
	}
	defer e.Close()
	if outage != nil && !errors.Is(outage, slo.ErrUnavailable) || ctx.Err() != nil {
		return review.Report{}, lang, errors.Join(outage, context.Cause(ctx))
	}
	log, unknown := p.reportLog(d.config)
	r, err := e.review(ctx, period, p.now(), log, unknown, outage)
	return r, lang, errors.Join(err, outage)
}

// period is the one that the flags name.
func (f reportFlags) period(now time.Time, zone *time.Location) (review.Period, error) {
	var period review.Period
	var err error
	switch {
	case f.week != "":
		if period, err = review.ParseWeek(f.week, now, zone); err != nil {
			return period, usageErrorf("--week: %v", err)
		}
	case f.from != "":
		if period, err = review.ParseDays(f.from, f.to, now, zone); err != nil {
			return period, usageErrorf("--from, --to: %v", err)
		}
	default:
		period = review.LastWeek(now, zone)
	}
	return period, nil
}

// askReview is `report --server`.
func (p *program) askReview(ctx context.Context, f reportFlags) (review.Report, error) {
	q := url.Values{}
	for name, value := range map[string]string{"week": f.week, "from": f.from, "to": f.to} {
		if value != "" {
			q.Set(name, value)
		}
	}
	body, err := p.ask(ctx, f.server, reviewPath, q)
	if err != nil {
		return review.Report{}, err
	}
	r, err := review.Decode(body)
	if err != nil {
		return r, fmt.Errorf("ask %s: %w", withoutUser(f.server), err)
	}
	return r, nil
}

// review compiles the review of a period from what the ledger has counted. outage is why
// the source could not be read, nil if it was.
func (e *engine) review(ctx context.Context, period review.Period, at time.Time, log logReading, unknown *review.Unknown, outage error) (review.Report, error) {
	in := review.Input{At: at, Period: period}
	if outage != nil {
		in.Outage = &review.Unknown{Reason: review.Failed, Error: outage.Error()}
	}
	exclusions, err := e.calendarFacts(&in)
	if err != nil {
		return review.Report{}, err
	}
	if err := e.actionFacts(ctx, &in); err != nil {
		return review.Report{}, err
	}
	if err := e.silenceFacts(ctx, &in); err != nil {
		return review.Report{}, err
	}
	e.logFacts(ctx, &in, log, unknown)
	q := review.Question{Period: period, Fleet: e.docs.fleet, SLOs: e.docs.slos.SLOs, Alerts: e.alerts, Resolution: e.docs.config.Ledger.Resolution}
	until := period.Until
	if at.Before(until) {
		until = at
	}
	e.lookPast(ctx, until, at)
	counts := promotion.Excluding(e.docs.fleet, exclusions, e.accounts())
	in.Measured = review.Measure(q, counts)
	in.Effects = review.MeasureMoves(q, counts, in.Releases.Items)
	if err := context.Cause(ctx); err != nil {
		return review.Report{}, err
	}
	return review.Compile(in), nil
}
