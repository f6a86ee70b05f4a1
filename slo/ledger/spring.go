package ledger

// maySpring reports whether a series that has come to prev may spring back at t to where it was before it dropped,
// in a process that has no start by which to tell a restart. dropped is when its family was last seen to drop.
func (w *work) maySpring(p pace, prev position, dropped, t, lookback int64) bool {
	return p.base.t != none && (p.base.t >= t-lookback || p.rests(prev, dropped)) && !w.hasStart(t)
}

// rests reports whether a series has dropped, and reads the same ever since.
func (p *pace) rests(prev position, dropped int64) bool {
	return dropped != none && dropped < p.base.t && prev.v == p.base.v
}

// springs reports whether a series is back, by more than it can have grown, at a value that it had shortly before, or
// grows so after it had dropped and stood still: what was taken for a reset may have been a wrong answer.
func (x *walker) springs(now position) bool {
	if !x.w.maySpring(x.pace, x.prev, x.lastDrop, now.t, x.c.lookback) {
		return false
	}
	grown, often := now.v-x.prev.v, x.c.plausible*max(1, float64(now.t-x.prev.t)/float64(x.c.interval))
	if now.t-x.pace.base.t > x.c.lookback { // what it has grown by since the drop is no measure
		return grown > often*max(1, x.pace.most)
	}
	if grown <= often*max(1, x.step()) {
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
