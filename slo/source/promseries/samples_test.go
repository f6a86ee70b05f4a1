package promseries

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/shopslo/shopslo/slo"
)

// readAll reads in batches of the given size.
func readAll(s *samples, batch int) (ts []int64, vs []float64, err error) {
	t, v := make([]int64, batch), make([]float64, batch)
	for {
		n, err := s.Read(t, v)
		if n == 0 || err != nil {
			return ts, vs, err
		}
		ts, vs = append(ts, t[:n]...), append(vs, v[:n]...)
	}
}

func TestSamplesAgainstPlainFilter(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for round := range 2000 {
		// Chunks of any overlap, in any order, of both kinds.
		var chunks []Chunk
		want := map[int64]float64{}
		first := map[int64]bool{}
		for c := range r.IntN(6) {
			at := r.Int64N(300)
			var ts []int64
			var vs []float64
			for range r.IntN(40) {
				at += 1 + r.Int64N(9)
				ts, vs = append(ts, at), append(vs, float64(1000*c)+float64(r.IntN(5)))
			}
			if len(ts) == 0 {
				chunks = append(chunks, Chunk{XOR: chunkOf(t, nil, nil)})
				continue
			}
			for i, x := range ts {
				if !first[x] {
					first[x], want[x] = true, vs[i]
				}
			}
			chunk := Chunk{Min: ts[0] - r.Int64N(2)*r.Int64N(50), Max: at + r.Int64N(2)*r.Int64N(50), Plain: &Plain{ts, vs}}
			if r.IntN(2) == 0 {
				chunk.XOR, chunk.Plain = chunkOf(t, ts, vs), nil
			}
			chunks = append(chunks, chunk)
		}
		from := r.Int64N(300) - 20
		to := from + r.Int64N(400)
		var times []int64
		for at := range want {
			if at > from && at <= to {
				times = append(times, at)
			}
		}
		slices.Sort(times)
		var s samples
		may := s.reset(from, to, chunks)
		got, values, err := readAll(&s, 1+r.IntN(50))
		if err != nil || !slices.Equal(got, times) {
			t.Fatalf("round %d: (%d, %d]: got %v, %v, want %v", round, from, to, got, err, times)
		}
		for i, at := range got {
			if values[i] != want[at] {
				t.Fatalf("round %d: at %d %v, want %v of the chunk given first", round, at, values[i], want[at])
			}
		}
		if !may && len(times) > 0 {
			t.Fatalf("round %d: Reset said that there is nothing", round)
		}
	}
}

func TestSamplesReportDamage(t *testing.T) {
	ts, vs := []int64{10, 20, 30}, []float64{1, 2, 3}
	good := chunkOf(t, ts, vs)
	cases := []struct {
		name   string
		chunks []Chunk
	}{
		{"a chunk of no bytes", []Chunk{{Max: 30, XOR: []byte{}}}},
		{"a chunk cut short", []Chunk{{Max: 30, XOR: good[:len(good)-1]}}},
		{"a chunk cut short among overlapping ones", []Chunk{{Max: 30, XOR: good}, {Max: 30, XOR: good[:len(good)-1]}}},
		{"a chunk that begins before its stated begin", []Chunk{{Max: 14, Plain: &Plain{[]int64{14}, []float64{1}}}, {Min: 20, Max: 30, XOR: good}}},
		{"a chunk that goes beyond its stated end", []Chunk{{Max: 11, XOR: good}, {Max: 40, Plain: &Plain{[]int64{15, 40}, []float64{1, 1}}}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var s samples
			s.reset(0, 100, c.chunks)
			if _, _, err := readAll(&s, 2); err == nil {
				t.Error("no error")
			}
			if _, err := s.Read(make([]int64, 1), make([]float64, 1)); err == nil {
				t.Error("no error the second time")
			}
		})
	}
}

func TestReduce(t *testing.T) {
	sel := func(matchers ...string) slo.Selector {
		var out slo.Selector
		for _, m := range matchers {
			out = append(out, slo.Matcher{Name: m, Type: slo.NotEqual, Value: "x"})
		}
		return out
	}
	cases := []struct {
		name     string
		in, want []slo.Selector
	}{
		{"none", nil, nil},
		{"a selector with more matchers is covered", []slo.Selector{sel("a"), sel("a", "b")}, []slo.Selector{sel("a")}},
		{"also if it comes first", []slo.Selector{sel("b", "a"), sel("a")}, []slo.Selector{sel("a")}},
		{"equal ones stay once", []slo.Selector{sel("a", "b"), sel("b", "a")}, []slo.Selector{sel("a", "b")}},
		{"different ones stay", []slo.Selector{sel("a", "b"), sel("a", "c")}, []slo.Selector{sel("a", "b"), sel("a", "c")}},
		{"a chain leaves the widest", []slo.Selector{sel("a", "b", "c"), sel("a", "b"), sel("a")}, []slo.Selector{sel("a")}},
		{"the same label with another value is another matcher",
			[]slo.Selector{{{Name: "a", Value: "1"}}, {{Name: "a", Value: "2"}, {Name: "b", Value: "1"}}},
			[]slo.Selector{{{Name: "a", Value: "1"}}, {{Name: "a", Value: "2"}, {Name: "b", Value: "1"}}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := Reduce(c.in); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestInternerGivesOneIdentityPerLabelSet(t *testing.T) {
	var in Interner
	in.Round()
	a := in.Add([]byte("one"), slo.Labels{{Name: "b", Value: "2"}, {Name: "a", Value: "1"}, {Name: "empty"}})
	if id := a.Identity(); id.Labels.String() != `{a="1", b="2"}` || len(id.Labels) != 2 || id.Ref == 0 {
		t.Fatalf("got %v %d", id.Labels, id.Ref)
	}
	if in.Known([]byte("one")) != a || in.Add([]byte("two"), slo.Labels{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}}) != a || in.Known([]byte("two")) != a {
		t.Error("the same labels have another identity")
	}
	if in.Known([]byte("three")) != nil {
		t.Error("bytes never seen are known")
	}
	long := slo.Labels{{Name: "a", Value: string(make([]byte, 20_000))}, {Name: "b", Value: "\x01"}}
	if got := in.Add(nil, long); !slices.Equal(got.Identity().Labels, long) || got.Identity().Ref == a.Identity().Ref {
		t.Error("long values do not survive")
	}
	if in.Add(nil, nil) == a {
		t.Error("no labels are some labels")
	}
}

func TestInternerForgetsWhatIsNotAskedFor(t *testing.T) {
	var in Interner
	in.Round()
	keep := in.Add([]byte("keep"), slo.Labels{{Name: "keep", Value: "1"}})
	for i := range sweepAbove + 10 {
		in.Add([]byte(fmt.Sprint(i)), slo.Labels{{Name: "i", Value: fmt.Sprint(i)}})
	}
	last := in.last
	for range 2*sweepRounds + 1 {
		in.Round()
		if in.Known([]byte("keep")) != keep {
			t.Fatal("it forgot what is asked for")
		}
	}
	if len(in.byLabels) != 1 || len(in.byRaw) != 1 {
		t.Errorf("it remembers %d label sets, want 1", len(in.byLabels))
	}
	if again := in.Add([]byte("5"), slo.Labels{{Name: "i", Value: "5"}}); again.Identity().Ref != last+1 {
		t.Errorf("a forgotten label set came back as %d, want a new ref", again.Identity().Ref)
	}
}
