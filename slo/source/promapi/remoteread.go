package promapi

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/prompb"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/promhist"
)

const (
	readPath = "/api/v1/read"
	// maxFrame bounds one frame of a stream; Prometheus sends about 1 MiB.
	maxFrame = 64 << 20
	// shortSpan is up to where samples are asked for first. A stream has a frame,
	// and a write of the server, for each series; for a few samples each that costs
	// both sides more than the samples do.
	shortSpan = 10 * 60_000 // milliseconds
	// maxSamplesReply bounds an answer that is not streamed, unpacked.
	maxSamplesReply = 1 << 30
)

// errNoRemoteRead says that the server has no remote read, errUnsupported that it says so
// in words.
var (
	errNoRemoteRead = errors.New("the server has no remote read")
	errUnsupported  = errors.New("it does not support it")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// readRemote reads (from, to] by remote read. All selectors are queries of one request. Native
// histograms are asked for in chunks, by one of their own where samples are asked for:
// Prometheus 2 leaves them out of those.
func (s *Source) readRemote(ctx context.Context, selectors []slo.Selector, from, to int64, c *collector) error {
	c.from, c.first = from, 0
	plain, native := queries(selectors, from, to), nativeQueries(c.asked.native, from-s.before(), to)
	if to-from > shortSpan || len(native) == 0 {
		return s.readQueries(ctx, append(plain, native...), to-from <= shortSpan, c)
	}
	if err := s.readQueries(ctx, plain, true, c); err != nil {
		return err
	}
	c.first = int64(len(plain))
	return s.readQueries(ctx, native, false, c)
}

// readQueries makes one request, of samples rather than chunks where the span is short.
func (s *Source) readQueries(ctx context.Context, all []*prompb.Query, short bool, c *collector) error {
	body, err := readRequest(all, short)
	if err != nil {
		return err
	}
	header := http.Header{
		"Content-Encoding":                 {"snappy"},
		"X-Prometheus-Remote-Read-Version": {"0.1.0"},
	}
	err = s.http.post(ctx, readPath, "application/x-protobuf", body, header, func(resp *http.Response) error {
		kind := resp.Header.Get("Content-Type")
		switch {
		case strings.HasPrefix(kind, "application/x-streamed-protobuf"):
			return s.readStream(resp.Body, c)
		case strings.HasPrefix(kind, "application/x-protobuf"):
			return s.readSamplesReply(resp.Body, c)
		}
		return &answerError{fmt.Sprintf("the answer is %q, not a remote read's; check the url and its path prefix", kind)}
	})
	var status *statusError
	if errors.As(err, &status) && status.noRemoteRead() {
		if status.status == http.StatusBadRequest {
			return fmt.Errorf("%w: %w: %w", errNoRemoteRead, errUnsupported, err)
		}
		return fmt.Errorf("%w: %w", errNoRemoteRead, err)
	}
	return err
}

// noRemoteRead tells a server that does not know the path from one that refuses
// the request. VictoriaMetrics says 400 and "unsupported path requested".
func (e *statusError) noRemoteRead() bool {
	switch e.status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	}
	return e.status == http.StatusBadRequest && strings.Contains(e.text, "unsupported path")
}

var matchTypes = map[slo.MatchType]prompb.LabelMatcher_Type{
	slo.Equal: prompb.LabelMatcher_EQ, slo.NotEqual: prompb.LabelMatcher_NEQ,
	slo.Regexp: prompb.LabelMatcher_RE, slo.NotRegexp: prompb.LabelMatcher_NRE,
}

// queries ask for from+1 … to: remote read includes both ends.
func queries(selectors []slo.Selector, from, to int64) (out []*prompb.Query) {
	for _, sel := range selectors {
		q := &prompb.Query{StartTimestampMs: from + 1, EndTimestampMs: to}
		for _, m := range sel {
			q.Matchers = append(q.Matchers, &prompb.LabelMatcher{Type: matchTypes[m.Type], Name: m.Name, Value: m.Value})
		}
		out = append(out, q)
	}
	return out
}

func nativeQueries(native []promhist.Query, from, to int64) []*prompb.Query {
	var selectors []slo.Selector
	for _, q := range native {
		selectors = append(selectors, q.Selector)
	}
	return queries(selectors, from, to)
}

func readRequest(all []*prompb.Query, short bool) ([]byte, error) {
	req := prompb.ReadRequest{Queries: all, AcceptedResponseTypes: []prompb.ReadRequest_ResponseType{
		prompb.ReadRequest_STREAMED_XOR_CHUNKS, prompb.ReadRequest_SAMPLES,
	}}
	if short {
		slices.Reverse(req.AcceptedResponseTypes)
	}
	b, err := req.Marshal()
	if err != nil {
		return nil, fmt.Errorf("write the remote read request: %w", err)
	}
	return snappy.Encode(nil, b), nil
}

// readStream reads frames: a length, a checksum, and a message with chunks.
func (s *Source) readStream(body io.Reader, c *collector) error {
	r := bufio.NewReaderSize(body, 4<<10) // for the frames' heads; the HTTP client buffers as well
	for {
		frame, err := readFrame(r, c.Bytes)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.addFrame(frame, c); err != nil {
			return err
		}
	}
}

// readFrame returns io.EOF at the stream's proper end only.
func readFrame(r *bufio.Reader, alloc func(int) []byte) ([]byte, error) {
	if _, err := r.Peek(1); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, cutShort("%w", err)
	}
	size, err := binary.ReadUvarint(r)
	if err != nil {
		return nil, cutShort("a frame's length: %w", noEOF(err))
	}
	if size > maxFrame {
		return nil, cutShort("a frame of %d bytes; the server may have broken off with an error", size)
	}
	var sum [4]byte
	if _, err := io.ReadFull(r, sum[:]); err != nil {
		return nil, cutShort("a frame's checksum: %w", noEOF(err))
	}
	frame := alloc(int(size))
	if _, err := io.ReadFull(r, frame); err != nil {
		return nil, cutShort("a frame: %w", noEOF(err))
	}
	if crc32.Checksum(frame, castagnoli) != binary.BigEndian.Uint32(sum[:]) {
		return nil, cutShort("a frame's checksum is wrong")
	}
	return frame, nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// readSamplesReply reads the answer of a server that does not stream.
func (s *Source) readSamplesReply(body io.Reader, c *collector) error {
	packed, err := io.ReadAll(body)
	if err != nil {
		return cutShort("%w", err)
	}
	n, err := snappy.DecodedLen(packed)
	if err != nil {
		return cutShort("snappy: %w", err)
	}
	if n > maxSamplesReply {
		return &tooMuchError{fmt.Sprintf("the answer is %d bytes", n)}
	}
	b, err := snappy.Decode(nil, packed)
	if err != nil {
		return cutShort("snappy: %w", err)
	}
	return s.addSamplesReply(b, c)
}
