package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/promoted"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/calendar"
)

// entry is what freeze, override and exclude have in common: a document that is
// written for a review, and the list of those that are there.
type entry struct {
	p                      *program
	name, reason, by, link string
	from, until, length    string
	tiers, groups, sets    []string
	fleet, list            bool
	out                    *format
}

// newEntry adds the common flags to a command.
func newEntry(p *program, cmd *cobra.Command, what string) *entry {
	e := &entry{p: p}
	p.configFlag(cmd)
	e.out = outputFlag(cmd)
	f := cmd.Flags()
	f.StringVar(&e.name, "name", "", "the document's `name` (default "+what+"-TIME)")
	f.StringVar(&e.reason, "reason", "", "the reason, as a `text` for the people affected")
	f.StringVar(&e.by, "by", "", "`name` of the person who decides (default: $GITHUB_ACTOR, $GITLAB_USER_LOGIN or $USER)")
	f.StringVar(&e.from, "from", "", "a `time` in RFC 3339 (default now)")
	f.StringVar(&e.until, "until", "", "a `time` in RFC 3339")
	f.StringVar(&e.length, "for", "", "a `duration` from --from on, instead of --until: 90m, 12h, 3d")
	f.StringSliceVar(&e.tiers, "tier", nil, "a `Tier`; may be repeated")
	p.complete(cmd, "tier", documents.TierNames)
	f.BoolVar(&e.list, "list", false, "list existing documents, and write nothing")
	return e
}

func freezeCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "freeze",
		Short: "Write a document that freezes releases",
		Long:  p.lang.Long(longFreeze),
		Example: `  shopslo freeze --tier prod --tier prod-ha --from 2026-12-28T18:00:00+09:00 --until 2027-01-04T09:00:00+09:00 --reason 年末年始
  shopslo freeze --fleet --rrule 'FREQ=WEEKLY;BYDAY=FR' --time 18:00 --for 63h --time-zone Asia/Tokyo --name weekends --reason 'nobody is there'
  shopslo freeze --emergency --reason 'payments fail everywhere'
  shopslo freeze --list
  shopslo freeze --list -o json`,
		Args: noArgs,
	}
	e := newEntry(p, cmd, "freeze")
	f := cmd.Flags()
	f.StringSliceVar(&e.groups, "group", nil, "a ShopGroup, as in the `name` of its document; may be repeated")
	p.complete(cmd, "group", documents.GroupNames)
	f.BoolVar(&e.fleet, "fleet", false, "the whole fleet")
	var recurs calendar.Recurrence
	f.StringVar(&recurs.RRule, "rrule", "", "recur according to this `rule`, such as FREQ=WEEKLY;BYDAY=FR")
	f.StringVar(&recurs.At, "time", "00:00", "the `time` of day at which a recurring freeze begins")
	f.StringVar(&recurs.TimeZone, "time-zone", "Asia/Tokyo", "the IANA `name` of the time zone of --time")
	emergency := f.Bool("emergency", false, "stop all promotions, from now until the document is deleted")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return e.run(cmd, "freeze", func(now time.Time) ([]byte, error) {
			z := promotion.Freeze{ID: e.name, Reason: e.reason, By: e.by, Scope: e.scope(), Emergency: *emergency}
			switch {
			case *emergency && (len(e.tiers)+len(e.groups) > 0 || recurs.RRule != "" || e.from != "" || e.until != "" || e.length != ""):
				return nil, usage.Errorf("--emergency stops everything until it is lifted; leave out --tier, --group, --rrule, --from, --until and --for")
			case recurs.RRule == "" && (cmd.Flags().Changed("time") || cmd.Flags().Changed("time-zone")):
				return nil, usage.Errorf("--time and --time-zone go with --rrule; write when it begins as --from")
			case *emergency:
				z.From = now
				return calendar.FreezeText(z, nil)
			case z.Scope.Everything() && !e.fleet:
				return nil, usage.Errorf("what should be frozen? give --tier, --group or --fleet")
			case !z.Scope.Everything() && e.fleet:
				return nil, usage.Errorf("--fleet is everything; leave out --tier and --group")
			case recurs.RRule != "":
				if recurs.For = e.length; e.length == "" || e.from != "" || e.until != "" {
					return nil, usage.Errorf("a recurring freeze needs --for, and neither --from nor --until")
				}
				text, err := calendar.FreezeText(z, &recurs)
				if err != nil {
					return nil, usage.Errorf("%v", err)
				}
				// A document that cannot be read is told of when it is to be written.
				if c, err := calendar.Parse(e.name, text, calendar.Words{}); err == nil && c.Over(now) {
					return nil, usage.Errorf("--rrule: all of it is over; give a later UNTIL, or none")
				}
				return text, nil
			}
			var err error
			if z.From, z.Until, err = e.spanAhead(now); err != nil {
				return nil, err
			}
			return calendar.FreezeText(z, nil)
		})
	}
	return cmd
}

func overrideCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "override",
		Short: "Write a document that waives checks of the gate",
		Long:  p.lang.Long(longOverride),
		Example: `  shopslo override --tier prod --check burn_rate --for 4h --reason 'the mail relay is down, https://example.com/inc-12'
  shopslo override --list
  shopslo override --list -o json`,
		Args: noArgs,
	}
	e := newEntry(p, cmd, "override")
	f := cmd.Flags()
	f.StringVar(&e.link, "link", "", "a `URL` with details")
	checks := f.StringSlice("check", nil, "the `name` of a check; may be repeated")
	p.complete(cmd, "check", overridable)
	release := f.String("release", "", "only for this `commit`")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return e.run(cmd, "override", func(now time.Time) ([]byte, error) {
			if len(*checks) == 0 || len(e.tiers) == 0 {
				return nil, usage.Errorf("--check and --tier are needed: which check is waived, for which Tier?")
			}
			if err := checkRelease("--release", *release); err != nil {
				return nil, err
			}
			from, until, err := e.spanAhead(now)
			if err != nil {
				return nil, err
			}
			return calendar.OverrideText(promotion.Override{ID: e.name, Who: e.by, Why: e.reason, Link: e.link, Checks: *checks,
				Release: *release, From: from, Until: until, Scope: e.scope()})
		})
	}
	return cmd
}

func excludeCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "exclude",
		Short: "Write a document that excludes a time range from error budgets",
		Long:  p.lang.Long(longExclude),
		Example: `  shopslo exclude --shopset a-1 --from 2026-11-21T01:00:00+09:00 --for 1h --cause maintenance --reason 'the database was moved'
  shopslo exclude --list
  shopslo exclude --list -o json`,
		Args: noArgs,
	}
	e := newEntry(p, cmd, "exclusion")
	f := cmd.Flags()
	f.StringVar(&e.link, "link", "", "a `URL` with details")
	f.StringSliceVar(&e.groups, "group", nil, "a ShopGroup, as in the `name` of its document; may be repeated")
	f.StringSliceVar(&e.sets, "shopset", nil, "a ShopSet, by its `name`; may be repeated")
	f.BoolVar(&e.fleet, "fleet", false, "the whole fleet")
	slos := f.StringSlice("slo", nil, "an SLO, by its `name`; may be repeated (default all)")
	cause := f.String("cause", "", "the `cause`: "+strings.Join(calendar.Causes, ", "))
	p.complete(cmd, "group", documents.GroupNames)
	p.complete(cmd, "shopset", documents.ShopSetNames)
	p.complete(cmd, "slo", documents.SLONames)
	p.complete(cmd, "cause", causes)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return e.run(cmd, "exclusion", func(now time.Time) ([]byte, error) {
			x := promotion.Exclusion{ID: e.name, Who: e.by, Cause: *cause + ": " + e.reason, Link: e.link, SLOs: *slos, Scope: e.scope()}
			var err error
			switch {
			case *cause == "":
				return nil, usage.Errorf("--cause is missing: one of %s", strings.Join(calendar.Causes, ", "))
			case e.from == "":
				return nil, usage.Errorf("--from is missing: when did it begin?")
			case x.Scope.Everything() != e.fleet:
				return nil, usage.Errorf("what should be excluded? give --shopset, --group or --tier, or --fleet alone")
			}
			if x.From, x.Until, err = e.span(now); err != nil {
				return nil, err
			}
			return calendar.ExclusionText(x)
		})
	}
	return cmd
}

// run lists, or checks what all commands need and writes the document that text gives.
func (e *entry) run(cmd *cobra.Command, kind string, text func(now time.Time) ([]byte, error)) error {
	now := e.p.Now().Truncate(time.Second)
	if e.list {
		return e.show(cmd, kind, now)
	}
	if *e.out == asJSON {
		return usage.Errorf("--output json is for --list; the document itself is YAML")
	}
	if e.by == "" {
		e.by = e.p.actor()
	}
	switch {
	case strings.TrimSpace(e.reason) == "":
		return usage.Errorf("--reason is missing: say why, for the people affected")
	case e.by == "":
		return usage.Errorf("--by is missing: who decides this?")
	case !utf8.ValidString(e.reason + e.by + e.link):
		return usage.Errorf("--reason, --by and --link take UTF-8 text")
	}
	d, err := e.p.load()
	if err != nil {
		return err
	}
	folder, err := e.place(d.Config, kind+"-"+now.UTC().Format("20060102-150405"))
	if err != nil {
		return &codeError{exitUsage, err}
	}
	content, err := text(now)
	if err != nil {
		return err
	}
	path, err := calendar.Save(folder, e.name, content, d.Words())
	if err != nil {
		return &codeError{exitUsage, err}
	}
	return e.p.print(e.p.inLanguage(fmt.Sprintf("%s\nwritten to %s; it takes effect once it is committed and the gate reads it:\n  git add %s && git commit -m %s\n",
		strings.TrimRight(string(content), "\n"), path, quoted(path), quoted(kind+": "+e.reason))))
}

