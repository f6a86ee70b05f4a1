package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/internal/config"
	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/mackerel"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// mackerelKey is the variable of the environment that holds Mackerel's API key where
// no file does; the one that Mackerel's own tools read.
const mackerelKey = "MACKEREL_API_KEY"

func (p *program) mackerelCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mackerel",
		Short: "Keep budgets, monitors and dashboards in Mackerel",
		Long: `mackerel sends budgets to Mackerel as service metrics, keeps monitors as a file says,
makes dashboards, and notes releases on the graphs.

The API key comes from the file that mackerel.api_key_file in the configuration
names, or from the environment, MACKEREL_API_KEY; never from an argument.`,
		Example: `  shopslo mackerel push
  shopslo mackerel monitors plan --file monitors.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.mackerelPushCommand(), p.mackerelMonitorsCommand(), p.mackerelDashboardsCommand(), p.mackerelAnnotateCommand())
	return cmd
}

func (p *program) mackerelPushCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "push",
		Short: "Send the budgets as service metrics, once",
		Long: `push sends the budgets of each minute since the last push to Mackerel, for up to a day
back: coverage, SLI, what remains of the budget, and the burn rates, of each SLO and
ShopSet, as service metrics slo.SLO.FIGURE.SHOPSET. A figure that does not exist is
not sent.

What Mackerel does not take is kept in the folder mackerel.spool, and sent again by the
next push. Nothing is lost and nothing is counted twice. Run it once a minute; 'shopslo
serve' does the same where the configuration has a section mackerel.

