package ledger

import (
	"encoding/binary"
	"slices"
)

// A shelf holds the histories of accounts that go on together. What they have at
// one edge stands side by side, so that the same window of one account after the
// other, which is how budgets are computed, is read from memory front to back.
//
// A block is blockBuckets buckets. Block n begins at the edge n·span + shift, with span
// = blockBuckets · resolution; its base is the figures at that edge.
type shelf struct {
	res   int64 // bucket length, ms
	shift int64 // ms by which its blocks begin after multiples of their span
	start int64 // edge at which counting began: all figures are 0 there
	edge  int64 // newest closed edge

	columns int
	now     []cum // at edge

	firstBlock int64   // number of the block that bases[0] belongs to
	bases      [][]cum // at the start of each block, up to the open one
	fine       []*page // of the last len(fine) blocks before the open one; nil: counted without inner edges
	open       []cum   // at the open block's edges after its base, one row after the other

	due     []*outcome // by column, while a tick is committed
	dueMany int        // how many these are
}

const (
	// blockBuckets is how many buckets make a block: an hour of minutes.
	blockBuckets = 60
	// shelfColumns is how wide a shelf is made: a row of figures is a page of memory.
	shelfColumns = 256
)

func (s *shelf) span() int64 { return s.res * blockBuckets }

// block is the number of the block that begins at t or has it inside.
func (s *shelf) block(t int64) int64 {
	n := (t - s.shift) / s.span()
	if n*s.span() > t-s.shift {
		n--
	}
	return n
}

// begin is the edge at which a block begins.
func (s *shelf) begin(block int64) int64 { return block*s.span() + s.shift }

// parts reports whether a block begins at an edge.
func (s *shelf) parts(edge int64) bool { return (edge-s.shift)%s.span() == 0 }

// add closes buckets, or whole blocks of them at once, in all columns. The runs of
// all columns are alike but for their counts.
func (s *shelf) add(runs [][]run) {
	for k, r := range runs[0] {
		s.edge += r.buckets * s.res
		for i := range s.now {
			s.now[i] = s.now[i].plus(runs[i][k])
		}
		switch {
		case r.buckets > 1:
			if len(s.fine) > 0 {
				s.fine = append(s.fine, nil)
			}
		case !s.parts(s.edge):
			if s.open == nil {
				s.open = make([]cum, 0, (blockBuckets-1)*s.columns)
			}
			s.open = append(s.open, s.now...)
			continue
		default:
			s.fine = append(s.fine, packPage(s.bases[len(s.bases)-1], s.open))
		}
		s.open = s.open[:0]
		s.bases = append(s.bases, slices.Clone(s.now))
	}
}

// trim makes blocks coarse that end at or before fineFrom, and forgets those that
// end at or before keepFrom.
func (s *shelf) trim(fineFrom, keepFrom int64) {
	open := s.block(s.edge)
	coarse := 0
	for coarse < len(s.fine) && (s.fine[coarse] == nil || s.begin(open-int64(len(s.fine)-coarse)+1) <= fineFrom) {
		coarse++
	}
	s.fine = slices.Delete(s.fine, 0, coarse)
	drop := s.block(keepFrom) - s.firstBlock
	if drop = min(drop, int64(len(s.bases))-1-int64(len(s.fine))); drop > 0 {
		s.bases = slices.Delete(s.bases, 0, int(drop))
		s.firstBlock += drop
	}
}

// A frame is what histories must have in common to stand on one shelf.
type frame struct {
	res, shift, start, edge, firstBlock int64
	fine                                int
	without                             string // which of the fine blocks have no page
}

func (s *shelf) frame() frame {
	var without []byte
	for i, p := range s.fine {
		if p == nil {
			without = binary.AppendUvarint(without, uint64(i))
		}
	}
	return frame{s.res, s.shift, s.start, s.edge, s.firstBlock, len(s.fine), string(without)}
}

