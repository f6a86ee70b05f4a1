package review

import (
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
)

// counted makes a tally of a day.
func counted(from time.Time, total, bad float64) Tally {
	return Tally{From: from, Until: from.AddDate(0, 0, 1), Total: total, Good: total - bad, Bad: bad, Allowed: total / 1000, Covered: 24 * time.Hour, Span: 24 * time.Hour}
}

// sampleWeek is a week in which everything happens that a review tells of.
func sampleWeek(p Period) Input {
	day := func(n int, hour time.Duration) *time.Time {
		t := p.From.AddDate(0, 0, n).Add(hour * time.Hour).UTC()
		return &t
	}
	measured := func(name, set, tier string, state slo.State, bad [7]float64) Measured {
		m := Measured{SLO: name, Objective: 999_000_000, Window: "28d", Unit: slo.Events, Exact: true, ShopSet: fleet.ShopSetName(set), Tier: fleet.TierName(tier),
			State: state, StateBefore: slo.OK, FineFrom: p.From.AddDate(0, 0, 4), Coarse: time.Hour}
		for i, t := range p.before()[:28] {
			m.Before = append(m.Before, counted(t, 100_000, float64(20+i%5)))
		}
		for i, t := range p.edges()[:7] {
			d := counted(t, 100_000, bad[i])
			if bad[i] < 0 {
				d = Tally{From: d.From, Until: d.Until, Span: d.Span}
			}
			m.Days = append(m.Days, d)
		}
		m.Last = sum(m.Before[21:])
		m.Was = sum(m.Before)
		m.Budget = sum(append(m.Before[7:len(m.Before):len(m.Before)], m.Days...))
		return m
	}
	usual := [7]float64{21, 22, 19, 23, 20, 24, 22}
	worst := measured("cart", "a-1", "prod", slo.Exhausted, [7]float64{21, 22, 3000, 23, 20, 24, 22})
	worst.Burns = []Burn{{Severity: slo.Page, From: *day(2, 5), Until: *day(2, 7), Peak: 31.5, PeakWindow: 3600}, {Severity: slo.Ticket, From: *day(2, 6), Until: p.Until, AtEnd: true, Peak: 4, PeakWindow: 86400}}
	slow := measured("cart", "b-2", "prod", slo.OK, [7]float64{80, 82, 79, 83, 81, 84, 80})
	slow.ExhaustedOn = p.Until.AddDate(0, 0, 12)
	none := [7]float64{-1, -1, -1, -1, -1, -1, -1}
	silent := measured("cart", "c-1", "beta", slo.NoData, none)
	silent.Before, silent.Last, silent.Was, silent.Budget = nil, Tally{}, Tally{}, Tally{}
	for range 28 {
		silent.Before = append(silent.Before, Tally{Span: 24 * time.Hour})
	}
	patchy := measured("checkout", "b-2", "prod", slo.OK, usual)
	patchy.Days[3].Covered -= 90 * time.Minute
	patchy.Exact, patchy.Unit = false, slo.Points
	flag := slo.Flag{Kind: slo.SeveralProcesses, Count: 12, First: *day(1, 0), Last: *day(2, 0)}
	worst.Flags, patchy.Flags = []slo.Flag{flag}, []slo.Flag{flag}
	slow.Flags, slow.Failure = []slo.Flag{flag}, "its query times out after 30s"
	silent.Absent = []slo.Absence{{Kind: slo.NoLabel, Side: "bad", Selector: `http_requests_total{status="500"}`, Label: "status", Nearest: []string{"code"}}}
	patchy.VerdictFrom = p.Until.Add(3 * time.Hour)
	used, lead, detect, relieve := 2, 93600.0, 300.0, 3900.0
	return Input{
		At: p.Until.Add(9 * time.Hour), Period: p,
		Measured: []Measured{silent, worst, measured("checkout", "a-1", "prod", slo.OK, usual), slow, patchy},
		Effects: map[int][]Effect{0: {{SLO: "cart", Before: counted(p.From.AddDate(0, 0, 1), 200_000, 45), After: counted(p.From.AddDate(0, 0, 2), 20_000, 2900)},
			{SLO: "checkout", Before: counted(p.From.AddDate(0, 0, 1), 200_000, 41), After: counted(p.From.AddDate(0, 0, 2), 200_000, 43)}}},
		Actions: Section[Action]{Items: []Action{
			{ID: "old", What: "Done before", Owner: "ken", Done: day(-9, 0)},
			{ID: "later", What: "決済の再試行を監視する", Owner: "ken", Due: day(10, 0)},
			{ID: "late", What: "カートのタイムアウトを下げる | <b>今すぐ</b>", Owner: "mai", Due: day(-2, 0), Link: "https://git.example/12", From: "2026-W45"},
			{ID: "done", What: "Write the runbook", Owner: "yuki", Due: day(3, 0), Done: day(1, 0)},
			{ID: "free", What: "No date", Owner: "yuki"}}},
		Incidents: Section[Incident]{Items: []Incident{{ID: "inc-12", Title: "カートで決済が失敗する", Severity: "major", State: "mitigated", Detected: *day(2, 5), Started: day(2, 5),
			Scope: []string{"prod"}, Release: "bad0bad0bad0bad0", Link: "https://chat.example/12", ToDetect: &detect, ToRelieve: &relieve, Lacks: []string{"cause"}}}},
		Releases: Section[Move]{Items: []Move{
			{Tier: "prod", Release: "bad0bad0bad0bad0", Replaces: "900d900d900d900d", Moved: *day(2, 5), Arrived: day(2, 6), FirstSeen: day(1, 3), Lead: &lead, By: "mai", Gate: "promote", Entry: 2},
			{Tier: "beta", Release: "feedfeedfeedfeed", Moved: *day(3, 1), Merged: true},
			{Tier: "prod", Release: "deadbeefdeadbeef", Moved: *day(5, 1)}}},
		Decisions: Section[Decision]{Items: []Decision{{Tier: "prod", Release: "bad0bad0bad0bad0", Verdict: "hold", Times: 4, First: *day(1, 3), Last: *day(2, 2), Reason: "soak: 12h of 24h.", Entry: 1},
			{Tier: "prod", Release: "bad0bad0bad0bad0", Verdict: "promote", Times: 1, First: *day(2, 5), Last: *day(2, 5), Entry: 2}}},
		Freezes:     Section[Freeze]{Items: []Freeze{{ID: "weekend", Who: "mai", Why: "nobody is there", Scope: []string{"prod"}, From: day(4, 18), Until: day(7, 9)}, {ID: "stop", Who: "mai", Why: "stop", Urgent: true, From: day(2, 6)}}},
		Overrides:   Section[Override]{Items: []Override{{ID: "test", Who: "ken", Why: "a load test", Checks: []string{"burn_rate"}, Scope: []string{"prod"}, Until: day(2, 0), Used: &used}}},
		Silences:    Section[Silence]{Items: []Silence{{ID: "0b5c7f6e-3c11-4d5e-9a77-2f8c1f9d1e10", Who: "ken", Why: "DB を移すあいだ", Matchers: []string{`shopset="a-1"`, `severity=~"page|ticket"`}, From: *day(0, 1), Until: *day(0, 2)}}},
		Exclusions:  Section[Exclusion]{Items: []Exclusion{{ID: "db", Who: "ken", Why: "maintenance: the database was moved", SLOs: []string{"checkout"}, From: *day(0, 1), Until: *day(0, 2)}}},
		NextFreezes: Section[Freeze]{Items: []Freeze{{ID: "weekend", Who: "mai", Why: "nobody is there", Scope: []string{"prod"}, From: day(11, 18), Until: day(14, 9)}}},
	}
}

// nothingKnown is a week of which nobody could be asked anything.
func nothingKnown(p Period) Input {
	u := func(key string) *Unknown { return &Unknown{Reason: NotConfigured, Key: key} }
	failed := &Unknown{Reason: Failed, Key: "gate.log", Error: "the decision log cannot be reached"}
	return Input{At: p.Until, Period: p, Outage: &Unknown{Reason: Failed, Error: "Prometheus cannot be reached"},
		Actions: Section[Action]{Unknown: u("review.actions")}, Incidents: Section[Incident]{Unknown: u("gate.incidents")}, Releases: Section[Move]{Unknown: failed},
		Decisions: Section[Decision]{Unknown: failed}, Freezes: Section[Freeze]{Unknown: u("gate.calendar")}, Overrides: Section[Override]{Unknown: u("gate.calendar")},
		Exclusions: Section[Exclusion]{Unknown: u("gate.calendar")}, Silences: Section[Silence]{Unknown: u("gate.alerts (kind: alertmanager)")}, NextFreezes: Section[Freeze]{Unknown: u("gate.calendar")}}
}
