package decisionlog

import (
	"slices"

	"github.com/shopslo/shopslo/promotion"
)

// mostMoves is how many Releases of a Tier are remembered.
const mostMoves = 1000

// Results of moves that give a Tier a Release, in the words of `shopslo promote -o json`.
const (
	promoted   = "promoted"
	rolledBack = "rolled_back"
	proposed   = "proposed"
)

// MovesOf gives what was rolled back, from the entries about one Tier, the oldest first.
func MovesOf(lines []Line) promotion.Moves {
	var m moves
	for _, l := range lines {
		m.take(l.Entry)
	}
	slices.Reverse(m.Rollbacks)
	return m.Moves
}

// moves follow a Tier from entry to entry.
type moves struct {
	promotion.Moves          // Rollbacks, the oldest first
	stack           []string // what the Tier had, from promotion to promotion
}

func (m *moves) take(e Entry) {
	m.seen(e, e.Replaces)
	switch {
	case e.Kind == Promote && e.Result == promoted:
		m.push(e.Release)
	case e.Kind == Rollback && e.Result == rolledBack:
		m.backTo(e, e.Release)
	case e.Kind == Rollback && e.Result == proposed:
		for _, release := range slices.Clone(m.stack[m.above(e.Release):]) {
			m.rolledBack(e, release, e.Release, true)
		}
		return
	default:
		return
	}
	m.Last = &promotion.Move{Entry: e.Index, At: e.At, Release: e.Release}
}

// seen notes what the Tier has, whoever gave it.
func (m *moves) seen(e Entry, release string) {
	if n := len(m.stack); release == "" || n > 0 && promotion.SameRelease(m.stack[n-1], release) {
		return
	}
	if m.above(release) > 0 {
		m.backTo(e, release)
	} else {
		m.push(release)
	}
	m.Last = &promotion.Move{Entry: e.Index, At: e.At, Release: release}
}

// push notes that the Tier was given a Release.
func (m *moves) push(release string) {
	if n := len(m.stack); release == "" || n > 0 && promotion.SameRelease(m.stack[n-1], release) {
		return
	}
	m.forget(release)
	m.stack = append(m.stack, release)
	m.stack = m.stack[max(0, len(m.stack)-mostMoves):]
}

// above is where in the stack that begins which came after a Release; 0: it is not in it, and all
// of it did.
func (m *moves) above(release string) int {
	i := len(m.stack)
	for i > 0 && !promotion.SameRelease(m.stack[i-1], release) {
		i--
	}
	return i
}

// backTo notes that the Tier has an older Release again.
func (m *moves) backTo(e Entry, release string) {
	i := m.above(release)
	for _, taken := range m.stack[i:] {
		m.rolledBack(e, taken, release, false)
	}
	m.forget(release)
	if m.stack = m.stack[:i:i]; i == 0 {
		m.stack = append(m.stack, release)
	}
}

// rolledBack notes that a Release was taken from the Tier.
func (m *moves) rolledBack(e Entry, release, to string, proposed bool) {
	r := promotion.Rollback{Entry: e.Index, At: e.At, Release: release, To: to, By: e.Who().String(), Proposed: proposed}
	if to == e.Replaces { // it has only been seen
		r.By = ""
		if i := slices.IndexFunc(m.Rollbacks, func(was promotion.Rollback) bool { return promotion.SameRelease(was.Release, release) }); i >= 0 {
			r = m.Rollbacks[i] // which says who proposed it
			r.Proposed = false
		}
	}
	m.forget(release)
	if release == "" || promotion.SameRelease(release, to) {
		return
	}
	m.Rollbacks = append(m.Rollbacks, r)
	m.Rollbacks = m.Rollbacks[max(0, len(m.Rollbacks)-mostMoves):]
}

func (m *moves) forget(release string) {
	m.Rollbacks = slices.DeleteFunc(m.Rollbacks, func(r promotion.Rollback) bool { return promotion.SameRelease(r.Release, release) })
}
