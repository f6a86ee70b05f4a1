package shopset

import (
	"bytes"
	"io"
	"slices"
	"sync"
)

// page is everything that a scrape gets. Blocks are compressed by family and by
// segmentSize of them, when one of them has changed and somebody asks; what is left
// to a scrape is to write bytes.
type page struct {
	mu       sync.Mutex
	packer   packer
	shopSets sheet
	groups   sheet
	sheets   [allFamilies]*sheet  // where a family's lines are; nil: in whole
	heads    [2][allFamilies]part // text format, OpenMetrics
	headText [2][allFamilies][]byte
	whole    [allFamilies][]byte // lines of the families that are on no sheet
	packed   [allFamilies]part   // of whole
	stale    [allFamilies]bool   // packed is not of whole
}

// sheet has the lines of things of which a fleet may have thousands.
type sheet struct {
	first    int      // family
	blocks   []*block // by thing, in the order of the fleet
	segments [][]segment
}

// segmentSize bounds what is compressed anew when one block changes.
const segmentSize = 128

// segment is a family's lines of segmentSize blocks.
type segment struct {
	part  part
	stale bool
}

func newPage() *page {
	p := &page{
		shopSets: sheet{first: fInfo, segments: make([][]segment, perShopSet)},
		groups:   sheet{first: fGroupAvailable, segments: make([][]segment, perGroup)},
	}
	for _, s := range []*sheet{&p.shopSets, &p.groups} {
		for f := range s.segments {
			p.sheets[s.first+f] = s
		}
	}
	for f := range allFamilies {
		for i, openMetrics := range []bool{false, true} {
			p.headText[i][f] = families[f].head(openMetrics)
			p.heads[i][f] = p.packer.pack(p.headText[i][f])
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
	s.blocks = make([]*block, n)
	for f := range s.segments {
		s.segments[f] = make([]segment, (n+segmentSize-1)/segmentSize)
	}
}

// put takes the lines of the i-th thing on a sheet in, of which it keeps a copy
// where they have changed. Only families whose lines have changed are touched.
func (p *page) put(s *sheet, i int, b *block) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := s.blocks[i]
	if old != nil && old.ends == b.ends && bytes.Equal(old.text, b.text) {
		return
	}
	s.blocks[i] = b.clone()
	for f := range s.segments {
		if !bytes.Equal(old.of(f), b.of(f)) {
			s.segments[f][i/segmentSize].stale = true
		}
	}
}

// set takes all lines of a family in that is on no sheet.
func (p *page) set(f int, text []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !bytes.Equal(p.whole[f], text) {
		p.whole[f], p.stale[f] = text, true
	}
}

// pieces are the parts of an answer, in order.
type pieces struct {
	list []part
	size int // bytes of the compressed parts
}

// compressed gives the parts of a whole answer. What has changed is compressed
// now; after that they do not change, and can be written without the lock.
func (p *page) compressed(openMetrics bool, into *pieces) {
	p.mu.Lock()
	defer p.mu.Unlock()
	into.list, into.size = into.list[:0], 0
	add := func(one part) {
		if one.plain > 0 {
			into.list = append(into.list, one)
			into.size += len(one.packed)
		}
	}
	heads := &p.heads[index(openMetrics)]
	for f := range allFamilies {
		at := len(into.list)
		add(heads[f])
		if s := p.sheets[f]; s != nil {
			for i := range s.segments[f-s.first] {
				add(s.segment(&p.packer, f-s.first, i))
			}
		} else {
			if p.stale[f] {
				p.packed[f], p.stale[f] = p.packer.pack(p.whole[f]), false
			}
			add(p.packed[f])
		}
		if len(into.list) == at+1 { // a family without series needs no head
			into.size -= len(heads[f].packed)
			into.list = into.list[:at]
		}
	}
}

// segment gives a segment's part, up to date.
func (s *sheet) segment(p *packer, f, i int) part {
	one := &s.segments[f][i]
	if one.stale {
		blocks := s.blocks[i*segmentSize : min((i+1)*segmentSize, len(s.blocks))]
		texts := make([][]byte, 0, len(blocks))
		for _, b := range blocks {
			texts = append(texts, b.of(f))
		}
		one.part, one.stale = p.pack(texts...), false
	}
	return one.part
}

func index(openMetrics bool) int {
	if openMetrics {
		return 1
	}
	return 0
}

// writeGzip writes the parts as one gzip member.
func (s *pieces) writeGzip(w io.Writer) error {
	if _, err := w.Write(gzipHead); err != nil {
		return err
	}
	crc, size := uint32(0), 0
	for i := range s.list {
		one := &s.list[i]
		if _, err := w.Write(one.packed); err != nil {
			return err
		}
		crc = one.join(crc)
		size += one.plain
	}
	if _, err := w.Write(gzipTail); err != nil {
		return err
	}
	_, err := w.Write(trailer(crc, size))
	return err
}

// gzipSize is how many bytes writeGzip writes.
func (s *pieces) gzipSize() int { return len(gzipHead) + s.size + len(gzipTail) + 8 }

// plain gives the texts of a whole answer, in the memory of into, to be written
// without the lock.
func (p *page) plain(openMetrics bool, into [][]byte) [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := slices.Grow(into[:0], perShopSet*len(p.shopSets.blocks)+perGroup*len(p.groups.blocks)+2*allFamilies)
	for f := range allFamilies {
		head := len(out)
		out = append(out, p.headText[index(openMetrics)][f])
		if s := p.sheets[f]; s != nil {
			for _, b := range s.blocks {
				if text := b.of(f - s.first); len(text) > 0 {
					out = append(out, text)
				}
			}
		} else if len(p.whole[f]) > 0 {
			out = append(out, p.whole[f])
		}
		if len(out) == head+1 {
			out = out[:head]
		}
	}
	return out
}
