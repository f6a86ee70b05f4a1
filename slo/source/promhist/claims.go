package promhist

import "errors"

var (
	errEndsEarly = errors.New("a chunk of native histograms that ends early")
	errClaims    = errors.New("a chunk of native histograms that claims more buckets than it can hold")
)

// claims says what is wrong with the buckets that a chunk says it has; nil where nothing is. The
// library makes room for as many as are claimed, of each up to 2³², and reads on behind the end of
// what is cut, so that what it finds there is anything. A bucket takes at least a bit of the first
// sample.
//
// The layout is that of tsdb/docs/format/chunks.md: a zero threshold, the schema, and positive and
// negative spans, each as their number, and length and offset of each.
func claims(data []byte) error {
	if len(data) < chunkHeader {
		return errEndsEarly
	}
	if data[0] == 0 && data[1] == 0 {
		return nil // no samples
	}
	b := bits{data: data[chunkHeader:]}
	if b.next(8) == 255 { // the threshold stands there whole, else in that byte
		b.skip(64)
	}
	b.varbit() // the schema
	buckets := uint64(0)
	for range 2 {
		for n := b.varbit(); n > 0 && !b.ended; n-- {
			length := b.varbit()
			b.varbit() // the offset
			if buckets += length & (1<<32 - 1); buckets > 8*uint64(len(data)) {
				return errClaims
			}
		}
	}
	if b.ended {
		return errEndsEarly
	}
	return nil
}

// chunkHeader is how many bytes stand before the layout: how many samples, and the hint.
const chunkHeader = 3

// bits are read one after the other, the highest of a byte first.
type bits struct {
	data  []byte
	at    int
	ended bool
}

func (b *bits) next(n int) (v uint64) {
	if b.ended = b.ended || b.at+n > 8*len(b.data); b.ended {
		return 0
	}
	for range n {
		v = v<<1 | uint64(b.data[b.at/8]>>(7-b.at%8)&1)
		b.at++
	}
	return v
}

func (b *bits) skip(n int) {
	b.at += n
	b.ended = b.ended || b.at > 8*len(b.data)
}

// varbits are how many bits follow as many ones as their place, and a zero.
var varbits = [...]int{0, 3, 6, 9, 12, 18, 25, 56, 64}

// varbit is a number of variable length. Its sign says nothing of how long it is.
func (b *bits) varbit() uint64 {
	ones := 0
	for ones < len(varbits)-1 && b.next(1) == 1 {
		ones++
	}
	return b.next(varbits[ones])
}
