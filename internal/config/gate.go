package config

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Gate is what `shopslo gate` asks, and whom: docs/gate.md.
type Gate struct {
	// GateRules are for every target Tier that has none of its own.
	GateRules
	// Tiers are the rules of target Tiers by name, with what they do not say filled in.
	Tiers map[string]GateRules
	// TierLines are the lines on which these names stand.
	TierLines map[string]int
	// Fleet is the exporter that knows what runs; nil: none.
	Fleet *Remote
	// Alerts tell what fires; nil: nobody is asked.
	Alerts *Alerts
	// Incidents are patterns of the names of files with incidents, as written; nil: none.
	Incidents []string
	// IncidentBot knows of incidents beside those in files; nil: none.
	IncidentBot *Remote
	// Calendar are patterns of the names of files with freezes, overrides and
	// exclusions; nil: none.
	Calendar []string
	// Log is where decisions are logged; nil: nowhere.
	Log *DecisionLog
	// Tell is who is told of decisions; the zero value: nobody.
	Tell Tell
}

// Rules are those for a target Tier.
func (g Gate) Rules(tier string) GateRules {
	if own, ok := g.Tiers[tier]; ok {
		return own
	}
	return g.GateRules
}

// GateRules are what the gate asks of its evidence. A zero value means not set; the
// gate has its own defaults.
type GateRules struct {
	// MaxAge is how old a ShopSet's last sample, and what was seen of it, may be.
	MaxAge time.Duration
	// MinCoverage is the ratio (0–1] of a window that must have data, QuietCoverage
	// that which it takes to believe in "no traffic".
	MinCoverage, QuietCoverage float64
	// FailOn are the severities of burn rates that hold a release.
	FailOn []Severity
	// AtRisk and Exhausted say who may go to a Tier with little budget left, or none:
	// all, fixes or none.
	AtRisk, Exhausted string
	// RedundancyWaived makes a group short of FailureDomains no reason to hold.
	RedundancyWaived bool
	// Soak is nil where what the Tiers' documents ask for is to be taken.
	Soak *time.Duration
	// Harm is a burn rate, HarmToOne, FalseAlarms and Confidence are ratios 0–1.
	Harm, HarmToOne, FalseAlarms, Confidence float64
	Baseline                                 time.Duration
	// LoadShare is a ratio 0–1 of the busiest LoadWindow in a LoadDay.
	LoadShare           float64
	LoadWindow, LoadDay time.Duration
	// LongestExclusion is how long an exclusion may be to count since the release came.
	LongestExclusion time.Duration
	// QuietAlerts are names or severities of alerts that do not hold; nil: not set.
	QuietAlerts []string
	// Checks are required, optional or off, by their names.
	Checks map[string]string
}

// Remote is an HTTP server and how it is asked.
type Remote struct {
	URL string
	// BasicAuth and BearerTokenFile exclude each other; nil and "" mean none.
	BasicAuth       *BasicAuth
	BearerTokenFile string
	TLS             TLS
	Headers         map[string]string
	// Timeout of one request.
	Timeout time.Duration
}

// Alerts are what Prometheus or an Alertmanager says that fires.
type Alerts struct {
	Remote
	Alertmanager bool // it is one, and no Prometheus
}

func (c *Config) gate(top *mapping) {
	n := top.take("gate")
	if n == nil {
		return
	}
	m := top.r.mapping(n, "gate")
	c.Gate.GateRules.read(m)
	if n := m.take("fleet"); n != nil {
		r := c.remote(m.r.mapping(n, m.at("fleet")), "http://shopset-exporter:9877")
		c.Gate.Fleet = &r
	}
	if n := m.take("alerts"); n != nil {
		c.Gate.Alerts = c.alerts(m.r.mapping(n, m.at("alerts")))
	}
	m.texts("incidents", &c.Gate.Incidents)
	if n := m.take("incidentbot"); n != nil {
		r := c.remote(m.r.mapping(n, m.at("incidentbot")), "http://incidentbot:9878")
		c.Gate.IncidentBot = &r
	}
	m.texts("calendar", &c.Gate.Calendar)
	c.decisionLog(m)
	c.tell(m, top)
	if n := m.take("tiers"); n != nil {
		c.Gate.tiers(m.r.mapping(n, m.at("tiers")))
	}
	m.done()
}

// tiers reads what single Tiers have of their own, over what all have.
func (g *Gate) tiers(m *mapping) {
	g.Tiers, g.TierLines = map[string]GateRules{}, m.lines
	for _, name := range m.order {
		own := g.GateRules
		own.Checks = maps.Clone(own.Checks)
		of := m.r.mapping(m.take(name), m.at(name))
		own.read(of)
		of.done()
		g.Tiers[name] = own
	}
	m.done()
}

