package mailrelay

import (
	"math"
	"slices"
	"sort"
	"time"
)

// covered is the part of a cell that must be covered by buckets for it to count.
const covered = 0.8

// Past is what was counted over the last weeks, in cells of one length. A cell that
// was not covered by buckets is unknown.
type Past struct {
	First   time.Time         `json:"first,omitzero"` // the first cell's start
	Step    int64             `json:"step"`           // seconds
	Columns map[Figure]Column `json:"columns"`        // one value per cell
}

func (p *Past) step() time.Duration { return time.Duration(p.Step) * time.Second }

func (p *Past) len() int {
	n := 0
	for _, c := range p.Columns {
		n = max(n, len(c))
	}
	return n
}

// To is the end of the newest cell, zero where there is none.
func (p *Past) To() time.Time {
	if p.First.IsZero() {
		return time.Time{}
	}
	return p.First.Add(time.Duration(p.len()) * p.step())
}

// begin lays the first cell.
func (p *Past) begin(at time.Time, step time.Duration) {
	if p.Step < 60 || p.First.IsZero() || at.Sub(p.First) > 7*pastWeeks*25*time.Hour {
		*p = Past{First: at.Truncate(step), Step: int64(step / time.Second), Columns: map[Figure]Column{}}
	}
	if p.Columns == nil {
		p.Columns = map[Figure]Column{}
	}
}

// take adds the cells up to a time from buckets that rise in time.
func (p *Past) take(buckets []Bucket, until time.Time) {
	n, step := p.len(), p.step()
	for start := p.First.Add(time.Duration(n) * step); !start.Add(step).After(until); start = start.Add(step) {
		for _, f := range Figures {
			sum, part := overlap(buckets, f, start, start.Add(step))
			if _, known := p.Columns[f]; !known && part < covered {
				continue
			}
			p.fill(f, n)
			v := float64(unknown)
			if part >= covered {
				v = math.Round(sum/part*100) / 100
			}
			p.Columns[f] = append(p.Columns[f], v)
		}
		n++
		p.fillAll(n)
	}
}

// fill makes a column as long as the others, with unknown cells.
func (p *Past) fill(f Figure, n int) {
	for len(p.Columns[f]) < n {
		p.Columns[f] = append(p.Columns[f], unknown)
	}
}

func (p *Past) fillAll(n int) {
	if len(p.Columns) == 0 {
		p.Columns[Delivered] = nil
	}
	for f := range p.Columns {
		p.fill(f, n)
	}
}

// forget drops the cells that end before a time.
func (p *Past) forget(before time.Time) {
	if p.First.IsZero() || p.Step <= 0 {
		return
	}
	old := int(before.Sub(p.First) / p.step()) // beyond 292 years Sub gives 292
	if old <= 0 {
		return
	}
	if old >= p.len() {
		*p = Past{}
		return
	}
	for f, c := range p.Columns {
		p.Columns[f] = slices.Clone(c[min(old, len(c)):])
	}
	p.First = p.First.Add(time.Duration(old) * p.step())
}

// cut drops the cells that end after a time, which a clock that was ahead has left.
func (p *Past) cut(after time.Time) {
	if p.Step < 60 || !p.To().After(after) {
		return
	}
	n := max(0, int(after.Sub(p.First)/p.step()))
	for f, c := range p.Columns {
		p.Columns[f] = c[:min(n, len(c))]
	}
}

// cell is one cell's count; ok is false where it is unknown.
func (p *Past) cell(f Figure, i int) (n float64, ok bool) {
	if c := p.Columns[f]; i < len(c) && c[i] >= 0 {
		return c[i], true
	}
	return 0, false
}

// sum is what was counted in [from, to), in shares of cells, none of which counts for more
// than most where that is set; ok is false where a cell of it is unknown.
func (p *Past) sum(f Figure, from, to time.Time, most func(i int) float64) (total float64, ok bool) {
	col := p.Columns[f]
	if p.Step < 60 || len(col) == 0 || from.Before(p.First) {
		return 0, false
	}
	step := p.step()
	for i := int(from.Sub(p.First) / step); ; i++ {
		start := p.First.Add(time.Duration(i) * step)
		if !start.Before(to) {
			return total, true
		}
		if i >= len(col) || col[i] < 0 {
			return 0, false
		}
		n := col[i]
		if most != nil {
			n = min(n, most(i))
		}
		if end := start.Add(step); start.Before(from) || end.After(to) {
			n *= share(start, end, from, to)
		}
		total += n
	}
}

// overlap sums a figure of the buckets within [from, to), and says which part of the
// span buckets that tell the figure cover. A bucket across an edge counts in part.
func overlap(buckets []Bucket, f Figure, from, to time.Time) (sum, part float64) {
	first := sort.Search(len(buckets), func(i int) bool { return buckets[i].End.After(from) })
	for i := first; i < len(buckets) && buckets[i].Start.Before(to); i++ {
		n, seconds := buckets[i].inside(f, from, to)
		sum, part = sum+n, part+seconds
	}
	return sum, part / to.Sub(from).Seconds()
}

// inside is how much of a figure, and how many seconds, a bucket has within [from, to);
// both are 0 where it does not tell the figure.
func (b *Bucket) inside(f Figure, from, to time.Time) (n, seconds float64) {
	count, told := b.Counts[f]
	if !told {
		return 0, 0
	}
	part := 1.0
	if b.Start.Before(from) || b.End.After(to) {
		part = share(b.Start, b.End, from, to)
	}
	return float64(count) * part, b.End.Sub(b.Start).Seconds() * part
}

// tally is what the newest buckets counted of a figure, as far back as was asked:
// many spans are asked that end at the same time.
type tally struct{ counts, seconds []float64 } // of as many buckets

// since sums from a time to the newest bucket's end, as overlap does.
func (t *tally) since(buckets []Bucket, f Figure, from time.Time) (sum, part float64) {
	n := len(buckets)
	first := sort.Search(n, func(i int) bool { return buckets[i].End.After(from) })
	if first == n {
		return 0, 0
	}
	end := buckets[n-1].End
	if t.counts == nil {
		t.counts, t.seconds = make([]float64, 1, n+1), make([]float64, 1, n+1)
	}
	for i := len(t.counts) - 1; i < n-1-first; i++ {
		c, s := buckets[n-1-i].inside(f, buckets[n-1-i].Start, end)
		t.counts, t.seconds = append(t.counts, t.counts[i]+c), append(t.seconds, t.seconds[i]+s)
	}
	sum, part = buckets[first].inside(f, from, end)
	whole := n - 1 - first
	return sum + t.counts[whole], (part + t.seconds[whole]) / end.Sub(from).Seconds()
}

// share is which part of [a, b) lies in [from, to).
func share(a, b, from, to time.Time) float64 {
	start, end := later(a, from), b
	if to.Before(end) {
		end = to
	}
	if !end.After(start) {
		return 0
	}
	return float64(end.Sub(start)) / float64(b.Sub(a))
}
