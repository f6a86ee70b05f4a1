package trial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// metric counts requests; failed ones have the code 500.
const metric = "http_requests_total"

// codes of the two series of a ShopSet.
var codes = [2]string{"200", "500"}

// target is one process that counts the requests of many ShopSets.
type target struct {
	name  string
	mu    sync.Mutex
	shops []*shop
	text  bytes.Buffer
}

// targets share the ShopSets out.
func targets(all []*release, each int) []*target {
	var out []*target
	for _, l := range all {
		for _, s := range l.shops {
			if len(out) == 0 || len(out[len(out)-1].shops) == each {
				out = append(out, &target{name: "shops-" + strconv.Itoa(len(out))})
			}
			t := out[len(out)-1]
			t.shops = append(t.shops, s)
		}
	}
	return out
}

// exposition is what a scrape at a minute reads.
func (t *target) exposition(minute int) []byte {
	t.text.Reset()
	fmt.Fprintf(&t.text, "# TYPE %s counter\n", metric)
	for _, s := range t.shops {
		s.advance(minute)
		for i, v := range [2]float64{s.good, s.bad} {
			fmt.Fprintf(&t.text, "%s{shopset=%q,code=%q} %.0f\n", metric, s.name, codes[i], v)
		}
	}
	return t.text.Bytes()
}

// clock turns real time into simulated minutes: one passes each second.
type clock struct{ zero time.Time }

const minute = time.Second

func (c clock) minute(t time.Time) int { return int(t.Sub(c.zero) / minute) }

func (c clock) time(m int) time.Time { return c.zero.Add(time.Duration(m) * minute) }

// serve answers scrapes of all targets until stop is called.
func serve(all []*target, c clock) (address string, stop func() error, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	mux := http.NewServeMux()
	for _, t := range all {
		mux.HandleFunc("/"+t.name, func(w http.ResponseWriter, _ *http.Request) {
			t.mu.Lock()
			defer t.mu.Unlock()
			w.Header().Set("Content-Type", "text/plain; version=0.0.4")
			_, _ = w.Write(t.exposition(c.minute(time.Now()))) // a scraper that has gone is none of ours
		})
	}
	server, ended := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}, make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	return listener.Addr().String(), func() error {
		err := server.Close()
		if other := <-ended; !errors.Is(other, http.ErrServerClosed) {
			err = errors.Join(err, other)
		}
		return err
	}, nil
}

// scrapeConfig scrapes all targets once a minute of simulated time.
func scrapeConfig(all []*target, address string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "scrape_configs:\n- job_name: shops\n  scrape_interval: %v\n  scrape_timeout: %v\n  static_configs:\n", minute, minute)
	for _, t := range all {
		fmt.Fprintf(&b, "  - targets: [%q]\n    labels: {instance: %s, __metrics_path__: /%s}\n", address, t.name, t.name)
	}
	return []byte(b.String())
}

// The past before the trial is written into the store as it would have been scraped, each
// minute of the gate's baseline; before, nobody looks at single minutes.
const (
	coarse    = 2 * 60 // minutes between scrapes of the past before
	closeFrom = -7 * day
)

// past lists the minutes at which the past was scraped.
func past() []int {
	var out []int
	for at := -window; at <= 0; {
		out = append(out, at)
		if at < closeFrom {
			at += coarse
		} else {
			at++
		}
	}
	return out
}

// written is a series in the store.
type written struct {
	ref    storage.SeriesRef
	labels labels.Labels
}

// history writes the past.
type history struct {
	to     storage.Appendable
	all    []*target
	clock  clock
	series map[*shop]*[2]written
}

// write appends what a scrape of a minute would have read.
func (h *history) write(ctx context.Context, m int) error {
	for _, t := range h.all {
		app := h.to.Appender(ctx)
		for _, s := range t.shops {
			s.advance(m)
			for i, v := range [2]float64{s.good, s.bad} {
				w := &h.of(t, s)[i]
				var err error
				if w.ref, err = app.Append(w.ref, w.labels, h.clock.time(m).UnixMilli(), v); err != nil {
					return errors.Join(fmt.Errorf("write the past of %s: %w", s.name, err), app.Rollback())
				}
			}
		}
		if err := app.Commit(); err != nil {
			return fmt.Errorf("write the past of %s: %w", t.name, err)
		}
	}
	return nil
}

func (h *history) of(t *target, s *shop) *[2]written {
	w := h.series[s]
	if w == nil {
		w = new([2]written)
		for i := range w {
			w[i].labels = labels.FromStrings(labels.MetricName, metric, "job", "shops", "instance", t.name, "shopset", s.name, "code", codes[i])
		}
		h.series[s] = w
	}
	return w
}
