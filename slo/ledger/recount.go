package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// A Recount counts a span anew, beside what was counted of it: a ledger that keeps nothing
// reads it from what its sources have now.
type Recount struct {
	fresh          *Ledger
	kept           map[string]*account
	writes         *Ledger // nil: only its files are known
	from, to       int64   // edges between blocks, or the newest one
	until          int64   // how far it is read
	before, within map[*account]*flags
}

const (
	// Warmup is how long before a span counting begins anew, to know where the counters stood.
	Warmup = 24 * time.Hour
	// carried is how long after a span the growth of a counter may have been counted that had no
	// samples in it.
	carried = int64(24 * time.Hour / time.Millisecond)
)

// Comparability says what may be said of the counts of a block of time.
type Comparability string

// The kinds. What is equal is counted only.
const (
	Differs Comparability = "different"
	// NoData: the source has no samples of then, or fewer than when it was counted, or none
	// of shortly before, so that nobody knows where its counters stood.
	NoData Comparability = "no_data"
	// NotCounted: the ledger has no figures of then.
	NotCounted Comparability = "not_counted"
)

// Compared is what one account has, and the source says.
type Compared struct {
	SLOs    []string // that are counted by it
	Subject string
	Failure string // why it could not be counted anew; "": it was
	Equal   int    // blocks of which both have the same
	Blocks  []Block

	kept, found *account
	m           *measure
	lostLast    bool // the source has less of the last block than it had
}

// Block is a block of time, an hour of minutes, of which the two do not have the same.
type Block struct {
	State Comparability
	// Kept is what the ledger has, Found what its source has now.
	Kept, Found slo.Counts

	from, to    int64
	kept, found cum
}

// Recount prepares to count (from, to] anew with a ledger that was opened for nothing else, and
// counts from Warmup before that on. The span is widened to blocks.
func (i *Inspection) Recount(fresh *Ledger, from, to time.Time) (*Recount, error) {
	kept := map[string]*account{}
	for _, k := range i.Accounts {
		kept[k.account.key] = k.account
	}
	return recountOf(fresh, kept, from, to)
}

// Recount does so for a ledger that can take over what is found.
func (l *Ledger) Recount(fresh *Ledger, from, to time.Time) (*Recount, error) {
	if l.store == nil {
		return nil, fmt.Errorf("ledger directory %s cannot be written; only reading it works, without --apply", l.cfg.Dir)
	}
	r, err := recountOf(fresh, l.accounts, from, to)
	if r != nil {
		r.writes = l
	}
	return r, err
}

func recountOf(fresh *Ledger, kept map[string]*account, from, to time.Time) (*Recount, error) {
	r := &Recount{fresh: fresh, kept: map[string]*account{}}
	newest, span := int64(none), fresh.res()*blockBuckets
	for _, parts := range fresh.wanted {
		for _, p := range parts {
			if a := kept[p.key]; a != nil {
				r.kept[p.key], newest = a, max(newest, a.hist.edge)
			}
		}
	}
	if newest == none {
		return nil, fmt.Errorf("the ledger has no counts for this selection; see 'shopslo ledger inspect'")
	}
	r.from = from.UnixMilli() / span * span
	if to.IsZero() {
		to = timeOf(newest)
	}
	r.to = min(newest, (to.UnixMilli()+span-1)/span*span)
	if r.from >= r.to {
		return nil, fmt.Errorf("nothing was counted from %s to %s; the newest edge of the ledger is %s", from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339), timeOf(newest).Format(time.RFC3339))
	}
	r.until = min(newest, r.to+carried)
	return r, nil
}

// SLOs are those that are counted by each account: SLOs that are counted alike share one.
func (l *Ledger) SLOs() map[string][]string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	out := map[string][]string{}
	for want, parts := range l.wanted {
		for _, p := range parts {
			if !slices.Contains(out[p.key], want.slo) {
				out[p.key] = append(out[p.key], want.slo)
			}
		}
	}
	for _, names := range out {
		slices.Sort(names)
	}
	return out
}

// Span is what is compared.
func (r *Recount) Span() (from, to time.Time) { return timeOf(r.from), timeOf(r.to) }

// Step is how long a block is: an hour of minutes.
func (r *Recount) Step() time.Duration { return blockBuckets * r.fresh.cfg.Resolution }

// Read counts anew.
func (r *Recount) Read(ctx context.Context, progress func(Progress) bool) error {
	for _, src := range r.fresh.sources {
		src.delay = 0 // what is counted anew was closed
	}
	for _, at := range []int64{r.from, r.to, r.until} {
		if err := r.advance(ctx, at, progress); err != nil {
			return err
		}
		raised := map[*account]*flags{}
		for _, a := range r.fresh.accounts {
			raised[a] = a.facts.flags // which do not change in place
		}
		if at == r.from {
			r.before = raised
		}
		r.within = raised
		if at == r.to && r.to == r.until {
			return nil
		}
	}
	return nil
}

