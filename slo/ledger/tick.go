package ledger

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/shopslo/shopslo/slo"
)

// batch is what is read for a group of accounts, and how it is shared out.
type batch struct {
	accounts  []*account
	selectors []slo.Selector
	jobs      []job            // one for each subject, without series
	ofSubject map[*Subject]int // index of its job
}

// batchOf plans the reading of accounts. That of all raw accounts of a source, which
// is nearly every tick's, is planned once.
func (l *Ledger) batchOf(src *sourceState, accts []*account) *batch {
	if whole := src.whole; whole != nil && slices.Equal(whole.accounts, accts) {
		return whole
	}
	b := &batch{accounts: accts, selectors: l.selectors(accts, src.part), ofSubject: make(map[*Subject]int, len(accts))}
	for _, a := range accts {
		i, ok := b.ofSubject[a.subject]
		if !ok {
			i = len(b.jobs)
			b.ofSubject[a.subject] = i
			b.jobs = append(b.jobs, job{})
		}
		b.jobs[i].accounts = append(b.jobs[i].accounts, a)
	}
	if len(accts) == src.rawCount {
		src.whole = b
	}
	return b
}

// selectors are what has to be read for a group of accounts.
func (l *Ledger) selectors(accts []*account, part bool) []slo.Selector {
	subjects, seen := []*Subject{}, map[*Subject]bool{}
	measures := map[*measure]bool{}
	var ms []*measure
	for _, a := range accts {
		if !seen[a.subject] {
			seen[a.subject] = true
			subjects = append(subjects, a.subject)
		}
		if !measures[a.m] {
			measures[a.m] = true
			ms = append(ms, a.m)
		}
	}
	only := narrow(subjects, part)
	var sels []slo.Selector
	add := func(s slo.Selector) { sels = append(sels, append(append(slo.Selector{}, s...), only...)) }
	for _, m := range ms {
		for _, side := range m.sides {
			for _, s := range slices.Concat(side.sels, side.created) {
				add(s)
			}
		}
		target := m.targetMatchers(l.cfg.TargetLabels)
		for _, name := range []string{upMetric, l.cfg.StartTimeMetric} {
			if name != "" {
				add(append(slo.Selector{{Name: slo.MetricName, Value: name}}, target...))
			}
		}
	}
	return widest(sels)
}

// job is what a tick does for one subject.
type job struct {
	series   []bound
	accounts []*account
}

type bound struct {
	b *binding
	s slo.Samples
}

// readRaw reads and counts (from, to] for accounts that are counted from raw
// samples of one source.
func (l *Ledger) readRaw(ctx context.Context, src *sourceState, mine *turn, accts []*account, from, to, until int64) ([]*outcome, int, error) {
	fineFrom := until - l.cfg.Fine.Milliseconds()
	var outs []*outcome
	var samples atomic.Int64
	b := l.batchOf(src, accts)
	read := func(zeros map[*series]int64) error {
		return l.read(ctx, src, b, from-l.lookBack(accts), from, to, func(series []slo.Series) error {
			l.fetchAhead(src, b, to, until)
			mine.take()
			l.share(src, b, src.unify(series))
			oldest, err := b.oldest()
			if err != nil {
				return err
			}
			src.only(accts)
			samples.Store(0)
			outs, err = l.work(ctx, b.jobs, span{from, to}, fineFrom, oldest, zeros, &samples, src.bad)
			b.letGo()
			return err
		})
	}
	err := read(nil)
	if err == nil && to == until {
		err = l.withZeros(ctx, src, mine, from, read)
	}
	return outs, int(samples.Load()), err
}

// lookBack is how far before the span accounts have to see again what they have
// counted already: what old answers are known by is not in the files.
func (l *Ledger) lookBack(accts []*account) int64 {
	cold := false
	for _, a := range accts {
		if a.facts.begins == none {
			return 0
		}
		cold = cold || a.cold
	}
	if !cold {
		return 0
	}
	return l.cfg.oldAnswers(accts[0].m)
}

// share gives each series to its subject's job. A job without a series is one too:
// time passes for its accounts as well.
func (l *Ledger) share(src *sourceState, b *batch, series []slo.Series) {
	b.letGo()
	for k := range series {
		x := l.bind(src, &series[k])
		if len(x.uses) == 0 {
			if x.claimed != nil {
				for _, a := range x.claimed.lost {
					src.bad[a] = x.claimed.err
				}
			}
			continue
		}
		if x.batch != b {
			x.batch, x.job = b, -1
			if i, ok := b.ofSubject[x.subject]; ok {
				x.job = int32(i)
			}
		}
		if x.job >= 0 {
			b.jobs[x.job].series = append(b.jobs[x.job].series, bound{x, series[k].Samples})
		}
	}
	l.goOn()
}

