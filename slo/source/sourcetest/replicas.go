package sourcetest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// runReplicas reads what two replicas say of the same series.
func runReplicas(t *testing.T, b Backend) {
	t.Helper()
	var first, second Series
	for _, s := range b.data() {
		switch {
		case s.Labels.Get(slo.MetricName) != "paired_total":
		case s.Labels.Get("prometheus_replica") == "a":
			first = s
		default:
			second = s
		}
	}
	want := Series{Labels: sorted("__name__", "paired_total", "job", "pair")}
	for i, at := range first.T {
		if at <= b.Base+pairGap {
			want.add(at, first.V[i])
		}
	}
	// From its gap on the other one leads, once it has caught up.
	last := want.V[len(want.V)-1]
	for i, at := range second.T {
		if at > b.Base+pairGap && second.V[i] >= last {
			want.add(at, second.V[i])
		}
	}
	end := b.Base + Span.Milliseconds()
	check := func(t *testing.T, width int64) {
		joined := Series{Labels: want.Labels}
		refs := map[uint64]bool{}
		for from := b.Base - 1; from < end; from += width {
			r := slo.Request{Selectors: []slo.Selector{Sel(t, "paired_total")}, From: from, To: min(from+width, end)}
			err := b.Source.Select(t.Context(), r, func(series []slo.Series) error {
				for _, s := range series {
					got, err := Read(s, 100)
					if err != nil {
						return err
					}
					if s.Labels.String() != want.Labels.String() {
						t.Errorf("series %v, want %v", s.Labels, want.Labels)
					}
					refs[s.Ref] = true
					joined.T, joined.V = append(joined.T, got.T...), append(joined.V, got.V...)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		name := want.Labels.String()
		if d := Diff(map[string]Series{name: joined}, map[string]Series{name: want}); d != "" || len(refs) != 1 {
			t.Error(d, refs)
		}
	}
	t.Run("one leads, and goes on leading from request to request", func(t *testing.T) { check(t, time.Hour.Milliseconds()) })
	t.Run("in one request", func(t *testing.T) { check(t, Span.Milliseconds()+1) })
	t.Run("two processes are refused, and nothing else is", func(t *testing.T) {
		r := slo.Request{Selectors: []slo.Selector{Sel(t, "torn_total"), Sel(t, "paired_total")}, From: b.Base - 1, To: b.Base + 3_600_000}
		failsAlone(t, b, r, "torn_total", []string{`prometheus_replica="a"`, `prometheus_replica="b"`, "replica_labels"})
	})
}

// runNative reads a series of native histograms beside another one.
func runNative(t *testing.T, b Backend) {
	r := slo.Request{Selectors: []slo.Selector{Sel(t, "native")}, From: b.Base - 1, To: b.Base + 3_600_000}
	failsAlone(t, b, r, `native{job="edge"}`, []string{"native histograms"})
}

// runNativeCounters reads what is counted of native histograms: all events, and those at or below
// bounds on an edge and within a bucket.
func runNativeCounters(t *testing.T, b Backend) {
	of := Native(b.Base)[0]
	want := map[string]Series{}
	for labels, zero := range map[[3]string]bool{
		{"native_count"}: false, {"native_bucket", "le", "1"}: false, {"native_bucket", "le", "0.5"}: true, {"native_bucket", "le", "0.7"}: true,
	} {
		s := Series{Labels: sorted("__name__", labels[0], "job", "edge"), T: of.T, V: slices.Clone(of.V)}
		if labels[1] != "" {
			s.Labels = sorted("__name__", labels[0], "job", "edge", "le", labels[2])
		}
		if zero {
			clear(s.V)
		}
		want[s.Labels.String()] = s
	}
	r := slo.Request{Selectors: []slo.Selector{Sel(t, "native_count", "job", "=", "edge"), Sel(t, "native_bucket", "le", "=", "1.0"),
		Sel(t, "native_bucket", "le", "=", "0.5"), Sel(t, "native_bucket", "le", "=~", "0.7|0\\.70")}}
	for _, step := range []int64{Span.Milliseconds() + 1, 10 * 60_000} {
		got := map[string]Series{}
		for r.From = b.Base - 1; r.From < of.T[len(of.T)-1]; r.From = r.To {
			r.To = r.From + step
			part, err := Collect(t.Context(), b.Source, r)
			if err != nil {
				t.Fatal(err)
			}
			for name, s := range part {
				all := got[name]
				all.Labels, all.T, all.V = s.Labels, append(all.T, s.T...), append(all.V, s.V...)
				got[name] = all
			}
		}
		if d := Diff(got, want); d != "" {
			t.Errorf("%d ms at once: %s", step, d)
		}
	}
}

// failsAlone checks that a series that begins so cannot be read, and another one can.
func failsAlone(t *testing.T, b Backend, r slo.Request, bad string, says []string) {
	t.Helper()
	failed, read := 0, 0
	err := b.Source.Select(t.Context(), r, func(series []slo.Series) error {
		for _, s := range series {
			got, err := Read(s, 100)
			var failure *slo.SeriesError
			switch {
			case !strings.HasPrefix(s.Labels.String(), bad):
				if read++; err != nil || len(got.T) == 0 {
					t.Errorf("%v: %d samples, %v", s.Labels, len(got.T), err)
				}
			case !errors.As(err, &failure) || failure.Labels.String() != s.Labels.String():
				t.Errorf("%v: error %v", s.Labels, err)
			default:
				failed++
				for _, text := range says {
					if !strings.Contains(err.Error(), text) {
						t.Errorf("%q does not say %q", err, text)
					}
				}
			}
		}
		return nil
	})
	if err != nil || failed != 1 || read != 1 {
		t.Errorf("%d series failed, %d were read, %v", failed, read, err)
	}
}
