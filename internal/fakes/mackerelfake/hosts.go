package mackerelfake

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// From https://mackerel.io/api-docs/entry/hosts.

// HostSpec is what a host is registered with.
type HostSpec struct {
	Name             string          `json:"name"`
	DisplayName      string          `json:"displayName"`
	Memo             string          `json:"memo"`
	CustomIdentifier string          `json:"customIdentifier"`
	Meta             json.RawMessage `json:"meta"`
	Interfaces       json.RawMessage `json:"interfaces"`
	RoleFullnames    []string        `json:"roleFullnames"`
	Checks           []struct {
		Name string `json:"name"`
		Memo string `json:"memo"`
	} `json:"checks"`
}

type host struct {
	HostSpec
	id, status string
	created    int64
	metrics    map[string]map[int64]float64
	metadata   map[string]json.RawMessage
}

// AddHost registers a host with roles such as "shop:web" and gives its id.
func (f *Fake) AddHost(name string, roles ...string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.newHost(HostSpec{Name: name, RoleFullnames: roles}).id
}

func (f *Fake) newHost(spec HostSpec) *host {
	h := &host{HostSpec: spec, id: f.id(), status: "working", created: f.now().Unix(),
		metrics: map[string]map[int64]float64{}, metadata: map[string]json.RawMessage{}}
	f.hosts[h.id] = h
	f.hostOrder = append(f.hostOrder, h.id)
	return h
}

// SetHostStatus makes a host working, standby, maintenance or poweroff.
func (f *Fake) SetHostStatus(id, status string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hosts[id].status = status
}

// SetHostMetric puts a value there, of any age.
func (f *Fake) SetHostMetric(id, metric string, at time.Time, value float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	put(f.hosts[id].metrics, metric, at.Unix(), value)
}

// HostMetric gives a metric's values, oldest first.
func (f *Fake) HostMetric(id, metric string) []Value {
	f.mu.Lock()
	defer f.mu.Unlock()
	if h := f.hosts[id]; h != nil {
		return between(h.metrics[metric], 0, 1<<62)
	}
	return nil
}

// Hosts are the ids of all hosts, in the order in which they came.
func (f *Fake) Hosts() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.hostOrder)
}

func (f *Fake) host(c *call) (*host, *refusal) {
	h := f.hosts[c.PathValue("id")]
	if h == nil {
		return nil, refuse(404, "host not found")
	}
	return h, nil
}

// shown is a host as the API gives it.
func (h *host) shown() map[string]any {
	roles := map[string][]string{}
	for _, full := range h.RoleFullnames {
		s, r, _ := strings.Cut(full, ":")
		roles[strings.TrimSpace(s)] = append(roles[strings.TrimSpace(s)], strings.TrimSpace(r))
	}
	meta, interfaces := h.Meta, h.Interfaces
	if meta == nil {
		meta = json.RawMessage("{}")
	}
	if interfaces == nil {
		interfaces = json.RawMessage("[]")
	}
	return map[string]any{"id": h.id, "name": h.Name, "displayName": h.DisplayName, "memo": h.Memo, "status": h.status,
		"customIdentifier": h.CustomIdentifier, "size": "standard", "isRetired": false, "createdAt": h.created,
		"roles": roles, "meta": meta, "interfaces": interfaces}
}

func (f *Fake) listHosts(c *call) (any, *refusal) {
	q := c.URL.Query()
	statuses := q["status"]
	if len(statuses) == 0 {
		statuses = []string{"working", "standby"}
	}
	list := []any{}
	for _, id := range f.hostOrder {
		h := f.hosts[id]
		if !slices.Contains(statuses, h.status) {
			continue
		}
		if want := q.Get("name"); want != "" && want != h.Name {
			continue
		}
		if want := q.Get("customIdentifier"); want != "" && want != h.CustomIdentifier {
			continue
		}
		if want := q.Get("service"); want != "" && !h.hasRole(want, q["role"]) {
			continue
		}
		list = append(list, h.shown())
	}
	return map[string]any{"hosts": list}, nil
}

// hasRole reports whether the host is in a service, and in one of the roles where any
// are given.
func (h *host) hasRole(service string, roles []string) bool {
	for _, full := range h.RoleFullnames {
		s, r, _ := strings.Cut(full, ":")
		if strings.TrimSpace(s) == service && (len(roles) == 0 || slices.Contains(roles, strings.TrimSpace(r))) {
			return true
		}
	}
	return false
}

func (f *Fake) createHost(c *call) (any, *refusal) {
	var in HostSpec
	if no := c.decode(&in); no != nil {
		return nil, no
	}
	if in.Name == "" || in.Meta == nil {
		return nil, refuse(400, "name and meta are required")
	}
	return map[string]any{"id": f.newHost(in).id}, nil
}

func (f *Fake) getHost(_ *call, h *host) (any, *refusal) {
	return map[string]any{"host": h.shown()}, nil
}

func (f *Fake) updateHost(c *call, h *host) (any, *refusal) {
	var in HostSpec
	if no := c.decode(&in); no != nil {
		return nil, no
	}
	h.HostSpec = in
	return map[string]any{"id": h.id}, nil
}

func (f *Fake) hostStatus(c *call, h *host) (any, *refusal) {
	var in struct {
		Status string `json:"status"`
	}
	if no := c.decode(&in); no != nil {
		return nil, no
	}
	if !slices.Contains([]string{"standby", "working", "maintenance", "poweroff"}, in.Status) {
		return nil, refuse(400, "status %q", in.Status)
	}
	h.status = in.Status
	return success, nil
}

func (f *Fake) hostMetricNames(_ *call, h *host) (any, *refusal) {
	names := slices.Sorted(maps.Keys(h.metrics))
	if names == nil {
		names = []string{}
	}
	return map[string]any{"names": names}, nil
}

func (f *Fake) hostMetrics(c *call, h *host) (any, *refusal) {
	return f.values(c, h.metrics)
}

// postHostMetrics takes what an agent sends. A value that is null is none.
func (f *Fake) postHostMetrics(c *call) (any, *refusal) {
	var in []struct {
		HostID string   `json:"hostId"`
		Name   string   `json:"name"`
		Time   *int64   `json:"time"`
		Value  *float64 `json:"value"`
	}
	if no := c.decode(&in); no != nil {
		return nil, no
	}
	for _, v := range in {
		if f.hosts[v.HostID] == nil || !metricName.MatchString(v.Name) || len(v.Name) > maxName || v.Time == nil {
			return nil, refuse(400, "invalid metric: %q of host %q", v.Name, v.HostID)
		}
	}
	oldest := f.now().Add(-maxAge).Unix()
	for _, v := range in {
		if v.Value != nil && *v.Time >= oldest {
			put(f.hosts[v.HostID].metrics, v.Name, *v.Time, *v.Value)
			f.needed(v.Name)
		}
	}
	return success, nil
}
