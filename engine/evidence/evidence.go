// Package evidence asks those who know something beside budgets: the exporter what runs,
// Prometheus or an Alertmanager what fires, the incidentbot what is ongoing. Who does not
// answer is evidence, too.
package evidence

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	promconfig "github.com/prometheus/common/config"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/incidentapi"
	"github.com/shopslo/shopslo/incident/incidentfile"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/gittree"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/calendar"
	"github.com/shopslo/shopslo/promotion/fleetapi"
	"github.com/shopslo/shopslo/promotion/promalerts"
)

// Witnesses are the programs that the gate and the review ask beside the source.
type Witnesses struct {
	host host.Host
	Docs *documents.Documents
	// Clients are made when they are first needed, and say what is wrong with their settings.
	Clients func() (*clients, error)
	// Known says of exclusions since when they are known; nil: nobody remembers.
	Known func([]promotion.Exclusion) []promotion.Exclusion
}

// New gives those that the documents' configuration names. It asks nobody.
func New(h host.Host, d *documents.Documents) *Witnesses {
	return &Witnesses{host: h, Docs: d, Clients: sync.OnceValues(func() (*clients, error) { return newClients(h, d.Config) })}
}

// Of gives those of other documents.
func (w *Witnesses) Of(d *documents.Documents) *Witnesses { return New(w.host, d) }

// clients ask the witnesses; nil ones are not configured.
type clients struct {
	Fleet  *fleetapi.Client
	Alerts []*promalerts.Client // as the configuration's AlertServers
	Bot    *incidentapi.Client
}

// newClients makes them. It asks nobody.
func newClients(h host.Host, c *config.Config) (*clients, error) {
	w := &clients{}
	if r := c.Gate.Fleet; r != nil {
		client, err := httpClient(h, *r)
		if err == nil {
			w.Fleet, err = fleetapi.New(r.URL, client)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: gate.fleet: %w", c.Path, err)
		}
	}
	for _, a := range c.AlertServers {
		client, err := httpClient(h, a.Remote)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", c.Path, a.Path(c), err)
		}
		asks, err := promalerts.New(a.URL, a.Alertmanager, client)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", c.Path, a.Path(c), err)
		}
		w.Alerts = append(w.Alerts, asks)
	}
	if b := c.Gate.IncidentBot; b != nil {
		client, err := httpClient(h, *b)
		if err == nil {
			w.Bot, err = incidentapi.NewClient(b.URL, client)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: gate.incidentbot: %w", c.Path, err)
		}
	}
	return w, nil
}

