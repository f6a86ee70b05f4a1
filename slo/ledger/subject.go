package ledger

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// Subject is something that has budgets of its own: an id and the labels that all
// its series carry. Two subjects whose labels one series could both carry make an
// error as soon as such a series is read.
type Subject struct {
	ID    string
	Match slo.Labels // sorted by name, not empty
	// Source is the name of the source that has its series; a query that names one of its
	// own is asked there.
	Source string
	// Formerly is what it was called, and the labels that its series carried, before: its
	// history goes on, and series of before are its own.
	Formerly []Former
}

// subjectIndex finds the subject of a series without trying them all.
type subjectIndex struct {
	sets    []labelSet
	renamed bool // a subject had other labels before
}

// labelSet are the subjects that are told apart by the same label names.
type labelSet struct {
	names   []string
	byValue map[string]*Subject
}

func newSubjectIndex(subjects []*Subject) (*subjectIndex, error) {
	x := &subjectIndex{}
	for _, s := range subjects {
		for k, match := range s.Matches() {
			if other := x.put(match, s); other != nil && (other != s || k == 0) {
				return nil, fmt.Errorf("%s and %s are matched by the same labels, %v: no series can be told apart", other.ID, s.ID, match)
			}
		}
		x.renamed = x.renamed || len(s.Formerly) > 0
	}
	return x, nil
}

// put lets labels be a subject's, and returns the one that has them already; nil: none has.
func (x *subjectIndex) put(match slo.Labels, s *Subject) *Subject {
	names := make([]string, len(match))
	for i, l := range match {
		names[i] = l.Name
	}
	i := slices.IndexFunc(x.sets, func(ls labelSet) bool { return slices.Equal(ls.names, names) })
	if i < 0 {
		i = len(x.sets)
		x.sets = append(x.sets, labelSet{names: names, byValue: map[string]*Subject{}})
	}
	key := joined(match, names)
	other := x.sets[i].byValue[key]
	if other == nil {
		x.sets[i].byValue[key] = s
	}
	return other
}

// names are the labels by which subjects are told apart.
func (x *subjectIndex) names() []string {
	var out []string
	for _, set := range x.sets {
		for _, name := range set.names {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// joined makes one key of a series' values of the named labels.
func joined(ls slo.Labels, names []string) string {
	if len(names) == 1 {
		return ls.Get(names[0])
	}
	var b strings.Builder
	for _, n := range names {
		b.WriteString(ls.Get(n))
		b.WriteByte(0xff) // cannot stand in UTF-8
	}
	return b.String()
}

// claimedError is of a series that several subjects claim.
type claimedError struct {
	series   string
	subjects []*Subject
}

func (e *claimedError) Error() string {
	ids := make([]string, len(e.subjects))
	for i, s := range e.subjects {
		ids[i] = s.ID
	}
	return fmt.Sprintf("series %s matches %d subjects, %s: give them matches that no series satisfies twice", e.series, len(ids), strings.Join(ids, " and "))
}

// find returns the series' subject, nil where it has none, and a *claimedError where
// it has several.
func (x *subjectIndex) find(ls slo.Labels) (*Subject, error) {
	var found *Subject
	var claimed *claimedError
	for i := range x.sets {
		s := x.sets[i].byValue[joined(ls, x.sets[i].names)]
		if s == nil || s == found {
			continue
		}
		switch {
		case claimed != nil && slices.Contains(claimed.subjects, s):
		case claimed != nil:
			claimed.subjects = append(claimed.subjects, s)
		case found != nil:
			claimed = &claimedError{series: ls.String(), subjects: []*Subject{found, s}}
		}
		found = s
	}
	if claimed != nil {
		return nil, claimed
	}
	return found, nil
}

// narrowBelow is the number of subjects up to which a selector names them all;
// beyond it, naming them costs the source more than leaving out the others.
const narrowBelow = 64

// longestNaming is how long the values of one label may be that are named where the
// subjects are a part of the source's: servers limit the length of a query, some to
// 16 KiB.
const longestNaming = 8 << 10 // bytes

// narrow returns the matchers that all series of the subjects satisfy, so that
// the source need not send the others. More than one set of label names: none.
func narrow(subjects []*Subject, part bool) slo.Selector {
	if len(subjects) == 0 {
		return nil
	}
	var sel slo.Selector
	for _, l := range subjects[0].Match {
		values := map[string]bool{}
		for _, s := range subjects {
			for _, match := range s.Matches() {
				v := match.Get(l.Name)
				if v == "" {
					return nil
				}
				values[v] = true
			}
		}
		sel = append(sel, oneOf(l.Name, values, part))
	}
	return sel
}

// oneOf matches a label that has one of the values, or any where they are many.
func oneOf(name string, values map[string]bool, part bool) slo.Matcher {
	any := slo.Matcher{Name: name, Type: slo.NotEqual, Value: ""}
	if len(values) > narrowBelow && !part {
		return any
	}
	vs := make([]string, 0, len(values))
	for v := range values {
		vs = append(vs, regexp.QuoteMeta(v))
	}
	slices.Sort(vs)
	if len(vs) == 1 {
		for v := range values {
			return slo.Matcher{Name: name, Type: slo.Equal, Value: v}
		}
	}
	naming := strings.Join(vs, "|")
	if len(naming) > longestNaming {
		return any
	}
	m, err := slo.NewMatcher(name, slo.Regexp, naming)
	if err != nil { // quoted: cannot be
		return any
	}
	return m
}

// widest drops selectors that pick nothing beyond another: all series of
// x{a="1",b="2"} are among those of x{a="1"}.
func widest(sels []slo.Selector) []slo.Selector {
	var out []slo.Selector
	for i, s := range sels {
		covered := false
		for j, o := range sels {
			if i != j && within(s, o) && (!within(o, s) || j < i) {
				covered = true
				break
			}
		}
		if !covered {
			out = append(out, s)
		}
	}
	return out
}

// within reports that s has every matcher of o, and so picks nothing more.
func within(s, o slo.Selector) bool {
	for _, m := range o {
		if !has(s, m) {
			return false
		}
	}
	return true
}
