package promseries

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
)

// errChunk is a chunk that is no Prometheus XOR chunk: cut short, or its time
// stamps do not rise.
var errChunk = errors.New("damaged chunk: it ends early, or its time stamps do not rise")

// decoder reads the samples of one XOR chunk (Prometheus' variant of Gorilla:
// github.com/prometheus/prometheus/tsdb/docs/format/chunks.md) in batches. The
// bit buffer lives in local variables while a batch is decoded, which makes it
// about twice as fast as one call per sample.
type decoder struct {
	b    []byte // the chunk's bit stream, after the header and the byte-aligned start
	pos  int    // next byte of b to be loaded; beyond len(b) where zeros were loaded
	buf  uint64 // loaded bits, the next one on top; below the n-th they may be loaded already
	n    uint   // how many bits of buf are loaded
	left int    // samples not delivered yet

	t, delta          int64
	v                 uint64
	leading, trailing uint
	at                int // samples delivered: 0, 1, or 2 for more
}

// reset starts on a chunk's bytes: two bytes with the number of samples, then
// the stream.
func (d *decoder) reset(chunk []byte) error {
	*d = decoder{}
	if len(chunk) < 2 {
		return errChunk
	}
	d.left = int(binary.BigEndian.Uint16(chunk))
	if d.left == 0 {
		return nil
	}
	b := chunk[2:]
	t, k := binary.Varint(b)
	if k <= 0 || len(b) < k+8 {
		return errChunk
	}
	d.t, d.v = t, binary.BigEndian.Uint64(b[k:])
	b = b[k+8:]
	if d.left > 1 {
		delta, k := binary.Uvarint(b)
		if k <= 0 || delta == 0 || delta > math.MaxInt64 {
			return errChunk
		}
		d.delta = int64(delta)
		b = b[k:]
	}
	d.b = b
	return nil
}

// read fills ts and vs, of one length, with the next samples and returns how
// many; 0 at the chunk's end.
func (d *decoder) read(ts []int64, vs []float64) (int, error) {
	count := min(d.left, len(ts))
	vs = vs[:len(ts)]
	i := 0
	if d.at == 0 && count > 0 {
		ts[0], vs[0] = d.t, math.Float64frombits(d.v)
		d.at, i = 1, 1
	}
	b, pos, buf, n := d.b, d.pos, d.buf, d.n
	t, delta, v := d.t, d.delta, d.v
	leading, trailing := d.leading, d.trailing
	for i < count {
		if pos+8 <= len(b) { // refill, which is too long for the compiler to put it here
			buf |= binary.BigEndian.Uint64(b[pos:]) >> (n & 63)
			pos += int((63 - n) >> 3)
			n |= 56
		} else {
			buf, pos, n = refillEnd(b, buf, pos, n)
		}
		// 00 is one more sample with the same delta and the same value: seldom
		// counters are runs of them.
		if buf>>62 == 0 && d.at > 1 && delta < 1<<50 {
			value := math.Float64frombits(v)
			run := min(int(min(uint(bits.LeadingZeros64(buf)), n)/2), count-i)
			if t > math.MaxInt64-int64(run)*delta {
				return 0, errChunk
			}
			for k := range run {
				t += delta
				ts[i+k], vs[i+k] = t, value
			}
			buf <<= uint(2*run) & 63
			n -= uint(2 * run)
			i += run
			continue
		}
		if d.at == 1 { // the second sample's delta was read by reset
			d.at = 2
		} else if int64(buf) >= 0 { // 0: the same delta as before
			buf <<= 1
			n--
		} else {
			var dod int64
			ones := uint(bits.LeadingZeros64(^buf))
			switch ones {
			case 1:
				dod = signed(buf<<2>>50, 14)
				buf <<= 16
				n -= 16
			case 2:
				dod = signed(buf<<3>>47, 17)
				buf <<= 20
				n -= 20
			case 3:
				dod = signed(buf<<4>>44, 20)
				buf <<= 24
				n -= 24
			default: // 1111 and 64 bits
				hi := buf << 4 >> 32
				buf <<= 36
				n -= 36
				buf, pos, n = refill(b, buf, pos, n)
				dod = int64(hi<<32 | buf>>32)
				buf <<= 32
				n -= 32
			}
			delta += dod
			if delta <= 0 {
				return 0, errChunk
			}
			buf, pos, n = refill(b, buf, pos, n)
		}
		next := t + delta
		if next <= t {
			return 0, errChunk
		}
		t = next

		if int64(buf) >= 0 { // 0: the same value as before
			buf <<= 1
			n--
			ts[i], vs[i] = t, math.Float64frombits(v)
			i++
			continue
		}
		if buf<<1>>63 == 0 { // 10: the same span of bits as before
			buf <<= 2
			n -= 2
		} else { // 11: 5 bits of leading zeros, 6 bits of length
			leading = uint(buf << 2 >> 59)
			length := uint(buf << 7 >> 58)
			if length == 0 {
				length = 64
			}
			buf <<= 13
			n -= 13
			if leading+length > 64 {
				return 0, errChunk
			}
			trailing = 64 - leading - length
		}
		length := 64 - leading - trailing
		if length > n {
			buf, pos, n = refill(b, buf, pos, n)
		}
		if length <= n && length < 64 {
			v ^= buf >> ((64 - length) & 63) << (trailing & 63)
			buf <<= length & 63
			n -= length
		} else { // 57 to 64 bits: in two parts
			hi := buf >> 32
			buf <<= 32
			n -= 32
			buf, pos, n = refill(b, buf, pos, n)
			rest := (length - 32) & 63
			v ^= (hi<<rest | buf>>((64-rest)&63)) << (trailing & 63)
			buf <<= rest
			n -= rest
		}
		ts[i], vs[i] = t, math.Float64frombits(v)
		i++
	}
	if pos*8-int(n) > len(b)*8 {
		return 0, errChunk
	}
	d.pos, d.buf, d.n = pos, buf, n
	d.t, d.delta, d.v = t, delta, v
	d.leading, d.trailing = leading, trailing
	d.left -= count
	return count, nil
}

// refill loads bits until at least 56 are there. Past the end it loads zeros,
// which read notices by the position.
func refill(b []byte, buf uint64, pos int, n uint) (uint64, int, uint) {
	if pos+8 <= len(b) {
		buf |= binary.BigEndian.Uint64(b[pos:]) >> (n & 63)
		pos += int((63 - n) >> 3)
		return buf, pos, n | 56
	}
	return refillEnd(b, buf, pos, n)
}

func refillEnd(b []byte, buf uint64, pos int, n uint) (uint64, int, uint) {
	for n <= 56 {
		if pos < len(b) {
			buf |= uint64(b[pos]) << (56 - n)
		}
		pos++
		n += 8
	}
	return buf, pos, n
}

// signed reads a k-bit number whose range is −(2^(k−1)−1) … 2^(k−1).
func signed(x uint64, k uint) int64 {
	if x > 1<<(k-1) {
		return int64(x) - 1<<k
	}
	return int64(x)
}
