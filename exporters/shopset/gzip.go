package shopset

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
)

// A gzip answer is put together from parts that were compressed one by one, each
// when it changed. A part is deflate's blocks up to a byte boundary, and refers to
// nothing before itself, so parts follow each other in any order within one gzip
// member. The member's checksum is made from those of the parts.

// sum is what has to be known of a text to join its checksum to others.
type sum struct {
	plain int    // bytes of the text
	crc   uint32 // of the text
	shift uint32 // what appending the text does to a checksum before it
}

// empty is the sum of no text.
var empty = sum{shift: one}

// join gives the checksum of a text that s is appended to.
func (s sum) join(crc uint32) uint32 { return multiply(s.shift, crc) ^ s.crc }

// then gives the sum of two texts, one after the other.
func (s sum) then(next sum) sum {
	return sum{s.plain + next.plain, next.join(s.crc), multiply(s.shift, next.shift)}
}

// part is a text compressed.
type part struct {
	sum
	packed []byte // deflate blocks without a final one
}

// packer makes parts. It is for one goroutine.
type packer struct {
	w   *flate.Writer
	buf bytes.Buffer
}

// pack compresses a text, into the memory of a part from before where that is enough.
func (p *packer) pack(text []byte, into *part) {
	*into = part{sum: empty, packed: into.packed[:0]}
	if len(text) == 0 {
		return
	}
	p.buf.Reset()
	if p.w == nil {
		p.w, _ = flate.NewWriter(&p.buf, flate.BestSpeed) // fails for unknown levels only
	} else {
		p.w.Reset(&p.buf)
	}
	p.w.Write(text) // a Buffer takes everything
	p.w.Flush()
	into.sum = sum{len(text), crc32.ChecksumIEEE(text), power(len(text))}
	into.packed = append(into.packed, p.buf.Bytes()...)
}

// gzipAnswer is one gzip member that is put together. Its zero value is to be reset.
type gzipAnswer struct {
	bytes []byte
	crc   uint32 // of what is in it
	plain int    // bytes of what is in it
}

// reset begins a member without name and time.
func (a *gzipAnswer) reset() {
	*a = gzipAnswer{bytes: append(a.bytes[:0], 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255)}
}

// add appends a part.
func (a *gzipAnswer) add(p *part) {
	a.packed(p.packed)
	a.join(p.sum)
}

// packed appends blocks; what they say is to be joined.
func (a *gzipAnswer) packed(blocks []byte) { a.bytes = append(a.bytes, blocks...) }

func (a *gzipAnswer) join(s sum) {
	a.crc = s.join(a.crc)
	a.plain += s.plain
}

// mostStored is how long a block that is not compressed may be.
const mostStored = 1<<16 - 1

// end appends a text that is not worth to be compressed, and ends the member.
func (a *gzipAnswer) end(text []byte) {
	a.crc = crc32.Update(a.crc, crc32.IEEETable, text)
	a.plain += len(text)
	for last := false; !last; {
		n := min(len(text), mostStored)
		kind := byte(0) // a stored block
		if last = n == len(text); last {
			kind = 1 // and the final one
		}
		a.bytes = append(a.bytes, kind)
		a.bytes = binary.LittleEndian.AppendUint16(a.bytes, uint16(n))
		a.bytes = binary.LittleEndian.AppendUint16(a.bytes, ^uint16(n))
		a.bytes = append(a.bytes, text[:n]...)
		text = text[n:]
	}
	a.bytes = binary.LittleEndian.AppendUint32(a.bytes, a.crc)
	a.bytes = binary.LittleEndian.AppendUint32(a.bytes, uint32(a.plain)) // modulo 2³², as the format has it
}

// Checksums are polynomials over GF(2) modulo CRC-32's, the coefficient of x⁰ in
// the highest bit. Appending n bytes multiplies by x^(8n).
const (
	one    = uint32(1) << 31
	oneByt = uint32(1) << 23 // x⁸
)

// multiply has no branches but the loop's: which bits are set cannot be foretold.
func multiply(a, b uint32) uint32 {
	var product uint32
	for ; a != 0; a <<= 1 {
		product ^= b & -(a >> 31)
		b = b>>1 ^ crc32.IEEE&-(b&1)
	}
	return product
}

// power gives x^(8n).
func power(n int) uint32 {
	result, square := one, oneByt
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			result = multiply(result, square)
		}
		square = multiply(square, square)
	}
	return result
}
