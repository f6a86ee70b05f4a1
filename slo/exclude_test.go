package slo

import (
	"math/rand/v2"
	"testing"
	"time"
)

// minutes is an account of random minutes from 1970 on, of which only every tenth edge
// is kept before a time, as a ledger does.
type minutes struct {
	good, total []float64
	covered     []bool
	coarse      int // edges below this minute are multiples of ten, and shift more
	shift       int
}

func randomMinutes(r *rand.Rand, n int) minutes {
	m := minutes{make([]float64, n), make([]float64, n), make([]bool, n), r.IntN(n)/10*10 + 10, r.IntN(10)}
	for i := range n {
		if m.covered[i] = r.IntN(5) > 0; m.covered[i] {
			m.total[i] = float64(r.IntN(100))
			m.good[i] = float64(r.IntN(int(m.total[i]) + 1))
		}
	}
	return m
}

func (m minutes) edge(t time.Time) int {
	e := int(t.Unix() / 60)
	if e < m.coarse {
		e = max(0, e-((e-m.shift)%10+10)%10)
	}
	return e
}

// count adds up minute by minute, those that are out left out.
func (m minutes) count(from, to int, out func(int) bool) Counts {
	c := Counts{Start: time.Unix(int64(from)*60, 0), End: time.Unix(int64(to)*60, 0)}
	for i := from; i < to; i++ {
		switch {
		case out(i):
			c.Excluded += time.Minute
		case m.covered[i]:
			c.Good, c.Total, c.Covered = c.Good+m.good[i], c.Total+m.total[i], c.Covered+time.Minute
		}
	}
	return c
}

func (m minutes) account() Account {
	return Account{Edges: 10 * time.Minute, EdgeShift: time.Duration(m.shift) * time.Minute, End: time.Unix(int64(len(m.good))*60, 0),
		Counts: func(_ int, from, to time.Time) Counts {
			return m.count(m.edge(from), m.edge(to), func(int) bool { return false })
		}}
}

func TestWhatIsLeftOutEqualsACountMinuteByMinute(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		const n = 400
		m := randomMinutes(r, n)
		at := func() time.Time { return time.Unix(int64(r.IntN(n*60)), 0) }
		var spans []Span
		out := map[int]bool{}
		for range r.IntN(4) {
			s := Span{From: at(), Until: at()}
			spans = append(spans, s)
			if !s.From.Before(s.Until) {
				continue
			}
			from := int(s.From.Unix() / 60)
			from -= ((from-m.shift)%10 + 10) % 10
			for i := from; int64(i)*60 < s.Until.Unix() || (i-m.shift)%10 != 0; i++ {
				out[i] = true
			}
		}
		account := m.account().Without(spans)
		for range 20 {
			from, to := at(), at()
			if to.Before(from) {
				from, to = to, from
			}
			want := m.count(m.edge(from), m.edge(to), func(i int) bool { return out[i] })
			if got := account.Counts(0, from, to); got != want {
				t.Fatalf("(%v, %v] without %v:\n got %+v\nwant %+v", from.Unix(), to.Unix(), spans, got, want)
			}
		}
	}
}

func TestTheFiguresStayWhenOnlyEveryTenthEdgeIsKept(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	m := randomMinutes(r, 400)
	span := []Span{{From: time.Unix(125*60, 0), Until: time.Unix(131*60, 0)}}
	for _, m.shift = range []int{0, 6} {
		var seen []Counts
		for _, m.coarse = range []int{10, 400} {
			seen = append(seen, m.account().Without(span).Counts(0, time.Unix(0, 0), time.Unix(int64(380+m.shift)*60, 0)))
		}
		if seen[0] != seen[1] || seen[0].Excluded != 20*time.Minute {
			t.Errorf("edges later by %d: before %+v, after %+v", m.shift, seen[0], seen[1])
		}
	}
}

func TestASpanIsWidenedNoFurtherThanItSays(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	m := randomMinutes(r, 400)
	m.shift = 0
	minute := func(n int) time.Time { return time.Unix(int64(n)*60, 0) }
	for _, c := range []struct {
		name     string
		span     Span
		coarse   int // edges below are multiples of ten
		from, to int // what is left out
	}{
		{"fine edges on both sides", Span{From: minute(125), Until: minute(131), NotBefore: minute(125), NotAfter: minute(131)}, 10, 125, 131},
		{"a limit at the end alone", Span{From: minute(125), Until: minute(131), NotAfter: minute(131)}, 10, 120, 131},
		{"a limit further than the next edge", Span{From: minute(125), Until: minute(131), NotAfter: minute(150)}, 10, 120, 140},
		{"only every tenth edge is left", Span{From: minute(125), Until: minute(147), NotBefore: minute(125), NotAfter: minute(147)}, 400, 130, 140},
		{"only every tenth edge is left, and none within", Span{From: minute(125), Until: minute(129), NotBefore: minute(125), NotAfter: minute(129)}, 400, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.coarse = c.coarse
			got := m.account().Without([]Span{c.span}).Counts(0, minute(0), minute(380))
			if want := m.count(0, 380, func(i int) bool { return i >= c.from && i < c.to }); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestCoverageIsOfWhatIsNotLeftOut(t *testing.T) {
	c := Counts{Start: time.Unix(0, 0), End: time.Unix(600, 0), Covered: 270 * time.Second, Excluded: 300 * time.Second}
	if c.Coverage() != 0.9 {
		t.Errorf("coverage %v, want 0.9", c.Coverage())
	}
	c.Covered, c.Excluded = 0, 600*time.Second
	if c.Coverage() != 0 {
		t.Errorf("coverage %v where all has been left out, want 0", c.Coverage())
	}
}

func TestAnAccountSaysWhatItLeftOut(t *testing.T) {
	m := minutes{make([]float64, 60), make([]float64, 60), make([]bool, 60), 10, 0}
	a := m.account()
	a.Notes = append(make([]string, 0, 4), "doubt")
	b := a.Without([]Span{{From: time.Unix(60, 0), Until: time.Unix(120, 0)}, {From: time.Unix(7200, 0), Until: time.Unix(7260, 0)}})
	if len(b.Notes) != 2 || b.Notes[1] != "left out: 1970-01-01T00:00:00Z to 1970-01-01T00:10:00Z" || len(a.Notes) != 1 {
		t.Errorf("notes %q and before %q", b.Notes, a.Notes)
	}
}
