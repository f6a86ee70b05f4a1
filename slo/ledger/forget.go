package ledger

import (
	"slices"
	"time"
)

// forgetEvery is how often (ms) a ledger without files looks for what can be forgotten;
// one with files does so before each checkpoint.
const forgetEvery = int64(time.Hour / time.Millisecond)

// forget drops accounts that nobody asks for, and targets and series of which nothing
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
		// By the account's own time: one that lags behind needs its targets yet.
		any = a.forget(min(now, a.hist.edge)-retention) || any
	}
	if any {
		for _, src := range l.sources {
			src.bound = newBindings()
		}
	}
}

// forget drops the series of which nothing has been heard since horizon, and the
// targets, and reports whether there were any.
func (a *account) forget(horizon int64) (any bool) {
	left := map[*target][]*series{}
	for key, s := range a.series {
		switch {
		case s.pos.t >= horizon: // none is before all
			left[s.target] = append(left[s.target], s)
			continue
		case s.pos.t != none:
			s.target.shed.add(s, horizon)
		}
		delete(a.series, key)
		any = true
	}
	for values, t := range a.targets {
		if len(left[t]) == 0 && !t.heardSince(horizon) {
			if t.state.seen != none {
				a.facts.forgot = max(a.facts.forgot, horizon)
			}
			delete(a.targets, values)
			any = true
			continue
		}
		t.shed.restarted(t.state.start)
		t.groups = slices.DeleteFunc(t.groups, func(g *group) bool {
			return g.dropAfter < horizon && !slices.ContainsFunc(left[t], func(s *series) bool { return s.group == g })
		})
	}
	return any
}

// heardSince reports whether a target has given a sign of life since then, or has been
// known for a shorter time.
func (t *target) heardSince(horizon int64) bool {
	return max(t.state.covered, t.state.seen, t.state.firstUp) >= horizon
}
