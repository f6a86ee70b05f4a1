package ledgertest

// In the examples of start times S is 100 s, and a process that began at 50 s is an
// old one: its first samples are the base.

// Restarts by start time, clocks, several processes and containers.
var restartExamples = []example{
	{
		// 51 - 50 is not more than a second: no move at all. 1 + 5.
		name:   "a start time that shifts by one second has not moved",
		series: [][2]string{{requests + "{200}@p", "110:3 120:4 130:9"}, {started + "@p", "110:50 120:50 130:51"}},
		start:  100, good: 6, total: 6, covered: 40,
	},
	{
		// 51.25 is neither in (115, 135], nor has anything dropped: a clock.
		name:   "a start time that moves to an implausible time is a clock",
		series: [][2]string{{requests + "{200}@p", "110:3 120:4 130:9"}, {started + "@p", "110:50 120:50 130:51.25"}},
		start:  100, good: 6, total: 6, covered: 40, flags: "clock_step@130",
	},
	{
		// The clock wanders, as on Windows, and steps back: (9-3) and four notes, from 50 to 52, 54.5, 20, 50.
		name:   "clocks wander and step in both directions",
		series: [][2]string{{requests + "{200}@p", "110:3 120:4 130:5 140:6 150:9"}, {started + "@p", "110:50 120:52 130:54.5 140:20 150:50"}},
		start:  100, good: 6, total: 6, covered: 60, flags: "clock_step×4@120-150",
	},
	{
		// The board's clock was at 1970 until it heard of the time: 1.5 s becomes 50 s.
		name:   "a boot in 1970 is a clock",
		series: [][2]string{{requests + "{200}@p", "110:7 120:9 130:12"}, {started + "@p", "110:1.5 120:1.5 130:50"}},
		start:  100, good: 5, total: 5, covered: 40, flags: "clock_step@130",
	},
	{
		// l = 120: 115.25 > 120-5. 9-7, then 9 whole.
		name:   "a restart may lie before the last sample by the slack",
		series: [][2]string{{requests + "{200}@p", "110:7 120:9 130:9"}, {started + "@p", "110:50 120:50 130:115.25"}},
		start:  100, good: 11, total: 11, covered: 40,
	},
	{
		// 115 is not later than 120-5: a clock. 9-7, 9-9.
		name:   "a restart does not lie before the last sample by more than the slack",
		series: [][2]string{{requests + "{200}@p", "110:7 120:9 130:9"}, {started + "@p", "110:50 120:50 130:115"}},
		start:  100, good: 2, total: 2, covered: 40, flags: "restart_unclear@130",
	},
	{
		// p: 135 <= 130+5: a restart, 2+9. q: 135.25 is not: a clock, 2+1.
		name: "a restart lies in the future by no more than the slack",
		series: [][2]string{{requests + "{200}@p", "110:7 120:9 130:9"}, {started + "@p", "110:50 120:50 130:135"},
			{requests + "{200}@q", "110:7 120:9 130:10"}, {started + "@q", "110:50 120:50 130:135.25"}},
		start: 100, good: 11 + 3, total: 11 + 3, covered: 40, flags: "restart_unclear@130",
	},
	{
		// The latest sample before the move is 500's at 128, so that 122 is too early: a clock.
		name: "the last sample before a move is that of any counter",
		series: [][2]string{{requests + "{200}@p", "110:7 120:9 130:9"}, {requests + "{500}@p", "128:1"},
			{started + "@p", "110:50 130:122"}},
		start: 100, good: 2, total: 3, covered: -1, flags: "restart_unclear@130",
	},
	{
		// The first start-time sample is at 125 s: 10 s lies long before 120. 4-3.
		name:   "a target's first start time is no move",
		series: [][2]string{{requests + "{200}@p", "110:3 120:3 130:4"}, {started + "@p", "125:10"}},
		start:  100, good: 1, total: 1, covered: 40,
	},
	{
		// ... but 124 s lies after 120: it began to report its start time by a restart. 4.
		name:   "a target's first start time can be a restart",
		series: [][2]string{{requests + "{200}@p", "110:3 120:3 130:4"}, {started + "@p", "125:124"}},
		start:  100, good: 4, total: 4, covered: 40,
	},
	{
		// The start time was 50 s at 105 and is 126 s at 140; l = 130. 3-1, then 3.
		name:   "the start time before a move may lie before the pair",
		series: [][2]string{{requests + "{200}@p", "105:1 130:3 150:3"}, {started + "@p", "105:50 140:126"}},
		start:  100, good: 2 + 3, total: 2 + 3, covered: -1,
	},
	{
		// No counter before 120: nothing follows. The process is known at 130: 5. 7-5.
		name:   "a start time that moves before anything was counted says nothing",
		series: [][2]string{{requests + "{200}@p", "130:5 140:7"}, {started + "@p", "110:50 120:118"}},
		start:  100, good: 7, total: 7, covered: 30,
	},
	{
		// 70 is not in (115, 135], but 200 drops over it. 2+4; 500 counts 2 whole.
		name: "an implausible move with a drop is a restart and flagged",
		series: [][2]string{{requests + "{200}@p", "110:7 120:9 130:4"}, {requests + "{500}@p", "110:1 120:1 130:2"},
			{started + "@p", "110:50 120:50 130:70"}},
		start: 100, good: 6, total: 8, covered: 40, flags: "restart_with_clock_step@130",
	},
	{
		// 200 has no sample at 130, and its drop at 135 is another thing: 2+4, with both.
		name:   "a drop after an implausible move does not make it a restart",
		series: [][2]string{{requests + "{200}@p", "110:7 120:9 135:4"}, {started + "@p", "110:50 120:50 130:70"}},
		start:  100, good: 6, total: 6, covered: -1, flags: "clock_step@130 reset_without_restart@135",
	},
	{
		// At 120 an implausible restart: 40. At 130 back to 50, at 140 to 70 again: nobody knows.
		name:   "start times that alternate are several processes",
		series: [][2]string{{requests + "{200}@p", "110:100 120:40 130:105 140:44"}, {started + "@p", "110:50 120:70 130:50 140:70"}},
		start:  100, good: 40, total: 40, covered: -1, flags: "restart_with_clock_step@120 several_processes×2@130-140",
	},
	{
		// At 130 it is 125 s, not the 50 s that was replaced: a restart. 40 + 3.
		name:   "a third start time is not one of several processes",
		series: [][2]string{{requests + "{200}@p", "110:100 120:40 130:3"}, {started + "@p", "110:50 120:70 130:125"}},
		start:  100, good: 43, total: 43, covered: -1, flags: "restart_with_clock_step@120",
	},
	{
		// a grows by 20; b by 4, restarts at 131 s and counts 3. Scraped 7 s apart; a covers
		// 110-150, b 117-157.
		name: "two containers of one target are two processes",
		series: [][2]string{
			{requests + "{200,container=a}@p", "110:100 120:110 130:120"}, {requests + "{200,container=b}@p", "117:5 127:9 137:3"},
			{started + "{container=a}@p", "110:50 120:50 130:50"}, {started + "{container=b}@p", "117:60 127:60 137:131"}},
		start: 100, good: 27, total: 27, covered: 47,
	},
	{
		// 3 belongs to {pod=x}, which restarts at 126 s; 5 to {container=a,pod=x}, which does not.
		name: "a counter belongs to the process with the most of its labels",
		series: [][2]string{
			{requests + "{200,pod=x}@p", "110:3 120:3 130:3"}, {requests + "{200,pod=x,container=a}@p", "110:5 120:5 130:5"},
			{started + "{pod=x}@p", "110:50 120:50 130:126"}, {started + "{pod=x,container=a}@p", "110:50 120:50 130:50"}},
		start: 100, good: 3, total: 3, covered: -1,
	},
	{
		// The counter carries one label of each: the first by its labels is container, which restarts.
		name: "of two processes with as many labels the first counts",
		series: [][2]string{{requests + "{200,pod=x,container=a}@p", "110:5 120:5 130:5"},
			{started + "{pod=x}@p", "110:50 130:50"}, {started + "{container=a}@p", "110:50 120:50 130:126"}},
		start: 100, good: 5, total: 5, covered: -1,
	},
	{
		// container=a restarts; the counter without it belongs to nobody's signs: 9-7.
		name:   "a counter without a process' labels does not restart with it",
		series: [][2]string{{requests + "{200}@p", "110:7 120:8 130:9"}, {started + "{container=a}@p", "110:50 120:50 130:126"}},
		start:  100, good: 2, total: 2, covered: 40,
	},
	{
		// p's counters have no process with signs; the target's up makes them known. 4 at 120.
		name:   "a process without an up is known by its target's",
		series: [][2]string{{requests + "{200}@p", "130:4"}, {up + "{container=a}@p", "110:1 120:1 130:1"}},
		start:  100, good: 4, total: 4, covered: 40,
	},
	{
		// container=b has an up of its own, and that is 0: a's says nothing of it. A process of
		// unknown age at 130: flagged.
		name: "a process with an up of its own is not known by another's",
		series: [][2]string{{requests + "{200,container=b}@p", "130:4"}, {up + "{container=a}@p", "110:1 120:1"},
			{up + "{container=b}@p", "110:0 120:0"}},
		start: 100, good: 0, total: 0, covered: 30, flags: "unknown_first_sample@130",
	},
}

