package promseries

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// aPair are two replicas that watch a process; some have gaps, of a minute to an hour.
func aPair(r *rand.Rand, seconds, late int64, value func(at int64) float64) []seen {
	pair := []seen{{replica: "a"}, {replica: "b"}}
	for i := range pair {
		wrong := r.Int64N(2*late+1) - late // its clock
		for s := r.Int64N(10); s < seconds; s += 10 {
			pair[i].t, pair[i].v = append(pair[i].t, s+wrong+late), append(pair[i].v, value(s))
		}
		for range r.IntN(4) {
			from := r.Int64N(seconds)
			pair[i] = pair[i].without(from, from+60+r.Int64N([]int64{60, 600, 3600}[r.IntN(3)]))
		}
	}
	return pair
}

// randomCuts are the ends of requests.
func randomCuts(r *rand.Rand, seconds int64) (ends []int64) {
	size := []int64{20, 100, 800, 4000}[r.IntN(4)]
	for at := int64(-1); at < seconds; {
		at += 1 + r.Int64N(size)
		ends = append(ends, at)
	}
	return ends
}

// The ledger fetches the next slice while one is counted: that must change nothing.
func TestAnAnswerGatheredAheadIsTheSame(t *testing.T) {
	const seconds = 6000
	for _, metric := range []string{"x_total", "process_start_time_seconds", "up"} {
		for seed := range uint64(120) {
			r := rand.New(rand.NewPCG(seed, 37))
			p := newProcess(r, seconds)
			start := make([]float64, seconds)
			for s := range start {
				if start[s] = born; s > 0 {
					start[s] = start[s-1]
				}
				if p.restart[s] {
					start[s] = born + float64(s)
				}
			}
			pair := aPair(r, seconds, r.Int64N(7), func(at int64) float64 {
				if metric == "x_total" {
					return p.value[at]
				}
				return start[at]
			})
			now, ahead := answering{metric: metric}, answering{metric: metric}
			for _, s := range []*answering{&now, &ahead} {
				s.ask(t, -20, -1, []seen{{"a", []int64{-1}, []float64{start[0]}}, {"b", []int64{-1}, []float64{start[0]}}}) // both are known
			}
			type result struct {
				t   []int64
				v   []float64
				err error
			}
			var want, got []result
			var pending func() ([]int64, []float64, error)
			from := int64(-1)
			turns := r.IntN(2) == 0
			for _, to := range randomCuts(r, seconds) {
				part := cut(pair, from, to)
				if turns && len(part) == 2 {
					part = part[r.IntN(2):][:1]
				}
				ts, vs, err := now.ask(t, from, to, part)
				want = append(want, result{ts, vs, err})
				next := ahead.gather(t, from, to, part)
				if pending != nil {
					ts, vs, err = pending()
					got = append(got, result{ts, vs, err})
				}
				pending, from = next, to
			}
			ts, vs, err := pending()
			got = append(got, result{ts, vs, err})
			for i, w := range want {
				if g := got[i]; !slices.Equal(g.t, w.t) || !slices.Equal(g.v, w.v) || (g.err == nil) != (w.err == nil) {
					t.Fatalf("%s, seed %d, request %d: gathered ahead %v %v %v, else %v %v %v", metric, seed, i, g.t, g.v, g.err, w.t, w.v, w.err)
				}
			}
		}
	}
}

// Wherever requests are cut, and whatever gaps replicas have that are not late: nothing is
// refused, the values are those of the process, and there is one wherever a replica has
// some for longer than it takes to tell a gap.
func TestCutsAndGapsLeaveNoHoleAndNoDrop(t *testing.T) {
	const seconds, interval = 12_000, 10
	checked := 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 47))
		pair := aPair(r, seconds, 0, func(at int64) float64 { return float64(at) })
		var all []int64
		for _, s := range pair {
			all = append(all, s.t...)
		}
		slices.Sort(all)
		var s answering
		var have []int64
		from := int64(-1)
		for _, to := range randomCuts(r, seconds) {
			ts, vs, err := s.ask(t, from, to, cut(pair, from, to))
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for i, at := range ts {
				if vs[i] != float64(at) || len(have) > 0 && at <= have[len(have)-1] {
					t.Fatalf("seed %d: %v at %d", seed, vs[i], at)
				}
				have = append(have, at)
			}
			from = to
		}
		for _, at := range all {
			k, found := slices.BinarySearch(have, at)
			long := k == 0 || at-have[k-1] > (gapIntervals+2)*interval
			if !found && long && (k == len(have) || have[k]-at > interval) {
				t.Fatalf("seed %d: nothing was given out between %d and %d", seed, have[max(0, k-1)], at+interval)
			}
			checked++
		}
	}
	if checked < 50_000 {
		t.Errorf("only %d samples", checked)
	}
}
