package main

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"github.com/shopslo/shopslo/internal/config"
	"github.com/shopslo/shopslo/slo/source/promapi"
	"github.com/shopslo/shopslo/slo/source/promtsdb"
)

// openSource opens what the configuration names. An embedded store is opened, but
// scrapes nothing until it is run.
func (p *program) openSource(d *documents, log *slog.Logger) (source, error) {
	if c := d.config.Source.Prometheus; c != nil {
		remote, err := p.remote(c)
		if err != nil {
			return source{}, fmt.Errorf("%s: source.prometheus: %w", d.config.Path, err)
		}
		s, err := promapi.New(remote)
		if err != nil {
			return source{}, fmt.Errorf("%s: source.prometheus: %w", d.config.Path, err)
		}
		return source{Source: s, types: newMetricTypes(s), name: "Prometheus at " + withoutUser(c.URL), close: func() error { return nil }}, nil
	}
	if c := d.config.Source.Mackerel; c != nil {
		return p.openMackerel(c)
	}
	c := d.config.Source.Embedded
	scrape, err := scrapeOf(d.config)
	if err != nil {
		return source{}, err
	}
	db, err := promtsdb.Open(c.Dir, promtsdb.Config{Retention: c.Retention, Scrape: scrape, Logger: log, Registerer: p.registry, Now: p.now})
	if err != nil {
		return source{}, orAskServer(err)
	}
	return source{Source: db, embedded: db, types: newMetricTypes(db), name: "the embedded store in " + c.Dir, close: db.Close}, nil
}

// orAskServer says what to do about a directory that another process has locked.
func orAskServer(err error) error {
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

// askedAlone says what to do about it for a command that asks no server.
func askedAlone(command string, err error) error {
	if held, ok := errors.AsType[*heldError](err); ok {
		return fmt.Errorf("%w; %s asks no server: end 'shopslo serve' until it has answered, or let source.embedded.dir name a copy of the directory", held.err, command)
	}
	return err
}

// remote turns the configuration into promapi's.
func (p *program) remote(c *config.Prometheus) (promapi.Config, error) {
	out := promapi.Config{
		URL: c.URL, BearerTokenFile: c.BearerToken.File, Timeout: c.Timeout, Headers: maps.Clone(c.Headers), Now: p.now,
		ReplicaLabels: c.ReplicaLabels, ScrapeInterval: c.ScrapeInterval,
		TLS: promapi.TLS{CAFile: c.TLS.CAFile, CertFile: c.TLS.CertFile, KeyFile: c.TLS.KeyFile,
			ServerName: c.TLS.ServerName, InsecureSkipVerify: c.TLS.InsecureSkipVerify},
	}
	var err error
	if out.BearerToken, err = inEnv("bearer_token", c.BearerToken, p.surroundings()); err != nil {
		return out, err
	}
	if a := c.BasicAuth; a != nil {
		out.Username, out.PasswordFile = a.Username, a.Password.File
		if out.Password, err = inEnv("basic_auth.password", a.Password, p.surroundings()); err != nil {
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

// scrapeOf hands the scrape configurations to Prometheus' own parser.
func scrapeOf(c *config.Config) (*promtsdb.Scrape, error) {
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

// keepNamed tells the source which labels tell series apart for somebody: it leaves out
// none of them, not even where they are of a replica.
func (d *documents) keepNamed(src source) {
	keeper, ok := src.Source.(interface{ Keep(labels ...string) })
	if !ok {
		return
	}
	keeper.Keep(d.config.TargetLabels...)
	for _, set := range d.fleet.ShopSets() {
		keeper.Keep(slices.Collect(maps.Keys(set.Match))...)
	}
	read := d.reading(src.types)
	for i := range d.slos.SLOs {
		parts := d.slos.SLOs[i].Parts
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

// withoutUser is a URL as it may be shown.
func withoutUser(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "an address that is no URL"
	}
	u.User = nil
	return u.String()
}
