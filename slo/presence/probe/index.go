package probe

import (
	"errors"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// index finds the subject of a series.
type index struct {
	subjects []Subject
	sets     []*labelSet
}

// labelSet are subjects that are told apart by the same labels.
type labelSet struct {
	names []string
	by    map[string]*Subject
}

func newIndex(subjects []Subject) *index {
	x := &index{subjects: subjects}
	for i := range subjects {
		for _, match := range subjects[i].matches() {
			x.put(match, &subjects[i])
		}
	}
	return x
}

// matches are the labels that a subject's series carry, or carried.
func (s *Subject) matches() []slo.Labels { return append([]slo.Labels{s.Match}, s.Formerly...) }

func (x *index) put(match slo.Labels, s *Subject) {
	var names []string
	for _, l := range match {
		names = append(names, l.Name)
	}
	at := slices.IndexFunc(x.sets, func(s *labelSet) bool { return slices.Equal(s.names, names) })
	if at < 0 {
		at = len(x.sets)
		x.sets = append(x.sets, &labelSet{names, map[string]*Subject{}})
	}
	x.sets[at].by[x.sets[at].key(match)] = s
}

func (s *labelSet) key(ls slo.Labels) string {
	values := make([]string, len(s.names))
	for i, n := range s.names {
		values[i] = ls.Get(n)
	}
	return strings.Join(values, "\xff") // cannot stand in UTF-8
}

// find gives the subject of a series, nil where it has none.
func (x *index) find(ls slo.Labels) *Subject {
	for _, s := range x.sets {
		if found := s.by[s.key(ls)]; found != nil {
			return found
		}
	}
	return nil
}

// longestNaming bounds the values of a label that are named in a request, in bytes.
const longestNaming = 8 << 10

// narrow gives matchers that the series of some subjects satisfy; of nil: of all.
func (x *index) narrow(of []Subject) slo.Selector {
	if of == nil {
		of = x.subjects
	}
	if len(x.sets) != 1 || len(of) == 0 {
		return nil // told apart in several ways: no matcher holds for all
	}
	var sel slo.Selector
	for _, name := range x.sets[0].names {
		var values []string
		for _, s := range of {
			for _, match := range s.matches() {
				if v := regexp.QuoteMeta(match.Get(name)); !slices.Contains(values, v) {
					values = append(values, v)
				}
			}
		}
		slices.Sort(values)
		sel = append(sel, oneOf(name, values, of[0].Match.Get(name)))
	}
	return sel
}

// oneOf matches a label with one of some quoted values; first is one of them, unquoted.
func oneOf(name string, values []string, first string) slo.Matcher {
	if len(values) == 1 {
		return slo.Matcher{Name: name, Type: slo.Equal, Value: first}
	}
	naming := strings.Join(values, "|")
	if m, err := slo.NewMatcher(name, slo.Regexp, naming); err == nil && len(naming) <= longestNaming {
		return m
	}
	return slo.Matcher{Name: name, Type: slo.NotEqual}
}

// unlabelled gives matchers of series that carry none of the labels by which subjects are
// told apart.
func (x *index) unlabelled() slo.Selector {
	var sel slo.Selector
	for _, set := range x.sets {
		for _, name := range set.names {
			if !slices.ContainsFunc(sel, func(m slo.Matcher) bool { return m.Name == name }) {
				sel = append(sel, slo.Matcher{Name: name, Type: slo.Equal})
			}
		}
	}
	return sel
}

// widened makes a selector find numbers (le, quantile) however they are written.
func widened(sel slo.Selector) slo.Selector {
	out := slices.Clone(sel)
	for i, m := range out {
		v, err := strconv.ParseFloat(m.Value, 64)
		if m.Type != slo.Equal || m.Name != "le" && m.Name != "quantile" || err != nil {
			continue
		}
		short := strconv.FormatFloat(v, 'g', -1, 64)
		values := []string{regexp.QuoteMeta(m.Value)}
		for _, other := range []string{short, strconv.FormatFloat(v, 'f', -1, 64), short + ".0"} {
			if q := regexp.QuoteMeta(other); !math.IsInf(v, 0) && !slices.Contains(values, q) {
				values = append(values, q)
			}
		}
		out[i] = oneOf(m.Name, values, m.Value)
	}
	return out
}

// sampler keeps of a metric's series those that tell something new: by the labels that
// matchers name all, by others so many that a hint can be given.
type sampler struct {
	labels []string
	seen   map[string]bool
	values map[string]map[string]bool
}

// hintValues is how many values of a label are kept for hints.
const hintValues = 6

func (s *sampler) isNews(ls slo.Labels) bool {
	if s.seen == nil {
		s.seen, s.values = map[string]bool{}, map[string]map[string]bool{}
	}
	var b strings.Builder
	for _, n := range s.labels {
		b.WriteString(ls.Get(n))
		b.WriteByte(0xff)
	}
	news := !s.seen[b.String()]
	s.seen[b.String()] = true
	for _, l := range ls {
		of := s.values[l.Name]
		if of == nil {
			of = map[string]bool{}
			s.values[l.Name] = of
		}
		if len(of) < hintValues && !of[l.Value] {
			of[l.Value], news = true, true
		}
	}
	return news
}

// newest is a series' last value; false where it has none, or has ended.
func newest(samples slo.Samples) (value float64, ok bool, err error) {
	var t [64]int64
	var v [64]float64
	for {
		n, err := samples.Read(t[:], v[:])
		if n == 0 || err != nil {
			return value, ok, err
		}
		value = v[n-1]
		ok = !slo.IsStale(value)
	}
}

// isLive reports whether a series has a sample that is more than the news of its end. One that
// cannot be counted is there all the same.
func isLive(samples slo.Samples) bool {
	var t [16]int64
	var v [16]float64
	for {
		n, err := samples.Read(t[:], v[:])
		if _, refused := errors.AsType[*slo.SeriesError](err); refused {
			return true
		}
		if n == 0 || err != nil {
			return false
		}
		if slices.ContainsFunc(v[:n], func(x float64) bool { return !slo.IsStale(x) }) {
			return true
		}
	}
}
