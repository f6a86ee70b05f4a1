package promseries

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/slo"
)

const second = int64(1000) // the tests' scrape interval is ten

// seen is what one stream has in an answer.
type seen struct {
	replica string
	t       []int64 // seconds
	v       []float64
}

// answer gathers one answer and reads its only series; a slice of seen is a part.
type answering struct {
	in     Interner
	metric string
	asIs   bool
}

func (a *answering) ask(t *testing.T, from, to int64, parts ...[]seen) (ts []int64, vs []float64, err error) {
	t.Helper()
	return a.gather(t, from, to, parts...)()
}

// gather gathers an answer, and returns how to read it.
func (a *answering) gather(t *testing.T, from, to int64, parts ...[]seen) (read func() (ts []int64, vs []float64, err error)) {
	t.Helper()
	if a.metric == "" {
		a.metric = "x_total"
	}
	a.in.Drop("replica")
	c := &Collector{Names: &a.in, Interval: 10 * second, AsIs: a.asIs}
	c.Reset(from*second, to*second)
	for _, part := range parts {
		c.BeginPart()
		for _, s := range part {
			ls := slo.Labels{{Name: slo.MetricName, Value: a.metric}, {Name: "replica", Value: s.replica}}
			p := &Plain{V: s.v}
			for _, at := range s.t {
				p.T = append(p.T, at*second)
			}
			at := c.Series(a.in.Add(nil, ls), 0)
			*at = append(*at, Chunk{Max: p.T[len(p.T)-1], Plain: p})
		}
	}
	series := c.Answer()
	if len(series) > 1 {
		t.Fatalf("%d series: %v", len(series), series)
	}
	return func() (ts []int64, vs []float64, err error) {
		for _, s := range series {
			if s.Labels.String() != a.metric+"{}" || s.Ref == 0 {
				t.Errorf("it is %d %v", s.Ref, s.Labels)
			}
			ts, vs, err = readAll(s.Samples.(*samples), 3)
		}
		for i := range ts {
			ts[i] /= second
		}
		c.Remember()
		return ts, vs, err
	}
}

// every gives a stream with a sample each ten seconds.
func every(replica string, from, to int64, value func(at int64) float64) seen {
	s := seen{replica: replica}
	for at := from; at <= to; at += 10 {
		s.t, s.v = append(s.t, at), append(s.v, value(at))
	}
	return s
}

func steady(at int64) float64 { return float64(at) }

func hasSamples(t *testing.T, ts []int64, vs []float64, err error, wantT []int64, wantV []float64) {
	t.Helper()
	if err != nil || !slices.Equal(ts, wantT) || !slices.EqualFunc(vs, wantV, sameFloat) {
		t.Errorf("got %v %v %v, want %v %v", ts, vs, err, wantT, wantV)
	}
}

func sameFloat(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }

func TestOneStreamLeads(t *testing.T) {
	a, b := every("a", 10, 200, steady), every("b", 13, 203, steady)
	ts, vs, err := new(answering).ask(t, 0, 300, []seen{b, a})
	hasSamples(t, ts, vs, err, a.t, a.v)
}

func TestAnotherStreamTakesOverInALongGap(t *testing.T) {
	a := every("a", 10, 50, steady)
	more := every("a", 100, 150, steady)
	a.t, a.v = append(a.t, more.t...), append(a.v, more.v...)
	lagging := func(at int64) float64 { return float64(at) - 9 }
	b := every("b", 43, 203, lagging)
	ts, vs, err := new(answering).ask(t, 0, 300, []seen{a, b})
	// b says 44 at 53: less than a's 50 at 50.
	hasSamples(t, ts, vs, err, append([]int64{10, 20, 30, 40, 50}, b.t[2:]...), append([]float64{10, 20, 30, 40, 50}, b.v[2:]...))
}

func TestAShortGapIsLeftOpen(t *testing.T) {
	a := seen{"a", []int64{10, 20, 40, 50, 70}, []float64{1, 2, 4, 5, 7}}
	ts, vs, err := new(answering).ask(t, 0, 300, []seen{a, every("b", 13, 73, func(at int64) float64 { return float64(at) / 10 })})
	hasSamples(t, ts, vs, err, a.t, a.v)
}

