package decisionlog

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"slices"
)

// piece is a line that reads as an entry, and where it stands in the file.
type piece struct {
	index              int
	prev, hash, record string
	kind               Kind
	at                 int64
	size               int // without the line feed
}

// salvage is what is intact of a damaged log.
type salvage struct {
	prefix []piece // the chain from the first entry on
	rest   []piece // intact, and what they follow is not there; by their numbers
	lost   []Lost
}

// Lost are entries that a repair could not keep, by their numbers.
type Lost struct {
	From int    `json:"from"`
	To   int    `json:"to"`
	Why  string `json:"why"`
}

// Why entries are lost.
const (
	lostMissing = "missing or unreadable"
	lostChanged = "changed: what comes after it was made with another entry"
)

// pieces reads all lines that are entries, each once.
func pieces(r io.Reader) ([]piece, error) {
	var all []piece
	seen := map[string]bool{}
	in := newLines(r)
	for {
		at := in.read
		text, _, err := in.next()
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case errors.Is(err, errLong):
			continue
		case err != nil:
			return nil, err
		}
		p, ok := pieceOf(text, at)
		if ok && !seen[p.hash] {
			seen[p.hash] = true
			all = append(all, p)
		}
	}
}

func pieceOf(text []byte, at int64) (piece, bool) {
	var e Entry
	if err := json.Unmarshal(text, &e); err != nil || e.Index < 1 || e.Kind == "" || len(e.Record) != len(hash(nil)) {
		return piece{}, false
	}
	return piece{index: e.Index, prev: e.Prev, hash: hash(text), record: e.Record, kind: e.Kind, at: at, size: len(text)}, true
}

// names are the hashes that entries after it, and the head that was given out, say that an
// entry has.
type names map[int]map[string]bool

func (n names) add(index int, hash string) {
	if index > 0 && n[index] == nil {
		n[index] = map[string]bool{}
	}
	if index > 0 {
		n[index][hash] = true
	}
}

// sift tells what is intact. An entry is where one that is intact and comes after it, or
// the head, was made with it; and where nothing came after it, if what it was made with is
// there.
func sift(all []piece, given Head) salvage {
	said := names{}
	said.add(given.Index, given.Hash)
	at := map[string]int{"": 0}
	for _, p := range all {
		at[p.hash] = p.index
	}
	backwards := slices.Clone(all)
	slices.SortStableFunc(backwards, func(a, b piece) int { return cmp.Compare(b.index, a.index) })
	var intact, changed []piece
	for _, p := range backwards {
		before, known := at[p.prev]
		if said[p.index][p.hash] || len(said[p.index]) == 0 && known && before == p.index-1 {
			intact = append(intact, p)
			said.add(p.index-1, p.prev)
		} else {
			changed = append(changed, p)
		}
	}
	slices.Reverse(intact)
	s := chained(intact, said)
	s.lost = missing(intact, changed, given.Index)
	return s
}

// chained takes the chain from the first entry on; what is said of them settles which of
// two comes first.
func chained(intact []piece, said names) salvage {
	var s salvage
	after := map[string][]piece{}
	for _, p := range intact {
		after[p.prev] = append(after[p.prev], p)
	}
	in := map[string]bool{}
	for prev := ""; len(after[prev]) > 0; {
		next := after[prev][0]
		for _, p := range after[prev] {
			if said[p.index][p.hash] {
				next = p
				break
			}
		}
		if next.index != len(s.prefix)+1 {
			break
		}
		s.prefix, prev = append(s.prefix, next), next.hash
		in[next.hash] = true
	}
	for _, p := range intact {
		if !in[p.hash] {
			s.rest = append(s.rest, p)
		}
	}
	return s
}

// missing lists the numbers up to last that no intact entry has, and those of entries that
// were changed.
func missing(intact, changed []piece, last int) (lost []Lost) {
	var there []int
	for _, p := range intact {
		there = append(there, p.index)
	}
	slices.Sort(there)
	var wrong []int
	for _, p := range changed {
		wrong = append(wrong, p.index)
		lost = append(lost, Lost{p.index, p.index, lostChanged})
	}
	slices.Sort(wrong)
	gap := func(from, to int) { // not one by one: a damaged head may claim any number of entries
		for _, n := range wrong {
			if n < from || n > to {
				continue
			}
			if n > from {
				lost = append(lost, Lost{from, n - 1, lostMissing})
			}
			if n == to {
				return
			}
			from = n + 1
		}
		if from <= to {
			lost = append(lost, Lost{from, to, lostMissing})
		}
	}
	before := 0
	for _, n := range there {
		gap(before+1, n-1)
		before = n
	}
	gap(before+1, last)
	slices.SortStableFunc(lost, func(a, b Lost) int { return cmp.Compare(a.From, b.From) })
	return lost
}
