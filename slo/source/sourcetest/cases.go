package sourcetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Run runs the suite.
func Run(t *testing.T, b Backend) {
	data := b.data()
	if b.GridOnly != "" {
		t.Run("evaluation", func(t *testing.T) { runEval(t, b, data) })
		t.Run("evaluations end as asked", func(t *testing.T) { runGridOnly(t, b) })
		return
	}
	t.Run("requests", func(t *testing.T) { runRequests(t, b, data) })
	if !b.NoMerge {
		t.Run("replicas", func(t *testing.T) { runReplicas(t, b) })
	}
	if b.Native {
		t.Run("native histograms fail alone", func(t *testing.T) { runNative(t, b) })
		t.Run("native histograms have counters", func(t *testing.T) { runNativeCounters(t, b) })
	}
	t.Run("refs and labels are the same in every answer", func(t *testing.T) { runRefs(t, b) })
	t.Run("series are read at the same time by several goroutines", func(t *testing.T) { runParallel(t, b, data) })
	t.Run("several requests at once", func(t *testing.T) { runRequestsAtOnce(t, b, data) })
	t.Run("the callback's error is handed back", func(t *testing.T) { runCallbackError(t, b) })
	t.Run("a cancelled context ends it", func(t *testing.T) { runCancel(t, b) })
	if !b.NoEval {
		t.Run("evaluation", func(t *testing.T) { runEval(t, b, data) })
	}
}

// data is what the backend is able to answer.
func (b Backend) data() []Series {
	out := Data(b.Base)
	for i := range out {
		s, kept := out[i], Series{Labels: out[i].Labels}
		for k, v := range s.V {
			if b.DropsStale && slo.IsStale(v) || b.DropsNaN && v != v && !slo.IsStale(v) {
				continue
			}
			kept.add(s.T[k], v)
		}
		out[i] = kept
	}
	return out
}

