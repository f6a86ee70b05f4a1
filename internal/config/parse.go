package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Parse reads the text of a configuration file; path is its name, for messages
// and for the paths in it. The error is of type Faults.
func Parse(path string, data []byte) (*Config, error) {
	r := &reader{file: path}
	root := r.document(data)
	if root == nil {
		return nil, r.err()
	}
	c := &Config{
		Path: path, Dir: filepath.Dir(path),
		TargetLabels:    []string{"job", "instance"},
		StartTimeMetric: "process_start_time_seconds",
		BurnRates:       DefaultBurnRates(),
	}
	m := r.mapping(root, "")
	c.source(m)
	c.patterns(m, "fleet", &c.Fleet)
	c.patterns(m, "slos", &c.SLOs)
	c.ledger(m)
	c.targets(m)
	c.counting(m)
	c.budgets(m)
	c.burnRates(m)
	c.gate(m)
	c.promotion(m)
	c.mackerel(m)
	c.review(m)
	c.board(m)
	m.done()
	if err := r.err(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Config) board(top *mapping) {
	n := top.take("board")
	if n == nil {
		return
	}
	m := top.r.mapping(n, "board")
	m.text("url", &c.Board)
	if err := checkURL(c.Board); err != nil {
		m.fault("url", " %v", err)
	}
	m.done()
	m.need("url", c.Board, "write the address at which people reach 'shopslo serve', like https://shopslo.example")
}

// document gives the one document's content, or nil after a fault.
func (r *reader) document(data []byte) *yaml.Node {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, next yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		r.fault(0, "the file is empty; it needs at least source, fleet and slos")
		return nil
	case err != nil:
		r.syntax(err)
		return nil
	}
	if err := dec.Decode(&next); err == nil {
		r.fault(next.Line, "a second document begins here; the file holds one")
	} else if !errors.Is(err, io.EOF) {
		r.syntax(err)
	}
	if len(r.faults) > 0 {
		return nil
	}
	return doc.Content[0]
}

// syntax reports what the YAML parser said, with the line that its text begins with.
func (r *reader) syntax(err error) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		if number, after, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				line, text = n, after
			}
		}
	}
	if strings.HasPrefix(text, "found character that cannot start any token") {
		text += "; is it a tab? YAML takes spaces only"
	}
	r.fault(line, "this is not YAML: %s", text)
}

func (c *Config) source(top *mapping) {
	n := top.take("source")
	if n == nil {
		top.fault("source", " is missing: name a prometheus, an embedded or a mackerel one")
		return
	}
	m := top.r.mapping(n, "source")
	prometheus, embedded, mackerel := m.take("prometheus"), m.take("embedded"), m.take("mackerel")
	m.done()
	switch {
	case prometheus != nil && embedded != nil:
		top.fault("source", " has both prometheus and embedded; choose one")
	case mackerel != nil && (prometheus != nil || embedded != nil):
		top.fault("source", " has mackerel beside another; choose one")
	case prometheus == nil && embedded == nil && mackerel == nil && !m.broken:
		top.fault("source", " needs prometheus, embedded or mackerel")
	}
	if mackerel != nil {
		c.Source.Mackerel = c.mackerelSource(m.r.mapping(mackerel, "source.mackerel"))
	}
	if prometheus != nil {
		c.Source.Prometheus = c.prometheus(m.r.mapping(prometheus, "source.prometheus"))
	}
	if embedded != nil {
		c.Source.Embedded = c.embedded(m.r.mapping(embedded, "source.embedded"))
	}
}

