package ledgertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
)

var _ ledger.Source = (*Source)(nil)

// read asks the source and gives what it answers, by the series' labels.
func read(s *Source, r slo.Request, portion int) (map[string][]Sample, error) {
	out := map[string][]Sample{}
	err := s.Select(context.Background(), r, func(series []slo.Series) error { return collect(series, portion, out) })
	return out, err
}

func collect(series []slo.Series, portion int, out map[string][]Sample) error {
	t, v := make([]int64, portion), make([]float64, portion)
	for _, x := range series {
		if _, twice := out[x.Labels.String()]; twice {
			return fmt.Errorf("series %s twice", x.Labels)
		}
		for {
			n, err := x.Samples.Read(t, v)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			for i := range n {
				out[x.Labels.String()] = append(out[x.Labels.String()], Sample{t[i], v[i]})
			}
		}
	}
	return nil
}

func TestSelectGivesEachSeriesOnceWithTheSamplesOfTheSpan(t *testing.T) {
	a := series(t, requests+"{200}@p", "10:1 20:2 30:3 40:4")
	b := series(t, requests+"{500}@p", "5:1 10:2")
	s := NewSource(Plain([]Series{a, b}))
	for portion := 1; portion <= 5; portion++ {
		got, err := read(s, slo.Request{Selectors: []slo.Selector{Good(), Total()}, From: 10_000, To: 30_000}, portion)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || !slices.Equal(got[a.Labels.String()], a.Samples[1:3]) {
			t.Errorf("portions of %d: got %v, want %v alone", portion, got, a.Samples[1:3])
		}
	}
	if st := s.Stats(); st.Selects != 5 || st.Samples != 10 {
		t.Errorf("stats %+v, want 5 selects of 10 samples in all", st)
	}
}

func TestSamplesAppearWhenTheyAreDelivered(t *testing.T) {
	x := Scraped{Series: series(t, requests+"{200}@p", "10:1 20:2 30:3"), Late: []Delivery{{1, 100_000}}}
	s := NewSource([]Scraped{x})
	all := slo.Request{Selectors: []slo.Selector{Total()}, From: 0, To: 1_000_000}
	for now, want := range map[int64][]Sample{9_999: nil, 10_000: x.Samples[:1], 30_000: {x.Samples[0], x.Samples[2]}, 100_000: x.Samples} {
		s.SetNow(now)
		got, err := read(s, all, 10)
		if err != nil || !slices.Equal(got[x.Labels.String()], want) {
			t.Errorf("at %d: got %v %v, want %v", now, got, err, want)
		}
	}
}

func TestAFailingSourceFailsAsItWasTold(t *testing.T) {
	all := slo.Request{Selectors: []slo.Selector{Total()}, From: 0, To: 1_000_000}
	for kind, want := range map[Fault]struct {
		series    int // that were read in full before the error
		available bool
	}{Refused: {0, true}, Torn: {1, true}, Cut: {0, true}, Broken: {0, false}} {
		s := NewSource(Plain([]Series{series(t, requests+"{200}@p", "10:1 20:2 30:3"), series(t, requests+"{500}@p", "10:2")}))
		s.Fail(kind, 50_000, 60_000)
		s.SetNow(55_000)
		got, err := read(s, all, 2)
		if err == nil || errors.Is(err, slo.ErrUnavailable) != want.available {
			t.Errorf("fault %d: error %v", kind, err)
		}
		if kind != Cut && len(got) != want.series {
			t.Errorf("fault %d: %d series before the error, want %d", kind, len(got), want.series)
		}
		s.SetNow(60_000)
		if got, err = read(s, all, 2); err != nil || len(got) != 2 {
			t.Errorf("fault %d is over: got %d series, %v", kind, len(got), err)
		}
	}
}

func TestACancelledQuestionIsAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := NewSource().Select(ctx, slo.Request{}, func([]slo.Series) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

func TestEvalGivesTheLatestValueNoOlderThanFiveMinutes(t *testing.T) {
	g := series(t, "queue_length{}@p", "30:1 90:2 120:stale 600:7")
	s := NewSource()
	s.SetExpr("queue_length", []Series{g})
	got := map[string][]Sample{}
	err := s.Eval(context.Background(), "queue_length", 0, 960_000, time.Minute, func(x []slo.Series) error { return collect(x, 3, got) })
	// 60: 1, 120: a marker, … 600: 7, 660 to 840: 7, at 900 it is five minutes old.
	want := []Sample{{60_000, 1}, {600_000, 7}, {660_000, 7}, {720_000, 7}, {780_000, 7}, {840_000, 7}}
	if err != nil || !slices.Equal(got[g.Labels.String()], want) {
		t.Errorf("got %v %v, want %v", got, err, want)
	}
	none := func([]slo.Series) error { return nil }
	if s.Eval(context.Background(), "other", 0, 60_000, time.Minute, none) == nil {
		t.Error("an unknown expression was answered")
	}
	if s.Eval(context.Background(), "queue_length", 0, 61_000, time.Minute, none) == nil {
		t.Error("a span that is no multiple of the step was answered")
	}
}

// TestWhatASourceTellsIsWhatTheOracleSaw reads a history edge by edge, as a ledger does.
func TestWhatASourceTellsIsWhatTheOracleSaw(t *testing.T) {
	const resolution, delay = 20 * second, 15 * second
	for seed := uint64(1); seed <= 40; seed++ {
		h := New(Tiny(seed, false))
		source, got := h.Source(), map[string][]Sample{}
		for e := h.Start; e < h.End; e += resolution {
			source.SetNow(e + resolution + delay)
			part, err := read(source, slo.Request{Selectors: []slo.Selector{Total()}, From: e, To: e + resolution}, 7)
			if err != nil {
				t.Fatal(err)
			}
			for k, v := range part {
				got[k] = append(got[k], v...)
			}
		}
		for i := range h.Config.ShopSets {
			for _, want := range h.ShopSet(i).Samples(AtClose(resolution, delay)) {
				if !Total().Matches(want.Labels) {
					continue
				}
				kept := slices.DeleteFunc(want.Samples, func(x Sample) bool { return x.T <= h.Start })
				if !slices.EqualFunc(kept, got[want.Labels.String()], same) {
					t.Errorf("seed %d: %s: source %v, history %v", seed, want.Labels, got[want.Labels.String()], kept)
				}
			}
		}
	}
}

func same(a, b Sample) bool {
	return a.T == b.T && math.Float64bits(a.V) == math.Float64bits(b.V)
}

func TestOpenMetricsTextReadsBack(t *testing.T) {
	h := New(Tiny(3, false))
	var text bytes.Buffer
	written, err := h.WriteOpenMetrics(&text)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]Sample{}
	for i := range h.Config.ShopSets {
		for _, s := range h.ShopSet(i).Series {
			key := promLabels(s.Labels).String()
			want[key] = slices.DeleteFunc(slices.Clone(s.Samples), func(x Sample) bool { return slo.IsStale(x.V) })
		}
	}
	got, read := map[string][]Sample{}, int64(0)
	p := textparse.NewOpenMetricsParser(text.Bytes(), labels.NewSymbolTable())
	for {
		kind, err := p.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if kind != textparse.EntrySeries {
			continue
		}
		_, at, v := p.Series()
		var ls labels.Labels
		p.Labels(&ls)
		got[ls.String()] = append(got[ls.String()], Sample{*at, v})
		read++
	}
	if read != written || read == 0 {
		t.Errorf("%d samples written, %d read", written, read)
	}
	equal := func(a, b Sample) bool { return a.T == b.T && (a.V == b.V || math.IsNaN(a.V) && math.IsNaN(b.V)) }
	for key, samples := range want {
		if !slices.EqualFunc(samples, got[key], equal) {
			t.Errorf("%s: wrote %v, read %v", key, samples, got[key])
		}
	}
}

func promLabels(ls slo.Labels) labels.Labels {
	var pairs []string
	for _, l := range ls {
		pairs = append(pairs, l.Name, l.Value)
	}
	return labels.FromStrings(pairs...)
}

func TestAWriterThatFailsIsReported(t *testing.T) {
	_, err := New(Tiny(3, false)).WriteOpenMetrics(failing{})
	if err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("got %v, want the writer's error", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk full") }