// show lists those that are there.
func (e *entry) show(cmd *cobra.Command, kind string, now time.Time) error {
	var other string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains([]string{"list", "output", "config", "lang"}, f.Name) {
			other = f.Name
		}
	})
	if other != "" {
		return usage.Errorf("--list shows all documents; leave out --%s", other)
	}
	d, err := e.p.load()
	if err != nil {
		return err
	}
	if err := promoted.Calendar(cmd.Context(), e.p.Host, d); err != nil {
		return err
	}
	found, _, err := d.Calendar()
	if err != nil {
		return err
	}
	l := listed(found, kind, now)
	if *e.out == asJSON {
		return e.p.printJSON(l)
	}
	return e.p.print(l.table(e.p.lang.Language))
}

// place gives the folder for the document, and names it where nobody did: a pattern of
// the calendar has to match it, or nobody would read it.
func (e *entry) place(c *config.Config, fallback string) (folder string, err error) {
	if len(c.Gate.Calendar) == 0 {
		return "", fmt.Errorf("%s: gate.calendar is missing; add it, such as gate: {calendar: [calendar/*.yaml]}", c.Path)
	}
	if e.name != "" {
		if err := fleet.CheckName(e.name); err != nil {
			return "", fmt.Errorf("name: %w", err)
		}
	}
	var name string
	for _, pattern := range c.Gate.Calendar {
		folder = filepath.Dir(pattern)
		if strings.ContainsAny(folder, `*?[\`) {
			continue
		}
		if !filepath.IsAbs(folder) {
			folder = filepath.Join(c.Dir, folder)
		}
		if name = e.name; name == "" {
			name = unusedName(folder, fallback)
		}
		if ok, _ := filepath.Match(filepath.Base(pattern), name+".yaml"); ok {
			e.name = name
			return folder, nil
		}
	}
	return "", fmt.Errorf("%s: gate.calendar: no pattern says where to put %s.yaml so that it is read; add one, such as calendar/*.yaml", c.Path, cmp.Or(name, e.name, fallback))
}

// actor is who runs the program, as the environment says; "" where it does not.
func (p *program) actor() string {
	for _, name := range []string{"GITHUB_ACTOR", "GITLAB_USER_LOGIN", "USER"} {
		if who := p.Env[name]; who != "" {
			return who
		}
	}
	return ""
}

// unusedName is a name that no file of the folder has: two may be written in a second.
func unusedName(folder, name string) string {
	free := name
	for n := 2; ; n++ {
		if _, err := os.Lstat(filepath.Join(folder, free+".yaml")); err != nil {
			return free
		}
		free = fmt.Sprintf("%s-%d", name, n)
	}
}

// quoted is a word as a shell takes it for itself.
func quoted(word string) string {
	if bareWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

var bareWord = regexp.MustCompile(`^[A-Za-z0-9_./-]+$`)

// span reads --from, --until and --for.
func (e *entry) span(now time.Time) (from, until time.Time, err error) {
	from = now
	if e.from != "" {
		if from, err = time.Parse(time.RFC3339, e.from); err != nil {
			return from, until, usage.Errorf("--from: %q is not a time; write it like 2026-11-01T09:00:00+09:00", e.from)
		}
	}
	switch {
	case (e.until == "") == (e.length == ""):
		return from, until, usage.Errorf("give one of --until and --for: it has to end")
	case e.until != "":
		if until, err = time.Parse(time.RFC3339, e.until); err != nil {
			return from, until, usage.Errorf("--until: %q is not a time; write it like 2026-11-01T09:00:00+09:00", e.until)
		}
	default:
		length, err := calendar.ParseDuration(e.length)
		if err != nil {
			return from, until, usage.Errorf("--for: %v", err)
		}
		until = from.Add(length)
	}
	if !until.After(from) {
		return from, until, usage.Errorf("it would end before it begins, at %s", until.Format(time.RFC3339))
	}
	return from, until, nil
}

// spanAhead is span of what is to hold at the gate: in the past it would hold nothing.
func (e *entry) spanAhead(now time.Time) (from, until time.Time, err error) {
	from, until, err = e.span(now)
	if err == nil && !until.After(now) {
		err = usage.Errorf("it is over already, since %s: is the year right?", until.Format(time.RFC3339))
	}
	return from, until, err
}

func (e *entry) scope() promotion.Scope {
	var s promotion.Scope
	for _, t := range e.tiers {
		s.Tiers = append(s.Tiers, fleet.TierName(t))
	}
	for _, g := range e.groups {
		s.Groups = append(s.Groups, fleet.ShopGroupName(g))
	}
	for _, set := range e.sets {
		s.ShopSets = append(s.ShopSets, fleet.ShopSetName(set))
	}
	return s
}
