package promtsdb

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/promseries"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// stored asks the TSDB alone.
func stored(t *testing.T, d *DB, r slo.Request) map[string]sourcetest.Series {
	t.Helper()
	got, err := sourcetest.Collect(t.Context(), storedOnly{d}, r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

type storedOnly struct{ *DB }

func (s storedOnly) Select(ctx context.Context, r slo.Request, f func([]slo.Series) error) error {
	return s.selectStored(ctx, r.Selectors, r.From, r.To, s.collector(r.From, r.To), f)
}

// tapped asks the tap alone; ok is false where it does not hold the span.
func tapped(t *testing.T, d *DB, r slo.Request) (got map[string]sourcetest.Series, ok bool) {
	t.Helper()
	src := &tapOnly{DB: d}
	got, err := sourcetest.Collect(t.Context(), src, r)
	if err != nil {
		t.Fatal(err)
	}
	return got, src.held
}

type tapOnly struct {
	*DB
	held bool
}

func (s *tapOnly) Select(_ context.Context, r slo.Request, f func([]slo.Series) error) error {
	var err error
	s.held, err = s.selectHeld(r.Selectors, r.From, r.To, f)
	return err
}

func series(i int) labels.Labels {
	return labels.FromStrings("__name__", fmt.Sprintf("m%d", i%3), "i", fmt.Sprint(i))
}

// appendOne appends and commits one sample; the TSDB may refuse it.
func appendOne(t *testing.T, d *DB, i int, at int64, v float64) error {
	t.Helper()
	app := d.Appendable().Appender(t.Context())
	if _, err := app.Append(0, series(i), at, v); err != nil {
		if err := app.Rollback(); err != nil {
			t.Fatal(err)
		}
		return err
	}
	return app.Commit()
}

const start = int64(1_790_000_000_000)

func TestTapAnswersWhatTheStoreAnswers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	d := openStore(t, t.TempDir(), Config{TapSamples: 3000})
	selectors := [][]slo.Selector{
		{sourcetest.Sel(t, "m0")},
		{sourcetest.Sel(t, "m1"), sourcetest.Sel(t, "", "i", "=~", "1.*")},
		{sourcetest.Sel(t, "", "__name__", "=~", "m.", "i", "!=", "4")},
	}
	held, now := 0, start
	consumed := make([]int64, len(selectors))
	for i := range consumed {
		consumed[i] = start
	}
	var refs [30]storage.SeriesRef
	for round := range 400 {
		// Some appenders are open at the same time and commit in any order.
		var open []storage.Appender
		for range 1 + r.IntN(3) {
			open = append(open, d.Appendable().Appender(t.Context()))
		}
		for range r.IntN(60) {
			now += int64(r.IntN(40))
			at := now
			switch r.IntN(8) {
			case 0:
				at -= int64(r.IntN(2000)) // late: refused now, or dropped at the commit
			case 1:
				at += int64(r.IntN(500)) // ahead
			}
			i, v := r.IntN(len(refs)), float64(r.IntN(3))
			if r.IntN(20) == 0 {
				v = math.Float64frombits(slo.StaleNaN)
			}
			ref, err := open[r.IntN(len(open))].Append(refs[i], series(i), at, v)
			if err == nil {
				refs[i] = ref
			} else if !errors.Is(err, storage.ErrOutOfOrderSample) && !errors.Is(err, storage.ErrDuplicateSampleForTimestamp) {
				t.Fatal(err)
			}
		}
		r.Shuffle(len(open), func(a, b int) { open[a], open[b] = open[b], open[a] })
		for _, app := range open {
			end := app.Commit
			if r.IntN(6) == 0 {
				end = app.Rollback
			}
			if err := end(); err != nil {
				t.Fatal(err)
			}
		}
		k := r.IntN(len(selectors))
		req := slo.Request{Selectors: selectors[k], From: consumed[k], To: max(consumed[k]+1, now-int64(r.IntN(600)))}
		want := stored(t, d, req)
		if got, ok := tapped(t, d, req); ok {
			held++
			if diff := sourcetest.Diff(got, want); diff != "" {
				t.Fatalf("round %d, %v in (%d, %d]: %s", round, req.Selectors, req.From, req.To, diff)
			}
		}
		got, err := sourcetest.Collect(t.Context(), d, req)
		if err != nil {
			t.Fatal(err)
		}
		if diff := sourcetest.Diff(got, want); diff != "" {
			t.Fatalf("round %d: Select: %s", round, diff)
		}
		consumed[k] = req.To
	}
	if held < 300 {
		t.Errorf("the tap held %d of 400 spans; it is of no use", held)
	}
}

func TestTapLeavesToTheStoreWhatItDoesNotHold(t *testing.T) {
	d := openStore(t, t.TempDir(), Config{TapSamples: 10})
	sel := []slo.Selector{sourcetest.Sel(t, "m0")}
	req := func(from, to int64) slo.Request { return slo.Request{Selectors: sel, From: from, To: to} }
	if err := appendOne(t, d, 0, start, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := sourcetest.Collect(t.Context(), d, req(start-1, start)); err != nil {
		t.Fatal(err)
	}
	if err := appendOne(t, d, 0, start+10, 2); err != nil {
		t.Fatal(err)
	}
	t.Run("what came before the first request", func(t *testing.T) {
		if _, ok := tapped(t, d, req(start-1, start+10)); ok {
			t.Error("it says that it holds it")
		}
	})
	t.Run("what came after it is held", func(t *testing.T) {
		if got, ok := tapped(t, d, req(start, start+10)); !ok || len(got) != 1 {
			t.Errorf("held %v: %v", ok, got)
		}
	})
	t.Run("another selector", func(t *testing.T) {
		if _, ok := tapped(t, d, slo.Request{Selectors: []slo.Selector{sourcetest.Sel(t, "m1")}, From: start, To: start + 10}); ok {
			t.Error("it says that it holds it")
		}
	})
	t.Run("what a request has taken in", func(t *testing.T) {
		if _, err := sourcetest.Collect(t.Context(), d, req(start, start+10)); err != nil {
			t.Fatal(err)
		}
		if _, ok := tapped(t, d, req(start, start+10)); ok || d.tap.samples != 0 {
			t.Errorf("it still holds %d samples", d.tap.samples)
		}
	})
	t.Run("what a failed request was given stays", func(t *testing.T) {
		if err := appendOne(t, d, 0, start+20, 3); err != nil {
			t.Fatal(err)
		}
		mine := errors.New("mine")
		if err := d.Select(t.Context(), req(start+10, start+20), func([]slo.Series) error { return mine }); !errors.Is(err, mine) {
			t.Fatal(err)
		}
		if got, ok := tapped(t, d, req(start+10, start+20)); !ok || len(got) != 1 {
			t.Errorf("held %v: %v", ok, got)
		}
	})
	t.Run("more than it may hold", func(t *testing.T) {
		for i := range int64(12) {
			if err := appendOne(t, d, 0, start+30+i, 3); err != nil {
				t.Fatal(err)
			}
		}
		if _, ok := tapped(t, d, req(start+20, start+50)); ok {
			t.Error("it says that it holds it")
		}
		if d.tap.samples > 10 {
			t.Errorf("it holds %d samples, more than 10", d.tap.samples)
		}
	})
	t.Run("after histograms", func(t *testing.T) {
		app := d.Appendable().Appender(t.Context())
		// The store takes no native histograms; that one was tried is enough.
		_, _ = app.AppendHistogram(0, series(0), start+60, &histogram.Histogram{}, nil)
		if err := app.Commit(); err != nil {
			t.Fatal(err)
		}
		if _, ok := tapped(t, d, req(start+20, start+60)); ok {
			t.Error("it says that it holds it")
		}
	})
}

func TestTapForgetsSelectorsThatAreNotAskedFor(t *testing.T) {
	d := openStore(t, t.TempDir(), Config{})
	ask := func(name string, from, to int64) {
		t.Helper()
		if _, err := sourcetest.Collect(t.Context(), d, slo.Request{Selectors: []slo.Selector{sourcetest.Sel(t, name)}, From: from, To: to}); err != nil {
			t.Fatal(err)
		}
	}
	ask("m0", start-1, start)
	ask("m1", start-1, start)
	for at := start; at < start+3*forgetAfter; at += 60_000 {
		for i := range 3 {
			if err := appendOne(t, d, i, at+1, 1); err != nil {
				t.Fatal(err)
			}
		}
		ask("m0", at, at+60_000)
	}
	if len(d.tap.selectors) != 1 || len(d.tap.order) != 1 || d.tap.samples > 2 {
		t.Errorf("%d selectors, %d series, %d samples held, want the one that is asked for",
			len(d.tap.selectors), len(d.tap.order), d.tap.samples)
	}
}

// forgetful stores nothing and gives a series a new reference whenever it is asked
// without one.
type forgetful struct{ last storage.SeriesRef }

func (f *forgetful) Appender(context.Context) storage.Appender {
	return forgetfulAppender{forgetful: f}
}

type forgetfulAppender struct {
	storage.Appender
	*forgetful
}

func (f forgetfulAppender) Commit() error { return nil }
func (f forgetfulAppender) Append(ref storage.SeriesRef, _ labels.Labels, _ int64, _ float64) (storage.SeriesRef, error) {
	if ref == 0 {
		f.last++
		ref = f.last
	}
	return ref, nil
}

func TestTapKnowsASeriesThatTheStoreHadForgotten(t *testing.T) {
	p := newTap(&forgetful{}, &promseries.Interner{}, start, 1000)
	sel := []slo.Selector{sourcetest.Sel(t, "m0")}
	var a taken
	if p.collect(sel, start, start+1, &a) {
		t.Fatal("it holds what it was never asked for")
	}
	for k := range int64(3) {
		app := p.Appender(t.Context())
		for _, i := range []int{0, 1, 3} { // m0, m1, m0
			if _, err := app.Append(0, series(i), start+10+k, float64(k)); err != nil {
				t.Fatal(err)
			}
		}
		if err := app.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if !p.collect(sel, start, start+100, &a) || len(a.series) != 2 {
		t.Fatalf("it holds %d series, want 2, each once", len(a.series))
	}
	for _, s := range a.series {
		at, v := make([]int64, 9), make([]float64, 9)
		if n, err := s.Samples.Read(at, v); n != 3 || err != nil || at[2] != start+12 || v[2] != 2 {
			t.Errorf("%v: %d samples %v %v, %v", s.Labels, n, at, v, err)
		}
	}
	p.consumed(sel, start+100)
	p.consumed(sel, start+100+2*forgetAfter)
	if len(p.order)+len(p.known) > 0 || p.samples != 0 {
		t.Errorf("%d series, %d samples stay of what has ended", len(p.order), p.samples)
	}
	for ref, s := range p.series {
		if s != nil {
			t.Errorf("reference %d still leads to a series that has ended", ref)
		}
	}
}
