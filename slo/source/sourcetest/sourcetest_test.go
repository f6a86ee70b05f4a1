package sourcetest

import (
	"math"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/slo"
)

func TestMemory(t *testing.T) {
	const base = 1_790_000_040_000
	Run(t, Backend{Source: &Memory{Data: Data(base)}, Base: base, NoEval: true, NoMerge: true})
}

func TestDiffSeesEachKindOfDifference(t *testing.T) {
	one := Series{Labels: sorted("__name__", "m"), T: []int64{1, 2, 3}, V: []float64{1, math.NaN(), math.Float64frombits(slo.StaleNaN)}}
	of := func(change func(s *Series)) map[string]Series {
		s := one.Clone()
		change(&s)
		return map[string]Series{"m{}": s}
	}
	want := of(func(*Series) {})
	if d := Diff(of(func(*Series) {}), want); d != "" {
		t.Error(d)
	}
	cases := []struct {
		name string
		got  map[string]Series
		says string
	}{
		{"a series is missing", nil, "missing"},
		{"a series is too much", map[string]Series{"m{}": one, "n{}": one}, "not asked for"},
		{"a sample is missing", of(func(s *Series) { s.T, s.V = s.T[:2], s.V[:2] }), "2 samples, want 3"},
		{"a sample is too much", of(func(s *Series) { s.add(4, 4) }), "4 samples, want 3"},
		{"a time stamp differs", of(func(s *Series) { s.T[0]-- }), "sample 0"},
		{"a value differs", of(func(s *Series) { s.V[0] = 2 }), "sample 0"},
		{"a marker has become a plain NaN", of(func(s *Series) { s.V[2] = math.NaN() }), "sample 2"},
		{"a plain NaN has become a marker", of(func(s *Series) { s.V[1] = s.V[2] }), "sample 1"},
		{"a label is lost", of(func(s *Series) { s.Labels = nil }), "labels"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if d := Diff(c.got, want); !strings.Contains(d, c.says) {
				t.Errorf("got %q, want %q in it", d, c.says)
			}
		})
	}
}