// A replica misses one scrape in a restart, and a counter whose first event is yet to come
// is seen by the other one first: the leader stays, as it does for the start time.
func TestASeriesThatBothLackIsNoGapOfTheLeader(t *testing.T) {
	for _, lacks := range []int64{15, 100, 2000} { // seconds from the restart at 100
		a, b := every("a", 10, 4000, steady).without(91, 100+lacks), every("b", 16, 4000, steady).without(100, 100+lacks-6)
		ts, vs, err := new(answering).ask(t, 0, 4100, []seen{a, b})
		hasSamples(t, ts, vs, err, a.t, a.v)
	}
	a := seen{"a", []int64{10, 20, 41, 51}, []float64{1, 2, 4, 5}} // one scrape missed, the next one late
	ts, vs, err := new(answering).ask(t, 0, 60, []seen{a, every("b", 13, 53, func(at int64) float64 { return float64(at) / 10 })})
	hasSamples(t, ts, vs, err, a.t, a.v)
}

func TestADropOfTheStreamThatTakesOverIsHandedOn(t *testing.T) {
	a := every("a", 10, 50, steady)
	b := every("b", 43, 123, func(at int64) float64 {
		if at >= 73 {
			return float64(at - 70)
		}
		return float64(at - 20)
	})
	ts, vs, err := new(answering).ask(t, 0, 300, []seen{a, b})
	hasSamples(t, ts, vs, err, []int64{10, 20, 30, 40, 50, 73, 83, 93, 103, 113, 123}, []float64{10, 20, 30, 40, 50, 3, 13, 23, 33, 43, 53})
}

// The replicas of a pair answer in turn.
func TestTheLastValueIsRememberedOverRequests(t *testing.T) {
	var s answering
	late := func(at int64) float64 { return float64(at) - 25 }
	ts, vs, err := s.ask(t, 0, 60, []seen{every("a", 10, 60, steady)})
	hasSamples(t, ts, vs, err, []int64{10, 20, 30, 40, 50, 60}, []float64{10, 20, 30, 40, 50, 60})
	ts, vs, err = s.ask(t, 60, 120, []seen{every("b", 63, 113, late)})
	hasSamples(t, ts, vs, err, []int64{93, 103, 113}, []float64{68, 78, 88})
	ts, vs, err = s.ask(t, 120, 180, []seen{every("a", 130, 180, steady)})
	hasSamples(t, ts, vs, err, []int64{130, 140, 150, 160, 170, 180}, []float64{130, 140, 150, 160, 170, 180})
	ts, vs, err = s.ask(t, 180, 200, []seen{every("b", 183, 193, late)})
	hasSamples(t, ts, vs, err, nil, nil)
	ts, vs, err = s.ask(t, 200, 220, []seen{every("b", 203, 213, late)})
	hasSamples(t, ts, vs, err, []int64{213}, []float64{188})
}

// The process restarted while the other replica was to answer.
func TestAResetThatNoStreamShowsIsBelievedAfterAWhile(t *testing.T) {
	var s answering
	s.ask(t, 0, 60, []seen{every("a", 10, 60, func(at int64) float64 { return 1000 + float64(at) })})
	ts, vs, err := s.ask(t, 60, 100, []seen{every("b", 63, 93, steady)})
	hasSamples(t, ts, vs, err, nil, nil)
	ts, vs, err = s.ask(t, 100, 140, []seen{every("b", 103, 133, steady)})
	hasSamples(t, ts, vs, err, []int64{113, 123, 133}, []float64{113, 123, 133})
}

func TestADropSinceTheStreamsOwnLastValueIsHandedOn(t *testing.T) {
	var s answering
	s.ask(t, 0, 60, []seen{every("a", 10, 60, steady)})
	s.ask(t, 60, 100, []seen{every("b", 63, 93, steady)})
	ts, vs, err := s.ask(t, 100, 140, []seen{every("a", 110, 130, func(at int64) float64 { return float64(at - 100) })})
	hasSamples(t, ts, vs, err, []int64{110, 120, 130}, []float64{10, 20, 30})
}

func TestTheLeaderStays(t *testing.T) {
	var s answering
	a, b := every("a", 130, 150, steady), every("b", 133, 153, steady)
	s.ask(t, 0, 60, []seen{every("b", 13, 53, steady)})
	s.ask(t, 60, 120, []seen{every("a", 70, 120, steady), every("b", 63, 113, steady)})
	ts, vs, err := s.ask(t, 120, 160, []seen{a, b})
	hasSamples(t, ts, vs, err, b.t, b.v)
}