func (c *Config) prometheus(m *mapping) *Prometheus {
	p := &Prometheus{TenantHeader: "X-Scope-OrgID", Timeout: 2 * time.Minute, ScrapeInterval: time.Minute}
	m.text("url", &p.URL)
	m.need("url", p.URL, "write it like http://prometheus:9090")
	if err := checkURL(p.URL); err != nil {
		m.fault("url", " %v", err)
	}
	if n := m.take("basic_auth"); n != nil {
		p.BasicAuth = c.basicAuth(m.r.mapping(n, m.at("basic_auth")))
	}
	c.path(m, "bearer_token_file", &p.BearerTokenFile)
	if p.BasicAuth != nil && p.BearerTokenFile != "" {
		m.fault("bearer_token_file", " stands beside basic_auth; choose one")
	}
	if n := m.take("tls"); n != nil {
		p.TLS = c.tls(m.r.mapping(n, m.at("tls")))
	}
	m.text("tenant", &p.Tenant)
	m.text("tenant_header", &p.TenantHeader)
	if p.TenantHeader == "" && p.Tenant != "" {
		m.fault("tenant_header", " is empty, but there is a tenant to send in it")
	}
	if n := m.take("headers"); n != nil {
		p.Headers = m.r.headers(n, m.at("headers"))
	}
	m.duration("timeout", &p.Timeout)
	m.duration("scrape_interval", &p.ScrapeInterval)
	m.texts("replica_labels", &p.ReplicaLabels)
	for _, key := range []string{"bearer_token", "token", "credentials"} {
		m.hint(key, "no secret stands in this file: put it into a file of its own and name that with bearer_token_file")
	}
	for _, key := range []string{"username", "password", "password_file"} {
		m.hint(key, "it belongs under basic_auth, as username and password_file")
	}
	m.done()
	return p
}

func checkURL(s string) error {
	const want = "write it like http://prometheus:9090"
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil {
		var ue *url.Error // its text would repeat the URL, and a password in it
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return fmt.Errorf("is not a URL (%v); %s", err, want)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return fmt.Errorf("%q has no http:// or https:// with a host; %s", u.Redacted(), want)
	case u.User != nil:
		return errors.New("holds a user name or password; use basic_auth with username and password_file")
	case u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%q has a query or a fragment; %s", u.Redacted(), want)
	}
	return nil
}

func (c *Config) basicAuth(m *mapping) *BasicAuth {
	a := &BasicAuth{}
	m.text("username", &a.Username)
	c.path(m, "password_file", &a.PasswordFile)
	secret := "no secret stands in this file: put it into a file of its own and name that with password_file"
	m.hint("password", secret)
	m.done()
	m.need("username", a.Username, "name the user")
	if !m.has("password") {
		m.need("password_file", a.PasswordFile, "name the file that holds the password")
	}
	return a
}

func (c *Config) tls(m *mapping) TLS {
	var t TLS
	c.path(m, "ca_file", &t.CAFile)
	c.path(m, "cert_file", &t.CertFile)
	c.path(m, "key_file", &t.KeyFile)
	m.text("server_name", &t.ServerName)
	m.boolean("insecure_skip_verify", &t.InsecureSkipVerify)
	for _, key := range []string{"ca", "cert", "key"} {
		m.hint(key, "name a file with "+key+"_file")
	}
	m.done()
	if (t.CertFile == "") != (t.KeyFile == "") {
		m.r.fault(m.line, "%s needs cert_file and key_file together", m.path)
	}
	return t
}

// headers reads names and values; those that carry credentials are refused.
func (r *reader) headers(n *yaml.Node, path string) map[string]string {
	m := r.mapping(n, path)
	out := map[string]string{}
	for _, name := range m.order {
		value := ""
		m.text(name, &value)
		switch textproto.CanonicalMIMEHeaderKey(name) {
		case "Authorization", "Proxy-Authorization", "Cookie":
			m.fault(name, ": no secret stands in this file; use basic_auth or bearer_token_file")
		}
		if strings.ContainsAny(name, " \t\r\n:") || name == "" || strings.ContainsAny(value, "\r\n") {
			m.fault(name, " is not an HTTP header")
		}
		out[name] = value
	}
	return out
}

func (c *Config) embedded(m *mapping) *Embedded {
	e := &Embedded{Retention: 15 * 24 * time.Hour, ScrapeInterval: time.Minute}
	c.path(m, "dir", &e.Dir)
	m.duration("retention", &e.Retention)
	m.duration("scrape_interval", &e.ScrapeInterval)
	jobs, ok := m.list("scrape_configs")
	m.done()
	m.need("dir", e.Dir, "name the folder that is to hold the samples")
	if len(jobs) > 0 {
		e.Line = resolve(m.values["scrape_configs"]).Line
		e.ScrapeConfigs = m.raw("scrape_configs")
	} else if ok || !m.has("scrape_configs") {
		m.fault("scrape_configs", " is missing or empty: list at least one job, in Prometheus' syntax")
	}
	return e
}

