package ledgertest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/slo"
)

// The examples below are worked out on paper. S is 0 and the scrape interval 10 s.
// A series is written as metric{code,label=value}@target and its samples as seconds:value.

func series(t *testing.T, spec, samples string) Series {
	t.Helper()
	head, instance, _ := strings.Cut(spec, "@")
	metric, inner, _ := strings.Cut(strings.TrimSuffix(head, "}"), "{")
	ls := slo.Labels{{Name: slo.MetricName, Value: metric}, {Name: "instance", Value: instance}, {Name: "job", Value: "cart"}, {Name: "shopset", Value: "a-1"}}
	for _, l := range strings.Split(inner, ",") {
		if name, value, more := strings.Cut(l, "="); more {
			ls = append(ls, slo.Label{Name: name, Value: value})
		} else if l != "" {
			ls = append(ls, slo.Label{Name: "code", Value: l})
		}
	}
	slices.SortFunc(ls, compareLabel)
	s := Series{Labels: ls}
	for _, f := range strings.Fields(samples) {
		at, value, _ := strings.Cut(f, ":")
		seconds, err := strconv.ParseFloat(at, 64)
		if err != nil {
			t.Fatal(err)
		}
		v, err := strconv.ParseFloat(value, 64)
		if value == "stale" {
			v, err = stale, nil
		}
		if err != nil {
			t.Fatal(err)
		}
		s.Samples = append(s.Samples, Sample{int64(math.Round(seconds * 1000)), v})
	}
	return s
}

const (
	requests = "http_requests_total"
	up       = UpMetric
	started  = StartTimeMetric
)

type example struct {
	name           string
	series         [][2]string
	first          slo.FirstSample
	start          int64 // S, seconds
	epoch          int64 // seconds added to all times, start times too
	from, to       int64 // seconds; to 0 means 1000
	good, total    float64
	covered        float64 // seconds; -1: not looked at
	flags          string  // kind@first or kind×count@first-last in seconds, by kind; "*": not looked at
	last           float64 // seconds, at now = to; 0: not looked at
	goodAndBadOnly bool
	badAndTotal    bool
	lateData       bool // there is no sample of anything but the series given
}

