package source

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/slo/source/promapi"
	"github.com/shopslo/shopslo/slo/source/promtsdb"
)

// Open opens what the configuration names. An embedded store is opened, but
// scrapes nothing until it is run, and registers its metrics with r.
func Open(h host.Host, d *documents.Documents, r prometheus.Registerer, log *slog.Logger) (Sources, error) {
	all := Sources{}
	for _, name := range slices.Sorted(maps.Keys(d.Config.Sources)) {
		of := r
		if d.Config.Several() {
			of = prometheus.WrapRegistererWith(prometheus.Labels{"source": name}, r)
		}
		s, err := open(h, d.Config, name, of, log)
		if err != nil {
			return nil, errors.Join(err, all.Close())
		}
		all[name] = s
	}
	return all, nil
}

// open opens one.
func open(h host.Host, all *config.Config, name string, r prometheus.Registerer, log *slog.Logger) (Source, error) {
	named, path := all.Sources[name], all.Path+": "+all.PathOf(name)
	if c := named.Prometheus; c != nil {
		remote, err := remoteOf(h, c)
		if err != nil {
			return Source{}, fmt.Errorf("%s.prometheus: %w", path, err)
		}
		s, err := promapi.New(remote)
		if err != nil {
			return Source{}, fmt.Errorf("%s.prometheus: %w", path, err)
		}
		return Source{Source: s, Types: NewTypes(s), Name: "Prometheus at " + host.WithoutUser(c.URL), Close: func() error { return nil }}, nil
	}
	if c := named.Mackerel; c != nil {
		return openMackerel(h, c, all.PathOf(name))
	}
	c := named.Embedded
	scrape, err := ScrapeOf(all, name)
	if err != nil {
		return Source{}, err
	}
	db, err := promtsdb.Open(c.Dir, promtsdb.Config{Retention: c.Retention, Scrape: scrape, Logger: log, Registerer: r, Now: h.Now})
	if err != nil {
		return Source{}, OrAskServer(err)
	}
	return Source{Source: db, Embedded: db, Types: NewTypes(db), Name: "the embedded store in " + c.Dir, Close: db.Close}, nil
}

// OrAskServer says what to do about a directory that another process has locked.
func OrAskServer(err error) error {
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EWOULDBLOCK) {
		return &heldError{err}
	}
	return err
}

// heldError is of a directory that another process has locked.
type heldError struct{ err error }

func (e *heldError) Error() string {
	return e.err.Error() + "; where 'shopslo serve' is running, ask it with --server"
}

func (e *heldError) Unwrap() error { return e.err }

// AskedAlone says what to do about it for a command that asks no server.
func AskedAlone(command string, err error) error {
	if held, ok := errors.AsType[*heldError](err); ok {
		return fmt.Errorf("%w; %s asks no server: end 'shopslo serve' until it has answered, or let source.embedded.dir name a copy of the directory", held.err, command)
	}
	return err
}

// Held says what to do about a directory that another process has locked, where it has to be written.
func Held(err error, do string) error {
	if held, ok := errors.AsType[*heldError](err); ok {
		return fmt.Errorf("%w: %s", held.err, do)
	}
	return err
}

// remoteOf turns the configuration into promapi's.
func remoteOf(h host.Host, c *config.Prometheus) (promapi.Config, error) {
	out := promapi.Config{
		URL: c.URL, BearerTokenFile: c.BearerToken.File, Timeout: c.Timeout, Headers: maps.Clone(c.Headers), Now: h.Now,
		ReplicaLabels: c.ReplicaLabels, ScrapeInterval: c.ScrapeInterval,
		TLS: promapi.TLS{CAFile: c.TLS.CAFile, CertFile: c.TLS.CertFile, KeyFile: c.TLS.KeyFile,
			ServerName: c.TLS.ServerName, InsecureSkipVerify: c.TLS.InsecureSkipVerify},
	}
	var err error
	if out.BearerToken, err = h.InEnv("bearer_token", c.BearerToken); err != nil {
		return out, err
	}
	if a := c.BasicAuth; a != nil {
		out.Username, out.PasswordFile = a.Username, a.Password.File
		if out.Password, err = h.InEnv("basic_auth.password", a.Password); err != nil {
			return out, err
		}
	}
	if c.Tenant != "" {
		if out.Headers == nil {
			out.Headers = map[string]string{}
		}
		out.Headers[c.TenantHeader] = c.Tenant
	}
	return out, nil
}

// largestBody bounds what a target answers, decompressed, where its job says nothing else
// with Prometheus' own body_size_limit: a page of a megabyte can be four gigabytes then.
const largestBody = "64MB"

// ScrapeOf hands the scrape configurations of a source to Prometheus' own parser.
func ScrapeOf(c *config.Config, source string) (*promtsdb.Scrape, error) {
	e := c.Sources[source].Embedded
	// Each line is indented, for the list may be written as [in one line].
	list := " " + strings.ReplaceAll(strings.TrimRight(string(e.ScrapeConfigs), "\n"), "\n", "\n ")
	text := fmt.Sprintf("global: {scrape_interval: %dms, body_size_limit: %s}\n\nscrape_configs:\n%s\n", e.ScrapeInterval.Milliseconds(), largestBody, list)
	s, err := promtsdb.ParseScrape([]byte(text), c.Dir)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %s.embedded.scrape_configs (line 4 below is its first): %w", c.Path, e.Line, c.PathOf(source), err)
	}
	return s, nil
}

// Keep tells each source which labels tell series apart for somebody: it leaves out
// none of them, not even where they are of a replica.
func (all Sources) Keep(d *documents.Documents) {
	keep := func(name string, labels ...string) {
		if keeper, ok := all[name].Source.(interface{ Keep(labels ...string) }); ok {
			keeper.Keep(labels...)
		}
	}
	for name := range all {
		keep(name, d.Config.TargetLabels...)
		for _, set := range d.Fleet.ShopSets() {
			keep(name, slices.Collect(maps.Keys(set.Match))...)
			for _, f := range set.Formerly {
				keep(name, slices.Collect(maps.Keys(f.Match))...)
			}
		}
	}
	for i := range d.SLOs.SLOs {
		parts := d.SLOs.SLOs[i].Parts
		for k := range parts {
			for _, name := range documents.AskedFor(d, &d.SLOs.SLOs[i], &parts[k]) {
				meaning, _ := all[name].Reading()(&parts[k].Indicator) // what cannot be read names nothing
				for _, side := range meaning.Sides {
					for _, sel := range side.Selectors {
						for _, m := range sel {
							keep(name, m.Name)
						}
					}
				}
			}
		}
	}
}
