package ledger

import (
	"maps"
	"slices"
)

// adopt takes over the series and processes of an account that has counted up to the same edge, from later
// on. What that one has not heard of stays, so far as it is older. The other account is of no use afterwards.
func (a *account) adopt(found *account) {
	start := found.facts.start
	moved := map[*process]*process{}
	for values, t := range found.targets {
		own := a.targets[values]
		if own == nil {
			a.targets[values] = t
			continue
		}
		for _, p := range t.processes {
			p.target = own
			k := slices.IndexFunc(own.processes, func(o *process) bool { return !o.legacy && slices.Equal(o.labels, p.labels) })
			if k < 0 {
				own.processes = append(own.processes, p)
				continue
			}
			p.inherit(own.processes[k], start)
			moved[own.processes[k]], own.processes[k] = p, p
		}
		own.created = t.created
	}
	for key, s := range a.series {
		switch {
		case found.series[key] != nil:
			s.leave()
		case s.pos.t >= start && !s.undecided():
			a.dropSeries(s, members{})
		case moved[s.process] != nil:
			s.put(moved[s.process])
			s.mapPeers(moved)
		}
	}
	maps.Copy(a.series, found.series)
	f, o := &a.facts, found.facts
	f.last, f.heard = max(f.last, o.last), sooner(f.heard, o.heard)
	f.sliceA, f.sliceB = o.sliceA, o.sliceB
	a.cold = true
	a.renumber()
}

// inherit adds to a process what is known of it from before a time.
func (p *process) inherit(own *process, start int64) {
	was, st := own.state, &p.state
	st.seen, st.seenUp, st.firstUp = sooner(st.seen, was.seen), sooner(st.seenUp, was.seenUp), sooner(st.firstUp, was.firstUp)
	if st.firstStart == none {
		st.start, st.before = was.start, was.before
	}
	st.firstStart = sooner(st.firstStart, was.firstStart)
	if was.alternated < start {
		st.alternated = max(st.alternated, was.alternated)
	}
	st.odd = st.odd || was.odd && was.seen < start
	k := 0
	for k < len(st.restarts) && st.restarts[k] != none {
		k++
	}
	for _, t := range was.restarts {
		if t < start && k < len(st.restarts) {
			st.restarts[k] = t
			k++
		}
	}
	p.shed = own.shed
	for _, f := range own.families {
		if mine := p.familyOf(f.name); f.dropAfter < start {
			mine.dropAfter = max(mine.dropAfter, f.dropAfter)
		}
	}
}

// leave takes a series out of its family.
func (s *series) leave() {
	s.family.series = slices.DeleteFunc(s.family.series, func(o *series) bool { return o == s })
}

// mapPeers names the processes that took the place of a first sample's peers.
func (s *series) mapPeers(moved map[*process]*process) {
	if len(s.birth.peers) == 0 {
		return
	}
	state := *s.seriesState
	state.birth.peers = slices.Clone(state.birth.peers)
	for i, p := range state.birth.peers {
		if now := moved[p]; now != nil {
			state.birth.peers[i] = now
		}
	}
	s.seriesState = &state
}

// renumber numbers all processes and series anew, and finds which of them are live, and undecided.
// The files have to be written whole after it.
func (a *account) renumber() {
	a.nextID, a.live, a.pending, a.index = 0, a.live[:0], nil, members{}
	next := func() uint32 {
		a.nextID++
		return a.nextID - 1
	}
	for _, values := range slices.Sorted(maps.Keys(a.targets)) {
		for _, p := range a.targets[values].processes {
			if p.id = next(); p.state.covered > a.hist.edge {
				a.live = append(a.live, p)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(a.series)) {
		s := a.series[key]
		if s.id = next(); s.undecided() {
			a.pending = append(a.pending, s)
		}
	}
}
