package promquery_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/promquery"
)

// types are the metadata of the tests' source.
var types = map[string]string{
	"done": "counter", "om_total": "counter", "kept_total": "counter", "wrong_total": "gauge", "queue": "gauge", "g_seconds_count": "gauge", "untyped": "unknown",
	"x_seconds_bucket": "histogram", "x_seconds_count": "histogram", "native_seconds": "histogram", "y_seconds_count": "summary", "y_seconds": "summary",
}

func typeOf(name string) (string, error) { return types[name], nil }

func ratio(counter slo.Told, good, total string) *slo.Indicator {
	return &slo.Indicator{Name: "i", Counter: counter, Good: &slo.Query{Text: good}, Total: &slo.Query{Text: total}}
}

// sels writes what a meaning counts from.
func sels(m promquery.Meaning) (out []string) {
	for _, side := range m.Sides {
		for _, s := range side.Selectors {
			out = append(out, s.String())
		}
	}
	return out
}

func TestARatioIsCountedFromSamples(t *testing.T) {
	type told = []slo.Told
	any := told{slo.Unsaid, slo.No, slo.Yes}
	for _, tt := range []struct {
		name, good, total string
		counter           told
		want              []string
	}{
		{"rates", `sum(rate(g[5m]))`, `sum(rate(t[5m]))`, any, []string{"g", "t"}},
		{"rates of two windows", `sum by (shop) (rate(g[1m]))`, `sum without (pod) (rate(t[1h]))`, any, []string{"g", "t"}},
		{"rates that are not summed", `rate(g[5m])`, `irate(t[5m])`, any, []string{"g", "t"}},
		{"increases of one window", `sum(increase(g[5m]))`, `sum(increase(t[5m]))`, any, []string{"g", "t"}},
		{"a rate in the scale of an increase", `300 * sum(rate(g[5m]))`, `sum(increase(t[5m]))`, any, []string{"g", "t"}},
		{"rates a minute", `sum(rate(g[5m])) * 60`, `60 * sum(rate(t[5m]))`, any, []string{"g", "t"}},
		{"rates a thousandth", `sum(rate(g[5m])) / 1000`, `sum(rate(t[5m]) / 1000)`, any, []string{"g", "t"}},
		{"rates that may be missing", `sum(rate(g[5m])) or vector(0)`, `sum(rate(t[5m]))`, any, []string{"g", "t"}},
		{"rates of a gauge, as rate() takes it for a counter", `sum(rate(queue[5m]))`, `sum(rate(t[5m]))`, any, []string{"queue", "t"}},
		{"counters by their names", `g_total`, `sum(t_total)`, told{slo.Unsaid, slo.Yes}, []string{"g_total", "t_total"}},
		{"a histogram by its names", `h_bucket{le="1"}`, `h_count`, told{slo.Unsaid, slo.Yes}, []string{`h_bucket{le="1"}`, "h_count"}},
		{"counters by their type", `done`, `om_total`, told{slo.Unsaid, slo.Yes}, []string{"done", "om_total"}},
		{"a histogram by its type", `x_seconds_bucket{le="1"}`, `x_seconds_count`, told{slo.Unsaid, slo.Yes}, []string{`x_seconds_bucket{le="1"}`, "x_seconds_count"}},
		{"native histograms by their type", `native_seconds`, `native_seconds`, told{slo.Unsaid, slo.Yes}, []string{"native_seconds", "native_seconds"}},
		{"a type that says nothing leaves it to the name", `untyped_total`, `y_seconds_count`, told{slo.Unsaid, slo.Yes}, []string{"untyped_total", "y_seconds_count"}},
		{"what the document says to be counters", `untyped`, `nobody_knows`, told{slo.Yes}, []string{"untyped", "nobody_knows"}},
		{"a common factor of counters", `sum(g_total * 2)`, `2 * sum(t_total)`, told{slo.Unsaid, slo.Yes}, []string{"g_total", "t_total"}},
		{"a bound in two spellings", `h_bucket{le=~"1|1\\.0"}`, `h_count`, any[:1], []string{`h_bucket{le=~"1|1\\.0"}`, "h_count"}},
	} {
		for _, counter := range tt.counter {
			m, err := promquery.Read(ratio(counter, tt.good, tt.total), typeOf)
			if err != nil || !m.Raw || m.Grows || len(m.Findings)+len(m.Unasked) > 0 || !reflect.DeepEqual(sels(m), tt.want) {
				t.Errorf("%s, counter %v: %+v, %v; want it counted from %v", tt.name, counter, m, err, tt.want)
			}
		}
	}
}

