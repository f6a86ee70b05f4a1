package status

import (
	"math"
	"strconv"
	"strings"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
)

// FormatRate writes a burn rate with about three digits: 0.04, 1.30, 13.4, 250.
func FormatRate(f float64) string {
	switch a := math.Abs(f); {
	case f == 0:
		return "0"
	case f > 0 && f < 0.01:
		return "<0.01"
	case a < 10:
		return strconv.FormatFloat(f, 'f', 2, 64)
	case a < 100:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return FormatCount(math.Round(f))
}

// FormatShare writes a part of a whole as percent with one decimal, cut so that
// 100.0% means all; "-" for nil.
func FormatShare(f *float64) string {
	if f == nil {
		return "-"
	}
	if *f > 0 && *f < 0.001 {
		return "<0.1%"
	}
	return text.Percent(*f, 1) + "%"
}

// FormatSLI writes a ratio of good events with one decimal more than its objective has,
// cut: 99.98% beside 99.9%, 99.980% beside 99.95%.
func FormatSLI(ratio float64, o slo.Objective) string {
	return text.Percent(ratio, goalDecimals(o)+1) + "%"
}

// goalDecimals is how many decimals FormatGoal writes.
func goalDecimals(o slo.Objective) int {
	_, decimals, _ := strings.Cut(strings.TrimSuffix(FormatGoal(o), "%"), ".")
	return len(decimals)
}

// FormatGoal writes an objective as percent with the decimals that it has.
func FormatGoal(o slo.Objective) string {
	return text.Objective(o.Ratio()) + "%"
}

// FormatCount writes 12,345,678, with decimals only where the count has some.
func FormatCount(f float64) string {
	written := strconv.FormatFloat(f, 'f', -1, 64)
	if f != math.Trunc(f) {
		places := 1
		if math.Abs(f) < 10 {
			places = 2
		}
		written = strconv.FormatFloat(f, 'f', places, 64)
	}
	whole, frac, _ := strings.Cut(written, ".")
	sign := strings.HasPrefix(whole, "-")
	whole = strings.TrimPrefix(whole, "-")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if frac != "" {
		whole += "." + frac
	}
	if sign {
		whole = "-" + whole
	}
	return whole
}
