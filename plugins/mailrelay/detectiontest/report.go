package detectiontest

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// Size is how much is measured.
type Size struct {
	Volumes []Volume
	// Starts are when failures begin, from Monday's midnight on.
	Starts []time.Duration
	Seeds  int // runs per start
	// QuietSeeds accounts are watched for some weeks without a failure.
	QuietSeeds, Weeks int
	// Cases are runs of each grain and each length of history.
	Cases int
	Mornings
}

// Mornings is how often the Monday morning is tried, by grain.
type Mornings map[Grain]int

// Row is what came of one volume and failure, or of its weeks without failure.
type Row struct {
	Volume  Volume
	Failure Failure
	Delays  []Delay
	// Alarms are false ones, Night those of the verdict between 23 and 6 o'clock.
	Alarms [watchers]int
	Night  int
	Weeks  int
	Words  []string
}

// Result is everything measured.
type Result struct {
	Seen, Quiet []Row
	Morning     map[Grain][]Delay
	// Holiday are the verdict's false alarms in a week with a holiday that it was not
	// told of, and with one that it was.
	HolidayUntold, HolidayTold int
	// Grains are failures by what a relay tells, Young those of accounts with few days of
	// history, and YoungAlarms false alarms of first weeks.
	Grains, Young []Case
	YoungAlarms   [watchers]int
	YoungWeeks    int
	// Suppressed are critical verdicts of days in which as many mails again are on a
	// suppression list, and nothing is wrong.
	Suppressed, SuppressedDays int
}

// Case is a failure under some circumstance.
type Case struct {
	Words   string
	Failure Failure
	Delays  []Delay
}

// mondayVolume makes 100 deliveries expected from 9:00 to 9:15.
func mondayVolume() Volume {
	v := Volume{"100 in 15 minutes", 1, 0.08}
	g := &Traffic{Volume: v}
	v.Peak = 100.0 / 15 / g.shape(Monday.Add(9*time.Hour+8*time.Minute))
	return v
}

// Measure measures; say gets a line of progress.
func Measure(s Size, say func(string)) Result {
	r := Result{Morning: map[Grain][]Delay{}}
	half := Failures()[1]
	nine := Monday.Add(9 * time.Hour)
	for g, n := range s.Mornings {
		delays := make([]Delay, n)
		each(n, func(i int) {
			delays[i] = NewAccount(mondayVolume(), g, 100+uint64(i), nine, nil, true).Detect(half, thresholds{})
		})
		r.Morning[g] = delays
		say(fmt.Sprintf("Monday morning, by %s", g))
	}
	for _, v := range s.Volumes {
		r.Seen = append(r.Seen, failures(v, s)...)
		say("failures at " + v.Name)
		r.Quiet = append(r.Quiet, quiet(v, s))
		say("weeks at " + v.Name)
	}
	holiday := map[string]bool{Monday.AddDate(0, 0, 2).Format(time.DateOnly): true}
	alarms := make([]int, 2)
	each(2, func(i int) {
		n, _ := NewAccount(Volumes[2], ByMinute, 7, Monday, holiday, i == 1).FalseAlarms(1, 5*time.Minute, thresholds{})
		alarms[i] = n[TheVerdict]
	})
	r.HolidayUntold, r.HolidayTold = alarms[0], alarms[1]
	r.cases(s, say)
	return r
}

