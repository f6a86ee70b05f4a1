package slackbot

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// AlertRule says what becomes of alerts whose labels match.
type AlertRule struct {
	Match map[string]string // label to value; all have to match; none: every alert
	// Severity is that of the Incident they open; "": they open none.
	Severity incident.Severity
}

// notification is what Alertmanager sends:
// https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
type notification struct {
	Version           string            `json:"version"`
	GroupKey          string            `json:"groupKey"`
	Status            string            `json:"status"`
	GroupLabels       map[string]string `json:"groupLabels"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	Alerts            alerts            `json:"alerts"`
	// Truncated is how many alerts Alertmanager has left out, where its max_alerts says so.
	Truncated uint64 `json:"truncatedAlerts"`
}

type alert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"`
	Fingerprint string            `json:"fingerprint"`
	// GeneratorURL is the query, or the alert's page; DashboardURL and PanelURL are Grafana's.
	GeneratorURL string `json:"generatorURL"`
	DashboardURL string `json:"dashboardURL"`
	PanelURL     string `json:"panelURL"`
	// also is what it names beside its labels, series what it is of and state how that is; only
	// Mackerel's have them.
	also          incident.Scope
	series, state string
}

// link is an address that helps, and what it is.
type link struct {
	what text.Entry
	url  string
}

// links are an alert's, each once: what to do, what to look at, what fired.
func (a alert) links() []link {
	var all []link
	for _, one := range []struct {
		what text.Entry
		urls []string
	}{
		{linkRunbook, []string{a.Annotations["runbook_url"], a.Annotations["runbook"], a.Labels["runbook_url"]}},
		{linkDashboard, []string{a.Annotations["dashboard_url"], a.Annotations["dashboard"], a.PanelURL, a.DashboardURL}},
		{linkAlert, []string{a.GeneratorURL}},
	} {
		for _, u := range one.urls {
			if parsed, err := url.Parse(u); err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http") && parsed.Host != "" && len(u) <= maxLink && !strings.ContainsAny(u, "<>|\n ") {
				all = append(all, link{one.what, u})
				break
			}
		}
	}
	return all
}

// opens is the severity of the Incident that an alert opens; "": none.
func (s Settings) opens(a alert) incident.Severity {
	for _, r := range s.Alerts {
		if matches(r.Match, a.Labels) {
			return r.Severity
		}
	}
	return ""
}

func matches(want, labels map[string]string) bool {
	for label, value := range want {
		if labels[label] != value {
			return false
		}
	}
	return true
}

// policy gives the severity of the Incident that a notification opens; ok false: none. Of
// several firing alerts the worst counts.
func (s Settings) policy(n notification) (severity incident.Severity, ok bool) {
	for _, a := range n.Alerts {
		found := s.opens(a)
		if a.Status != "firing" || found == "" {
			continue
		}
		if !ok || slices.Index(incident.Severities, found) < slices.Index(incident.Severities, severity) {
			severity, ok = found, true
		}
	}
	return severity, ok
}

// firing are the alerts that fire, those that make the worst Incident first, those that open none last.
func (s Settings) firing(n notification) []alert {
	all := slices.DeleteFunc(slices.Clone(n.Alerts), func(a alert) bool { return a.Status != "firing" })
	rank := func(a alert) int {
		if at := slices.Index(incident.Severities, s.opens(a)); at >= 0 {
			return at
		}
		return len(incident.Severities)
	}
	slices.SortStableFunc(all, func(a, b alert) int { return cmp.Compare(rank(a), rank(b)) })
	return all
}

// raised makes an Incident of the alerts that fire and open one.
func (s Settings) raised(n notification, severity incident.Severity, now time.Time) incident.Incident {
	scope, _ := s.alertScope(n)
	i := incident.Incident{Severity: severity, State: incident.Open, DetectedAt: now, Scope: scope}
	for _, a := range s.firing(n) {
		if s.opens(a) == "" {
			break
		}
		if i.Title == "" {
			i.Title = alertTitle(n, a)
		}
		if at := a.StartsAt; !at.IsZero() && at.Before(now) && (i.StartedAt.IsZero() || at.Before(i.StartedAt)) {
			i.StartedAt = at
		}
	}
	i.Title = text.Cut(line(cmp.Or(i.Title, "alert "+n.GroupKey)), maxTitle)
	return i
}

