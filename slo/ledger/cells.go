package ledger

import "slices"

// cells are the pieces that a span being counted is divided into: whole blocks
// where their inner edges will not be kept, buckets elsewhere.
type cells struct {
	from, to, coarse, shift int64
	ends                    []int64
}

// divide divides (from, to]. Blocks, which begin shift (ms) after multiples of their
// span, become one cell where they end at or before coarse.
func (d *cells) divide(from, to, coarse, res, shift int64) {
	if d.from == from && d.to == to && d.coarse == coarse && d.shift == shift && len(d.ends) > 0 {
		return // as for the account before
	}
	d.from, d.to, d.coarse, d.shift, d.ends = from, to, coarse, shift, d.ends[:0]
	span := res * blockBuckets
	for at := from; at < to; d.ends = append(d.ends, at) {
		if (at-shift)%span == 0 && at+span <= min(coarse, to) {
			at += span
		} else {
			at += res
		}
	}
}

// start is where a cell begins.
func (d *cells) start(cell int) int64 {
	if cell == 0 {
		return d.from
	}
	return d.ends[cell-1]
}

// wide reports whether a cell is a block.
func (d *cells) wide(cell int, res int64) bool { return d.ends[cell]-d.start(cell) > res }

// of is the cell of an instant of the span.
func (d *cells) of(t int64) int {
	n, _ := slices.BinarySearch(d.ends, t)
	return n
}