func runRequests(t *testing.T, b Backend, data []Series) {
	base, end := b.Base, b.Base+Span.Milliseconds()
	hour := time.Hour.Milliseconds()
	all := Sel(t, "", slo.MetricName, "=~", ".+", "job", "!=", "pair", slo.MetricName, "!=", "native")
	total := Sel(t, "requests_total", "job", "=", "shop")
	good := Sel(t, "requests_total", "job", "=", "shop", "code", "!~", "5..")
	dense := Sel(t, "dense_total")
	cases := []struct {
		name     string
		sel      []slo.Selector
		from, to int64
	}{
		{"nothing matches", []slo.Selector{Sel(t, "absent_total")}, base - 1, end},
		{"no selector", nil, base - 1, end},
		{"an empty span", []slo.Selector{total}, base + hour, base + hour},
		{"a span before the data", []slo.Selector{total}, base - 2*hour, base - 1},
		{"a span after the data", []slo.Selector{total}, end + 1, end + hour},
		{"everything", []slo.Selector{all}, base - hour, end + 1},
		{"one counter in full", []slo.Selector{total}, base - 1, end},
		{"one series", []slo.Selector{Sel(t, "requests_total", "instance", "=", "10.0.0.3:80", "code", "=", "500")}, base - 1, end},
		{"good and total overlap", []slo.Selector{good, total}, base + hour, base + 2*hour},
		{"total and good overlap the other way round", []slo.Selector{total, good}, base + hour, base + 2*hour},
		{"selectors that overlap in part", []slo.Selector{
			Sel(t, "requests_total", "code", "=~", "200|404"), Sel(t, "requests_total", "code", "=~", "404|500"),
		}, base, base + 3*hour},
		{"the same selector twice", []slo.Selector{good, good}, base, base + hour},
		{"a regular expression", []slo.Selector{Sel(t, "requests_total", "instance", "=~", "10\\.0\\.0\\.1.?:80")}, base, base + hour},
		{"a regular expression is anchored", []slo.Selector{Sel(t, "requests_total", "code", "=~", "0")}, base, base + hour},
		{"a negative matcher", []slo.Selector{Sel(t, "requests_total", "code", "!=", "200")}, base, base + hour},
		{"a negative matcher on a label that is absent", []slo.Selector{Sel(t, "single", "when", "!=", "late")}, base, end},
		{"an absent label is empty", []slo.Selector{Sel(t, "single", "when", "=", "")}, base, end},
		{"a bound in the spelling that is there", []slo.Selector{Sel(t, "numbers_bucket", "le", "=", "0.5")}, base, end},
		{"a bound in another spelling", []slo.Selector{Sel(t, "numbers_bucket", "le", "=", "10")}, base, base + hour},
		{"a bound whose spelling changes", []slo.Selector{Sel(t, "numbers_bucket", "le", "=", "1.0")}, base, end},
		{"a bound whose spelling changes, by a selector that names the other one", []slo.Selector{Sel(t, "numbers_bucket", "le", "=", "1")}, end - 2*hour, end},
		{"the infinite bound", []slo.Selector{Sel(t, "numbers_bucket", "le", "=", "Inf")}, base, base + hour},
		{"a list of bounds", []slo.Selector{Sel(t, "numbers_bucket", "le", "=~", `0\.5|1`)}, base, end},
		{"a regular expression on bounds", []slo.Selector{Sel(t, "numbers_bucket", "le", "=~", `1.*`)}, base, end},
		{"all bounds but one", []slo.Selector{Sel(t, "numbers_bucket", "le", "!=", "1")}, base, end},
		{"all bounds but some", []slo.Selector{Sel(t, "numbers_bucket", "le", "!~", `1\.0|10\.0`)}, base, end},
		{"two bounds", []slo.Selector{Sel(t, "numbers_bucket", "le", "=", "1"), Sel(t, "numbers_bucket", "le", "=", "+Inf")}, base, end},
		{"a quantile", []slo.Selector{Sel(t, "numbers", "quantile", "=", "1")}, base, end},
		{"several metrics by their names", []slo.Selector{Sel(t, "", slo.MetricName, "=~", "up|grid")}, base, end},
		{"several metrics by several selectors", []slo.Selector{Sel(t, "up"), Sel(t, "grid"), Sel(t, "absent_total")}, base, end},
		{"text of all kinds in labels", []slo.Selector{Sel(t, "texts_total", "path", "=", "/a\nb")}, base, end},
		{"selected by text of all kinds", []slo.Selector{Sel(t, "", "shop", "=", "買い物かご \"\\ ü")}, base, end},
		{"values of all kinds", []slo.Selector{Sel(t, "odd_values")}, base - 1, end},
		{"staleness markers", []slo.Selector{Sel(t, "up")}, base - 1, end},
		{"one sample in the span", []slo.Selector{Sel(t, "single")}, base + hour, base + hour + 1},
		{"a sample at the start is excluded", []slo.Selector{Sel(t, "single")}, base + hour + 1, end - 1},
		{"a sample just after the start is included", []slo.Selector{Sel(t, "single")}, base + hour, end - 1},
		{"a sample at the end is included", []slo.Selector{Sel(t, "single")}, end - 1, end},
		{"a sample just after the end is excluded", []slo.Selector{Sel(t, "single")}, base, base + hour},
		{"a millisecond out of many", []slo.Selector{dense}, base + 999, base + 1000},
		{"two thousand milliseconds", []slo.Selector{dense}, base, base + 2000},
		{"some milliseconds within a chunk", []slo.Selector{dense}, base + 250, base + 1750},
		{"between two samples", []slo.Selector{Sel(t, "grid")}, base + 60_000, base + 60_000 + step - 1},
		{"a gap", []slo.Selector{Sel(t, "up")}, base + 110*step, base + 190*step},
		{"a tick", []slo.Selector{total, Sel(t, "up")}, base + 3*hour, base + 3*hour + 2*step},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := slo.Request{Selectors: c.sel, From: c.from, To: c.to}
			want := Expected(data, r)
			got, err := Collect(t.Context(), b.Source, r)
			if err != nil {
				t.Fatal(err)
			}
			if d := Diff(got, want); d != "" {
				t.Error(d)
			}
		})
	}
	t.Run("consecutive spans add up to the whole", func(t *testing.T) {
		joined := map[string]Series{}
		for from := base - 1; from < end; from += 1_234_567 {
			got, err := Collect(t.Context(), b.Source, slo.Request{Selectors: []slo.Selector{all}, From: from, To: min(from+1_234_567, end)})
			if err != nil {
				t.Fatal(err)
			}
			for name, s := range got {
				j := joined[name]
				joined[name] = Series{Labels: s.Labels, T: append(j.T, s.T...), V: append(j.V, s.V...)}
			}
		}
		if d := Diff(joined, Expected(data, slo.Request{Selectors: []slo.Selector{all}, From: base - 1, To: end})); d != "" {
			t.Error(d)
		}
	})
}

