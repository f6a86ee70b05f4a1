package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/incidentapi"
	"github.com/shopslo/shopslo/incident/incidentfile"
	"github.com/shopslo/shopslo/internal/config"
	strict "github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/calendar"
	"github.com/shopslo/shopslo/promotion/fleetapi"
	"github.com/shopslo/shopslo/promotion/promalerts"
	"github.com/shopslo/shopslo/status"
)

// question is what the gate is asked.
type question struct {
	to, release string
	fix         *promotion.Fix // nil: the release is none
}

// witnesses are the programs that the gate asks; nil ones are not configured.
type witnesses struct {
	fleet  *fleetapi.Client
	alerts *promalerts.Client
	bot    *incidentapi.Client
}

// newWitnesses makes the clients of what the configuration names. It asks nobody.
func newWitnesses(c *config.Config, from strict.Surroundings) (*witnesses, error) {
	w := &witnesses{}
	if r := c.Gate.Fleet; r != nil {
		client, err := httpClient(*r, from)
		if err == nil {
			w.fleet, err = fleetapi.New(r.URL, client)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: gate.fleet: %w", c.Path, err)
		}
	}
	if a := c.Gate.Alerts; a != nil {
		client, err := httpClient(a.Remote, from)
		if err == nil {
			w.alerts, err = promalerts.New(a.URL, a.Alertmanager, client)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: gate.alerts: %w", c.Path, err)
		}
	}
	if b := c.Gate.IncidentBot; b != nil {
		client, err := httpClient(*b, from)
		if err == nil {
			w.bot, err = incidentapi.NewClient(b.URL, client)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: gate.incidentbot: %w", c.Path, err)
		}
	}
	return w, nil
}

// httpClient lets in to and trusts a server as its configuration says. Files with
// secrets are read again when they change.
func httpClient(r config.Remote, from strict.Surroundings) (*http.Client, error) {
	c := promconfig.HTTPClientConfig{
		EnableHTTP2: true,
		TLSConfig: promconfig.TLSConfig{CAFile: r.TLS.CAFile, CertFile: r.TLS.CertFile, KeyFile: r.TLS.KeyFile,
			ServerName: r.TLS.ServerName, InsecureSkipVerify: r.TLS.InsecureSkipVerify},
		ProxyConfig: promconfig.ProxyConfig{ProxyFromEnvironment: true},
	}
	if a := r.BasicAuth; a != nil {
		password, err := inEnv("basic_auth.password", a.Password, from)
		if err != nil {
			return nil, err
		}
		c.BasicAuth = &promconfig.BasicAuth{Username: a.Username, Password: promconfig.Secret(password), PasswordFile: a.Password.File}
	}
	if t := r.BearerToken; t != (strict.Secret{}) {
		token, err := inEnv("bearer_token", t, from)
		if err != nil {
			return nil, err
		}
		c.Authorization = &promconfig.Authorization{Type: "Bearer", Credentials: promconfig.Secret(token), CredentialsFile: t.File}
	}
	if len(r.Headers) > 0 {
		c.HTTPHeaders = &promconfig.Headers{Headers: map[string]promconfig.Header{}}
		for name, value := range r.Headers {
			c.HTTPHeaders.Headers[name] = promconfig.Header{Values: []string{value}}
		}
	}
	client, err := promconfig.NewClientFromConfig(c, "gate", promconfig.WithUserAgent("shopslo"))
	if err != nil {
		return nil, err
	}
	client.Timeout = r.Timeout
	return client, nil
}

// evidence is what the gate rests on beside budgets.
type evidence struct {
	fleet     promotion.FleetView
	alerts    promotion.Found[promotion.Alert]
	incidents promotion.Found[promotion.Incident]
	calendar  calendar.Calendar
	from      string // where the calendar is; "" : none is configured
}

// gather asks all witnesses at once, and reads the documents. A witness that does not
// answer is evidence, one that says so; a document that cannot be read is an error.
func (e *engine) gather(ctx context.Context) (evidence, error) {
	var out evidence
	c := e.docs.config
	w, err := e.docs.witnesses()
	if err != nil {
		return out, err
	}
	if out.calendar, out.from, err = e.docs.calendar(); err != nil {
		return out, err
	}
	if out.incidents, err = incidents(c); err != nil {
		return out, err
	}
	var both sync.WaitGroup
	if w.fleet != nil {
		both.Go(func() {
			out.fleet.Where = "The exporter at " + withoutUser(c.Gate.Fleet.URL)
			seen, err := w.fleet.Fleet(ctx)
			if out.fleet.Snapshot = seen; err != nil {
				out.fleet.Error = err.Error()
			}
		})
	}
	if w.alerts != nil {
		both.Go(func() { out.alerts = e.firing(ctx, w.alerts) })
	}
	if w.bot != nil {
		both.Go(func() { out.incidents = askBot(ctx, c, w.bot, out.incidents) })
	}
	both.Wait()
	return out, nil
}

func (e *engine) firing(ctx context.Context, c *promalerts.Client) promotion.Found[promotion.Alert] {
	a := e.docs.config.Gate.Alerts
	out := promotion.Found[promotion.Alert]{Where: "Prometheus at " + withoutUser(a.URL)}
	if a.Alertmanager {
		out.Where = "Alertmanager at " + withoutUser(a.URL)
	}
	found, err := c.Firing(ctx)
	if err != nil {
		out.Error = err.Error()
		return out
	}
	out.Items = promotion.MatchAlerts(e.docs.fleet, found)
	return out
}

