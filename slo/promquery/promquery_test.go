package promquery_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/promquery"
)

func TestClassify(t *testing.T) {
	tests := []struct {
		name, text string
		// want are the selectors; nil for an expression.
		want []string
	}{
		{"a bare metric is a selector", `http_requests_total`, []string{`http_requests_total`}},
		{"matchers are kept in all four kinds", `m{a="1", b!="2", c=~"3.*", d!~"4"}`, []string{`m{a="1",b!="2",c=~"3.*",d!~"4"}`}},
		{"white space, comments and line breaks do not matter", "\n  m{ a = '1' } # the carts\n", []string{`m{a="1"}`}},
		{"parentheses are taken off", `((m))`, []string{`m`}},
		{"a leading plus is taken off", `+m`, []string{`m`}},
		{"a plain sum is taken off", `sum(m{a="1"})`, []string{`m{a="1"}`}},
		{"a sum by labels is taken off", `sum by (code, shopset) (m)`, []string{`m`}},
		{"a sum without labels is taken off", `sum without (instance) (m)`, []string{`m`}},
		{"sums of sums are taken off", `sum(sum by (code) ((m)))`, []string{`m`}},
		{"a quoted UTF-8 name is a selector", `{"http.requests", a="1"}`, []string{`{__name__="http.requests",a="1"}`}},
		{"a name by pattern is a selector", `{__name__=~"a_total|b_total"}`, []string{`{__name__=~"a_total|b_total"}`}},
		{"a histogram's bucket is a selector", `sum(h_bucket{le="0.3"})`, []string{`h_bucket{le="0.3"}`}},

		{"or of one metric is a union", `m{code="500"} or m{code="503"}`, []string{`m{code="500"}`, `m{code="503"}`}},
		{"or of three is a union", `sum(m{a="1"} or m{a="2"} or (m{a="3"}))`, []string{`m{a="1"}`, `m{a="2"}`, `m{a="3"}`}},
		{"or of two metrics hides series, so it is an expression", `a_total or b_total`, nil},
		{"or of patterns is an expression", `{__name__=~"a.*"} or {__name__=~"a.*"}`, nil},
		{"or on labels is an expression", `m{a="1"} or on(job) m{a="2"}`, nil},
		{"or of sums shows the second only where the first is missing", `sum(m{a="1"}) or sum(m{a="2"})`, nil},
		{"or zero adds nothing", `m or vector(0)`, []string{`m`}},
		{"or zero on no labels adds nothing", `sum(m) or on() vector(0)`, []string{`m`}},
		{"or zero with labels adds nothing", `sum by (shop) (m) or label_replace(vector(0), "shop", "a", "", "")`, []string{`m`}},
		{"or zero times the rest adds nothing", `sum by (shop) (m) or 0 * sum by (shop) (n)`, []string{`m`}},
		{"sums of which one may be missing add up", `sum(a) + (sum(b) or vector(0))`, []string{`a`, `b`}},
		{"or one is an expression", `m or vector(1)`, nil},
		{"zero first hides the rest, so it is an expression", `vector(0) or m`, nil},

		{"a factor is taken off", `60 * sum(m) / 1000`, []string{`m`}},
		{"a factor that is computed is taken off", `sum(m * (60 / 5))`, []string{`m`}},
		{"a factor of zero is an expression", `sum(m) * 0`, nil},
		{"a negative factor is an expression", `m * -1`, nil},
		{"a number divided is an expression", `1 / m`, nil},
		{"an infinite factor is an expression", `m / 0`, nil},
		{"a product of series is an expression", `sum(m * m)`, nil},

		{"a rate says how the series grow", `rate(m[5m])`, []string{`m`}},
		{"a summed rate likewise", `sum by (shop) (rate(m{a="1"}[5m]))`, []string{`m{a="1"}`}},
		{"a summed irate likewise", `sum without (pod) (irate(m[1m]))`, []string{`m`}},
		{"an increase likewise", `sum(increase(m[1h]))`, []string{`m`}},
		{"an increase in minutes likewise", `sum(increase(m[1h])) / 60`, []string{`m`}},
		{"rates of one metric unite", `sum(rate(m{a="1"}[5m]) or rate(m{a="2"}[1m]))`, []string{`m{a="1"}`, `m{a="2"}`}},
		{"increases of two lengths do not", `increase(m{a="1"}[5m]) or increase(m{a="2"}[1m])`, nil},
		{"rates of two metrics add up", `sum(rate(a[5m])) + sum(rate(b[5m]))`, []string{`a`, `b`}},
		{"rates of overlapping series do not", `sum(rate(a[5m])) + sum(rate(a{x="1"}[5m]))`, nil},
		{"a rate and a counter do not add up", `sum(rate(a[5m])) + sum(b)`, nil},
		{"rates of two scales do not add up", `sum(rate(a[5m])) + 60 * sum(rate(b[5m]))`, nil},
		{"a rate of another time is an expression", `rate(m[5m] offset 5m)`, nil},
		{"a rate of a subquery is an expression", `rate(m[5m:1m])`, nil},
		{"another function of a range is an expression", `delta(m[5m])`, nil},
		{"a largest rate is an expression", `max(rate(m[5m]))`, nil},
		{"a ratio of rates is an expression", `sum(rate(a[5m])) / sum(rate(b[5m]))`, nil},

		{"sums of two metrics add up", `sum(a_total) + sum(b_total)`, []string{`a_total`, `b_total`}},
		{"sums of series that a value tells apart add up", `sum(m{code="500"}) + sum(m{code=~"50[23]"})`, []string{`m{code="500"}`, `m{code=~"50[23]"}`}},
		{"three sums add up", `sum(a) + sum(b) + sum(c)`, []string{`a`, `b`, `c`}},
		{"sums that may overlap would count twice, so they are an expression", `sum(m) + sum(m{code="500"})`, nil},
		{"the third sum may overlap with the first", `sum(a) + sum(b) + sum(a{x="1"})`, nil},
		{"sums by labels drop what has no partner", `sum by (x) (a) + sum by (x) (b)`, nil},
		{"a sum without nothing keeps all labels", `sum without () (a) + sum without () (b)`, nil},
		{"selectors added drop what has no partner", `a_total + b_total`, nil},
		{"a sum of an addition is an expression", `sum(a + b)`, nil},
		{"sums added on labels are an expression", `sum(a) + on(x) sum(b)`, nil},

		{"offset is an expression", `m offset 5m`, nil},
		{"a negative offset is an expression", `m offset -5m`, nil},
		{"@ is an expression", `m @ 1600000000`, nil},
		{"@ end() is an expression", `m @ end()`, nil},
		{"another aggregation is an expression", `max(m)`, nil},
		{"count is an expression", `count by (x) (m)`, nil},
		{"a subtraction is an expression", `sum(a) - sum(b)`, nil},
		{"a negated selector is an expression", `-m`, nil},
		{"a comparison is an expression", `m > 0`, nil},
		{"a number is an expression", `1`, nil},
		{"a function of a selector is an expression", `abs(m)`, nil},
		{"a subquery's function is an expression", `max_over_time(m[1h:1m])`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, err := promquery.Classify(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range q.Selectors {
				got = append(got, s.String())
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%s gives selectors %q, want %q", tt.text, got, tt.want)
			}
			if q.Selects() != (tt.want != nil) {
				t.Errorf("Selects() = %v", q.Selects())
			}
			if q.Text != strings.TrimSpace(tt.text) {
				t.Errorf("Text = %q", q.Text)
			}
		})
	}
}

