package shopset

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

const (
	textType        = "text/plain; version=0.0.4; charset=utf-8"
	openMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8"
)

// scratch is what a scrape needs for a moment.
type scratch struct {
	pieces pieces
	texts  [][]byte
	packer packer
	more   bytes.Buffer
	w      *bufio.Writer
}

var scratches = sync.Pool{New: func() any { return &scratch{w: bufio.NewWriterSize(nil, 32<<10)} }}

// Metrics answers scrapes, in the text format or OpenMetrics, compressed where that
// is accepted. more are metrics of others that are to be in the answer, such as the
// process's own; nil: none. Where they fail, what is left of them is served.
func (e *Exporter) Metrics(more prometheus.Gatherer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		openMetrics := expfmt.NegotiateAccept(r.Header, expfmt.DefaultOpenMetricsAcceptedFormats()...).FormatType() == expfmt.TypeOpenMetrics
		s := scratches.Get().(*scratch)
		defer scratches.Put(s)
		s.gather(more, openMetrics)

		h := w.Header()
		h.Set("Content-Type", textType)
		if openMetrics {
			h.Set("Content-Type", openMetricsType)
		}
		h.Set("Vary", "Accept, Accept-Encoding")
		if !acceptsGzip(r.Header) {
			s.w.Reset(w)
			s.texts = e.page.plain(openMetrics, s.texts)
			for _, text := range s.texts {
				s.w.Write(text)
			}
			s.w.Write(s.more.Bytes())
			s.w.Flush()    // an error means that the client has gone
			clear(s.texts) // so that the pool does not keep old texts
			s.w.Reset(io.Discard)
			return
		}
		e.page.compressed(openMetrics, &s.pieces)
		last := s.packer.pack(s.more.Bytes())
		s.pieces.list = append(s.pieces.list, last)
		s.pieces.size += len(last.packed)
		h.Set("Content-Encoding", "gzip")
		h.Set("Content-Length", strconv.Itoa(s.pieces.gzipSize()))
		s.w.Reset(w)
		s.pieces.writeGzip(s.w)
		s.w.Flush()
		clear(s.pieces.list) // so that the pool does not keep old parts
		s.w.Reset(io.Discard)
	})
}

// gather writes the metrics of others, and the end of an answer.
func (s *scratch) gather(from prometheus.Gatherer, openMetrics bool) {
	s.more.Reset()
	if from != nil {
		format := expfmt.NewFormat(expfmt.TypeTextPlain)
		if openMetrics {
			format = expfmt.NewFormat(expfmt.TypeOpenMetrics)
		}
		encoder := expfmt.NewEncoder(&s.more, format)
		found, _ := from.Gather() // it gives what could be had
		for _, one := range found {
			encoder.Encode(one) // into memory
		}
	}
	if openMetrics {
		s.more.WriteString("# EOF\n")
	}
}

// acceptsGzip reads Accept-Encoding: gzip is named, and not with a weight of 0.
func acceptsGzip(h http.Header) bool {
	for _, line := range h.Values("Accept-Encoding") {
		for one := range strings.SplitSeq(line, ",") {
			coding, weight, weighed := strings.Cut(one, ";")
			if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
				_, q, _ := strings.Cut(weight, "=")
				value, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
				return !weighed || err != nil || value > 0
			}
		}
	}
	return false
}
