package ledger

import "slices"

// forget drops accounts that nobody asks for, and targets of which nothing has
// been heard, once the retention has passed.
func (l *Ledger) forget(now int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
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

// forget drops the processes of which nothing has been heard since horizon, with
// their series, and reports whether there were any.
func (a *account) forget(horizon int64) bool {
	heard := map[*process]bool{}
	for _, s := range a.series {
		if s.pos.t == none || s.pos.t >= horizon {
			heard[s.process] = true
		}
	}
	any := false
	for values, t := range a.targets {
		for _, p := range slices.Clone(t.processes) {
			if !heard[p] && p.state.seen != none && p.state.covered < horizon {
				a.dropProcess(p, members{})
				any = true
			}
		}
		if len(t.processes) == 0 {
			delete(a.targets, values)
		}
	}
	if any {
		a.facts.forgot = max(a.facts.forgot, horizon)
	}
	return any
}
