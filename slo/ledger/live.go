package ledger

import "time"

// live is how many targets of an account gave samples about a time. A target's processes
// that have no series (any more) are known by what they are covered for.
func (l *Ledger) live(w wantedPart, at time.Time) int {
	patience := 2 * w.m.interval
	l.mu.RLock()
	defer l.mu.RUnlock()
	n := 0
	for _, t := range w.targets {
		for _, p := range t.processes {
			if p.liveAt(at.UnixMilli(), patience) {
				n++
				break
			}
		}
	}
	return n
}

// liveAt reports whether a process was heard of before and after a time, or not long before.
// What lies between is not known, and taken for life.
func (p *process) liveAt(at, patience int64) bool {
	return p.state.seen != none && p.state.seen <= at && p.lastHeard(at-patience) >= at-patience
}

// lastHeard is the time of the newest sample of a process, or one at or after enough.
func (p *process) lastHeard(enough int64) int64 {
	last := p.state.covered
	for _, f := range p.families {
		for _, s := range f.series {
			if last >= enough {
				return last
			}
			last = max(last, s.pos.t)
		}
	}
	return last
}
