package slackbot

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
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
	Alerts            []alert           `json:"alerts"`
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
			if parsed, err := url.Parse(u); err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http") && parsed.Host != "" && !strings.ContainsAny(u, "<>|\n ") {
				all = append(all, link{one.what, u})
				break
			}
		}
	}
	return all
}

// readNotification reads the webhook's body.
func readNotification(body []byte) (notification, error) {
	var n notification
	if err := json.Unmarshal(body, &n); err != nil {
		return n, fmt.Errorf("read Alertmanager's notification: %w", err)
	}
	switch {
	case n.Version != "4":
		return n, fmt.Errorf("version %q of Alertmanager's notifications is unknown; 4 is read", n.Version)
	case n.GroupKey == "":
		return n, errors.New("the notification of Alertmanager has no groupKey")
	}
	return n, nil
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

// raised makes an Incident of firing alerts.
func (s Settings) raised(n notification, severity incident.Severity, now time.Time) incident.Incident {
	scope, _ := s.alertScope(n)
	i := incident.Incident{Severity: severity, State: incident.Open, DetectedAt: now, Scope: scope}
	for _, a := range n.Alerts {
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

// alertScope collects what the alerts name that fire. It is not known, and so taken for everything,
// where one that opens an Incident names nothing that the fleet has, or some were left out. ok
// false: nothing fires that says what is affected.
func (s Settings) alertScope(n notification) (scope incident.Scope, ok bool) {
	known := func(name string, names []string) bool {
		return name != "" && (len(names) == 0 || slices.Contains(names, name))
	}
	unknown := n.Truncated > 0
	for _, a := range n.Alerts {
		set, tier := a.Labels["shopset"], a.Labels["tier"]
		switch {
		case a.Status != "firing":
		case known(set, s.ShopSets):
			scope.ShopSets = with(scope.ShopSets, set)
		case known(tier, s.Tiers):
			scope.Tiers = with(scope.Tiers, tier)
		case s.opens(a) != "":
			unknown = true
		}
	}
	if unknown {
		return incident.Scope{}, true
	}
	return scope, scope.Known()
}

// with adds a name unless it is there.
func with(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

// alertEvents are the timeline's entries of a notification; the same alert, told again,
// has the same ID. One that fires may widen the scope, make it worse, and open it again
// after it was resolved.
//
// After maxAlerts entries others are no entry each: once a minute it is said that there are more.
func (s Settings) alertEvents(i incident.Incident, n notification, now time.Time) []incident.Event {
	var events []incident.Event
	fires, told := false, 0
	for _, e := range i.Timeline {
		if strings.HasPrefix(e.ID, "alert:") {
			told++
		}
	}
	if told >= maxAlerts {
		return s.moreAlerts(i, n, now)
	}
	for _, a := range n.Alerts {
		sum := sha256.Sum256([]byte(a.Fingerprint + " " + fmt.Sprint(a.Labels) + " " + a.StartsAt.UTC().Format(time.RFC3339Nano) + " " + a.Status))
		e := incident.Event{ID: "alert:" + hex.EncodeToString(sum[:12]), At: now, Kind: incident.Noted}
		if slices.ContainsFunc(append(slices.Clone(i.Timeline), events...), func(old incident.Event) bool { return old.ID == e.ID }) {
			continue
		}
		text := line(alertTitle(notification{}, a))
		for _, l := range a.links() {
			text += " · " + s.Language.Say(l.what) + " " + l.url
			e.Link = l.url
		}
		if a.Status == "firing" {
			e.Text = s.Language.Say(sayFires, text)
			fires = true
		} else {
			e.Text = s.Language.Say(sayFiresNoLonger, text)
		}
		events = append(events, e)
	}
	if len(events) == 0 {
		return nil
	}
	return append(events, s.worse(i, n, now, events[0].ID, fires)...)
}

// maxAlerts is how many entries alerts make in one timeline.
const maxAlerts = 100

// moreAlerts are the entries of a storm's later alerts.
func (s Settings) moreAlerts(i incident.Incident, n notification, now time.Time) []incident.Event {
	fires := slices.ContainsFunc(n.Alerts, func(a alert) bool { return a.Status == "firing" })
	id := "alert:more:" + strconv.FormatInt(now.Unix()/60, 10)
	var events []incident.Event
	if !slices.ContainsFunc(i.Timeline, func(e incident.Event) bool { return e.ID == id }) {
		events = append(events, incident.Event{ID: id, At: now, Kind: incident.Noted, Text: s.Language.Say(sayMoreAlerts, maxAlerts)})
	}
	return append(events, s.worse(i, n, now, fmt.Sprintf("alert:more:%d", now.UnixNano()), fires)...)
}

// worse is what alerts that fire change: a wider scope, a worse severity, open again.
func (s Settings) worse(i incident.Incident, n notification, now time.Time, id string, fires bool) []incident.Event {
	var events []incident.Event
	if more, ok := s.alertScope(n); ok {
		if wider, ok := widen(i.Scope, more); ok {
			events = append(events, incident.Event{ID: id + ":scope", At: now, Kind: incident.Rescoped, Scope: wider})
		}
	}
	if severity, ok := s.policy(n); ok && slices.Index(incident.Severities, severity) < slices.Index(incident.Severities, i.Severity) {
		events = append(events, incident.Event{ID: id + ":severity", At: now, Kind: incident.Escalated, Value: string(severity)})
	}
	if fires && i.State == incident.Resolved {
		events = append(events, incident.Event{ID: id + ":reopen", At: now, Kind: incident.Moved, Value: string(incident.Open)})
	}
	return events
}

// Alerts is Alertmanager's webhook receiver. authorized decides who may call it; nil is
// nobody. It answers 200 only when everything is stored, so that Alertmanager repeats.
func (b *Bot) Alerts(authorized func(*http.Request) bool) http.Handler {
	return b.notified(authorized, func(body []byte) (notification, bool, error) {
		n, err := readNotification(body)
		return n, err == nil, err
	})
}

// notified takes notifications that read understands; ok false: it is none.
func (b *Bot) notified(authorized func(*http.Request) bool, read func(body []byte) (n notification, ok bool, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if authorized == nil || !authorized(r) {
			http.Error(w, "give the token of alerts.token_file, as a bearer token, as the password of basic auth, or as ?token=", http.StatusUnauthorized)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, "the notification cannot be read, or is longer than 1 MB", http.StatusRequestEntityTooLarge)
			return
		}
		n, ok, err := read(body)
		switch {
		case err != nil:
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		case !ok:
			return
		}
		if err := b.alerted(r.Context(), n); err != nil {
			b.o.Log.Error("store what an alert says", "err", err)
			http.Error(w, "what was said could not be stored: send it again", http.StatusServiceUnavailable)
		}
	})
}

// raisedText is what the channel reads first of an incident that alerts have opened: what
// fires, what the alert's author wrote, and where to look.
func (s Settings) raisedText(n notification) string {
	var lines []string
	for _, a := range n.Alerts {
		if a.Status != "firing" {
			continue
		}
		if len(lines) == maxRaised {
			lines = append(lines, "…")
			break
		}
		one := "🔔 *" + escape(line(alertTitle(notification{}, a))) + "*"
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