// advance counts anew up to an edge, or as far as each source was counted: one that is scraped seldom is behind the
// others.
func (r *Recount) advance(ctx context.Context, at int64, progress func(Progress) bool) error {
	together := map[int64][]string{}
	for name, src := range r.fresh.sources {
		reached := int64(none)
		for _, a := range src.all {
			if kept := r.kept[a.key]; kept != nil {
				reached = max(reached, kept.hist.edge)
			}
		}
		if reached == none || reached > at {
			reached = at
		}
		together[reached] = append(together[reached], name)
	}
	var errs []error
	for _, upTo := range slices.Sorted(maps.Keys(together)) {
		errs = append(errs, r.fresh.Advance(ctx, timeOf(upTo), progress, together[upTo]...))
	}
	return errors.Join(errs...)
}

// Compare says of each account what has changed. further asks for what follows the span, too, up to
// the last block that differs: what is in the span now was counted there, where a counter had no samples.
// slos are those that are counted by each account.
func (r *Recount) Compare(slos map[string][]string, further bool) []Compared {
	of := map[string]*Compared{}
	for want, parts := range r.fresh.wanted {
		for _, p := range parts {
			of[p.key] = &Compared{Subject: want.subject, kept: r.kept[p.key], found: p.account, m: p.m}
		}
	}
	var out []Compared
	for _, key := range slices.Sorted(maps.Keys(of)) {
		c := of[key]
		c.SLOs = slos[key]
		r.compare(c, further)
		out = append(out, *c)
	}
	slices.SortStableFunc(out, func(x, y Compared) int {
		if d := slices.Compare([]string{x.Subject}, []string{y.Subject}); d != 0 {
			return d
		}
		return slices.Compare(x.SLOs, y.SLOs)
	})
	return out
}

func (r *Recount) compare(c *Compared, further bool) {
	if c.kept == nil {
		c.Blocks = []Block{{State: NotCounted, Kept: slo.Counts{Start: timeOf(r.from), End: timeOf(r.to)}, Found: slo.Counts{Start: timeOf(r.from), End: timeOf(r.to)}, from: r.from, to: r.to}}
		return
	}
	reached := min(r.until, c.kept.hist.edge)
	if c.Failure = c.found.failure(); c.Failure == "" && c.found.hist.edge < reached {
		c.Failure = fmt.Sprintf("the source could be read up to %s only", timeOf(c.found.hist.edge).Format(time.RFC3339))
	}
	if c.Failure != "" {
		return
	}
	h := c.kept.hist
	at := h.begin(h.block(r.from))
	lost := r.lost(c, at-h.span(), at)
	last, beyond := len(c.Blocks), 0
	for ; at < reached && (further || at < r.to); at += h.span() {
		b := r.block(c, at, min(at+h.span(), reached))
		was := lost
		lost = r.lost(c, b.from, b.to)
		c.lostLast = lost
		switch {
		case at < h.oldest():
			b.State = NotCounted
		case same(b.kept, b.found) && c.alike(b):
			if at < r.to {
				c.Equal++
			}
			continue
		case lost || was:
			b.State = NoData
		default:
			b.State = Differs
		}
		c.Blocks = append(c.Blocks, b)
		if at < r.to || b.State == Differs {
			last, beyond = len(c.Blocks), 0
		} else {
			beyond++
		}
	}
	c.Blocks = c.Blocks[:last]
	if edge := c.found.hist.edge; further && reached < edge && len(c.differing()) > 0 {
		c.Failure = fmt.Sprintf("it is counted up to %s, and others up to %s: recount it by itself, with --shopset and --slo", timeOf(reached).Format(time.RFC3339), timeOf(edge).Format(time.RFC3339))
	}
}

// block are both's figures of a block.
func (r *Recount) block(c *Compared, from, to int64) Block {
	b := Block{from: from, to: to}
	counts := func(h history) (cum, slo.Counts) {
		_, before, known := h.upTo(from)
		_, after, _ := h.upTo(to)
		n := after.minus(before)
		if !known {
			n = cum{miss: to - from}
		}
		good, total := c.m.goodAndTotal(n, after)
		return n, slo.Counts{Start: timeOf(from), End: timeOf(to), Good: good, Total: total, Covered: time.Duration(to-from-n.miss) * time.Millisecond}
	}
	b.kept, b.Kept = counts(c.kept.hist)
	b.found, b.Found = counts(c.found.hist)
	return b
}

// lost reports whether the source has less of a block than it had when it was counted.
func (r *Recount) lost(c *Compared, from, to int64) bool {
	if from < c.kept.hist.oldest() {
		return false
	}
	b := r.block(c, from, to)
	return b.found.miss > b.kept.miss+2*c.m.interval
}

// alike reports whether both have the same at all edges within a block that both keep.
func (c *Compared) alike(b Block) bool {
	from := [2]cum{}
	for t := b.from; t < b.to; t += c.kept.hist.res {
		k, is, _ := c.kept.hist.upTo(t)
		f, found, _ := c.found.hist.upTo(t)
		switch {
		case t == b.from:
			from = [2]cum{is, found}
		case k != t || f != t:
			return true // the inner ones are not kept
		case !same(is.minus(from[0]), found.minus(from[1])):
			return false
		}
	}
	return true
}

func same(x, y cum) bool {
	near := func(a, b float64) bool { return a == b || math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b)) }
	return x.miss == y.miss && near(x.a, y.a) && near(x.b, y.b)
}
