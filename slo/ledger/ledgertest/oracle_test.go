package ledgertest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/slo"
)

// The examples below are worked out on paper. S is 0 and the scrape interval 10 s.
// A series is written as metric{code}@target and its samples as seconds:value.

func series(t *testing.T, spec, samples string) Series {
	t.Helper()
	head, instance, _ := strings.Cut(spec, "@")
	metric, code, _ := strings.Cut(strings.TrimSuffix(head, "}"), "{")
	p := &pod{job: "cart", instance: instance}
	s := Series{Labels: podLabels(metric, p, "a-1", code, "")}
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
	from, to       int64 // seconds; to 0 means 1000
	good, total    float64
	covered        float64 // seconds; -1: not looked at
	flags          string // kind@first or kind×count@first-last in seconds, by kind; "*": not looked at
	last           float64 // seconds, at now = to; 0: not looked at
	goodAndBadOnly bool
	badAndTotal    bool
	lateData       bool // there is no sample of anything but the series given
}

var examples = []example{
	{name: "an account without samples has nothing", covered: 0},
	{
		// The first, 100, is where the ledger begins (10 <= 2*10). 120-100 + 125-120 = 25.
		// Signs at 10, 20, 30, each good for 20 s: covered 10 to 50.
		name:   "increases are summed and the first sample is the base",
		series: [][2]string{{requests + "{200}@p", "10:100 20:120 30:125"}},
		good:   25, total: 25, covered: 40, last: 30,
	},
	{
		// Pairs (10,20] and (20,30]; only the second ends in (20, 30]. Covered 20 to 30.
		name:   "an increment belongs to its later sample and a span excludes its start",
		series: [][2]string{{requests + "{200}@p", "10:100 20:120 30:125"}},
		from:   20, to: 30, good: 5, total: 5, covered: 10,
	},
	{
		// 7-5 = 2, then 3 < 7: 3, then 4-3 = 1.
		name:   "a value that drops counts whole",
		series: [][2]string{{requests + "{200}@p", "10:5 20:7 30:3 40:4"}},
		good:   6, total: 6, covered: 50,
	},
	{
		// The markers, the NaN, the -1 and the Inf are not there; 8-5 = 3 over the gap.
		// Signs 10 and 100: covered 10-30 and 100-120.
		name:   "staleness markers, gaps and impossible values keep the previous value",
		series: [][2]string{{requests + "{200}@p", "10:5 20:stale 30:NaN 40:-1 50:+Inf 100:8"}},
		good:   3, total: 3, covered: 40,
	},
	{
		// Nothing at or before S: the sample at 0 is not seen, 10 is the first.
		name:   "a sample at S is not seen",
		series: [][2]string{{requests + "{200}@p", "0:1 10:5 20:6"}},
		good:   1, total: 1, covered: 30,
	},
	{
		// S is 100. The process of 50 s is older: the first samples are the base. 500 reads
		// 1, 1, 1: the start time moves from 50 to 125 s at 130, in (120, 130]: counts 1.
		// 200: 4-3, then 9 (not 9-4 = 5). Total 1 + 9 + 1 = 11. Covered 110 to 150.
		name: "a moved start time resets what shows no drop",
		series: [][2]string{
			{requests + "{200}@p", "110:3 120:4 130:9"}, {requests + "{500}@p", "110:1 120:1 130:1"},
			{started + "@p", "110:50 120:50 130:125"}},
		start: 100, good: 10, total: 11, covered: 40,
	},
	{
		// S is 100. It moves at 120 (to 115) and at 130 (to 125); 500's pair (110, 140]
		// holds both and counts 2 once.
		name:   "two moves in a pair are one reset",
		series: [][2]string{{requests + "{500}@p", "110:1 140:2"}, {started + "@p", "110:50 120:115 130:125 140:125"}},
		start:  100, good: 0, total: 2, covered: -1,
	},
	{
		// -1 is no start time, so that 3 is base. From 20 to 30 it moves by exactly 1: 4-3, 9-4.
		name:   "a start time that shifts by one second is a clock correction",
		series: [][2]string{{requests + "{200}@p", "10:3 20:4 30:9"}, {started + "@p", "10:-1 20:24 30:25"}},
		good:   1 + 5, total: 1 + 5, covered: 40,
	},
	{
		// As before, but by 1.25 s: 4-3, then 9.
		name:   "a start time that shifts by more than one second is a restart",
		series: [][2]string{{requests + "{200}@p", "10:3 20:4 30:9"}, {started + "@p", "10:-1 20:24 30:25.25"}},
		good:   1 + 9, total: 1 + 9, covered: 40,
	},
	{
		// The start time was 5 s at 10 and is 25 s at 40, and the sample before that lies
		// before ta = 30. At t = 5 there is no start time yet: 1 is base. 3-1, then 3.
		name:   "the start time before a move may lie before the pair",
		series: [][2]string{{requests + "{200}@p", "5:1 30:3 50:3"}, {started + "@p", "10:5 40:25"}},
		good:   2 + 3, total: 2 + 3, covered: -1,
	},
	{
		// First start-time sample at 25 is no move: 4-3 = 1.
		name:   "a target's first start time is no move",
		series: [][2]string{{requests + "{200}@p", "10:3 20:3 30:4"}, {started + "@p", "25:24"}},
		good:   1, total: 1, covered: 40,
	},
	{
		// -1 is no start time; from 10 s at 15 to 19 s at 20 is a move at 20, which lies
		// in (10, 20]: 7, and not in (20, 30]: 8-7.
		name:   "a move at the earlier sample belongs to the pair before",
		series: [][2]string{{requests + "{200}@p", "10:5 20:7 30:8"}, {started + "@p", "10:-1 15:10 20:19"}},
		good:   8, total: 8, covered: 40,
	},
	{
		// The greatest of both time stamps is 100 s: no move, 7-5. It is later than S: 5 counts.
		// (The least would move from 90 to 20.)
		name: "several start times of one time stamp are one, the greatest",
		series: [][2]string{{requests + "{200}@p", "10:5 20:7"},
			{started + "{x}@p", "10:100 20:20"}, {started + "{y}@p", "10:90 20:100"}},
		good: 5 + 2, total: 5 + 2, covered: 30,
	},
	{
		// 200 drops in (20, 30], inside 500's pair (20, 30]: 500 counts 1 though it reads
		// 1 before and after. 200: base, 4-3, 2. Total 1+2+1.
		name: "a sibling's drop resets a series that reads the same",
		series: [][2]string{
			{requests + "{200}@p", "10:3 20:4 30:2"}, {requests + "{500}@p", "10:1 20:1 30:1"}},
		good: 3, total: 4, covered: 40,
	},
	{
		// 200's drop spans (10, 40], more than 500's pairs (10, 20], (20, 40]: 500 counts
		// nothing. 200 counts 2.
		name: "a sibling's drop that spans more than the pair says nothing",
		series: [][2]string{
			{requests + "{200}@p", "10:3 40:2"}, {requests + "{500}@p", "10:1 20:1 40:1"}},
		good: 2, total: 2, covered: -1,
	},
	{
		// The pair (10, 40] of 500 holds 200's drop (20, 30]: counts 1. 200: 0 + 2 + 0.
		name: "a sibling's drop within a wider pair counts",
		series: [][2]string{
			{requests + "{200}@p", "10:3 20:3 30:2 40:2"}, {requests + "{500}@p", "10:1 40:1"}},
		good: 2, total: 3, covered: -1,
	},
	{
		name: "the drop of another target or metric says nothing",
		series: [][2]string{
			{requests + "{500}@p", "10:1 20:1"}, {requests + "{200}@q", "10:3 20:2"}, {"rpc_requests_total{200}@p", "10:7 20:6"}},
		good: 2 + 6, total: 2 + 6, covered: 30,
	},
	{
		// -5 at 20 is no start time and 0.5 comes at 21, after tb: the sibling rule holds.
		name: "a start time after the later sample leaves the sibling rule in force",
		series: [][2]string{
			{requests + "{200}@p", "10:3 20:2"}, {requests + "{500}@p", "10:1 20:1"}, {started + "@p", "20:-5 21:0.5"}},
		good: 2, total: 3, covered: -1,
	},
	{
		name: "a start time at the later sample silences the sibling rule",
		series: [][2]string{
			{requests + "{200}@p", "10:3 20:2"}, {requests + "{500}@p", "10:1 20:1"}, {started + "@p", "20:0.5"}},
		good: 2, total: 2, covered: -1,
	},
	{
		// At 10 up is 1, so at 20 the target is known: 500 appears with 2, all counted.
		// 200's first at 10 is base. 6-4 = 2.
		name: "a series that appears on a known target counts from zero",
		series: [][2]string{
			{requests + "{200}@p", "10:4 20:6"}, {requests + "{500}@p", "20:2"}, {up + "@p", "10:1 20:1"}},
		good: 2, total: 4, covered: 30,
	},
	{
		// Any metric of the account makes the target known, strictly before: 200 at 50 does
		// not for 500 at 50, rpc at 40 does for both. rpc's own first, 9, is flagged.
		name: "any of the account's series makes a target known",
		series: [][2]string{
			{requests + "{200}@p", "50:4"}, {requests + "{500}@p", "50:2"}, {"rpc_requests_total{200}@p", "40:9"}},
		good: 4, total: 6, covered: 30, flags: "unknown_first_sample",
	},
	{
		// up 0 at 40 and up 1 at 50 itself do not make it known at 50.
		name:   "a target is not known by a failed scrape or by the same one",
		series: [][2]string{{requests + "{200}@p", "50:4"}, {up + "@p", "40:0 50:1"}},
		good:   0, total: 0, covered: 20, flags: "unknown_first_sample", last: 50,
	},
	{
		// S is 100. The process of 80 s is not new, but its start time at 140 makes p known
		// at 150. q's comes at 150 itself: unknown.
		name: "an old process's earlier start time makes a target known",
		series: [][2]string{{requests + "{200}@p", "150:4"}, {started + "@p", "140:80"},
			{requests + "{200}@q", "150:7"}, {started + "@q", "150:80"}},
		start: 100, good: 4, total: 4, covered: 20, flags: "unknown_first_sample",
	},
	{
		// S is 100 and so is the start time of p: not later. q's is a quarter later.
		name: "a process born at S is not new",
		series: [][2]string{{requests + "{200}@p", "110:4"}, {started + "@p", "110:100"},
			{requests + "{200}@q", "110:7"}, {started + "@q", "110:100.25"}},
		start: 100, good: 7, total: 7, covered: 20,
	},
	{
		// The marker of up is a sample of up: the counter at 30 is no sign. Covered 10-20.
		name:   "a staleness marker of up silences counters as signs",
		series: [][2]string{{requests + "{200}@p", "10:4 30:5"}, {up + "@p", "20:stale"}},
		good:   1, total: 1, covered: 10, last: 30,
	},
	{
		// t - S = 20 = 2i: where the ledger begins, no flag. 20.001 is beyond it: a flag.
		// An unknown first of value 0 is never flagged.
		name: "an unknown first sample is flagged beyond two intervals if it is positive",
		series: [][2]string{
			{requests + "{200}@p", "20:4"}, {requests + "{200}@q", "20.001:4"}, {requests + "{200}@r", "50:0 60:3"}},
		good: 3, total: 3, covered: -1, flags: "unknown_first_sample",
	},
	{
		name:   "ignore never counts a first sample and never flags it",
		series: [][2]string{{requests + "{200}@p", "50:4 60:5"}, {started + "@p", "50:49 60:49"}},
		first:  slo.FirstIgnore, good: 1, total: 1, covered: 30,
	},
	{
		// p at 20: not beyond 2i, as auto: unknown, not counted. q at 20.001: 4. r at 20 is
		// a new process (start 15 s): 5.
		name: "zero counts every first sample beyond two intervals and else is auto",
		series: [][2]string{
			{requests + "{200}@p", "20:7"}, {requests + "{200}@q", "20.001:4"}, {requests + "{200}@r", "20:5"}, {started + "@r", "20:15"}},
		first: slo.FirstZero, good: 9, total: 9, covered: -1,
	},
	{
		// The latest start time at or before 50 is the one at 50 (45 s): new, 4.
		name:   "a new process counts from zero on a target never seen",
		series: [][2]string{{requests + "{200}@p", "50:4"}, {started + "@p", "50:45"}},
		good:   4, total: 4, covered: 20,
	},
	{
		// up: 1 at 10 covers 10-20, 0 ends it; 1 at 30 covers 30-50. The counter's samples
		// are no signs once up was there.
		name:   "a failed scrape ends coverage at once and counters do not mend it",
		series: [][2]string{{requests + "{200}@p", "10:1 20:1 25:1 30:1"}, {up + "@p", "10:1 20:0 30:1"}},
		good:   0, total: 0, covered: 30, last: 30,
	},
	{
		// Counter 5 is a sign (up comes at 10 only): 5-10 by it, 10-15 by up, then a marker.
		name:   "counters are signs until the first up and its marker ends coverage",
		series: [][2]string{{requests + "{200}@p", "5:1 10:1 14:1"}, {up + "@p", "10:1 15:stale"}},
		good:   0, total: 0, covered: 10, last: 14,
	},
	{
		// At 10 up is there already, and it says no.
		name:   "a counter of the same time as the first up is no sign",
		series: [][2]string{{requests + "{200}@p", "10:1"}, {up + "@p", "10:0"}},
		good:   0, total: 0, covered: 0, last: 10,
	},
	{
		// Two up series of one target say 1 and 0 at 10: some scrape succeeded, 10-30.
		name:   "of two up samples of one time the positive one holds",
		series: [][2]string{{up + "{x}@p", "10:1"}, {up + "{y}@p", "10:0"}},
		good:   0, total: 0, covered: 20,
	},
	{
		// p covers 10-30, q 25-45, together 10-45; of (12, 40] that is 28.
		name:   "coverage is the union of the targets",
		series: [][2]string{{up + "@p", "10:1"}, {up + "@q", "25:1"}},
		from:   12, to: 40, good: 0, total: 0, covered: 28,
	},
	{
		// Start times and markers are no signs.
		name:   "start times do not cover",
		series: [][2]string{{started + "@p", "10:1 20:1"}, {requests + "{200}@p", "30:stale"}},
		good:   0, total: 0, covered: 0,
	},
	{
		name:        "good is total less bad where bad and total are read",
		series:      [][2]string{{requests + "{200}@p", "10:1 20:11"}, {requests + "{500}@p", "10:1 20:4"}},
		badAndTotal: true, good: 10, total: 13, covered: 30,
	},
	{
		name:           "total is good and bad where these are read",
		series:         [][2]string{{requests + "{200}@p", "10:1 20:11"}, {requests + "{500}@p", "10:1 20:4"}},
		goodAndBadOnly: true, good: 10, total: 13, covered: 30,
	},
	{
		// The oldest sample is at 100 s, more than 20 s after S, so the data begin there
		// (B = 99.999 s): the process of 40 s is older, that of 110 s is new.
		name: "a process older than the source's data is not new",
		series: [][2]string{
			{requests + "{200}@p", "100:50 110:53"}, {started + "@p", "100:40 110:40"},
			{requests + "{200}@q", "120:4 130:6"}, {started + "@q", "120:110 130:110"},
		},
		lateData: true, good: 9, total: 9, covered: 50,
	},
	{
		// The oldest sample is at 20 s, no more than 20 s after S: B is S, and a process
		// of 5 s is new.
		name:     "data that begin with the first scrapes begin at S",
		series:   [][2]string{{requests + "{200}@p", "20:7 30:8"}, {started + "@p", "20:5 30:5"}},
		lateData: true, good: 8, total: 8, covered: 30,
	},
	{
		name:     "an unknown age where the data begin is no news",
		series:   [][2]string{{requests + "{200}@p", "100:50 110:53"}},
		lateData: true, good: 3, total: 3, covered: 30,
	},
}

