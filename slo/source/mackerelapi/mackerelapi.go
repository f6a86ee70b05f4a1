// Package mackerelapi reads Mackerel's service and host metrics, and how long alerts
// were open, as values on a grid. It implements the ledger's Source as far as Mackerel
// allows: it has one value a minute and no counters' samples, so that Select is refused.
//
// A query is a text of one of these forms; docs/mackerel.md has them with examples.
//
//	service(SERVICE, METRIC)    a service metric
//	host(HOST, METRIC)          a metric of the hosts with that name
//	role(SERVICE:ROLE, METRIC)  a metric of the hosts in that role
//	alert(MONITOR)              1 while the monitor has an open alert, else 0
//	alert(MONITOR, HOST)        the same for the alerts of these hosts
//
// Names are literal but for {label}, which stands for one part of a name and becomes a
// label of the series, so that a ShopSet can be told by it; {} is a part without label.
// Series of hosts have the labels host and host_id as well. A query monitor has a series
// for each set of labels that had an alert: alert(MONITOR) gives them all, and where the
// monitor's name or legend has {{label}}, written out the same, by those labels alone.
//
// The value at a step is the last one since the step before. Around service, host and
// role, sum(…), avg(…), min(…) and max(…) take all values since then. every=5m makes a
// value stand for that long, for metrics that come more seldom than the steps. No value
// is no data. An alert's minute without data, and without an open alert, is none
// either: the monitored metric tells whether there were data, or since=TIME, from when
// on the monitor has been watching, where there is no such metric.
package mackerelapi

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	api "github.com/mackerelio/mackerel-client-go"

	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/slo"
)

// Source reads from one organization. It is safe for concurrent use.
type Source struct {
	api *api.Client

	alerts alertLog
}

// New makes a source; it asks nothing yet.
func New(c mackerelhttp.Config) (*Source, error) {
	client, err := mackerelhttp.Open(c, slo.ErrUnavailable)
	if err != nil {
		return nil, err
	}
	return &Source{api: client, alerts: alertLog{known: map[string]*alert{}}}, nil
}

// Select is refused: Mackerel has no samples of counters.
func (s *Source) Select(context.Context, slo.Request, func([]slo.Series) error) error {
	return errors.New("no raw samples: Mackerel has a value a minute and no samples of counters: its queries are evaluated on a grid")
}

// Eval evaluates a query at from+step, from+2·step, … to, in Unix milliseconds, and
// calls f once with the series that have a value at one of them; with none where there
// is no data. An error wraps slo.ErrUnavailable where Mackerel could not be reached or
// could not answer now.
func (s *Source) Eval(ctx context.Context, expr string, from, to int64, step time.Duration, f func([]slo.Series) error) error {
	q, err := Parse(expr)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	g := grid{from: from, to: to, step: step.Milliseconds()}
	if g.step <= 0 || to < from || (to-from)%g.step != 0 {
		return fmt.Errorf("evaluate %s: from %d to %d is no multiple of %s", expr, from, to, step)
	}
	var out []slo.Series
	if to > from {
		if q.kind == kindAlert {
			out, err = s.evalAlerts(ctx, q, g)
		} else {
			out, err = s.evalMetrics(ctx, q, g)
		}
	}
	if err != nil {
		return fmt.Errorf("evaluate %s: %w", expr, err)
	}
	return f(out)
}

// Now implements the ledger's Clock: the Date of an answer, which is asked for.
func (s *Source) Now(ctx context.Context) (time.Time, error) {
	resp, err := s.request(ctx, "/api/v0/org", nil)
	if err != nil {
		return time.Time{}, fmt.Errorf("ask Mackerel for its time: %w", err)
	}
	defer resp.Body.Close()
	t, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return time.Time{}, fmt.Errorf("ask Mackerel for its time: the answer's Date: %w", err)
	}
	return t, nil
}

// grid are the steps of an evaluation, in milliseconds.
type grid struct{ from, to, step int64 }

// steps is their number.
func (g grid) steps() int { return int((g.to - g.from) / g.step) }

// at is the time of a step, the first is 0.
func (g grid) at(i int) int64 { return g.from + int64(i+1)*g.step }

// value is one of Mackerel's, in milliseconds.
type value struct {
	t int64
	v float64
}

// target is one metric of one service or host, and the labels that its series has.
type target struct {
	service, host, metric string
	labels                map[string]string
}

func (t target) String() string {
	if t.host != "" {
		return fmt.Sprintf("metric %s of host %s", t.metric, t.host)
	}
	return fmt.Sprintf("metric %s of service %s", t.metric, t.service)
}

// atOnce is how many requests run at the same time.
const atOnce = 4

// evalMetrics evaluates service, host and role.
func (s *Source) evalMetrics(ctx context.Context, q Query, g grid) ([]slo.Series, error) {
	targets, err := s.targets(ctx, q)
	if err != nil {
		return nil, err
	}
	series := make([]slo.Series, len(targets))
	owner := map[string]target{}
	for i, t := range targets {
		series[i].Labels = labelsOf(t.labels)
		key := series[i].Labels.String()
		if other, taken := owner[key]; taken {
			return nil, fmt.Errorf("%v and %v are both %s: name the part that differs, like {part}", other, t, key)
		}
		owner[key] = t
	}
	err = inParallel(ctx, len(targets), func(ctx context.Context, i int) error {
		values, err := s.values(ctx, targets[i], g.from-q.reach(g), g.to)
		series[i].Samples = q.sample(values, g)
		return err
	})
	return slices.DeleteFunc(series, func(x slo.Series) bool { return x.Samples == nil || len(x.Samples.(*samples).t) == 0 }), err
}

