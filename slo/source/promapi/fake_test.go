package promapi

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// The fakes here answer single requests with the faults that a real server
// cannot be made to have; what servers do rightly is tested with real ones. The
// framing is that of Prometheus' documentation of remote read.

const start = int64(1_790_000_000_000)

// fake serves one handler and makes a Source of it. The server does not tell which
// labels it adds.
func fake(t testing.TB, c Config, h http.HandlerFunc) *Source {
	t.Helper()
	return fakeAll(t, c, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, configPath) || strings.HasSuffix(r.URL.Path, labelsPath) {
			http.NotFound(w, r)
			return
		}
		h(w, r)
	})
}

// fakeAll is fake with a handler for all paths.
func fakeAll(t testing.TB, c Config, h http.HandlerFunc) *Source {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c.URL = server.URL + "/prefix/"
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	s.pauses = []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond}
	return s
}

// request asks for everything in the ten minutes (twenty samples) after start,
// long enough for a stream.
func request(t testing.TB) slo.Request {
	return slo.Request{Selectors: []slo.Selector{sourcetest.Sel(t, "m")}, From: start, To: start + 1_200_000}
}

func xorChunk(t testing.TB, from int64, values ...float64) prompb.Chunk {
	t.Helper()
	c := chunkenc.NewXORChunk()
	app, err := c.Appender()
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		app.Append(from+int64(i)*1000, v)
	}
	return prompb.Chunk{MinTimeMs: from, MaxTimeMs: from + int64(len(values)-1)*1000, Type: prompb.Chunk_XOR, Data: c.Bytes()}
}

func name(i int) []prompb.Label {
	return []prompb.Label{{Name: "__name__", Value: "m"}, {Name: "i", Value: fmt.Sprint(i)}}
}

// frame is one frame of a stream.
func frame(t testing.TB, query int64, ls []prompb.Label, chunks ...prompb.Chunk) []byte {
	t.Helper()
	msg, err := (&prompb.ChunkedReadResponse{
		ChunkedSeries: []*prompb.ChunkedSeries{{Labels: ls, Chunks: chunks}}, QueryIndex: query,
	}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return framed(msg)
}

func framed(msg []byte) []byte {
	b := binary.AppendUvarint(nil, uint64(len(msg)))
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(msg, castagnoli))
	return append(b, msg...)
}

func stream(w http.ResponseWriter, parts ...[]byte) {
	w.Header().Set("Content-Type", "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse")
	_, _ = w.Write(bytes.Join(parts, nil))
}

func samplesReply(t testing.TB, w http.ResponseWriter, results ...*prompb.QueryResult) {
	t.Helper()
	msg, err := (&prompb.ReadResponse{Results: results}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	w.Header().Set("Content-Encoding", "snappy")
	_, _ = w.Write(snappy.Encode(nil, msg))
}

// asked decodes a remote read request.
func asked(t testing.TB, r *http.Request) *prompb.ReadRequest {
	t.Helper()
	packed, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	b, err := snappy.Decode(nil, packed)
	if err != nil {
		t.Fatal(err)
	}
	var req prompb.ReadRequest
	if err := req.Unmarshal(b); err != nil {
		t.Fatal(err)
	}
	return &req
}

// reply answers queries with JSON and says that there is no remote read.
func reply(json string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, readPath) {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, json)
	}
}
