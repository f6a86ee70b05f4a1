package slo

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Label is one name and value of a series.
type Label struct{ Name, Value string }

// Labels identify a series; sorted by name, without empty values. The metric's
// name is the label "__name__". Sources write the values of le and quantile as
// CanonicalNumber does.
type Labels []Label

// MetricName is the label that holds a series' metric name.
const MetricName = "__name__"

// Get returns the value of a label, or "" where there is none: the two mean the
// same.
func (ls Labels) Get(name string) string {
	for i := range ls {
		if ls[i].Name == name {
			return ls[i].Value
		}
	}
	return ""
}

// String writes the labels as PromQL does: name{a="b"}.
func (ls Labels) String() string {
	var room [512]byte
	b := append(append(room[:0], ls.Get(MetricName)...), '{')
	first := true
	for _, l := range ls {
		if l.Name == MetricName {
			continue
		}
		if !first {
			b = append(b, ", "...)
		}
		first = false
		b = append(append(b, l.Name...), '=')
		b = strconv.AppendQuote(b, l.Value)
	}
	return string(append(b, '}'))
}

// MatchType is the kind of a Matcher.
type MatchType int

// The four of PromQL.
const (
	Equal MatchType = iota
	NotEqual
	Regexp
	NotRegexp
)

func (t MatchType) String() string { return [...]string{"=", "!=", "=~", "!~"}[t] }

// Matcher is one condition on a label, with PromQL's meaning: regular
// expressions are anchored at both ends, and a missing label is "".
type Matcher struct {
	Name  string
	Type  MatchType
	Value string
	// Strict, of a bucket's bound (le), refuses a native histogram that has no edge there. It
	// changes nothing of what the matcher picks.
	Strict bool

	re *regexp.Regexp
}

// NewMatcher makes a matcher; it fails on a regular expression that does not parse.
func NewMatcher(name string, t MatchType, value string) (Matcher, error) {
	m := Matcher{Name: name, Type: t, Value: value}
	if t == Regexp || t == NotRegexp {
		_, err := regexp.Compile(value) // on its own: ")(" parses only inside the anchors' group
		if err != nil {
			return m, fmt.Errorf("label %s: %w", name, err)
		}
		expr := value
		if NumberLabel(name) {
			if numbers, ok := listed(value); ok {
				expr = spelledAs(numbers)
			}
		}
		re, err := regexp.Compile("^(?s:" + expr + ")$")
		if err != nil {
			return m, fmt.Errorf("label %s: %w", name, err)
		}
		m.re = re
	}
	return m, nil
}

// Matches reports whether a label's value satisfies the matcher. A matcher of
// a regular expression must come from NewMatcher. On labels of numbers (see
// NumberLabel) values are compared as such, and a regular expression matches a value
// if it matches any usual spelling of it: "1", "1.0".
func (m Matcher) Matches(value string) bool {
	if NumberLabel(m.Name) {
		return m.matchesNumber(value)
	}
	switch m.Type {
	case Equal:
		return value == m.Value
	case NotEqual:
		return value != m.Value
	case Regexp:
		return m.re.MatchString(value)
	default:
		return !m.re.MatchString(value)
	}
}

func (m Matcher) matchesNumber(value string) bool {
	switch m.Type {
	case Equal:
		return equalNumbers(value, m.Value)
	case NotEqual:
		return !equalNumbers(value, m.Value)
	case Regexp:
		return matchesNumber(m.re, value)
	default:
		return !matchesNumber(m.re, value)
	}
}

func (m Matcher) String() string {
	if !plainName.MatchString(m.Name) {
		return fmt.Sprintf("%q%s%q", m.Name, m.Type, m.Value)
	}
	return fmt.Sprintf("%s%s%q", m.Name, m.Type, m.Value)
}

// Names that PromQL takes without quotes: of labels, and of metrics.
var (
	plainName   = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
	plainMetric = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
)

// Selector picks series: all its matchers hold. One of them names the metric
// ("__name__") unless the user insists otherwise.
type Selector []Matcher

// Matches reports whether a series with these labels is picked.
func (s Selector) Matches(ls Labels) bool {
	for i := range s {
		if !s[i].Matches(ls.Get(s[i].Name)) {
			return false
		}
	}
	return true
}

// String writes the selector in PromQL, always with the name as a matcher of
// its own where it is not a plain one: {__name__=~"a|b", job="x"}.
func (s Selector) String() string {
	name, rest := "", make([]string, 0, len(s))
	for _, m := range s {
		if m.Name == MetricName && m.Type == Equal && name == "" && plainMetric.MatchString(m.Value) {
			name = m.Value
			continue
		}
		rest = append(rest, m.String())
	}
	if len(rest) == 0 && name != "" {
		return name
	}
	return name + "{" + strings.Join(rest, ",") + "}"
}

// Series is one series' raw samples of a requested span.
type Series struct {
	// Ref stands for the labels: within one source's life equal Refs mean equal
	// labels, so that readers can remember what they know of a series without
	// looking at its labels again, and keep them: they do not change. 0: the source
	// gives none, and the labels are as short-lived as the samples.
	Ref     uint64
	Labels  Labels
	Samples Samples
}

// SeriesError is what reading one series' Samples fails with where the source has the
// series and its samples are no counter's: native histograms that nothing is counted of, or
// streams that cannot be those of one process. The other series of the answer can be read; only what picks
// these labels fails, and fails again until the source or a setting changes.
type SeriesError struct {
	Labels Labels
	Reason string // with the cure, as in "holds native histograms; …"
}

func (e *SeriesError) Error() string { return "series " + e.Labels.String() + " " + e.Reason }

// Samples reads a series' samples, oldest first, time stamps strictly rising.
type Samples interface {
	// Read fills t (Unix milliseconds) and v, which have the same length, and
	// returns how many it wrote; 0 and no error is the end. Staleness markers
	// (see IsStale) are delivered like other values, and so is what is known of where
	// the next sample begins (see Base). An error may be a *SeriesError.
	Read(t []int64, v []float64) (int, error)
}

// Request asks a source for the raw samples of all series that any of the
// selectors picks, in (From, To], Unix milliseconds.
type Request struct {
	Selectors []Selector
	From, To  int64
}

// ErrUnavailable marks an error of a source that could not be reached, or could
// not answer now: trying again later may help.
var ErrUnavailable = errors.New("source unavailable")