Exit codes: 0 sent, or kept until the next minute · 3 refused, or a wrong configuration ·
4 Mackerel or the source could not be reached; what there is to send is kept.
` + serverHelp,
		Example: `  * * * * * shopslo mackerel push --config /etc/shopslo/shopslo.yaml`,
		Args:    noArgs,
	}
	p.configFlag(cmd)
	server := serverFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return p.pushOnce(cmd.Context(), *server) }
	return cmd
}

// mackerelSettings gives the configuration's section, or says that it is missing.
func mackerelSettings(c *config.Config) (*config.MackerelPush, error) {
	if c.Mackerel == nil {
		return nil, fmt.Errorf("%s has no section mackerel; write at least mackerel: {service: NAME}", c.Path)
	}
	return c.Mackerel, nil
}

// mackerelKeyOf reads the API key: from the file, or else from the environment.
func (p *program) mackerelKeyOf(m config.Mackerel) (string, error) {
	if m.APIKey.File != "" {
		return mackerelhttp.ReadKey(m.APIKey.File)
	}
	name := cmp.Or(m.APIKey.Env, mackerelKey)
	key := p.env[name]
	if key == "" {
		return "", fmt.Errorf("there is no API key of Mackerel: set %s, or name a file that holds it with api_key_file in the configuration, or with --api-key-file where there is none", name)
	}
	if err := mackerelhttp.CheckKey(key); err != nil {
		return "", fmt.Errorf("%s cannot be an API key: %w", name, err)
	}
	return key, nil
}

func (p *program) mackerelClient(m config.Mackerel) (*mackerel.Client, error) {
	key, err := p.mackerelKeyOf(m)
	if err != nil {
		return nil, err
	}
	return mackerel.New(mackerelhttp.Config{URL: m.URL, Key: key, Timeout: m.Timeout})
}

// loadMackerel loads the documents, whose configuration has a section mackerel, and
// makes the client that it asks for. Mackerel has its service.
func (p *program) loadMackerel(ctx context.Context) (*documents, *mackerel.Client, error) {
	d, err := p.load()
	if err != nil {
		return nil, nil, err
	}
	m, err := mackerelSettings(d.config)
	if err != nil {
		return nil, nil, err
	}
	client, err := p.mackerelClient(m.Mackerel)
	if err != nil {
		return nil, nil, err
	}
	return d, client, client.CheckService(ctx, m.Service)
}

// openPusher opens the spool and what sends from it. Close the spool.
func (p *program) openPusher(m *config.MackerelPush) (*mackerel.Pusher, error) {
	client, err := p.mackerelClient(m.Mackerel)
	if err != nil {
		return nil, err
	}
	spool, err := mackerel.OpenSpool(m.Spool)
	if err != nil {
		return nil, err
	}
	return &mackerel.Pusher{Client: client, Service: m.Service, Spool: spool, Every: m.Every}, nil
}

// pushOnce is `mackerel push`. What is kept from before goes also where the source
// cannot be reached.
func (p *program) pushOnce(ctx context.Context, server string) error {
	d, err := p.load()
	if err != nil {
		return err
	}
	m, err := mackerelSettings(d.config)
	if err != nil {
		return err
	}
	pusher, err := p.openPusher(m)
	if err != nil {
		return err
	}
	err = p.collectOnce(ctx, d, server, pusher)
	done, sendErr := pusher.Push(ctx, p.now())
	if err = errors.Join(err, sendErr, pusher.Spool.Close()); err != nil {
		return err
	}
	return p.print(pushed(done, p.now()))
}

// pushed says what a push did.
func pushed(done mackerel.Pushed, now time.Time) string {
	text := fmt.Sprintf("sent %d values", done.Values)
	if done.Values == 1 {
		text = "sent 1 value"
	}
	if done.Values == 0 && done.Waiting > 0 && now.Before(done.Next) {
		text = "sent nothing"
	}
	if done.Waiting > 0 {
		text += fmt.Sprintf("; %d batches wait until %s", done.Waiting, done.Next.UTC().Format(time.RFC3339))
	}
	if done.Expired > 0 {
		text += fmt.Sprintf("; %d values were older than Mackerel takes, %s, and are given up", done.Expired, mackerel.MaxAge)
	}
	return text + "\n"
}

// collectOnce puts the budgets since the last push into the spool.
func (p *program) collectOnce(ctx context.Context, d *documents, server string, pusher *mackerel.Pusher) error {
	now := p.now()
	report := func(at time.Time) (status.Report, error) { return p.askStatus(ctx, server, when{at, true}) }
	var newest time.Time
	if server != "" {
		r, err := p.askStatus(ctx, server, when{time: now})
		if err != nil {
			return err
		}
		for i := range r.Budgets {
			if end := r.Budgets[i].WindowEnd; end.After(newest) {
				newest = end
			}
		}
	} else {
		e, err := p.oneShot(ctx, d, now)
		if e != nil {
			defer e.Close()
		}
		if err != nil {
			return err
		}
		newest = e.ledger.Newest()
		report = func(at time.Time) (status.Report, error) { return e.counted(at), nil }
	}
	if newest.IsZero() {
		return nil
	}
	_, err := pusher.Collect(now, newest, int(mackerel.MaxAge/time.Minute)+1, report)
	return err
}

// pushAfter is how often `serve` looks whether there is something to send.
const pushAfter = 5 * time.Second

// pushes sends the budgets to Mackerel until ctx ends.
func (s *service) pushes(ctx context.Context, pusher *mackerel.Pusher) error {
	said, m := "", newPushMetrics(s.p.registry)
	tick := time.NewTicker(pushAfter)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return pusher.Spool.Close()
		case <-tick.C:
		}
		err := s.pushNow(ctx, pusher, m)
		switch {
		case ctx.Err() != nil:
		case err != nil && err.Error() != said:
			s.log.Error("sending to Mackerel failed; what is to be sent is kept", "err", err)
			said = err.Error()
		case err == nil && said != "":
			s.log.Info("sending to Mackerel goes on")
			said = ""
		}
	}
}

// gapAtOnce is how many times are collected before the next post: an hour of a gap.
const gapAtOnce = 60

// pushNow collects what is new and posts what may be posted.
func (s *service) pushNow(ctx context.Context, pusher *mackerel.Pusher, m *pushMetrics) error {
	e, now := s.current(), s.p.now()
	var err error
	if s.caughtUp() && !e.ledger.Newest().IsZero() {
		_, err = pusher.Collect(now, e.ledger.Newest(), gapAtOnce, func(at time.Time) (status.Report, error) { return e.counted(at), nil })
	}
	done, sendErr := pusher.Push(ctx, now)
	m.pushed(done, sendErr)
	if done.Expired > 0 {
		s.log.Warn("values became too old for Mackerel before they could be sent, and are given up", "values", done.Expired)
	}
	if done.Values > 0 {
		s.log.Debug("sent to Mackerel", "values", done.Values, "waiting", done.Waiting)
	}
	if errors.Is(sendErr, slo.ErrUnavailable) && ctx.Err() != nil {
		sendErr = nil
	}
	return errors.Join(err, sendErr)
}

func (s *service) caughtUp() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return !s.caught.IsZero()
}

// pushMetrics are about what goes to Mackerel.
type pushMetrics struct {
	values, expired, failures prometheus.Counter
	waiting                   prometheus.Gauge
}

func newPushMetrics(r prometheus.Registerer) *pushMetrics {
	f := promauto.With(r)
	return &pushMetrics{
		values:   f.NewCounter(prometheus.CounterOpts{Name: "shopslo_mackerel_values_sent_total", Help: "Values that Mackerel has taken."}),
		expired:  f.NewCounter(prometheus.CounterOpts{Name: "shopslo_mackerel_values_expired_total", Help: "Values that became too old for Mackerel before they could be sent."}),
		failures: f.NewCounter(prometheus.CounterOpts{Name: "shopslo_mackerel_failures_total", Help: "Times that sending to Mackerel failed; what was to be sent is kept."}),
		waiting:  f.NewGauge(prometheus.GaugeOpts{Name: "shopslo_mackerel_waiting_batches", Help: "Batches of values that are still to be sent to Mackerel."}),
	}
}

func (m *pushMetrics) pushed(done mackerel.Pushed, err error) {
	m.values.Add(float64(done.Values))
	m.expired.Add(float64(done.Expired))
	m.waiting.Set(float64(done.Waiting))
	if err != nil {
		m.failures.Inc()
	}
}