func (g *GateRules) read(m *mapping) {
	m.duration("max_age", &g.MaxAge)
	m.share("min_coverage", &g.MinCoverage)
	m.share("quiet_coverage", &g.QuietCoverage)
	g.failOn(m)
	m.word("at_risk", &g.AtRisk, "all", "fixes", "none")
	m.word("exhausted", &g.Exhausted, "all", "fixes", "none")
	m.boolean("redundancy_waived", &g.RedundancyWaived)
	if text, ok := m.scalar("soak", "a duration"); ok {
		var d time.Duration
		if text != "0" && text != "0s" {
			m.duration("soak", &d)
		}
		g.Soak = &d
	}
	if n := m.take("since_release"); n != nil {
		s := m.r.mapping(n, m.at("since_release"))
		s.number("harm", &g.Harm)
		s.share("harm_to_one", &g.HarmToOne)
		if g.Harm <= 0 && s.has("harm") {
			s.fault("harm", " must be a burn rate above 0")
		}
		s.share("false_alarms", &g.FalseAlarms)
		s.share("confidence", &g.Confidence)
		if g.FalseAlarms == 1 || g.Confidence == 1 {
			s.r.fault(s.line, "%s: false_alarms and confidence must be below 1", s.path)
		}
		s.duration("baseline", &g.Baseline)
		s.done()
	}
	if n := m.take("load"); n != nil {
		s := m.r.mapping(n, m.at("load"))
		s.share("share", &g.LoadShare)
		s.duration("window", &g.LoadWindow)
		s.duration("day", &g.LoadDay)
		s.done()
	}
	m.duration("longest_exclusion", &g.LongestExclusion)
	m.texts("quiet_alerts", &g.QuietAlerts)
	if n := m.take("checks"); n != nil {
		g.checks(m.r.mapping(n, m.at("checks")))
	}
}

func (g *GateRules) failOn(m *mapping) {
	var failOn []string
	m.texts("fail_on", &failOn)
	if failOn == nil {
		return
	}
	g.FailOn = nil
	for i, s := range failOn {
		if s != string(Page) && s != string(Ticket) {
			m.fault("fail_on", "[%d]: %q must be page or ticket", i, s)
		}
		g.FailOn = append(g.FailOn, Severity(s))
	}
	if len(failOn) == 0 {
		m.fault("fail_on", " is empty; leave it out for [page]")
	}
}

// gateChecks are the checks that may be required, optional or off.
var gateChecks = []string{"rules", "release", "sync", "soak", "drift", "budget", "since_release", "load", "burn_rate", "alert", "coverage", "freshness",
	"images", "incident", "freeze", "redundancy"}

func (g *GateRules) checks(m *mapping) {
	if g.Checks == nil {
		g.Checks = map[string]string{}
	}
	for _, name := range gateChecks {
		need := ""
		words := []string{"required", "optional", "off"}
		if name == "rules" { // which would take themselves away
			words = words[:2]
		}
		m.word(name, &need, words...)
		if need != "" {
			g.Checks[name] = need
		}
	}
	m.done()
}

// word takes one of a few words.
func (m *mapping) word(key string, to *string, words ...string) {
	text, ok := m.scalar(key, "a word")
	switch {
	case !ok:
	case !slices.Contains(words, text):
		m.fault(key, ": %q must be one of %s", text, strings.Join(words, ", "))
	default:
		*to = text
	}
}

// server reads how a server is asked; the caller takes further keys, and calls done.
func (c *Config) server(m *mapping) Remote {
	r := Remote{Timeout: 10 * time.Second}
	m.text("url", &r.URL)
	if err := checkURL(r.URL); err != nil {
		m.fault("url", " %v", err)
	}
	if n := m.take("basic_auth"); n != nil {
		r.BasicAuth = c.basicAuth(m.r.mapping(n, m.at("basic_auth")))
	}
	c.path(m, "bearer_token_file", &r.BearerTokenFile)
	if r.BasicAuth != nil && r.BearerTokenFile != "" {
		m.fault("bearer_token_file", " stands beside basic_auth; choose one")
	}
	if n := m.take("tls"); n != nil {
		r.TLS = c.tls(m.r.mapping(n, m.at("tls")))
	}
	if n := m.take("headers"); n != nil {
		r.Headers = m.r.headers(n, m.at("headers"))
	}
	m.duration("timeout", &r.Timeout)
	for _, key := range []string{"bearer_token", "token", "password", "username"} {
		m.hint(key, "no secret stands in this file: use basic_auth with username and password_file, or bearer_token_file")
	}
	return r
}

func (c *Config) remote(m *mapping, like string) Remote {
	r := c.server(m)
	m.done()
	m.need("url", r.URL, "write it like "+like)
	return r
}

// alerts reads whom to ask. Without an address it is the Prometheus of the source, and
// asked as that is.
func (c *Config) alerts(m *mapping) *Alerts {
	a := &Alerts{Remote: c.server(m)}
	kind := "prometheus"
	m.word("kind", &kind, "prometheus", "alertmanager")
	a.Alertmanager = kind == "alertmanager"
	m.done()
	switch p := c.Source.Prometheus; {
	case a.URL != "":
	case p == nil || a.Alertmanager:
		m.need("url", "", "write it like http://alertmanager:9093")
	default:
		a.URL, a.BasicAuth, a.BearerTokenFile, a.TLS, a.Headers = p.URL, p.BasicAuth, p.BearerTokenFile, p.TLS, maps.Clone(p.Headers)
		if p.Tenant != "" {
			if a.Headers == nil {
				a.Headers = map[string]string{}
			}
			a.Headers[p.TenantHeader] = p.Tenant
		}
	}
	return a
}
