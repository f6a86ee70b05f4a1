package promapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/prometheus/prompb"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

const noSeries = `{"status":"success","data":{"resultType":"matrix","result":[]}}`

// The path is chosen once; what fails later does not change it.
func TestThePathIsKept(t *testing.T) {
	missing := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "404 page not found", code) }
	}
	streams := func(w http.ResponseWriter, r *http.Request) { stream(w) }
	cases := []struct {
		name   string
		read   []http.HandlerFunc // answers of remote read, the last one again and again
		failed []bool             // by request
		path   path
	}{
		{"remote read, once it answered", []http.HandlerFunc{streams, missing(404), missing(502), missing(405), missing(404), missing(501), streams}, []bool{false, true, true, false}, remoteRead},
		{"a single 404 at the beginning", []http.HandlerFunc{missing(404), streams}, []bool{false, false}, remoteRead},
		{"a single 501 at the beginning", []http.HandlerFunc{missing(501), streams}, []bool{false}, remoteRead},
		{"two 404", []http.HandlerFunc{missing(404), missing(404), streams}, []bool{false, false}, matrix},
		{"an outage at the beginning chooses nothing", []http.HandlerFunc{missing(502), missing(503), streams}, []bool{true, true, false}, remoteRead},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			n := 0
			s := fake(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, readPath) {
					reply(noSeries)(w, r)
					return
				}
				n++
				c.read[min(n, len(c.read))-1](w, r)
			})
			for i, failed := range c.failed {
				_, err := sourcetest.Collect(t.Context(), s, request(t))
				if (err != nil) != failed || failed && !errors.Is(err, slo.ErrUnavailable) {
					t.Errorf("request %d: %v", i, err)
				}
			}
			if s.path != c.path {
				t.Errorf("the path is %d, want %d", s.path, c.path)
			}
		})
	}
	t.Run("the matrix path too", func(t *testing.T) {
		var gone, reads atomic.Bool
		s := fake(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
			if gone.Load() && strings.HasSuffix(r.URL.Path, readPath) {
				reads.Store(true)
			}
			if gone.Load() {
				missing(404)(w, r)
				return
			}
			reply(noSeries)(w, r)
		})
		if _, err := sourcetest.Collect(t.Context(), s, request(t)); err != nil || s.path != matrix {
			t.Fatal(err, s.path)
		}
		gone.Store(true)
		if _, err := sourcetest.Collect(t.Context(), s, request(t)); !errors.Is(err, slo.ErrUnavailable) || s.path != matrix || reads.Load() {
			t.Errorf("%v, path %d, remote read asked for %v", err, s.path, reads.Load())
		}
	})
}

