package promapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unsafe"

	jsoniter "github.com/json-iterator/go"
	"github.com/prometheus/common/model"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/promhist"
	"github.com/shopslo/shopslo/slo/source/promseries"
)

const (
	queryPath = "/api/v1/query"
	rangePath = "/api/v1/query_range"
	formType  = "application/x-www-form-urlencoded"
	// maxPoints is what Prometheus evaluates at most in one query_range.
	maxPoints = 11_000
)

// readMatrix reads (from, to] by matrix selectors, one query per selector.
func (s *Source) readMatrix(ctx context.Context, selectors []slo.Selector, from, to int64, c *collector) error {
	for i, sel := range selectors {
		// Prometheus up to 2 includes a range's start and from 3 on does not. One
		// millisecond more on both sides serves both, and servers that round the
		// time; what is outside is taken off exactly.
		form := url.Values{
			"query": {fmt.Sprintf("%s[%dms]", promQL(sel), to-from+2)},
			"time":  {instant(to + 1)},
		}
		err := s.query(ctx, queryPath, form, func(id *promseries.Stream, t []int64, v []float64) error {
			lo, hi := span(t, from, to)
			return c.addPlain(id, int64(i), t[lo:hi], v[lo:hi])
		}, func(id *promseries.Stream, _ []byte, _ []promhist.Told) { c.Refuse(id, int64(i), promseries.NoFloats) })
		if err != nil {
			return err
		}
	}
	return s.readNativeMatrix(ctx, len(selectors), from, to, c)
}

// span finds the samples in (from, to] of rising time stamps.
func span(t []int64, from, to int64) (lo, hi int) {
	for lo < len(t) && t[lo] <= from {
		lo++
	}
	for hi = len(t); hi > lo && t[hi-1] > to; hi-- {
	}
	return lo, hi
}

// addPlain copies samples of one series.
func (c *collector) addPlain(id *promseries.Stream, query int64, t []int64, v []float64) error {
	if len(t) == 0 {
		return nil
	}
	at := c.Series(id, query)
	if at == nil {
		return nil
	}
	plain := promseries.Plain{T: c.Times(len(t)), V: c.Values(len(t))}
	copy(plain.T, t)
	copy(plain.V, v)
	*at = append(*at, promseries.Chunk{Max: t[len(t)-1], Plain: &plain})
	c.samples += len(t)
	return nil
}

// Eval implements the ledger's Source by query_range, in pieces of at most
// 11,000 steps. PromQL's own look-back (5 minutes, unless the server is set
// otherwise) applies to instant selectors of the expression.
func (s *Source) Eval(ctx context.Context, expr string, from, to int64, step time.Duration, f func([]slo.Series) error) error {
	ms := step.Milliseconds()
	if ms <= 0 || time.Duration(ms)*time.Millisecond != step {
		return fmt.Errorf("evaluate at %s: step %v is not a whole number of milliseconds", s.http.base, step)
	}
	if to-from < ms {
		return f(nil)
	}
	if (to-from)/ms > maxPoints && startOrEnd.MatchString(expr) {
		return fmt.Errorf("evaluate at %s: %q uses start() or end(), which change where more than %d steps are asked in pieces; ask for a shorter span",
			s.http.base, expr, maxPoints)
	}
	s.names.Round()
	c := s.collector(from, to)
	defer s.collectors.Put(c)
	c.AsIs, c.Want = true, nil
	if err := s.evalInPieces(ctx, expr, from, to, step, c); err != nil {
		return fmt.Errorf("evaluate %q at %s: %w", expr, s.http.base, err)
	}
	return f(c.Answer())
}

var startOrEnd = regexp.MustCompile(`@\s*(start|end)\s*\(`)

func (s *Source) evalInPieces(ctx context.Context, expr string, from, to int64, step time.Duration, c *collector) error {
	ms := step.Milliseconds()
	points := int64(maxPoints)
	for at := from; at+ms <= to; {
		n := min(points, (to-at)/ms)
		form := url.Values{
			"query": {expr},
			"start": {instant(at + ms)},
			"end":   {instant(at + n*ms)},
			"step":  {strconv.FormatFloat(step.Seconds(), 'f', -1, 64)},
			// VictoriaMetrics would move start and end to please its cache.
			"nocache": {"1"},
		}
		c.BeginPart()
		err := s.query(ctx, rangePath, form, func(id *promseries.Stream, t []int64, v []float64) error {
			return c.addPlain(id, 0, t, v)
		}, nil)
		if err != nil {
			c.DropPart()
			shorter, slow := tooMuch(err)
			if shorter && !slow && n > 1 && !startOrEnd.MatchString(expr) && ctx.Err() == nil {
				points = (n + 1) / 2
				continue
			}
			return err
		}
		at += n * ms
	}
	return nil
}

