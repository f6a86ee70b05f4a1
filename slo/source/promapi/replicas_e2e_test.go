//go:build e2e

package promapi

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// target is a process that has served a request each ten milliseconds.
func target(t *testing.T) (url string, born time.Time) {
	born = time.Now().Truncate(time.Second)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "# TYPE requests_total counter\nrequests_total %d\n# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %d\n",
			time.Since(born).Milliseconds()/10, born.Unix())
	}))
	t.Cleanup(server.Close)
	return server.URL, born
}

// replica starts a Prometheus of a pair.
func replica(t *testing.T, name, target string) *sourcetest.Server {
	return sourcetest.StartPrometheusWith(t, fmt.Sprintf(`
global:
  scrape_interval: 1s
  scrape_timeout: 1s
  external_labels: {prometheus_replica: %s, member: m-%s, cluster: eu}
scrape_configs:
- job_name: shop
  static_configs: [{targets: [%q]}]
`, name, name, strings.TrimPrefix(target, "http://")), nil, 0)
}

// balancer sends requests to the servers in turn, and answers some of remote read with 404.
type balancer struct {
	to      []*httputil.ReverseProxy
	missing map[int]bool // by number

	mu    sync.Mutex
	n     int
	reads int
	last  string // the path asked for
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.n++
	to := b.to[b.n%len(b.to)]
	lost := false
	if strings.HasSuffix(r.URL.Path, readPath) {
		b.reads++
		lost = b.missing[b.reads]
	}
	b.last = r.URL.Path
	b.mu.Unlock()
	if lost {
		http.NotFound(w, r)
		return
	}
	to.ServeHTTP(w, r)
}

// Two replicas scrape one process, and their answers come in turn; now and then one is a
// 404. Each series stays one, and its values never fall.
func TestAPairOfReplicasIsOneServer(t *testing.T) {
	process, born := target(t)
	b := &balancer{missing: map[int]bool{1: true, 6: true}}
	for _, name := range []string{"a", "b"} {
		u, err := url.Parse(replica(t, name, process).URL)
		if err != nil {
			t.Fatal(err)
		}
		b.to = append(b.to, httputil.NewSingleHostReverseProxy(u))
	}
	front := httptest.NewServer(b)
	defer front.Close()
	s, err := New(Config{URL: front.URL, ScrapeInterval: time.Second, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}

	selectors := []slo.Selector{sourcetest.Sel(t, "requests_total"), sourcetest.Sel(t, "up", "job", "=", "shop"), sourcetest.Sel(t, "process_start_time_seconds", "job", "=", "shop")}
	refs := map[string]map[uint64]bool{}
	last := map[string]float64{}
	samples, failed := 0, 0
	from := born.UnixMilli()
	for range 14 {
		time.Sleep(time.Second)
		to := time.Now().Add(-500 * time.Millisecond).UnixMilli()
		err := s.Select(t.Context(), slo.Request{Selectors: selectors, From: from, To: to}, func(series []slo.Series) error {
			for _, x := range series {
				got, err := sourcetest.Read(x, 10)
				if err != nil {
					return err
				}
				name := x.Labels.String()
				if refs[name] == nil {
					refs[name] = map[uint64]bool{}
				}
				refs[name][x.Ref] = true
				for _, v := range got.V {
					if v < last[name] {
						t.Errorf("%s fell from %v to %v", name, last[name], v)
					}
					last[name] = v
				}
				samples += len(got.T)
			}
			return nil
		})
		if err != nil {
			t.Log(err)
			failed++ // the ledger asks again
			continue
		}
		from = to
	}
	instance := strings.TrimPrefix(process, "http://")
	for _, name := range []string{"requests_total", "up", "process_start_time_seconds"} {
		want := fmt.Sprintf(`%s{instance=%q, job="shop"}`, name, instance)
		if len(refs[want]) != 1 {
			t.Errorf("%s has refs %v", want, refs[want])
		}
		delete(refs, want)
	}
	if len(refs) != 0 {
		t.Errorf("and there are %v", refs)
	}
	if failed > 0 || samples < 20 || s.path != remoteRead {
		t.Errorf("%d requests failed, %d samples, path %d", failed, samples, s.path)
	}
	if served := last[fmt.Sprintf(`requests_total{instance=%q, job="shop"}`, instance)]; served < 800 {
		t.Errorf("it is at %v requests after 14 s, want about 1,300", served)
	}

	now, err := s.Now(t.Context())
	if d := time.Since(now); err != nil || d.Abs() > 3*time.Second {
		t.Errorf("its time is %v, %v", now, err)
	}
	for name, want := range map[string]string{"requests_total": "counter", "process_start_time_seconds": "gauge", "absent": ""} {
		if got, err := s.MetricType(t.Context(), name); got != want || err != nil {
			t.Errorf("%s is %q, %v, want %q", name, got, err, want)
		}
	}
}

// Two scrapers write into one VictoriaMetrics, which takes all: under two labels, or
// under none, where some values are older than those before.
func TestVictoriaMetricsWithTwoScrapers(t *testing.T) {
	at := base()
	label := func(pairs ...string) (ls slo.Labels) {
		for i := 0; i < len(pairs); i += 2 {
			ls = append(ls, slo.Label{Name: pairs[i], Value: pairs[i+1]})
		}
		return ls
	}
	const n = 200
	var data []sourcetest.Series
	both := sourcetest.Series{Labels: label("__name__", "both_total")}
	for _, name := range []string{"a", "b"} {
		one := sourcetest.Series{Labels: label("__name__", "one_total", "prometheus_replica", name)}
		for k := range int64(n) {
			one.T = append(one.T, at+k*15_000+map[string]int64{"a": 0, "b": 4000}[name])
			one.V = append(one.V, float64(k*10)-map[string]float64{"a": 0, "b": 3}[name])
		}
		data = append(data, one)
	}
	for k := range n {
		both.T = append(both.T, data[0].T[k], data[1].T[k])
		both.V = append(both.V, data[0].V[k], data[1].V[k])
	}
	s := open(t, sourcetest.StartVictoriaMetrics(t, append(data, both)).URL)
	r := slo.Request{Selectors: []slo.Selector{sourcetest.Sel(t, "one_total"), sourcetest.Sel(t, "both_total")}, From: at - 1, To: at + n*15_000}
	got, err := sourcetest.Collect(t.Context(), s, r)
	if err != nil {
		t.Fatal(err)
	}
	led := sourcetest.Series{Labels: label("__name__", "one_total"), T: data[0].T, V: data[0].V}
	if d := sourcetest.Diff(got, map[string]sourcetest.Series{"one_total{}": led, "both_total{}": both}); d != "" {
		t.Error(d)
	}
}
