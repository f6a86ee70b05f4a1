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
	// Cases are runs of each grain and each length of history; GrainWeeks how many
	// weeks without a failure each of as many accounts is watched by grain.
	Cases, GrainWeeks int
	Mornings
}

// Mornings is how often the Monday morning is tried, by grain.
type Mornings map[Grain]int

// Part is what can be measured by itself; it is one section of the report.
type Part struct {
	Name    string
	Measure func(s Size, say func(string)) Section
}

// Parts are all.
var Parts = []Part{{"grains", grains}, {"volumes", volumes}, {"first", firstWeeks}}

// Section is what came of a part.
type Section struct {
	Tables string // Markdown
	Chart  string // SVG, "" where there is none
	// Words are what the verdict said in false alarms, Broken the promises that were not kept.
	Words, Broken []string
}

func (s *Section) broken(format string, args ...any) {
	s.Broken = append(s.Broken, fmt.Sprintf(format, args...))
}

// aMonth are the weeks in which one false alarm is promised at most.
const aMonth = 4

// quietEnough is whether so many false alarms in so many weeks are no more than one a month.
func quietEnough(alarms, weeks int) bool { return alarms*aMonth <= max(aMonth, weeks) }

// Case is a failure under some circumstance.
type Case struct {
	Words   string
	Failure Failure
	Delays  []Delay
}

// caseTable is a table of cases, with what their words say.
func caseTable(title, column string, cases []Case) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n| failure | %s | runs | seen after, median | latest |\n|---|---|---|---|---|\n", title, column)
	for _, c := range cases {
		fmt.Fprintf(&b, "| %s | %s | %d | %s | %s |\n", c.Failure.Name, c.Words, len(c.Delays), cell(c.Delays, TheVerdict), length(latest(c.Delays)))
	}
	return b.String()
}

// chosen are the failures that are tried by grain and in first days.
func chosen() []Failure {
	names := []string{"hard stop", "half", "refused at the door", "one domain", "one carrier"}
	return slices.DeleteFunc(Failures(), func(f Failure) bool { return !slices.Contains(names, f.Name) })
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

// latest is the longest delay of the verdict.
func latest(ds []Delay) (d time.Duration) {
	for _, x := range ds {
		if !x.Seen[TheVerdict] {
			return math.MaxInt64
		}
		d = max(d, x.After[TheVerdict])
	}
	return d
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
