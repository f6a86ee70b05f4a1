package main

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
	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/incident/incidentapi"
	"github.com/shopslo/shopslo/incident/slackbot"
	"github.com/shopslo/shopslo/incident/sqlstore"
	"github.com/shopslo/shopslo/internal/server"
)

// defaultListen is on this machine only.
const defaultListen = "127.0.0.1:9878"

// defaultStore is a file beside the settings.
const defaultStore = "sqlite:incidents.db"

type serveFlags struct{ listen, webConfig, logLevel, logFormat string }

func (p *program) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the bot",
		Long: `serve runs the bot until it is asked to end; what it was about to do is kept in the
store, and done by the next one. Several may run on one PostgreSQL store.

  /slack                   Slack's requests, with slack.mode: http
  /alerts/alertmanager     Alertmanager's webhook, where a token for it is given
  /api/v1/incidents        for the gate, and for people; see docs/incidents.md
  /metrics, /-/healthy, /-/ready`,
		Example: "  incidentbot serve --config incidentbot.yaml --web.listen-address :9878",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := p.logger(f.logLevel, f.logFormat)
			if err != nil {
				return err
			}
			return p.serve(cmd.Context(), f, log)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&f.listen, "web.listen-address", defaultListen, "`host:port` to listen on; port 0 is a free one")
	fs.StringVar(&f.webConfig, "web.config.file", "", "`file` with TLS settings, as Prometheus' exporters have it")
	fs.StringVar(&f.logLevel, "log.level", "info", "least `level` that is logged: debug, info, warn or error")
	fs.StringVar(&f.logFormat, "log.format", "text", "`format` of the log: text or json")
	return cmd
}

// service is the running bot.
type service struct {
	p       *program
	set     *settings
	log     *slog.Logger
	store   *sqlstore.Store
	bot     *slackbot.Bot
	metrics *metrics
	signing string // "": Socket Mode
	linked  atomic.Bool
}

// openStore opens the store of the settings, or of the environment.
func (p *program) openStore(ctx context.Context, s *settings) (*sqlstore.Store, error) {
	address := p.getenv("INCIDENTBOT_STORE")
	if address == "" {
		address = s.Store
	}
	if address == "" {
		address = defaultStore
	}
	if name, ok := strings.CutPrefix(address, "sqlite:"); ok && !strings.HasPrefix(name, "/") {
		address = "sqlite:" + s.file(name)
	}
	store, err := sqlstore.Open(ctx, address)
	if err != nil {
		return nil, failure{err}
	}
	return store, nil
}

// client collects what calls of Slack need. The signing secret is "" with Socket Mode.
func (p *program) client(s *settings) (c slackbot.Client, signing string, err error) {
	c.BotToken, err = p.secret(s, "slack.bot_token", s.Slack.BotToken, "SLACK_BOT_TOKEN")
	if err != nil {
		return c, "", err
	}
	if !strings.HasPrefix(c.BotToken, "xoxb-") {
		return c, "", errors.New("no bot token: put it (xoxb-…) into SLACK_BOT_TOKEN, or into the file of slack.bot_token_file")
	}
	c.Address, c.HTTP = p.getenv("SLACK_API_URL"), &http.Client{Timeout: 10 * time.Second}
	if s.Slack.Mode == "http" {
		signing, err = p.secret(s, "slack.signing_secret", s.Slack.SigningSecret, "SLACK_SIGNING_SECRET")
		if err == nil && signing == "" {
			err = errors.New("no signing secret: put it into SLACK_SIGNING_SECRET, or into the file of slack.signing_secret_file")
		}
		return c, signing, err
	}
	c.AppToken, err = p.secret(s, "slack.app_token", s.Slack.AppToken, "SLACK_APP_TOKEN")
	if err == nil && !strings.HasPrefix(c.AppToken, "xapp-") {
		err = errors.New("no app-level token: put it (xapp-…) into SLACK_APP_TOKEN, or into the file of slack.app_token_file; or choose slack.mode: http")
	}
	return c, "", err
}

