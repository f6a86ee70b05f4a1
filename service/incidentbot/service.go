package incidentbot

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/shopslo/shopslo/incident/incidentapi"
	"github.com/shopslo/shopslo/incident/slackbot"
	"github.com/shopslo/shopslo/incident/sqlstore"
	"github.com/shopslo/shopslo/internal/server"
)

// defaultStore is a file beside the settings.
const defaultStore = "sqlite:incidents.db"

// Options are what a server is told. All are needed but WebConfig.
type Options struct {
	Around    Around
	Config    string // the file with the settings
	Listen    string // host:port
	WebConfig string // a file with TLS settings
	Log       *slog.Logger
}

// service is the running bot.
type service struct {
	Options
	set     *settings
	store   *sqlstore.Store
	bot     *slackbot.Bot
	metrics *metrics
	signing string // "": Socket Mode
	linked  atomic.Bool
}

// Serve runs the bot until ctx ends or something that it cannot do without fails.
func Serve(ctx context.Context, o Options) error {
	a := o.Around
	set, err := Load(o.Config)
	if err != nil {
		return err
	}
	chosen, err := set.bot()
	if err != nil {
		return err
	}
	s := &service{Options: o, set: set}
	client, signing, err := a.client(set)
	if err != nil {
		return err
	}
	s.signing = signing
	if s.store, err = a.openStore(ctx, set); err != nil {
		return err
	}
	defer s.store.Close()
	registry := prometheus.NewRegistry()
	s.metrics = newMetrics(registry, s.store, a)
	bot := slackbot.Options{Client: client, Store: s.store, Settings: chosen, Now: a.Now, Log: o.Log, Called: s.metrics.called, Linked: s.metrics.linked, Worked: s.metrics.worked, NotStored: s.metrics.lost.Inc}
	who, err := a.suspects(set)
	if err != nil {
		return err
	}
	if who != nil {
		bot.Suspects = who
	}
	if s.bot, err = slackbot.New(bot); err != nil {
		return err
	}
	shell, err := s.shell(registry)
	if err != nil {
		return err
	}
	return s.run(ctx, shell)
}

// shell makes the HTTP server.
func (s *service) shell(registry *prometheus.Registry) (*server.Server, error) {
	shell, err := server.New(server.Options{Name: "incidentbot", Version: s.Around.Version, Description: "Incidents in Slack",
		Links:     []server.Link{{Address: "/api/v1/incidents?ongoing=true", Text: "Ongoing incidents", Description: "as JSON"}},
		WebConfig: s.WebConfig, Ready: s.ready, Log: s.Log, Now: s.Around.Now})
	if err != nil {
		return nil, fmt.Errorf("--web.config.file: %w", err)
	}
	if s.signing != "" {
		shell.Handle("POST /slack", s.bot.Receiver(s.signing))
		shell.Handle("GET /slack", s.bot.Receiver(s.signing)) // Slack's check of the certificate
	}
	alerts, asked, err := s.Around.tokens(s.set)
	if err != nil {
		return nil, err
	}
	if alerts != "" {
		shell.Handle("POST /alerts/alertmanager", s.bot.Alerts(bearer(alerts)))
		shell.Handle("POST /alerts/mackerel", s.bot.Mackerel(bearer(alerts)))
	}
	api := s.api(asked != "")
	shell.Handle("GET /api/v1/incidents", api)
	shell.Handle("GET /api/v1/incidents/", api)
	shell.Handle("PUT /api/v1/incidents/", api)
	shell.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return shell, nil
}

// tokens are what callers of alerts and of the API show; "": nobody may, and everybody.
func (a Around) tokens(s *settings) (alerts, api string, err error) {
	alerts, bad := a.secret(s, "alerts.token", s.Alerts.Token, "INCIDENTBOT_ALERT_TOKEN")
	if bad == nil && alerts == "" && len(s.Alerts.Rules) > 0 {
		bad = fmt.Errorf("%s: alerts.rules needs a token that Alertmanager shows: put it into INCIDENTBOT_ALERT_TOKEN, or into the file of alerts.token_file", s.path)
	}
	api, err = a.apiToken(s)
	return alerts, api, errors.Join(bad, err)
}

func (a Around) apiToken(s *settings) (string, error) {
	return a.secret(s, "api.token", s.API.Token, "INCIDENTBOT_API_TOKEN")
}

// api is incidents over HTTP, for everybody or behind its token.
func (s *service) api(token bool) http.Handler {
	o := s.Around.reading(s.set, s.store)
	o.Failed = func(err error) { s.Log.Error("answer about incidents", "err", err) }
	o.Changes = s.bot
	if token {
		o.Token = func() (string, error) { return s.Around.apiToken(s.set) }
	}
	return incidentapi.New(o)
}

// bearer lets in who shows the token: as a bearer token, as the password of basic auth, or in
// the address, since Mackerel's webhook is given nothing else. Hashes are of one length, so that
// time tells nothing.
func bearer(token string) func(*http.Request) bool {
	want := sha256.Sum256([]byte(token))
	return func(r *http.Request) bool {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if _, password, basic := r.BasicAuth(); basic {
			given, ok = password, true
		} else if !ok {
			given = r.URL.Query().Get("token")
			ok = given != ""
		}
		got := sha256.Sum256([]byte(given))
		return subtle.ConstantTimeCompare(want[:], got[:]) == 1 && ok
	}
}

// ready says why the bot cannot take anything now.
func (s *service) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := s.store.Ping(ctx); err != nil {
		return err
	}
	if s.signing == "" && !s.linked.Load() {
		return errors.New("not connected to Slack's Socket Mode")
	}
	return nil
}

// run runs the parts until ctx or one of them ends. Jobs in work are brought to their end.
func (s *service) run(ctx context.Context, shell *server.Server) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return Failed{fmt.Errorf("listen on %s: %w", s.Listen, err)}
	}
	s.Log.Info("listening", "address", l.Addr().String())
	if s.Around.Listening != nil {
		s.Around.Listening(l.Addr().String())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var parts sync.WaitGroup
	var broken error
	parts.Go(func() { s.bot.Work(ctx) })
	if s.signing == "" {
		parts.Go(func() {
			if err := s.bot.Socket(ctx, s.linked.Store); err != nil {
				broken = Failed{err}
				cancel()
			}
		})
	}
	err = shell.Serve(ctx, l)
	cancel()
	parts.Wait()
	if err != nil {
		err = Failed{err}
	}
	return errors.Join(broken, err)
}