func TestSelectorsMatchAsPromQLDoes(t *testing.T) {
	q, err := promquery.Classify(`m{code=~"5..", path!~"/health|/ready", shop!="", zone=""}`)
	if err != nil {
		t.Fatal(err)
	}
	series := func(kv ...string) slo.Labels {
		ls := slo.Labels{{Name: slo.MetricName, Value: "m"}}
		for i := 0; i < len(kv); i += 2 {
			ls = append(ls, slo.Label{Name: kv[i], Value: kv[i+1]})
		}
		return ls
	}
	for _, tt := range []struct {
		name string
		ls   slo.Labels
		want bool
	}{
		{"all hold", series("code", "503", "path", "/", "shop", "a"), true},
		{"patterns are anchored", series("code", "5030", "shop", "a"), false},
		{"a pattern excludes", series("code", "503", "path", "/ready", "shop", "a"), false},
		{"a missing label is empty", series("code", "503"), false},
		{"an empty value means no label", series("code", "503", "shop", "a", "zone", "x"), false},
	} {
		if got := q.Selectors[0].Matches(tt.ls); got != tt.want {
			t.Errorf("%s: %v matches = %v, want %v", tt.name, tt.ls, got, tt.want)
		}
	}
}

func TestErrorsSayWhereAndWhatToDo(t *testing.T) {
	tests := []struct {
		name, text   string
		line, column int
		words        string
	}{
		{"an open brace", "m{a=\"1\"", 1, 8, "unexpected end of input"},
		{"a fault in the second line", "sum(\n  m{a=1}\n)", 2, 7, "expected"},
		{"columns count characters, not bytes", `m{a="é"} m`, 1, 10, "unexpected identifier"},
		{"nothing", "", 1, 1, "no expression"},
		{"Sloth's window", `sum(rate(m[{{.window}}]))`, 1, 12, "template"},
		{"Sloth's window with spaces", "sum(\nrate(m[{{ .window }}]))", 2, 8, "write the query without it"},
		{"a dashboard's variable", `rate(m[$__rate_interval])`, 1, 8, "dashboard's variable"},
		{"a range vector", ` m[5m]`, 1, 2, "range vector; a query must give an instant vector"},
		{"a string", `"m"`, 1, 1, "gives a string"},
		{"a selector of everything", `{a=~".*"}`, 1, 1, "at least one non-empty matcher"},
		{"an unknown function", `rated(m[5m])`, 1, 1, "unknown function"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := promquery.Classify(tt.text)
			var e *promquery.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v is not an *Error", err)
			}
			if e.Line != tt.line || e.Column != tt.column || !strings.Contains(e.Error(), tt.words) {
				t.Errorf("%v; want line %d, column %d and the words %q", e, tt.line, tt.column, tt.words)
			}
		})
	}
}

