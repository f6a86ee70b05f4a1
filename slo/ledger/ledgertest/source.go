package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Source is the ledger's port over samples in memory. It is safe for use by
// several goroutines.
type Source struct {
	mu     sync.Mutex
	series []Scraped
	exprs  map[string][]Series
	now    int64
	faults []fault
	stats  SourceStats
}

// SourceStats says what a source was asked for.
type SourceStats struct {
	Selects, Evals, Refused int
	Samples                 int64 // samples handed to readers by Select
}

// Fault is how an unavailable source fails. All fail with an error that wraps
// slo.ErrUnavailable, except Broken.
type Fault int

// The faults.
const (
	Refused Fault = iota // an error at once
	Torn                 // half of the series, complete, then the error
	Cut                  // all series, but a reader of samples fails half way
	Broken               // an error at once, one that will come again
)

type fault struct {
	Span
	kind Fault
}

// lookback is how old a sample Eval takes for the current value, as in PromQL.
const lookback = 5 * time.Minute

// NewSource makes a source of the given series, such as a ShopSet's. Late samples
// appear when the wall time reaches their delivery; at first it is the end of time.
func NewSource(series ...[]Scraped) *Source {
	return &Source{series: slices.Concat(series...), now: math.MaxInt64, exprs: map[string][]Series{}}
}

// Source makes a source of the whole history, strays included. It holds all
// samples: 16 bytes each.
func (h *History) Source() *Source {
	all := [][]Scraped{h.Strays()}
	for i := range h.Config.ShopSets {
		all = append(all, h.ShopSet(i).Series)
	}
	return NewSource(all...)
}

// Plain makes scraped series, all delivered in time, of plain ones.
func Plain(series []Series) []Scraped {
	out := make([]Scraped, len(series))
	for i, s := range series {
		out[i].Series = s
	}
	return out
}

// SetNow sets the wall time, Unix milliseconds: samples delivered later are not
// there yet.
func (s *Source) SetNow(now int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
}

// Fail makes the source fail in this way while the wall time is in [from, to).
func (s *Source) Fail(kind Fault, from, to int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, fault{Span{from, to}, kind})
}

// SetExpr says what an expression evaluates to: at each step the latest sample of
// each series, no older than five minutes and not a staleness marker. Other
// expressions are errors.
func (s *Source) SetExpr(expr string, series []Series) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exprs[expr] = series
}

// Stats says what was asked so far.
func (s *Source) Stats() SourceStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Select implements the port: raw samples in (From, To], each series once. A
// series without a sample there is left out.
func (s *Source) Select(ctx context.Context, r slo.Request, f func([]slo.Series) error) error {
	kind, failing, now, err := s.begin(ctx, func(st *SourceStats) { st.Selects++ })
	if err != nil {
		return fmt.Errorf("select (%d, %d]: %w", r.From, r.To, err)
	}
	var out []slo.Series
	for i := range s.series {
		x := &s.series[i]
		picked := slices.ContainsFunc(r.Selectors, func(sel slo.Selector) bool { return sel.Matches(x.Labels) })
		if !picked {
			continue
		}
		lo := sort.Search(len(x.Samples), func(k int) bool { return x.Samples[k].T > r.From })
		hi := sort.Search(len(x.Samples), func(k int) bool { return x.Samples[k].T > r.To })
		samples := x.delivered(lo, hi, now)
		if len(samples) > 0 {
			out = append(out, slo.Series{Ref: uint64(i) + 1, Labels: x.Labels, Samples: &reader{left: samples, broken: failing && kind == Cut, source: s}})
		}
	}
	return s.answer(out, kind, failing, f)
}

// delivered gives samples lo to hi without those that come later than now.
func (s *Scraped) delivered(lo, hi int, now int64) []Sample {
	from := sort.Search(len(s.Late), func(k int) bool { return s.Late[k].Index >= lo })
	missing := false
	for k := from; k < len(s.Late) && s.Late[k].Index < hi; k++ {
		missing = missing || s.Late[k].At > now
	}
	for hi > lo && s.Samples[hi-1].T > now {
		hi--
	}
	if !missing {
		return s.Samples[lo:max(lo, hi)]
	}
	var out []Sample
	for i := lo; i < hi; i++ {
		if s.DeliveredAt(i) <= now {
			out = append(out, s.Samples[i])
		}
	}
	return out
}

