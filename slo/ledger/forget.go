package ledger

import (
	"slices"
	"time"
)

// forgetEvery is how often (ms) a ledger without files looks for what can be forgotten;
// one with files does so before each checkpoint.
const forgetEvery = int64(time.Hour / time.Millisecond)

// forget drops accounts that nobody asks for, and processes and series of which nothing
// has been heard, once the retention has passed. now is an edge that was just closed.
func (l *Ledger) forget(now int64) {
	if l.heard.last == none {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now = min(now, l.heard.last)
	retention := l.cfg.Retention.Milliseconds()
	any := false
	for key, a := range l.accounts {
		if a.m == nil && a.hist.edge < now-retention {
			delete(l.accounts, key)
			continue
		}
		// By the account's own time: one that lags behind needs its processes yet.
		any = a.forget(min(now, a.hist.edge)-retention) || any
	}
	if any {
		for _, src := range l.sources {
			src.bound = newBindings()
		}
	}
}

// forget drops the series of which nothing has been heard since horizon, and the
// processes, and reports whether there were any.
func (a *account) forget(horizon int64) (any bool) {
	old := func(s *series) bool { return s.pos.t < horizon && !s.undecided() } // none is before all
	for key, s := range a.series {
		if !old(s) {
			continue
		}
		if s.pos.t != none {
			s.process.shed.add(s, horizon)
		}
		delete(a.series, key)
		any = true
	}
	for values, t := range a.targets {
		for _, p := range slices.Clone(t.processes) {
			p.families = slices.DeleteFunc(p.families, func(f *family) bool {
				f.series = slices.DeleteFunc(f.series, old)
				return len(f.series) == 0 && f.dropAfter < horizon
			})
			p.shed.restarted(p.began(p.state.start))
			if len(p.families) > 0 || p.heardSince(horizon) {
				continue
			}
			if p.state.seen != none {
				a.facts.forgot = max(a.facts.forgot, horizon)
			}
			a.dropProcess(p, members{})
			any = true
		}
		if len(t.processes) == 0 {
			delete(a.targets, values)
		}
		if any {
			t.forgetCreated()
		}
	}
	return any
}

// heardSince reports whether a process has given a sign of life since then, or has been
// known for a shorter time.
func (p *process) heardSince(horizon int64) bool {
	st := &p.state
	return max(st.covered, st.seen, st.firstUp, st.restarts[0]) >= horizon
}