func runRefs(t *testing.T, b Backend) {
	refs := map[uint64]string{}
	byName := map[string]uint64{}
	note := func(series []slo.Series) error {
		for _, s := range series {
			name := s.Labels.String()
			if s.Ref == 0 {
				t.Errorf("%s has no ref", name)
			}
			if other, ok := refs[s.Ref]; ok && other != name {
				t.Errorf("ref %d stands for %s and %s", s.Ref, other, name)
			}
			if ref, ok := byName[name]; ok && ref != s.Ref {
				t.Errorf("%s has refs %d and %d", name, ref, s.Ref)
			}
			refs[s.Ref], byName[name] = name, s.Ref
		}
		return nil
	}
	end := b.Base + Span.Milliseconds()
	for _, sel := range [][]slo.Selector{
		{Sel(t, "requests_total")},
		{Sel(t, "requests_total", "code", "=", "500"), Sel(t, "up")},
		{Sel(t, "", slo.MetricName, "=~", ".+")},
	} {
		for _, from := range []int64{b.Base, end - 2*step} {
			if err := b.Source.Select(t.Context(), slo.Request{Selectors: sel, From: from, To: end}, note); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(refs) < 36 {
		t.Errorf("saw %d refs, want at least those of requests_total", len(refs))
	}
	if b.NoEval {
		return
	}
	if err := b.Source.Eval(t.Context(), "requests_total", end-120_000, end, time.Minute, note); err != nil {
		t.Fatal(err)
	}
}

func runParallel(t *testing.T, b Backend, data []Series) {
	r := slo.Request{Selectors: []slo.Selector{Sel(t, "requests_total")}, From: b.Base - 1, To: b.Base + Span.Milliseconds()}
	var mu sync.Mutex
	got := map[string]Series{}
	err := b.Source.Select(t.Context(), r, func(series []slo.Series) error {
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for i := w; i < len(series); i += 4 {
					s, err := Read(series[i], 100)
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					got[s.Labels.String()] = s
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := Diff(got, Expected(data, r)); d != "" {
		t.Error(d)
	}
}

func runRequestsAtOnce(t *testing.T, b Backend, data []Series) {
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for k := range 5 {
				from := b.Base + int64(w*5+k)*600_000
				r := slo.Request{Selectors: []slo.Selector{Sel(t, "requests_total"), Sel(t, "up")}, From: from, To: from + 3_000_000}
				got, err := Collect(t.Context(), b.Source, r)
				if err != nil {
					t.Error(err)
				} else if d := Diff(got, Expected(data, r)); d != "" {
					t.Error(d)
				}
			}
		})
	}
	wg.Wait()
}

func runCallbackError(t *testing.T, b Backend) {
	mine := errors.New("mine")
	calls := 0
	r := slo.Request{Selectors: []slo.Selector{Sel(t, "requests_total")}, From: b.Base, To: b.Base + 600_000}
	err := b.Source.Select(t.Context(), r, func([]slo.Series) error { calls++; return mine })
	if !errors.Is(err, mine) || errors.Is(err, slo.ErrUnavailable) || calls != 1 {
		t.Errorf("error %v after %d calls, want the callback's own after one", err, calls)
	}
	if _, err := Collect(t.Context(), b.Source, r); err != nil {
		t.Errorf("the request after it: %v", err)
	}
}

func runCancel(t *testing.T, b Backend) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := slo.Request{Selectors: []slo.Selector{Sel(t, "requests_total")}, From: b.Base, To: b.Base + 600_000}
	err := b.Source.Select(ctx, r, func([]slo.Series) error { t.Error("the callback was called"); return nil })
	if !errors.Is(err, context.Canceled) || errors.Is(err, slo.ErrUnavailable) {
		t.Errorf("error %v, want context.Canceled and nothing that asks for a retry", err)
	}
}

func runEval(t *testing.T, b Backend, data []Series) {
	base, hour := b.Base, time.Hour.Milliseconds()
	var grid Series
	for _, s := range data {
		if s.Labels.Get(slo.MetricName) == "grid" {
			grid = s
		}
	}
	atSteps := func(from, to, step int64) map[string]Series {
		want := Series{Labels: sorted("job", "shop")}
		for i, at := range grid.T {
			if at > from && at <= to && (at-from)%step == 0 {
				want.add(at, grid.V[i]*2)
			}
		}
		if len(want.T) == 0 {
			return nil
		}
		return map[string]Series{want.Labels.String(): want}
	}
	cases := []struct {
		name     string
		from, to int64
		step     time.Duration
	}{
		{"on a grid of a minute", base + hour, base + 4*hour, time.Minute},
		{"the start is excluded and the end included", base + hour, base + hour + 60_000, time.Minute},
		{"nothing before the first sample", base - hour, base + 120_000, 15 * time.Second},
		{"no step at all", base + hour, base + hour, time.Minute},
		{"nothing where there are no samples", base - 2*hour, base - hour, time.Minute},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := CollectEval(t.Context(), b.Source, b.twiceGrid(), c.from, c.to, c.step)
			if err != nil {
				t.Fatal(err)
			}
			if d := Diff(got, atSteps(c.from, c.to, c.step.Milliseconds())); d != "" {
				t.Error(d)
			}
		})
	}
	t.Run("more steps than one query may have", func(t *testing.T) {
		got, err := CollectEval(t.Context(), b.Source, b.twiceGrid(), base+120_000, base+120_000+12_000_000, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		s := got["{job=\"shop\"}"]
		if len(s.T) != 12_000 || s.T[0] != base+121_000 || s.T[11_999] != base+12_120_000 {
			t.Fatalf("%d steps from %v, want 12000", len(s.T), s.T[:min(1, len(s.T))])
		}
		for i := 1; i < len(s.T); i++ {
			if s.T[i] != s.T[i-1]+1000 {
				t.Fatalf("step %d is %d after %d", i, s.T[i], s.T[i-1])
			}
		}
	})
	t.Run("an expression that does not parse is an error that stays", func(t *testing.T) {
		_, err := CollectEval(t.Context(), b.Source, "sum(", base, base+hour, time.Minute)
		if err == nil || errors.Is(err, slo.ErrUnavailable) {
			t.Errorf("error %v", err)
		}
	})
	if b.GridOnly != "" {
		return
	}
	t.Run("without labels", func(t *testing.T) {
		got, err := CollectEval(t.Context(), b.Source, "count(count by (instance) (requests_total))", base+hour, base+hour+120_000, time.Minute)
		if s := got["{}"]; err != nil || len(s.V) != 2 || s.V[0] != 12 {
			t.Errorf("%v %v, want 12 twice", got, err)
		}
	})
}