func TestARatioIsEvaluatedOnAGrid(t *testing.T) {
	for _, tt := range []struct {
		name, good, total string
		counter           slo.Told
		grows             bool
		expr              string // of the first side, where it is not the text
		finding, note     string
	}{
		{"gauges", `queue`, `sum(queue)`, slo.Unsaid, false, "", "", ""},
		{"gauges as the document says", `nobody_knows`, `queue`, slo.No, false, "", "", ""},
		{"a name like a counter's that is said to be none", `g_total`, `queue`, slo.No, false, "", "", "the name of g_total is that of a counter"},
		{"quantiles of a summary", `y_seconds`, `queue`, slo.Unsaid, false, "", "", ""},
		{"recorded rates", `shop:good:rate5m`, `shop:all:rate5m`, slo.Unsaid, false, "", "", ""},
		{"a rate beside a gauge", `sum(rate(g[5m]))`, `queue`, slo.Unsaid, false, "", "sum(rate(g[5m])) could be counted from samples, but the other side, queue,", ""},
		{"a rate beside an expression", `sum(rate(t[5m])) - sum(rate(b[5m]))`, `sum(rate(t[5m]))`, slo.Unsaid, false, "", "write a rate of counters there too", ""},
		{"increases of two windows", `sum(increase(g[5m]))`, `sum(increase(t[10m]))`, slo.Unsaid, false, "", "sum(increase(t[10m])) gives 2 times what sum(increase(g[5m])) gives", ""},
		{"rates of two factors", `60 * sum(rate(g[5m]))`, `sum(rate(t[5m]))`, slo.Yes, false, "", "the same factor on both sides", ""},
		{"counters of two factors", `sum by (shop) (g_total) * 2`, `sum(t_total)`, slo.Yes, true, "(g_total) * 2", "the same factor on both sides", ""},
		{"functions of counters, series by series", `sum by (shop) (clamp_max(g_total, 100))`, `sum(t_total)`, slo.Yes, true, "clamp_max(g_total, 100)", "", ""},
		{"functions of what are counters by name", `sum(round(g_total))`, `t_total`, slo.Unsaid, true, "round(g_total)", "", ""},
		{"differences of counters", `sum(t_total) - sum(b_total)`, `sum(t_total)`, slo.Unsaid, true, "", "", "restarts of single processes are hidden in its sums"},
		{"quantiles", `histogram_quantile(0.9, sum by (le) (rate(h_bucket[5m])))`, `vector(1)`, slo.Unsaid, false, "", "", ""},
	} {
		m, err := promquery.Read(ratio(tt.counter, tt.good, tt.total), typeOf)
		if err != nil || m.Raw || m.Grows != tt.grows || m.Sides[0].Expr != tt.expr || len(m.Unasked) > 0 {
			t.Errorf("%s: %+v, %v", tt.name, m, err)
		}
		one := func(what string, got []string, want string) {
			if text := strings.Join(got, "\n"); (want == "") != (text == "") || !strings.Contains(text, want) {
				t.Errorf("%s: %s %q, want %q", tt.name, what, got, want)
			}
		}
		one("findings", m.Findings, tt.finding)
		one("notes", m.Notes, tt.note)
	}
}

