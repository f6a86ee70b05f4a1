package ledger

import (
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// Ledgers of the first format knew series by all labels that a source gave them, external
// labels and those of replicas too, and took all processes behind one target for one.
// What follows lets their accounts go on to the event. It is done once, for series that
// have had no sample since (former) and processes of which no sign was seen since (legacy).

// settleFirst puts right what the first format says of processes, before anything is
// counted. Every start time that moved was taken for a restart then: one that this
// version would not take for one would let series count whole lifetimes again.
func (a *account) settleFirst(slack int64) {
	for _, t := range a.targets {
		for _, p := range t.processes {
			if p.legacy && !p.restartedAsTold(slack) {
				p.forgetStarts()
			}
		}
	}
	for key, s := range a.series {
		if s.former && key != s.labels.String() { // two spellings of one number: the newer goes on
			a.mergeSpellings(key, s)
		}
	}
}

// restartedAsTold reports whether the latest restart of a process can be one, or all
// its series have been counted since.
func (p *process) restartedAsTold(slack int64) bool {
	moved, last := p.state.restarts[0], int64(none)
	for _, f := range p.families {
		for _, s := range f.series {
			if s.pos.t < moved {
				last = max(last, s.pos.t)
			}
		}
	}
	start := p.state.start * 1000
	return last == none || start > float64(last-slack) && start <= float64(moved+slack)
}

// forgetStarts forgets when a process started, and restarted: the next start-time sample
// is its first.
func (p *process) forgetStarts() {
	st, fresh := &p.state, newProcessState()
	st.firstStart, st.start, st.before, st.restarts, st.odd = none, 0, 0, fresh.restarts, false
	p.stored = false
}

// mergeSpellings lets one of two series with the same labels go on: the one with the
// newer sample.
func (a *account) mergeSpellings(key string, s *series) {
	delete(a.series, key)
	right := s.labels.String()
	twin := a.series[right]
	if twin == nil {
		a.series[right] = s
		return
	}
	if s.pos.t > twin.pos.t {
		twin.pos, twin.step, twin.seriesState = s.pos, s.step, s.seriesState
	}
	s.family.series = slices.DeleteFunc(s.family.series, func(o *series) bool { return o == s })
}

// arrives notes a series that is bound for the first time, where former ones may be it.
func (l *Ledger) arrives(a *account, s *series) {
	if !a.former {
		return
	}
	if len(a.arrived) == 0 {
		l.arrivals = append(l.arrivals, a)
	}
	a.arrived = append(a.arrived, s)
}

// goOn lets the series that were bound for the first time go on where the former ones
// stood that they are. It is called when all series of an answer are bound.
func (l *Ledger) goOn() {
	for _, a := range l.arrivals {
		gone := a.goneNames()
		for _, s := range a.arrived {
			a.takeFormer(s, gone)
		}
		a.arrived = nil
	}
	l.arrivals = nil
}

// goneNames are the labels that former series have, and none that has been bound since:
// the source gives them no more.
func (a *account) goneNames() map[string]bool {
	gone := map[string]bool{}
	for _, s := range a.series {
		if s.former {
			for _, l := range s.labels {
				gone[l.Name] = true
			}
		}
	}
	for _, s := range a.series {
		if !s.former {
			for _, l := range s.labels {
				delete(gone, l.Name)
			}
		}
	}
	return gone
}

// takeFormer finds the former series that a new one is: those of the same target with the
// same labels but for those that are gone. They were streams of one series, of several
// replicas or read paths: the one with the newest sample says how far that was counted.
// Where two have it and differ, nobody can tell, and the new one begins with what it has.
func (a *account) takeFormer(s *series, gone map[string]bool) {
	var best *series
	var streams []*series
	unclear := false
	for _, f := range s.process.target.formers() {
		if f.pos.t == none || !f.differsBy(s.labels, gone) {
			continue
		}
		streams = append(streams, f)
		switch {
		case best == nil || f.pos.t > best.pos.t || f.pos.t == best.pos.t && len(f.labels) < len(best.labels):
			best, unclear = f, false
		case f.pos.t == best.pos.t && len(f.labels) == len(best.labels) && f.pos.v != best.pos.v:
			unclear = true
		}
	}
	for _, f := range streams {
		if len(f.labels) <= len(best.labels) { // else it may be of another one, which is not there yet
			a.dropSeries(f, a.index)
		}
	}
	if best == nil || s.pos.t != none && s.pos.t >= best.pos.t {
		return
	}
	s.unclear = unclear
	if !unclear {
		s.pos, s.step, s.seriesState, s.recent = best.pos, best.step, best.seriesState, best.recent
	}
	s.stored = false
}

// formers are the former series of a target.
func (t *target) formers() []*series {
	var out []*series
	for _, p := range t.processes {
		for _, f := range p.families {
			for _, s := range f.series {
				if s.former {
					out = append(out, s)
				}
			}
		}
	}
	return out
}

// differsBy reports whether a series has the labels, and beside them only ones of these
// names.
func (s *series) differsBy(ls slo.Labels, names map[string]bool) bool {
	return carries(s.labels, ls) && !slices.ContainsFunc(s.labels, func(l slo.Label) bool {
		return ls.Get(l.Name) == "" && !names[l.Name]
	})
}

// knows notes that a process that was told apart has been there since before its series,
// which another one had.
func (p *process) knows(s *series) {
	if old := s.process.state.seen; s.pos.t != none && old != none {
		p.state.seen = earlier(p.state.seen, old)
	}
}

// split tells processes apart that the first format took for one. What it said of starts
// is of any of them.
func (t *target) split(p *process) {
	for _, o := range t.processes {
		if o.adopted && o != p {
			o.forgetStarts()
		}
	}
}
