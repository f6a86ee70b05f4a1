package mackerelapi

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/slo"
)

// monitor is what is needed of any kind of monitor, as the API gives it.
type monitor struct {
	ID            string   `json:"id"`
	Type          string   `json:"type"`
	Name          string   `json:"name"`
	Service       string   `json:"service"`
	Metric        string   `json:"metric"`
	Legend        string   `json:"legend"`
	Scopes        []string `json:"scopes"`
	ExcludeScopes []string `json:"excludeScopes"`
}

// watched is one series of an alert query: the monitors, and the hosts where the query
// names any, whose alerts make it, and the metrics that show that there were data.
type watched struct {
	labels  slo.Labels
	pairs   map[[2]string]bool // monitor id, host id ("" for all)
	series  series             // of a query monitor: those of its series that the query asks for; nil for any
	targets []target
}

// alert is what is needed of one, as the API gives it: the client library leaves out the
// series of query monitors. https://mackerel.io/api-docs/entry/alerts
type alert struct {
	ID        string `json:"id"`
	MonitorID string `json:"monitorId"`
	HostID    string `json:"hostId"`
	Series    series `json:"series"`
	OpenedAt  int64  `json:"openedAt"`
	ClosedAt  int64  `json:"closedAt"`
}

// series are the labels of one of a query monitor's series. The page says that there is an
// object and not what is in it: labels below "labels", or the labels themselves are read.
type series map[string]string

// UnmarshalJSON implements json.Unmarshaler.
func (s *series) UnmarshalJSON(b []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil || raw == nil {
		return err
	}
	if below, ok := raw["labels"]; ok {
		var labels map[string]json.RawMessage
		if json.Unmarshal(below, &labels) == nil {
			raw = labels
		}
	}
	*s = series{}
	for name, value := range raw {
		var text string
		if json.Unmarshal(value, &text) == nil {
			(*s)[plainName.ReplaceAllString(name, "_")] = text
		}
	}
	return nil
}

var plainName = regexp.MustCompile(`[^a-zA-Z0-9_]`)

// evalAlerts evaluates alert.
func (s *Source) evalAlerts(ctx context.Context, q Query, g grid) ([]slo.Series, error) {
	all, err := s.watched(ctx, q)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	alerts, err := s.alerts.read(ctx, s)
	if err != nil {
		return nil, err
	}
	all = q.split(all, alerts)
	series := make([]slo.Series, len(all))
	err = inParallel(ctx, len(all), func(ctx context.Context, i int) error {
		seen, err := s.seen(ctx, q, all[i], g)
		if err != nil {
			return err
		}
		series[i] = slo.Series{Labels: all[i].labels, Samples: all[i].sample(alerts, seen, g)}
		return nil
	})
	return slices.DeleteFunc(series, func(x slo.Series) bool { return x.Samples == nil || len(x.Samples.(*samples).t) == 0 }), err
}

// watched are the series of an alert query.
func (s *Source) watched(ctx context.Context, q Query) ([]*watched, error) {
	var list struct {
		Monitors []monitor `json:"monitors"`
	}
	if err := s.get(ctx, "/api/v0/monitors", nil, &list); err != nil {
		return nil, fmt.Errorf("list monitors: %w", err)
	}
	var hosts []found
	byLabels := map[string]*watched{}
	var out []*watched
	for _, m := range list.Monitors {
		labels, ok := q.metric.match(m.Name, nil)
		if !ok && m.Type == "query" {
			labels, ok = q.metric.match(template.ReplaceAllString(m.Legend, "{{$1}}"), nil)
		}
		if !ok {
			continue
		}
		if hosts == nil && (q.hosts || m.Type == "host") {
			everyHost := q
			everyHost.kind = kindHost
			var err error
			if hosts, err = s.hosts(ctx, everyHost); err != nil {
				return nil, err
			}
		}
		parts, err := q.parts(m, labels, hosts)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			key := p.labels.String()
			w := byLabels[key]
			if w == nil {
				w = &watched{labels: p.labels, pairs: map[[2]string]bool{}}
				byLabels[key], out = w, append(out, w)
			}
			w.targets = append(w.targets, p.targets...)
			for pair := range p.pairs {
				w.pairs[pair] = true
			}
		}
	}
	return out, nil
}

