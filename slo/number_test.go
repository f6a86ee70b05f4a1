package slo_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/shopslo/shopslo/slo"
)

func TestLabelsOfNumbersAreComparedAsNumbers(t *testing.T) {
	cases := []struct {
		name, value string
		mt          slo.MatchType
		matches     string // space between; "_" is the absent label
		others      string
	}{
		{"le", "1", slo.Equal, "1 1.0 1e0 +1 1.00 01", "2 10 0.1 +Inf _ x"},
		{"le", "1.0", slo.Equal, "1 1.0", "1.01"},
		{"le", "+Inf", slo.Equal, "+Inf Inf inf Infinity", "1 -Inf _"},
		{"quantile", "0.990", slo.Equal, "0.99 .99 9.9e-1", "0.9 0.999"},
		{"le", "1e6", slo.Equal, "1e+06 1000000 1000000.0 1.0E6", "1e7"},
		{"le", "0", slo.Equal, "0 0.0 -0", "1"},
		{"le", "fast", slo.Equal, "fast", "1 _"},
		{"le", "", slo.Equal, "_", "0 1"},
		{"le", "1", slo.NotEqual, "2 +Inf _", "1 1.0"},
		{"le", "", slo.NotEqual, "1 0", "_"},
		{"le", `1\.0|2`, slo.Regexp, "1 1.0 2 2.0", "1.5 20 _"},
		{"le", `0\.50|1\.00`, slo.Regexp, "0.5 .5 5e-1 1 1e0", "0.51 10"},
		{"le", `0\.50`, slo.NotRegexp, "1 _", "0.5 .5"},
		{"le", `1|2\.0`, slo.Regexp, "1 1.0 2 2.0", "12"},
		{"le", `0\.[0-9]+`, slo.Regexp, "0.5 5e-1 0.0 0 0.00025", "1 1.5 _"},
		{"le", `.+`, slo.Regexp, "0.5 +Inf", "_"},
		{"le", `1\.0`, slo.NotRegexp, "2 +Inf _", "1 1.0"},
		{"code", "1", slo.Equal, "1", "1.0"},
		{"code", "1", slo.NotEqual, "1.0", "1"},
		{"code", `1\.0`, slo.Regexp, "1.0", "1"},
	}
	for _, c := range cases {
		m, err := slo.NewMatcher(c.name, c.mt, c.value)
		if err != nil {
			t.Fatal(err)
		}
		for want, values := range map[bool]string{true: c.matches, false: c.others} {
			for v := range strings.FieldsSeq(values) {
				if v = strings.Trim(v, "_"); m.Matches(v) != want {
					t.Errorf("%v on %q is %v", m, v, !want)
				}
			}
		}
	}
}

func TestNumbersHaveOneSpelling(t *testing.T) {
	for text, want := range map[string]string{
		"1": "1", "1.0": "1", "1e0": "1", "0.50": "0.5", "1000000.0": "1e+06", "Inf": "+Inf", "infinity": "+Inf", "-0": "0",
		"": "", "x": "x", "NaN": "NaN", "0x10": "0x10", "1_0": "1_0", "1e999": "1e999",
	} {
		if got := slo.CanonicalNumber(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestWiderSelectors(t *testing.T) {
	const (
		asOne  = `\\+?0*(?:1(?:\\.0*)?(?:[eE][+-]?0+)?|\\.10*[eE]\\+?0*1|10(?:\\.0*)?[eE]-0*1|100(?:\\.0*)?[eE]-0*2)`
		asHalf = `\\+?0*(?:\\.50*(?:[eE][+-]?0+)?|5(?:\\.0*)?[eE]-0*1|50(?:\\.0*)?[eE]-0*2|500(?:\\.0*)?[eE]-0*3)`
	)
	cases := []struct{ in, want string }{
		{`x`, `x`},
		{`x{code="1"}`, `x{code="1"}`},
		{`x{le="1"}`, `x{le=~"` + asOne + `"}`},
		{`x{le="1.0"}`, `x{le=~"` + asOne + `"}`},
		{`x{le="0.5"}`, `x{le=~"` + asHalf + `"}`},
		{`x{le="0.50"}`, `x{le=~"` + asHalf + `"}`},
		{`x{le="fast"}`, `x{le="fast"}`},
		{`x{le=""}`, `x{le=""}`},
		{`x{le!="1"}`, `x{le!="1"}`},
		{`x{le=~"0\\.5|1"}`, `x{le=~"` + asHalf + "|" + asOne + `"}`},
		{`x{le=~"1|1\\.0"}`, `x{le=~"` + asOne + `"}`},
		{`x{le=~"0[.]5"}`, `x{le=~"` + asHalf + `"}`},
		{`x{le=~"1.5"}`, `x{le!=""}`},
		{`x{le=~"[0-9]+"}`, `x{le!=""}`},
		{`x{le=~"1|"}`, `x{le=~".*"}`},
		{`x{le=~".*"}`, `x{le=~".*"}`},
		{`x{le!~"1|2"}`, `x{le!~"1|2"}`},
		{`x{quantile="1",le="0.5"}`, `x{quantile=~"` + asOne + `",le=~"` + asHalf + `"}`},
	}
	for _, c := range cases {
		in := selectorOf(t, c.in)
		if got := slo.Wider(in).String(); got != c.want {
			t.Errorf("%s is asked for as %s, want %s", c.in, got, c.want)
		}
		if in.String() != c.in {
			t.Errorf("%s has become %s", c.in, in)
		}
	}
}

// What a server picks as texts by the wider selector holds all that the selector picks
// by numbers, in any usual spelling.
func TestWiderSelectorsLoseNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	values := []string{"", "1", "1.0", "1.00", "1e0", "01", "0.5", ".5", "0.50", "5e-01", "10", "10.0", "1e+07", "10000000", "1.0E7", "+Inf", "Inf", "125", "125.0", "1.25", "x"}
	patterns := append([]string{".+", ".*", "1.*", `1\.0|10`, "1.5", `0\.5|1`, `0\.50`, "1|", `\+Inf`, "[15]+", `1\.25`}, values...)
	picked := 0
	for range 5000 {
		mt, pattern := slo.MatchType(r.IntN(4)), patterns[r.IntN(len(patterns))]
		m, err := slo.NewMatcher("le", mt, pattern)
		if err != nil {
			continue // +Inf as an expression
		}
		w := slo.Wider(slo.Selector{m})[0]
		server := labels.MustNewMatcher(matchTypes[w.Type], "le", w.Value)
		v := values[r.IntN(len(values))]
		if m.Matches(v) {
			picked++
			if !server.Matches(v) {
				t.Fatalf("%v picks %q, and %v does not", m, v, server)
			}
		}
	}
	if picked < 500 {
		t.Errorf("only %d were picked: the test has lost its bite", picked)
	}
}

func selectorOf(t *testing.T, text string) slo.Selector {
	t.Helper()
	ms, err := parseSelector(text)
	if err != nil {
		t.Fatal(err)
	}
	return ms
}

func parseSelector(text string) (slo.Selector, error) {
	ms, err := parser.ParseMetricSelector(text)
	if err != nil {
		return nil, err
	}
	var out slo.Selector
	for _, p := range ms {
		for ours, theirs := range matchTypes {
			if theirs != p.Type {
				continue
			}
			m, err := slo.NewMatcher(p.Name, ours, p.Value)
			if err != nil {
				return nil, err
			}
			out = append(out, m)
		}
	}
	return out, nil
}