// cases measures what depends on the relay's grain and on the length of the history.
func (r *Result) cases(s Size, say func(string)) {
	v, nine := Volumes[2], Monday.Add(9*time.Hour)
	chosen := []string{"hard stop", "half", "refused at the door", "one domain", "one carrier"}
	for _, f := range Failures() {
		if !slices.Contains(chosen, f.Name) {
			continue
		}
		for _, g := range []Grain{ByMinute, ByHour, ByDay} {
			r.Grains = append(r.Grains, Case{string(g), f, make([]Delay, s.Cases)})
		}
		for _, days := range []int{0, 1, 3} {
			r.Young = append(r.Young, Case{fmt.Sprint(days), f, make([]Delay, s.Cases)})
		}
	}
	for i := range r.Grains {
		c := &r.Grains[i]
		each(s.Cases, func(n int) {
			c.Delays[n] = NewAccount(v, Grain(c.Words), 200+uint64(n), nine, nil, true).Detect(c.Failure, thresholds{})
		})
	}
	say("grains")
	for i := range r.Young {
		c := &r.Young[i]
		var days int
		_, _ = fmt.Sscan(c.Words, &days)
		each(s.Cases, func(n int) {
			c.Delays[n] = YoungAccount(v, ByMinute, 300+uint64(n), nine, days, nil, true).Detect(c.Failure, thresholds{})
		})
	}
	say("first days")
	alarms, criticals := make([][watchers]int, s.Cases), make([]int, s.Cases)
	each(s.Cases, func(n int) {
		alarms[n], _ = YoungAccount(v, ByMinute, 400+uint64(n), Monday, 0, nil, true).FalseAlarms(2, 5*time.Minute, thresholds{})
		criticals[n] = NewAccount(v, ByMinute, 500+uint64(n), nine, nil, true).criticals(Failure{Suppressed: always(1)}, 24*time.Hour)
	})
	for n := range alarms {
		r.YoungAlarms[TheVerdict] += alarms[n][TheVerdict]
		r.Suppressed += criticals[n]
	}
	r.YoungWeeks, r.SuppressedDays = 2*s.Cases, s.Cases
	say("first weeks and suppression lists")
}

// criticals counts how often the verdict becomes critical.
func (a *Account) criticals(f Failure, within time.Duration) (n int) {
	f.Begin = a.Now
	was := false
	for a.Now.Sub(f.Begin) < within {
		a.Step(&f, true)
		if a.Now.Minute()%5 != 0 {
			continue
		}
		is := a.Judge().Severity == mailrelay.Critical
		if is && !was {
			n++
		}
		was = is
	}
	return n
}

// each calls f with 0 to n-1, as many at once as there are processors.
func each(n int, f func(i int)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			f(i)
			<-slots
		})
	}
	wg.Wait()
}

func failures(v Volume, s Size) []Row {
	rows := make([]Row, len(Failures()))
	for i, f := range Failures() {
		rows[i] = Row{Volume: v, Failure: f}
	}
	for _, start := range s.Starts {
		for seed := range uint64(s.Seeds) {
			a := NewAccount(v, ByMinute, seed+10, Monday.Add(start), nil, true)
			l := learn(v, ByMinute, seed+10, Monday.Add(start), nil)
			each(len(rows), func(i int) {
				rows[i].Delays = append(rows[i].Delays, a.Clone(seed).Detect(rows[i].Failure, l))
			})
		}
	}
	return rows
}

func quiet(v Volume, s Size) Row {
	row := Row{Volume: v, Weeks: s.Weeks * s.QuietSeeds}
	alarms, told := make([][watchers]int, s.QuietSeeds), make([][]string, s.QuietSeeds)
	each(s.QuietSeeds, func(i int) {
		a := NewAccount(v, ByMinute, uint64(i), Monday, nil, true)
		alarms[i], told[i] = a.FalseAlarms(s.Weeks, 5*time.Minute, learn(v, ByMinute, uint64(i), Monday, nil))
	})
	for i, n := range alarms {
		words := told[i]
		for w := range watchers {
			row.Alarms[w] += n[w]
		}
		for _, w := range words {
			if hour := w[len("Mon 2006-01-02 "):][:2]; hour >= "23" || hour < "06" {
				row.Night++
			}
		}
		row.Words = append(row.Words, words...)
	}
	return row
}

// median is the middle delay; ok is false where most runs did not see it.
func median(ds []Delay, w Watcher) (d time.Duration, seen int) {
	var all []time.Duration
	for _, x := range ds {
		if x.Seen[w] {
			all = append(all, x.After[w])
			seen++
		} else {
			all = append(all, math.MaxInt64)
		}
	}
	slices.Sort(all)
	return all[(len(all)-1)/2], seen
}

