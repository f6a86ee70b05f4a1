package config

import (
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
)

// sources checks each of them.
func (c *checker) sources() {
	c.Sources = maps.Clone(c.Named)
	if c.Sources == nil {
		c.Sources = map[string]Source{}
	}
	if c.Has("source") {
		c.source("source", c.Default)
		c.Sources[""] = c.Default
	}
	dirs := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c.Sources)) {
		path := c.PathOf(name)
		if name != "" {
			c.source(path, c.Sources[name])
			if err := fleet.CheckName(name); err != nil {
				c.Wrong(path, "%v", err)
			}
		}
		e := c.Sources[name].Embedded
		if e == nil || e.Dir == "" {
			continue
		}
		if first, ok := dirs[filepath.Clean(e.Dir)]; ok {
			c.Wrong(path+".embedded.dir", "is also that of %s.embedded; give each store its own folder", first)
		}
		dirs[filepath.Clean(e.Dir)] = path
	}
}

// PathOf is where a source stands in the file.
func (c *Config) PathOf(source string) string {
	if source == "" {
		return "source"
	}
	return "sources." + source
}

// SourceOf is the name of the source that has a ShopSet's samples: its own or that of its
// FailureDomain, else the only one.
func (c *Config) SourceOf(set fleet.ShopSet) string {
	if _, ok := c.Sources[""]; set.Source == "" && !ok {
		for only := range c.Sources {
			return only
		}
	}
	return string(set.Source)
}

// Asked is the name of the source that a query is asked of, for ShopSets of a source: the
// one that it names where sources have names.
func (c *Config) Asked(q *slo.Query, own string) string {
	if q.Source == "" || len(c.Named) == 0 {
		return own
	}
	return q.Source
}

// Delay is after how long the samples of a source can be read: as the ledger's settings say of all, or its own.
func (c *Config) Delay(source string) time.Duration {
	if s, ok := c.Sources[source]; ok && !c.Ledger.delayed {
		return s.delay()
	}
	return c.Ledger.Delay
}

// Several reports whether there is more than one source.
func (c *Config) Several() bool { return len(c.Sources) > 1 }

func (c *checker) source(path string, s Source) {
	switch {
	case s.Prometheus != nil && s.Embedded != nil:
		c.Wrong(path, "has both prometheus and embedded; choose one")
	case s.Mackerel != nil && (s.Prometheus != nil || s.Embedded != nil):
		c.Wrong(path, "has mackerel beside another; choose one")
	case !s.exists():
		c.Wrong(path, "needs prometheus, embedded or mackerel")
	}
	if p := s.Prometheus; p != nil {
		c.remote(path+".prometheus", p.Remote, "http://prometheus:9090")
		if p.TenantHeader == "" && p.Tenant != "" {
			c.Wrong(path+".prometheus.tenant_header", "is empty, but there is a tenant to send in it")
		}
	}
	if e := s.Embedded; e != nil {
		e.Line = c.At(path + ".embedded.scrape_configs").Line
	}
	if m := s.Mackerel; m != nil {
		c.reach(path+".mackerel", *m)
	}
}

// alerts finds out who tells what fires. What the gate's section says without an address
// is said of each source that has no alerts of its own.
func (c *checker) alerts() {
	g := c.Gate.Alerts
	if g != nil {
		c.server("gate.alerts", g)
	}
	if g != nil && g.URL != "" {
		c.AlertServers = append(c.AlertServers, AlertServer{Alerts: *g, Everywhere: true})
		g = nil
	}
	var silent []string // of whose ShopSets nobody tells
	for _, name := range slices.Sorted(maps.Keys(c.Sources)) {
		s, path := c.Sources[name], c.PathOf(name)+".alerts"
		var a Alerts
		switch {
		case s.Alerts != nil:
			c.server(path, s.Alerts)
			a = *s.Alerts
		case g != nil:
			if a = *g; len(c.Sources) == 1 {
				path = "gate.alerts"
			}
		default:
			silent = append(silent, path)
			continue
		}
		c.ofSource(path, &a, s)
		c.AlertServers = append(c.AlertServers, AlertServer{Alerts: a, Source: name})
	}
	for _, path := range silent {
		if len(c.AlertServers) > 0 && !c.AlertServers[0].Everywhere {
			c.Wrong(path, "is missing, although another source has alerts; add it, or set gate: {alerts: {}} to use the Prometheus of each")
		}
	}
}

// server checks how one is asked that tells what fires.
func (c *checker) server(path string, a *Alerts) {
	a.Alertmanager, a.Kind = a.Kind == "alertmanager", ""
	c.remote(path, a.Remote, "")
}

// ofSource fills in whom to ask: without an address it is the Prometheus of the source,
// and asked as that is.
func (c *checker) ofSource(path string, a *Alerts, s Source) {
	switch p := s.Prometheus; {
	case a.URL != "":
	case p == nil || a.Alertmanager:
		c.Wrong(path+".url", "is missing; write it like http://alertmanager:9093")
	default:
		timeout := a.Timeout
		a.Remote = p.Remote
		a.Headers, a.Timeout = maps.Clone(p.Headers), timeout
		if p.Tenant != "" {
			if a.Headers == nil {
				a.Headers = map[string]string{}
			}
			a.Headers[p.TenantHeader] = p.Tenant
		}
	}
}

// Path is where it stands in the file.
func (a AlertServer) Path(c *Config) string {
	if a.Everywhere || c.Sources[a.Source].Alerts == nil {
		return "gate.alerts"
	}
	return c.PathOf(a.Source) + ".alerts"
}
