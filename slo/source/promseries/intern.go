package promseries

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"sync"

	"github.com/shopslo/shopslo/slo"
)

// Identity is a label set and the Ref that stands for it.
type Identity struct {
	Ref    uint64 // > 0
	Labels slo.Labels

	used uint64   // the round in which it was last asked for
	raw  []string // the bytes that it is known by
}

// Interner gives each label set one Identity, so that a series that is seen
// again costs one map look-up and no allocation, whatever bytes its labels come
// in. Refs rise and are never given twice; a label set that was asked for in none
// of the last thousand rounds may be forgotten and come back under a new Ref.
// It is safe for concurrent use.
type Interner struct {
	mu       sync.Mutex
	byRaw    map[string]*Identity // by the source's own bytes
	byLabels map[string]*Identity // by canonicalKey
	last     uint64
	round    uint64
}

const (
	sweepRounds = 1000
	sweepAbove  = 1 << 16 // identities; a smaller memory is not swept
)

// Round says that a new request begins.
func (in *Interner) Round() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.round++
	if in.round%sweepRounds != 0 || len(in.byLabels) <= sweepAbove {
		return
	}
	for key, id := range in.byLabels {
		if id.used+sweepRounds > in.round {
			continue
		}
		for _, raw := range id.raw {
			delete(in.byRaw, raw)
		}
		delete(in.byLabels, key)
	}
}

// Known returns the identity that was once added under these bytes, or nil. The
// bytes must tell label sets apart.
func (in *Interner) Known(raw []byte) *Identity {
	in.mu.Lock()
	defer in.mu.Unlock()
	id := in.byRaw[string(raw)]
	if id != nil {
		id.used = in.round
	}
	return id
}

// Add returns the identity of the labels, a new one if they are new, and
// remembers it under raw (if not nil) for Known. It sorts and copies the labels.
func (in *Interner) Add(raw []byte, ls slo.Labels) *Identity {
	ls = slices.DeleteFunc(slices.Clone(ls), func(l slo.Label) bool { return l.Value == "" })
	slices.SortFunc(ls, func(a, b slo.Label) int { return strings.Compare(a.Name, b.Name) })
	canonical := canonicalKey(ls)

	in.mu.Lock()
	defer in.mu.Unlock()
	if in.byLabels == nil {
		in.byRaw, in.byLabels = map[string]*Identity{}, map[string]*Identity{}
	}
	id := in.byLabels[canonical]
	if id == nil {
		in.last++
		id = &Identity{Ref: in.last, Labels: withStringsOf(canonical, ls)}
		in.byLabels[canonical] = id
	}
	id.used = in.round
	if raw != nil && in.byRaw[string(raw)] == nil {
		key := string(raw)
		in.byRaw[key] = id
		id.raw = append(id.raw, key)
	}
	return id
}

// canonicalKey has names and values with their lengths before them: equal for
// equal label sets, and for no others.
func canonicalKey(ls slo.Labels) string {
	var b []byte
	for _, l := range ls {
		b = binary.AppendUvarint(b, uint64(len(l.Name)))
		b = append(b, l.Name...)
		b = binary.AppendUvarint(b, uint64(len(l.Value)))
		b = append(b, l.Value...)
	}
	return string(b)
}

// withStringsOf makes the labels anew from the pieces of their canonical key, so
// that one allocation holds all their text.
func withStringsOf(key string, ls slo.Labels) slo.Labels {
	at := 0
	piece := func(n int) string {
		at += (bits.Len(uint(n)|1)+6)/7 + n // 7 bits of the length per byte
		return key[at-n : at]
	}
	out := make(slo.Labels, len(ls))
	for i, l := range ls {
		out[i].Name = piece(len(l.Name))
		out[i].Value = piece(len(l.Value))
	}
	return out
}
