package shopset

import (
	"bytes"
	"slices"
	"sync"
)

// page is everything that a scrape gets. The lines of a family stand one after the
// other in segments, as they are written; they are compressed by segment, when one of
// its lines has changed and somebody asks. What is left to a scrape is to copy bytes.
type page struct {
	mu       sync.Mutex
	packer   packer
	shopSets sheet
	groups   sheet
	sheets   [ofPage]*sheet  // where a family's lines are; nil: in whole
	heads    [2][ofPage]part // text format, OpenMetrics
	whole    [ofPage]segment // lines of the families that are on no sheet
}

// sheet has the lines of things of which a fleet may have thousands.
type sheet struct {
	first    int // family
	families []onSheet
}

// onSheet is a family of a sheet.
type onSheet struct {
	segments []segment
	sum      sum  // of all segments
	stale    bool // sum is not, and some segment's part is not
}

// segmentSize bounds what is compressed anew when one thing changes.
const segmentSize = 128

// segment is a family's lines of segmentSize things.
type segment struct {
	text  []byte
	ends  []uint32 // where the lines of each thing end
	lent  bool     // a scrape may be writing text, so that it is not to be changed
	part  part
	stale bool // part is not of text
}

func newPage() *page {
	p := &page{
		shopSets: sheet{first: fInfo, families: make([]onSheet, perShopSet)},
		groups:   sheet{first: fGroupAvailable, families: make([]onSheet, perGroup)},
	}
	for _, s := range []*sheet{&p.shopSets, &p.groups} {
		for f := range s.families {
			p.sheets[s.first+f] = s
		}
	}
	for i := range p.heads {
		for f := range p.heads[i] {
			p.packer.pack(heads[i][f], &p.heads[i][f])
		}
	}
	return p
}

// resize makes room for a fleet, of which nothing has lines yet.
func (p *page) resize(shopSets, groups int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shopSets.resize(shopSets)
	p.groups.resize(groups)
}

func (s *sheet) resize(n int) {
	for f := range s.families {
		segments := make([]segment, 0, (n+segmentSize-1)/segmentSize)
		for at := 0; at < n; at += segmentSize {
			segments = append(segments, segment{ends: make([]uint32, min(segmentSize, n-at)), part: part{sum: empty}})
		}
		s.families[f] = onSheet{segments: segments, sum: empty}
	}
}

// put takes the lines of the i-th thing on a sheet in. Only families whose lines have
// changed are touched.
func (p *page) put(s *sheet, i int, b *block) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for f := range s.families {
		family := &s.families[f]
		if family.segments[i/segmentSize].put(i%segmentSize, b.of(f)) {
			family.stale = true
		}
	}
}

// put changes the lines of the i-th thing where they are others now.
func (s *segment) put(i int, lines []byte) (changed bool) {
	start, end := uint32(0), s.ends[i]
	if i > 0 {
		start = s.ends[i-1]
	}
	if bytes.Equal(s.text[start:end], lines) {
		return false
	}
	if s.lent {
		s.text, s.lent = bytes.Clone(s.text), false
	}
	s.text = slices.Replace(s.text, int(start), int(end), lines...)
	grown := uint32(len(lines)) - (end - start) // modulo 2³² where it has shrunk
	for j := i; j < len(s.ends); j++ {
		s.ends[j] += grown
	}
	s.stale = true
	return true
}

// set takes all lines of a family in that is on no sheet; they are not to be changed.
func (p *page) set(f int, text []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := &p.whole[f]; !bytes.Equal(s.text, text) {
		s.text, s.stale = text, true
	}
}

// compressed appends what a scrape gets to an answer. What has changed is compressed
// now.
func (p *page) compressed(openMetrics bool, into *gzipAnswer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for f := range ofPage {
		head := &p.heads[index(openMetrics)][f]
		if s := p.sheets[f]; s != nil {
			family := &s.families[f-s.first]
			family.pack(&p.packer)
			if family.sum.plain == 0 {
				continue // a family without series needs no head
			}
			into.add(head)
			for i := range family.segments {
				into.packed(family.segments[i].part.packed)
			}
			into.join(family.sum)
			continue
		}
		s := &p.whole[f]
		s.pack(&p.packer)
		if len(s.text) > 0 {
			into.add(head)
			into.add(&s.part)
		}
	}
}

// pack brings what is compressed up to date.
func (f *onSheet) pack(p *packer) {
	if !f.stale {
		return
	}
	f.sum, f.stale = empty, false
	for i := range f.segments {
		f.segments[i].pack(p)
		f.sum = f.sum.then(f.segments[i].part.sum)
	}
}

func (s *segment) pack(p *packer) {
	if s.stale {
		p.pack(s.text, &s.part)
		s.stale = false
	}
}

func index(openMetrics bool) int {
	if openMetrics {
		return 1
	}
	return 0
}

// plain gives the texts of a whole answer, in the memory of into, and how many bytes
// they have. They may be written without the lock: what changes from now on is copied
// first.
func (p *page) plain(openMetrics bool, into [][]byte) (texts [][]byte, size int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	texts = into[:0]
	for f := range ofPage {
		at, head := len(texts), heads[index(openMetrics)][f]
		texts = append(texts, head)
		lines := 0
		lend := func(s *segment) {
			if len(s.text) > 0 {
				texts, s.lent = append(texts, s.text), true
				lines += len(s.text)
			}
		}
		if s := p.sheets[f]; s != nil {
			for i := range s.families[f-s.first].segments {
				lend(&s.families[f-s.first].segments[i])
			}
		} else {
			lend(&p.whole[f])
		}
		if lines == 0 {
			texts = texts[:at]
			continue
		}
		size += len(head) + lines
	}
	return texts, size
}