// oldest finds the oldest sample of all series where an account has yet to learn
// where the source's data begin; none where all know, or there is no sample.
func (b *batch) oldest() (int64, error) {
	oldest := int64(none)
	for i := range b.jobs {
		if !slices.ContainsFunc(b.jobs[i].accounts, func(a *account) bool { return a.facts.begins == none }) {
			continue
		}
		return b.peek()
	}
	return oldest, nil
}

// peek reads the beginning of every series.
func (b *batch) peek() (int64, error) {
	oldest := int64(none)
	for i := range b.jobs {
		for k := range b.jobs[i].series {
			p := &peeked{rest: b.jobs[i].series[k].s}
			n, err := p.rest.Read(p.t[:], p.v[:])
			if unreadable(err) {
				n, p.err = 0, err
			} else if err != nil {
				return none, err
			}
			if n > 0 && (oldest == none || p.t[0] < oldest) {
				oldest = p.t[0]
			}
			p.n = n
			b.jobs[i].series[k].s = p
		}
	}
	return oldest, nil
}

// peeked are samples whose beginning was read already.
type peeked struct {
	t    [1]int64
	v    [1]float64
	n    int   // 0 once given out, or at the end
	err  error // of this series alone
	rest slo.Samples
}

// Read implements slo.Samples.
func (p *peeked) Read(t []int64, v []float64) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	if p.n == 0 {
		return p.rest.Read(t, v)
	}
	t[0], v[0], p.n = p.t[0], p.v[0], 0
	return 1, nil
}

// letGo forgets the series, which are valid for one request only.
func (b *batch) letGo() {
	for i := range b.jobs {
		clear(b.jobs[i].series)
		b.jobs[i].series = b.jobs[i].series[:0]
	}
}

// work counts all jobs on all processors.
func (l *Ledger) work(ctx context.Context, jobs []job, s span, fineFrom, oldest int64, zeros map[*series]int64, samples *atomic.Int64, bad map[*account]error) ([]*outcome, error) {
	workers := min(runtime.GOMAXPROCS(0), len(jobs))
	for len(l.workers) < workers {
		l.workers = append(l.workers, &worker{})
	}
	for _, w := range l.workers {
		w.counter.results.unknown = w.counter.results.unknown[:0]
	}
	outs := make([][]*outcome, workers)
	errs := make([]error, workers)
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			wk := l.workers[w]
			wk.reset(l, oldest)
			wk.counter.zeros = zeros
			wk.lost = bad
			for errs[w] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(jobs) || ctx.Err() != nil {
					break
				}
				errs[w] = wk.subject(&jobs[i], s.from, s.to, fineFrom, &outs[w])
			}
			samples.Add(wk.samples)
		}()
	}
	wg.Wait()
	var all []*outcome
	for w := range workers {
		if errs[w] != nil {
			return nil, errs[w]
		}
		all = append(all, outs[w]...)
	}
	for w := range workers {
		maps.Copy(bad, l.workers[w].bad)
	}
	return all, ctx.Err()
}

// reset makes a worker ready for another slice. What the last one's outcomes had of
// its memory is not valid any more: they have been committed, or thrown away.
func (w *worker) reset(l *Ledger, oldest int64) {
	c, m := &w.counter, &w.counter.results
	w.cfg = &l.cfg
	c.res, c.oldest, c.targetLabels = l.res(), oldest, l.cfg.TargetLabels
	c.slack, c.plausible = l.cfg.Slack.Milliseconds(), l.cfg.PlausibleSteps
	m.outcomes = nil // targets point to the old ones
	m.runs, m.series, m.processes, m.families, m.samples = m.runs[:0], m.series[:0], m.processes[:0], m.families[:0], m.samples[:0]
	m.steps, m.unknown = m.steps[:0], m.unknown[:0]
	c.tracing = l.cfg.Trace != nil
	w.samples = 0
	clear(w.bad)
}

// worker decodes and counts subjects one after the other, reusing its memory.
type worker struct {
	cfg     *Config
	counter counter
	samples int64
	t       []int64
	v       []float64
	inputs  []input
	decoded []decoded
	created []*created         // of the account that is being counted
	lost    map[*account]error // accounts that cannot be counted: known before
	bad     map[*account]error // found by this worker
}

