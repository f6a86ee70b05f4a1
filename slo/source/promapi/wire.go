package promapi

import (
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/promseries"
)

// The messages of remote read are read by hand, in place: chunks stay where the
// frame was read to, and the bytes of the labels are looked up as they are. Field
// numbers: github.com/prometheus/prometheus/prompb, remote.proto and types.proto.

// message reads the fields of a message one after the other.
type message struct {
	rest []byte
	num  protowire.Number
	data []byte // of a length-delimited field; nil of any other
	v    uint64 // of a number
	err  error
}

// next goes to the next field; false at the end, and where err is set.
func (m *message) next() bool {
	if len(m.rest) == 0 {
		return false
	}
	var kind protowire.Type
	n := 1
	if tag := m.rest[0]; tag < 0x80 {
		m.num, kind = protowire.Number(tag>>3), protowire.Type(tag&7)
		if m.num == 0 {
			n = -1
		}
	} else {
		m.num, kind, n = protowire.ConsumeTag(m.rest)
	}
	if n >= 0 {
		m.rest = m.rest[n:]
		n = m.value(kind)
	}
	if n < 0 {
		m.rest, m.err = nil, cutShort("protobuf: %w", protowire.ParseError(n))
		return false
	}
	m.rest = m.rest[n:]
	return true
}

// value reads a field's value and returns its length, or below 0 an error.
func (m *message) value(kind protowire.Type) (n int) {
	m.data, m.v = nil, 0
	switch kind {
	case protowire.BytesType:
		m.data, n = protowire.ConsumeBytes(m.rest)
		if m.data == nil {
			m.data = []byte{}
		}
	case protowire.VarintType:
		m.v, n = protowire.ConsumeVarint(m.rest)
	case protowire.Fixed64Type:
		m.v, n = protowire.ConsumeFixed64(m.rest)
	default:
		n = protowire.ConsumeFieldValue(m.num, kind, m.rest)
	}
	return n
}

