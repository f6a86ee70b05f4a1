package mackerelfake

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// From https://mackerel.io/api-docs/entry/service-metrics and …/host-metrics: names
// are [a-zA-Z0-9._-]+; a value sent again replaces the one before; what is older than
// 24 hours is answered 200 and not recorded; 429 where a service's metrics are posted
// more often than once a minute (the page: "setting the posting frequency to a 1
// minute interval, or posting multiple metrics at once").

// Value is a metric's value.
type Value struct {
	Time  int64   `json:"time"` // Unix seconds
	Value float64 `json:"value"`
}

type service struct {
	memo    string
	metrics map[string]map[int64]float64
	posted  map[int64]int // posts by minute
}

var (
	metricName  = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)
	serviceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]+$`)
)

// maxName is the fake's own limit of a metric's name; Mackerel documents none.
const maxName = 255

// maxAge is how old a recorded value may be.
const maxAge = 24 * time.Hour

// AddService makes a service.
func (f *Fake) AddService(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.services[name] == nil {
		f.services[name] = &service{metrics: map[string]map[int64]float64{}, posted: map[int64]int{}}
	}
}

// SetServiceMetric puts a value there, of any age.
func (f *Fake) SetServiceMetric(name, metric string, at time.Time, value float64) {
	f.AddService(name)
	f.mu.Lock()
	defer f.mu.Unlock()
	put(f.services[name].metrics, metric, at.Unix(), value)
}

// ServiceMetric gives a metric's values, oldest first.
func (f *Fake) ServiceMetric(name, metric string) []Value {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.services[name]; s != nil {
		return between(s.metrics[metric], 0, 1<<62)
	}
	return nil
}

// ServiceMetricNames are a service's metrics, sorted.
func (f *Fake) ServiceMetricNames(name string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.services[name]; s != nil {
		return slices.Sorted(maps.Keys(s.metrics))
	}
	return nil
}

func put(metrics map[string]map[int64]float64, name string, t int64, v float64) {
	if metrics[name] == nil {
		metrics[name] = map[int64]float64{}
	}
	metrics[name][t] = v
}

func between(values map[int64]float64, from, to int64) []Value {
	out := []Value{}
	for _, t := range slices.Sorted(maps.Keys(values)) {
		if t >= from && t <= to {
			out = append(out, Value{t, values[t]})
		}
	}
	return out
}

func (f *Fake) listServices(*call) (any, *refusal) {
	list := []map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(f.services)) {
		list = append(list, map[string]any{"name": name, "memo": f.services[name].memo, "roles": []string{}})
	}
	return map[string]any{"services": list}, nil
}

func (f *Fake) createService(c *call) (any, *refusal) {
	var in struct{ Name, Memo string }
	if no := c.decode(&in); no != nil {
		return nil, no
	}
	if !serviceName.MatchString(in.Name) || f.services[in.Name] != nil {
		return nil, refuse(400, "name is invalid or taken: %s", in.Name)
	}
	f.services[in.Name] = &service{memo: in.Memo, metrics: map[string]map[int64]float64{}, posted: map[int64]int{}}
	return map[string]any{"name": in.Name, "memo": in.Memo, "roles": []string{}}, nil
}

func (f *Fake) service(c *call) (*service, *refusal) {
	s := f.services[c.PathValue("name")]
	if s == nil {
		return nil, refuse(404, "service not found")
	}
	return s, nil
}

func (f *Fake) serviceMetricNames(_ *call, s *service) (any, *refusal) {
	names := slices.Sorted(maps.Keys(s.metrics))
	if names == nil {
		names = []string{}
	}
	return map[string]any{"names": names}, nil
}

func (f *Fake) postServiceMetrics(c *call, s *service) (any, *refusal) {
	minute := f.now().Unix() / 60
	if s.posted[minute]++; s.posted[minute] > 1 {
		return nil, refuse(429, "requests per minute exceeded")
	}
	var in []struct {
		Name  string   `json:"name"`
		Time  *int64   `json:"time"`
		Value *float64 `json:"value"`
	}
	if no := c.decode(&in); no != nil {
		return nil, no
	}
	for _, v := range in {
		if !metricName.MatchString(v.Name) || len(v.Name) > maxName || v.Time == nil || v.Value == nil {
			return nil, refuse(400, "invalid metric: %q", v.Name)
		}
	}
	oldest := f.now().Add(-maxAge).Unix()
	for _, v := range in {
		if *v.Time >= oldest {
			put(s.metrics, v.Name, *v.Time, *v.Value)
		}
	}
	return success, nil
}

func (f *Fake) serviceMetrics(c *call, s *service) (any, *refusal) {
	return f.values(c, s.metrics)
}

// values answers a question for one metric's values. Beyond 20 hours Mackerel's
// answers are coarser than a minute; the fake then gives every fifth minute's, so
// that nobody takes them for all.
func (f *Fake) values(c *call, metrics map[string]map[int64]float64) (any, *refusal) {
	q := c.URL.Query()
	from, err1 := strconv.ParseInt(q.Get("from"), 10, 64)
	to, err2 := strconv.ParseInt(q.Get("to"), 10, 64)
	values := metrics[q.Get("name")]
	switch {
	case err1 != nil || err2 != nil || from > to:
		return nil, refuse(400, "from and to must be Unix times")
	case values == nil:
		return nil, refuse(404, "metric not found")
	}
	out := between(values, from, to)
	if to-from > int64((20 * time.Hour).Seconds()) {
		out = slices.DeleteFunc(out, func(v Value) bool { return v.Time/60%5 != 0 })
	}
	return map[string]any{"metrics": out}, nil
}

// GraphDef is a graph definition.
type GraphDef struct {
	Name        string        `json:"name"`
	DisplayName string        `json:"displayName"`
	Unit        string        `json:"unit"`
	Metrics     []GraphMetric `json:"metrics"`
}

// GraphMetric is one line of a graph.
type GraphMetric struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	IsStacked   bool   `json:"isStacked"`
}

var (
	graphName = regexp.MustCompile(`^custom(\.([-a-zA-Z0-9_]+|[*#]))+$`)
	units     = []string{"", "float", "integer", "percentage", "seconds", "milliseconds", "bytes", "bytes/sec", "bits/sec", "iops"}
)

// defined is a definition, with the time at which it was last needed.
type defined struct {
	GraphDef
	at time.Time
}

// wildcardGone is after how long without a value a definition with a wildcard is forgotten.
// The page on graph definitions says a few hours; so many is the fake's own.
const wildcardGone = 3 * time.Hour

// GraphDefs are the definitions that there are still, by name.
func (f *Fake) GraphDefs() map[string]GraphDef {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string]GraphDef{}
	for name, d := range f.graphDefs {
		if !strings.ContainsAny(name, "*#") || f.now().Sub(d.at) < wildcardGone {
			out[name] = d.GraphDef
		}
	}
	return out
}

// needed says that a value came, which keeps the definition of its graph, unless that has
// been forgotten.
func (f *Fake) needed(metric string) {
	graph := strings.Split(metric, ".")
	for name, d := range f.graphDefs {
		parts := strings.Split(name, ".")
		if len(parts)+1 != len(graph) || f.now().Sub(d.at) >= wildcardGone {
			continue
		}
		if matches(parts, graph) {
			d.at = f.now()
			f.graphDefs[name] = d
		}
	}
}

func matches(parts, graph []string) bool {
	for i, part := range parts {
		if part != "*" && part != "#" && part != graph[i] {
			return false
		}
	}
	return true
}

func (f *Fake) createGraphDefs(c *call) (any, *refusal) {
	var in []GraphDef
	if no := c.decode(&in); no != nil {
		return nil, no
	}
	for _, d := range in {
		if !graphName.MatchString(d.Name) || !slices.Contains(units, d.Unit) {
			return nil, refuse(400, "invalid graph definition: %q, unit %q", d.Name, d.Unit)
		}
		for _, m := range d.Metrics {
			rest, ok := cutPrefix(m.Name, d.Name+".")
			if !ok || !regexp.MustCompile(`^([-a-zA-Z0-9_]+|[*#])$`).MatchString(rest) {
				return nil, refuse(400, "metric %q is not one name below %q", m.Name, d.Name)
			}
		}
	}
	for _, d := range in {
		f.graphDefs[d.Name] = defined{d, f.now()}
	}
	return success, nil
}

func cutPrefix(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || s[:len(prefix)] != prefix {
		return s, false
	}
	return s[len(prefix):], true
}

// CheckReport is what a check plugin said.
type CheckReport struct {
	Source struct {
		Type   string `json:"type"`
		HostID string `json:"hostId"`
	} `json:"source"`
	Name                 string `json:"name"`
	Status               string `json:"status"`
	Message              string `json:"message"`
	OccurredAt           int64  `json:"occurredAt"`
	NotificationInterval int    `json:"notificationInterval"`
	MaxCheckAttempts     int    `json:"maxCheckAttempts"`
}

// CheckReports are all that came, in order.
func (f *Fake) CheckReports() []CheckReport {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.reports)
}