// subject counts one subject's job.
func (w *worker) subject(j *job, from, to, fineFrom int64, outs *[]*outcome) error {
	w.t, w.v, w.decoded = w.t[:0], w.v[:0], w.decoded[:0]
	i := j.accounts[0].m.interval // all are of one source
	w.counter.interval, w.counter.patience, w.counter.lookback = i, 2*i, w.cfg.oldAnswers(j.accounts[0].m)
	for _, s := range j.series {
		d, err := w.decode(s.s, from, s.b.counts)
		if unreadable(err) {
			w.blame(s.b, err)
		} else if err != nil {
			return err
		}
		w.decoded = append(w.decoded, d)
	}
	for _, a := range j.accounts {
		if w.lost[a] != nil || w.bad[a] != nil {
			continue
		}
		w.inputs, w.created = w.inputs[:0], w.created[:0]
		for k, s := range j.series {
			for _, u := range s.b.uses {
				if u.acct == a {
					w.input(u, w.decoded[k])
				}
			}
		}
		w.silent(a)
		*outs = append(*outs, w.counter.count(a, from, to, fineFrom, w.inputs))
		for _, d := range w.created {
			d.t, d.v = nil, nil
		}
	}
	return nil
}

// input adds what a series is to an account, where it has samples.
func (w *worker) input(u use, d decoded) {
	if u.created != nil {
		u.created.t, u.created.v = w.t[d.from:d.to], w.v[d.from:d.to]
		w.created = append(w.created, u.created)
		return
	}
	in := input{kind: u.kind, process: u.process, series: u.series, looks: d.looks}
	if u.kind != counterSeries {
		in.t, in.v = w.t[d.from:d.to], w.v[d.from:d.to]
		if d.old > 0 && u.kind == startSeries {
			u.process.lastStart = max(u.process.lastStart, w.t[d.oldFrom+d.old-1]) // finite and not negative; nobody starts at 0
		}
	} else {
		in.process = u.series.process
		in.t, in.v, in.bases = w.t[d.validFrom:d.validTo], w.v[d.validFrom:d.validTo], d.bases
		if d.old > 0 {
			u.series.recall(w.t[d.oldFrom:d.oldFrom+d.old], w.v[d.oldFrom:d.oldFrom+d.old])
		}
	}
	if len(in.t) > 0 {
		w.inputs = append(w.inputs, in)
	}
}

// silent adds the series that have no samples, but of which something is yet to be
// decided.
func (w *worker) silent(a *account) {
	for _, s := range a.pending {
		if !slices.ContainsFunc(w.inputs, func(in input) bool { return in.series == s }) {
			w.inputs = append(w.inputs, input{kind: counterSeries, process: s.process, series: s, looks: looks{rising: true}})
		}
	}
}

// blame takes note of a series that cannot be read: it costs those that it counts for.
func (w *worker) blame(b *binding, err error) {
	if w.bad == nil {
		w.bad = map[*account]error{}
	}
	for _, u := range b.uses {
		if u.created == nil { // else nothing says it, as far as anybody knows
			w.bad[u.acct] = err
		}
	}
}

// unreadable reports whether an error is of one series only.
func unreadable(err error) bool {
	_, ok := errors.AsType[*slo.SeriesError](err)
	return ok
}

// only forgets what could not be counted for accounts beside these.
func (s *sourceState) only(accts []*account) {
	if len(s.bad) == 0 {
		return
	}
	maps.DeleteFunc(s.bad, func(a *account, _ error) bool { return !slices.Contains(accts, a) })
}

// finish turns the counted cells into the outcome's runs.
func (c *counter) finish(fineFrom int64) *outcome {
	c.cutSlices()
	o, runs := c.out, c.results.room(len(c.a))
	hist := o.acct.hist
	for k := 0; k < len(c.a); {
		at, cells := c.cells.start(k), 1
		r := run{buckets: (c.cells.ends[k] - at) / c.res}
		if r.buckets == 1 && hist.parts(at) && at+hist.span() <= min(fineFrom, c.to) {
			r.buckets, cells = blockBuckets, blockBuckets
		}
		for range cells {
			r.a += c.a[k]
			r.b += c.b[k]
			r.miss += c.miss[k]
			k++
		}
		runs = append(runs, r)
	}
	o.runs = c.results.keep(runs)
	return o
}

// cutSlices turns counts of events into counts of time slices where the measure
// says so: a slice that ends in a bucket counts there. A slice without events says
// nothing and is not counted.
func (c *counter) cutSlices() {
	m, f := c.out.acct.m, &c.out.facts
	if m.slice == 0 {
		return
	}
	for k := range c.a {
		f.sliceA += c.a[k]
		f.sliceB += c.b[k]
		c.a[k], c.b[k] = 0, 0
		if (c.out.from+int64(k+1)*c.res)%m.slice != 0 {
			continue
		}
		good, total := m.form.goodAndTotal(cum{a: f.sliceA, b: f.sliceB})
		f.sliceA, f.sliceB = 0, 0
		if total <= 0 {
			continue
		}
		c.b[k] = 1
		switch {
		case m.method == slo.RatioTimeslices:
			c.a[k] = good / total
		case good/total >= m.sliceTarget:
			c.a[k] = 1
		}
	}
}