// incidents reads those in files whose cause is still there.
func incidents(c *config.Config) (out promotion.Found[promotion.Incident], err error) {
	if len(c.Gate.Incidents) == 0 {
		return out, nil
	}
	if err := foldersExist(c, "gate.incidents", c.Gate.Incidents); err != nil {
		return out, err
	}
	all, err := incidentfile.Load(c.Dir, c.Gate.Incidents...)
	if err != nil {
		return out, err
	}
	out.Where = "the incidents in " + strings.Join(c.Gate.Incidents, ", ")
	out.Items = ongoing(all)
	return out, nil
}

// askBot adds what an incidentbot knows to what stands in files. Where it does not
// answer, that there is nothing is not known.
func askBot(ctx context.Context, c *config.Config, bot *incidentapi.Client, files promotion.Found[promotion.Incident]) promotion.Found[promotion.Incident] {
	out := files
	out.Where = "The incidentbot at " + withoutUser(c.Gate.IncidentBot.URL)
	if files.Where != "" {
		out.Where = files.Where + " and the incidentbot at " + withoutUser(c.Gate.IncidentBot.URL)
	}
	all, err := bot.Ongoing(ctx)
	if err != nil {
		out.Error = err.Error()
	}
	out.Items = append(out.Items, ongoing(all)...)
	return out
}

// ongoing are those whose cause is still there, as the gate sees them.
func ongoing(all []incident.Incident) (out []promotion.Incident) {
	for _, i := range all {
		if !i.State.Ongoing() {
			continue
		}
		found := promotion.Incident{ID: i.ID, Title: i.Title, Severity: string(i.Severity), Since: i.DetectedAt, Link: i.Link}
		if !i.StartedAt.IsZero() {
			found.Since = i.StartedAt
		}
		if !i.Scope.Fleet { // all of it is the zero Scope, and so is what nobody knows
			for _, t := range i.Scope.Tiers {
				found.Scope.Tiers = append(found.Scope.Tiers, fleet.TierName(t))
			}
			for _, s := range i.Scope.ShopSets {
				found.Scope.ShopSets = append(found.Scope.ShopSets, fleet.ShopSetName(s))
			}
		}
		out = append(out, found)
	}
	return out
}

// calendar reads freezes, overrides and exclusions; from is "" where none is configured.
func (d *documents) calendar() (c calendar.Calendar, from string, err error) {
	patterns := d.config.Gate.Calendar
	if len(patterns) == 0 {
		return c, "", nil
	}
	if err := foldersExist(d.config, "gate.calendar", patterns); err != nil {
		return c, "", err
	}
	c, err = calendar.Load(d.config.Dir, d.words(), patterns...)
	return c, "the documents in " + strings.Join(patterns, ", "), err
}

// foldersExist keeps a mistyped pattern from meaning that there is nothing: a folder may
// hold no document, but it has to be there.
func foldersExist(c *config.Config, key string, patterns []string) error {
	for _, pattern := range patterns {
		dir := filepath.Dir(pattern)
		if i := strings.IndexAny(dir, `*?[\`); i >= 0 {
			dir = filepath.Dir(dir[:i] + "x")
		}
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(c.Dir, dir)
		}
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return fmt.Errorf("%s: %s: %q: there is no folder %s; correct the pattern, or make the folder", c.Path, key, pattern, dir)
		}
	}
	return nil
}

// decide asks the gate. outage is why the source could not be read, nil if it was.
func (e *engine) decide(ctx context.Context, q question, at time.Time, outage error) (promotion.Record, error) {
	seen, err := e.gather(ctx)
	if err != nil {
		return promotion.Record{}, err
	}
	return e.judge(ctx, seen, q, at, outage)
}

// judge decides from what was gathered.
func (e *engine) judge(ctx context.Context, seen evidence, q question, at time.Time, outage error) (promotion.Record, error) {
	slos, f, counts := e.docs.slos.SLOs, e.docs.fleet, promotion.Excluding(e.docs.fleet, seen.calendar.Exclusions, e.accounts())
	var report, plain status.Report
	if len(seen.calendar.Exclusions)+len(e.docs.exclusions) == 0 {
		report = e.report(at) // computed already
	} else {
		report = status.Compute(at, f, slos, e.alerts, counts)
		plain = status.Compute(at, f, slos, e.alerts, e.accounts())
	}
	ev, err := promotion.Gather(e.docs.fleet, slos, report, fleet.TierName(q.to), q.release)
	if err != nil {
		return promotion.Record{}, usageErrorf("--to: %v", err)
	}
	p := e.docs.config.Gate.Rules(q.to)
	if seen.fleet.Where != "" {
		ev.See(seen.fleet)
		ev.Compare(slos, counts, at, p)
	}
	ev.Alerts, ev.Incidents, ev.Fix = seen.alerts, seen.incidents, q.fix
	if seen.from != "" {
		ev.Freezes = promotion.Found[promotion.Freeze]{Where: seen.from, Items: seen.calendar.Freezes(at)}
		ev.Overrides = promotion.Found[promotion.Override]{Where: seen.from, Items: seen.calendar.Overrides}
		ev.Exclusions = promotion.Found[promotion.Exclusion]{Where: seen.from, Items: seen.calendar.Exclusions}
		ev.Corrected(e.docs.fleet, slos, plain)
	}
	if outage != nil {
		ev.Outages = append(ev.Outages, promotion.Outage{Source: e.source.name, Error: outage.Error()})
	}
	if err := ctx.Err(); err != nil && errors.Is(err, context.Canceled) {
		return promotion.Record{}, context.Cause(ctx) // an answer that nobody could ask for is none
	}
	return promotion.Judge(thisBuild().Shopslo, p, ev, at), nil
}
