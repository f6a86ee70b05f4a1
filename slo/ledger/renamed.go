package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Former is what a subject was called before, and the labels that its series carried then.
type Former struct {
	ID    string // may be the subject's own, where the labels alone have changed
	Match slo.Labels
}

// Matches are the labels that a series of the subject carries, or carried.
func (s *Subject) Matches() []slo.Labels {
	out := []slo.Labels{s.Match}
	for _, f := range s.Formerly {
		out = append(out, f.Match)
	}
	return out
}

// Now gives the labels of one of the subject's series as they would be today, and whether
// they were other ones.
func (s *Subject) Now(ls slo.Labels) (slo.Labels, bool) {
	if carries(ls, s.Match) {
		return ls, false
	}
	for _, f := range s.Formerly {
		if carries(ls, f.Match) {
			return f.replaced(ls, s.Match), true
		}
	}
	return ls, false
}

// replaced gives labels with those of a match for the former ones.
func (f Former) replaced(ls, match slo.Labels) slo.Labels {
	out := slices.Clone(match)
	for _, l := range ls {
		if f.Match.Get(l.Name) == "" && match.Get(l.Name) == "" {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(x, y slo.Label) int { return strings.Compare(x.Name, y.Name) })
	return out
}

// readAnew is how long after a change of names the samples since then are read again, where
// counting has begun anew meanwhile. Sources keep samples for two weeks and more.
const readAnew = 7 * 24 * time.Hour

// inherit lets the account that a subject has under a former name, or former labels, go on under
// the new key. own is the one that it has there already; nil: none. Where who it was is said
// only after counting had begun anew, the source is read again from where the former one stands,
// where that is not too long ago for one to have samples of then.
func (l *Ledger) inherit(c *taken, own *account, m *measure, sub *Subject, shift int64, now time.Time) *account {
	best := l.formerly(c.accounts, m, sub, shift)
	if best == nil || own != nil && own.hist.start < best.hist.start { // its own is the older one: the name was changed to and fro
		return own
	}
	if own != nil && now.Sub(timeOf(best.hist.edge)) > readAnew {
		l.cfg.Log.Warn(fmt.Sprintf("a ShopSet does not get the history that it has under its former name: counting began anew under the new one, and that more than %v ago, of which a source may have no samples any more", readAnew),
			"shopset", sub.ID, "formerly", best.subject.ID, "counted_until", timeOf(best.hist.edge))
		return own
	}
	delete(c.accounts, best.key)
	c.renamed[best] = Former{best.subject.ID, best.subject.Match}
	return best
}

// formerly finds the account that a subject has under a former name, or former labels: the one
// that has come furthest; nil: there is none.
func (l *Ledger) formerly(accounts map[string]*account, m *measure, sub *Subject, shift int64) *account {
	var best *account
	for _, f := range sub.Formerly {
		a := accounts[accountKey(m.key, &Subject{ID: f.ID, Match: f.Match}, l.context(shift))]
		if a == nil && f.ID != sub.ID { // its labels were other ones than the document says
			a = l.namesake(accounts, f.ID, m, shift)
		}
		if a != nil && (best == nil || a.hist.edge > best.hist.edge) {
			best = a
		}
	}
	return best
}

// namesake finds the account of a measure for a subject of that name, whatever its labels.
func (l *Ledger) namesake(accounts map[string]*account, id string, m *measure, shift int64) *account {
	var best *account
	for key, a := range accounts {
		if a.subject.ID == id && key == accountKey(m.key, a.subject, l.context(shift)) && (best == nil || a.hist.edge > best.hist.edge) {
			best = a
		}
	}
	return best
}

// rename gives all that an account knows the labels that a subject has now.
func (a *account) rename(was Former, sub *Subject, targetLabels []string) {
	now := func(ls slo.Labels) slo.Labels {
		if carries(ls, sub.Match) {
			return ls
		}
		return was.replaced(ls, sub.Match)
	}
	known := a.series
	a.series = map[string]*series{}
	for _, s := range known {
		s.labels, s.stored, s.created = sidewise(s.labels, now), false, nil // which is found again
		key := s.labels.String()
		if twin := a.series[key]; twin != nil { // two that differed in what they have no more
			if twin.pos.t < s.pos.t {
				s, twin = twin, s
			}
			s.family.series = slices.DeleteFunc(s.family.series, func(o *series) bool { return o == s })
			a.pending = slices.DeleteFunc(a.pending, func(o *series) bool { return o == s })
			s = twin
		}
		a.series[key] = s
	}
	targets := map[string]*target{}
	for _, t := range a.targets {
		t.created = nil
		for _, p := range t.processes {
			full := now(labelsOf(t.values, targetLabels, p.labels, was.Match))
			t.values = joined(full, targetLabels)
			if !p.legacy {
				p.labels, p.stored = furtherLabels(full, targetLabels, sub.Match), false
			}
		}
		if same := targets[t.values]; same != nil {
			for _, p := range t.processes {
				p.target = same
			}
			same.processes = append(same.processes, t.processes...)
			continue
		}
		targets[t.values] = t
	}
	a.targets = targets
}

// sidewise renames the labels of a grid's series, whose last one is no label.
func sidewise(ls slo.Labels, now func(slo.Labels) slo.Labels) slo.Labels {
	if n := len(ls) - 1; n >= 0 && ls[n].Name == sideLabel {
		return append(now(ls[:n:n]), ls[n])
	}
	return now(ls)
}

// labelsOf puts the labels of a sign together again.
func labelsOf(values string, targetLabels []string, further, match slo.Labels) slo.Labels {
	out := slices.Concat(further, match)
	each := []string{values}
	if len(targetLabels) > 1 {
		each = strings.Split(strings.TrimSuffix(values, "\xff"), "\xff")
	}
	for i, name := range targetLabels {
		if i < len(each) && each[i] != "" && out.Get(name) == "" {
			out = append(out, slo.Label{Name: name, Value: each[i]})
		}
	}
	slices.SortFunc(out, func(x, y slo.Label) int { return strings.Compare(x.Name, y.Name) })
	return out
}

// called is what a series of a source is called by a subject.
type called struct {
	renamed bool       // its subject had other labels before
	now     slo.Labels // nil: those that it has
}

// unify gives the series of before the labels that their subjects have now, and makes one of
// those that are the same then: a counter goes on where only its labels have changed.
func (src *sourceState) unify(series []slo.Series) []slo.Series {
	if !src.subjects.renamed {
		return series
	}
	var keys []string
	groups := map[string][]slo.Series{}
	names := make([]called, len(series))
	for k := range series {
		names[k] = src.call(&series[k])
		if ls := names[k].now; ls != nil {
			key := ls.String()
			if groups[key] == nil {
				keys = append(keys, key)
			}
			groups[key] = append(groups[key], slo.Series{Labels: ls, Samples: series[k].Samples})
		}
	}
	if len(keys) == 0 {
		return series
	}
	var out []slo.Series
	for k, s := range series {
		if names[k].now != nil {
			continue
		}
		if names[k].renamed {
			if key := s.Labels.String(); groups[key] != nil {
				groups[key] = slices.Insert(groups[key], 0, s)
				continue
			}
		}
		out = append(out, s)
	}
	for _, key := range keys {
		one := slo.Series{Labels: groups[key][0].Labels, Samples: groups[key][0].Samples}
		if len(groups[key]) > 1 {
			one.Samples = mergedOf(groups[key])
		}
		out = append(out, one)
	}
	return out
}

// call finds out what a series is called, and remembers it.
func (src *sourceState) call(s *slo.Series) called {
	if s.Ref != 0 {
		if c, ok := src.bound.called[s.Ref]; ok {
			return c
		}
	}
	c := called{}
	if sub, err := src.subjects.find(s.Labels); err == nil && sub != nil && len(sub.Formerly) > 0 {
		c.renamed = true
		if now, other := sub.Now(s.Labels); other {
			c.now = now
		}
	}
	if s.Ref != 0 {
		src.bound.called[s.Ref] = c
	}
	return c
}

// merged reads several streams of one series as one. Where two have a sample at one time, the
// first stream's counts.
type merged struct {
	strands []*strand
	last    *strand // whose sample was given last
	at      int64   // its time
}

func mergedOf(all []slo.Series) *merged {
	m := &merged{at: none}
	for _, s := range all {
		m.strands = append(m.strands, &strand{samples: s.Samples})
	}
	return m
}

// strand is one of them, up to its next sample.
type strand struct {
	samples slo.Samples
	t       [64]int64
	v       [64]float64
	k, n    int
	begun   bool // a sample was given
	ended   bool
}

// Read implements slo.Samples.
func (m *merged) Read(t []int64, v []float64) (int, error) {
	n := 0
	for n < len(t) {
		next, err := m.next()
		if err != nil || next == nil {
			return n, err
		}
		at, value := next.t[next.k], next.v[next.k]
		injected := value == 0 && m.injected(next)
		next.k++
		next.begun = true
		_, base := slo.BaseOf(value)
		switch {
		case at <= m.at || injected: // another stream has said it, or says otherwise
			continue
		case (base || slo.IsStale(value)) && m.last != nil && m.last != next: // the other goes on
			continue
		}
		t[n], v[n] = at, value
		n++
		m.at = at
		if !base {
			m.last = next
		}
	}
	return n, nil
}

// injected reports whether a stream begins with a 0 that a source wrote for it where a counter was created,
// while another stream has samples of that counter from then on: under other labels it was there.
func (m *merged) injected(s *strand) bool {
	return !s.begun && slices.ContainsFunc(m.strands, func(o *strand) bool {
		return o != s && !o.ended && (s.k+1 >= s.n || o.t[o.k] < s.t[s.k+1])
	})
}

// next is the stream whose next sample is the oldest; nil: all have ended.
func (m *merged) next() (*strand, error) {
	var next *strand
	for _, s := range m.strands {
		if err := s.fill(); err != nil {
			return nil, err
		}
		if !s.ended && (next == nil || cmp.Less(s.t[s.k], next.t[next.k])) {
			next = s
		}
	}
	return next, nil
}

func (s *strand) fill() (err error) {
	if s.ended || s.k < s.n {
		return nil
	}
	s.k = 0
	s.n, err = s.samples.Read(s.t[:], s.v[:])
	s.ended = s.n == 0
	return err
}
