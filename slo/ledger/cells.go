package ledger

import "slices"

// cells are the pieces that a span being counted is divided into: whole blocks
// where their inner edges will not be kept, buckets elsewhere.
type cells struct {
	from, to, coarse int64
	ends             []int64
}

// divide divides (from, to]. Blocks that end at or before coarse become one cell.
func (d *cells) divide(from, to, coarse, res int64) {
	if d.from == from && d.to == to && d.coarse == coarse && len(d.ends) > 0 {
		return // as for the account before
	}
	d.from, d.to, d.coarse, d.ends = from, to, coarse, d.ends[:0]
	span := res * blockBuckets
	for at := from; at < to; d.ends = append(d.ends, at) {
		if at%span == 0 && at+span <= min(coarse, to) {
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