// One series that is no counter fails, and no other one.
func TestNativeHistogramsFailAlone(t *testing.T) {
	histogram := prompb.Chunk{MinTimeMs: start, MaxTimeMs: start + 1000, Type: prompb.Chunk_HISTOGRAM, Data: []byte{0, 0}}
	for name, h := range map[string]http.HandlerFunc{
		"in a stream": func(w http.ResponseWriter, _ *http.Request) {
			stream(w, frame(t, 0, name(1), histogram), frame(t, 0, name(2), xorChunk(t, start+1000, 1)))
		},
		"behind floats": func(w http.ResponseWriter, _ *http.Request) {
			stream(w, frame(t, 0, name(1), xorChunk(t, start+1000, 1), histogram), frame(t, 0, name(2), xorChunk(t, start+1000, 1)))
		},
		"in samples": func(w http.ResponseWriter, _ *http.Request) {
			samplesReply(t, w, &prompb.QueryResult{Timeseries: []*prompb.TimeSeries{
				{Labels: name(1), Histograms: []prompb.Histogram{{Timestamp: start}}},
				{Labels: name(2), Samples: []prompb.Sample{{Timestamp: start + 1000, Value: 1}}},
			}})
		},
		"in JSON": reply(`{"status":"success","data":{"resultType":"matrix","result":[` +
			`{"metric":{"__name__":"m","i":"1"},"histograms":[[1790000001,{"count":"1"}]]},` +
			`{"metric":{"__name__":"m","i":"2"},"values":[[1790000001,"1"]]}]}}`),
	} {
		t.Run(name, func(t *testing.T) {
			s := fake(t, Config{}, h)
			read := 0
			err := s.Select(t.Context(), request(t), func(series []slo.Series) error {
				for _, x := range series {
					got, err := sourcetest.Read(x, 10)
					var failure *slo.SeriesError
					switch x.Labels.Get("i") {
					case "1":
						if !errors.As(err, &failure) || failure.Labels.String() != `m{i="1"}` || !strings.Contains(err.Error(), "native histograms") {
							t.Errorf("%v: %v", x.Labels, err)
						}
					case "2":
						if err != nil || !slices.Equal(got.V, []float64{1}) {
							t.Errorf("%v: %v %v", x.Labels, got.V, err)
						}
					}
					read++
				}
				return nil
			})
			if err != nil || read != 2 {
				t.Errorf("%d series, %v", read, err)
			}
		})
	}
	t.Run("an expression's result stays an error", func(t *testing.T) {
		s := fake(t, Config{}, reply(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"m"},"histograms":[]}]}}`))
		_, err := sourcetest.CollectEval(t.Context(), s, "m", start, start+60_000, 15e9)
		if err == nil || !strings.Contains(err.Error(), "native histograms") {
			t.Errorf("error %v", err)
		}
	})
}

// A pair of servers: the labels that each adds to remote read, and to nothing else, are
// no part of a series, whatever tells about them.
func TestExternalLabelsAreLearnt(t *testing.T) {
	labels := func(replica, cluster string) []prompb.Label {
		return []prompb.Label{{Name: "__name__", Value: "m"}, {Name: "cluster", Value: cluster}, {Name: "i", Value: "1"}, {Name: "member", Value: replica}}
	}
	const config = `{"status":"success","data":{"yaml":"global:\n  scrape_interval: 15s\n  external_labels:\n    member: a\n    cluster: eu\n"}}`
	const names = `{"status":"success","data":["__name__","i"]}`
	type answers struct{ config, labels string }
	selector := func(t *testing.T, more ...string) []slo.Selector {
		return []slo.Selector{sourcetest.Sel(t, "m", more...)}
	}
	for _, c := range []struct {
		name   string
		tells  answers
		asked  []slo.Selector
		series string
		keep   []string
	}{
		{"from the configuration", answers{config: config}, selector(t), `m{i="1"}`, nil},
		{"from the names of labels", answers{labels: names}, selector(t), `m{i="1"}`, nil},
		{"where the configuration is no configuration", answers{config: `{"status":"success","data":{"yaml":""}}`, labels: names}, selector(t), `m{i="1"}`, nil},
		{"not where nothing tells", answers{}, selector(t), `m{cluster="eu", i="1", member="a"}`, nil},
		{"not from a list that is none", answers{labels: `{"status":"success","data":["i"]}`}, selector(t), `m{cluster="eu", i="1", member="a"}`, nil},
		{"but for those that a selector names", answers{config: config}, selector(t, "cluster", "=", "eu"), `m{cluster="eu", i="1"}`, nil},
		{"but for those that are to be kept", answers{labels: names}, selector(t), `m{cluster="eu", i="1"}`, []string{"cluster", "i"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := 0
			s := fakeAll(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				switch {
				case strings.HasSuffix(r.URL.Path, readPath):
					ls := labels("a", "eu")
					if n++; n%2 == 0 && c.tells != (answers{}) && !strings.Contains(c.tells.labels, `["i"]`) {
						ls = labels("b", "eu")
					}
					stream(w, frame(t, 0, ls, xorChunk(t, start+1000, 1, 2, 3)))
				case strings.HasSuffix(r.URL.Path, configPath) && c.tells.config != "":
					_, _ = io.WriteString(w, c.tells.config)
				case strings.HasSuffix(r.URL.Path, labelsPath) && c.tells.labels != "":
					_, _ = io.WriteString(w, c.tells.labels)
				default:
					http.NotFound(w, r)
				}
			})
			s.Keep(c.keep...)
			refs := map[uint64]bool{}
			for range 4 {
				r := request(t)
				r.Selectors = c.asked
				err := s.Select(t.Context(), r, func(series []slo.Series) error {
					if len(series) != 1 || series[0].Labels.String() != c.series {
						return fmt.Errorf("%v", series)
					}
					refs[series[0].Ref] = true
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
			if len(refs) != 1 {
				t.Errorf("refs %v", refs)
			}
		})
	}
}

func TestWhoWaitsForThePathMayGiveUp(t *testing.T) {
	asked := make(chan struct{}, 1)
	s := fake(t, Config{}, func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		asked <- struct{}{}
		<-r.Context().Done() // it hangs
	})
	first, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Select(first, request(t), func([]slo.Series) error { return nil }) }()
	<-asked
	short, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	begun := time.Now()
	if err := s.Select(short, request(t), func([]slo.Series) error { return nil }); !errors.Is(err, slo.ErrUnavailable) || time.Since(begun) > 10*time.Second {
		t.Errorf("error %v after %v", err, time.Since(begun))
	}
	cancel()
	<-ended
}