func alertTitle(n notification, a alert) string {
	if text := cmp.Or(n.CommonAnnotations["summary"], a.Annotations["summary"]); text != "" {
		return text
	}
	return strings.TrimSpace(a.Labels["alertname"] + " " + a.Labels["shopset"])
}

// name is an alert's in one line; ? where it says nothing of itself.
func (a alert) name() string {
	return cmp.Or(text.Cut(line(alertTitle(notification{}, a)), maxAlertText), "?")
}

// alertScope collects what the alerts name that fire. It is not known, and so taken for everything,
// where one that opens an Incident names nothing that the fleet has, or some were left out. ok
// false: nothing fires that says what is affected.
func (s Settings) alertScope(n notification) (scope incident.Scope, ok bool) {
	known := func(name string, names []string) bool {
		return isName(name) && (len(names) == 0 || slices.Contains(names, name))
	}
	unknown := n.Truncated > 0
	for _, a := range n.Alerts {
		set, tier := a.Labels["shopset"], a.Labels["tier"]
		switch {
		case a.Status != "firing":
		case known(set, s.ShopSets):
			scope.ShopSets = with(scope.ShopSets, set, a.also.ShopSets...)
		case known(tier, s.Tiers):
			scope.Tiers = with(scope.Tiers, tier, a.also.Tiers...)
		case s.opens(a) != "":
			unknown = true
		}
	}
	if unknown || scope.Known() && tooMany(scope) {
		return incident.Scope{}, true
	}
	return scope, scope.Known()
}

// isName reports whether a text may be the name of a ShopSet, a Tier or an SLO.
func isName(text string) bool {
	return text != "" && len(text) <= 253 && text == line(incident.Storable(text))
}

// maxNames is how many names a scope has; more are not known, and so everything.
const maxNames = 1000

func tooMany(s incident.Scope) bool { return len(s.ShopSets)+len(s.Tiers) > maxNames }

// with adds names unless they are there.
func with(names []string, name string, more ...string) []string {
	for _, one := range append([]string{name}, more...) {
		if !slices.Contains(names, one) {
			names = append(names, one)
		}
	}
	return names
}

// maxAlerts is how many entries alerts make in one timeline.
const maxAlerts = 100

// alertEvents are the timeline's entries of a notification; an alert that is told again as it was
// told last makes none. One that fires may widen the scope, make it worse, and open it again
// after it was resolved.
//
// After maxAlerts entries others are no entry each: once a minute it is said that there are more.
// Those are given too, as hashes, so that they can be remembered; beyond are those of before.
func (s Settings) alertEvents(i incident.Incident, n notification, beyond map[string]bool, now time.Time) (events []incident.Event, more []string) {
	known, last, told := map[string]bool{}, map[string]incident.Event{}, 0
	for _, e := range i.Timeline {
		if known[e.ID] = true; e.Kind == incident.Noted && strings.HasPrefix(e.ID, "alert:") {
			last[seriesOf(e)] = e
			told++
		}
	}
	fresh := n
	fresh.Alerts = nil
	for _, a := range n.Alerts {
		e := s.alertEntry(a, now)
		if before, ok := last[seriesOf(e)]; ok && repeats(before, e) || beyond[hash16(e.ID)] {
			continue
		}
		for again := 2; known[e.ID]; again++ {
			e.ID = a.id() + ":" + strconv.Itoa(again)
		}
		known[e.ID], last[seriesOf(e)] = true, e
		fresh.Alerts = append(fresh.Alerts, a)
		if told++; told <= maxAlerts {
			events = append(events, e)
		} else {
			more = append(more, hash16(a.id()))
		}
	}
	said := "alert:more:" + strconv.FormatInt(now.Unix()/60, 10)
	if len(more) > 0 && !known[said] {
		events = append(events, incident.Event{ID: said, At: now, Kind: incident.Noted, Text: s.Language.Say(sayMoreAlerts, maxAlerts)})
	}
	return append(events, s.worse(i, fresh, now)...), more
}