// A signs' value may fall: up is 0 where the other replica's was 1.
func TestSignsMayFall(t *testing.T) {
	s := answering{metric: "up"}
	s.ask(t, 0, 60, []seen{every("a", 10, 60, func(int64) float64 { return 1 })})
	ts, vs, err := s.ask(t, 60, 90, []seen{every("b", 63, 83, func(int64) float64 { return 0 })})
	hasSamples(t, ts, vs, err, []int64{63, 73, 83}, []float64{0, 0, 0})
}

func TestPartsOfTwoReplicasAreOneSeries(t *testing.T) {
	var s answering
	ts, vs, err := s.ask(t, 0, 120, []seen{every("a", 10, 60, steady)}, []seen{every("b", 63, 113, func(at int64) float64 { return float64(at - 10) })})
	hasSamples(t, ts, vs, err, []int64{10, 20, 30, 40, 50, 60, 73, 83, 93, 103, 113}, []float64{10, 20, 30, 40, 50, 60, 63, 73, 83, 93, 103})
}

func TestTwoProcessesAreRefused(t *testing.T) {
	half := func(at int64) float64 { return float64(at) / 2 }
	restart := func(when int64) func(int64) float64 {
		return func(at int64) float64 { return float64((at - when + 10_000_000) % 10_000_000) }
	}
	const born = 1_790_000_000
	cases := []struct {
		name    string
		metric  string
		a, b    seen
		refused bool
	}{
		{"counts beyond growth", "x_total", every("a", 10, 500, steady), every("b", 13, 503, half), true},
		{"one that counts much more, after a while", "x_total", every("a", 10, 500, steady), every("b", 13, 503, func(at int64) float64 { return 3 * float64(at) }), true},
		{"a replica that lags", "x_total", every("a", 10, 500, steady), every("b", 13, 503, func(at int64) float64 { return float64(at) - 30 }), false},
		{"a restart that both see", "x_total", every("a", 10, 500, restart(95)), every("b", 13, 503, restart(95)), false},
		{"counts rounded", "x_total", every("a", 10, 500, func(int64) float64 { return 1e15 + 1 }), every("b", 13, 503, func(int64) float64 { return 1e15 }), false},
		{"too short to tell", "x_total", every("a", 10, 60, steady), every("b", 13, 63, half), false},
		{"streams one after the other", "x_total", every("a", 10, 200, steady), every("b", 213, 403, half), false},
		{"starts that differ", "process_start_time_seconds", every("a", 10, 150, func(int64) float64 { return born }), every("b", 13, 153, func(int64) float64 { return born + 7 }), true},
		{"starts within a second", "process_start_time_seconds", every("a", 10, 150, func(int64) float64 { return born }), every("b", 13, 153, func(int64) float64 { return born + 0.9 }), false},
		{"a restart that one sees first", "process_start_time_seconds",
			every("a", 10, 200, func(at int64) float64 { return born + float64(at/100*100) }),
			every("b", 13, 203, func(at int64) float64 { return born + float64((at-15)/100*100) }), false},
		{"a gauge of the target", "up", every("a", 10, 500, func(int64) float64 { return 1 }), every("b", 13, 503, func(int64) float64 { return 0 }), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := (&answering{metric: c.metric}).ask(t, 0, 600, []seen{c.a, c.b})
			var series *slo.SeriesError
			if errors.As(err, &series) != c.refused || err != nil != c.refused {
				t.Fatalf("refused %v, want %v: %v", err != nil, c.refused, err)
			}
			if c.refused {
				for _, says := range []string{`replica="a"`, `replica="b"`, "replica_labels", c.metric + "{}"} {
					if !strings.Contains(err.Error(), says) {
						t.Errorf("%q does not say %s", err, says)
					}
				}
			}
		})
	}
	t.Run("over short requests", func(t *testing.T) {
		var s answering
		refused := -1
		for k := range int64(20) {
			_, _, err := s.ask(t, 60*k, 60*k+60, []seen{every("a", 60*k+10, 60*k+60, steady), every("b", 60*k+3, 60*k+53, half)})
			if err != nil && refused < 0 {
				refused = int(k)
			}
		}
		if refused < 0 || refused > 4 {
			t.Errorf("refused at request %d", refused)
		}
	})
}

func TestResultsOfExpressionsAreJoined(t *testing.T) {
	s := answering{asIs: true}
	ts, vs, err := s.ask(t, 0, 60, []seen{{"a", []int64{10, 30}, []float64{5, 1}}, {"b", []int64{10, 20, 30, 40}, []float64{9, 9, 9, 2}}})
	hasSamples(t, ts, vs, err, []int64{10, 20, 30, 40}, []float64{5, 9, 1, 2})
}