// Drops: old answers, resets, partial drops, other families.
var dropExamples = []example{
	{
		// 102 is at least 100, read at 110, and 109 makes up for 104: 4 + (109-104).
		name:   "an old answer counts nothing",
		series: [][2]string{{requests + "{200}@p", "110:100 120:104 130:102 140:109"}, {started + "@p", "110:50 140:50"}},
		start:  100, good: 9, total: 9, covered: 50,
	},
	{
		// The same up to 139 s: held, 4.
		name:   "growth is held while a drop may be an old answer",
		series: [][2]string{{requests + "{200}@p", "110:100 120:104 130:102 135:103 140:109"}, {started + "@p", "110:50 140:50"}},
		start:  100, to: 139, good: 4, total: 4, covered: -1,
	},
	{
		// 130 + 50 = 180: 104 was not reached. 102, and 1 since: 103 at 180. 4 + 103 + (105-103).
		name:   "an old answer that is not made up for is a reset",
		series: [][2]string{{requests + "{200}@p", "110:100 120:104 130:102 150:103 170:103 180:103 190:105"}, {started + "@p", "110:50 190:50"}},
		start:  100, good: 109, total: 109, covered: -1, flags: "reset_without_restart@180",
	},
	{
		// p: 110 at 180 is in time, 4 + (110-104). q: 180.001 is late: 102 at 180, then 110-102.
		name: "an old answer is made up for in five intervals",
		series: [][2]string{{requests + "{200}@p", "110:100 120:104 130:102 180:110"}, {started + "@p", "110:50 190:50"},
			{requests + "{200}@q", "110:100 120:104 130:102 180.001:110"}, {started + "@q", "110:50 190:50"}},
		start: 100, good: 10 + 4 + 102 + 8, total: 10 + 4 + 102 + 8, covered: -1, flags: "reset_without_restart@180",
	},
	{
		// The step is 1, so that 2 is plausible from zero: it may have been reset and grown to 4. 3-2, 4-3.
		name:   "an old answer of a small counter is flagged",
		series: [][2]string{{requests + "{200}@p", "110:2 120:3 130:2 140:4"}, {started + "@p", "110:50"}},
		start:  100, good: 2, total: 2, covered: -1, flags: "restart_unclear@140",
	},
	{
		// In the held time it drops again, to 101: 102 + 101 at 180. 4 + 203.
		name:   "a held series that drops again counts both",
		series: [][2]string{{requests + "{200}@p", "110:100 120:104 130:102 140:101"}, {started + "@p", "110:50"}},
		start:  100, good: 207, total: 207, covered: -1, flags: "reset_without_restart@180",
	},
	{
		// Nothing comes any more: at 180 it counts 102 all the same, and not before.
		name:   "a held series that ends counts when its time has come",
		series: [][2]string{{requests + "{200}@p", "110:100 120:104 130:102"}, {started + "@p", "110:50"}},
		start:  100, from: 179, to: 180, good: 102, total: 102, covered: -1, flags: "reset_without_restart@180",
	},
	{
		// 136 s is in (125, 145]: a restart while 104 is held. 4 + 3.
		name:   "a restart ends a held drop",
		series: [][2]string{{requests + "{200}@p", "110:100 120:104 130:102 140:3"}, {started + "@p", "110:50 130:50 140:136"}},
		start:  100, good: 7, total: 7, covered: -1,
	},
	{
		// 105 at 140 is more than 104, but of a process of 136 s: 105 whole.
		name:   "a restart counts before the value that makes up for a drop",
		series: [][2]string{{requests + "{200}@p", "110:100 120:104 130:102 140:105"}, {started + "@p", "110:50 130:50 140:136"}},
		start:  100, good: 109, total: 109, covered: -1, flags: "restart_unclear@140",
	},
	{
		// The exporter is another one since 439 s; 8670 does not come in a scrape: 10 + 20, noted.
		name:   "an exporter that restarts is no restart of what it counts",
		series: [][2]string{{requests + "{200}@p", "410:8640 420:8650 440:8670"}, {started + "@p", "410:50 420:50 440:439"}},
		start:  400, good: 30, total: 30, covered: -1, flags: "clock_step@440",
	},
	{
		// The same under another instance: 110 and 10, the rest was counted under the first.
		name: "an exporter that is replaced brings nothing anew",
		series: [][2]string{{requests + "{200}@p", "110:864000 210:864100 220:864110"}, {started + "@p", "110:50 220:50"},
			{requests + "{200}@q", "240:864130 250:864140"}, {started + "@q", "240:239"}},
		start: 100, good: 120, total: 120, covered: -1, flags: "labels_changed@240",
	},
	{
		// While 200 is held, 500 goes on: no drop of the family. 4 + 5, and 2-1.
		name: "an old answer resets no siblings",
		series: [][2]string{{requests + "{200}@p", "110:100 120:104 130:102 140:109"}, {requests + "{500}@p", "110:1 120:1 130:1 140:2"},
			{started + "@p", "110:50 140:50"}},
		start: 100, good: 9, total: 10, covered: 50,
	},
	{
		// 2 is less than all before: a reset. 4+2; 500 counts 1 with its family, 7-6 is of another.
		name: "a drop under an unmoved start is a reset of its family",
		series: [][2]string{{requests + "{200}@p", "110:100 120:104 130:2"}, {requests + "{500}@p", "110:1 120:1 130:1"},
			{"rpc_requests_total{200}@p", "110:5 120:6 130:7"}, {started + "@p", "110:50 130:50"}},
		start: 100, good: 6 + 2, total: 6 + 1 + 2, covered: 40, flags: "reset_without_restart@130",
	},
	{
		// The step is 4; 60 is not plausible in 10 s (40), and more than 52: left out, with both flags.
		name:   "a drop by a part under an unmoved start is left out",
		series: [][2]string{{requests + "{200}@p", "110:100 120:104 130:60 140:61"}, {started + "@p", "110:50 140:50"}},
		start:  100, good: 5, total: 5, covered: -1, flags: "partial_drop@130 reset_without_restart@130",
	},
	{
		// The step is 20; 700 is not plausible (200), and more than 510: one of several ended. 20+0+20.
		name:   "a sum of processes that drops by a part is left out",
		series: [][2]string{{requests + "{200}@p", "10:1000 20:1020 30:700 40:720"}, {requests + "{500}@p", "10:3 20:3 30:3"}},
		good:   40, total: 40, covered: -1, flags: "partial_drop@30",
	},
	{
		// 510 is not more than 1020/2: it counts, and is flagged; so is 500's family a drop: 3 whole, as its step is 0.
		name:   "a drop to the half counts and is flagged",
		series: [][2]string{{requests + "{200}@p", "10:1000 20:1020 30:510 40:530"}, {requests + "{500}@p", "10:3 20:3 30:3"}},
		good:   20 + 510 + 20, total: 20 + 510 + 20 + 3, covered: -1, flags: "partial_drop@30",
	},
	{
		// In 100 s it may grow by 10 times 20 times 10.
		name:   "a drop after a gap is plausible in proportion",
		series: [][2]string{{requests + "{200}@p", "10:1000 20:1020 120:700"}},
		good:   720, total: 720, covered: -1,
	},
	{
		// 90 from 20 to 50 is 60 in two intervals: 40 is plausible.
		name:   "growth over a longer time is a step by its share of two intervals",
		series: [][2]string{{requests + "{200}@p", "10:100 20:101 50:191 60:40"}},
		good:   131, total: 131, covered: -1,
	},
	{
		// Neither ever grew. 98 is more than 50: flagged; 50 is not.
		name:   "a drop of a series that never grew counts, and is flagged if it is small",
		series: [][2]string{{requests + "{200}@p", "10:100 20:98"}, {requests + "{200}@q", "10:100 20:50"}},
		good:   148, total: 148, covered: -1, flags: "partial_drop@20",
	},
	{
		// rpc drops. 200: step 20, 25 is plausible and counts whole. 500 stays 0.
		name: "the drop of another family holds where it is plausible",
		series: [][2]string{{"rpc_requests_total{200}@p", "10:7 20:8 30:1"}, {requests + "{200}@p", "10:0 20:20 30:25"},
			{requests + "{500}@p", "10:0 20:0 30:0"}},
		good: 2 + 45, total: 2 + 45, covered: 40, flags: "restart_unclear@30",
	},
	{
		// 1025 is not plausible: 5, flagged. 500's step is 0: 3-3, flagged.
		name: "the drop of another family is flagged where it is not plausible",
		series: [][2]string{{"rpc_requests_total{200}@p", "10:7 20:8 30:1"}, {requests + "{200}@p", "10:1000 20:1020 30:1025"},
			{requests + "{500}@p", "10:3 20:3 30:3"}},
		good: 2 + 25, total: 2 + 25, covered: 40, flags: "restart_unclear×2@30-30",
	},
	{
		// With a start time rpc's drop is a reset of rpc alone: 5.
		name: "with a start time the drop of another family says nothing",
		series: [][2]string{{"rpc_requests_total{200}@p", "110:7 120:8 130:1"}, {requests + "{200}@p", "110:0 120:20 130:25"},
			{started + "@p", "110:50"}},
		start: 100, good: 2 + 25, total: 2 + 25, covered: 40, flags: "reset_without_restart@130",
	},
	{
		// 500 drops; 200's 1030 is not plausible: 20 + 10, flagged.
		name:   "a sibling that can hardly have restarted goes on and is flagged",
		series: [][2]string{{requests + "{200}@p", "10:1000 20:1020 30:1030"}, {requests + "{500}@p", "10:5 20:5 30:1"}},
		good:   30, total: 31, covered: 40, flags: "restart_unclear@30",
	},
	{
		// q's drop says nothing of p's 500: 1-1. q's rpc is of another family, 7-7, and flagged.
		name: "the drop of another target says nothing",
		series: [][2]string{{requests + "{500}@p", "10:1 20:1"}, {requests + "{200}@q", "10:3 20:1"},
			{"rpc_requests_total{200}@q", "10:7 20:7"}},
		good: 1, total: 1, covered: 30, flags: "restart_unclear@20",
	},
}

