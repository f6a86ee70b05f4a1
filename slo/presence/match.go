package presence

import (
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// picked are the series that a selector picks. le and quantile are numbers: "1" is "1.0".
func picked(sel slo.Selector, series []slo.Labels) []slo.Labels {
	var out []slo.Labels
	for _, ls := range series {
		if holdsAll(sel, ls) {
			out = append(out, ls)
		}
	}
	return out
}

func holdsAll(sel slo.Selector, ls slo.Labels) bool {
	for _, m := range sel {
		if !holds(m, ls.Get(m.Name)) {
			return false
		}
	}
	return true
}

// isNumber reports whether a label's values are numbers that happen to be written as text.
func isNumber(label string) bool { return label == "le" || label == "quantile" }

func holds(m slo.Matcher, value string) bool {
	if !isNumber(m.Name) {
		return m.Matches(value)
	}
	matches := false // any spelling of the value, for =~ and !~ as for = and !=
	positive := m.Type == slo.Equal || m.Type == slo.Regexp
	for _, spelled := range spellings(value) {
		matches = matches || m.Matches(spelled) == positive || m.Type != slo.Regexp && m.Type != slo.NotRegexp && same(m.Value, spelled)
	}
	return matches == positive
}

func same(a, b string) bool {
	x, err := strconv.ParseFloat(a, 64)
	y, fails := strconv.ParseFloat(b, 64)
	return err == nil && fails == nil && x == y
}

// spellings are the ways in which exporters write a number; the value itself is the first.
func spellings(value string) []string {
	out := []string{value}
	v, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return out
	}
	short := strconv.FormatFloat(v, 'g', -1, 64)
	out = append(out, short)
	if !strings.ContainsAny(short, ".eIN") {
		out = append(out, short+".0")
	}
	return out
}

// plain writes a regular expression that is a plain text as one.
func plain(m slo.Matcher) slo.Matcher {
	if m.Type != slo.Regexp && m.Type != slo.NotRegexp {
		return m
	}
	re, err := syntax.Parse(m.Value, syntax.Perl)
	if err != nil {
		return m
	}
	switch re = re.Simplify(); {
	case re.Op == syntax.OpEmptyMatch:
		m.Value = ""
	case re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase == 0:
		m.Value = string(re.Rune)
	default:
		return m
	}
	m.Type = map[slo.MatchType]slo.MatchType{slo.Regexp: slo.Equal, slo.NotRegexp: slo.NotEqual}[m.Type]
	return m
}

// valuesOf are a label's values, sorted, the first few.
func valuesOf(label string, series []slo.Labels) []string {
	var out []string
	for _, ls := range series {
		if v := ls.Get(label); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out[:min(len(out), maxNearest)]
}