func TestOracleFollowsTheRulesAsWorkedOutByHand(t *testing.T) {
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			var all []Series
			for _, s := range e.series {
				all = append(all, series(t, s[0], s[1]))
			}
			if !e.lateData { // another target, which is down, shows that the source's data go back to S
				all = append(all, series(t, up+"@anchor", strconv.FormatInt(e.start+1, 10)+":0"))
			}
			r := Rules{Good: Good(), Total: Total(), Interval: 10_000, First: e.first, Start: e.start * 1000}
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
			if e.to == 0 {
				e.to = 1000
			}
			got := o.Count(e.from*1000, e.to*1000)
			want := Counts{Good: e.good, Bad: e.total - e.good, Total: e.total, Covered: int64(e.covered * 1000)}
			if e.covered < 0 {
				want.Covered = got.Covered
			}
			if got != want {
				t.Errorf("got %+v, want %+v; increments %v", got, want, o.Increments(e.from*1000, e.to*1000))
			}
			if got := flagText(o.Flags(e.to * 1000)); got != e.flags {
				t.Errorf("flags %q, want %q; increments %v", got, e.flags, o.Increments(e.from*1000, e.to*1000))
			}
			last, ok := o.LastSample(e.to * 1000)
			if e.last > 0 && (!ok || last != int64(e.last*1000)) {
				t.Errorf("last sample at %d (%v), want %v s", last, ok, e.last)
			}
		})
	}
}

// flagText writes flags as the examples do.
func flagText(flags []slo.Flag) string {
	var out []string
	for _, f := range flags {
		text := string(f.Kind)
		if f.Count != 1 {
			text += fmt.Sprintf("×%d", f.Count)
		}
		text += fmt.Sprintf("@%v", float64(f.First.UnixMilli())/1000)
		if f.Count != 1 {
			text += fmt.Sprintf("-%v", float64(f.Last.UnixMilli())/1000)
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
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
	for seed := uint64(1); seed <= 40; seed++ {
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