// Labels that change.
var labelExamples = []example{
	{
		// 110 ends as 115 begins: joined at 50, 5. 10 + 5 + (120-115).
		name:   "a label that is added goes on",
		series: [][2]string{{requests + "{200}@p", "10:100 20:110"}, {requests + "{200,v=2}@p", "30:115 40:120"}},
		good:   20, total: 20, covered: -1,
	},
	{
		// Joined at 50, not before; the growth of 5 at 40 counts at 40.
		name:   "a series is joined two intervals later",
		series: [][2]string{{requests + "{200}@p", "10:100 20:110"}, {requests + "{200,v=2}@p", "30:115 40:120"}},
		from:   30, to: 49, good: 5, total: 5, covered: -1,
	},
	{
		// Back at 60 with 130: a first sample, joined to the other's 120. 10 + 5 + 5 + 10 + 1. It could
		// also be that it was never the other: flagged.
		name:   "labels that go and come back go on each time",
		series: [][2]string{{requests + "{200}@p", "10:100 20:110 60:130 70:131"}, {requests + "{200,v=2}@p", "30:115 40:120"}},
		good:   31, total: 31, covered: -1, flags: "labels_changed@60",
	},
	{
		// 500 ends at 20 with 2, 404 begins at 30 with 3; 200 is there all the time: joined, but flagged.
		name: "a label that changes for some goes on and is flagged",
		series: [][2]string{{requests + "{200}@p", "10:100 20:110 30:120 40:130 50:140"}, {requests + "{500}@p", "10:1 20:2"},
			{requests + "{404}@p", "30:3 40:3 50:3"}},
		good: 40 + 1, total: 40 + 1 + 1, covered: -1, flags: "labels_changed@50",
	},
	{
		// At 30 the others have a sample: nothing is to be known later. 4 at once.
		name:   "a new series beside those that go on counts from zero at once",
		series: [][2]string{{requests + "{200}@p", "10:1 20:2 30:3 40:3"}, {requests + "{500}@p", "30:4 40:4"}},
		from:   20, to: 30, good: 1, total: 5, covered: -1,
	},
	{
		// 200 has none at 30, but at 40: nothing has ended. 4 at 50. 200: 1 + 1.
		name:   "a new series beside one that was late counts from zero later",
		series: [][2]string{{requests + "{200}@p", "10:1 20:2 40:3"}, {requests + "{500}@p", "30:4 40:4 50:4"}},
		good:   2, total: 6, covered: -1,
	},
	{
		// 500 is gone again when 200 is back: labels changed in passing. 200: 1 + 1.
		name:   "a new series that was there in passing counts nothing",
		series: [][2]string{{requests + "{200}@p", "10:1 20:2 40:3"}, {requests + "{500}@p", "30:4 40:4"}},
		good:   2, total: 2, covered: -1, flags: "labels_changed@50",
	},
	{
		// The same up to 49: 2.
		name:   "until then a first sample counts nothing",
		series: [][2]string{{requests + "{200}@p", "10:1 20:2 40:3"}, {requests + "{500}@p", "30:4 40:4"}},
		to:     49, good: 2, total: 2, covered: -1,
	},
	{
		// 200's 110 is more than 4: it cannot be its continuation. At once.
		name:   "a partner that stood higher is left out",
		series: [][2]string{{requests + "{200}@p", "10:100 20:110"}, {requests + "{500}@p", "30:4"}},
		from:   29, to: 30, good: 0, total: 4, covered: -1,
	},
	{
		// 200 and 404 end, 206 fits both, with one label of difference.
		name:   "two partners are none",
		series: [][2]string{{requests + "{200}@p", "10:100 20:110"}, {requests + "{404}@p", "10:100 20:105"}, {requests + "{206}@p", "30:112"}},
		good:   15, total: 15, covered: -1, flags: "labels_changed@50",
	},
	{
		// {200} differs from {200,v=2} in one label, {404} in two.
		name:   "the partner with the fewest differing labels is taken",
		series: [][2]string{{requests + "{200}@p", "10:100 20:110"}, {requests + "{404}@p", "10:100 20:105"}, {requests + "{200,v=2}@p", "30:112"}},
		good:   17, total: 17, covered: -1,
	},
	{
		// Both go on from 110: neither does.
		name:   "two series that want one partner get none",
		series: [][2]string{{requests + "{200}@p", "10:100 20:110"}, {requests + "{200,v=1}@p", "30:112"}, {requests + "{200,v=2}@p", "30:113"}},
		good:   10, total: 10, covered: -1, flags: "labels_changed×2@50-50",
	},
	{
		// 211 - 110 is more than 10 times 10.
		name:   "a partner that cannot have grown so fast does not fit",
		series: [][2]string{{requests + "{200}@p", "10:100 20:110"}, {requests + "{200,v=2}@p", "30:211"}},
		good:   10, total: 10, covered: -1, flags: "labels_changed@50",
	},
	{
		// 126 s is later than 120: the process has restarted, 112 is new. 10 + 112.
		name:   "labels that change with a restart are new",
		series: [][2]string{{requests + "{200}@p", "110:100 120:110"}, {requests + "{200,v=2}@p", "130:112"}, {started + "@p", "110:50 130:126"}},
		start:  100, good: 122, total: 122, covered: -1,
	},
	{
		// The process of 50 s at q is the one of p: 10 + 7 + 3, without a flag.
		name: "a target that is relabelled goes on by its start time",
		series: [][2]string{{requests + "{200}@p", "110:100 120:110"}, {started + "@p", "110:50 120:50"},
			{requests + "{200}@q", "130:117 140:120"}, {started + "@q", "130:50 140:50"}},
		start: 100, epoch: 2e9, good: 20, total: 20, covered: -1,
	},
	{
		// As before, but 117 comes up only when q's start time is known since 120: a first counter, whole.
		// It has been there, and {200}@p is another: 10 + 117.
		name: "a first counter of a process that was seen before is no relabelled target's",
		series: [][2]string{{requests + "{200}@p", "110:100 120:110"}, {started + "@p", "110:50 120:50"},
			{requests + "{200}@q", "130:117"}, {started + "@q", "120:50 130:50"}},
		start: 100, epoch: 2e9, good: 127, total: 127, covered: -1,
	},
	{
		// The other counter of p has a sample at 145: p has not ended. Unknown, at 150. 10 + 1 + 3.
		name: "a target that was relabelled has ended as a whole",
		series: [][2]string{{requests + "{200}@p", "110:100 120:110"}, {"rpc_requests_total{200}@p", "110:5 145:6"}, {started + "@p", "110:50 120:50"},
			{requests + "{200}@q", "130:117 140:120"}, {started + "@q", "130:50 140:50"}},
		start: 100, epoch: 2e9, good: 14, total: 14, covered: -1, flags: "unknown_first_sample@150",
	},
	{
		// Both clocks are in 1970: they say nothing.
		name: "start times of 1970 do not make one process of two",
		series: [][2]string{{requests + "{200}@p", "110:100 120:110"}, {started + "@p", "110:50 120:50"},
			{requests + "{200}@q", "130:117 140:120"}, {started + "@q", "130:50 140:50"}},
		start: 100, good: 13, total: 13, covered: -1, flags: "unknown_first_sample@130",
	},
	{
		// 404 (1) was of the process before, which ended by 126 s: it is no partner of 500.
		name: "what was counted before a restart goes on nowhere",
		series: [][2]string{{requests + "{404}@p", "110:1 120:1"}, {requests + "{200}@p", "110:100 120:101 130:0 140:0"}, {started + "@p", "110:50 130:126"},
			{requests + "{500}@p", "140:1"}},
		start: 100, good: 1, total: 2, covered: -1,
	},
	{
		// Within a second it is the same start; 51.25 is another: unknown, nothing has ended.
		name: "a relabelled target's start is the same within a second",
		series: [][2]string{{requests + "{200}@p", "110:100 120:110"}, {started + "@p", "110:50 120:50"},
			{requests + "{200}@q", "130:117 140:120"}, {started + "@q", "130:51.25 140:51.25"}},
		start: 100, epoch: 2e9, good: 13, total: 13, covered: -1, flags: "unknown_first_sample@130",
	},
	{
		name:   "a target that is relabelled without a start time is of unknown age",
		series: [][2]string{{requests + "{200}@p", "110:100 120:110"}, {requests + "{200}@q", "130:117 140:120"}},
		start:  100, good: 13, total: 13, covered: -1, flags: "unknown_first_sample@130",
	},
	{
		// The instance is q for a while, and p again: joined each time. 10 + 7 + 3 + 10 + 1.
		name: "a target that is relabelled and back goes on each time",
		series: [][2]string{{requests + "{200}@p", "110:100 120:110 200:130 210:131"}, {started + "@p", "110:50 120:50 200:50"},
			{requests + "{200}@q", "130:117 140:120"}, {started + "@q", "130:50 140:50"}},
		start: 100, epoch: 2e9, good: 31, total: 31, covered: -1, flags: "labels_changed@200",
	},
	{
		// Nothing was scraped for 200 s, and the labels changed meanwhile: 20 s from u = 20.
		// 250 - 110 is plausible in 20 intervals of 10.
		name:   "labels that change in a gap go on",
		series: [][2]string{{requests + "{200}@p", "10:100 20:110"}, {requests + "{200,v=2}@p", "220:250 230:251"}},
		good:   10 + 140 + 1, total: 151, covered: -1,
	},
	{
		// 404 ended 60 s before the process' last sample at 120: that is not it. 113 whole.
		name:   "a partner ended no more than five intervals before the process' last sample",
		series: [][2]string{{requests + "{404}@p", "10:100 20:110"}, {requests + "{500}@p", "10:0 120:0 130:0"}, {requests + "{200}@p", "130:113"}},
		good:   10 + 113, total: 123, covered: -1,
	},
	{
		// Growth while 200 is held is a step as well: 28, so that 60 is plausible at 150.
		// 4 + (130-104) + 60.
		name:   "what grows while it is held is a step too",
		series: [][2]string{{requests + "{200}@p", "110:100 120:104 130:102 140:130 150:60"}, {started + "@p", "110:50"}},
		start:  100, good: 90, total: 90, covered: -1, flags: "reset_without_restart@150",
	},
	{
		// Two new processes of the same second: younger than 25 s, so that nothing is asked. 5 + 4.
		name: "two pods that are born together are two",
		series: [][2]string{{requests + "{200}@p", "110:5"}, {started + "@p", "110:105"},
			{requests + "{200}@q", "120:9"}, {started + "@q", "120:105"}},
		start: 100, good: 14, total: 14, covered: -1,
	},
	{
		// Good asks for le="0.5".
		name:   "bounds are numbers",
		series: [][2]string{{"latency_seconds_bucket{le=0.50}@p", "10:3 20:5"}, {"latency_seconds_count@p", "10:3 20:6"}},
		good:   2, total: 3, covered: -1,
	},
}
