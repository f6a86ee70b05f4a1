package incident

import (
	"cmp"
	"slices"
	"time"
)

// Summary is what many Incidents have in common.
type Summary struct {
	Count   int
	Ongoing int // of them
	// BySeverity counts them; each severity is there.
	BySeverity map[Severity]int
	// How long it took; see Durations.
	ToDetect, ToMitigate, ToResolve Spread
	// Hurting is how long they hurt, added up; where two hurt at once, both count.
	Hurting time.Duration
	// OpenActions are those that nobody has done, the longest overdue first, those
	// without a date last.
	OpenActions []OpenAction
	Overdue     int // of them
	// Unwritten are the IDs of Incidents that are resolved, or were serious and closed,
	// and whose postmortem lacks something. Of a private one without any it is not known.
	Unwritten []string
}

// Spread is how durations are spread. Median and P90 are nil where none is known.
type Spread struct {
	Known int // of how many Incidents there is one
	// Median is the one in the middle, of an even number the mean of both in the middle.
	Median *time.Duration
	// P90 is the shortest one within which at least 90 % of them lie.
	P90 *time.Duration
}

// OpenAction is an Action that nobody has done, and of what it should prevent the return.
type OpenAction struct {
	Action
	Incident string // the ID
	Title    string // the Incident's
	Overdue  bool
}

// Summarize looks at Incidents as they are at now. Their Outlines are enough. One that is a part
// of another is not counted beside it; its actions are.
func Summarize(all []Incident, now time.Time) Summary {
	s := Summary{BySeverity: map[Severity]int{}}
	for _, severity := range Severities {
		s.BySeverity[severity] = 0
	}
	var detect, mitigate, resolve []time.Duration
	for _, i := range all {
		if s.actions(i, now); i.MergedInto != "" {
			continue
		}
		s.Count++
		s.BySeverity[i.Severity]++
		d := i.Durations(now)
		s.Hurting += d.Hurting
		for to, took := range map[*[]time.Duration]*time.Duration{&detect: d.ToDetect, &mitigate: d.ToMitigate, &resolve: d.ToResolve} {
			if took != nil {
				*to = append(*to, *took)
			}
		}
		switch {
		case i.State.Ongoing():
			s.Ongoing++
		case i.Private && i.Postmortem == nil:
		case len(i.Postmortem.Missing()) > 0 && (i.State == Resolved || i.NeedsPostmortem()):
			s.Unwritten = append(s.Unwritten, i.ID)
		}
	}
	s.ToDetect, s.ToMitigate, s.ToResolve = spread(detect), spread(mitigate), spread(resolve)
	slices.SortStableFunc(s.OpenActions, func(a, b OpenAction) int {
		if a.Due.IsZero() != b.Due.IsZero() {
			return cmp.Compare(b.Due.Unix(), a.Due.Unix()) // the one without a date is of the year 1
		}
		return a.Due.Compare(b.Due)
	})
	return s
}

func (s *Summary) actions(i Incident, now time.Time) {
	if i.Postmortem == nil {
		return
	}
	for _, a := range i.Postmortem.Actions {
		if !a.DoneAt.IsZero() {
			continue
		}
		open := OpenAction{Action: a, Incident: i.ID, Title: i.Title, Overdue: a.overdue(now)}
		if open.Overdue {
			s.Overdue++
		}
		s.OpenActions = append(s.OpenActions, open)
	}
}

func spread(all []time.Duration) Spread {
	n := len(all)
	if n == 0 {
		return Spread{}
	}
	slices.Sort(all)
	low, high := all[(n-1)/2], all[n/2]
	median, p90 := low+(high-low)/2, all[(9*n+9)/10-1]
	return Spread{Known: n, Median: &median, P90: &p90}
}
