package slo

import "time"

// Account is what a ledger has counted of one SLO for one subject, up to one time.
type Account struct {
	Unit Unit
	// Grid says that an expression was evaluated at fixed steps: not counted from
	// raw samples, and so not exact.
	Grid bool
	// Start is the time from which on the figures are exact: nothing was counted
	// before. Zero: nothing has been counted yet.
	Start time.Time
	// End is the newest closed edge at or before the asked time. Zero: none.
	End time.Time
	// LastSample is the time of the newest sample or sign of life, at or before
	// End plus the ledger's delay. Zero: there has been none.
	LastSample time.Time
	// Edges is how far apart the edges are that are kept for ever: multiples of it
	// since 1970. Recent ones lie closer.
	Edges time.Duration
	// Notes are short sentences on what makes the figures doubtful.
	Notes []string
	// Counts gives the counts between two times at or before End.
	Counts CountFunc
}
