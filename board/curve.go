package board

import (
	"time"

	"github.com/shopslo/shopslo/slo"
)

// curve is what was left of a budget over the last window's length: at each point what
// status would have said then.
type curve struct {
	From, To time.Time
	Points   []point // the oldest first
	Gaps     []gap   // where nothing was seen of the ShopSet
	Marks    []Move  // Releases that came
}

// point is what was left at a time.
type point struct {
	At   time.Time
	Left *float64 // share of the budget, negative when overspent; nil: there was no data or no traffic, or counts contradicted each other
}

// gap is a time of which there is no data.
type gap struct{ From, To time.Time }

// points is how many a curve has: of 28 days one for each six hours.
const points = 112

// newCurve computes the curve of a budget from its cumulative counts, with the moves
// that fall into it; nil where nothing has been counted.
func newCurve(h History, moves []Move) *curve {
	a := h.Account
	if a.End.IsZero() || a.Counts == nil {
		return nil
	}
	length := h.SLO.Window.Nominal(a.End)
	step := length / points
	if step <= 0 {
		return nil
	}
	c := &curve{From: a.End.Add(-points * step), To: a.End}
	for i := 0; i <= points; i++ {
		at := c.From.Add(time.Duration(i) * step)
		c.Points = append(c.Points, point{at, left(h, at)})
		if i > 0 {
			c.gap(h, at.Add(-step), at)
		}
	}
	for _, m := range moves {
		if m.At.After(c.From) && !m.At.After(c.To) {
			c.Marks = append(c.Marks, m)
		}
	}
	return c
}

// left is what was left at a time; nil: it cannot be told.
func left(h History, at time.Time) *float64 {
	if !at.After(h.Account.Start) {
		return nil
	}
	e := h.SLO.Evaluate(at, nil, h.Account)
	if e.State == slo.Inconsistent {
		return nil
	}
	return e.RemainingRatio
}

// gap notes a step without any data, and joins it to the one before.
func (c *curve) gap(h History, from, to time.Time) {
	for part := range h.SLO.Parts {
		// Where no edge lies between the two, nothing is known to be missing.
		if counts := h.Account.Counts(part, from, to); counts.Covered > 0 || !counts.End.After(counts.Start) {
			return
		}
	}
	if n := len(c.Gaps); n > 0 && c.Gaps[n-1].To.Equal(from) {
		c.Gaps[n-1].To = to
		return
	}
	c.Gaps = append(c.Gaps, gap{from, to})
}

// Empty reports whether no point of the curve is known.
func (c *curve) Empty() bool {
	for _, p := range c.Points {
		if p.Left != nil {
			return false
		}
	}
	return true
}
