package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Plan is what a ledger is to count.
type Plan struct {
	Items   []Item
	Sources map[string]Source  // by name; "" is that of subjects that name none
	Reads   map[string]Reading // how each source's queries are to be read
	// Intervals are the sources' scrape intervals; without one it is that of Config.
	Intervals map[string]time.Duration
	// Delays are how long after its edge a bucket of each source is closed; without one it is as Config says.
	Delays map[string]time.Duration
	// Part says that the sources have the series of many more subjects: they are told
	// whose are wanted, so far as that is not too long to say.
	Part bool
}

// Item is one SLO with the subjects that it applies to.
type Item struct {
	SLO      *slo.SLO
	Subjects []*Subject
}

// Configure sets what is counted from now on. Accounts whose SLO or subject is no
// longer there stay until the retention has passed, and go on where they stopped
// if it comes back; accounts of changed indicators start anew.
func (l *Ledger) Configure(p Plan, now time.Time) error {
	defer l.traffic.stop()()
	c, err := l.take(p, now)
	if err != nil {
		return err
	}
	sources, err := l.states(p, c.subjects)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, a := range c.accounts {
		x, ok := c.active[a]
		if a.m = x.m; ok {
			if was, other := c.renamed[a]; other {
				a.rename(was, x.subject, l.cfg.TargetLabels)
			}
			a.subject, a.key = x.subject, key
		}
	}
	active := slices.SortedFunc(maps.Keys(c.active), byNumber)
	for _, a := range active {
		src := sources[a.m.from]
		src.all = append(src.all, a)
		if a.m.raw {
			src.raw[a.subject.ID] = append(src.raw[a.subject.ID], a)
		}
	}
	gather(active)
	for name, src := range sources {
		if was := l.sources[name]; was != nil {
			src.err, src.read = was.err, was.read
		}
	}
	l.accounts, l.wanted, l.sources, l.refused = c.accounts, c.wanted, sources, c.refused
	l.version.Add(1)
	l.keepNames(c)
	return nil
}

// keepNames writes that accounts have other names now: who is formerly whom need not be said
// for ever. Where that fails nothing is counted before it has been done.
func (l *Ledger) keepNames(c *taken) {
	if len(c.renamed) == 0 {
		return
	}
	said := map[string]bool{}
	for a, was := range c.renamed {
		if !said[a.subject.ID] {
			said[a.subject.ID] = true
			l.cfg.Log.Info("a renamed ShopSet keeps its history", "shopset", a.subject.ID, "match", a.subject.Match.String(), "formerly", was.ID, "former_match", was.Match.String())
			if !slices.ContainsFunc(a.subject.Matches(), func(m slo.Labels) bool { return slices.Equal(m, was.Match) }) {
				l.cfg.Log.Warn("the series of a renamed ShopSet had other labels than its document says: those since its newest count are not read; name them as match in formerly", "shopset", a.subject.ID, "former_match", was.Match.String(), "counted_until", timeOf(a.hist.edge))
			}
		}
	}
	if l.store == nil {
		return
	}
	if err := l.store.checkpoint(l.sorted()); err != nil {
		l.store.broken = err // the log knows the old names only
		l.cfg.Log.Warn("the new names of ShopSets could not be written to the ledger: leave formerly in their documents", "err", err)
	}
}

// taken is what becomes of a plan.
type taken struct {
	accounts map[string]*account // those that there were, and new ones
	active   map[*account]asked
	wanted   map[wantKey][]wantedPart
	subjects map[string]map[*Subject]bool // by source
	refused  map[wantKey]string
	renamed  map[*account]Former // accounts that were another's, or had other labels
}

// take finds or makes an account for all that a plan wants.
func (l *Ledger) take(p Plan, now time.Time) (*taken, error) {
	c := &taken{accounts: maps.Clone(l.accounts), active: map[*account]asked{}, wanted: map[wantKey][]wantedPart{},
		subjects: map[string]map[*Subject]bool{}, refused: map[wantKey]string{}, renamed: map[*account]Former{}}
	shared, byID := map[string]*measure{}, map[string]*Subject{}
	for _, it := range p.Items {
		of := map[string][]*measure{} // by the subjects' source
		why := map[string]error{}
		for _, sub := range it.Subjects {
			ms, known := of[sub.Source]
			if !known {
				ms, why[sub.Source] = l.measures(it.SLO, sub.Source, p, shared)
				of[sub.Source] = ms
			}
			k := wantKey{it.SLO.Name, sub.ID}
			if refusal, ok := errors.AsType[refusal](why[sub.Source]); ok {
				c.refused[k] = refusal.Error()
				continue
			}
			err := why[sub.Source]
			if err == nil {
				sub, err = onlyOne(byID, sub)
			}
			if err != nil {
				return nil, err
			}
			if c.wanted[k] != nil {
				return nil, fmt.Errorf("two SLOs for %s are named %q: a name can stand for one only", sub.ID, it.SLO.Name)
			}
			l.want(c, k, it.SLO, ms, sub, now)
		}
	}
	return c, nil
}

