// Package sourcetest is the conformance suite of the ledger's Source: one set of
// cases, run against every implementation over the same samples and compared
// with a plain filter over them.
//
// It is for tests only.
package sourcetest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Source is what is tested; the same as the ledger's.
type Source interface {
	Select(ctx context.Context, r slo.Request, f func([]slo.Series) error) error
	Eval(ctx context.Context, expr string, from, to int64, step time.Duration, f func([]slo.Series) error) error
}

// Series are the samples of one series, oldest first (Unix milliseconds).
type Series struct {
	Labels slo.Labels
	T      []int64
	V      []float64
	// Native series hold a native histogram at each time, instead of values.
	Native bool
}

// Backend is one implementation over a store of its own.
type Backend struct {
	// Source reads a store that holds exactly the samples of Data(Base).
	Source Source
	Base   int64 // Unix milliseconds

	DropsStale bool // the path to the store has no staleness markers
	DropsNaN   bool // the store takes in no NaN besides staleness markers
	NoEval     bool // the implementation has no PromQL
	NoMerge    bool // the implementation does not know replicas
	Native     bool // the store holds Native(Base) too
	// GridOnly is, for an implementation that has neither raw samples nor PromQL, an
	// expression whose values are twice those of the metric "grid", with the label job.
	GridOnly string
}

// Span is how long the data are: from Base to Base + Span.
const Span = 6 * time.Hour

const step = 15_000 // milliseconds between samples

// Data makes the samples of the suite. Base is a multiple of a minute.
func Data(base int64) []Series {
	var out []Series
	end := base + Span.Milliseconds()
	for i := range 12 {
		for c, code := range []string{"200", "404", "500"} {
			s := Series{Labels: sorted("__name__", "requests_total", "job", "shop", "code", code, "instance", fmt.Sprintf("10.0.0.%d:80", i))}
			v := 0.0
			for k, t := 0, base+int64(i*37+c); t <= end; k, t = k+1, t+step+int64(k%3-1) {
				v += float64((k * (i + 3) / (c*7 + 1)) % 11)
				if k%(200+i) == 199 {
					v = float64(k % 2) // a restart
				}
				s.add(t, v)
			}
			out = append(out, s)
		}
	}
	gauge := Series{Labels: sorted("__name__", "grid", "job", "shop")}
	for t := base + 60_000; t <= base+5*3_600_000; t += step {
		gauge.add(t, float64((t-base)/step%1000-500)/8)
	}
	stops := Series{Labels: sorted("__name__", "up", "job", "shop", "instance", "gone:80")}
	for k := range int64(100) {
		stops.add(base+k*step, 1)
	}
	stops.add(base+100*step, math.Float64frombits(slo.StaleNaN))
	for k := range int64(10) {
		stops.add(base+(200+k)*step, float64(k%2))
	}
	odd := Series{Labels: sorted("__name__", "odd_values", "job", "edge")}
	for k, v := range []float64{0, -1, 0.1, math.Inf(1), 1 << 53, math.NaN(), 123456789, math.Inf(-1), 7} {
		odd.add(base+int64(k)*60_000, v)
	}
	single := Series{Labels: sorted("__name__", "single", "job", "edge")}
	single.add(base+3_600_001, 42)
	late := Series{Labels: sorted("__name__", "single", "job", "edge", "when", "late")}
	late.add(end, 1)
	text := Series{Labels: sorted("__name__", "texts_total", "job", "edge", "shop", "買い物かご \"\\ ü", "path", "/a\nb")}
	text.add(base+1000, 1)
	text.add(base+2000, 2)
	dense := Series{Labels: sorted("__name__", "dense_total", "job", "edge")}
	for t := base + 1; t <= base+2_000; t++ {
		dense.add(t, float64(t-base))
	}
	out = append(out, numbers(base)...)
	out = append(out, pair(base)...)
	return append(out, gauge, stops, odd, single, late, text, dense)
}

// numbers are buckets and quantiles in the spellings of two versions of a server: le="1"
// goes on as le="1.0" an hour before the end.
func numbers(base int64) []Series {
	end, change := base+Span.Milliseconds(), base+Span.Milliseconds()-3_600_000
	bucket := func(le string, from, to int64, share float64) Series {
		s := Series{Labels: sorted("__name__", "numbers_bucket", "job", "edge", "le", le)}
		for t := base + 10; t <= end; t += step {
			if t > from && t <= to {
				s.add(t, math.Floor(float64(t-base)*share))
			}
		}
		return s
	}
	quantile := Series{Labels: sorted("__name__", "numbers", "job", "edge", "quantile", "1.0")}
	quantile.add(base+1000, 3)
	return []Series{
		bucket("0.5", base, end, 0.001), bucket("1", base, change, 0.002), bucket("1.0", change, end, 0.002),
		bucket("10.0", base, end, 0.003), bucket("+Inf", base, end, 0.004), quantile,
	}
}

// pair are series of two replicas. The second one of paired_total lags behind, and the
// first one has a gap of ten minutes after two hours. Those of torn_total are of two
// processes.
func pair(base int64) []Series {
	var out []Series
	for i, replica := range []string{"a", "b"} {
		paired := Series{Labels: sorted("__name__", "paired_total", "job", "pair", "prometheus_replica", replica)}
		torn := Series{Labels: sorted("__name__", "torn_total", "job", "pair", "prometheus_replica", replica)}
		for at := int64(1000 + i*7000); at <= Span.Milliseconds(); at += step {
			if i == 1 || at <= pairGap || at > pairGap+600_000 {
				paired.add(base+at, float64(max(0, at-int64(i)*20_000)/1000))
			}
			torn.add(base+at, float64(at/1000/int64(1+2*i)))
		}
		out = append(out, paired, torn)
	}
	return out
}