// id is an alert's in the timeline: alert, what it is of, and how that is.
func (a alert) id() string {
	series := cmp.Or(a.series, a.Fingerprint+" "+fmt.Sprint(a.Labels)+" "+a.StartsAt.UTC().Format(time.RFC3339Nano))
	state := cmp.Or(a.state, a.Status)
	if !plainState.MatchString(state) {
		state = hash16(state)
	}
	return "alert:" + hash16(series) + ":" + state
}

var plainState = regexp.MustCompile(`^[a-z0-9@-]{1,50}$`)

// seriesOf and stateOf are what an entry's alert is of, and how that was.
func seriesOf(e incident.Event) string { return part3(e.ID, 1) }
func stateOf(e incident.Event) string  { return part3(e.ID, 2) }

func part3(id string, n int) string {
	if parts := strings.Split(id, ":"); n < len(parts) {
		return parts[n]
	}
	return ""
}

// lateWithin is how long after an alert fires no longer another Alertmanager may still say that it does.
const lateWithin = time.Minute

// repeats reports whether an alert is as it was told last, or was a moment ago.
func repeats(before, e incident.Event) bool {
	was, is := stateOf(before), stateOf(e)
	return was == is || was == "resolved" && is == "firing" && e.At.Before(before.At.Add(lateWithin))
}

// What of an alert's text and links is kept, in characters.
const (
	maxAlertText = 500
	maxLink      = 2000
)

// alertEntry is an alert in the timeline.
func (s Settings) alertEntry(a alert, now time.Time) incident.Event {
	e := incident.Event{ID: a.id(), At: now, Kind: incident.Noted}
	said := a.name()
	for _, l := range a.links() {
		said += " · " + s.Language.Say(l.what) + " " + l.url
		e.Link = l.url
	}
	if e.Text = s.Language.Say(sayFiresNoLonger, said); a.Status == "firing" {
		e.Text = s.Language.Say(sayFires, said)
	}
	return e
}

// worse is what alerts that were not told before change where they fire: a wider scope, a worse
// severity, open again.
func (s Settings) worse(i incident.Incident, n notification, now time.Time) []incident.Event {
	var events []incident.Event
	id := fmt.Sprintf("alert:%d:%d", now.UnixNano(), len(i.Timeline)) // a timeline only grows
	if more, ok := s.alertScope(n); ok {
		if wider, ok := widen(i.Scope, more); ok {
			events = append(events, incident.Event{ID: id + ":scope", At: now, Kind: incident.Rescoped, Scope: wider})
		}
	}
	if severity, ok := s.policy(n); ok && slices.Index(incident.Severities, severity) < slices.Index(incident.Severities, i.Severity) {
		events = append(events, incident.Event{ID: id + ":severity", At: now, Kind: incident.Escalated, Value: string(severity)})
	}
	if i.State == incident.Resolved && slices.ContainsFunc(n.Alerts, func(a alert) bool { return a.Status == "firing" }) {
		events = append(events, incident.Event{ID: id + ":reopen", At: now, Kind: incident.Moved, Value: string(incident.Open)})
	}
	return events
}

// raisedText is what the channel reads first of an incident that alerts have opened: what
// fires, what the alert's author wrote, and where to look.
func (s Settings) raisedText(n notification) string {
	var lines []string
	for _, a := range s.firing(n) {
		if len(lines) == maxRaised {
			lines = append(lines, "…")
			break
		}
		one := "🔔 *" + escape(a.name()) + "*"
		if more := cmp.Or(a.Annotations["description"], a.Annotations["message"]); more != "" {
			one += "\n" + quote(text.Cut(more, 800))
		}
		var at []string
		for _, l := range a.links() {
			at = append(at, "<"+escape(l.url)+"|"+s.Language.Say(l.what)+">")
		}
		if len(at) > 0 {
			one += "\n" + strings.Join(at, " · ")
		}
		lines = append(lines, one)
	}
	return strings.Join(lines, "\n")
}

// maxRaised is how many alerts the first message shows.
const maxRaised = 3

// hash16 makes a short name of something that may be long.
func hash16(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}
