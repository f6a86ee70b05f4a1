package promhist

import (
	"fmt"
	"math"
)

// Told is a histogram as query APIs tell it: without its schema and hint, and only with the buckets
// that hold something.
type Told struct {
	T       int64 // Unix milliseconds
	Count   float64
	Buckets []Bucket
}

// Bucket is one of them.
type Bucket struct{ Lower, Upper, Count float64 }

// takeTold takes in the next histogram. No event is told in which bucket it might be, so the bound is
// as good as an edge where no bucket that holds something has it inside.
func (c *counting) takeTold(x *Told) (worth, error) {
	edges := between{Lower: c.Counter.bound, Upper: c.Counter.bound}
	value := 0.0
	for _, b := range x.Buckets {
		switch {
		case b.Upper <= c.Counter.bound || near(b.Upper, c.Counter.bound):
			value += b.Count
		case b.Lower < c.Counter.bound && !near(b.Lower, c.Counter.bound):
			edges.Lower, edges.Upper = b.Lower, b.Upper
		}
	}
	if math.IsInf(c.Counter.bound, 1) {
		value = x.Count
	}
	if c.Counter.strict && edges.Lower != edges.Upper {
		return worth{}, c.refuse(c.noEdge(edges))
	}
	out := worth{Value: value, Edges: edges, News: c.told == nil || edges != c.edges}
	moved := c.told != nil && edges.Lower != c.edges.Lower
	switch {
	case c.told == nil:
	case x.Count < c.told.Count:
		out.HasBase = moved // else the count says so, as for any counter
	case c.told.lostIn(x):
		out.HasBase = true
	case moved:
		out.Base, out.HasBase = min(value, c.told.atMost(edges.Lower)), true
	}
	c.told, c.edges = x, edges
	return out, nil
}

// lostIn reports whether a later histogram has less somewhere than this one has: it was reset, whatever
// its count. Buckets may have become wider meanwhile, or narrower.
func (x *Told) lostIn(later *Told) bool {
	next, within := 0, 0.0 // the events of this one that lie in a bucket of the later one
	for _, b := range x.Buckets {
		for next < len(later.Buckets) && below(later.Buckets[next].Upper, b.Upper) && !overlap(later.Buckets[next], b) {
			next, within = next+1, 0
		}
		if next < len(later.Buckets) && holds(later.Buckets[next], b) {
			if within += b.Count; less(later.Buckets[next].Count, within) {
				return true
			}
			continue
		}
		sum := 0.0
		for _, n := range later.Buckets[next:] {
			if !overlap(n, b) {
				break
			}
			sum += n.Count
		}
		if less(sum, b.Count) {
			return true
		}
	}
	return false
}

// below reports whether an edge lies below another.
func below(a, b float64) bool { return a < b && !near(a, b) }

func overlap(a, b Bucket) bool { return below(a.Lower, b.Upper) && below(b.Lower, a.Upper) }

func holds(outer, b Bucket) bool { return !below(b.Lower, outer.Lower) && !below(outer.Upper, b.Upper) }

// less allows for the digits that float histograms lose.
func less(a, b float64) bool { return a < b && !near(a, b) }

// atMost is the most that the histogram may have at or below an edge.
func (x *Told) atMost(edge float64) (sum float64) {
	for _, b := range x.Buckets {
		if b.Lower < edge && !near(b.Lower, edge) || b.Upper <= edge {
			sum += b.Count
		}
	}
	return sum
}

func (c *counting) noEdge(e between) string {
	return fmt.Sprintf("has no bucket's edge at the bound %v: the nearest are %s and %s; name one of them, "+
		"or leave strict out of shopslo.dev/bound, which counts what is at or below %s",
		c.Counter.bound, edgeText(e.Lower), edgeText(e.Upper), edgeText(e.Lower))
}
