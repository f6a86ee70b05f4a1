package review

import (
	"fmt"

	"github.com/shopslo/shopslo/internal/outage"
	"github.com/shopslo/shopslo/slo"
)

// mostDoubts are listed; the others are counted.
const mostDoubts = 12

// doubts lists what makes budgets doubtful: each once, with the ShopSets that it is of.
func (p *page) doubts(s *section, r Report) {
	type doubt struct{ slo, text string }
	var order []doubt
	sets := map[doubt][]string{}
	for i := range r.Budgets {
		b := &r.Budgets[i]
		for _, text := range p.doubtsOf(b) {
			d := doubt{b.name(), text}
			if sets[d] == nil {
				order = append(order, d)
			}
			sets[d] = append(sets[d], b.ShopSet)
		}
	}
	if len(order) == 0 {
		return
	}
	l := p.lang
	s.say(l.Say(sayMind))
	for i, d := range order {
		if i == mostDoubts {
			s.say(l.Say(sayDoubtsMore, len(order)-i))
			break
		}
		s.say(fmt.Sprintf("%s – %s: %s", d.slo, l.list(sets[d], 3), d.text))
	}
}

// doubtsOf says in words what makes a budget doubtful. Times of flags are left out, which
// would make each ShopSet's another.
func (p *page) doubtsOf(b *Row) []string {
	l := p.lang
	var out []string
	if b.Failure != nil {
		out = append(out, l.Say(sayNotBeingCountedS, outage.Say(l.Language, *b.Failure)))
	}
	for _, a := range b.Absent {
		if text := l.absence(a); text != "" {
			out = append(out, text)
		}
	}
	for _, f := range b.Flags {
		out = append(out, l.flag(f.Kind))
	}
	if b.VerdictFrom != nil {
		out = append(out, l.Say(sayTooShortHistoryState, l.moment(p.local(*b.VerdictFrom))))
	}
	return out
}

// absence is what is not there; "" where that is no news.
func (l lang) absence(a slo.Absence) string {
	near := ""
	if len(a.Nearest) > 0 {
		near = l.Say(sayNearest, l.list(a.Nearest, 3))
	}
	switch a.Kind {
	case slo.NoMetric:
		return l.Say(sayMetricDoesNotExist, a.Selector, near)
	case slo.NoLabel:
		return l.Say(sayAsksLabelWhichDoes, a.Selector, a.Label, near)
	case slo.NoBound:
		return l.Say(sayAsksValueDoesNot, a.Selector, a.Label, near)
	case slo.NoSubject:
		return l.Say(sayOthersSendMetricThis, a.Selector)
	case slo.Unlabelled:
		return l.Say(saySeriesDoNotCarry, a.Selector)
	case slo.LoneLabel:
		return l.Say(sayMatchesOnLabelWhich, a.Selector, a.Label, near)
	}
	return ""
}

// flag is what a flag means.
func (l lang) flag(kind slo.FlagKind) string {
	switch kind {
	case slo.UnknownFirst:
		return l.Say(saySeriesAppearedCountsUnknown)
	case slo.ClockAndDrop:
		return l.Say(sayStartTimeMovedImplausible)
	case slo.UnexplainedDrop:
		return l.Say(sayCounterDroppedWithoutRestart)
	case slo.PartialDrop:
		return l.Say(saySumDroppedByPart)
	case slo.UnclearRestart:
		return l.Say(sayRestartOrNot)
	case slo.SeveralProcesses:
		return l.Say(saySeveralProcessesAnswerUnder)
	case slo.ChangedLabels:
		return l.Say(sayLabelsChangedSeriesCould)
	case slo.BucketsChanged:
		return l.Say(sayBucketsChanged)
	}
	return l.Say(sayFiguresFlaggedS, string(kind))
}
