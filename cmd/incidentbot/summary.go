package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/incidentapi"
	"github.com/shopslo/shopslo/internal/cli/commands"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/service/incidentbot"
)

// summary is what `incidentbot summary -o json` writes: docs/incident-summary.schema.json.
type summary struct {
	Version    int                       `json:"version"`
	At         time.Time                 `json:"at"`
	Since      time.Time                 `json:"since"`
	Count      int                       `json:"count"`
	Ongoing    int                       `json:"ongoing"`
	BySeverity map[incident.Severity]int `json:"by_severity"`
	ToDetect   lengths                   `json:"to_detect"`
	ToMitigate lengths                   `json:"to_mitigate"`
	ToResolve  lengths                   `json:"to_resolve"`
	Hurting    float64                   `json:"hurting_seconds"`
	Actions    []openAction              `json:"open_actions"`
	Overdue    int                       `json:"overdue"`
	Unwritten  []string                  `json:"unwritten"`
}

// lengths are how long something took; null: of no incident is it known.
type lengths struct {
	Known  int      `json:"known"`
	Median *float64 `json:"median_seconds"`
	P90    *float64 `json:"p90_seconds"`
}

type openAction struct {
	Incident string     `json:"incident"`
	Title    string     `json:"title"`
	What     string     `json:"what"`
	Owner    *string    `json:"owner"`
	Due      *time.Time `json:"due"`
	Link     *string    `json:"link"`
	Overdue  bool       `json:"overdue"`
}

func (p *program) summaryCommand() *cobra.Command {
	var format, back string
	cmd := &cobra.Command{
		Use: "summary", Short: "Summarize incidents and open actions", Args: commands.NoArgs,
		Long:    p.lang.Long(longSummary),
		Example: "  incidentbot summary\n  incidentbot summary --since 30d --lang ja\n  incidentbot summary --since 2026-10-01 -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf(format, "text", "json"); err != nil {
				return err
			}
			s, err := incidentbot.Load(p.config)
			if err != nil {
				return err
			}
			since, err := sinceWhen(back, p.now(), s.Location())
			if err != nil {
				return err
			}
			sum, err := p.summarize(cmd.Context(), since)
			if err != nil {
				return err
			}
			if format == "json" {
				data, err := json.MarshalIndent(summaryOf(sum, since, p.now()), "", "  ")
				return p.print(string(data)+"\n", err)
			}
			return p.print(summaryText(sum, since.In(s.Location()), p.told(s.Language)), nil)
		},
	}
	formatFlag(cmd, &format, "text", "json")
	cmd.Flags().StringVar(&back, "since", "90d", "a `day`, or how long ago: 2026-10-01, 30d")
	return cmd
}

// summarize sums up the incidents since a time; what is still to be done it takes from
// all that there are, since what is forgotten is old.
func (p *program) summarize(ctx context.Context, since time.Time) (incident.Summary, error) {
	sum := func(query url.Values) (incident.Summary, error) {
		data, err := p.ask(ctx, "/api/v1/incidents", query)
		if err != nil {
			return incident.Summary{}, err
		}
		list, err := incidentapi.ParseList(data)
		return incident.Summarize(list, p.now()), err
	}
	recent, err := sum(url.Values{"since": {since.UTC().Format(time.RFC3339Nano)}})
	if err != nil {
		return recent, err
	}
	all, err := sum(nil)
	recent.OpenActions, recent.Overdue, recent.Unwritten = all.OpenActions, all.Overdue, all.Unwritten
	return recent, err
}

// sinceWhen reads a day of the settings' time zone, or a length of time.
func sinceWhen(given string, now time.Time, zone *time.Location) (time.Time, error) {
	if day, err := time.ParseInLocation(time.DateOnly, given, zone); err == nil {
		return day, nil
	}
	back, err := document.ParseDuration(given)
	if err != nil || back <= 0 {
		return time.Time{}, fmt.Errorf("--since: %q is neither a day, such as 2026-10-01, nor a length of time, such as 30d", given)
	}
	return now.Add(-back), nil
}