// parts are what one monitor contributes: itself, or each of the hosts that are named.
func (q Query) parts(m monitor, labels map[string]string, hosts []found) ([]watched, error) {
	if !q.hosts {
		w := watched{labels: labelsOf(labels), pairs: map[[2]string]bool{{m.ID, ""}: true}}
		if m.Type != "host" {
			var err error
			w.targets, err = q.proof(m, "")
			return []watched{w}, err
		}
		for _, h := range hosts {
			if !m.covers(h) {
				continue
			}
			t, err := q.proof(m, h.id)
			if err != nil {
				return nil, err
			}
			w.targets = append(w.targets, t...)
		}
		return []watched{w}, nil
	}
	var out []watched
	for _, h := range hosts {
		if !m.covers(h) {
			continue
		}
		t, err := q.proof(m, h.id)
		if err != nil {
			return nil, err
		}
		all := map[string]string{}
		for _, from := range []map[string]string{h.labels, labels} {
			for name, v := range from {
				all[name] = v
			}
		}
		out = append(out, watched{labels: labelsOf(all), pairs: map[[2]string]bool{{m.ID, h.id}: true}, targets: t})
	}
	return out, nil
}

// shares are metrics that stand for the shares that Mackerel computes of several
// (https://mackerel.io/api-docs/entry/monitors, comparative monitoring).
var shares = map[string]string{"cpu%": "cpu.user.percentage", "memory%": "memory.used", "swap%": "memory.swap_free"}

// proof is the metric that shows whether a monitor had data. Where there is none the
// query must say since when the monitor has been watching.
func (q Query) proof(m monitor, host string) ([]target, error) {
	metric := m.Metric
	if share, ok := shares[metric]; ok {
		metric = share
	}
	switch {
	case !q.since.IsZero():
		return nil, nil
	case m.Type == "service":
		return []target{{service: m.Service, metric: metric}}, nil
	case m.Type == "host" && host != "" && !strings.ContainsAny(metric, "%*#"):
		return []target{{host: host, metric: metric}}, nil
	}
	return nil, fmt.Errorf("monitor %q (%s) watches no metric that shows whether there were data: say since when it has been watching, like alert(%q, since=2026-11-01T00:00:00+09:00)", m.Name, m.Type, m.Name)
}

// covers reports whether a host is in a monitor's scopes.
func (m monitor) covers(h found) bool {
	in := func(scopes []string) bool {
		return slices.ContainsFunc(scopes, func(scope string) bool {
			service, role, narrow := strings.Cut(scope, ":")
			roles, ok := h.roles[strings.TrimSpace(service)]
			return ok && (!narrow || slices.Contains(roles, strings.TrimSpace(role)))
		})
	}
	return (len(m.Scopes) == 0 || in(m.Scopes)) && !in(m.ExcludeScopes)
}

// seen tells for each step whether there were data.
func (s *Source) seen(ctx context.Context, q Query, w *watched, g grid) ([]bool, error) {
	out := make([]bool, g.steps())
	if !q.since.IsZero() {
		for i := range out {
			out[i] = g.at(i)-g.step >= q.since.UnixMilli()
		}
		return out, nil
	}
	for _, t := range w.targets {
		values, err := s.values(ctx, t, g.from, g.to)
		if err != nil {
			return nil, err
		}
		for _, v := range values {
			out[(v.t-g.from-1)/g.step] = true
		}
	}
	return out, nil
}

// has reports whether an alert is one of these.
func (w *watched) has(a *alert) bool {
	if !w.pairs[[2]string{a.MonitorID, ""}] && !w.pairs[[2]string{a.MonitorID, a.HostID}] {
		return false
	}
	for name, v := range w.series {
		if a.Series[name] != v {
			return false
		}
	}
	return true
}

