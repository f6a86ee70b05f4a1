package promtsdb

import (
	"context"
	"encoding/binary"
	"math"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/promseries"
)

// tap is the Appendable in front of the TSDB. It keeps in memory what was
// committed of the series that were asked for before, from each selector's since
// on. It holds exactly what the TSDB took:
//
//   - commits run one after the other under its lock, so that when a selector is
//     first asked for, since is at or after every sample committed before, and each
//     later sample passes by here;
//   - the TSDB drops, at the commit and silently, a sample that is not later than its
//     series' last one; so does the tap.
type tap struct {
	to    storage.Appendable
	names *promseries.Interner
	limit int

	mu        sync.Mutex
	newest    int64                            // the latest sample committed, or found at the opening
	selectors map[string]*tapSelector          // by their key, see find
	series    map[storage.SeriesRef]*tapSeries // picked by some selector
	others    map[storage.SeriesRef]struct{}   // seen and picked by none
	samples   int                              // in all series
	key       []byte
	buffers   sync.Pool
}

// tapSelector is a selector that was asked for.
type tapSelector struct {
	sel   slo.Selector
	since int64 // samples after it are held
	asked int64 // the latest end asked for
	mark  bool  // is in the request being answered
}

type tapSeries struct {
	id     *promseries.Identity
	pickBy []*tapSelector
	t      []int64
	v      []float64
	last   int64
}

// forgetAfter is how long, in sample time (milliseconds), a selector is tapped
// that is not asked for any more, and a series that has ended is remembered.
const forgetAfter = int64(time.Hour / time.Millisecond)

func newTap(to storage.Appendable, names *promseries.Interner, newest int64, limit int) *tap {
	return &tap{
		to: to, names: names, limit: limit, newest: newest,
		selectors: map[string]*tapSelector{}, series: map[storage.SeriesRef]*tapSeries{},
		others: map[storage.SeriesRef]struct{}{},
	}
}

// Appender implements storage.Appendable.
func (p *tap) Appender(ctx context.Context) storage.Appender {
	a := &tapAppender{Appender: p.to.Appender(ctx), tap: p}
	if b, ok := p.buffers.Get().(*[]tapSample); ok {
		a.samples = b
	} else {
		a.samples = &[]tapSample{}
	}
	return a
}

type tapSample struct {
	ref  storage.SeriesRef
	lset labels.Labels
	t    int64
	v    float64
}

// tapAppender notes what the TSDB's own appender takes.
type tapAppender struct {
	storage.Appender
	tap     *tap
	samples *[]tapSample
	foreign bool // something was appended that is no plain sample
}

// Append implements storage.Appender.
func (a *tapAppender) Append(ref storage.SeriesRef, l labels.Labels, t int64, v float64) (storage.SeriesRef, error) {
	ref, err := a.Appender.Append(ref, l, t, v)
	if err == nil {
		*a.samples = append(*a.samples, tapSample{ref, l, t, v})
	}
	return ref, err
}

// AppendHistogram implements storage.Appender.
func (a *tapAppender) AppendHistogram(ref storage.SeriesRef, l labels.Labels, t int64, h *histogram.Histogram, fh *histogram.FloatHistogram) (storage.SeriesRef, error) {
	a.foreign = true
	return a.Appender.AppendHistogram(ref, l, t, h, fh)
}

// AppendHistogramCTZeroSample implements storage.Appender.
func (a *tapAppender) AppendHistogramCTZeroSample(ref storage.SeriesRef, l labels.Labels, t, ct int64, h *histogram.Histogram, fh *histogram.FloatHistogram) (storage.SeriesRef, error) {
	a.foreign = true
	return a.Appender.AppendHistogramCTZeroSample(ref, l, t, ct, h, fh)
}

// AppendCTZeroSample implements storage.Appender.
func (a *tapAppender) AppendCTZeroSample(ref storage.SeriesRef, l labels.Labels, t, ct int64) (storage.SeriesRef, error) {
	a.foreign = true
	return a.Appender.AppendCTZeroSample(ref, l, t, ct)
}

// Commit implements storage.Appender.
func (a *tapAppender) Commit() error {
	p := a.tap
	p.mu.Lock()
	defer p.mu.Unlock()
	err := a.Appender.Commit()
	// Samples of a failed commit are rolled back; should one have got through
	// nevertheless, it must not be older than since.
	for i := range *a.samples {
		p.newest = max(p.newest, (*a.samples)[i].t)
	}
	if err != nil || a.foreign {
		p.restart()
	} else {
		for i := range *a.samples {
			p.add(&(*a.samples)[i])
		}
		if p.samples > p.limit {
			p.restart()
		}
	}
	a.release()
	return err
}

// Rollback implements storage.Appender.
func (a *tapAppender) Rollback() error {
	a.release()
	return a.Appender.Rollback()
}

func (a *tapAppender) release() {
	if a.samples == nil {
		return
	}
	clear(*a.samples)
	*a.samples = (*a.samples)[:0]
	a.tap.buffers.Put(a.samples)
	a.samples = nil
}

// restart forgets all samples and holds from now on.
func (p *tap) restart() {
	for _, s := range p.selectors {
		s.since = p.newest
	}
	clear(p.series)
	clear(p.others)
	p.samples = 0
}

// maxOthers bounds the memory of series that no selector picks; those that have
// ended stay in it until then.
const maxOthers = 1 << 20