func TestWhatCannotBeCountedIsRefusedWithTheCure(t *testing.T) {
	for _, tt := range []struct {
		name, good, total string
		counter           slo.Told
		side              int
		words             string
	}{
		{"nobody knows", `x`, `t_total`, slo.Unsaid, 0, "cannot tell whether x is a counter: its name does not say, nor does the source; write counter: true"},
		{"names by pattern", `{__name__=~"a|b"}`, `t_total`, slo.Unsaid, 0, `cannot tell whether {__name__=~"a|b"} is a counter`},
		{"name and type differ", `g_total`, `wrong_total`, slo.Unsaid, 1, "write rate(wrong_total[5m]) on both sides"},
		{"a recorded sum of which nothing is said", `shop:errors:sum`, `t_total`, slo.Unsaid, 0, "cannot tell whether shop:errors:sum"},
		{"a gauge said to be a counter", `g_total`, `queue`, slo.Yes, 1, "the source says that queue is a gauge"},
		{"a gauge of a histogram said to be a counter", `g_seconds_count`, `t_total`, slo.Yes, 0, "g_seconds_count is a gauge"},
		{"a recorded rate said to be a counter", `shop:requests_total:rate5m`, `t_total`, slo.Yes, 0, "write the counter that it is made of, such as requests_total"},
		{"a recorded ratio said to be a counter", `shop:availability:ratio_rate1h`, `t_total`, slo.Yes, 0, "is a recorded rate"},
		{"a rate of a recorded rate", `rate(shop:requests:rate5m[5m])`, `rate(t[5m])`, slo.Unsaid, 0, "which is a recorded rate, no counter"},
		{"a ratio said to be a counter", `sum(rate(a[5m])) / sum(rate(b[5m]))`, `t_total`, slo.Yes, 0, "no counters can be found to count from"},
		{"an expression of rates said to be a counter", `sum(rate(a[5m])) - sum(rate(b[5m]))`, `sum(rate(t[5m]))`, slo.Yes, 0, "rate() gives a number for a time"},
		{"a ratio of counters said to be a counter", `a_total / b_total`, `t_total`, slo.Yes, 0, "it is a ratio itself"},
		{"a counter said to be none", `g_total`, `kept_total`, slo.No, 1, "the source says that kept_total is a counter"},
		{"a rate and a counter", `sum(rate(g_total[5m]))`, `sum(t_total)`, slo.Unsaid, 1, "do not go together"},
		{"a rate and a counter, said to be counters", `sum(rate(g_total[5m]))`, `sum(t_total)`, slo.Yes, 1, "do not go together"},
		{"a counter and a gauge", `g_total`, `queue`, slo.Unsaid, 1, "do not go together"},
		{"a sum of a counter and a gauge", `sum(g_total) + sum(queue)`, `t_total`, slo.Unsaid, 0, "the sum means nothing"},
		{"all buckets", `h_bucket`, `h_count`, slo.Yes, 0, `name one bound, such as h_bucket{le="+Inf"}`},
		{"all buckets of a rate", `sum by (le) (rate(h_bucket[5m]))`, `sum(rate(h_count[5m]))`, slo.Unsaid, 0, "an event would count several times"},
		{"several buckets", `h_bucket{le=~"0.1|0.3"}`, `h_count`, slo.Unsaid, 0, "matches several buckets"},
		{"what another shopslo has counted", `shopslo_slo_bad_events_total{slo="cart"}`, `t_total`, slo.Yes, 0, "stands still where that one cannot count"},
		{"a rate of that", `sum(rate(a[5m]))`, `sum(rate(shopslo_slo_events_total[5m]))`, slo.Unsaid, 1, "shopslo_slo_events_total is what a shopslo has counted"},
		{"that by a pattern", `{__name__=~"shopslo_.+"}`, `t_total`, slo.Yes, 0, "shopslo_slo_events_total is what a shopslo has counted"},
		{"a share that a shopslo tells", `shopslo_slo_sli_ratio > 0.5`, `t_total`, slo.No, 0, "shopslo_slo_sli_ratio is what a shopslo has counted"},
		{"all buckets but one", `h_count`, `sum(rate(h_bucket{le!="+Inf"}[5m]))`, slo.Unsaid, 1, "matches several buckets"},
	} {
		ind := ratio(tt.counter, tt.good, tt.total)
		m, err := promquery.Read(ind, typeOf)
		var f *promquery.Fault
		if !errors.As(err, &f) || !strings.Contains(f.Message, tt.words) {
			t.Errorf("%s: %+v, %v; want a fault that says %q", tt.name, m, err, tt.words)
		} else if f.Query != ind.Queries()[tt.side] {
			t.Errorf("%s: the fault is in %q", tt.name, f.Query.Text)
		}
	}
}

