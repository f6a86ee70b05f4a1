package documents

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// Asking is who a configuration asks about a Release, and by which Tiers of a fleet it comes to
// its target.
func Asking(c *config.Config, f *fleet.Fleet, to fleet.TierName) *promotion.Asking {
	out := &promotion.Asking{Whom: map[string]string{}, Tiers: []fleet.TierName{}}
	for name, s := range c.Sources {
		out.Whom[c.PathOf(name)] = source(c, s)
		if s.Embedded != nil {
			out.Whom[c.PathOf(name)+".embedded.scrape_configs"] = fmt.Sprintf("%.12x", sha256.Sum256(s.Embedded.ScrapeConfigs.Plain()))
		}
	}
	for _, a := range c.AlertServers {
		setting, kind := a.Path(c), "Prometheus"
		if setting == "gate.alerts" && !a.Everywhere && c.Several() { // said of each source
			setting += " of " + c.PathOf(a.Source)
		}
		if a.Alertmanager {
			kind = "Alertmanager"
		}
		out.Whom[setting] = kind + " at " + remote(a.Remote)
	}
	g := c.Gate
	if g.Fleet != nil {
		out.Whom["gate.fleet"] = remote(*g.Fleet)
	}
	if g.IncidentBot != nil {
		out.Whom["gate.incidentbot"] = remote(*g.IncidentBot)
	}
	if len(g.Incidents) > 0 {
		out.Whom["gate.incidents"] = strings.Join(g.Incidents, ", ")
	}
	if g.Releases != nil {
		out.Whom["gate.releases"] = beside(c, g.Releases.File)
	}
	for _, t := range f.Tiers() {
		if out.Tiers = append(out.Tiers, t.Name); t.Name == to {
			break
		}
	}
	return out
}

// source names a source of samples without secrets.
func source(c *config.Config, s config.Source) string {
	switch {
	case s.Prometheus != nil && s.Prometheus.Tenant != "":
		return fmt.Sprintf("Prometheus at %s, tenant %s", remote(s.Prometheus.Remote), s.Prometheus.Tenant)
	case s.Prometheus != nil:
		return "Prometheus at " + remote(s.Prometheus.Remote)
	case s.Mackerel != nil:
		return "Mackerel at " + address(s.Mackerel.URL)
	case s.Embedded != nil:
		return "embedded in " + beside(c, s.Embedded.Dir)
	}
	return ""
}

// remote is the address of a server, and what else says which one it is.
func remote(r config.Remote) string {
	if len(r.Headers) > 0 {
		return fmt.Sprintf("%s with headers %v", address(r.URL), r.Headers)
	}
	return address(r.URL)
}

// address is a URL as it is compared: a path of nothing is none.
func address(url string) string { return strings.TrimRight(host.WithoutUser(url), "/") }

// beside is a file as it was written: of a checkout and a branch, the same.
func beside(c *config.Config, file string) string {
	if rel, err := filepath.Rel(c.Dir, file); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return file
}
