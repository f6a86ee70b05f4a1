package presence

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	near "github.com/shopslo/shopslo/internal/nearest"
	"github.com/shopslo/shopslo/slo"
)

// maxNearest is how many names a hint has at most.
const maxNearest = 5

// nearestTo gives what exists and may be meant by a matcher.
func nearestTo(kind slo.AbsenceKind, m slo.Matcher, sel slo.Selector, series []slo.Labels) []string {
	if kind == slo.NoBound {
		return nearestBounds(m, siblings(m, sel, series))
	}
	return nearestLabels(m, series)
}

// nearestMetrics are the names closest to the one asked for. A pattern's own letters stand
// for it.
func nearestMetrics(metric slo.Selector, names []string) []string {
	for _, m := range metric {
		if m.Name == slo.MetricName && (m.Type == slo.Equal || m.Type == slo.Regexp) {
			return nearest(m.Value, names)
		}
	}
	return nil
}

// nearest are the names that are at most two fifths of their letters away, that hold the
// word, or that share half of their words with it; the closest first.
func nearest(word string, names []string) []string {
	type candidate struct {
		name string
		cost int
	}
	var found []candidate
	for _, n := range names {
		cost := near.Distance(word, n)
		within := len(n) >= 3 && len(word) >= 3 && (strings.Contains(n, word) || strings.Contains(word, n))
		if n != word && (cost <= 2*max(len(word), 2)/5 || within || shared(word, n) >= 0.5) {
			found = append(found, candidate{n, cost})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), strings.Compare(a.name, b.name))
	})
	var out []string
	for _, c := range found[:min(len(found), maxNearest)] {
		out = append(out, c.name)
	}
	return out
}

// shared is the part 0–1 of the words of two names that both have: http_requests_total and
// http_server_requests_total have 3 of 4.
func shared(a, b string) float64 {
	x, y := strings.FieldsFunc(a, notWord), strings.FieldsFunc(b, notWord)
	both := 0
	for _, w := range x {
		if slices.Contains(y, w) {
			both++
		}
	}
	return float64(both) / float64(max(1, len(x)+len(y)-both))
}

func notWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// nearestLabels are the labels whose values are what the matcher asks for, then those whose
// values look like it (code with 200 and 404 for status=~"5.."), then those of a like name.
func nearestLabels(m slo.Matcher, series []slo.Labels) []string {
	names := map[string]int{} // how close: 0 the value itself, 1 like it, 2 anything
	for _, ls := range series {
		for _, l := range ls {
			if l.Name == slo.MetricName {
				continue
			}
			if was, ok := names[l.Name]; !ok || was > closeness(m, l.Value) {
				names[l.Name] = closeness(m, l.Value)
			}
		}
	}
	var alike, rest []string
	for n := range names {
		if rest = append(rest, n); names[n] < 2 {
			alike = append(alike, n)
		}
	}
	slices.SortFunc(alike, func(a, b string) int {
		return cmp.Or(cmp.Compare(names[a], names[b]), cmp.Compare(near.Distance(m.Name, a), near.Distance(m.Name, b)), strings.Compare(a, b))
	})
	slices.Sort(rest)
	for _, n := range nearest(m.Name, rest) {
		if !slices.Contains(alike, n) {
			alike = append(alike, n)
		}
	}
	return alike[:min(len(alike), 3)]
}

// closeness says how near a value of another label is to what a matcher asks for: 0 it is
// that, 1 it is of the same form, 2 neither.
func closeness(m slo.Matcher, value string) int {
	switch m.Type {
	case slo.Equal, slo.NotEqual:
		if m.Value != "" && m.Value == value {
			return 0
		}
	default:
		asked, err := slo.NewMatcher(m.Name, slo.Regexp, m.Value)
		if err == nil && !asked.Matches("") && asked.Matches(value) {
			if asked.Matches("any text") {
				return 2 // it asks for anything
			}
			return 0
		}
	}
	if form := formOf(m); form != nil && form.MatchString(value) {
		return 1
	}
	return 2
}

// formOf turns what a matcher asks for into its form: every digit may be another one, true
// may be false. Nil where the form says nothing, as of words.
func formOf(m slo.Matcher) *regexp.Regexp {
	text := m.Value
	if m.Type == slo.Equal || m.Type == slo.NotEqual {
		text = regexp.QuoteMeta(text)
	}
	if text == "true" || text == "false" {
		return regexp.MustCompile("^(true|false)$")
	}
	if !strings.ContainsFunc(text, unicode.IsDigit) || strings.ContainsAny(text, `\{`) {
		return nil
	}
	var b strings.Builder
	inClass := false
	for _, r := range text {
		switch {
		case r == '[' && !inClass:
			inClass = true
			b.WriteString(`\d`)
		case r == ']' && inClass:
			inClass = false
		case inClass:
		case unicode.IsDigit(r), r == '.':
			b.WriteString(`\d`)
		default:
			b.WriteRune(r)
		}
	}
	re, err := regexp.Compile("^(" + b.String() + ")$")
	if err != nil {
		return nil
	}
	return re
}

// nearestBounds are the bounds below and above the one asked for; the first few where it is
// no number.
func nearestBounds(m slo.Matcher, series []slo.Labels) []string {
	type bound struct {
		text  string
		value float64
	}
	var bounds []bound
	for _, ls := range series {
		text := ls.Get(m.Name)
		v, err := strconv.ParseFloat(text, 64)
		if err == nil && !slices.ContainsFunc(bounds, func(b bound) bool { return b.value == v }) {
			bounds = append(bounds, bound{text, v})
		}
	}
	slices.SortFunc(bounds, func(a, b bound) int { return cmp.Compare(a.value, b.value) })
	asked, err := strconv.ParseFloat(strings.NewReplacer(`\.`, ".").Replace(m.Value), 64)
	if err != nil {
		asked = math.NaN()
	}
	var out []string
	for i, b := range bounds {
		near := b.value <= asked && (i+1 == len(bounds) || bounds[i+1].value > asked) || b.value > asked && (i == 0 || bounds[i-1].value < asked)
		if near || asked != asked && len(out) < maxNearest {
			out = append(out, b.text)
		}
	}
	return out
}
