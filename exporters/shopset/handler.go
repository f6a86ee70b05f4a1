package shopset

import (
	"bufio"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/prometheus/common/expfmt"
)

const (
	textType        = "text/plain; version=0.0.4; charset=utf-8"
	openMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8"
)

// chunk is how many bytes are given to a connection at once.
const chunk = 128 << 10

// scratch is what a scrape needs for a moment.
type scratch struct {
	answer gzipAnswer
	texts  [][]byte
	last   lines
	w      *bufio.Writer
}

var scratches = sync.Pool{New: func() any { return &scratch{} }}

// Metrics answers scrapes, in the text format or OpenMetrics, compressed where that
// is accepted, with the figures of own at the end; nil: without.
func (e *Exporter) Metrics(own *Process) http.Handler {
	var asked formats
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		openMetrics := asked.openMetrics(r.Header)
		s := scratches.Get().(*scratch)
		defer scratches.Put(s)
		s.last.buf = s.last.buf[:0]
		own.write(&s.last, openMetrics)
		if openMetrics {
			s.last.buf = append(s.last.buf, "# EOF\n"...)
		}
		h := w.Header()
		h.Set("Content-Type", textType)
		if openMetrics {
			h.Set("Content-Type", openMetricsType)
		}
		h.Set("Vary", "Accept, Accept-Encoding")
		if acceptsGzip(r.Header) {
			h.Set("Content-Encoding", "gzip")
			e.writeGzip(w, s, openMetrics)
		} else {
			e.writePlain(w, s, openMetrics)
		}
	})
}

// writeGzip writes an answer at once. An error means that the client has gone.
func (e *Exporter) writeGzip(w http.ResponseWriter, s *scratch, openMetrics bool) {
	s.answer.reset()
	e.page.compressed(openMetrics, &s.answer)
	s.answer.end(s.last.buf)
	w.Header().Set("Content-Length", strconv.Itoa(len(s.answer.bytes)))
	w.Write(s.answer.bytes)
}

// writePlain writes an answer in chunks, since it may be many megabytes.
func (e *Exporter) writePlain(w http.ResponseWriter, s *scratch, openMetrics bool) {
	var size int
	s.texts, size = e.page.plain(openMetrics, s.texts)
	w.Header().Set("Content-Length", strconv.Itoa(size+len(s.last.buf)))
	if s.w == nil {
		s.w = bufio.NewWriterSize(nil, chunk)
	}
	s.w.Reset(w)
	for _, text := range s.texts {
		s.w.Write(text)
	}
	s.w.Write(s.last.buf)
	s.w.Flush()    // an error means that the client has gone
	clear(s.texts) // so that the pool does not keep old texts
	s.w.Reset(io.Discard)
}

// formats negotiates. Those who scrape ask for the same each time, and reading it costs
// as much as copying the answer.
type formats struct{ last atomic.Pointer[format] }

type format struct {
	accept      string
	openMetrics bool
}

func (f *formats) openMetrics(h http.Header) bool {
	accept := strings.Join(h.Values("Accept"), ",") // several lines mean one
	if last := f.last.Load(); last != nil && last.accept == accept {
		return last.openMetrics
	}
	found := expfmt.NegotiateAccept(http.Header{"Accept": {accept}}, expfmt.DefaultOpenMetricsAcceptedFormats()...)
	now := &format{accept, found.FormatType() == expfmt.TypeOpenMetrics}
	f.last.Store(now)
	return now.openMetrics
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