// query sends a form and hands each series of the answer, a matrix, to add. t
// and v are valid until add returns; t rises. A series of native histograms is handed
// to native, with the bytes of its labels; where that is nil, it is an error.
func (s *Source) query(ctx context.Context, path string, form url.Values,
	add func(id *promseries.Stream, t []int64, v []float64) error, native func(*promseries.Stream, []byte, []promhist.Told)) error {
	return s.http.post(ctx, path, formType, []byte(form.Encode()), nil, func(resp *http.Response) error {
		// VictoriaMetrics calls a matrix of raw samples stream+json.
		if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind != "application/json" && kind != "application/stream+json" {
			return &answerError{fmt.Sprintf("the answer is %q, not JSON; check the url and its path prefix", resp.Header.Get("Content-Type"))}
		}
		d := matrixReader{
			names: &s.names, add: add, native: native,
			// VictoriaMetrics names itself in each answer; any NaN of it is a staleness marker.
			nan: math.NaN(),
		}
		if path == queryPath && resp.Header.Get("X-Server-Hostname") != "" {
			d.nan = math.Float64frombits(slo.StaleNaN)
			s.noNative.Store(true) // its histograms are counters
		}
		return d.read(resp.Body)
	})
}

// matrixReader reads the JSON of a matrix as it comes, series by series.
type matrixReader struct {
	names  *promseries.Interner
	add    func(id *promseries.Stream, t []int64, v []float64) error
	native func(*promseries.Stream, []byte, []promhist.Told) // nil: native histograms are an error
	nan    float64                                           // what "NaN" stands for

	status, kind, failure string
	warning               string
	partial, data         bool
	err                   error // of the content; syntax errors are the iterator's

	t []int64
	v []float64
}

// stop ends the reading with an error of the content, unless it is the answer's
// end that came too early.
func (d *matrixReader) stop(it *jsoniter.Iterator, err error) bool {
	if d.err == nil && it.Error == nil {
		d.err = err
	}
	it.ReportError("stop", "stop")
	return false
}

func (d *matrixReader) read(body io.Reader) error {
	source := &remembering{r: body}
	it := jsoniter.Parse(jsoniter.ConfigDefault, source, 64<<10)
	it.ReadObjectCB(func(it *jsoniter.Iterator, key string) bool {
		switch key {
		case "status":
			d.status = it.ReadString()
		case "error":
			d.failure = it.ReadString()
		case "isPartial":
			d.partial = it.ReadBool()
		case "warnings":
			d.warnings(it)
		case "data":
			return d.readData(it)
		default:
			it.Skip()
		}
		return it.Error == nil
	})
	if d.err != nil {
		return d.err
	}
	if source.err != nil && !errors.Is(source.err, io.EOF) {
		return cutShort("%w", source.err)
	}
	if it.Error != nil {
		return cutShort("JSON: %w", it.Error)
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return cutShort("%w", err)
	}
	switch {
	case d.status != "success" && d.failure != "":
		return &answerError{"the server says: " + d.failure}
	case d.status != "success" || !d.data:
		return cutShort("JSON without a status and data")
	case d.partial:
		return cutShort("the server marks it as partial (isPartial)")
	case d.warning != "":
		return cutShort("the server warns that it may be partial: %s", d.warning)
	}
	return nil
}

func (d *matrixReader) warnings(it *jsoniter.Iterator) {
	if it.WhatIsNext() != jsoniter.ArrayValue {
		it.Skip()
		return
	}
	it.ReadArrayCB(func(it *jsoniter.Iterator) bool {
		w := it.ReadString()
		// Prometheus before 3 has remarks on the expression among the warnings.
		if !strings.HasPrefix(w, "PromQL ") && d.warning == "" {
			d.warning = ownWords(strings.NewReader(w), nil)
		}
		return it.Error == nil
	})
}

func (d *matrixReader) readData(it *jsoniter.Iterator) bool {
	if it.WhatIsNext() != jsoniter.ObjectValue {
		it.Skip()
		return it.Error == nil
	}
	d.data = true
	return it.ReadObjectCB(func(it *jsoniter.Iterator, key string) bool {
		switch key {
		case "resultType":
			if d.kind = it.ReadString(); d.kind != "matrix" && it.Error == nil {
				return d.stop(it, &answerError{fmt.Sprintf("the result is a %s, not a matrix", d.kind)})
			}
		case "result":
			return it.ReadArrayCB(d.readSeries)
		default:
			it.Skip()
		}
		return it.Error == nil
	})
}

