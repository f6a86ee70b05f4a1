package detectiontest

import (
	"fmt"
	"strings"
	"time"
)

// reached is what is reached at a relay of one grain.
type reached struct {
	grain    Grain
	morning  []Delay // a drop to half on a Monday morning
	carrier  []Delay // a carrier of a tenth of the mails refuses all
	failures []Case  // of an ordinary account
	alarms   int     // false ones, of so many weeks
	weeks    int
}

// mondayVolume makes 100 deliveries expected from 9:00 to 9:15.
func mondayVolume() Volume {
	v := Volume{"100 in 15 minutes", 1, 0.08}
	g := &Traffic{Volume: v}
	v.Peak = 100.0 / 15 / g.shape(Monday.Add(9*time.Hour+8*time.Minute))
	return v
}

// grains measures what depends on how a relay tells its figures.
func grains(s Size, say func(string)) (out Section) {
	v, nine := Volumes[2], Monday.Add(9*time.Hour)
	half := Failures()[1]
	var all []reached
	for _, g := range []Grain{ByMinute, ByHour, ByDay} {
		r := reached{grain: g, morning: make([]Delay, s.Mornings[g])}
		each(len(r.morning), func(i int) {
			r.morning[i] = NewAccount(mondayVolume(), g, 100+uint64(i), nine, nil, true).Detect(half, thresholds{})
		})
		say(fmt.Sprintf("Monday mornings by the %s", g))
		for _, f := range chosen() {
			c := Case{string(g), f, make([]Delay, s.Cases)}
			each(s.Cases, func(n int) {
				c.Delays[n] = NewAccount(v, g, 200+uint64(n), nine, nil, true).Detect(f, thresholds{})
			})
			if r.failures = append(r.failures, c); f.Name == "one carrier" {
				r.carrier = c.Delays
			}
		}
		say(fmt.Sprintf("failures by the %s", g))
		alarms, told := make([]int, s.Cases), make([][]string, s.Cases)
		each(s.Cases, func(n int) {
			all, what := NewAccount(v, g, 600+uint64(n), Monday, nil, true).FalseAlarms(s.GrainWeeks, 5*time.Minute, thresholds{})
			alarms[n], told[n] = all[TheVerdict], what
		})
		for n := range alarms {
			r.alarms, r.weeks = r.alarms+alarms[n], r.weeks+s.GrainWeeks
			for _, w := range told[n] {
				out.Words = append(out.Words, fmt.Sprintf("by the %s: %s", g, w))
			}
		}
		say(fmt.Sprintf("weeks by the %s", g))
		r.promises(&out)
		all = append(all, r)
	}
	out.Tables = grainTables(all)
	return out
}

// promises are kept or not: a halved morning within 15 minutes and a carrier within half
// an hour by the minute, and wolf cried once a month by any.
func (r *reached) promises(out *Section) {
	late := 0
	for _, d := range r.morning {
		// By the hour the second full one closes at 11 o'clock, and is told three minutes later.
		limit := map[Grain]time.Duration{ByMinute: 15 * time.Minute, ByHour: 2*time.Hour + 3*time.Minute, ByDay: 2 * time.Hour}[r.grain]
		if !d.Seen[TheVerdict] || d.After[TheVerdict] > limit {
			late++
		}
	}
	if n := len(r.morning); late*20 > n {
		out.broken("by the %s, %d of %d halved Monday mornings were seen late", r.grain, late, n)
	}
	if d := latest(r.carrier); r.grain == ByMinute && d > 30*time.Minute {
		out.broken("one carrier was seen after %s", d)
	}
	if !quietEnough(r.alarms, r.weeks) {
		out.broken("by the %s, %d false alarms in %d weeks", r.grain, r.alarms, r.weeks)
	}
}

func grainTables(all []reached) string {
	var b strings.Builder
	b.WriteString("### What is reached\n\n| relay tells by | drop to half of a Monday morning's delivery: median, latest (runs) | carrier with 10 % of the mails refuses all: median, latest (runs) | false alarms (weeks) |\n|---|---|---|---|\n")
	var cases []Case
	for _, r := range all {
		fmt.Fprintf(&b, "| %s | %s | %s | %d (%d) |\n", r.grain, both(r.morning), both(r.carrier), r.alarms, r.weeks)
		cases = append(cases, r.failures...)
	}
	return b.String() + "\n" + caseTable("By what the relay tells, at 8 mails a minute on a Monday at 9:00", "relay tells by", cases)
}

// both are the middle and the longest delay.
func both(ds []Delay) string {
	return fmt.Sprintf("%s, %s (%d)", cell(ds, TheVerdict), length(latest(ds)), len(ds))
}
