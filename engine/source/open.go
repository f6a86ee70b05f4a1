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
func Open(h host.Host, d *documents.Documents, r prometheus.Registerer, log *slog.Logger) (Source, error) {
	if c := d.Config.Source.Prometheus; c != nil {
		remote, err := remoteOf(h, c)
		if err != nil {
			return Source{}, fmt.Errorf("%s: source.prometheus: %w", d.Config.Path, err)
		}
		s, err := promapi.New(remote)
		if err != nil {
			return Source{}, fmt.Errorf("%s: source.prometheus: %w", d.Config.Path, err)
		}
		return Source{Source: s, Types: NewTypes(s), Name: "Prometheus at " + host.WithoutUser(c.URL), Close: func() error { return nil }}, nil
	}
	if c := d.Config.Source.Mackerel; c != nil {
		return openMackerel(h, c)
	}
	c := d.Config.Source.Embedded
	scrape, err := ScrapeOf(d.Config)
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

// ScrapeOf hands the scrape configurations to Prometheus' own parser.
func ScrapeOf(c *config.Config) (*promtsdb.Scrape, error) {
	e := c.Source.Embedded
	// Each line is indented, for the list may be written as [in one line].
	list := " " + strings.ReplaceAll(strings.TrimRight(string(e.ScrapeConfigs), "\n"), "\n", "\n ")
	text := fmt.Sprintf("global:\n  scrape_interval: %dms\nscrape_configs:\n%s\n", e.ScrapeInterval.Milliseconds(), list)
	s, err := promtsdb.ParseScrape([]byte(text), c.Dir)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: source.embedded.scrape_configs (line 4 below is its first): %w", c.Path, e.Line, err)
	}
	return s, nil
}

// Keep tells the source which labels tell series apart for somebody: it leaves out
// none of them, not even where they are of a replica.
func (s Source) Keep(d *documents.Documents) {
	keeper, ok := s.Source.(interface{ Keep(labels ...string) })
	if !ok {
		return
	}
	keeper.Keep(d.Config.TargetLabels...)
	for _, set := range d.Fleet.ShopSets() {
		keeper.Keep(slices.Collect(maps.Keys(set.Match))...)
	}
	read := s.Reading(d)
	for i := range d.SLOs.SLOs {
		parts := d.SLOs.SLOs[i].Parts
		for k := range parts {
			meaning, _ := read(&parts[k].Indicator) // what cannot be read names nothing
			for _, side := range meaning.Sides {
				for _, sel := range side.Selectors {
					for _, m := range sel {
						keeper.Keep(m.Name)
					}
				}
			}
		}
	}
}