// reportChecks follows https://mackerel.io/api-docs/entry/check-monitoring: at most
// 100 reports at once, messages of at most 1,024 characters; what is older than six
// hours is ignored.
func (f *Fake) reportChecks(c *call) (any, *refusal) {
	var in struct {
		Reports []CheckReport `json:"reports"`
	}
	if no := c.decode(&in); no != nil {
		return nil, no
	}
	if len(in.Reports) > 100 {
		return nil, refuse(400, "more than 100 reports")
	}
	for _, r := range in.Reports {
		switch {
		case r.Source.Type != "host" || f.hosts[r.Source.HostID] == nil:
			return nil, refuse(400, "unknown host %q", r.Source.HostID)
		case !slices.Contains([]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}, r.Status):
			return nil, refuse(400, "status %q", r.Status)
		case len([]rune(r.Message)) > 1024:
			return nil, refuse(400, "message of %d characters", len([]rune(r.Message)))
		}
	}
	for _, r := range in.Reports {
		if r.OccurredAt >= f.now().Add(-6*time.Hour).Unix() {
			f.reports = append(f.reports, r)
		}
	}
	return success, nil
}

// getMetadata and putMetadata follow https://mackerel.io/api-docs/entry/metadata: any
// JSON of at most 100 KB.
func (f *Fake) getMetadata(c *call, h *host) (any, *refusal) {
	data, ok := h.metadata[c.PathValue("space")]
	if !ok {
		return nil, refuse(404, "metadata not found")
	}
	return data, nil
}

func (f *Fake) putMetadata(c *call, h *host) (any, *refusal) {
	if len(c.body) > 100_000 || !json.Valid(c.body) {
		return nil, refuse(400, "metadata is no JSON or too large")
	}
	h.metadata[c.PathValue("space")] = json.RawMessage(c.body)
	return success, nil
}