// addFrame takes in a ChunkedReadResponse: 1 series (repeated), 2 query index.
func (s *Source) addFrame(frame []byte, c *collector) error {
	query := c.first
	m := message{rest: frame}
	for m.next() {
		if m.num == 2 {
			query = c.first + int64(m.v)
		}
	}
	if m.err != nil {
		return m.err
	}
	for m = (message{rest: frame}); m.next(); {
		if m.num == 1 && m.data != nil {
			if err := s.addChunkedSeries(m.data, query, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// addChunkedSeries takes in a ChunkedSeries: 1 labels, 2 chunks, both repeated.
func (s *Source) addChunkedSeries(b []byte, query int64, c *collector) error {
	if q := c.asked.histograms(query); q != nil {
		return s.addNativeSeries(b, q, query, c)
	}
	id, b, err := s.identify(b)
	if err != nil {
		return err
	}
	at := c.Series(id, query)
	if at == nil {
		return nil
	}
	n := 0
	m := message{rest: b}
	for m.next() {
		n++
	}
	*at = slices.Grow(*at, n)
	for m = (message{rest: b}); m.next(); {
		if m.num == 1 {
			return errLabelsLate
		}
		if m.num != 2 || m.data == nil {
			continue
		}
		chunk, _, _, err := parseChunk(m.data)
		if err != nil {
			return err
		}
		if chunk.XOR == nil {
			c.Refuse(id, query, promseries.NoFloats)
			return nil
		}
		*at = append(*at, chunk)
	}
	return m.err
}

// parseChunk reads a Chunk: 1 first time, 2 last time, 3 type, 4 data. XOR is
// nil where it holds histograms.
func parseChunk(b []byte) (chunk promseries.Chunk, kind uint64, data []byte, err error) {
	const xor = 1
	data = []byte{}
	m := message{rest: b}
	for m.next() {
		switch m.num {
		case 1:
			chunk.Min = int64(m.v)
		case 2:
			chunk.Max = int64(m.v)
		case 3:
			kind = m.v
		case 4:
			data = m.data
		}
	}
	if kind == xor {
		chunk.XOR = data
	}
	return chunk, kind, data, m.err
}

var errLabelsLate = &answerError{"a series' labels do not stand together at its beginning, as all known servers send them"}

// identify finds the series whose labels (field 1, repeated) begin the message,
// and returns what follows them.
func (s *Source) identify(b []byte) (id *promseries.Stream, rest []byte, err error) {
	end := 0
	for end < len(b) {
		num, kind, n := protowire.ConsumeTag(b[end:])
		if n < 0 || num != 1 {
			break
		}
		m := protowire.ConsumeFieldValue(num, kind, b[end+n:])
		if m < 0 {
			return nil, nil, cutShort("protobuf: %w", protowire.ParseError(m))
		}
		end += n + m
	}
	if id := s.names.Known(b[:end]); id != nil {
		return id, b[end:], nil
	}
	var ls slo.Labels
	m := message{rest: b[:end]}
	for m.next() {
		l, err := parseLabel(m.data)
		if err != nil {
			return nil, nil, err
		}
		ls = append(ls, l)
	}
	if m.err != nil {
		return nil, nil, m.err
	}
	return s.names.Add(b[:end], ls), b[end:], nil
}

// parseLabel reads a Label: 1 name, 2 value.
func parseLabel(b []byte) (l slo.Label, err error) {
	m := message{rest: b}
	for m.next() {
		switch m.num {
		case 1:
			l.Name = string(m.data)
		case 2:
			l.Value = string(m.data)
		}
	}
	return l, m.err
}

// addSamplesReply takes in a ReadResponse: 1 results (repeated), one a query,
// each with 1 series (repeated): 1 labels, 2 samples, 4 histograms.
func (s *Source) addSamplesReply(b []byte, c *collector) error {
	query := c.first - 1
	reply := message{rest: b}
	for reply.next() {
		if reply.num != 1 {
			continue
		}
		query++
		result := message{rest: reply.data}
		for result.next() {
			if result.num != 1 {
				continue
			}
			if err := s.addSampleSeries(result.data, query, c); err != nil {
				return err
			}
		}
		if result.err != nil {
			return result.err
		}
	}
	return reply.err
}

func (s *Source) addSampleSeries(b []byte, query int64, c *collector) error {
	if q := c.asked.histograms(query); q != nil {
		return s.addNativeSamples(b, q, query, c)
	}
	id, b, err := s.identify(b)
	if err != nil {
		return err
	}
	at := c.Series(id, query)
	if at == nil {
		return nil
	}
	n := 0
	m := message{rest: b}
	for m.next() {
		switch m.num {
		case 1:
			return errLabelsLate
		case 2:
			n++
		case 4:
			c.Refuse(id, query, promseries.NoFloats)
			return nil
		}
	}
	if m.err != nil || n == 0 {
		return m.err
	}
	plain := promseries.Plain{T: c.Times(n)[:0], V: c.Values(n)[:0]}
	for m = (message{rest: b}); m.next(); {
		if m.num != 2 {
			continue
		}
		t, v, err := parseSample(m.data)
		if err != nil {
			return err
		}
		if k := len(plain.T); k > 0 && t <= plain.T[k-1] {
			if t < plain.T[k-1] {
				return &answerError{"samples of " + id.Labels.String() + " are not in order of time"}
			}
			continue // the same time again: the first one wins
		}
		plain.T, plain.V = append(plain.T, t), append(plain.V, v)
	}
	*at = append(*at, promseries.Chunk{Max: plain.T[len(plain.T)-1], Plain: &plain})
	return nil
}

// parseSample reads a Sample: 1 value, 2 time.
func parseSample(b []byte) (t int64, v float64, err error) {
	if b == nil {
		return 0, 0, cutShort("protobuf: a sample that is no message")
	}
	m := message{rest: b}
	for m.next() {
		switch m.num {
		case 1:
			v = math.Float64frombits(m.v)
		case 2:
			t = int64(m.v)
		}
	}
	return t, v, m.err
}