// add takes in a committed sample.
func (p *tap) add(s *tapSample) {
	if len(p.selectors) == 0 {
		return
	}
	series := p.series[s.ref]
	if series == nil {
		if _, other := p.others[s.ref]; other {
			return
		}
		if series = p.pick(s.lset); series == nil {
			if len(p.others) >= maxOthers {
				clear(p.others)
			}
			p.others[s.ref] = struct{}{}
			return
		}
		p.series[s.ref] = series
	}
	if s.t <= series.last {
		return
	}
	series.t, series.v, series.last = append(series.t, s.t), append(series.v, s.v), s.t
	p.samples++
}

// pick makes a series' place, or nil where no selector picks it.
func (p *tap) pick(lset labels.Labels) *tapSeries {
	var by []*tapSelector
	for _, s := range p.selectors {
		if picks(s.sel, lset) {
			by = append(by, s)
		}
	}
	if by == nil {
		return nil
	}
	return &tapSeries{id: identify(p.names, lset, &p.key), pickBy: by, last: math.MinInt64}
}

func picks(sel slo.Selector, lset labels.Labels) bool {
	for i := range sel {
		if !sel[i].Matches(lset.Get(sel[i].Name)) {
			return false
		}
	}
	return true
}

// collect answers from memory and reports true, or reports false where it does
// not hold the whole span of each selector.
func (p *tap) collect(selectors []slo.Selector, from, to int64, c *promseries.Collector) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := make([]*tapSelector, len(selectors))
	fresh := false
	for i, sel := range selectors {
		s := p.find(sel)
		if s == nil {
			s = &tapSelector{sel: sel, since: p.newest, asked: math.MinInt64}
			p.selectors[string(p.key)] = s
			fresh = true
		}
		asked[i] = s
	}
	if fresh {
		p.repick()
		return false
	}
	for _, s := range asked {
		if from < s.since {
			return false
		}
	}
	for _, s := range asked {
		s.mark = true
	}
	for _, series := range p.series {
		if len(series.t) > 0 && marked(series.pickBy) {
			series.give(from, to, c)
		}
	}
	for _, s := range asked {
		s.mark = false
	}
	return true
}

// find returns the selector's place, or nil. It leaves the selector's key in
// p.key: selectors that name many subjects are long, and writing them as text in
// each tick would cost more than the tick.
func (p *tap) find(sel slo.Selector) *tapSelector {
	p.key = p.key[:0]
	for _, m := range sel {
		p.key = append(p.key, byte(m.Type))
		p.key = append(binary.AppendUvarint(p.key, uint64(len(m.Name))), m.Name...)
		p.key = append(binary.AppendUvarint(p.key, uint64(len(m.Value))), m.Value...)
	}
	return p.selectors[string(p.key)]
}

func marked(by []*tapSelector) bool {
	for _, s := range by {
		if s.mark {
			return true
		}
	}
	return false
}

// give copies the samples in (from, to]: appending goes on while they are read.
func (s *tapSeries) give(from, to int64, c *promseries.Collector) {
	lo, hi := 0, len(s.t)
	for lo < hi && s.t[lo] <= from {
		lo++
	}
	for hi > lo && s.t[hi-1] > to {
		hi--
	}
	if lo == hi {
		return
	}
	at := c.Series(s.id, 0)
	if at == nil {
		return
	}
	chunk := promseries.Chunk{Max: s.t[hi-1], T: c.Times(hi - lo), V: c.Values(hi - lo)}
	copy(chunk.T, s.t[lo:hi])
	copy(chunk.V, s.v[lo:hi])
	*at = append(*at, chunk)
}

// repick matches all series against the selectors again. What is held of a
// series stays, as the selectors that picked it before want it.
func (p *tap) repick() {
	clear(p.others) // looked at again with their next samples
	for ref, series := range p.series {
		series.pickBy = series.pickBy[:0]
		for _, s := range p.selectors {
			if s.sel.Matches(series.id.Labels) {
				series.pickBy = append(series.pickBy, s)
			}
		}
		if len(series.pickBy) == 0 {
			p.samples -= len(series.t)
			delete(p.series, ref)
		}
	}
}

// consumed says that everything up to to was taken in: it will not be asked for
// again, or the TSDB can be asked.
func (p *tap) consumed(selectors []slo.Selector, to int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, sel := range selectors {
		if s := p.find(sel); s != nil {
			s.since, s.asked = max(s.since, to), max(s.asked, to)
		}
	}
	p.expire(to)
	for ref, series := range p.series {
		p.samples -= series.trim()
		if len(series.t) == 0 && series.last < to-forgetAfter {
			delete(p.series, ref)
		}
	}
}

// expire drops selectors that were not asked for in a long time.
func (p *tap) expire(to int64) {
	n := len(p.selectors)
	for key, s := range p.selectors {
		if s.asked < to-forgetAfter && s.since < to-forgetAfter {
			delete(p.selectors, key)
		}
	}
	if len(p.selectors) != n {
		p.repick()
	}
}

// trim drops the samples that no selector holds any more.
func (s *tapSeries) trim() (dropped int) {
	since := int64(math.MaxInt64)
	for _, by := range s.pickBy {
		since = min(since, by.since)
	}
	for dropped < len(s.t) && s.t[dropped] <= since {
		dropped++
	}
	if dropped > 0 {
		s.t = append(s.t[:0], s.t[dropped:]...)
		s.v = append(s.v[:0], s.v[dropped:]...)
	}
	return dropped
}