// split makes a series of its own of each of a query monitor's that had an alert. What
// has had none is not known to Mackerel's API, and is not there.
func (q Query) split(all []*watched, alerts []*alert) []*watched {
	var out []*watched
	for _, w := range all {
		parts := map[string]*watched{}
		for _, a := range alerts {
			if len(a.Series) == 0 || !w.has(a) {
				continue
			}
			labels := q.metric.asked(a.Series)
			part := *w
			part.series = labels
			known := map[string]string{}
			for _, l := range w.labels {
				known[l.Name] = l.Value
			}
			maps.Copy(known, labels)
			part.labels = labelsOf(known)
			parts[part.labels.String()] = &part
		}
		if len(parts) == 0 {
			out = append(out, w)
		}
		for _, key := range slices.Sorted(maps.Keys(parts)) {
			out = append(out, parts[key])
		}
	}
	return out
}

// sample is 1 at a step since whose predecessor an alert was open, else 0 where there
// were data.
func (w *watched) sample(alerts []*alert, seen []bool, g grid) *samples {
	open := make([]bool, len(seen))
	for _, a := range alerts {
		if !w.has(a) {
			continue
		}
		from, to := max(a.OpenedAt*1000, g.from), g.to
		if a.ClosedAt > 0 {
			to = min(a.ClosedAt*1000, g.to)
		}
		for at := from; at < to; at += g.step { // an alert is open in [opened, closed)
			open[(at-g.from)/g.step] = true
		}
		if from < to {
			open[(to-1-g.from)/g.step] = true
		}
	}
	s := &samples{}
	for i := range open {
		switch {
		case open[i]:
			s.t, s.v = append(s.t, g.at(i)), append(s.v, 1)
		case seen[i]:
			s.t, s.v = append(s.t, g.at(i)), append(s.v, 0)
		}
	}
	return s
}

// alertLog is what is known of all alerts ever, so that each is read once while it is
// open and once when it is closed. Alerts opened long before a window are in it too.
type alertLog struct {
	mu    sync.Mutex
	known map[string]*alert
	whole bool // all of the past has been read
}

// maxPages bounds the reading of the past: 200,000 alerts.
const maxPages = 2000

// read brings the log up to date, and gives all alerts.
func (l *alertLog) read(ctx context.Context, s *Source) ([]*alert, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fresh, err := l.recent(ctx, s)
	if err != nil {
		return nil, err
	}
	for id, a := range l.known {
		if a.ClosedAt > 0 || fresh[id] {
			continue
		}
		now := new(alert)
		err := s.get(ctx, "/api/v0/alerts/"+id, nil, now)
		if mackerelhttp.Refused(err, http.StatusNotFound) {
			continue // nobody knows how it ended
		}
		if err != nil {
			return nil, fmt.Errorf("read alert %s: %w", id, err)
		}
		l.known[id] = now
	}
	l.whole = true
	out := make([]*alert, 0, len(l.known))
	for _, a := range l.known {
		out = append(out, a)
	}
	return out, nil
}

// recent reads pages, newest first, down to one whose alerts are all known and closed;
// the first time all there are.
func (l *alertLog) recent(ctx context.Context, s *Source) (map[string]bool, error) {
	fresh, next := map[string]*alert{}, ""
	for range maxPages {
		q := url.Values{"withClosed": {"true"}}
		if next != "" {
			q.Set("nextId", next)
		}
		var page struct {
			Alerts []*alert `json:"alerts"`
			NextID string   `json:"nextId"`
		}
		if err := s.get(ctx, "/api/v0/alerts", q, &page); err != nil {
			return nil, fmt.Errorf("list alerts: %w", err)
		}
		news := false
		for _, a := range page.Alerts {
			if a == nil || a.ID == "" || a.OpenedAt == 0 {
				return nil, fmt.Errorf("list alerts: Mackerel's answer is not of the expected shape: an alert without id or openedAt")
			}
			old := l.known[a.ID]
			news = news || old == nil || old.ClosedAt == 0
			fresh[a.ID] = a
		}
		if next = page.NextID; next == "" || l.whole && !news {
			return l.take(fresh), nil
		}
	}
	return nil, fmt.Errorf("list alerts: there are more than %d", maxPages*100)
}

// take notes what was read, all pages or none: a page that is missing would not be
// asked for again.
func (l *alertLog) take(fresh map[string]*alert) map[string]bool {
	ids := map[string]bool{}
	for id, a := range fresh {
		l.known[id], ids[id] = a, true
	}
	return ids
}
