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
	if c.told != nil && edges.Lower != c.edges.Lower {
		out.HasBase = true
		if x.Count >= c.told.Count {
			out.Base = min(value, c.told.atMost(edges.Lower))
		}
	}
	c.told, c.edges = x, edges
	return out, nil
}

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
