package ledger

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/shopslo/shopslo/slo"
)

// encoder appends the files' elements: integers as varints, whole numbers short.
type encoder struct{ b []byte }

func (e *encoder) uint(v uint64) { e.b = binary.AppendUvarint(e.b, v) }
func (e *encoder) int(v int64)   { e.b = binary.AppendVarint(e.b, v) }
func (e *encoder) byte(v byte)   { e.b = append(e.b, v) }
func (e *encoder) bool(v bool) {
	if v {
		e.byte(1)
	} else {
		e.byte(0)
	}
}
func (e *encoder) string(s string) { e.uint(uint64(len(s))); e.b = append(e.b, s...) }

// time writes a time (ms) as the distance from another; none as 0.
func (e *encoder) time(t, from int64) {
	if t == none {
		e.uint(0)
		return
	}
	d := t - from
	e.uint(uint64(d<<1^d>>63) + 1) // zigzag
}

// float writes a count: whole numbers as varints, others in full.
func (e *encoder) float(f float64) {
	if w := uint64(f); f >= 0 && f < 1<<53 && float64(w) == f && !(f == 0 && math.Signbit(f)) {
		e.uint(w << 1)
		return
	}
	e.uint(1)
	e.b = binary.LittleEndian.AppendUint64(e.b, math.Float64bits(f))
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func (e *encoder) labels(ls slo.Labels) {
	e.uint(uint64(len(ls)))
	for _, l := range ls {
		e.string(l.Name)
		e.string(l.Value)
	}
}

var errCorrupt = errors.New("damaged")

// decoder reads what encoder wrote. After the first failure err is set and
// everything reads as zero.
type decoder struct {
	b       []byte
	err     error
	version int // of the file's format
}

func (d *decoder) fail() { d.b, d.err = nil, errCorrupt }

// end fails where something is left.
func (d *decoder) end() error {
	if len(d.b) > 0 {
		d.fail()
	}
	return d.err
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail()
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

// count reads a number of things that take at least one byte each.
func (d *decoder) count() int {
	n := d.uint()
	if n > uint64(len(d.b)) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) bytes() []byte {
	n := d.count()
	v := d.b[:n]
	d.b = d.b[n:]
	return v
}

func (d *decoder) string() string { return string(d.bytes()) }

func (d *decoder) time(from int64) int64 {
	v := d.uint()
	if v == 0 {
		return none
	}
	v--
	return from + (int64(v>>1) ^ -int64(v&1))
}

func (d *decoder) float() float64 {
	v := d.uint()
	if v&1 == 0 {
		return float64(v >> 1)
	}
	if len(d.b) < 8 {
		d.fail()
		return 0
	}
	f := math.Float64frombits(binary.LittleEndian.Uint64(d.b))
	d.b = d.b[8:]
	return f
}

func (d *decoder) labels() slo.Labels {
	ls := make(slo.Labels, d.count())
	for i := range ls {
		ls[i] = slo.Label{Name: d.string(), Value: d.string()}
	}
	return ls
}
