package ledger

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
)

// shed remembers which series of a process that lives on were forgotten. One that comes
// back is not a new one that counts from zero: what it had counted was counted before.
// When the process restarts, all of them do count from zero, and none is remembered.
type shed struct {
	hashes []uint64 // of their labels, in order
	until  int64    // newest sample (ms) that any of them can have had
	// all stands for those that were too many to remember: any series of a process that
	// began by then (ms) can be one of them. 0: none.
	all int64
}

// mostShed is how many series of a target are remembered: 128 KiB.
const mostShed = 1 << 14

// add remembers a series that was not heard of since horizon (ms).
func (f *shed) add(s *series, horizon int64) {
	h := hashOf(s)
	i, found := slices.BinarySearch(f.hashes, h)
	if !found {
		f.hashes = slices.Insert(f.hashes, i, h)
	}
	f.until = max(f.until, horizon)
	if len(f.hashes) > mostShed {
		f.all, f.hashes = f.until, nil
	}
}

// has reports whether a series can be one that was forgotten, of a process that began at
// began (ms).
func (f *shed) has(s *series, began float64) bool {
	if began <= float64(f.all) && f.all > 0 {
		return true
	}
	if len(f.hashes) == 0 || began > float64(f.until) {
		return false
	}
	_, found := slices.BinarySearch(f.hashes, hashOf(s))
	return found
}

// restarted forgets the series of before a process that began at began (ms).
func (f *shed) restarted(began float64) {
	if began > float64(max(f.all, f.until)) {
		*f = shed{}
	}
}

// began is when (ms) the process that runs now has begun, so far as is known: at its
// start (Unix seconds; 0: not known), or with the latest restart that was seen.
func (p *process) began(start float64) float64 {
	return max(start*1000, float64(p.state.restarts[0]))
}

func hashOf(s *series) uint64 {
	h := fnv.New64a()
	for _, l := range s.labels {
		_, _ = h.Write([]byte(l.Name)) // never fails
		_, _ = h.Write([]byte{0xff})   // cannot stand in UTF-8
		_, _ = h.Write([]byte(l.Value))
		_, _ = h.Write([]byte{0xff})
	}
	return h.Sum64()
}

func appendShed(e *encoder, f shed) {
	e.int(f.all)
	e.int(f.until)
	e.uint(uint64(len(f.hashes)))
	for _, h := range f.hashes {
		e.b = binary.LittleEndian.AppendUint64(e.b, h)
	}
}

func readShed(d *decoder) shed {
	f := shed{all: d.int(), until: d.int()}
	for n := d.count(); n > 0; n-- {
		if len(d.b) < 8 {
			d.fail()
			return shed{}
		}
		f.hashes, d.b = append(f.hashes, binary.LittleEndian.Uint64(d.b)), d.b[8:]
	}
	if !slices.IsSorted(f.hashes) || len(f.hashes) > mostShed {
		d.fail()
	}
	return f
}
