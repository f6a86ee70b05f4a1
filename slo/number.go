package slo

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// NumberLabel reports whether the values of a label are numbers: the bound of a
// histogram's bucket (le) and the quantile of a summary. "1", "1.0" and "1e0" are one
// value of such a label: which of them is written depends on the client library, the
// exposition format and the server's version.
func NumberLabel(name string) bool { return name == "le" || name == "quantile" }

// CanonicalNumber is the one spelling of a number that sources deliver: the shortest
// that reads back as the same number, such as 0.5, 1, 1e+06, +Inf. A text that is no
// number stays as it is, and so do "" and NaN.
func CanonicalNumber(value string) string {
	if f, ok := number(value); ok {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return value
}

// number reads a decimal number or an infinity; no hexadecimal ones, no NaN.
func number(text string) (float64, bool) {
	if text == "" || strings.ContainsAny(text, "xX_pP") || text[0] > 'i' {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != f {
		return 0, false
	}
	return f + 0, true // -0 is 0
}

// equalNumbers compares two values of a label of numbers.
func equalNumbers(a, b string) bool {
	if a == b {
		return true
	}
	x, ok := number(a)
	if !ok {
		return false
	}
	y, ok := number(b)
	return ok && x == y
}

// matchesNumber reports whether the expression matches the text, or any usual spelling
// of the number that it is.
func matchesNumber(re *regexp.Regexp, text string) bool {
	if re.MatchString(text) {
		return true
	}
	f, ok := number(text)
	return ok && slices.ContainsFunc(spellings(f), re.MatchString)
}

// spellings are how client libraries and servers write a number: the canonical form
// first.
func spellings(f float64) []string {
	g := strconv.FormatFloat(f, 'g', -1, 64)
	switch g {
	case "+Inf":
		return []string{g, "Inf", "+inf", "inf", "Infinity"}
	case "-Inf":
		return []string{g, "-inf", "-Infinity"}
	}
	out := []string{g}
	add := func(s string) {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	plain := strconv.FormatFloat(f, 'f', -1, 64)
	if len(plain) <= 24 { // longer ones nobody writes out
		add(plain)
		if !strings.Contains(plain, ".") {
			add(plain + ".0")
		}
	}
	if strings.Contains(g, "e") || f >= 1e7 || f < 1e-3 && f > 0 { // where one or the other library begins to use exponents
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
		power, _ := strconv.Atoi(exponent)
		long := mantissa
		if !strings.Contains(long, ".") {
			long += ".0"
		}
		for _, m := range []string{mantissa, long} {
			add(m + "e" + exponent)
			add(m + "e" + strconv.Itoa(power))
			add(m + "E" + strconv.Itoa(power))
		}
	}
	return out
}

// Wider returns a selector for servers, which compare labels as texts: it picks all
// that s picks, whatever the spelling of the numbers in le and quantile, and perhaps
// more, so that the answer has to be filtered by s. A selector without matchers on
// these labels is returned as it is.
func Wider(s Selector) Selector {
	i := slices.IndexFunc(s, func(m Matcher) bool { return NumberLabel(m.Name) })
	if i < 0 {
		return s
	}
	out := slices.Clone(s)
	for ; i < len(out); i++ {
		if NumberLabel(out[i].Name) {
			out[i] = wider(out[i])
		}
	}
	return out
}

// wider is Wider of one matcher on a label of numbers. Negative ones stay: a server
// leaves out fewer spellings than the matcher does.
func wider(m Matcher) Matcher {
	var numbers []string
	switch m.Type {
	case Equal:
		if _, ok := number(m.Value); !ok {
			return m
		}
		numbers = []string{m.Value}
	case Regexp:
		var ok bool
		if numbers, ok = listed(m.Value); !ok {
			if m.Matches("") {
				return mustRegexp(m.Name, ".*")
			}
			return Matcher{Name: m.Name, Type: NotEqual}
		}
	default:
		return m
	}
	return mustRegexp(m.Name, spelledAs(numbers))
}

// listed reads a regular expression that is a plain list of numbers, such as
// 0\.5|1|\+Inf.
func listed(expr string) (numbers []string, ok bool) {
	for alternative := range strings.SplitSeq(expr, "|") {
		quoted := strings.NewReplacer("[.]", `\.`, `\-`, "-").Replace(alternative)
		text := strings.NewReplacer(`\.`, ".", `\+`, "+").Replace(quoted)
		if _, ok := number(text); !ok || regexp.QuoteMeta(text) != quoted {
			return nil, false // 1.5 matches 125 too
		}
		numbers = append(numbers, text)
	}
	return numbers, true
}

// mustRegexp is NewMatcher for expressions that parse.
func mustRegexp(name, expr string) Matcher {
	m, err := NewMatcher(name, Regexp, expr)
	if err != nil {
		panic(err) // made of quoted texts
	}
	return m
}