func (p *program) serve(ctx context.Context, f serveFlags, log *slog.Logger) error {
	set, err := load(p.config)
	if err != nil {
		return err
	}
	chosen, err := set.bot()
	if err != nil {
		return err
	}
	s := &service{p: p, set: set, log: log}
	client, signing, err := p.client(set)
	if err != nil {
		return err
	}
	s.signing = signing
	if s.store, err = p.openStore(ctx, set); err != nil {
		return err
	}
	defer s.store.Close()
	registry := prometheus.NewRegistry()
	s.metrics = newMetrics(registry, s.store, p.now)
	s.bot, err = slackbot.New(slackbot.Options{Client: client, Store: s.store, Settings: chosen, Now: p.now, Log: log, Called: s.metrics.called, Worked: s.metrics.worked})
	if err != nil {
		return err
	}
	shell, err := s.shell(f, registry)
	if err != nil {
		return err
	}
	return s.run(ctx, f.listen, shell)
}

// shell makes the HTTP server.
func (s *service) shell(f serveFlags, registry *prometheus.Registry) (*server.Server, error) {
	shell, err := server.New(server.Options{Name: "incidentbot", Version: thisVersion(), Description: "Incidents in Slack",
		Links:     []server.Link{{Address: "/api/v1/incidents?ongoing=true", Text: "Ongoing incidents", Description: "as JSON"}},
		WebConfig: f.webConfig, Ready: s.ready, Log: s.log, Now: s.p.now})
	if err != nil {
		return nil, fmt.Errorf("--web.config.file: %w", err)
	}
	if s.signing != "" {
		shell.Handle("POST /slack", s.bot.Receiver(s.signing))
	}
	alertToken, err := s.p.secret(s.set, "alerts.token", s.set.Alerts.Token, "INCIDENTBOT_ALERT_TOKEN")
	switch {
	case err != nil:
		return nil, err
	case alertToken != "":
		shell.Handle("POST /alerts/alertmanager", s.bot.Alerts(bearer(alertToken)))
	case len(s.set.Alerts.Rules) > 0:
		return nil, fmt.Errorf("%s: alerts.rules needs a token that Alertmanager shows: put it into INCIDENTBOT_ALERT_TOKEN, or into the file of alerts.token_file", s.set.path)
	}
	api, err := s.api()
	if err != nil {
		return nil, err
	}
	shell.Handle("GET /api/v1/incidents", api)
	shell.Handle("GET /api/v1/incidents/", api)
	shell.Handle("PUT /api/v1/incidents/", api)
	shell.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return shell, nil
}

// api is incidents over HTTP.
func (s *service) api() (http.Handler, error) {
	o := s.p.reading(s.set, s.store)
	o.Failed = func(err error) { s.log.Error("answer about incidents", "err", err) }
	o.Changes = s.bot
	token, err := s.p.secret(s.set, "api.token", s.set.API.Token, "INCIDENTBOT_API_TOKEN")
	if err != nil {
		return nil, err
	}
	if token != "" {
		o.Token = func() (string, error) {
			return s.p.secret(s.set, "api.token", s.set.API.Token, "INCIDENTBOT_API_TOKEN")
		}
	}
	return incidentapi.New(o), nil
}

// bearer lets in who shows the token. Hashes are of one length, so that time tells nothing.
func bearer(token string) func(*http.Request) bool {
	want := sha256.Sum256([]byte(token))
	return func(r *http.Request) bool {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
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
func (s *service) run(ctx context.Context, listen string, shell *server.Server) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", listen)
	if err != nil {
		return failure{fmt.Errorf("listen on %s: %w", listen, err)}
	}
	s.log.Info("listening", "address", l.Addr().String())
	if s.p.listening != nil {
		s.p.listening(l.Addr().String())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var parts sync.WaitGroup
	var broken error
	parts.Go(func() { s.bot.Work(ctx) })
	if s.signing == "" {
		parts.Go(func() {
			if err := s.bot.Socket(ctx, s.linked.Store); err != nil {
				broken = failure{err}
				cancel()
			}
		})
	}
	err = shell.Serve(ctx, l)
	cancel()
	parts.Wait()
	if err != nil {
		err = failure{err}
	}
	return errors.Join(broken, err)
}