func TestATemplateWithinAStringIsData(t *testing.T) {
	q, err := promquery.Classify(`m{path="/{{.id}}"}`)
	if err != nil || !q.Selects() {
		t.Errorf("got %v, %v", q, err)
	}
}

func TestWarnings(t *testing.T) {
	tests := []struct {
		name, text string
		words      []string // one for each warning, in order
	}{
		{"a plain bound", `h_bucket{le="0.3"}`, nil},
		{"the infinite bound", `h_bucket{le="+Inf"}`, nil},
		{"a bound of an expression with a needless zero", `abs(h_bucket{le="0.30"})`, []string{`write this bound as "0.3"`}},
		{"a whole bound of an expression", `abs(h_bucket{le="1"})`, []string{`le=~"1|1\\.0"`}},
		{"a whole bound with .0 of an expression", `abs(h_bucket{le="1.0"})`, []string{`le=~"1|1\\.0"`}},
		{"a whole bound of counted series, which is a number", `h_bucket{le="1"}`, nil},
		{"both spellings of a whole bound", `h_bucket{le=~"1|1\\.0"}`, nil},
		{"a large bound", `h_bucket{le="1e+06"}`, nil},
		{"a large bound spelled out", `abs(h_bucket{le="1000000"})`, []string{`"1e+06"`}},
		{"no number", `h_bucket{le="fast"}`, []string{"not a number"}},
		{"a pattern of bounds", `h_bucket{le=~"0.*"}`, []string{"several buckets"}},
		{"no bound where a quantile needs them all", `histogram_quantile(0.9, sum by (le) (rate(h_bucket[5m])))`, nil},
		{"no name", `{job="x"}`, []string{"names no single metric"}},
		{"a quotient of rates, which is a ratio itself", `sum(rate(m[5m])) / sum(rate(n[5m]))`, nil},
		{"a largest rate", `max(rate(m[5m]))`, nil},
		{"nothing to say", `sum(m)`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, err := promquery.Classify(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if len(q.Warnings) != len(tt.words) {
				t.Fatalf("warnings %q, want %d", q.Warnings, len(tt.words))
			}
			for i, w := range tt.words {
				if !strings.Contains(q.Warnings[i], w) {
					t.Errorf("warning %q does not say %q", q.Warnings[i], w)
				}
			}
		})
	}
}

func FuzzClassify(f *testing.F) {
	for _, s := range []string{
		`m{a="1"}`, `sum by (x) (m or m{a=~"b"})`, `sum(a)+sum(b)`, `60*sum(rate(m[5m]))or vector(0)`, `m*(1/-0)`, `rate(m[5m]) offset 1m`, `m @ end()`,
		`sum(rate(m[{{.window}}]))`, "m{\n", `{"a.b", c!~"d"}`, `h_bucket{le=~"1|1\\.0"}`, `"\xff"`, `$x`, ``,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := promquery.Classify(text)
		if err != nil {
			var e *promquery.Error
			if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 || e.Line > strings.Count(text, "\n")+1 {
				t.Fatalf("%q: error without a place in the text: %v", text, err)
			}
			return
		}
		for _, counter := range []slo.Told{slo.Unsaid, slo.Yes} {
			ind := &slo.Indicator{Counter: counter, Good: &slo.Query{Text: text}, Total: &slo.Query{Text: "t_total"}}
			if m, err := promquery.Read(ind, nil); err == nil && len(m.Sides) != 2 {
				t.Fatalf("%q: %+v", text, m)
			}
		}
		// A selector written out is the same selector.
		for _, s := range q.Selectors {
			again, err := promquery.Classify(s.String())
			if err != nil || len(again.Selectors) != 1 || again.Selectors[0].String() != s.String() {
				t.Fatalf("%q: selector %s reads back as %v, %v", text, s, again.Selectors, err)
			}
		}
	})
}
