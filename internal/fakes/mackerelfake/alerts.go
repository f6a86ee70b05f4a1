package mackerelfake

import (
	"slices"
	"strconv"
	"time"
)

// From https://mackerel.io/api-docs/entry/alerts: newest first, at most 100 at once,
// nextId where there are more; closed ones only withClosed.

// Alert is an alert; ClosedAt 0 is an open one.
type Alert struct {
	ID        string   `json:"id"`
	Status    string   `json:"status"`
	MonitorID string   `json:"monitorId"`
	Type      string   `json:"type"`
	HostID    string   `json:"hostId,omitempty"`
	Series    *Series  `json:"series,omitempty"` // of query monitors alone
	Value     *float64 `json:"value,omitempty"`
	Message   string   `json:"message,omitempty"`
	Reason    string   `json:"reason,omitempty"`
	OpenedAt  int64    `json:"openedAt"`
	ClosedAt  int64    `json:"closedAt,omitempty"`
}

// Series is which of a query monitor's series an alert is of. That alerts of query
// monitors have a series the page says; that it holds the labels under this name is the
// fake's own.
type Series struct {
	Labels map[string]string `json:"labels"`
}

// OpenSeries opens an alert of one series of a query monitor.
func (f *Fake) OpenSeries(monitorID string, labels map[string]string, opened, closed time.Time) string {
	id := f.OpenAlert(monitorID, "", opened, closed)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.alerts {
		if a.ID == id {
			a.Series = &Series{labels}
		}
	}
	return id
}

// OpenAlert opens an alert of a monitor at a time, closed again at another where that
// is not zero, and gives its id.
func (f *Fake) OpenAlert(monitorID, hostID string, opened, closed time.Time) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := &Alert{ID: f.id(), Status: "CRITICAL", MonitorID: monitorID, HostID: hostID, OpenedAt: opened.Unix()}
	for _, m := range f.monitors {
		if m["id"] == monitorID {
			a.Type, _ = m["type"].(string)
		}
	}
	if !closed.IsZero() {
		a.Status, a.ClosedAt = "OK", closed.Unix()
	}
	f.alerts = append(f.alerts, a)
	slices.SortStableFunc(f.alerts, func(a, b *Alert) int { return int(b.OpenedAt - a.OpenedAt) })
	return a.ID
}

// CloseAlert closes an alert at a time.
func (f *Fake) CloseAlert(id string, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.alerts {
		if a.ID == id {
			a.Status, a.ClosedAt = "OK", at.Unix()
		}
	}
}

func (f *Fake) listAlerts(c *call) (any, *refusal) {
	q := c.URL.Query()
	limit := 100
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 100 {
			return nil, refuse(400, "limit must be 1 to 100")
		}
		limit = n
	}
	list := []*Alert{}
	past := q.Get("nextId") == ""
	for _, a := range f.alerts {
		if !past {
			past = a.ID == q.Get("nextId")
		}
		if past && (a.ClosedAt == 0 || q.Get("withClosed") == "true") {
			list = append(list, a)
		}
	}
	if len(list) <= limit {
		return map[string]any{"alerts": list}, nil
	}
	return map[string]any{"alerts": list[:limit], "nextId": list[limit].ID}, nil
}

func (f *Fake) alert(c *call) (*Alert, *refusal) {
	for _, a := range f.alerts {
		if a.ID == c.PathValue("id") {
			return a, nil
		}
	}
	return nil, refuse(404, "alert not found")
}

func (f *Fake) getAlert(_ *call, a *Alert) (any, *refusal) {
	return a, nil
}

func (f *Fake) closeAlert(c *call, a *Alert) (any, *refusal) {
	var in struct {
		Reason string `json:"reason"`
	}
	if no := c.decode(&in); no != nil {
		return nil, no
	}
	a.Status, a.Reason, a.ClosedAt = "OK", in.Reason, f.now().Unix()
	return a, nil
}