func TestRecordedSumsAreNotedAsInexact(t *testing.T) {
	for _, c := range []slo.Told{slo.Yes} {
		m, err := promquery.Read(ratio(c, `shop:good_total:sum`, `shop:all:sum`), typeOf)
		if err != nil || !m.Raw || len(m.Notes) != 2 || !strings.Contains(m.Notes[0], "recorded sum") || !strings.Contains(m.Notes[0], "such as good_total") || len(m.Findings) > 0 {
			t.Errorf("%+v, %v", m, err)
		}
	}
	m, err := promquery.Read(ratio(slo.Unsaid, `sum(rate(shop:good:sum[5m]))`, `sum(rate(t[5m]))`), typeOf)
	if err != nil || !m.Raw || len(m.Notes) != 1 {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestWithoutASourceNamesDecide(t *testing.T) {
	m, err := promquery.Read(ratio(slo.Unsaid, `done`, `t_total`), nil)
	if err != nil || m.Raw || !reflect.DeepEqual(m.Unasked, []string{"done"}) {
		t.Errorf("%+v, %v: only the source can tell", m, err)
	}
	if m, err = promquery.Read(ratio(slo.Unsaid, `sum(g_total) - sum(done)`, `t_total`), nil); err != nil || !reflect.DeepEqual(m.Unasked, []string{"done"}) {
		t.Errorf("%+v, %v: only the source can tell", m, err)
	}
	if m, err = promquery.Read(ratio(slo.Yes, `queue`, `t_total`), nil); err != nil || !m.Raw {
		t.Errorf("%+v, %v: the document says it", m, err)
	}
}

func TestASourceThatCannotBeAskedIsNeededOnlyWhereNamesDoNotTell(t *testing.T) {
	silent := func(string) (string, error) { return "", fmt.Errorf("refused: %w", slo.ErrUnavailable) }
	for _, ind := range []*slo.Indicator{ratio(slo.Unsaid, `g_total`, `h_count`), ratio(slo.Yes, `x`, `y`), ratio(slo.Unsaid, `rate(x[5m])`, `rate(y[5m])`)} {
		if m, err := promquery.Read(ind, silent); err != nil || !m.Raw {
			t.Errorf("%s of %s: %+v, %v", ind.Good.Text, ind.Total.Text, m, err)
		}
	}
	if _, err := promquery.Read(ratio(slo.Unsaid, `x`, `t_total`), silent); !errors.Is(err, slo.ErrUnavailable) || !strings.Contains(err.Error(), "write counter: true or counter: false") {
		t.Errorf("%v: nobody can tell what x is", err)
	}
}

func TestTheCanonicalTextDoesNotDependOnHowItIsWritten(t *testing.T) {
	canonical := func(text string) string {
		m, err := promquery.Read(&slo.Indicator{Kind: slo.RawRatio, Value: &slo.Query{Text: text}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return m.Sides[0].Canonical
	}
	a, b := canonical(`sum by(x)(rate(m{a="1",b=~"2"}[5m]))/sum( n )`), canonical("sum by (x) (\n  rate(m{b=~'2', a=\"1\"}[300s])) # all\n / sum(n)")
	if a != b || a == canonical(`sum by(x)(rate(m{a="1"}[5m]))/sum(n)`) {
		t.Errorf("%s\n%s", a, b)
	}
}
