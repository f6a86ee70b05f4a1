package ledger

import (
	"errors"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// bindings remember what the series of one source are to the accounts.
type bindings struct {
	byRef   map[uint64]*binding
	byLabel map[string]*binding // for sources that give no Refs
	order   []*binding          // those with Refs, as they came
	next    int                 // place in order of the one that is likely next
	called  map[uint64]called   // what series are called that have Refs, where a subject was renamed
}

// binding is what one series of a source is to the accounts: nothing, where it
// has no uses.
type binding struct {
	ref     uint64
	place   int32 // in the order
	job     int32 // its subject's in the batch; below 0: that has none
	subject *Subject
	batch   *batch // that it was read in last
	uses    []use
	counts  bool     // it is a counter of an account
	claimed *claimed // nil: at most one subject claims it
}

// claimed is what it costs that several subjects claim a series.
type claimed struct {
	err  error
	lost []*account // theirs, that it would count for
}

type use struct {
	kind    kind
	acct    *account
	process *process // of a sign
	series  *series  // of a counter
	created *created // of what tells when counters were created, whatever the kind
}

func newBindings() *bindings {
	return &bindings{byRef: map[uint64]*binding{}, byLabel: map[string]*binding{}, called: map[uint64]called{}}
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
		b.next = int(x.place) + 1
	}
	return x
}

func (b *bindings) put(s *slo.Series, x *binding) {
	if s.Ref == 0 {
		b.byLabel[s.Labels.String()] = x
		return
	}
	x.ref, x.place = s.Ref, int32(len(b.order))
	b.byRef[s.Ref], b.order = x, append(b.order, x)
}

// bind finds out what a series is to the accounts of its subject.
func (l *Ledger) bind(src *sourceState, s *slo.Series) *binding {
	if b := src.bound.find(s); b != nil {
		return b
	}
	subject, err := src.subjects.find(s.Labels)
	b := &binding{subject: subject}
	if several, ok := errors.AsType[*claimedError](err); ok {
		b.claimed = &claimed{err: err}
		for _, sub := range several.subjects {
			for _, a := range src.raw[sub.ID] {
				if l.concerns(a, s.Labels) {
					b.claimed.lost = append(b.claimed.lost, a)
				}
			}
		}
	}
	if subject != nil {
		ls := s.Labels
		if s.Ref == 0 {
			ls = slices.Clone(ls)
		}
		name := ls.Get(slo.MetricName)
		for _, a := range src.raw[subject.ID] {
			b.uses = l.bindTo(b.uses, a, name, ls)
		}
		b.counts = slices.ContainsFunc(b.uses, func(u use) bool { return u.kind == counterSeries })
	}
	src.bound.put(s, b)
	return b
}

// bindTo adds what a series is to one account.
func (l *Ledger) bindTo(uses []use, a *account, name string, ls slo.Labels) []use {
	if k, ok := l.signKind(name); ok && l.ofTargets(a.m, ls) {
		further := furtherLabels(ls, l.cfg.TargetLabels, a.subject.Match)
		uses = append(uses, use{kind: k, acct: a, process: a.signed(joined(ls, l.cfg.TargetLabels), further)})
	}
	if sides := a.m.picks(ls); sides != 0 {
		s, known := a.seriesOf(ls, sides, l.cfg.TargetLabels)
		if !known {
			l.arrives(a, s)
		}
		uses = append(uses, use{kind: counterSeries, acct: a, series: s})
	}
	if strings.HasSuffix(name, createdSuffix) && a.m.tellsCreated(ls) {
		uses = append(uses, use{acct: a, created: a.createdOf(name, ls, l.cfg.TargetLabels)})
	}
	return uses
}

// furtherLabels are a sign's labels without its name, the target's and the subject's.
func furtherLabels(ls slo.Labels, targetLabels []string, subject slo.Labels) slo.Labels {
	var out slo.Labels
	for _, l := range ls {
		if l.Name != slo.MetricName && !slices.Contains(targetLabels, l.Name) && subject.Get(l.Name) == "" {
			out = append(out, l)
		}
	}
	return out
}

// signed finds or adds the process whose signs have these further labels. Counters
// that turn out to be its own are moved to it.
func (a *account) signed(values string, further slo.Labels) *process {
	t := a.targetOf(values)
	var p *process
	for _, o := range t.processes {
		if !o.legacy && slices.Equal(o.labels, further) {
			return o
		}
		if o.legacy && p == nil {
			p = o
		}
	}
	if p == nil {
		p = a.newProcess(t, slices.Clone(further))
		t.split(p)
	}
	p.labels, p.adopted, p.legacy, p.stored = slices.Clone(further), p.legacy, false, false
	for _, s := range a.series {
		if s.process.target == t {
			if best := a.processFor(t, s.labels); best != s.process {
				best.knows(s)
				s.put(best)
			}
		}
	}
	return p
}

// processFor finds the process of a target that a counter belongs to.
func (a *account) processFor(t *target, ls slo.Labels) *process {
	var best *process
	for _, p := range t.processes {
		if !carries(ls, p.labels) {
			continue
		}
		if best == nil || len(p.labels) > len(best.labels) ||
			len(p.labels) == len(best.labels) && strings.Compare(p.labels.String(), best.labels.String()) < 0 {
			best = p
		}
	}
	if best == nil {
		best = a.newProcess(t, nil)
	}
	return best
}

// carries reports whether ls has all of the labels.
func carries(ls, labels slo.Labels) bool {
	for _, l := range labels {
		if ls.Get(l.Name) != l.Value {
			return false
		}
	}
	return true
}

// seriesOf finds or adds a series, which keeps the labels, and reports whether this
// version knew it.
func (a *account) seriesOf(ls slo.Labels, sides uint8, targetLabels []string) (s *series, known bool) {
	key := ls.String()
	s = a.series[key]
	known = s != nil && !s.former
	if s == nil {
		s = &series{id: a.nextID, labels: ls, pos: position{t: none}, pace: newPace(), seriesState: &usualState}
		a.nextID++
		s.put(a.processFor(a.targetOf(joined(ls, targetLabels)), ls))
		s.process.target.whoTells(s)
		a.series[key] = s
	} else if best := a.processFor(s.process.target, ls); best != s.process {
		s.put(best)
	}
	s.sides, s.former = sides, false
	return s, known
}

// concerns reports whether a series counts for an account.
func (l *Ledger) concerns(a *account, ls slo.Labels) bool {
	_, sign := l.signKind(ls.Get(slo.MetricName))
	return sign && l.ofTargets(a.m, ls) || a.m.picks(ls) != 0 || a.m.tellsCreated(ls)
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
