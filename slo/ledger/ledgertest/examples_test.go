package ledgertest

import "github.com/shopslo/shopslo/slo"

// Sums, signs, first samples and where counting begins.
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
		// -1 is no start time; from 10 s at 15 to 19 s at 20 is a move at 20, which lies
		// in (10, 20]: 7, and not in (20, 30]: 8-7.
		name:   "a move at the earlier sample belongs to the pair before",
		series: [][2]string{{requests + "{200}@p", "10:5 20:7 30:8"}, {started + "@p", "10:-1 15:10 20:19"}},
		good:   8, total: 8, covered: 40,
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
		// 200's drop spans (20, 40], more than 500's pairs (10, 30], (30, 40]: 500 counts
		// nothing. 200 counts 1 + 2.
		name: "a sibling's drop that spans more than the pair says nothing",
		series: [][2]string{
			{requests + "{200}@p", "10:3 20:4 40:2"}, {requests + "{500}@p", "10:1 30:1 40:1"}},
		good: 3, total: 3, covered: -1,
	},
	{
		// The pair (10, 40] of 500 holds 200's drop (20, 30]: counts 1. 200: 1 + 2 + 0.
		name: "a sibling's drop within a wider pair counts",
		series: [][2]string{
			{requests + "{200}@p", "10:3 20:4 30:2 40:2"}, {requests + "{500}@p", "10:1 40:1"}},
		good: 3, total: 4, covered: -1,
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
		good: 4, total: 6, covered: 30, flags: "unknown_first_sample@40",
	},
	{
		// up 0 at 40 and up 1 at 50 itself do not make it known at 50.
		name:   "a target is not known by a failed scrape or by the same one",
		series: [][2]string{{requests + "{200}@p", "50:4"}, {up + "@p", "40:0 50:1"}},
		good:   0, total: 0, covered: 20, flags: "unknown_first_sample@50", last: 50,
	},
	{
		// S is 100. The process of 80 s is not new, but its start time at 140 makes p known
		// at 150. q's comes at 150 itself: unknown.
		name: "an old process's earlier start time makes a target known",
		series: [][2]string{{requests + "{200}@p", "150:4"}, {started + "@p", "140:80"},
			{requests + "{200}@q", "150:7"}, {started + "@q", "150:80"}},
		start: 100, good: 4, total: 4, covered: 20, flags: "unknown_first_sample@150",
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
		good: 3, total: 3, covered: -1, flags: "unknown_first_sample@20.001",
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
		// a is up from 10 to 20, b from 15 to 35: that a has failed says nothing of b.
		name:   "two containers cover together",
		series: [][2]string{{up + "{container=a}@p", "10:1 20:0"}, {up + "{container=b}@p", "15:1"}},
		good:   0, total: 0, covered: 25, last: 15,
	},
	{
		// The counter at 10 comes before any up of its target: a sign of its process, good for 20 s. The one
		// at 25 is none, though it is not a's.
		name:   "counters are signs until the target's first up, whosever it is",
		series: [][2]string{{requests + "{200}@p", "10:1 25:1"}, {up + "{container=a}@p", "20:0"}},
		good:   0, total: 0, covered: 20, last: 25,
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
