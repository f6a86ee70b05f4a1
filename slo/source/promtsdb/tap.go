package promtsdb

import (
	"context"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/promhist"
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
	newest    int64                             // the latest sample committed, or found at the opening
	selectors map[string]*tapSelector           // by their key, see find
	series    map[storage.SeriesRef]*tapSeries  // all that were seen; nil where no selector picks them
	natives   map[storage.SeriesRef]*tapNative  // those of native histograms
	order     []*tapSeries                      // those that are picked, as they came
	known     map[*promseries.Stream]*tapSeries // the same
	room      []tapSeries                       // for the next ones
	picks     []*tapPicks                       // the sets of selectors that pick them
	last      int                               // number of the newest selector
	expected  int                               // place in order of the series whose sample is likely next
	samples   int                               // in all series
	renamed   uint64                            // what the interner said when the series' identities were looked up
	key       []byte
	buffers   sync.Pool

	createdMu sync.Mutex
	created   map[storage.SeriesRef]tapCreated // of the series with these refs
}

// tapSelector is a selector that was asked for.
type tapSelector struct {
	sel    slo.Selector
	number int   // rises with each selector
	since  int64 // samples after it are held
	asked  int64 // the latest end asked for
	native []promhist.Query
	mark   bool // is in the request being answered
}

// tapPicks are the selectors that pick a series. Series that are picked alike, which
// are mostly all, share one.
type tapPicks struct{ by []*tapSelector }

type tapSeries struct {
	// What committing and collecting look at stands together, in this order.
	ref     storage.SeriesRef // the store's latest
	last    int64
	held    []point
	picks   *tapPicks
	near    [nearPoints]point // what is held, as long as it has room
	made    bool              // of native histograms
	several bool              // of its identity, as of the next two; see identities
	id      uint64            // its Ref
	labels  slo.Labels

	place  int // in the tap's order
	stream *promseries.Stream
	older  []storage.SeriesRef // those that the store had given the series before it forgot it
}

// nearPoints is how many samples a series holds beside its state: those between two
// readings, mostly. Committing and collecting go over all series in order, and then
// read memory front to back.
const nearPoints = 6

// point is one sample.
type point struct {
	t int64
	v float64
}

// forgetAfter is how long, in sample time (milliseconds), a selector is tapped
// that is not asked for any more, and a series that has ended is remembered.
const forgetAfter = int64(time.Hour / time.Millisecond)

func newTap(to storage.Appendable, names *promseries.Interner, newest int64, limit int) *tap {
	return &tap{
		to: to, names: names, limit: limit, newest: newest,
		selectors: map[string]*tapSelector{}, series: map[storage.SeriesRef]*tapSeries{},
		known: map[*promseries.Stream]*tapSeries{}, natives: map[storage.SeriesRef]*tapNative{},
	}
}

// Appender implements storage.Appendable.
func (p *tap) Appender(ctx context.Context) storage.Appender {
	a := &tapAppender{Appender: p.to.Appender(ctx), tap: p, newest: math.MinInt64}
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
	h    *histogram.Histogram // instead of v
	fh   *histogram.FloatHistogram
}

// tapAppender notes what the TSDB's own appender takes.
type tapAppender struct {
	storage.Appender
	tap     *tap
	samples *[]tapSample
	newest  int64 // of them
}

// Append implements storage.Appender.
func (a *tapAppender) Append(ref storage.SeriesRef, l labels.Labels, t int64, v float64) (storage.SeriesRef, error) {
	ref, err := a.Appender.Append(ref, l, t, v)
	if err == nil {
		*a.samples = append(*a.samples, tapSample{ref: ref, lset: l, t: t, v: v})
		a.newest = max(a.newest, t)
	}
	return ref, err
}

