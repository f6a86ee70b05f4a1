package slo

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// longestPlain is up to how many places from its first digit a decimal point, or a last
// digit before it, is still looked for in a number without an exponent.
const longestPlain = 40

// spelledAs is a regular expression (RE2) of the usual spellings of these numbers, and of
// the texts that are given. It matches no other number.
func spelledAs(numbers []string) string {
	var alternatives []string
	seen := map[string]bool{}
	for _, text := range numbers {
		f, ok := number(text)
		if !ok {
			continue
		}
		expr := spelling(f)
		if !regexp.MustCompile("^(?:" + expr + ")$").MatchString(text) {
			expr += "|" + regexp.QuoteMeta(text) // with more digits than the number holds
		}
		if !seen[expr] {
			seen[expr] = true
			alternatives = append(alternatives, expr)
		}
	}
	return strings.Join(alternatives, "|")
}

// spelling is a regular expression of a number's spellings: with or without an exponent, a
// plus, more zeros before and behind.
func spelling(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return `\+?(?i:inf(?:inity)?)`
	case math.IsInf(f, -1):
		return `-(?i:inf(?:inity)?)`
	case f == 0:
		return `[+-]?(?:0+(?:\.0*)?|\.0+)(?:[eE][+-]?[0-9]+)?`
	}
	sign := `\+?`
	if f < 0 {
		sign = "-"
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(math.Abs(f), 'e', -1, 64), "e")
	digits := strings.TrimRight(strings.Replace(mantissa, ".", "", 1), "0")
	power, _ := strconv.Atoi(exponent)
	point := power + 1 // places from the first digit to the decimal point

	var forms []string
	if -longestPlain <= point && point <= longestPlain {
		forms = append(forms, pointed(digits, point)+`(?:[eE][+-]?0+)?`)
	}
	for place := range max(len(digits), 3) + 1 {
		scaled := point - place
		if place > 3 && place != len(digits) || scaled == 0 {
			continue
		}
		plus := `\+?`
		if scaled < 0 {
			plus, scaled = "-", -scaled
		}
		forms = append(forms, fmt.Sprintf("%s[eE]%s0*%d", pointed(digits, place), plus, scaled))
	}
	return sign + "0*(?:" + strings.Join(forms, "|") + ")"
}

// pointed is an expression of the digits with the decimal point at a place; without a
// sign and the zeros before.
func pointed(digits string, place int) string {
	zeros := func(n int) string { return strings.Repeat("0", n) }
	switch {
	case place <= 0:
		return `\.` + zeros(-place) + digits + "0*"
	case place < len(digits):
		return digits[:place] + `\.` + digits[place:] + "0*"
	default:
		return digits + zeros(place-len(digits)) + `(?:\.0*)?`
	}
}