const pairGap = 2 * 3_600_000 // milliseconds after the base

// Native is a series that holds native histograms, beside a counter of the same name.
func Native(base int64) []Series {
	h := Series{Labels: sorted("__name__", "native", "job", "edge"), Native: true}
	plain := Series{Labels: sorted("__name__", "native", "job", "edge", "kind", "plain")}
	for k := range int64(100) {
		h.add(base+k*step, float64(k))
		plain.add(base+k*step, float64(k))
	}
	return []Series{h, plain}
}

// identity are the labels that a source gives a series: its numbers are spelled in one way.
func identity(ls slo.Labels) slo.Labels {
	out := slices.Clone(ls)
	for i, l := range out {
		if slo.NumberLabel(l.Name) {
			out[i].Value = slo.CanonicalNumber(l.Value)
		}
	}
	return out
}

func (s *Series) add(t int64, v float64) { s.T, s.V = append(s.T, t), append(s.V, v) }

// sorted makes sorted labels of names and values.
func sorted(pairs ...string) slo.Labels {
	var ls slo.Labels
	for i := 0; i < len(pairs); i += 2 {
		ls = append(ls, slo.Label{Name: pairs[i], Value: pairs[i+1]})
	}
	slices.SortFunc(ls, func(a, b slo.Label) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return ls
}

// Sel makes a selector of a metric's name ("" for none) and matchers such as
// "code", "!~", "5..".
func Sel(t testing.TB, name string, matchers ...string) slo.Selector {
	t.Helper()
	var sel slo.Selector
	if name != "" {
		matchers = append([]string{slo.MetricName, "=", name}, matchers...)
	}
	types := map[string]slo.MatchType{"=": slo.Equal, "!=": slo.NotEqual, "=~": slo.Regexp, "!~": slo.NotRegexp}
	for i := 0; i < len(matchers); i += 3 {
		m, err := slo.NewMatcher(matchers[i], types[matchers[i+1]], matchers[i+2])
		if err != nil {
			t.Fatal(err)
		}
		sel = append(sel, m)
	}
	return sel
}

// Expected filters data by a request, slowly and plainly. Series without samples
// in the span are left out, and those that go on in another spelling are one.
func Expected(data []Series, r slo.Request) map[string]Series {
	out := map[string]Series{}
	for _, s := range data {
		s.Labels = identity(s.Labels)
		if !slices.ContainsFunc(r.Selectors, func(sel slo.Selector) bool { return sel.Matches(s.Labels) }) {
			continue
		}
		kept := out[s.Labels.String()]
		kept.Labels = s.Labels
		for i, t := range s.T {
			if t > r.From && t <= r.To {
				kept.add(t, s.V[i])
			}
		}
		if len(kept.T) > 0 {
			out[s.Labels.String()] = kept
		}
	}
	return out
}

// Read reads a series to its end in batches of the given size.
func Read(s slo.Series, batch int) (Series, error) {
	out := Series{Labels: s.Labels}
	t, v := make([]int64, batch), make([]float64, batch)
	for {
		n, err := s.Samples.Read(t, v)
		if err != nil || n == 0 {
			return out, err
		}
		out.T, out.V = append(out.T, t[:n]...), append(out.V, v[:n]...)
	}
}

// Collect runs a request and reads all of it. Series that turn out to have no
// samples are left out, as having none.
func Collect(ctx context.Context, src Source, r slo.Request) (map[string]Series, error) {
	out := map[string]Series{}
	err := src.Select(ctx, r, func(series []slo.Series) error { return collect(out, series) })
	return out, err
}

// CollectEval is Collect for Eval.
func CollectEval(ctx context.Context, src Source, expr string, from, to int64, step time.Duration) (map[string]Series, error) {
	out := map[string]Series{}
	err := src.Eval(ctx, expr, from, to, step, func(series []slo.Series) error { return collect(out, series) })
	return out, err
}

func collect(out map[string]Series, series []slo.Series) error {
	for i, s := range series {
		got, err := Read(s, 1+i%200)
		if err != nil {
			return err
		}
		if _, twice := out[s.Labels.String()]; twice {
			return fmt.Errorf("series %s came twice", s.Labels)
		}
		if len(got.T) > 0 {
			out[s.Labels.String()] = got
		}
	}
	return nil
}

// Diff tells the first difference between two answers, "" if there is none.
func Diff(got, want map[string]Series) string {
	for name, w := range want {
		g, ok := got[name]
		if !ok {
			return fmt.Sprintf("%s is missing (%d samples)", name, len(w.T))
		}
		if !slices.Equal(g.Labels, w.Labels) {
			return fmt.Sprintf("%s has labels %q, want %q", name, g.Labels, w.Labels)
		}
		for i := range min(len(g.T), len(w.T)) {
			if g.T[i] != w.T[i] || !sameValue(g.V[i], w.V[i]) {
				return fmt.Sprintf("%s: sample %d is (%d, %v %x), want (%d, %v %x)", name, i,
					g.T[i], g.V[i], math.Float64bits(g.V[i]), w.T[i], w.V[i], math.Float64bits(w.V[i]))
			}
		}
		if len(g.T) != len(w.T) {
			return fmt.Sprintf("%s has %d samples, want %d", name, len(g.T), len(w.T))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			return fmt.Sprintf("%s was not asked for", name)
		}
	}
	return ""
}

// sameValue tells staleness markers from other NaN, but not those from each other.
func sameValue(a, b float64) bool {
	if slo.IsStale(a) || slo.IsStale(b) {
		return slo.IsStale(a) && slo.IsStale(b)
	}
	return a == b || a != a && b != b
}
