package ledger

import (
	"errors"

	"github.com/shopslo/shopslo/slo"
)

// bindings remember what the series of one source are to the accounts.
type bindings struct {
	byRef   map[uint64]*binding
	byLabel map[string]*binding // for sources that give no Refs
	order   []*binding          // those with Refs, as they came
	next    int                 // place in order of the one that is likely next
}

// binding is what one series of a source is to the accounts: nothing, where it
// has no uses.
type binding struct {
	ref     uint64
	place   int // in the order
	subject *Subject
	batch   *batch // that it was read in last
	job     int    // its subject's in that; below 0: the batch has none
	uses    []use
	claimed error      // several subjects claim it
	lost    []*account // theirs, that it would count for
}

type use struct {
	kind   kind
	acct   *account
	target *target
	series *series
}

func newBindings() *bindings {
	return &bindings{byRef: map[uint64]*binding{}, byLabel: map[string]*binding{}}
}

// find finds a series' binding. Sources give their series in much the same order
// each time.
func (b *bindings) find(s *slo.Series) *binding {
	if s.Ref == 0 {
		return b.byLabel[s.Labels.String()]
	}
	if b.next < len(b.order) && b.order[b.next].ref == s.Ref {
		b.next++
		return b.order[b.next-1]
	}
	x := b.byRef[s.Ref]
	if x != nil {
		b.next = x.place + 1
	}
	return x
}

func (b *bindings) put(s *slo.Series, x *binding) {
	if s.Ref == 0 {
		b.byLabel[s.Labels.String()] = x
		return
	}
	x.ref, x.place = s.Ref, len(b.order)
	b.byRef[s.Ref], b.order = x, append(b.order, x)
}

// bind finds out what a series is to the accounts of its subject.
func (l *Ledger) bind(src *sourceState, s *slo.Series) *binding {
	if b := src.bound.find(s); b != nil {
		return b
	}
	subject, err := src.subjects.find(s.Labels)
	b := &binding{subject: subject}
	if claimed, ok := errors.AsType[*claimedError](err); ok {
		b.claimed = err
		for _, sub := range claimed.subjects {
			for _, a := range src.raw[sub.ID] {
				if l.concerns(a, s.Labels) {
					b.lost = append(b.lost, a)
				}
			}
		}
	}
	if subject != nil {
		name := s.Labels.Get(slo.MetricName)
		for _, a := range src.raw[subject.ID] {
			b.uses = l.bindTo(b.uses, a, name, s.Labels)
		}
	}
	src.bound.put(s, b)
	return b
}

// bindTo adds what a series is to one account.
func (l *Ledger) bindTo(uses []use, a *account, name string, ls slo.Labels) []use {
	if k, ok := l.signKind(name); ok && l.ofTargets(a.m, ls) {
		uses = append(uses, use{kind: k, acct: a, target: a.targetOf(joined(ls, l.cfg.TargetLabels))})
	}
	if sides := a.m.picks(ls); sides != 0 {
		s := a.seriesOf(ls, sides, l.cfg.TargetLabels)
		uses = append(uses, use{kind: counterSeries, acct: a, target: s.target, series: s})
	}
	return uses
}

// concerns reports whether a series counts for an account.
func (l *Ledger) concerns(a *account, ls slo.Labels) bool {
	_, sign := l.signKind(ls.Get(slo.MetricName))
	return sign && l.ofTargets(a.m, ls) || a.m.picks(ls) != 0
}

// signKind tells the series by which targets speak of themselves.
func (l *Ledger) signKind(name string) (kind, bool) {
	switch name {
	case upMetric:
		return upSeries, true
	case l.cfg.StartTimeMetric:
		return startSeries, name != ""
	}
	return 0, false
}

// ofTargets reports whether a target's own series belongs to a measure.
func (l *Ledger) ofTargets(m *measure, ls slo.Labels) bool {
	return m.targetMatchers(l.cfg.TargetLabels).Matches(ls)
}

// upMetric is Prometheus' own report on a scrape: 1 where it succeeded.
const upMetric = "up"
