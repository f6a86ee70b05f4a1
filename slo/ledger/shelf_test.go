package ledger

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// ledgerOfEdges is the slow truth: every edge's figures, and which edges are stored.
type ledgerOfEdges struct {
	at     map[int64]cum
	stored []int64
}

// newest is the newest stored edge at or before t.
func (o *ledgerOfEdges) newest(t int64) (int64, bool) {
	n, found := slices.BinarySearch(o.stored, t)
	if found {
		return t, true
	}
	if n == 0 {
		return 0, false
	}
	return o.stored[n-1], true
}

func (o *ledgerOfEdges) add(runs []run, res int64) {
	edge := o.stored[len(o.stored)-1]
	now := o.at[edge]
	for _, r := range runs {
		if r.buckets > 1 { // nothing inside of blocks is kept any more
			o.stored = slices.DeleteFunc(o.stored, func(e int64) bool { return e%(res*blockBuckets) != 0 && e != o.stored[0] })
		}
		edge, now = edge+r.buckets*res, now.plus(r)
		o.at[edge] = now
		o.stored = append(o.stored, edge)
	}
}

func TestHistoriesOnAShelfSayWhatEachWouldSayAlone(t *testing.T) {
	const res, span = int64(1000), int64(1000) * blockBuckets
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 30 {
		start := (1000 + r.Int64N(200)) * res
		accts, truths := make([]*account, 1+r.IntN(9)), map[*account]*ledgerOfEdges{}
		for i := range accts {
			accts[i] = &account{id: uint32(i), hist: newHistory(res, start, 0)}
			truths[accts[i]] = &ledgerOfEdges{map[int64]cum{start: {}}, []int64{start}}
		}
		gather(accts)
		for range 40 {
			var outs []*outcome
			for _, a := range accts {
				if r.IntN(12) > 0 {
					outs = append(outs, &outcome{acct: a})
				}
			}
			buckets, wide := 1+r.IntN(150), r.IntN(8) == 0
			for _, o := range outs {
				o.runs = randomRuns(r, o.acct.hist.edge, buckets, wide, res)
				truths[o.acct].add(o.runs, res)
			}
			addAll(outs)
			if r.IntN(5) == 0 {
				gather(accts)
			}
		}
		for i, a := range accts {
			o := truths[a]
			for range 200 {
				at := start - 2*span + r.Int64N(a.hist.edge-start+3*span)
				edge, c, ok := a.hist.upTo(at)
				want, wantOK := o.newest(at)
				if ok != wantOK || ok && (edge != want || c != o.at[want]) {
					t.Fatalf("round %d, account %d: up to %d it says %v at %d, %v; want %v at %d, %v", round, i, at, c, edge, ok, o.at[want], want, wantOK)
				}
			}
		}
	}
}

// randomRuns are buckets from an edge on; wide makes whole blocks of what can be one.
func randomRuns(r *rand.Rand, edge int64, buckets int, wide bool, res int64) (runs []run) {
	for n := int64(buckets); n > 0; {
		x := run{buckets: 1, a: float64(r.IntN(300)), b: float64(r.IntN(1 << r.IntN(34))), miss: r.Int64N(2) * r.Int64N(res)}
		if r.IntN(40) == 0 {
			x.a += r.Float64()
		}
		if wide && n >= blockBuckets && edge%(res*blockBuckets) == 0 {
			x.buckets = blockBuckets
		}
		edge, n = edge+x.buckets*res, n-x.buckets
		runs = append(runs, x)
	}
	return runs
}

func TestAccountsThatGoOnTogetherShareAShelfAgain(t *testing.T) {
	accts := make([]*account, 5)
	for i := range accts {
		accts[i] = &account{id: uint32(i), hist: newHistory(1000, 60_000, 0)}
	}
	gather(accts)
	one := []run{{buckets: 1, b: 1}}
	addAll([]*outcome{{acct: accts[1], runs: one}, {acct: accts[3], runs: one}})
	if accts[1].hist.shelf != accts[3].hist.shelf || accts[1].hist.shelf == accts[0].hist.shelf {
		t.Fatal("the two that went on alone are not on a shelf of their own")
	}
	addAll([]*outcome{{acct: accts[0], runs: one}, {acct: accts[2], runs: one}, {acct: accts[4], runs: one}})
	gather(accts)
	for i, a := range accts {
		if a.hist.shelf != accts[0].hist.shelf || a.hist.newest().b != 1 {
			t.Errorf("account %d: on another shelf, or %v counted", i, a.hist.newest())
		}
	}
}

func TestATickThatNamesAnAccountTwiceIsDamaged(t *testing.T) {
	a := newAccount("key", &Subject{ID: "a"}, nil, 1000, 60_000)
	tick := func(times int) []byte {
		var e encoder
		o := &outcome{acct: a, from: 60_000, facts: a.facts, runs: []run{{buckets: 1, b: 5}}}
		appendTick(&e, slices.Repeat([]*outcome{o}, times), 60_000, 61_000)
		return append([]byte(magic), sealed(e.b)...)
	}
	a.stored = true
	for times, want := range map[int]float64{1: 5, 2: 0} {
		again := newAccount("key", &Subject{ID: "a"}, nil, 1000, 60_000)
		good, _ := replay(tick(times), map[uint32]*account{0: again})
		if got := again.hist.newest().b; got != want || (good > len(magic)) != (want > 0) {
			t.Errorf("named %d times: %v counted, %d bytes are sound", times, got, good)
		}
	}
}