// inParallel calls f for 0 to n−1, some at the same time, and gives the first error.
func inParallel(ctx context.Context, n int, f func(context.Context, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(atOnce, n) {
		wg.Go(func() {
			for i := range next {
				if err := f(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
feed:
	for i := range n {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// oneRead is the span of one request. Mackerel thins out the values of long spans;
// up to 20 hours it gives each minute's.
const oneRead = int64(6 * time.Hour / time.Millisecond)

// values reads a metric's values in (from, to], oldest first. A metric that does not
// exist has none.
func (s *Source) values(ctx context.Context, t target, from, to int64) ([]value, error) {
	var out []value
	for lo := from; lo < to; lo += oneRead {
		hi := min(lo+oneRead, to)
		var got []api.MetricValue
		var err error
		if a, b := lo/1000, hi/1000; t.host != "" {
			got, err = s.api.FetchHostMetricValuesContext(ctx, t.host, t.metric, a, b)
		} else {
			got, err = s.api.FetchServiceMetricValuesContext(ctx, t.service, t.metric, a, b)
		}
		if mackerelhttp.Refused(err, http.StatusNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %v: %w", t, err)
		}
		for _, v := range got {
			x, ok := v.Value.(float64)
			if at := v.Time * 1000; ok && !math.IsNaN(x) && at > lo && at <= hi && (len(out) == 0 || at > out[len(out)-1].t) {
				out = append(out, value{at, x})
			}
		}
	}
	return out, nil
}

// targets are the metrics that a query means.
func (s *Source) targets(ctx context.Context, q Query) ([]target, error) {
	if q.kind == kindService {
		return s.serviceTargets(ctx, q)
	}
	hosts, err := s.hosts(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []target
	for _, h := range hosts {
		names := []string{q.metric.literal()}
		if !q.metric.fixed() {
			if names, err = s.api.ListHostMetricNamesContext(ctx, h.id); err != nil {
				return nil, fmt.Errorf("list the metrics of host %s: %w", h.name, err)
			}
		}
		for _, name := range names {
			if labels, ok := q.metric.match(name, h.labels); ok {
				labels["host"], labels["host_id"] = h.name, h.id
				out = append(out, target{host: h.id, metric: name, labels: labels})
			}
		}
	}
	return out, nil
}

func (s *Source) serviceTargets(ctx context.Context, q Query) ([]target, error) {
	services := []string{q.owner.literal()}
	if !q.owner.fixed() {
		all, err := s.api.FindServicesContext(ctx)
		if err != nil {
			return nil, fmt.Errorf("list services: %w", err)
		}
		services = services[:0]
		for _, x := range all {
			services = append(services, x.Name)
		}
	}
	var out []target
	for _, service := range services {
		found, ok := q.owner.match(service, nil)
		if !ok {
			continue
		}
		names := []string{q.metric.literal()}
		if !q.metric.fixed() {
			var err error
			if names, err = s.api.ListServiceMetricNamesContext(ctx, service); err != nil {
				return nil, fmt.Errorf("list the metrics of service %s: %w", service, err)
			}
		}
		for _, name := range names {
			if labels, ok := q.metric.match(name, found); ok {
				out = append(out, target{service: service, metric: name, labels: labels})
			}
		}
	}
	return out, nil
}

// found is a host that a query means.
type found struct {
	id, name string
	roles    api.Roles
	labels   map[string]string
}

// hosts are those that the owner part of a query means.
func (s *Source) hosts(ctx context.Context, q Query) ([]found, error) {
	// Without statuses Mackerel leaves out hosts that are off or in maintenance, and
	// with them the minutes that they were working.
	all, err := s.api.FindHostsContext(ctx, &api.FindHostsParam{Statuses: []string{"working", "standby", "maintenance", "poweroff"}})
	if err != nil {
		return nil, fmt.Errorf("list hosts: %w", err)
	}
	var out []found
	for _, h := range all {
		names := []string{h.Name}
		if q.kind == kindRole {
			names = roleNames(h.Roles)
		}
		for _, name := range names {
			if labels, ok := q.owner.match(name, nil); ok {
				out = append(out, found{h.ID, h.Name, h.Roles, labels})
				break
			}
		}
	}
	return out, nil
}

func roleNames(roles api.Roles) []string {
	var out []string
	for service, names := range roles {
		for _, role := range names {
			out = append(out, service+":"+role)
		}
	}
	slices.Sort(out)
	return out
}

func labelsOf(m map[string]string) slo.Labels {
	ls := slo.Labels{}
	for name, v := range m {
		if v != "" {
			ls = append(ls, slo.Label{Name: name, Value: v})
		}
	}
	slices.SortFunc(ls, func(a, b slo.Label) int { return strings.Compare(a.Name, b.Name) })
	return ls
}

// samples are a series' values in memory.
type samples struct {
	t []int64
	v []float64
}

// Read implements slo.Samples.
func (s *samples) Read(t []int64, v []float64) (int, error) {
	n := copy(t, s.t)
	copy(v, s.v[:n])
	s.t, s.v = s.t[n:], s.v[n:]
	return n, nil
}

// get reads JSON from a path as it is: the client library drops monitors that it does
// not know, and those behind them.
func (s *Source) get(ctx context.Context, path string, query url.Values, into any) error {
	resp, err := s.request(ctx, path, query)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return mackerelhttp.Decode(resp.Body, "GET "+path, into)
}

// request asks for a path.
func (s *Source) request(ctx context.Context, path string, query url.Values) (*http.Response, error) {
	u := *s.api.BaseURL
	u.Path, u.RawQuery = path, query.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	return s.api.Request(r)
}