func length(d time.Duration) string {
	switch {
	case d == math.MaxInt64:
		return "not seen"
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h %02d", int(d.Hours()), int(d.Minutes())%60)
}

// cell is a median delay, with the runs that saw it where those are not all.
func cell(ds []Delay, w Watcher) string {
	d, seen := median(ds, w)
	switch {
	case seen == len(ds):
		return length(d)
	case seen == 0:
		return "not seen"
	}
	return fmt.Sprintf("%s (%d of %d)", length(d), seen, len(ds))
}

// Tables are the measured figures as Markdown.
func (r Result) Tables() string {
	var b strings.Builder
	b.WriteString("### A drop to half of a Monday morning's delivery\n\n| relay tells by | runs | seen after, median | latest |\n|---|---|---|---|\n")
	for _, g := range []Grain{ByMinute, ByHour, ByDay} {
		ds := r.Morning[g]
		if len(ds) == 0 {
			continue
		}
		latest := time.Duration(0)
		for _, d := range ds {
			if !d.Seen[TheVerdict] {
				latest = math.MaxInt64
			}
			latest = max(latest, d.After[TheVerdict])
		}
		fmt.Fprintf(&b, "| %s | %d | %s | %s |\n", g, len(ds), cell(ds, TheVerdict), length(latest))
	}
	b.WriteString("\n### Delay of detection\n\n| mails at the peak | failure | verdict | low threshold | high threshold |\n|---|---|---|---|---|\n")
	for _, row := range r.Seen {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", row.Volume.Name, row.Failure.Name, cell(row.Delays, TheVerdict), cell(row.Delays, LowThreshold), cell(row.Delays, HighThreshold))
	}
	b.WriteString("\n### False alarms a week\n\n| mails at the peak | weeks | verdict | of these at night | low threshold | high threshold |\n|---|---|---|---|---|---|\n")
	for _, row := range r.Quiet {
		week := func(n int) string { return fmt.Sprintf("%.2f", float64(n)/float64(row.Weeks)) }
		fmt.Fprintf(&b, "| %s | %d | %s | %d | %s | %s |\n", row.Volume.Name, row.Weeks, week(row.Alarms[TheVerdict]), row.Night, week(row.Alarms[LowThreshold]), week(row.Alarms[HighThreshold]))
	}
	for _, part := range []struct {
		title, column string
		cases         []Case
	}{{"By what the relay tells, at 8 mails a minute on a Monday at 9:00", "relay tells by", r.Grains}, {"In the first days, at 8 mails a minute on a Monday at 9:00", "days of history", r.Young}} {
		fmt.Fprintf(&b, "\n### %s\n\n| failure | %s | runs | seen after, median | latest |\n|---|---|---|---|---|\n", part.title, part.column)
		for _, c := range part.cases {
			latest := time.Duration(0)
			for _, d := range c.Delays {
				if !d.Seen[TheVerdict] {
					latest = math.MaxInt64
				}
				latest = max(latest, d.After[TheVerdict])
			}
			fmt.Fprintf(&b, "| %s | %s | %d | %s | %s |\n", c.Failure.Name, c.Words, len(c.Delays), cell(c.Delays, TheVerdict), length(latest))
		}
	}
	fmt.Fprintf(&b, "\nIn %d first weeks (from the first poll on) the verdict raised %d false alarms. In %d days in which as many mails again were on a suppression list it became critical %d times.\n",
		r.YoungWeeks, r.YoungAlarms[TheVerdict], r.SuppressedDays, r.Suppressed)
	fmt.Fprintf(&b, "\nIn a week with a holiday at 8 mails a minute the verdict raised %d false alarms where nobody had told it, %d where it stood under `holidays`.\n", r.HolidayUntold, r.HolidayTold)
	return b.String()
}
