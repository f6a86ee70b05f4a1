package promseries

import (
	"math/rand/v2"
	"testing"
)

const born = 1_790_000_000

// cut is what the stream has in (from, to].
func (s seen) cut(from, to int64) seen {
	out := seen{replica: s.replica}
	for k, at := range s.t {
		if at > from && at <= to {
			out.t, out.v = append(out.t, at), append(out.v, s.v[k])
		}
	}
	return out
}

// cut is an answer.
func cut(streams []seen, from, to int64) (part []seen) {
	for _, s := range streams {
		if s = s.cut(from, to); len(s.t) > 0 {
			part = append(part, s)
		}
	}
	return part
}

// without leaves a gap.
func (s seen) without(from, to int64) seen {
	head, tail := s.cut(-1, from), s.cut(to, 1<<40)
	return seen{s.replica, append(head.t, tail.t...), append(head.v, tail.v...)}
}

func one(int64) float64 { return born }

func TestAReplicaWithAGapIsOfTheSameProcess(t *testing.T) {
	for _, gap := range []int64{20, 65, 100, 200, 1000, 3000} {
		for _, gone := range []string{"a", "b"} {
			s := answering{metric: "process_start_time_seconds"}
			streams := []seen{every("a", 10, 4000, one), every("b", 13, 4003, one)}
			for i := range streams {
				if streams[i].replica == gone {
					streams[i] = streams[i].without(500, 500+gap)
				}
			}
			if _, _, err := s.ask(t, 0, 4100, streams); err != nil {
				t.Errorf("%s has a gap of %d s: %v", gone, gap, err)
			}
		}
	}
}

// Two replicas watch a process that restarts now and then, some late by up to four
// intervals, with gaps of a minute to an hour. However requests fall, they are never taken
// for two processes.
func TestStartsOfAPairAreThoseOfOneProcess(t *testing.T) {
	const seconds, interval = 6000, 10
	restarts := 0
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 17))
		starts, start := make([]float64, seconds), float64(born)
		rare := []int{100, 900, 5000}[r.IntN(3)]
		for s := range seconds {
			if s > 0 && r.IntN(rare) == 0 {
				start = born + float64(s)
				restarts++
			}
			starts[s] = start
		}
		pair := []seen{{replica: "a"}, {replica: "b"}}
		for i := range pair {
			late := int64(0)
			if r.IntN(3) == 0 {
				late = r.Int64N(4 * interval)
			}
			for s := r.Int64N(interval); s+late < seconds; s += interval {
				pair[i].t, pair[i].v = append(pair[i].t, s+late), append(pair[i].v, starts[s])
			}
			for range r.IntN(4) {
				from := r.Int64N(seconds)
				pair[i] = pair[i].without(from, from+60+r.Int64N([]int64{60, 600, 3600}[r.IntN(3)]))
			}
		}
		s := answering{metric: "process_start_time_seconds"}
		size := []int64{20, 100, 800, seconds}[r.IntN(4)]
		for from := int64(-1); from < seconds; {
			to := from + 5 + r.Int64N(size)
			if _, _, err := s.ask(t, from, to, cut(pair, from, to)); err != nil {
				t.Fatalf("seed %d, in (%d, %d]: %v", seed, from, to, err)
			}
			from = to
		}
	}
	if restarts < 500 {
		t.Errorf("%d restarts", restarts)
	}
}

// Whatever the requests, two processes are found out soon after they are there together.
func TestTwoProcessesAreFoundOutHoweverRequestsFall(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 27))
		a, b := every("a", 10, 1000, one), every("b", 10+r.Int64N(10), 1000, func(int64) float64 { return born + 2 })
		s := answering{metric: "process_start_time_seconds"}
		size := []int64{10, 60, 300}[r.IntN(3)]
		var refused int64
		for from := int64(0); from < 900 && refused == 0; {
			to := from + 10 + r.Int64N(size)
			if _, _, err := s.ask(t, from, to, cut([]seen{a, b}, from, to)); err != nil {
				refused = to
			}
			from = to
		}
		if refused == 0 || refused > 200+2*size {
			t.Errorf("seed %d: refused at %d", seed, refused)
		}
	}
}

// What replicas say of when a counter was created may differ: that is for the reader to judge.
func TestCreatedTimesOfAPairMayDiffer(t *testing.T) {
	s := answering{metric: "x_created"}
	streams := []seen{every("a", 10, 4000, one), every("b", 13, 4003, func(int64) float64 { return born + 500 })}
	t0, v, err := s.ask(t, 0, 4100, streams)
	if err != nil || len(t0) != 400 || v[0] != v[len(v)-1] {
		t.Errorf("%d samples, %v", len(t0), err)
	}
}
