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

// part is a piece of an answer, not compressed and compressed. It does not change.
type part struct {
	plain  int    // bytes of the text
	packed []byte // deflate blocks without a final one
	crc    uint32 // of the text
	shift  uint32 // what appending the text does to a checksum before it
}

// gzipHead is that of a member without name and time; gzipTail ends its blocks.
var (
	gzipHead = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}
	gzipTail = []byte{1, 0, 0, 0xff, 0xff}
)

// packer makes parts. It is for one goroutine.
type packer struct {
	w   *flate.Writer
	buf bytes.Buffer
}

func (p *packer) pack(text ...[]byte) part {
	p.buf.Reset()
	if p.w == nil {
		p.w, _ = flate.NewWriter(&p.buf, flate.BestSpeed) // fails for unknown levels only
	} else {
		p.w.Reset(&p.buf)
	}
	var out part
	for _, t := range text {
		p.w.Write(t) // a Buffer takes everything
		out.crc = crc32.Update(out.crc, crc32.IEEETable, t)
		out.plain += len(t)
	}
	if out.plain == 0 {
		return part{shift: one}
	}
	p.w.Flush()
	out.packed = bytes.Clone(p.buf.Bytes())
	out.shift = power(out.plain)
	return out
}

// trailer gives the eight bytes that follow the blocks of a member of these parts.
func trailer(crc uint32, size int) []byte {
	t := binary.LittleEndian.AppendUint32(nil, crc)
	return binary.LittleEndian.AppendUint32(t, uint32(size)) // modulo 2³², as the format has it
}

// join gives the checksum of a text that p is appended to.
func (p *part) join(crc uint32) uint32 { return multiply(p.shift, crc) ^ p.crc }

// Checksums are polynomials over GF(2) modulo CRC-32's, the coefficient of x⁰ in
// the highest bit. Appending n bytes multiplies by x^(8n).
const (
	one    = uint32(1) << 31
	oneByt = uint32(1) << 23 // x⁸
)

func multiply(a, b uint32) uint32 {
	var product uint32
	for ; a != 0; a <<= 1 {
		if a&one != 0 {
			product ^= b
		}
		carry := b & 1
		b = b>>1 ^ carry*crc32.IEEE
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
