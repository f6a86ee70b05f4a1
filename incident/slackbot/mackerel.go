package slackbot

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
)

// mackerelNote is what Mackerel's webhook sends: https://mackerel.io/docs/entry/howto/alerts/webhook
type mackerelNote struct {
	Org     string `json:"orgName"`
	Event   string `json:"event"`
	Type    string `json:"type"` // connectivity, host, service, external, check, expression, anomalyDetection, query
	Message string `json:"message"`
	Memo    string `json:"memo"` // the monitor's
	Host    struct {
		Name  string `json:"name"`
		URL   string `json:"url"`
		Memo  string `json:"memo"`
		Roles []struct {
			FullName string `json:"fullname"`
		} `json:"roles"`
	} `json:"host"`
	Service struct {
		Name string `json:"name"`
	} `json:"service"`
	Alert struct {
		ID          string  `json:"id"`
		URL         string  `json:"url"`
		Status      string  `json:"status"` // ok, warning, critical, unknown
		IsOpen      *bool   `json:"isOpen"`
		OpenedAt    float64 `json:"openedAt"` // seconds
		ClosedAt    float64 `json:"closedAt"`
		ChangedAt   float64 `json:"statusChangedAt"`
		Monitor     string  `json:"monitorName"`
		MetricLabel string  `json:"metricLabel"`
	} `json:"alert"`
}

// readMackerel makes of Mackerel's notification one as Alertmanager sends them, so that the
// same rules hold. Its alert has the labels source ("mackerel"), alertname (the monitor's name),
// severity (critical, warning, unknown), type, host, service, role, org and where a name of the
// fleet stands in what it says, shopset or tier (the first; all are in its scope). ok false: it is about something else, such as a
// trial or a host's status.
func (s Settings) readMackerel(body []byte) (n notification, ok bool, err error) {
	var m mackerelNote
	if err := json.Unmarshal(body, &m); err != nil {
		return n, false, fmt.Errorf("read Mackerel's notification: %w", err)
	}
	switch {
	case m.Event == "":
		return n, false, errors.New("the notification has no event: is it of Mackerel's webhook?")
	case m.Event != "alert":
		return n, false, nil
	case m.Alert.Monitor == "" || m.Alert.Status == "":
		return n, false, errors.New("the notification of Mackerel has no alert.monitorName, or no alert.status")
	}
	a := alert{Status: "firing", Fingerprint: "mackerel:" + m.Alert.ID, GeneratorURL: m.Alert.URL, StartsAt: seconds(m.Alert.OpenedAt),
		Labels: map[string]string{"source": "mackerel", "alertname": m.Alert.Monitor, "severity": m.Alert.Status, "type": m.Type, "org": m.Org}}
	if strings.EqualFold(m.Alert.Status, "ok") || m.Alert.IsOpen != nil && !*m.Alert.IsOpen {
		a.Status, a.EndsAt = "resolved", seconds(m.Alert.ClosedAt)
	}
	a.series = fmt.Sprintf("mackerel %s %q %q %q %v", m.Org, m.Alert.ID, m.Alert.Monitor, m.Host.Name, m.Alert.OpenedAt)
	a.state = fmt.Sprintf("%s-%s@%.0f", a.Status, strings.ToLower(m.Alert.Status), m.Alert.ChangedAt)
	what := strings.Join([]string{m.Alert.Monitor, m.Alert.MetricLabel, m.Host.Name, m.Service.Name, m.Message}, "\n")
	for _, r := range m.Host.Roles {
		a.Labels["role"] = r.FullName
		what += "\n" + r.FullName
	}
	a.also = incident.Scope{ShopSets: named(what, s.ShopSets), Tiers: named(what, s.Tiers)}
	for label, values := range map[string][]string{"host": {m.Host.Name}, "service": {m.Service.Name}, "shopset": a.also.ShopSets, "tier": a.also.Tiers} {
		if len(values) > 0 && values[0] != "" {
			a.Labels[label] = values[0]
		}
	}
	summary := m.Alert.Monitor
	if where := cmp.Or(m.Host.Name, m.Service.Name); where != "" {
		summary += " (" + where + ")"
	}
	if m.Message != "" {
		summary += ": " + m.Message
	}
	a.Annotations = map[string]string{"summary": summary, "description": m.Memo, "dashboard_url": m.Host.URL}
	return notification{Version: "4", GroupKey: "mackerel:" + m.Org + ":" + m.Alert.Monitor, Status: a.Status, Alerts: []alert{a}}, true, nil
}

func seconds(unix float64) time.Time {
	if unix < 1 || unix > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(unix), 0).UTC()
}

// named are those of the fleet's names that stand in a text by themselves, in its order.
// Mackerel's metric names have _ where a name has -.
func named(text string, names []string) (found []string) {
	part := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
	}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !part(r) }) {
		for _, name := range names {
			if word == name || word == strings.ReplaceAll(name, "-", "_") {
				found = with(found, name)
			}
		}
	}
	return found
}

// Mackerel is Mackerel's webhook receiver. Of authorized and of the answers holds what Alerts says.
func (b *Bot) Mackerel(authorized func(*http.Request) bool) http.Handler {
	return b.notified(authorized, b.set.readMackerel)
}
