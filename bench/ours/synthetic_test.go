package ours

import (
	"slices"
	"testing"

	"github.com/shopslo/shopslo/bench/history"
	"github.com/shopslo/shopslo/slo"
)

type point struct {
	t int64
	v float64
}

func readAll(t *testing.T, src *synthetic, from, to int64) map[string][]point {
	t.Helper()
	sels, ok := reading(totalQuery)
	if !ok {
		t.Fatalf("%s is not counted from raw samples", totalQuery)
	}
	got := map[string][]point{}
	err := src.Select(t.Context(), slo.Request{Selectors: sels, From: from, To: to}, func(all []slo.Series) error {
		for _, s := range all {
			ts, vs := make([]int64, 7), make([]float64, 7)
			for {
				n, err := s.Samples.Read(ts, vs)
				if err != nil {
					return err
				}
				if n == 0 {
					break
				}
				for i := range n {
					got[s.Labels.String()] = append(got[s.Labels.String()], point{ts[i], vs[i]})
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestComputedSamplesAreCountersWhateverTheSpans(t *testing.T) {
	const hour = 3600_000
	src, from := newSynthetic(40), history.End-3*hour-17
	whole := readAll(t, src, from, from+3*hour)
	if len(whole) != 80 {
		t.Fatalf("%d series, want 80", len(whole))
	}
	cut := map[string][]point{}
	for k := range int64(3) {
		for name, points := range readAll(t, src, from+k*hour, from+(k+1)*hour) {
			cut[name] = append(cut[name], points...)
		}
	}
	for name, points := range whole {
		if len(points) != 360 {
			t.Errorf("%s has %d samples in three hours, want 360", name, len(points))
		}
		if !slices.Equal(points, cut[name]) {
			t.Errorf("%s differs when it is read by the hour", name)
		}
		for i := 1; i < len(points); i++ {
			if points[i].v < points[i-1].v || points[i].t <= points[i-1].t {
				t.Fatalf("%s: %v comes after %v", name, points[i], points[i-1])
			}
		}
	}
}

func TestComputedLedgerCountsEveryMinute(t *testing.T) {
	l, c, err := Computed(t.Context(), t.TempDir(), 20, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if want := 20 * 2 * (49*120 + 1); c.Samples < want-50 || c.Samples > want+50 {
		t.Errorf("read %d samples of 40 series over 49 hours, about %d are there", c.Samples, want)
	}
	tick, err := l.Ticks(t.Context(), 3, NoFeed)
	if err != nil {
		t.Fatal(err)
	}
	if tick.CPU <= 0 || tick.Budgets <= 0 || tick.Budgets > tick.CPU {
		t.Errorf("a tick took %v, its budgets %v", tick.CPU, tick.Budgets)
	}
}
