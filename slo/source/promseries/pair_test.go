package promseries

import (
	"math/rand/v2"
	"testing"
)

// process is a counter that restarts now and then; its truth is known each second.
type process struct {
	value   []float64
	restart []bool
}

func newProcess(r *rand.Rand, seconds int) process {
	p := process{value: make([]float64, seconds), restart: make([]bool, seconds)}
	v := 10_000.0 // it has run for long
	for s := range seconds {
		if v += float64(r.IntN(10)); s > 0 && r.IntN(900) == 0 {
			v, p.restart[s] = 0, true
		}
		p.value[s] = v
	}
	return p
}

// growth is what the process counted after one second up to another.
func (p process) growth(from, to int64) (sum float64) {
	for s := from + 1; s <= to; s++ {
		if p.restart[s] {
			sum += p.value[s]
		} else {
			sum += p.value[s] - p.value[s-1]
		}
	}
	return sum
}

// Two replicas watch a process, with clocks some seconds apart and gaps. However requests
// fall, and whoever answers, what is counted from the one series is what the process did:
// never a lifetime twice. What a restart took with it, and what replicas did not see, may
// be missing.
func TestAPairCountsWhatOneProcessDid(t *testing.T) {
	const seconds, interval = 4000, 10
	restarts, lost, all := 0, 0.0, 0.0
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 7))
		p := newProcess(r, seconds)
		names := []string{"a", "b"}
		var have [2]seen
		for i := range have {
			have[i].replica = names[i]
			skew, gap, length := r.Int64N(13)-6, r.Int64N(seconds), int64(0)
			if r.IntN(2) == 0 {
				length = r.Int64N(300)
			}
			for s := 20 + r.Int64N(interval); s < seconds-20; s += interval {
				if at := s + skew; s < gap || s > gap+length {
					have[i].t, have[i].v = append(have[i].t, at), append(have[i].v, p.value[s])
				}
			}
		}
		var s answering
		var first, last int64 = -1, 0
		var before, counted float64
		both := r.IntN(3) == 0
		for from := int64(0); from < seconds; {
			to := from + 5 + r.Int64N([]int64{20, 100, 800}[r.IntN(3)])
			var part []seen
			who := r.IntN(2)
			for i := range have {
				if !both && i != who {
					continue
				}
				cut := seen{replica: names[i]}
				for k, at := range have[i].t {
					if at > from && at <= to {
						cut.t, cut.v = append(cut.t, at), append(cut.v, have[i].v[k])
					}
				}
				if len(cut.t) > 0 {
					part = append(part, cut)
				}
			}
			ts, vs, err := s.ask(t, from, to, part)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for k, at := range ts {
				switch {
				case at <= last:
					t.Fatalf("seed %d: sample at %d after %d", seed, at, last)
				case first < 0:
					first = at
				case vs[k] < before:
					counted += vs[k]
				default:
					counted += vs[k] - before
				}
				before, last = vs[k], at
			}
			from = to
		}
		// The clocks of the replicas may be wrong by six seconds at both ends.
		most := p.growth(max(0, first-13), min(seconds-1, last+13))
		if counted > most {
			t.Errorf("seed %d (both %v): counted %v of %v", seed, both, counted, most)
		}
		for _, x := range p.restart {
			if x {
				restarts++
			}
		}
		lost, all = lost+max(0, p.growth(first, last)-counted), all+most
	}
	t.Logf("%d restarts, %.2f %% lost", restarts, 100*lost/all)
	if restarts < 500 || lost > all/20 {
		t.Errorf("%d restarts, %v of %v lost", restarts, lost, all)
	}
}