// twiceGrid is the expression that evaluations are tried with.
func (b Backend) twiceGrid() string {
	if b.GridOnly != "" {
		return b.GridOnly
	}
	return "2 * grid"
}

// runGridOnly is what holds of Eval where there is no Select to show it.
func runGridOnly(t *testing.T, b Backend) {
	from, to := b.Base+600_000, b.Base+1_200_000
	eval := func(ctx context.Context, f func([]slo.Series) error) error {
		return b.Source.Eval(ctx, b.GridOnly, from, to, time.Minute, f)
	}
	t.Run("the callback's error is handed back", func(t *testing.T) {
		mine, calls := errors.New("mine"), 0
		err := eval(t.Context(), func([]slo.Series) error { calls++; return mine })
		if !errors.Is(err, mine) || errors.Is(err, slo.ErrUnavailable) || calls != 1 {
			t.Errorf("error %v after %d calls, want the callback's own after one", err, calls)
		}
	})
	t.Run("a cancelled context ends it", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := eval(ctx, func([]slo.Series) error { t.Error("the callback was called"); return nil })
		if !errors.Is(err, context.Canceled) || errors.Is(err, slo.ErrUnavailable) {
			t.Errorf("error %v, want context.Canceled and nothing that asks for a retry", err)
		}
	})
	t.Run("several evaluations at once", func(t *testing.T) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				n := 0
				err := eval(t.Context(), func(series []slo.Series) error {
					for _, s := range series {
						got, err := Read(s, 3)
						if n += len(got.T); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil || n != 10 {
					t.Errorf("%d samples and %v, want 10", n, err)
				}
			})
		}
		wg.Wait()
	})
	t.Run("raw samples are refused for good", func(t *testing.T) {
		err := b.Source.Select(t.Context(), slo.Request{From: from, To: to}, func([]slo.Series) error { t.Error("the callback was called"); return nil })
		if err == nil || errors.Is(err, slo.ErrUnavailable) {
			t.Errorf("error %v", err)
		}
	})
}