// together moves accounts whose histories have one frame to a new shelf, in their
// order.
func together(accts []*account) {
	hs := make([]history, len(accts))
	for i, a := range accts {
		hs[i] = a.hist
	}
	old, n := hs[0].shelf, len(hs)
	s := &shelf{res: old.res, shift: old.shift, start: old.start, edge: old.edge, firstBlock: old.firstBlock, columns: n}
	row := func(to []cum, figure func(h history) cum) []cum {
		for _, h := range hs {
			to = append(to, figure(h))
		}
		return to
	}
	s.now = row(make([]cum, 0, n), history.newest)
	for k := range old.bases {
		s.bases = append(s.bases, row(make([]cum, 0, n), func(h history) cum { return h.bases[k][h.column] }))
	}
	for k := range old.fine {
		if old.fine[k] == nil {
			s.fine = append(s.fine, nil)
			continue
		}
		s.fine = append(s.fine, joinPages(hs, k))
	}
	for j := 0; j < len(old.open)/old.columns; j++ {
		s.open = row(s.open, func(h history) cum { return h.open[j*h.columns+h.column] })
	}
	for i, a := range accts {
		a.hist = history{s, i}
	}
}

// gather puts accounts that can go on together on shared shelves, where they are
// not yet: those of one source. Grid accounts are read measure by measure.
func gather(accts []*account) {
	type key struct {
		frame
		grid *measure
		from string
	}
	var order []key
	groups := map[key][]*account{}
	for _, a := range accts {
		k := key{frame: a.hist.frame()}
		if a.m != nil {
			if k.from = a.m.from; !a.m.raw {
				k.grid = a.m
			}
		}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], a)
	}
	for _, k := range order {
		shelves := map[*shelf]bool{}
		for _, a := range groups[k] {
			shelves[a.hist.shelf] = true
		}
		if len(shelves) <= (len(groups[k])+shelfColumns-1)/shelfColumns {
			continue
		}
		for some := range slices.Chunk(groups[k], shelfColumns) {
			together(some)
		}
	}
}

// addAll adds the runs of a tick's outcomes to the histories of their accounts.
// Accounts of one shelf that have gone on alike stay on it; others part from it.
func addAll(outs []*outcome) {
	var shelves []*shelf
	for _, o := range outs {
		h := o.acct.hist
		if h.due == nil {
			h.due = make([]*outcome, h.columns)
		}
		if h.dueMany == 0 {
			shelves = append(shelves, h.shelf)
		}
		h.due[h.column] = o
		h.dueMany++
	}
	for _, s := range shelves {
		due := make([]*outcome, 0, s.dueMany)
		for i, o := range s.due {
			if o != nil {
				due, s.due[i] = append(due, o), nil
			}
		}
		s.dueMany = 0
		for len(due) > 0 {
			var rest []*outcome
			due, rest = alike(due)
			addAlike(due)
			due = rest
		}
	}
}

// alike picks the outcomes whose runs differ from the first one's in counts only,
// which are nearly always all.
func alike(outs []*outcome) (same, others []*outcome) {
	for i, o := range outs {
		if !slices.EqualFunc(o.runs, outs[0].runs, func(x, y run) bool { return x.buckets == y.buckets }) {
			same = append(same, outs[:i]...)
			for _, o := range outs[i:] {
				if slices.EqualFunc(o.runs, outs[0].runs, func(x, y run) bool { return x.buckets == y.buckets }) {
					same = append(same, o)
				} else {
					others = append(others, o)
				}
			}
			return same, others
		}
	}
	return outs, nil
}

// addAlike adds outcomes of one shelf, which they leave if they are not all of it.
func addAlike(outs []*outcome) {
	if len(outs) < outs[0].acct.hist.columns {
		accts := make([]*account, len(outs))
		for i, o := range outs {
			accts[i] = o.acct
		}
		together(accts)
	}
	runs := make([][]run, len(outs))
	for i, o := range outs {
		runs[i] = o.runs
	}
	outs[0].acct.hist.add(runs)
}
