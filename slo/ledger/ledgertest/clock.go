package ledgertest

import (
	"math/rand/v2"
	"slices"
)

// clock says what start time (seconds) an attempt reports for a process born then. It
// is wrong only for processes so old that no start reported can be taken for a restart.
func (h *History) clock(spec Spec, attempts []attempt, r *rand.Rand) func(k int, born float64) float64 {
	steps := moments(r, attempts[0].t, h.End, spec.StepEvery)
	until := h.Start + r.Int64N(h.End-h.Start)
	boot := 1.5 + 2.5*float64(r.IntN(100_000)) // of 1970
	offset, life, scrapes, booted := 0.0, -1, 0, false
	return func(k int, born float64) float64 {
		a := attempts[k]
		if life != a.life {
			offset, life, scrapes = 0, a.life, 0
		}
		scrapes++
		grown := func(at int64) bool { return int64(born*1000)+70*second < at }
		if spec.Boot1970 && grown(h.Start) && !booted {
			if booted = a.t >= until && !a.old; !booted {
				return boot
			}
		}
		if a.old || !grown(h.Start) && (scrapes <= 40 || !grown(attempts[k-40].t)) {
			return born + offset
		}
		if spec.Wander {
			offset += float64(r.IntN(13)-6) / 4
		}
		for len(steps) > 0 && steps[0] <= a.t {
			offset += float64(4+r.IntN(237)) / 4 * float64(1-2*r.IntN(2))
			steps = steps[1:]
		}
		if offset > 60 || offset < -60 {
			offset = 0
		}
		return born + offset
	}
}

// age makes some answers older than the one before: only where the two attempts before
// and the three after reach the same process, and are delivered at once.
func (h *History) age(spec Spec, attempts []attempt, r *rand.Rand) {
	every := moments(r, h.Start, h.End, spec.OldEvery)
	for k := 2; k+3 < len(attempts) && len(every) > 0; k++ {
		if attempts[k].t < every[0] || attempts[k-2].t <= h.Start {
			continue
		}
		every = every[1:]
		around := attempts[k-2 : k+4]
		if slices.ContainsFunc(around, func(a attempt) bool {
			return a.outcome != scraped || a.life != attempts[k].life || a.delivered != a.t || a.old || a.twin != attempts[k].twin
		}) {
			continue
		}
		attempts[k].old = true
		for i := range around {
			around[i].guarded = true
		}
	}
}
