package ledger

import "time"

// What is too old to be kept is judged by the newest sample that any account has, never
// by a clock, which may be a year ahead for a moment. Nor by a sample alone, whose time
// stamp may come from such a clock: after a long silence, what is heard counts once it
// has lasted.

// longSilence and lasting are how long (ms) that is. The silence is longer than the widest
// slice of history, of which only the newest sample is looked at.
const (
	longSilence = int64(72 * time.Hour / time.Millisecond)
	lasting     = int64(24 * time.Hour / time.Millisecond)
)

// heard is the newest sample of a ledger that may be relied on.
type heard struct {
	last int64 // none: there is none
	// After a long silence: the first and the newest sample heard since, without another
	// long silence between them; none.
	after, newest int64
}

// take takes in a sample's time; none says nothing.
func (h *heard) take(t int64) {
	switch {
	case t == none || h.last != none && t <= h.last:
		return
	case h.last == none || t-h.last <= longSilence:
		h.last = t
	case h.after == none || t < h.after || t-h.newest > longSilence:
		h.after, h.newest = t, t
	default:
		h.newest = max(h.newest, t)
	}
	if h.after != none && h.newest-h.after >= lasting {
		h.last = max(h.last, h.newest)
	}
	if h.after <= h.last {
		h.after = none
	}
}

// reliable is the newest sample of a history that may be relied on: last, unless too
// little was heard after the latest long silence; then one before that.
func (h history) reliable(last int64) int64 {
	covered, silent := int64(0), int64(0)
	until, then := h.edge, h.newest()
	for k := len(h.bases) - 1; k >= 0; k-- {
		from, c := max(h.start, h.begin(h.firstBlock+int64(k))), h.bases[k][h.column]
		missing := then.miss - c.miss
		switch {
		case missing >= until-from:
			silent += until - from
		case silent > longSilence: // what came after it is too little
			last, covered, silent = min(last, from), until-from-missing, 0
		default:
			covered, silent = covered+until-from-missing, 0
		}
		if covered >= lasting {
			break
		}
		until, then = from, c
	}
	return last
}

// trim keeps of an account's history what the configuration says.
func (l *Ledger) trim(a *account) {
	if l.heard.last == none {
		return
	}
	now := min(a.hist.edge, l.heard.last)
	a.hist.trim(now-l.cfg.Fine.Milliseconds(), now-l.cfg.Retention.Milliseconds())
}