// Eval implements the port for the expressions of SetExpr.
func (s *Source) Eval(ctx context.Context, expr string, from, to int64, step time.Duration, f func([]slo.Series) error) error {
	kind, failing, now, err := s.begin(ctx, func(st *SourceStats) { st.Evals++ })
	if err != nil {
		return fmt.Errorf("eval %q: %w", expr, err)
	}
	s.mu.Lock()
	series, known := s.exprs[expr]
	s.mu.Unlock()
	if !known {
		return fmt.Errorf("eval %q: not an expression that this source knows; give it one with SetExpr", expr)
	}
	if step <= 0 || (to-from)%step.Milliseconds() != 0 {
		return fmt.Errorf("eval %q: (%d, %d] is not a multiple of the step %v", expr, from, to, step)
	}
	var out []slo.Series
	for _, x := range series {
		var values []Sample
		for t := from + step.Milliseconds(); t <= to; t += step.Milliseconds() {
			k := sort.Search(len(x.Samples), func(k int) bool { return x.Samples[k].T > t })
			if k == 0 || x.Samples[k-1].T <= t-lookback.Milliseconds() || x.Samples[k-1].T > now || slo.IsStale(x.Samples[k-1].V) {
				continue
			}
			values = append(values, Sample{t, x.Samples[k-1].V})
		}
		if len(values) > 0 {
			out = append(out, slo.Series{Labels: x.Labels, Samples: &reader{left: values, broken: failing && kind == Cut, source: s}})
		}
	}
	return s.answer(out, kind, failing, f)
}

// errBroken is a fault that will come again.
var errBroken = errors.New("the query is too large for this server")

// begin counts the question and fails it where the source is to fail at once.
func (s *Source) begin(ctx context.Context, count func(*SourceStats)) (kind Fault, failing bool, now int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	count(&s.stats)
	if err := ctx.Err(); err != nil {
		return 0, false, s.now, err
	}
	for _, x := range s.faults {
		if x.From <= s.now && s.now < x.To {
			kind, failing = x.kind, true
			break
		}
	}
	if !failing {
		return 0, false, s.now, nil
	}
	s.stats.Refused++
	switch kind {
	case Refused:
		err = fmt.Errorf("connection refused: %w", slo.ErrUnavailable)
	case Broken:
		err = errBroken
	}
	return kind, true, s.now, err
}

// answer hands the series over, and fails afterwards where it is to.
func (s *Source) answer(out []slo.Series, kind Fault, failing bool, f func([]slo.Series) error) error {
	if failing && kind == Torn {
		if err := f(out[:len(out)/2]); err != nil {
			return err
		}
		return fmt.Errorf("connection lost in the middle of an answer: %w", slo.ErrUnavailable)
	}
	if err := f(out); err != nil {
		return err
	}
	if failing {
		return fmt.Errorf("connection lost at the end of an answer: %w", slo.ErrUnavailable)
	}
	return nil
}

// reader reads samples in the portions that its caller asks for.
type reader struct {
	left   []Sample
	broken bool
	read   int
	source *Source
}

// Read implements slo.Samples.
func (r *reader) Read(t []int64, v []float64) (int, error) {
	if r.broken && r.read >= len(r.left) {
		return 0, fmt.Errorf("connection lost while reading samples: %w", slo.ErrUnavailable)
	}
	n := min(len(t), len(r.left))
	if r.broken {
		n = min(n, (len(r.left)+1)/2)
	}
	for i, x := range r.left[:n] {
		t[i], v[i] = x.T, x.V
	}
	r.left = r.left[n:]
	r.read += n
	if r.source != nil {
		r.source.mu.Lock()
		r.source.stats.Samples += int64(n)
		r.source.mu.Unlock()
	}
	return n, nil
}
