package ledger

// maySpring reports whether a series that has come so far may spring back at t to where it was before it dropped,
// in a process that has no start by which to tell a restart.
func (w *work) maySpring(p pace, t, lookback int64) bool {
	return p.base.t != none && p.base.t >= t-lookback && !w.hasStart(t)
}

// springs reports whether a series is back, by more than it can have grown, at a value that it had shortly before: what
// was taken for a reset may have been a wrong answer.
func (x *walker) springs(now position) bool {
	if !x.w.maySpring(x.pace, now.t, x.c.lookback) || now.v-x.prev.v <= x.c.plausible*max(1, x.step())*max(1, float64(now.t-x.prev.t)/float64(x.c.interval)) {
		return false
	}
	was := func(at int64, v float64) bool {
		return at >= now.t-x.c.lookback && at < now.t && v > x.prev.v && v <= now.v
	}
	for _, p := range x.s.recent {
		if was(p.t, p.v) {
			return true
		}
	}
	for k := before(x.in.t, now.t) - 1; k >= 0 && x.in.t[k] >= now.t-x.c.lookback; k-- {
		if was(x.in.t[k], x.in.v[k]) {
			return true
		}
	}
	return false
}
