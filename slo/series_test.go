package slo_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/shopslo/shopslo/slo"
)

var matchTypes = map[slo.MatchType]labels.MatchType{
	slo.Equal: labels.MatchEqual, slo.NotEqual: labels.MatchNotEqual,
	slo.Regexp: labels.MatchRegexp, slo.NotRegexp: labels.MatchNotRegexp,
}

// word draws a short text over an alphabet that regular expressions care about.
func word(r *rand.Rand, alphabet []string, longest int) string {
	var b strings.Builder
	for range r.IntN(longest + 1) {
		b.WriteString(alphabet[r.IntN(len(alphabet))])
	}
	return b.String()
}

func TestMatchersAgreeWithPrometheus(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	patterns := []string{"a", "b", "A", ".", "*", "+", "?", "|", "(", ")", "[ab]", "^", "$", "\n", "(?i:a)", "ä", `\.`, "[^a]", "5..", `\d`}
	values := []string{"a", "b", "A", "\n", "ä", ".", "5", "0"}
	matched, refused := 0, 0
	for range 20_000 {
		mt := slo.MatchType(r.IntN(4))
		pattern := word(r, patterns, 4)
		want, wantErr := labels.NewMatcher(matchTypes[mt], "x", pattern)
		got, err := slo.NewMatcher("x", mt, pattern)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%s %q: error %v, Prometheus has %v", mt, pattern, err, wantErr)
		}
		if err != nil {
			refused++
			continue
		}
		if got.String() != want.String() {
			t.Fatalf("written %s, Prometheus writes %s", got, want)
		}
		for range 8 {
			v := word(r, values, 4)
			if got.Matches(v) != want.Matches(v) {
				t.Fatalf("%s on %q is %v, Prometheus says %v", got, v, got.Matches(v), want.Matches(v))
			}
			if got.Matches(v) {
				matched++
			}
		}
	}
	if matched < 1000 || refused < 100 {
		t.Errorf("%d matches, %d refused patterns: the test has lost its bite", matched, refused)
	}
}

func TestSelectorsAgreeWithPrometheus(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	names, values := []string{"job", "code", "x"}, []string{"", "a", "b", "ab"}
	patterns := []string{"", "a", "b", "a|b", "a.*", ".+", ".*"}
	for range 20_000 {
		ls := slo.Labels{{Name: slo.MetricName, Value: "m"}}
		theirs := labels.NewBuilder(labels.FromStrings(slo.MetricName, "m"))
		for _, n := range names {
			if v := values[r.IntN(len(values))]; v != "" {
				ls = append(ls, slo.Label{Name: n, Value: v})
				theirs.Set(n, v)
			}
		}
		var s slo.Selector
		want := labels.Selector{}
		for range r.IntN(4) {
			n, mt, p := names[r.IntN(len(names))], slo.MatchType(r.IntN(4)), patterns[r.IntN(len(patterns))]
			m, err := slo.NewMatcher(n, mt, p)
			if err != nil {
				t.Fatal(err)
			}
			s = append(s, m)
			want = append(want, labels.MustNewMatcher(matchTypes[mt], n, p))
		}
		if s.Matches(ls) != want.Matches(theirs.Labels()) {
			t.Fatalf("%s on %s is %v, Prometheus disagrees", s, ls, s.Matches(ls))
		}
	}
}

func TestSelectorsAreWrittenSoThatPrometheusReadsTheSame(t *testing.T) {
	matcher := func(n string, mt slo.MatchType, v string) slo.Matcher {
		m, err := slo.NewMatcher(n, mt, v)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	cases := []struct {
		text string
		s    slo.Selector
	}{
		{`up`, slo.Selector{matcher(slo.MetricName, slo.Equal, "up")}},
		{`up{job="a",code!~"5.."}`, slo.Selector{matcher("job", slo.Equal, "a"), matcher(slo.MetricName, slo.Equal, "up"), matcher("code", slo.NotRegexp, "5..")}},
		{`{__name__=~"a|b"}`, slo.Selector{matcher(slo.MetricName, slo.Regexp, "a|b")}},
		{`{__name__="http.requests",job="a"}`, slo.Selector{matcher(slo.MetricName, slo.Equal, "http.requests"), matcher("job", slo.Equal, "a")}},
		{`up{"http.status"="200"}`, slo.Selector{matcher(slo.MetricName, slo.Equal, "up"), matcher("http.status", slo.Equal, "200")}},
		{`{__name__="",job="a"}`, slo.Selector{matcher(slo.MetricName, slo.Equal, ""), matcher("job", slo.Equal, "a")}},
		{`up{x="a\"\\\n\xffä"}`, slo.Selector{matcher(slo.MetricName, slo.Equal, "up"), matcher("x", slo.Equal, "a\"\\\n\xffä")}},
		{`up{__name__="down"}`, slo.Selector{matcher(slo.MetricName, slo.Equal, "up"), matcher(slo.MetricName, slo.Equal, "down")}},
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			if got := c.s.String(); got != c.text {
				t.Fatalf("written %s", got)
			}
			if strings.Contains(c.text, `up{__name__`) {
				return // Prometheus reads no metric that is named twice
			}
			read, err := parser.ParseMetricSelector(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if len(read) != len(c.s) {
				t.Fatalf("Prometheus reads %v", read)
			}
			for _, m := range c.s {
				found := false
				for _, p := range read {
					found = found || p.Name == m.Name && p.Value == m.Value && p.Type == matchTypes[m.Type]
				}
				if !found {
					t.Errorf("Prometheus reads %v, without %v", read, m)
				}
			}
		})
	}
}

func TestLabelsAreWrittenAsPromQLHasThem(t *testing.T) {
	ls := slo.Labels{{Name: slo.MetricName, Value: "up"}, {Name: "job", Value: `a"b`}, {Name: "x", Value: "y"}}
	if got, want := ls.String(), `up{job="a\"b", x="y"}`; got != want {
		t.Errorf("written %s, want %s", got, want)
	}
	if ls.Get("nosuch") != "" {
		t.Errorf("a label that is not there is %q", ls.Get("nosuch"))
	}
}

func TestStalenessMarkersAreThoseOfPrometheus(t *testing.T) {
	if !slo.IsStale(math.Float64frombits(value.StaleNaN)) || slo.StaleNaN != value.StaleNaN {
		t.Error("Prometheus' staleness marker is not known")
	}
	for _, v := range []float64{math.NaN(), math.Float64frombits(value.NormalNaN), 0, math.Inf(1)} {
		if slo.IsStale(v) {
			t.Errorf("%v is taken for a staleness marker", v)
		}
	}
}