func summaryOf(s incident.Summary, since, now time.Time) summary {
	out := summary{Version: 1, At: now.UTC().Truncate(time.Second), Since: since.UTC(), Count: s.Count, Ongoing: s.Ongoing, BySeverity: s.BySeverity,
		ToDetect: lengthsOf(s.ToDetect), ToMitigate: lengthsOf(s.ToMitigate), ToResolve: lengthsOf(s.ToResolve),
		Hurting: s.Hurting.Seconds(), Actions: []openAction{}, Overdue: s.Overdue, Unwritten: append([]string{}, s.Unwritten...)}
	given := func(written string) *string {
		if written == "" {
			return nil
		}
		return &written
	}
	for _, a := range s.OpenActions {
		one := openAction{Incident: a.Incident, Title: a.Title, What: a.What, Owner: given(a.Owner), Link: given(a.Link), Overdue: a.Overdue}
		if !a.Due.IsZero() {
			one.Due = &a.Due
		}
		out.Actions = append(out.Actions, one)
	}
	return out
}

func lengthsOf(s incident.Spread) lengths {
	seconds := func(d *time.Duration) *float64 {
		if d == nil {
			return nil
		}
		n := d.Seconds()
		return &n
	}
	return lengths{s.Known, seconds(s.Median), seconds(s.P90)}
}

// summaryText writes it for people.
func summaryText(s incident.Summary, since time.Time, l text.Language) string {
	var b strings.Builder
	b.WriteString(l.Say(sayIncidents, s.Count, since.Format("2006-01-02 15:04 MST"), s.Ongoing, s.BySeverity[incident.Critical], s.BySeverity[incident.Major], s.BySeverity[incident.Minor]))
	if s.Count > 0 {
		b.WriteString(lengthsText(s, l))
	}
	if len(s.Unwritten) > 0 {
		b.WriteString(l.Say(sayUnwritten, strings.Join(s.Unwritten, ", ")))
	}
	return b.String() + actionsText(s, l)
}

// lengthsText tells how long it took.
func lengthsText(s incident.Summary, l text.Language) string {
	length := func(d *time.Duration) string {
		if d == nil {
			return "–"
		}
		return l.Duration(*d, time.Minute, 2)
	}
	rows := [][]string{{l.Say(headTime), l.Say(headMedian), l.Say(headP90), l.Say(headKnown)}}
	for _, r := range []struct {
		what string
		s    incident.Spread
	}{{l.Say(rowDetect), s.ToDetect}, {l.Say(rowMitigate), s.ToMitigate}, {l.Say(rowResolve), s.ToResolve}} {
		rows = append(rows, []string{r.what, length(r.s.Median), length(r.s.P90), fmt.Sprintf("%d / %d", r.s.Known, s.Count)})
	}
	return "\n" + text.Columns(rows) + l.Say(sayImpact, l.Duration(s.Hurting, time.Minute, 2))
}

// actionsText lists what is still to be done.
func actionsText(s incident.Summary, l text.Language) string {
	if len(s.OpenActions) == 0 {
		return l.Say(sayNoActions)
	}
	head := l.Say(sayActions, len(s.OpenActions), s.Overdue)
	rows := [][]string{{l.Say(headDue), l.Say(headOwner), l.Say(headIncident), l.Say(headAction)}}
	for _, a := range s.OpenActions {
		due, owner := "–", a.Owner
		if !a.Due.IsZero() {
			due = a.Due.Format(time.DateOnly)
		}
		if a.Overdue {
			due += l.Say(sayOverdue)
		}
		if owner == "" {
			owner = "–"
		}
		rows = append(rows, []string{due, owner, a.Incident, a.What})
	}
	return head + text.Columns(rows)
}