// oracle makes the oracle of an example.
func (e example) oracle(t *testing.T) *Oracle {
	t.Helper()
	var all []Series
	for _, s := range e.series {
		all = append(all, series(t, s[0], s[1]))
	}
	if !e.lateData { // another target, which is down, shows that the source's data go back to S
		all = append(all, series(t, up+"@anchor", strconv.FormatInt(e.start+1, 10)+":0"))
	}
	for _, s := range all {
		for i := range s.Samples {
			s.Samples[i].T += e.epoch * 1000
			if s.Labels.Get(slo.MetricName) == started {
				s.Samples[i].V += float64(e.epoch)
			}
		}
	}
	r := Rules{Good: Good(), Total: Total(), Interval: 10_000, First: e.first, Start: (e.epoch + e.start) * 1000}
	if e.badAndTotal {
		r.Good, r.Bad = nil, Bad()
	}
	if e.goodAndBadOnly {
		r.Total, r.Bad = nil, Bad()
	}
	o, err := NewOracle(Subject{ID: "a-1", Labels: slo.Labels{{Name: "shopset", Value: "a-1"}}}, r, all)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOracleFollowsTheRulesAsWorkedOutByHand(t *testing.T) {
	for _, e := range slices.Concat(examples, restartExamples, dropExamples, labelExamples) {
		t.Run(e.name, func(t *testing.T) {
			o := e.oracle(t)
			if e.to == 0 {
				e.to = 1000
			}
			from, to := (e.epoch+e.from)*1000, (e.epoch+e.to)*1000
			got := o.Count(from, to)
			want := Counts{Good: e.good, Bad: e.total - e.good, Total: e.total, Covered: int64(e.covered * 1000)}
			if e.covered < 0 {
				want.Covered = got.Covered
			}
			if got != want {
				t.Errorf("got %+v, want %+v; increments %v", got, want, o.Increments(from, to))
			}
			if got := flagText(o.Flags(to), e.epoch); got != e.flags {
				t.Errorf("flags %q, want %q; increments %v", got, e.flags, o.Increments(0, to))
			}
			last, ok := o.LastSample(to)
			if e.last > 0 && (!ok || last != int64(e.last*1000)) {
				t.Errorf("last sample at %d (%v), want %v s", last, ok, e.last)
			}
		})
	}
}

// flagText writes flags as the examples do, in seconds since the epoch given.
func flagText(flags []slo.Flag, epoch int64) string {
	var out []string
	for _, f := range flags {
		text := string(f.Kind)
		if f.Count != 1 {
			text += fmt.Sprintf("×%d", f.Count)
		}
		text += fmt.Sprintf("@%v", float64(f.First.UnixMilli()-epoch*1000)/1000)
		if f.Count != 1 {
			text += fmt.Sprintf("-%v", float64(f.Last.UnixMilli()-epoch*1000)/1000)
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func TestTheSlackIsASetting(t *testing.T) {
	all := []Series{series(t, requests+"{200}@p", "110:7 120:9 130:9"), series(t, started+"@p", "110:50 120:50 130:112")}
	// 112 is no later than 120-5, but later than 120-10: then the 9 counts whole.
	for slack, want := range map[int64]float64{0: 2, 5000: 2, 10_000: 11} {
		o, err := NewOracle(Subject{ID: "a-1", Labels: slo.Labels{{Name: "shopset", Value: "a-1"}}},
			Rules{Good: Good(), Total: Total(), Interval: 10_000, Start: 100_000, Slack: slack}, all)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.Count(100_000, 1_000_000).Total; got != want {
			t.Errorf("slack %d ms: counted %v, want %v", slack, got, want)
		}
	}
}

func TestOracleRefusesWhatTheRulesRefuse(t *testing.T) {
	s := series(t, requests+"{200}@p", "10:1")
	s.Labels = append(s.Labels, slo.Label{Name: "zone", Value: "x"})
	two := []Subject{
		{ID: "by-name", Labels: slo.Labels{{Name: "shopset", Value: "a-1"}}},
		{ID: "by-zone", Labels: slo.Labels{{Name: "zone", Value: "x"}}},
	}
	_, err := NewOracles(two, Rules{Good: Good(), Total: Total(), Interval: 10_000}, []Series{s})
	if err == nil || !strings.Contains(err.Error(), "by-name") || !strings.Contains(err.Error(), "by-zone") {
		t.Errorf("a series of two subjects: got %v, want an error that names both", err)
	}
	if _, err := NewOracle(two[0], Rules{Good: Good(), Interval: 10_000}, nil); err == nil {
		t.Error("one selector alone was accepted")
	}
	s.Samples = []Sample{{10, 1}, {10, 2}}
	if _, err := NewOracle(two[0], Rules{Good: Good(), Total: Total(), Interval: 10_000}, []Series{s}); err == nil {
		t.Error("two samples of one time were accepted")
	}
}

func TestOracleLeavesOutWhatBelongsToNobody(t *testing.T) {
	all := []Series{series(t, requests+"{200}@p", "10:1 20:5"), series(t, "other_total{200}@p", "10:1 20:5")}
	subjects := []Subject{{ID: "b-2", Labels: slo.Labels{{Name: "shopset", Value: "b-2"}}}, {ID: "a-1", Labels: slo.Labels{{Name: "shopset", Value: "a-1"}}}}
	os, err := NewOracles(subjects, Rules{Good: Good(), Total: Total(), Interval: 10_000}, all)
	if err != nil {
		t.Fatal(err)
	}
	if got := os["a-1"].Count(0, 100_000).Total; got != 4 {
		t.Errorf("a-1 counts %v, want 4", got)
	}
	if got := os["b-2"].Count(0, 100_000); got != (Counts{}) {
		t.Errorf("b-2 counts %+v, want nothing", got)
	}
	if _, ok := os["b-2"].LastSample(100_000); ok {
		t.Error("b-2 has a last sample")
	}
}

// TestCoverageEqualsAskingEveryMillisecond asks the definition itself.
func TestCoverageEqualsAskingEveryMillisecond(t *testing.T) {
	for seed := uint64(1); seed <= racetest.Fewer(uint64(40)); seed++ {
		w := Wild(seed)
		os, err := NewOracles(w.Subjects, w.Rules, w.Series)
		if err != nil {
			t.Fatal(err)
		}
		for id, o := range os {
			from, to := w.Rules.Start+int64(seed), w.End+3*w.Rules.Interval
			var signs [][]sign
			for _, p := range o.processes {
				signs = append(signs, p.signs())
			}
			want := int64(0)
			for s := from; s < to; s++ {
				for _, ss := range signs {
					if plainlyScraped(ss, s, w.Rules.Interval) {
						want++
						break
					}
				}
			}
			if got := o.Count(from, to).Covered; got != want {
				t.Errorf("seed %d, %s: covered %d, asked one by one %d", seed, id, got, want)
			}
		}
	}
}

// plainlyScraped walks the signs from the first to the latest at or before s.
func plainlyScraped(signs []sign, s, interval int64) bool {
	scraped := false
	for _, x := range signs {
		if x.at > s {
			break
		}
		scraped = x.positive && s < x.at+2*interval
	}
	return scraped
}

func TestEdgesAreCountsFromTheStart(t *testing.T) {
	for seed := uint64(1); seed <= 200; seed++ {
		w := Wild(seed)
		os, err := NewOracles(w.Subjects, w.Rules, w.Series)
		if err != nil {
			t.Fatal(err)
		}
		for id, o := range os {
			var edges []int64
			for e := w.Rules.Start + 1; e <= w.End+2*w.Rules.Interval; e += 1700 {
				edges = append(edges, e)
			}
			for i, got := range o.Edges(edges) {
				if want := o.Count(w.Rules.Start, edges[i]); got != want {
					t.Fatalf("seed %d, %s, edge %d: %+v, Count says %+v", seed, id, edges[i]-w.Rules.Start, got, want)
				}
			}
		}
	}
}

func TestAnExporterBesideTheCartDoesNotCoverTheCart(t *testing.T) {
	cart, beside := slo.Label{Name: "job", Value: "cart"}, slo.Label{Name: "job", Value: "node"}
	with := func(name, code string, job slo.Label, samples ...Sample) Series {
		ls := slo.Labels{{Name: slo.MetricName, Value: name}, {Name: "code", Value: code}, {Name: "instance", Value: "p"}, job, {Name: "shopset", Value: "a-1"}}
		return Series{Labels: slices.DeleteFunc(ls, func(l slo.Label) bool { return l.Value == "" }), Samples: samples}
	}
	all := []Series{
		with(requests, "200", cart, Sample{10_000, 5}, Sample{20_000, 8}),
		with(up, "", cart, Sample{10_000, 1}, Sample{20_000, 1}, Sample{30_000, 0}),
		with(up, "", beside, Sample{10_000, 1}, Sample{20_000, 1}, Sample{30_000, 1}, Sample{40_000, 1}),
	}
	job := matcher("job", slo.Equal, "cart")
	for _, c := range []struct {
		name        string
		good, total slo.Selector
		covered     int64 // ms
		last        int64
	}{
		// The cart's up is 1 from 10 s until it is 0 at 30 s; the other's lasts until 60 s.
		{"both selectors name the job", append(Good(), job), append(Total(), job), 20_000, 20_000},
		{"one selector names the job", append(Good(), job), Total(), 50_000, 40_000},
		{"they name it in two ways", append(Good(), job), append(Total(), matcher("job", slo.Regexp, "cart")), 50_000, 40_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := NewOracle(Subject{ID: "a-1", Labels: slo.Labels{{Name: "shopset", Value: "a-1"}}}, Rules{Good: c.good, Total: c.total, Interval: 10_000}, all)
			if err != nil {
				t.Fatal(err)
			}
			got := o.Count(0, 1_000_000)
			if last, _ := o.LastSample(1_000_000); got.Covered != c.covered || got.Good != 3 || got.Total != 3 || last != c.last {
				t.Errorf("got %+v, last sample %d; want 3 events, covered %d, last %d", got, last, c.covered, c.last)
			}
		})
	}
}
