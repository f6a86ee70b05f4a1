package presence

import (
	"fmt"
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// Gone reports whether a subject has no live series of any metric that is asked for.
func Gone(ask Ask, live Live) bool { return len(had(ask, live)) == 0 }

// had are the series of the metrics that are asked for, of the targets that are asked for.
func had(ask Ask, live Live) []slo.Labels {
	var out []slo.Labels
	for _, side := range ask.Sides {
		for _, sel := range side.Selectors() {
			of, _ := judge{live: live}.ofTargets(sel, picked(metricOf(sel), live.Series))
			out = append(out, of...)
		}
	}
	return out
}

// Past is what a subject had when it was last counted, of an Ask that is Gone now.
type Past struct {
	Live
	// Missed is how many events would have come since, at the usual rate.
	Missed float64
}

// enoughMissed is how many events must have stayed away until their metric is called absent.
// Chance hardly keeps so many away.
const enoughMissed = 100

// JudgePast judges an Ask that is Gone by what was there when it was last counted: what could
// be told from that still can, as long as the subject has ended, or has only restarted and
// creates its series with the first event.
func JudgePast(ask Ask, now Live, was Past) (out []slo.Absence, notes []string) {
	then := had(ask, was.Live)
	if len(then) == 0 {
		return Judge(ask, now)
	}
	if out, notes = Judge(ask, was.Live); slices.ContainsFunc(out, slo.Absence.Misleads) {
		return out, notes
	}
	switch {
	case !now.answers(then):
		for _, side := range ask.Sides {
			for _, sel := range side.Selectors()[:1] {
				out = append(out, judge{side: side.Name}.absence(slo.NoSubject, sel, "", nil))
			}
		}
		return together(slices.DeleteFunc(out, func(a slo.Absence) bool { return a.Kind == slo.NoSuch })), notes
	case was.Missed < enoughMissed:
		return nil, append(notes, resting(ask))
	}
	return Judge(ask, now)
}

// answers reports whether a target is up that is of a kind with those that had some series: all
// target labels but the instance are equal. Where the source knows no targets, whether the
// subject sends anything.
func (l Live) answers(had []slo.Labels) bool {
	if len(l.Targets) == 0 {
		return judge{live: l}.sends()
	}
	return slices.ContainsFunc(l.Targets, func(t Target) bool {
		return t.Up && slices.ContainsFunc(had, func(ls slo.Labels) bool {
			return !slices.ContainsFunc(l.TargetLabels, func(name string) bool {
				return name != "instance" && ls.Get(name) != t.Labels.Get(name)
			})
		})
	})
}

// resting is the note on metrics that are gone and may come back.
func resting(ask Ask) string {
	var names []string
	for _, side := range ask.Sides {
		for _, sel := range side.Selectors() {
			if name := metricOf(sel).String(); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return fmt.Sprintf("%s: no series now, as after a restart until the first event; what was counted before stays", slices.Sorted(slices.Values(names))[0])
}