// Commit implements storage.Appender.
func (a *tapAppender) Commit() error {
	p := a.tap
	p.mu.Lock()
	defer p.mu.Unlock()
	err := a.Appender.Commit()
	// Samples of a failed commit are rolled back; should one have got through
	// nevertheless, it must not be older than since.
	p.newest = max(p.newest, a.newest)
	if err != nil {
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
	clear(p.known)
	clear(p.natives)
	p.order, p.picks, p.samples = nil, nil, 0
}

// maxSeen bounds the memory of series that no selector picks; those that have ended
// stay in it until then.
const maxSeen = 1 << 20

// add takes in a committed sample.
func (p *tap) add(s *tapSample) {
	if len(p.selectors) == 0 {
		return
	}
	if n := p.natives[s.ref]; n != nil && s.h == nil && s.fh == nil {
		s.fh = ended(s.v) // a histogram in the store, too; nil leaves a float of the same name
	}
	if s.h != nil || s.fh != nil {
		p.addNative(s)
		return
	}
	series := p.seriesOf(s)
	if series == nil || s.t <= series.last {
		return
	}
	if len(p.natives) > 0 && series.made {
		p.leave(s.t) // of both kinds
	}
	series.held, series.last = append(series.held, point{s.t, s.v}), s.t
	p.samples++
}

// seriesOf finds the sample's series, nil where no selector picks it. Scrapes come in
// the same order again and again, and so do their samples.
func (p *tap) seriesOf(s *tapSample) *tapSeries {
	if p.expected >= len(p.order) {
		p.expected = 0
	}
	if p.expected < len(p.order) && p.order[p.expected].ref == s.ref {
		p.expected++
		return p.order[p.expected-1]
	}
	series, seen := p.series[s.ref]
	if !seen {
		series = p.see(s)
	}
	if series != nil {
		p.expected = series.place + 1
	}
	return series
}

// see makes the place of a series that was not seen before.
func (p *tap) see(s *tapSample) *tapSeries {
	if len(p.series)-len(p.order) >= maxSeen {
		p.forgetOthers()
	}
	series := p.pick(s.lset)
	p.series[s.ref] = series
	if series != nil && series.ref != s.ref {
		if series.ref != 0 {
			series.older = append(series.older, series.ref)
		}
		series.ref = s.ref
	}
	return series
}

// forgetOthers lets series that no selector picks be looked at again.
func (p *tap) forgetOthers() {
	maps.DeleteFunc(p.series, func(_ storage.SeriesRef, s *tapSeries) bool { return s == nil })
}

// pick finds or makes the place of a series, or nil where no selector picks it.
func (p *tap) pick(lset labels.Labels) *tapSeries {
	picks := p.pickedBy(func(s *tapSelector) bool { return picks(s.sel, lset) })
	if picks == nil {
		return nil
	}
	stream := identify(p.names, lset, &p.key)
	series := p.known[stream]
	if series == nil {
		series = p.newSeries()
		series.place, series.stream, series.picks, series.last = len(p.order), stream, picks, math.MinInt64
		series.identify()
		p.order, p.known[stream] = append(p.order, series), series
	}
	return series
}

// newSeries makes series in rows, so that those that come one after the other stand
// side by side.
func (p *tap) newSeries() *tapSeries {
	if len(p.room) == 0 {
		p.room = make([]tapSeries, 64)
	}
	s := &p.room[0]
	p.room = p.room[1:]
	s.held = s.near[:0]
	return s
}

// pickedBy is the set of the selectors that fit; nil where none does.
func (p *tap) pickedBy(fits func(*tapSelector) bool) *tapPicks {
	var by []*tapSelector
	for _, s := range p.selectors {
		if fits(s) {
			by = append(by, s)
		}
	}
	if by == nil {
		return nil
	}
	slices.SortFunc(by, func(x, y *tapSelector) int { return x.number - y.number })
	for _, set := range p.picks {
		if slices.Equal(set.by, by) {
			return set
		}
	}
	set := &tapPicks{by}
	p.picks = append(p.picks, set)
	return set
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
// not hold the whole span of each selector, or several streams of one series.
func (p *tap) collect(selectors []slo.Selector, from, to int64, out *taken) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := make([]*tapSelector, len(selectors))
	fresh := false
	for i, sel := range selectors {
		s := p.find(sel)
		if s == nil {
			p.last++
			s = &tapSelector{sel: sel, number: p.last, since: p.newest, asked: math.MinInt64, native: promhist.Queries([]slo.Selector{sel})}
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
	p.identities()
	out.reset(len(p.order), p.samples)
	alone := true
	for _, series := range p.order {
		if len(series.held) > 0 && series.picks.marked() {
			alone = out.add(series, from, to) && alone
		}
	}
	for _, s := range asked {
		s.mark = false
	}
	return alone
}

// identities looks up those of the series again where they may be others now.
func (p *tap) identities() {
	if n := p.names.Renamed(); n != p.renamed {
		for _, s := range p.order {
			s.identify()
		}
		p.renamed = n
	}
}

// identify looks up what the stream's identity is.
func (s *tapSeries) identify() {
	id := s.stream.Identity()
	s.several, s.id, s.labels = id.Several(), id.Ref, id.Labels
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

func (p *tapPicks) marked() bool {
	for _, s := range p.by {
		if s.mark {
			return true
		}
	}
	return false
}

// since is from when on samples are held.
func (p *tapPicks) since() int64 {
	since := int64(math.MaxInt64)
	for _, s := range p.by {
		since = min(since, s.since)
	}
	return since
}

// repick matches all series against the selectors again. What is held of a
// series stays, as the selectors that picked it before want it.
func (p *tap) repick() {
	p.forgetOthers()
	clear(p.natives)
	p.picks = nil
	p.keep(func(s *tapSeries) bool {
		s.picks = p.pickedBy(func(sel *tapSelector) bool { return sel.sel.Matches(s.stream.Labels) })
		return s.picks != nil
	})
}

// keep drops the series that are not wanted.
func (p *tap) keep(wanted func(*tapSeries) bool) {
	kept := p.order[:0]
	for _, s := range p.order {
		if wanted(s) {
			s.place = len(kept)
			kept = append(kept, s)
			continue
		}
		p.samples -= len(s.held)
		clear(p.natives) // which may be what it is made of
		delete(p.known, s.stream)
		for _, ref := range append(s.older, s.ref) {
			delete(p.series, ref)
		}
	}
	clear(p.order[len(kept):])
	p.order, p.expected = kept, 0
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
	ended := false
	for _, s := range p.order {
		p.samples -= s.trim()
		ended = ended || len(s.held) == 0 && s.last < to-forgetAfter
	}
	if ended {
		p.keep(func(s *tapSeries) bool { return len(s.held) > 0 || s.last >= to-forgetAfter })
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
	since := s.picks.since()
	for dropped < len(s.held) && s.held[dropped].t <= since {
		dropped++
	}
	if dropped > 0 {
		s.held = append(s.held[:0], s.held[dropped:]...)
	}
	return dropped
}
