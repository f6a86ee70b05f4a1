package detectiontest

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// Size is how much is measured.
type Size struct {
	Volumes []Volume
	// Starts are when failures begin, from Monday's midnight on.
	Starts []time.Duration
	Seeds  int // runs per start
	// QuietSeeds accounts are watched for some weeks without a failure.
	QuietSeeds, Weeks int
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
	return r
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
	fmt.Fprintf(&b, "\nIn a week with a holiday at 8 mails a minute the verdict raised %d false alarms where nobody had told it, %d where it stood under `holidays`.\n", r.HolidayUntold, r.HolidayTold)
	return b.String()
}