// patterns takes a list of file patterns that must not be empty.
func (c *Config) patterns(m *mapping, key string, to *[]string) {
	before := len(m.r.faults)
	m.texts(key, to)
	if len(*to) == 0 && len(m.r.faults) == before {
		m.fault(key, " is missing or empty: list the documents, like [%s/*.yaml]", key)
	}
	for i, p := range *to {
		if _, err := filepath.Match(p, ""); err != nil {
			m.fault(key, "[%d]: %q is not a pattern of file names: %v", i, p, err)
		}
	}
}

func (c *Config) ledger(top *mapping) {
	c.Ledger = Ledger{Resolution: time.Minute, Delay: c.Source.ScrapeInterval() + 5*time.Second}
	if c.Source.Mackerel != nil {
		c.Ledger.Delay = mackerelDelay
	}
	n := top.take("ledger")
	if n == nil {
		return
	}
	m := top.r.mapping(n, "ledger")
	c.path(m, "dir", &c.Ledger.Dir)
	m.duration("resolution", &c.Ledger.Resolution)
	m.duration("retention", &c.Ledger.Retention)
	m.duration("delay", &c.Ledger.Delay)
	m.done()
	m.need("dir", c.Ledger.Dir, "name the folder that is to hold the counts, or leave ledger out")
	if c.Ledger.Retention != 0 && c.Ledger.Retention < 2*c.Ledger.Resolution {
		m.fault("retention", " is shorter than two steps of ledger.resolution")
	}
}

func (c *Config) targets(m *mapping) {
	m.texts("target_labels", &c.TargetLabels)
	if len(c.TargetLabels) == 0 {
		m.fault("target_labels", " is empty; leave it out for [job, instance]")
	}
	seen := map[string]bool{}
	for _, l := range c.TargetLabels {
		if seen[l] {
			m.fault("target_labels", " names %q twice", l)
		}
		seen[l] = true
	}
	m.text("start_time_metric", &c.StartTimeMetric)
}

func (c *Config) counting(top *mapping) {
	n := top.take("counting")
	if n == nil {
		return
	}
	m := top.r.mapping(n, "counting")
	m.duration("clock_slack", &c.Counting.ClockSlack)
	m.duration("old_answers", &c.Counting.OldAnswers)
	m.number("plausible_steps", &c.Counting.PlausibleSteps)
	m.done()
	if c.Counting.PlausibleSteps < 0 {
		m.fault("plausible_steps", " is below 0; write how many times its greatest growth a counter may grow, such as 10")
	}
}

func (c *Config) budgets(top *mapping) {
	n := top.take("budgets")
	if n == nil {
		return
	}
	m := top.r.mapping(n, "budgets")
	m.duration("least_history", &c.Budgets.LeastHistory)
	m.done()
}

func (c *Config) burnRates(top *mapping) {
	items, ok := top.list("burn_rates")
	if !ok {
		return
	}
	c.BurnRates = nil
	for i, n := range items {
		m := top.r.mapping(n, fmt.Sprintf("burn_rates[%d]", i))
		var b BurnRate
		severity := ""
		m.duration("long", &b.Long)
		m.duration("short", &b.Short)
		m.number("factor", &b.Factor)
		m.text("severity", &severity)
		m.done()
		b.Severity = Severity(severity)
		for _, key := range []string{"long", "short", "factor", "severity"} {
			if !m.has(key) {
				m.fault(key, " is missing")
			}
		}
		if b.Short > 0 && b.Long > 0 && b.Short >= b.Long {
			m.fault("short", " must be shorter than long")
		}
		if b.Factor <= 0 && m.has("factor") {
			m.fault("factor", " must be greater than 0")
		}
		if b.Severity != Page && b.Severity != Ticket && m.has("severity") {
			m.fault("severity", ": %q must be page or ticket", severity)
		}
		c.BurnRates = append(c.BurnRates, b)
	}
}

// path takes a file's or folder's name and makes it relative to the configuration file.
func (c *Config) path(m *mapping, key string, to *string) {
	m.text(key, to)
	if *to != "" {
		*to = c.join(*to)
	}
}

func (c *Config) join(p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	return filepath.Join(c.Dir, p)
}
