package slo_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/shopslo/shopslo/slo"
)

// askedFor is what a server, which compares texts, is asked for to pick le="value".
func askedFor(value string) *labels.Matcher {
	w := slo.Wider(slo.Selector{{Name: "le", Type: slo.Equal, Value: value}})[0]
	return labels.MustNewMatcher(matchTypes[w.Type], "le", w.Value)
}

func TestServersAreAskedForEveryUsualSpelling(t *testing.T) {
	same := []string{
		"1 1.0 1.00 1. 01 001.0 +1 1e0 1e+0 1e+00 1e-00 1E0 1.0e0 1.0E+00 10e-1 0.1e1 .1e1",
		"0.5 .5 0.50 00.5 +0.5 +.50 5e-1 5e-01 5E-1 5.0e-01 5.e-1 50e-2 500e-3 0.5e0",
		"0.25 .25 0.250 2.5e-1 2.50E-01 25e-2",
		"1000000 1e6 1e+6 1e+06 1e06 1E6 1E+06 1.0e6 1.0E6 1.0e+06 1000000.0 01000000 0.1e7 1000000e0",
		"1200 1.2e3 1.2e+03 12e2 1200.0 0.12e4",
		"0.0001 1e-4 1e-04 1.0E-4 .0001 0.00010 100e-6 0.1e-3",
		"0.001048576 1.048576e-3 1.048576E-03 .001048576 0.0010485760",
		"0.089478485 8.9478485e-2", "1.431655765 1.4316557650 1431655765e-9",
		"120000000000 1.2e+11 1.2E11 120000000000.0",
		"-2 -2.0 -02 -2e0 -20e-1",
		"0 0.0 00 -0 +0 0. .0 0e0 0.0e+00 -0.0",
		"+Inf Inf inf +inf Infinity +Infinity INF",
		"-Inf -inf -Infinity",
		"1e300 1.0E300 1e+300", "5e-324",
	}
	for i, list := range same {
		for asked := range strings.FieldsSeq(list) {
			m := askedFor(asked)
			for j, other := range same {
				for text := range strings.FieldsSeq(other) {
					if m.Matches(text) != (i == j) {
						t.Errorf("asked for le=%q, the server's answer has %q: %v", asked, text, i != j)
					}
					if i == j && slo.CanonicalNumber(text) != slo.CanonicalNumber(asked) {
						t.Errorf("%q is %s, %q is %s", text, slo.CanonicalNumber(text), asked, slo.CanonicalNumber(asked))
					}
				}
			}
			for text := range strings.FieldsSeq("0x1p0 1x NaN fast 1.5.1 1e - + . e1 .e1") {
				if m.Matches(text) {
					t.Errorf("asked for le=%q, the server's answer has %q", asked, text)
				}
			}
			if m.Matches("") {
				t.Errorf("asked for le=%q, the server's answer has series without it", asked)
			}
		}
	}
}

// someNumber is a bound as people write them.
func someNumber(r *rand.Rand) float64 {
	digits := float64(1 + r.IntN([]int{9, 99, 9999, 999_999_999}[r.IntN(4)]))
	f, err := strconv.ParseFloat(fmt.Sprintf("%.0fe%d", digits, r.IntN(30)-18), 64)
	if err != nil {
		panic(err)
	}
	if r.IntN(20) == 0 {
		return r.NormFloat64() * 100
	}
	return f
}

// spell writes a number in one of the usual ways.
func spell(r *rand.Rand, f float64) string {
	sign := []string{"", "", "+"}[r.IntN(3)]
	if f < 0 {
		sign = "-"
	}
	text := strconv.FormatFloat(math.Abs(f), []byte{'f', 'e', 'g', 'E', 'G'}[r.IntN(5)], -1, 64)
	mantissa, exponent, has := strings.Cut(strings.ToLower(text), "e")
	switch {
	case r.IntN(3) > 0:
	case !strings.Contains(mantissa, "."):
		mantissa += "." + strings.Repeat("0", r.IntN(4))
	default:
		mantissa += strings.Repeat("0", r.IntN(4))
	}
	switch r.IntN(4) {
	case 0:
		mantissa = strings.Repeat("0", r.IntN(3)) + mantissa
	case 1:
		if strings.HasPrefix(mantissa, "0.") && len(mantissa) > 2 {
			mantissa = mantissa[1:]
		}
	}
	e := []string{"e", "E"}[r.IntN(2)]
	switch power, _ := strconv.Atoi(exponent); {
	case !has && r.IntN(4) == 0:
		return sign + mantissa + e + []string{"0", "+0", "-0", "00", "+00"}[r.IntN(5)]
	case !has:
		return sign + mantissa
	case power < 0:
		return sign + mantissa + e + fmt.Sprintf("-%0*d", 1+r.IntN(3), -power)
	default:
		return sign + mantissa + e + []string{"", "+"}[r.IntN(2)] + fmt.Sprintf("%0*d", 1+r.IntN(3), power)
	}
}

func TestAnySpellingIsPickedAndNoOtherNumber(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 7))
	for range 400 {
		f := someNumber(r)
		asked := spell(r, f)
		m := askedFor(asked)
		for range 20 {
			text := spell(r, f)
			if !m.Matches(text) {
				t.Fatalf("asked for le=%q (%v), the server leaves %q out", asked, m, text)
			}
			if slo.CanonicalNumber(text) != strconv.FormatFloat(f, 'g', -1, 64) {
				t.Fatalf("%q is %s, want %g", text, slo.CanonicalNumber(text), f)
			}
			other := []float64{someNumber(r), -f, f * 10, f / 10, math.Nextafter(f, 0), f + 1, math.Trunc(f)}[r.IntN(7)]
			if text := spell(r, other); other != f && other != 0 && m.Matches(text) {
				t.Fatalf("asked for le=%q (%v), the server sends %q", asked, m, text)
			}
		}
	}
}
