package board

import (
	"slices"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// level sums up how somebody who looks at the board should take something.
type level string

// The levels, the worst first.
const (
	bad     level = "bad"     // requests fail now, or more of them failed than may
	warn    level = "warn"    // they soon may be
	unclear level = "unclear" // it cannot be told
	moving  level = "moving"  // a Release is arriving
	good    level = "good"
)

// levels lists all levels, the worst first.
var levels = []level{bad, warn, unclear, moving, good}

func (l level) rank() int { return slices.Index(levels, l) }

// worst gives the worst of the causes; Good without any.
func worst(causes []cause) level {
	l := good
	for _, c := range causes {
		if c.Level.rank() < l.rank() {
			l = c.Level
		}
	}
	return l
}

// budgetLevel says how to take a budget's state.
func budgetLevel(s slo.State) level {
	switch s {
	case slo.OK:
		return good
	case slo.AtRisk:
		return warn
	case slo.Exhausted, slo.Inconsistent:
		return bad
	}
	return unclear
}

// cause is why a ShopSet is not good, or what there is to mind: What is a state of a
// budget, or one of the words below.
type cause struct {
	Level level  `json:"level"`
	What  string `json:"what"`
}

// rank is the order of causes, the worst first: by level, and among what has failed what
// pages now before what runs badly, and that before what was measured over a whole window.
func (c cause) rank() int {
	failing := []string{causePages, causeDegraded, causeMissing, string(slo.Inconsistent), string(slo.Exhausted)}
	return c.Level.rank()*len(failing) + max(0, slices.Index(failing, c.What))
}

// What is the matter with what runs.
const (
	causeNoSLO       = "no_slo"
	causeDrift       = "drift"
	causeArriving    = "arriving" // the Tier's Release is not there yet
	causeDegraded    = "degraded"
	causeMissing     = "missing"
	causeProgressing = "progressing"
	causeSuspended   = "suspended"
	causeUnseen      = "unseen" // nobody knows what runs
)

// What is the matter with a budget, besides its state.
const (
	causePages     = "pages"         // a burn rate pages somebody now
	causeUncounted = "uncounted"     // it is not being counted now
	causeFlagged   = "flagged"       // its figures are in doubt
	causeShort     = "short_history" // insufficient_data since the history is short
	causeAbsent    = "absent"        // no_data since what it asks for does not exist
)

// budgetWord is the word for a budget's state.
func budgetWord(b *status.Budget) string {
	switch {
	case b.State == slo.InsufficientData && !b.VerdictFrom.IsZero():
		return causeShort
	case b.State == slo.NoData && b.Misleads():
		return causeAbsent
	}
	return string(b.State)
}

// runningCauses says what is the matter with a ShopSet of a Tier whose branch points to
// a Release; "" where that is not known.
func runningCauses(s *fleet.ShopSetState, release fleet.Release) []cause {
	var out []cause
	switch s.Health {
	case fleet.Degraded:
		out = append(out, cause{bad, causeDegraded})
	case fleet.Missing:
		out = append(out, cause{bad, causeMissing})
	case fleet.Progressing:
		out = append(out, cause{moving, causeProgressing})
	case fleet.Suspended:
		out = append(out, cause{warn, causeSuspended})
	}
	arriving := release != "" && s.Release != "" && s.Release != release
	switch {
	case arriving:
		out = append(out, cause{moving, causeArriving})
	case s.Sync == fleet.OutOfSync:
		out = append(out, cause{warn, causeDrift})
	}
	if s.Health == fleet.HealthUnknown || s.Sync == fleet.SyncUnknown {
		out = append(out, cause{unclear, causeUnseen})
	}
	return out
}
