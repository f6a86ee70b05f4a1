package decisionlog

import (
	"slices"

	"github.com/shopslo/shopslo/promotion"
)

// mostMoves is how many Releases of a Tier are remembered.
const mostMoves = 1000

// Results of moves that say what a Tier was given, in the words of `shopslo promote -o json`.
const (
	promoted   = "promoted"
	rolledBack = "rolled_back"
	proposed   = "proposed"
)

// MovesOf gives what was rolled back, from the entries about one Tier, the oldest first.
func MovesOf(lines []Line) (m promotion.Moves) {
	var stack []string // what the Tier had, from promotion to promotion
	forget := func(release string) {
		m.Rollbacks = slices.DeleteFunc(m.Rollbacks, func(r promotion.Rollback) bool { return r.Release == release })
	}
	take := func(e Entry, release string) {
		if forget(release); release != "" && release != e.Release {
			m.Rollbacks = append(m.Rollbacks, promotion.Rollback{Entry: e.Index, At: e.At, Release: release, To: e.Release, By: e.Who().String(), Proposed: e.Result == proposed})
			m.Rollbacks = m.Rollbacks[max(0, len(m.Rollbacks)-mostMoves):]
		}
	}
	for _, l := range lines {
		e := l.Entry
		switch {
		case e.Kind == Promote && e.Result == promoted:
			forget(e.Release)
			if n := len(stack); n == 0 || stack[n-1] != e.Replaces {
				stack = append(stack, e.Replaces)
			}
			stack = append(stack, e.Release)
			stack = stack[max(0, len(stack)-mostMoves):]
		case e.Kind == Rollback && (e.Result == rolledBack || e.Result == proposed):
			i := len(stack) // what came above it, or all where it is not known
			for i > 0 && stack[i-1] != e.Release {
				i--
			}
			for _, release := range append(slices.Clone(stack[i:]), e.Replaces) {
				take(e, release)
			}
			if e.Result == rolledBack {
				forget(e.Release)
				stack = append(stack[:i:i], e.Release)
			}
		default:
			continue
		}
		if e.Result != proposed {
			m.Last = &promotion.Move{Entry: e.Index, At: e.At, Release: e.Release}
		}
	}
	slices.Reverse(m.Rollbacks)
	return m
}