func (d *matrixReader) readSeries(it *jsoniter.Iterator) bool {
	var id *promseries.Stream
	var labels []byte
	var histograms []promhist.Told
	some := false
	d.t, d.v = d.t[:0], d.v[:0]
	ok := it.ReadObjectCB(func(it *jsoniter.Iterator, key string) bool {
		switch key {
		case "metric":
			id, labels = d.readMetric(it)
			return id != nil
		case "values":
			return it.ReadArrayCB(d.readPoint)
		case "histograms":
			if some = true; d.native != nil {
				return it.ReadArrayCB(func(it *jsoniter.Iterator) bool { return d.readHistogram(it, &histograms) })
			}
			it.Skip()
		default:
			it.Skip()
		}
		return it.Error == nil
	})
	switch {
	case !ok || it.Error != nil:
		return false
	case id == nil:
		return d.stop(it, &answerError{"a series without its metric"})
	case some && d.native == nil:
		return d.stop(it, &answerError{"the result holds native histograms; make a number of them, with histogram_count() or histogram_fraction()"})
	case some:
		d.native(id, labels, histograms)
		return true
	}
	if err := d.add(id, d.t, d.v); err != nil {
		return d.stop(it, err)
	}
	return true
}

// readMetric reads the labels of a series; nil where they are none, which has been told.
func (d *matrixReader) readMetric(it *jsoniter.Iterator) (*promseries.Stream, []byte) {
	raw := it.SkipAndReturnBytes()
	if it.Error != nil {
		return nil, nil
	}
	labels := bytes.Clone(raw)
	if id := d.names.Known(raw); id != nil {
		return id, labels
	}
	var m map[string]string
	if err := jsoniter.Unmarshal(raw, &m); err != nil {
		d.stop(it, &answerError{"a metric that is no object of strings"})
		return nil, nil
	}
	ls := make(slo.Labels, 0, len(m))
	for k, v := range m {
		ls = append(ls, slo.Label{Name: k, Value: v})
	}
	return d.names.Add(raw, ls), labels
}

// readHistogram reads a point of a native histogram, later than those before it.
func (d *matrixReader) readHistogram(it *jsoniter.Iterator, all *[]promhist.Told) bool {
	h, err := readHistogram(it)
	if n := len(*all); err == nil && n > 0 && h.T <= (*all)[n-1].T {
		err = &answerError{"histograms that are not in order of time"}
	}
	if err != nil {
		return d.stop(it, err)
	}
	*all = append(*all, h)
	return it.Error == nil
}

// readPoint reads [seconds, "value"].
func (d *matrixReader) readPoint(it *jsoniter.Iterator) bool {
	if !it.ReadArray() {
		return d.stop(it, &answerError{"a point that is no pair"})
	}
	t := int64(math.Round(it.ReadFloat64() * 1000))
	if !it.ReadArray() {
		return d.stop(it, &answerError{"a point that is no pair"})
	}
	text := it.ReadStringAsSlice()
	if it.Error != nil {
		return false
	}
	v, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(text), len(text)), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return d.stop(it, &answerError{fmt.Sprintf("a value that is no number: %.40q", text)})
	}
	if v != v {
		v = d.nan
	}
	if it.ReadArray() {
		return d.stop(it, &answerError{"a point that is no pair"})
	}
	if k := len(d.t); k > 0 && t <= d.t[k-1] {
		if t < d.t[k-1] {
			return d.stop(it, &answerError{"points that are not in order of time"})
		}
		return true // the same time again: the first one wins
	}
	d.t, d.v = append(d.t, t), append(d.v, v)
	return it.Error == nil
}

// remembering keeps the error that ended the body, which the JSON iterator
// would hide.
type remembering struct {
	r   io.Reader
	err error
}

func (r *remembering) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err != nil {
		r.err = err
	}
	return n, err
}

// instant writes milliseconds so that all servers read them exactly; a number of
// seconds with decimals is rounded down by some.
func instant(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}

// promQL writes a selector so that old servers and VictoriaMetrics read it too: a
// metric name or a label name of other letters than PromQL's first ones is quoted.
func promQL(sel slo.Selector) string {
	parts := make([]string, len(sel))
	for i, m := range sel {
		name := m.Name
		if !model.LegacyValidation.IsValidLabelName(name) {
			name = strconv.Quote(name)
		}
		parts[i] = name + m.Type.String() + strconv.Quote(m.Value)
	}
	return "{" + strings.Join(parts, ",") + "}"
}
