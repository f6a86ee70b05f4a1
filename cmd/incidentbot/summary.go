package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/incidentapi"
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
	var format, lang, back string
	cmd := &cobra.Command{
		Use: "summary", Short: "Sum up the incidents of a time, and what is still to be done", Args: cobra.NoArgs,
		Long: `summary counts the incidents that were ongoing, or changed, since a time: how many of
which severity, how long they took to be noticed, mitigated and resolved. Of all
incidents, however old, it tells which actions nobody has done yet, and whose
postmortem is not whole.`,
		Example: "  incidentbot summary\n  incidentbot summary --since 30d --lang ja\n  incidentbot summary --since 2026-10-01 -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(oneOf(format, "text", "json"), checkLang(lang)); err != nil {
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
			if lang == "" {
				lang = s.Language
			}
			return p.print(summaryText(sum, since.In(s.Location()), lang == "ja"), nil)
		},
	}
	formatFlag(cmd, &format, "text", "json")
	langFlag(cmd, &lang)
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
func sinceWhen(text string, now time.Time, zone *time.Location) (time.Time, error) {
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return day, nil
	}
	back, err := document.ParseDuration(text)
	if err != nil || back <= 0 {
		return time.Time{}, fmt.Errorf("--since: %q is neither a day, such as 2026-10-01, nor a length of time, such as 30d", text)
	}
	return now.Add(-back), nil
}

func summaryOf(s incident.Summary, since, now time.Time) summary {
	out := summary{Version: 1, At: now.UTC().Truncate(time.Second), Since: since.UTC(), Count: s.Count, Ongoing: s.Ongoing, BySeverity: s.BySeverity,
		ToDetect: lengthsOf(s.ToDetect), ToMitigate: lengthsOf(s.ToMitigate), ToResolve: lengthsOf(s.ToResolve),
		Hurting: s.Hurting.Seconds(), Actions: []openAction{}, Overdue: s.Overdue, Unwritten: append([]string{}, s.Unwritten...)}
	given := func(text string) *string {
		if text == "" {
			return nil
		}
		return &text
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
func summaryText(s incident.Summary, since time.Time, ja bool) string {
	say := func(en, inJapanese string) string {
		if ja {
			return inJapanese
		}
		return en
	}
	var b strings.Builder
	fmt.Fprintf(&b, say("%d incidents since %s, %d of them ongoing: %d critical, %d major, %d minor\n",
		"インシデント %[1]d 件（%[2]s 以降、うち継続中 %[3]d 件）：緊急 %[4]d、重大 %[5]d、軽微 %[6]d\n"),
		s.Count, since.Format("2006-01-02 15:04 MST"), s.Ongoing, s.BySeverity[incident.Critical], s.BySeverity[incident.Major], s.BySeverity[incident.Minor])
	if s.Count > 0 {
		b.WriteString(lengthsText(s, ja, say))
	}
	if len(s.Unwritten) > 0 {
		fmt.Fprintf(&b, say("Postmortems that lack something: %s\n", "未完成のポストモーテム：%s\n"), strings.Join(s.Unwritten, ", "))
	}
	return b.String() + actionsText(s, say)
}

// lengthsText tells how long it took.
func lengthsText(s incident.Summary, ja bool, say func(en, ja string) string) string {
	length := func(d *time.Duration) string {
		if d == nil {
			return "–"
		}
		return roughly(*d, ja)
	}
	rows := [][]string{{say("TIME", "時間"), say("MEDIAN", "中央値"), say("9 OF 10 WITHIN", "9 割が収まる"), say("KNOWN OF", "判明している件数")}}
	for _, r := range []struct {
		what string
		s    incident.Spread
	}{{say("to detect", "検知まで"), s.ToDetect}, {say("to mitigate", "緩和まで"), s.ToMitigate}, {say("to resolve", "解決まで"), s.ToResolve}} {
		rows = append(rows, []string{r.what, length(r.s.Median), length(r.s.P90), fmt.Sprintf("%d / %d", r.s.Known, s.Count)})
	}
	return "\n" + text.Columns(rows) + fmt.Sprintf(say("\nTheir impact lasted %s in all.\n", "\n影響していた時間の合計：%s\n"), roughly(s.Hurting, ja))
}

// actionsText lists what is still to be done.
func actionsText(s incident.Summary, say func(en, ja string) string) string {
	if len(s.OpenActions) == 0 {
		return say("No action item is open.\n", "未完了の再発防止策はありません。\n")
	}
	head := fmt.Sprintf(say("%d action items are open, %d of them overdue:\n\n", "未完了の再発防止策 %d 件（うち期限切れ %d 件）：\n\n"), len(s.OpenActions), s.Overdue)
	rows := [][]string{{say("DUE", "期限"), say("OWNER", "担当"), say("INCIDENT", "インシデント"), say("ACTION", "内容")}}
	for _, a := range s.OpenActions {
		due, owner := "–", a.Owner
		if !a.Due.IsZero() {
			due = a.Due.Format(time.DateOnly)
		}
		if a.Overdue {
			due += say(" overdue", " 期限切れ")
		}
		if owner == "" {
			owner = "–"
		}
		rows = append(rows, []string{due, owner, a.Incident, a.What})
	}
	return head + text.Columns(rows)
}

// roughly is a length of time to the minute.
func roughly(d time.Duration, ja bool) string {
	minutes := int(math.Round(d.Minutes()))
	days, hours, rest := minutes/1440, minutes/60%24, minutes%60
	formats := [3]string{"%d d %d h", "%d h %d min", "%d min"}
	if ja {
		formats = [3]string{"%d 日 %d 時間", "%d 時間 %d 分", "%d 分"}
	}
	switch {
	case days > 0:
		return fmt.Sprintf(formats[0], days, hours)
	case hours > 0:
		return fmt.Sprintf(formats[1], hours, rest)
	}
	return fmt.Sprintf(formats[2], rest)
}
