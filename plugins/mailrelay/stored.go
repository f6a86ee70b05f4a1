package mailrelay

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"time"
)

// A history is read and written every minute, so what it has much of is stored as one
// text each: numbers to the base 128, in base 64.

// Column holds one figure of every cell; unknown is -1. Stored are hundredths plus
// one, unknown is 0.
type Column []float64

const unknown = -1

var errDamaged = errors.New("a stored list of counts is damaged")

// maxCells is more than any history has: five weeks by the minute.
const maxCells = 60_000

// MarshalText implements encoding.TextMarshaler.
func (c Column) MarshalText() ([]byte, error) {
	b := make([]byte, 0, 3*len(c))
	for _, v := range c {
		n := uint64(0)
		if v >= 0 && v < 1<<50 {
			n = uint64(math.Round(v*100)) + 1
		}
		b = binary.AppendUvarint(b, n)
	}
	return base64.RawStdEncoding.AppendEncode(nil, b), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Column) UnmarshalText(text []byte) error {
	b, err := base64.RawStdEncoding.AppendDecode(nil, text)
	if err != nil {
		return err
	}
	out := make(Column, 0, len(b)/2)
	for len(b) > 0 {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > 100<<50 || len(out) == maxCells {
			return errDamaged
		}
		v := float64(unknown)
		if n > 0 {
			v = float64(n-1) / 100
		}
		out, b = append(out, v), b[size:]
	}
	*c = out
	return nil
}

// Buckets rise in time. Stored, each is the nanoseconds from the end of the one before
// to its start and from there to its end, a bit for each figure that it has, in the
// order of Figures, and those figures.
type Buckets []Bucket

// MarshalText implements encoding.TextMarshaler.
func (bs Buckets) MarshalText() ([]byte, error) {
	var out []byte
	last := time.Unix(0, 0)
	for _, b := range bs {
		out = binary.AppendVarint(out, int64(b.Start.Sub(last)))
		out = binary.AppendVarint(out, int64(b.End.Sub(b.Start)))
		last = b.End
		bits := uint64(0)
		for i, f := range Figures {
			if _, told := b.Counts[f]; told {
				bits |= 1 << i
			}
		}
		out = binary.AppendUvarint(out, bits)
		for _, f := range Figures {
			if n, told := b.Counts[f]; told {
				out = binary.AppendUvarint(out, uint64(n))
			}
		}
	}
	return base64.RawStdEncoding.AppendEncode(nil, out), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (bs *Buckets) UnmarshalText(text []byte) error {
	raw, err := base64.RawStdEncoding.AppendDecode(nil, text)
	if err != nil {
		return err
	}
	r := numbers{left: raw}
	last := time.Unix(0, 0).UTC()
	var out Buckets
	for len(r.left) > 0 && !r.bad {
		b := Bucket{Counts: Counts{}}
		b.Start = last.Add(time.Duration(r.signed()))
		b.End = b.Start.Add(time.Duration(r.signed()))
		last = b.End
		bits := r.unsigned()
		for i, f := range Figures {
			if bits&(1<<i) != 0 {
				b.Counts[f] = int64(min(r.unsigned(), 1<<50))
			}
		}
		out = append(out, b)
	}
	if r.bad || len(out) > maxCells {
		return errDamaged
	}
	*bs = out
	return nil
}

// numbers takes numbers off a text; bad is whether one was none.
type numbers struct {
	left []byte
	bad  bool
}

func (r *numbers) unsigned() uint64 {
	n, size := binary.Uvarint(r.left)
	r.took(size)
	return n
}

func (r *numbers) signed() int64 {
	n, size := binary.Varint(r.left)
	r.took(size)
	return n
}

func (r *numbers) took(size int) {
	if size <= 0 {
		r.bad, r.left = true, nil
		return
	}
	r.left = r.left[size:]
}
