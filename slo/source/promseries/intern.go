package promseries

import (
	"encoding/binary"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/shopslo/shopslo/slo"
)

// Identity is a label set and the Ref that stands for it: the labels that do not depend
// on which server, replica or path answered.
type Identity struct {
	Ref     uint64      // > 0
	several atomic.Bool // it has had more than one stream
	counter bool        // its values may only fall where the process restarts
	Labels  slo.Labels

	// Guarded by the Interner's lock.
	next    *Identity // of those whose labels have the same hash
	streams *Stream   // the first
	given   given     // the latest that was given out
	before  *given    // what was before it; nil: nothing
}

// Several reports whether the identity has had more than one stream.
func (id *Identity) Several() bool { return id.several.Load() }

// Stream is a label set as the source has it. Streams of one identity are the same
// series, as seen by several replicas or written in several ways.
type Stream struct {
	Labels slo.Labels // sorted

	made atomic.Int64 // since when its samples are made of other series; 0: they are its own

	id  atomic.Pointer[Identity]
	own *ownLabels // those of its labels that its identity may lack

	// Guarded by the Interner's lock.
	used   uint64    // the round in which it was last asked for
	next   *Stream   // of its identity
	recent *[2]Plain // what it had last, where several streams were in one answer, and before
	last   point     // the last valid sample that was read
}

// Identity is what the stream is one of.
func (s *Stream) Identity() *Identity { return s.id.Load() }

// ownLabels are labels that tell the streams of one identity apart. There is one
// pointer for each set of them.
type ownLabels struct{ labels slo.Labels }

// Interner gives each label set one Identity, so that a series that is seen
// again costs one map look-up and no allocation, whatever bytes its labels come
// in. Refs rise and are never given twice; a label set that was asked for in none
// of the last thousand rounds may be forgotten and come back under a new Ref.
//
// An identity has no labels that are dropped (see Drop and Learn), and its numbers are
// spelled in one way. The zero value drops nothing. It is safe for concurrent use.
type Interner struct {
	mu       sync.Mutex
	byRaw    map[string]*Stream   // by the source's own bytes
	byLabels map[uint64]*Identity // by the hash of their key; the first of those that share it
	byOwn    map[string]*ownLabels
	key      []byte // memory to use again
	last     uint64
	round    uint64

	renamed atomic.Uint64

	dropped map[string]dropping // by label; also of those that selectors name
}

// dropping says why a label is no part of an identity, or is after all.
type dropping int

const (
	replicaLabel dropping = 1 + iota // configured
	learnedLabel                     // a server adds it on one path only
	keptLabel                        // named by a selector, or tells series apart
)

const (
	sweepRounds = 1000
	sweepAbove  = 1 << 16 // identities; a smaller memory is not swept
)

// Drop names labels that tell replicas apart, and no series.
func (in *Interner) Drop(names ...string) { in.drop(replicaLabel, names) }

// Learn names labels that the source adds to all series on one path only. Unlike those
// of Drop they are kept once an answer has two values of them.
func (in *Interner) Learn(names ...string) { in.drop(learnedLabel, names) }

func (in *Interner) drop(why dropping, names []string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	changed := false
	for _, name := range names {
		if name == slo.MetricName || in.dropped[name] != 0 {
			continue
		}
		if in.dropped == nil {
			in.dropped = map[string]dropping{}
		}
		in.dropped[name], changed = why, true
	}
	if changed {
		in.rename()
	}
}

// Name keeps the labels that the selectors name.
func (in *Interner) Name(selectors []slo.Selector) {
	in.mu.Lock()
	defer in.mu.Unlock()
	changed := false
	for _, sel := range selectors {
		for i := range sel {
			changed = in.keep(sel[i].Name) || changed
		}
	}
	if changed {
		in.rename()
	}
}

// Keep makes labels a part of identities for good.
func (in *Interner) Keep(names ...string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	changed := false
	for _, name := range names {
		changed = in.keep(name) || changed
	}
	if changed {
		in.rename()
	}
}

// keep reports whether the label was dropped before.
func (in *Interner) keep(name string) bool {
	why := in.dropped[name]
	if why == keptLabel {
		return false
	}
	if in.dropped == nil {
		in.dropped = map[string]dropping{}
	}
	in.dropped[name] = keptLabel
	return why != 0
}

// differ takes note of label sets that one answer holds: a learned label that has two
// values in it tells series apart.
func (in *Interner) differ(owns []*ownLabels) {
	in.mu.Lock()
	defer in.mu.Unlock()
	changed := false
	for name, why := range in.dropped {
		if why != learnedLabel {
			continue
		}
		value := func(o *ownLabels) string {
			if o == nil {
				return ""
			}
			return o.labels.Get(name)
		}
		for _, o := range owns[1:] {
			if value(o) != value(owns[0]) {
				in.dropped[name], changed = keptLabel, true
				break
			}
		}
	}
	if changed {
		in.rename()
	}
}

// rename gives all streams their identities anew.
func (in *Interner) rename() {
	old := in.byLabels
	if old == nil {
		return
	}
	in.renamed.Add(1)
	in.byLabels = map[uint64]*Identity{}
	for _, id := range old {
		for ; id != nil; id = id.next {
			var next *Stream
			for s := id.streams; s != nil; s = next {
				next, s.recent = s.next, nil
				in.assign(s)
			}
		}
	}
}

// Renamed changes when streams have got other identities, or identities their second stream.
func (in *Interner) Renamed() uint64 { return in.renamed.Load() }

// Round says that a new request begins.
func (in *Interner) Round() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.round++
	if in.round%sweepRounds != 0 || len(in.byLabels) <= sweepAbove {
		return
	}
	maps.DeleteFunc(in.byRaw, func(_ string, s *Stream) bool { return in.old(s) })
	for hash, first := range in.byLabels {
		kept := first.without(in.old)
		if kept == nil {
			delete(in.byLabels, hash)
		} else {
			in.byLabels[hash] = kept
		}
	}
}