// httpClient lets in to and trusts a server as its configuration says. Files with
// secrets are read again when they change.
func httpClient(h host.Host, r config.Remote) (*http.Client, error) {
	c := promconfig.HTTPClientConfig{
		EnableHTTP2: true,
		TLSConfig: promconfig.TLSConfig{CAFile: r.TLS.CAFile, CertFile: r.TLS.CertFile, KeyFile: r.TLS.KeyFile,
			ServerName: r.TLS.ServerName, InsecureSkipVerify: r.TLS.InsecureSkipVerify},
		ProxyConfig: promconfig.ProxyConfig{ProxyFromEnvironment: true},
	}
	if a := r.BasicAuth; a != nil {
		password, err := h.InEnv("basic_auth.password", a.Password)
		if err != nil {
			return nil, err
		}
		c.BasicAuth = &promconfig.BasicAuth{Username: a.Username, Password: promconfig.Secret(password), PasswordFile: a.Password.File}
	}
	if t := r.BearerToken; t != (document.Secret{}) {
		token, err := h.InEnv("bearer_token", t)
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

// Seen is what the gate rests on beside budgets.
type Seen struct {
	Fleet     promotion.FleetView
	Releases  promotion.Found[promotion.Arrival]
	Alerts    []Firing // of each server that is asked
	Incidents promotion.Found[promotion.Incident]
	Calendar  calendar.Calendar
	From      string // where the calendar is; "" : none is configured
	Unread    string // why the calendar could not be reached; "" : it could
}

// Gather asks all witnesses at once, and reads the documents. A witness that does not
// answer is evidence, one that says so; a document that cannot be read is an error. What fires
// is asked of those who tell of some Tiers; of all without any.
func (w *Witnesses) Gather(ctx context.Context, tiers ...fleet.TierName) (Seen, error) {
	var out Seen
	c := w.Docs.Config
	ask, err := w.Clients()
	if err != nil {
		return out, err
	}
	if out.Calendar, out.From, err = w.Calendar(); errors.Is(err, gittree.ErrUnreachable) {
		out.Unread = err.Error()
	} else if err != nil {
		return out, err
	}
	if out.Incidents, err = incidents(w.Docs); err != nil {
		return out, err
	}
	if out.Releases.Items, out.Releases.Where, err = documents.Releases(w.Docs); err != nil {
		return out, err
	}
	var both sync.WaitGroup
	if ask.Fleet != nil {
		both.Go(func() {
			out.Fleet.Where = "The exporter at " + host.WithoutUser(c.Gate.Fleet.URL)
			snapshot, err := ask.Fleet.Fleet(ctx)
			if out.Fleet.Snapshot = snapshot; err != nil {
				out.Fleet.Error = err.Error()
			}
		})
	}
	said := make([]*Firing, len(ask.Alerts))
	for i, client := range ask.Alerts {
		if len(tiers) == 0 || tells(w.Docs, c.AlertServers[i], tiers) {
			both.Go(func() { said[i] = w.firing(ctx, c.AlertServers[i], client) })
		}
	}
	if ask.Bot != nil {
		both.Go(func() { out.Incidents = askBot(ctx, w.Docs, ask.Bot, out.Incidents) })
	}
	both.Wait()
	for _, f := range said {
		if f != nil {
			out.Alerts = append(out.Alerts, *f)
		}
	}
	return out, nil
}

// Calendar reads freezes, overrides and exclusions; from is "" where none is configured.
func (w *Witnesses) Calendar() (c calendar.Calendar, from string, err error) {
	c, from, err = w.Docs.Calendar()
	if err == nil && w.Known != nil {
		c.Exclusions = w.Known(c.Exclusions)
	}
	return c, from, err
}

// incidents reads those in files whose cause is still there.
func incidents(d *documents.Documents) (out promotion.Found[promotion.Incident], err error) {
	c := d.Config
	if len(c.Gate.Incidents) == 0 {
		return out, nil
	}
	if err := documents.FoldersExist(c, "gate.incidents", c.Gate.Incidents); err != nil {
		return out, err
	}
	all, err := incidentfile.Load(c.Dir, c.Gate.Incidents...)
	if err != nil {
		return out, err
	}
	out.Where = "the incidents in " + strings.Join(c.Gate.Incidents, ", ")
	out.Items = ongoing(d.Fleet, all)
	return out, nil
}

// askBot adds what an incidentbot knows to what stands in files. Where it does not
// answer, that there is nothing is not known.
func askBot(ctx context.Context, d *documents.Documents, bot *incidentapi.Client, files promotion.Found[promotion.Incident]) promotion.Found[promotion.Incident] {
	out, c := files, d.Config
	out.Where = "The incidentbot at " + host.WithoutUser(c.Gate.IncidentBot.URL)
	if files.Where != "" {
		out.Where = files.Where + " and the incidentbot at " + host.WithoutUser(c.Gate.IncidentBot.URL)
	}
	all, err := bot.Ongoing(ctx)
	if err != nil {
		out.Error = err.Error()
	}
	out.Items = append(out.Items, ongoing(d.Fleet, all)...)
	return out
}

// ongoing are those whose cause is still there, as the gate sees them: of a renamed ShopSet,
// under the name that it has now.
func ongoing(f *fleet.Fleet, all []incident.Incident) (out []promotion.Incident) {
	for _, i := range all {
		if !i.State.Ongoing() {
			continue
		}
		found := promotion.Incident{ID: i.ID, Title: i.Title, Severity: i.Severity, Since: i.DetectedAt, Link: i.Link}
		if !i.StartedAt.IsZero() {
			found.Since = i.StartedAt
		}
		if !i.Scope.Fleet { // all of it is the zero Scope, and so is what nobody knows
			for _, t := range i.Scope.Tiers {
				found.Scope.Tiers = append(found.Scope.Tiers, fleet.TierName(t))
			}
			for _, s := range i.Scope.ShopSets {
				name := f.Now(fleet.ShopSetName(s))
				if _, ok := f.ShopSet(name); !ok {
					found.Lost = append(found.Lost, name)
				}
				found.Scope.ShopSets = append(found.Scope.ShopSets, name)
			}
		}
		out = append(out, found)
	}
	return out
}
