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
	first  int64 // where it began
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
		edge, now = edge+r.buckets*res, now.plus(r)
		o.at[edge] = now
		o.stored = append(o.stored, edge)
	}
}

// trim drops edges inside of the blocks that end by fineFrom, and all before the one that
// holds keepFrom, but none before an edge inside of a block.
func (o *ledgerOfEdges) trim(fineFrom, keepFrom, shift, span int64) {
	begin := func(e int64) int64 { return e - ((e-shift)%span+span)%span }
	open := begin(o.stored[len(o.stored)-1])
	inside := func(e int64) bool { return begin(e) != e && e != o.first }
	o.stored = slices.DeleteFunc(o.stored, func(e int64) bool {
		return inside(e) && begin(e) < open && begin(e)+span <= fineFrom
	})
	keep := min(begin(keepFrom), open)
	for _, e := range o.stored {
		if inside(e) && begin(e) < open {
			keep = min(keep, begin(e))
		}
	}
	o.stored = slices.DeleteFunc(o.stored, func(e int64) bool { return e < keep })
}

func TestHistoriesOnAShelfSayWhatEachWouldSayAlone(t *testing.T) {
	const res, span = int64(1000), int64(1000) * blockBuckets
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 30 {
		start, shift := (1000+r.Int64N(200))*res, int64(0)
		if round%2 == 1 {
			shift = r.Int64N(blockBuckets) * res
		}
		if round%5 == 4 { // less than a block from 1970
			start = r.Int64N(blockBuckets) * res
		}
		accts, truths := make([]*account, 1+r.IntN(9)), map[*account]*ledgerOfEdges{}
		for i := range accts {
			accts[i] = &account{id: uint32(i), hist: newHistory(res, start, shift)}
			truths[accts[i]] = &ledgerOfEdges{map[int64]cum{start: {}}, []int64{start}, start}
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
				o.runs = randomRuns(r, o.acct.hist.edge, buckets, wide, res, shift)
				truths[o.acct].add(o.runs, res)
			}
			addAll(outs)
			if r.IntN(5) == 0 {
				gather(accts)
			}
			if r.IntN(5) == 0 {
				trimAll(r, accts, truths)
			}
			if r.IntN(5) == 0 {
				for _, a := range accts {
					readAgain(t, a)
				}
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

// trimAll trims each shelf, and the truths of its accounts.
func trimAll(r *rand.Rand, accts []*account, truths map[*account]*ledgerOfEdges) {
	for _, a := range accts {
		s := a.hist.shelf
		if a.hist.column != 0 {
			continue
		}
		fineFrom := s.edge - r.Int64N(10*s.span())
		keepFrom := fineFrom - r.Int64N(20*s.span())
		s.trim(fineFrom, keepFrom)
		for _, other := range accts {
			if other.hist.shelf == s {
				truths[other].trim(fineFrom, keepFrom, s.shift, s.span())
			}
		}
	}
}

// readAgain writes an account's history and goes on with what is read of it.
func readAgain(t *testing.T, a *account) {
	t.Helper()
	var e encoder
	appendHistory(&e, a.hist)
	d := &decoder{b: e.b, version: newestFormat}
	h := readHistory(d, a.hist.res, a.hist.shift)
	if err := d.end(); err != nil {
		t.Fatal(err)
	}
	a.hist = h
}

// randomRuns are buckets from an edge on; wide makes whole blocks of what can be one.
func randomRuns(r *rand.Rand, edge int64, buckets int, wide bool, res, shift int64) (runs []run) {
	for n := int64(buckets); n > 0; {
		x := run{buckets: 1, a: float64(r.IntN(300)), b: float64(r.IntN(1 << r.IntN(34))), miss: r.Int64N(2) * r.Int64N(res)}
		if r.IntN(40) == 0 {
			x.a += r.Float64()
		}
		if wide && n >= blockBuckets && (edge-shift)%(res*blockBuckets) == 0 {
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
