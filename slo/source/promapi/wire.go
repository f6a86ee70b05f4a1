package promapi

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/promseries"
)

// The messages of remote read are read by hand, in place: chunks stay where the
// frame was read to, and the bytes of the labels are looked up as they are. Field
// numbers: github.com/prometheus/prometheus/prompb, remote.proto and types.proto.

// fields calls f for each field: with its bytes where it is length-delimited,
// with its number else.
func fields(b []byte, f func(num protowire.Number, data []byte, v uint64) error) error {
	for len(b) > 0 {
		num, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return cutShort("protobuf: %w", protowire.ParseError(n))
		}
		b = b[n:]
		var data []byte
		var v uint64
		switch kind {
		case protowire.BytesType:
			data, n = protowire.ConsumeBytes(b)
			if data == nil {
				data = []byte{}
			}
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			v, n = protowire.ConsumeFixed64(b)
		default:
			n = protowire.ConsumeFieldValue(num, kind, b)
		}
		if n < 0 {
			return cutShort("protobuf: %w", protowire.ParseError(n))
		}
		b = b[n:]
		if err := f(num, data, v); err != nil {
			return err
		}
	}
	return nil
}

// addFrame takes in a ChunkedReadResponse: 1 series (repeated), 2 query index.
func (s *Source) addFrame(frame []byte, c *collector) error {
	var query int64
	err := fields(frame, func(num protowire.Number, _ []byte, v uint64) error {
		if num == 2 {
			query = int64(v)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return fields(frame, func(num protowire.Number, data []byte, _ uint64) error {
		if num == 1 && data != nil {
			return s.addChunkedSeries(data, query, c)
		}
		return nil
	})
}

// addChunkedSeries takes in a ChunkedSeries: 1 labels, 2 chunks, both repeated.
func (s *Source) addChunkedSeries(b []byte, query int64, c *collector) error {
	id, b, err := s.identify(b)
	if err != nil {
		return err
	}
	at := c.Series(id, query)
	if at == nil {
		return nil
	}
	return fields(b, func(num protowire.Number, data []byte, _ uint64) error {
		if num == 1 {
			return errLabelsLate
		}
		if num != 2 || data == nil {
			return nil
		}
		chunk, err := parseChunk(data)
		if err != nil {
			return err
		}
		if chunk.XOR == nil {
			return histogramError(id.Labels)
		}
		*at = append(*at, chunk)
		return nil
	})
}

// parseChunk reads a Chunk: 1 first time, 2 last time, 3 type, 4 data. XOR is
// nil where it holds histograms.
func parseChunk(b []byte) (promseries.Chunk, error) {
	const xor = 1
	chunk := promseries.Chunk{XOR: []byte{}}
	var kind uint64
	err := fields(b, func(num protowire.Number, data []byte, v uint64) error {
		switch num {
		case 1:
			chunk.Min = int64(v)
		case 2:
			chunk.Max = int64(v)
		case 3:
			kind = v
		case 4:
			chunk.XOR = data
		}
		return nil
	})
	if kind != xor {
		chunk.XOR = nil
	}
	return chunk, err
}

var errLabelsLate = &answerError{"a series' labels do not stand together at its beginning, as all known servers send them"}

// identify finds the series whose labels (field 1, repeated) begin the message,
// and returns what follows them.
func (s *Source) identify(b []byte) (id *promseries.Identity, rest []byte, err error) {
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
	err = fields(b[:end], func(_ protowire.Number, data []byte, _ uint64) error {
		var l slo.Label
		if err := fields(data, func(num protowire.Number, text []byte, _ uint64) error {
			switch num {
			case 1:
				l.Name = string(text)
			case 2:
				l.Value = string(text)
			}
			return nil
		}); err != nil {
			return err
		}
		ls = append(ls, l)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return s.names.Add(b[:end], ls), b[end:], nil
}

// addSamplesReply takes in a ReadResponse: 1 results (repeated), one a query,
// each with 1 series (repeated): 1 labels, 2 samples, 4 histograms.
func (s *Source) addSamplesReply(b []byte, c *collector) error {
	query := int64(-1)
	return fields(b, func(num protowire.Number, result []byte, _ uint64) error {
		if num != 1 {
			return nil
		}
		query++
		return fields(result, func(num protowire.Number, series []byte, _ uint64) error {
			if num != 1 {
				return nil
			}
			return s.addSampleSeries(series, query, c)
		})
	})
}

func (s *Source) addSampleSeries(b []byte, query int64, c *collector) error {
	id, b, err := s.identify(b)
	if err != nil {
		return err
	}
	at := c.Series(id, query)
	if at == nil {
		return nil
	}
	n := 0
	if err := fields(b, func(num protowire.Number, _ []byte, _ uint64) error {
		switch num {
		case 1:
			return errLabelsLate
		case 2:
			n++
		case 4:
			return histogramError(id.Labels)
		}
		return nil
	}); err != nil || n == 0 {
		return err
	}
	chunk := promseries.Chunk{T: c.Times(n)[:0], V: c.Values(n)[:0]}
	err = fields(b, func(num protowire.Number, data []byte, _ uint64) error {
		if num != 2 {
			return nil
		}
		t, v, err := parseSample(data)
		if err != nil {
			return err
		}
		if k := len(chunk.T); k > 0 && t <= chunk.T[k-1] {
			if t < chunk.T[k-1] {
				return &answerError{"samples of " + id.Labels.String() + " are not in order of time"}
			}
			return nil // the same time again: the first one wins
		}
		chunk.T, chunk.V = append(chunk.T, t), append(chunk.V, v)
		return nil
	})
	if err != nil {
		return err
	}
	chunk.Max = chunk.T[len(chunk.T)-1]
	*at = append(*at, chunk)
	return nil
}

// parseSample reads a Sample: 1 value, 2 time.
func parseSample(b []byte) (t int64, v float64, err error) {
	if b == nil {
		return 0, 0, cutShort("protobuf: a sample that is no message")
	}
	err = fields(b, func(num protowire.Number, _ []byte, x uint64) error {
		switch num {
		case 1:
			v = math.Float64frombits(x)
		case 2:
			t = int64(x)
		}
		return nil
	})
	return t, v, err
}

func histogramError(ls slo.Labels) error {
	return &answerError{"series " + ls.String() + " holds native histograms, which have no counter samples; " +
		"leave it out of the selector, or let an expression make a number of it"}
}