func TestLabelsOutsideIdentity(t *testing.T) {
	label := func(pairs ...string) (ls slo.Labels) {
		for i := 0; i < len(pairs); i += 2 {
			ls = append(ls, slo.Label{Name: pairs[i], Value: pairs[i+1]})
		}
		return ls
	}
	var in Interner
	in.Drop("replica")
	a := in.Add(nil, label("__name__", "m", "le", "1", "replica", "a", "cluster", "eu"))
	b := in.Add(nil, label("cluster", "eu", "le", "1.0", "replica", "b", "__name__", "m"))
	if a == b || a.Identity() != b.Identity() || a.Identity().Labels.String() != `m{cluster="eu", le="1"}` {
		t.Fatalf("%v and %v", a.Identity().Labels, b.Identity().Labels)
	}
	in.Learn("cluster")
	if got := a.Identity(); got != b.Identity() || got.Labels.String() != `m{le="1"}` {
		t.Errorf("learnt: %v", got.Labels)
	}
	// A selector names it: it is part of identities for good.
	m, _ := slo.NewMatcher("cluster", slo.NotEqual, "us")
	in.Name([]slo.Selector{{m}})
	in.Learn("cluster")
	if got := a.Identity(); got != b.Identity() || got.Labels.String() != `m{cluster="eu", le="1"}` {
		t.Errorf("named: %v", got.Labels)
	}
	refs := map[uint64]string{}
	for _, s := range []*Stream{a, b, in.Add(nil, label("__name__", "n"))} {
		id := s.Identity()
		if name, ok := refs[id.Ref]; ok && name != id.Labels.String() {
			t.Errorf("ref %d is %s and %v", id.Ref, name, id.Labels)
		}
		refs[id.Ref] = id.Labels.String()
	}
}

func TestALearnedLabelWithTwoValuesInOneAnswerTellsSeriesApart(t *testing.T) {
	answer := func(in *Interner, part bool, clusters ...string) []string {
		c := Collector{Names: in}
		c.Reset(0, 100)
		for _, cluster := range clusters {
			s := in.Add(nil, slo.Labels{{Name: "__name__", Value: "m"}, {Name: "cluster", Value: cluster}})
			at := c.Series(s, 0)
			*at = append(*at, Chunk{Max: 10, Plain: &Plain{[]int64{10}, []float64{1}}})
			if part {
				c.BeginPart()
			}
		}
		var out []string
		for _, s := range c.Answer() {
			out = append(out, s.Labels.String())
		}
		return out
	}
	var in Interner
	in.Learn("cluster")
	for _, cluster := range []string{"eu", "us"} { // servers of a pair in turn
		if got := answer(&in, false, cluster); fmt.Sprint(got) != "[m{}]" {
			t.Errorf("%v", got)
		}
	}
	if got := answer(&in, true, "eu", "us"); fmt.Sprint(got) != "[m{}]" {
		t.Errorf("in two parts: %v", got)
	}
	want := `[m{cluster="eu"} m{cluster="us"}]`
	if got := answer(&in, false, "eu", "us"); fmt.Sprint(got) != want {
		t.Errorf("%v, want %v", got, want)
	}
	if got := answer(&in, false, "eu"); fmt.Sprint(got) != `[m{cluster="eu"}]` {
		t.Errorf("it was forgotten: %v", got)
	}
}

func TestAStreamThatCannotBeReadFailsAlone(t *testing.T) {
	var in Interner
	c := Collector{Names: &in}
	c.Reset(0, 100)
	for _, name := range []string{"good", "bad"} {
		s := in.Add(nil, slo.Labels{{Name: "__name__", Value: name}})
		at := c.Series(s, 0)
		*at = append(*at, Chunk{Max: 10, Plain: &Plain{[]int64{10}, []float64{1}}})
		if name == "bad" {
			c.Refuse(s, 0, NoFloats)
		}
	}
	for _, s := range c.Answer() {
		_, _, err := readAll(s.Samples.(*samples), 3)
		var failure *slo.SeriesError
		if bad := s.Labels.Get(slo.MetricName) == "bad"; errors.As(err, &failure) != bad || err != nil != bad {
			t.Errorf("%v: %v", s.Labels, err)
		}
	}
	c.Remember()
}