// want finds or makes the accounts of an SLO for a subject.
func (l *Ledger) want(c *taken, k wantKey, s *slo.SLO, ms []*measure, sub *Subject, now time.Time) {
	shift := l.shiftFor(c.accounts, s, ms, sub)
	for _, m := range ms {
		a := l.accountFor(c, m, s.Name, sub, shift, now)
		c.active[a] = asked{m, sub}
		c.wanted[k] = append(c.wanted[k], wantedPart{a, m})
		if c.subjects[m.from] == nil {
			c.subjects[m.from] = map[*Subject]bool{}
		}
		c.subjects[m.from][sub] = true
	}
}

// states are the plan's sources, each with the subjects that are asked of it.
func (l *Ledger) states(p Plan, subjects map[string]map[*Subject]bool) (map[string]*sourceState, error) {
	sources := map[string]*sourceState{}
	for name, set := range subjects {
		x, err := newSubjectIndex(slices.SortedFunc(maps.Keys(set), func(x, y *Subject) int { return cmp.Compare(x.ID, y.ID) }))
		if err != nil {
			return nil, err
		}
		sources[name] = &sourceState{name: name, source: p.Sources[name], delay: cmp.Or(p.Delays[name], l.cfg.Delay), subjects: x, raw: map[string][]*account{}, bound: newBindings(), bad: map[*account]error{}, width: firstWidth, widest: widestSlice, part: p.Part}
	}
	return sources, nil
}

// asked is what a plan asks an account for.
type asked struct {
	m       *measure
	subject *Subject
}

// onlyOne finds the one of equal subjects that stands for all of them.
func onlyOne(byID map[string]*Subject, s *Subject) (*Subject, error) {
	first := byID[s.ID]
	if first == nil {
		byID[s.ID] = s
		return s, nil
	}
	if !slices.Equal(first.Match, s.Match) || first.Source != s.Source {
		return nil, fmt.Errorf("%s is given twice, with the labels %v and %v, of sources %q and %q", s.ID, first.Match, s.Match, first.Source, s.Source)
	}
	return first, nil
}

// measures plans the parts of an SLO for subjects of a source; parts that are counted alike
// share one.
func (l *Ledger) measures(s *slo.SLO, own string, p Plan, shared map[string]*measure) ([]*measure, error) {
	var ms []*measure
	for i := range s.Parts {
		ind := &s.Parts[i].Indicator
		q := ind.Value
		for _, o := range []*slo.Query{ind.Good, ind.Bad} {
			if q == nil {
				q = o
			}
		}
		from := cmp.Or(q.Source, own)
		read, ok := p.Reads[from]
		if !ok || p.Sources[from] == nil {
			return nil, fmt.Errorf("slo %q reads from data source %q, which is not configured", s.Name, from)
		}
		m, err := newMeasure(s, ind, read)
		if err != nil {
			return nil, fmt.Errorf("slo %q: %w", s.Name, err)
		}
		if m.slice%l.res() != 0 {
			return nil, fmt.Errorf("slo %q: its time slices of %v are no multiple of the ledger's resolution, %v", s.Name, s.Slice, l.cfg.Resolution)
		}
		m.from, m.interval = from, cmp.Or(p.Intervals[from], l.cfg.ScrapeInterval).Milliseconds()
		key := from + "\x00" + m.key
		if shared[key] == nil {
			shared[key] = m
		}
		ms = append(ms, shared[key])
	}
	return ms, nil
}

// accountFor finds the account of a measure and subject whose blocks are shifted by so
// much, or opens it.
func (l *Ledger) accountFor(c *taken, m *measure, name string, sub *Subject, shift int64, now time.Time) *account {
	key := accountKey(m.key, sub, l.context(shift))
	a := c.accounts[key]
	if a == nil {
		a = l.takeOver(c.accounts, m, name, sub, shift)
	}
	if len(sub.Formerly) > 0 {
		a = l.inherit(c, a, m, sub, shift, now)
	}
	if a == nil {
		start := max(0, l.floor(now.Add(-l.cfg.Backfill)))
		a = newAccount(key, sub, m, l.res(), start)
		a.hist = newHistory(l.res(), start, shift)
		a.facts.expected = l.expectedSince(sub, now)
		a.id = l.nextAccount
		l.nextAccount++
	}
	c.accounts[key] = a
	return a
}

// expectedSince is since when a subject has been asked for; none where the ledger is
// new, and cannot know.
func (l *Ledger) expectedSince(sub *Subject, now time.Time) int64 {
	if len(l.accounts) == 0 {
		return none
	}
	since := now.UnixMilli()
	for _, a := range l.accounts {
		if id := a.subject.ID; id == sub.ID || slices.ContainsFunc(sub.Formerly, func(f Former) bool { return f.ID == id }) {
			since = min(since, a.facts.expected)
		}
	}
	return since
}

// expected is since when the account's subject should have been sending; none where
// nothing is known yet.
func (a *account) expected() int64 {
	since := a.facts.expected
	if since == none {
		since = a.facts.begins
	}
	if h := a.facts.heard; h != none && since != none {
		since = min(since, h)
	}
	return since
}

// context is what besides a measure decides what is counted.
func (l *Ledger) context(shift int64) string {
	context := fmt.Sprint(l.cfg.Resolution, l.cfg.TargetLabels, l.cfg.StartTimeMetric)
	if shift != 0 {
		context += fmt.Sprint(" blocks shifted by ", time.Duration(shift)*time.Millisecond)
	}
	return context
}

func (l *Ledger) floor(t time.Time) int64 {
	ms := t.UnixMilli()
	return ms - ms%l.res()
}