// old reports whether a stream was asked for in none of the last rounds.
func (in *Interner) old(s *Stream) bool { return s.used+sweepRounds <= in.round }

// without takes the old streams out of an identity and those after it, and gives the
// first one that is left with any.
func (id *Identity) without(old func(*Stream) bool) *Identity {
	if id == nil {
		return nil
	}
	id.next = id.next.without(old)
	for at := &id.streams; *at != nil; {
		if old(*at) {
			*at = (*at).next
		} else {
			at = &(*at).next
		}
	}
	if id.streams == nil {
		return id.next
	}
	return id
}

// Known returns the stream that was once added under these bytes, or nil. The
// bytes must tell label sets apart.
func (in *Interner) Known(raw []byte) *Stream {
	in.mu.Lock()
	defer in.mu.Unlock()
	s := in.byRaw[string(raw)]
	if s != nil {
		s.used = in.round
	}
	return s
}

// Add returns the stream of the labels, a new one if they are new, and
// remembers it under raw (if not nil) for Known. It sorts and copies the labels.
func (in *Interner) Add(raw []byte, ls slo.Labels) *Stream {
	ls = slices.DeleteFunc(slices.Clone(ls), func(l slo.Label) bool { return l.Value == "" })
	slices.SortFunc(ls, func(a, b slo.Label) int { return strings.Compare(a.Name, b.Name) })

	in.mu.Lock()
	defer in.mu.Unlock()
	if in.byRaw == nil {
		in.byRaw, in.byLabels = map[string]*Stream{}, map[uint64]*Identity{}
	}
	text := string(raw)
	share(text, ls)
	s := in.assign(&Stream{Labels: ls})
	s.used = in.round
	if raw != nil && in.byRaw[text] == nil {
		in.byRaw[text] = s
	}
	return s
}

// assign finds the identity of a stream, makes it if need be, and returns the stream of
// these labels that it has, which may be another one.
func (in *Interner) assign(s *Stream) *Stream {
	ls, own := in.split(s.Labels)
	id := in.identity(ls)
	for known := id.streams; known != nil; known = known.next {
		if slices.Equal(known.Labels, s.Labels) {
			return known
		}
	}
	s.own = in.ownOf(own)
	s.next, id.streams = id.streams, s
	if s.next != nil && !id.several.Load() {
		id.several.Store(true)
		in.renamed.Add(1)
	}
	s.id.Store(id)
	return s
}

// identity finds or makes the identity of the labels.
func (in *Interner) identity(ls slo.Labels) *Identity {
	in.key = appendKey(in.key[:0], ls)
	hash := maphash.Bytes(seed, in.key)
	for id := in.byLabels[hash]; id != nil; id = id.next {
		if slices.Equal(id.Labels, ls) {
			return id
		}
	}
	in.last++
	id := &Identity{Ref: in.last, Labels: ls, counter: isCounter(ls.Get(slo.MetricName)), next: in.byLabels[hash]}
	in.byLabels[hash] = id
	return id
}

var seed = maphash.MakeSeed()

// split takes from the labels what is no part of an identity.
func (in *Interner) split(ls slo.Labels) (shared, own slo.Labels) {
	plain := func(l slo.Label) bool {
		return in.dropped[l.Name] != replicaLabel && in.dropped[l.Name] != learnedLabel && !slo.NumberLabel(l.Name)
	}
	if !slices.ContainsFunc(ls, func(l slo.Label) bool { return !plain(l) }) {
		return ls, nil
	}
	shared = make(slo.Labels, 0, len(ls))
	for _, l := range ls {
		switch {
		case plain(l):
			shared = append(shared, l)
		case slo.NumberLabel(l.Name):
			shared = append(shared, slo.Label{Name: l.Name, Value: slo.CanonicalNumber(l.Value)})
		default:
			own = append(own, l)
		}
	}
	return shared, own
}

func (in *Interner) ownOf(ls slo.Labels) *ownLabels {
	if len(ls) == 0 {
		return nil
	}
	key := string(appendKey(nil, ls))
	o := in.byOwn[key]
	if o == nil {
		if in.byOwn == nil {
			in.byOwn = map[string]*ownLabels{}
		}
		o = &ownLabels{slices.Clone(ls)}
		in.byOwn[key] = o
	}
	return o
}

// appendKey appends names and values with their lengths before them: equal for
// equal label sets, and for no others.
func appendKey(b []byte, ls slo.Labels) []byte {
	for _, l := range ls {
		b = binary.AppendUvarint(b, uint64(len(l.Name)))
		b = append(b, l.Name...)
		b = binary.AppendUvarint(b, uint64(len(l.Value)))
		b = append(b, l.Value...)
	}
	return b
}

// share makes the labels' names and values pieces of one text: of the given one, if they
// stand in it one after the other, else of their own.
func share(text string, ls slo.Labels) {
	if takePieces(text, slices.Clone(ls)) {
		takePieces(text, ls)
		return
	}
	var b strings.Builder
	for _, l := range ls {
		b.WriteString(l.Name)
		b.WriteString(l.Value)
	}
	takePieces(b.String(), ls)
}

// takePieces replaces names and values by pieces of a text that are equal, as far as
// they stand in it one after the other, and reports whether all do.
func takePieces(text string, ls slo.Labels) bool {
	for i := range ls {
		for _, s := range [2]*string{&ls[i].Name, &ls[i].Value} {
			at := strings.Index(text, *s)
			if at < 0 {
				return false
			}
			end := at + len(*s)
			*s, text = text[at:end], text[end:]
		}
	}
	return true
}
