package shopslo

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/shopslo/shopslo/engine/push"
	"github.com/shopslo/shopslo/mackerel"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// pushAfter is how often `serve` looks whether there is something to send.
const pushAfter = 5 * time.Second

// pushes sends the budgets to Mackerel until ctx ends.
func (s *service) pushes(ctx context.Context, pusher *mackerel.Pusher) error {
	said, m := "", newPushMetrics(s.registry)
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
			s.Log.Error("sending to Mackerel failed; what is to be sent is kept", "err", err)
			said = err.Error()
		case err == nil && said != "":
			s.Log.Info("sending to Mackerel goes on")
			said = ""
		}
	}
}

// gapAtOnce is how many times are collected before the next post: an hour of a gap.
const gapAtOnce = 60

// pushNow collects what is new and posts what may be posted.
func (s *service) pushNow(ctx context.Context, pusher *mackerel.Pusher, m *pushMetrics) error {
	e, now := s.keeper.current(), s.Host.Now()
	var err error
	if settled := e.Ledger.Settled(push.Lag(e.Docs.Config)); s.keeper.caughtUp() && !settled.IsZero() {
		_, err = pusher.Collect(now, settled, gapAtOnce, func(at time.Time) (status.Report, error) { return e.Counted(at), nil })
	}
	done, sendErr := pusher.Push(ctx, now)
	m.pushed(done, sendErr)
	if done.Expired > 0 {
		s.Log.Warn("values became too old for Mackerel before they could be sent, and are given up", "values", done.Expired)
	}
	if done.Values > 0 {
		s.Log.Debug("sent to Mackerel", "values", done.Values, "waiting", done.Waiting)
	}
	if errors.Is(sendErr, slo.ErrUnavailable) && ctx.Err() != nil {
		sendErr = nil
	}
	return errors.Join(err, sendErr)
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
