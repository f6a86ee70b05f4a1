package openslo_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/slo/openslo"
)

// change is the plain document with one piece replaced.
func change(old, new string) string {
	if !strings.Contains(plain, old) {
		panic("the plain document has no " + old)
	}
	return strings.Replace(plain, old, new, 1)
}

// TestFaults: each document has exactly one fault.
func TestFaults(t *testing.T) {
	tests := []struct {
		name  string
		doc   string
		line  int
		words string
	}{
		{"no YAML", "a: b: c", 1, "is not YAML"},
		{"a text", "hello", 1, "is not an OpenSLO object"},
		{"a list of texts", "- hello", 1, "is not an OpenSLO object"},
		{"nothing", "# nothing\n---\n", 0, "has no document"},
		{"no apiVersion", "kind: SLO", 1, "write apiVersion: openslo/v1"},
		{"an older version", "kind: SLO\napiVersion: openslo/v1alpha", 2, `"openslo/v1alpha" is not read; only openslo/v1 is`},
		{"an unknown kind", "apiVersion: openslo/v1\nkind: Slo", 2, `kind "Slo" is not one of OpenSLO v1 (did you mean "SLO"?)`},
		{"no kind", "apiVersion: openslo/v1", 1, "known here: AlertCondition"},
		{"an unknown key at the top", plain + "status: {}\n", 16, `status: unknown key (known here: apiVersion, kind, metadata, spec)`},
		{"a misspelt key", change("objectives:", "objectivs:"), 15, `objectivs: unknown key (did you mean "objectives"?)`},
		{"a key in the wrong case", change("target:", "Target:"), 15, `(did you mean "target"?)`},
		{"a key twice", change("spec:\n", "spec:\n  service: a\n"), 6, `service: is given twice, first on line 5`},
		{"a name of capital letters", change("name: x", "name: Cart"), 3, "small letters"},
		{"no name", change("{name: x}", "{displayName: x}"), 3, "metadata.name: is required"},
		{"a number for a text", change("service: shop", "service: 5"), 5, "needs a text, found the number 5; write it in quotes"},
		{"a text for a number", change("0.999", `"0.999"`), 15, "number"},
		{"no number for a number", change("0.999", ".nan"), 15, "number"},
		{"a text for a truth value", change("isRolling: true", "isRolling: maybe"), 13, "needs true or false"},
		{"a mapping for a list", change("[{target: 0.999}]", "{target: 0.999}"), 15, "needs a list"},
		{"a text for a mapping", change("[{target: 0.999}]", "[0.999]"), 15, "needs a mapping"},
		{"an empty item", change("[{target: 0.999}]", "[{target: 0.999}, ]\n  alertPolicies: [null]"), 16, "found nothing"},
		{"no objectives", change("[{target: 0.999}]", "[]"), 15, "spec.objectives: is required"},
		{"no budgeting method", change(occurrence, ""), 5, "spec.budgetingMethod: is required"},
		{"an unknown budgeting method", change("Occurrences", "Occurences"), 14, "must be one of"},
		{"both targets", change("target: 0.999", "target: 0.999, targetPercent: 99.9"), 15, "mutually exclusive"},
		{"no target", change("target: 0.999", "displayName: a"), 15, "one of [target, targetPercent]"},
		{"a target of 1", change("0.999", "1"), 15, "must be below 1; write 99.9 % as 0.999"},
		{"a percentage for a ratio", change("0.999", "99.9"), 15, "must be below 1; write 99.9 % as 0.999"},
		{"a target of 0", change("0.999", "0"), 15, "not between 0 and 1"},
		{"a target too fine", change("0.999", "0.99999999999"), 15, "more than nine decimals"},
		{"no time window", change(rolling, ""), 5, "a budget needs a window"},
		{"two time windows", change("[{duration: 28d, isRolling: true}]", "[{duration: 28d, isRolling: true}, {duration: 7d, isRolling: true}]"), 13, "takes one entry; write an SLO for each other one"},
		{"a window neither rolling nor calendar", change(", isRolling: true", ""), 13, "'calendar' must be set"},
		{"no duration", change("duration: 28d, ", ""), 13, "duration: is required"},
		{"a duration in seconds", change("28d", "90s"), 13, `"90s" is not whole minutes`},
		{"a duration with a blank", change("28d", "28 d"), 13, "is not a duration"},
		{"a negative duration", change("28d", "-1d"), 13, "must be longer than 0"},
		{"a bare number of a window", change("28d", "28"), 13, "is not a duration"},
		{"a duration of 0", change("28d", "0d"), 13, "must be longer than 0"},
		{"a rolling month", change("28d", "1M"), 13, "changes its length from day to day"},
		{"a rolling age", change("28d", "99999w"), 13, "longer than 50 years"},
		{"a window of calendar minutes", change("28d, isRolling: true", "1m, calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}"), 13,
			"the shortest is 1d (m is minutes; for months write 1M)"},
		{"a time zone of the machine", change("28d, isRolling: true", "1M, calendar: {startTime: 2026-01-01 00:00:00, timeZone: Local}"), 13, "valid IANA"},
		{"no time zone", change("28d, isRolling: true", "1M, calendar: {startTime: 2026-01-01 00:00:00}"), 13, "valid IANA"},
		{"no start time", change("28d, isRolling: true", "1M, calendar: {timeZone: UTC}"), 13, "startTime"},
		{"no UTF-8", plain + "# \xff", 16, "is not UTF-8"},
		{"an unknown time zone", change("28d, isRolling: true", "1M, calendar: {startTime: 2026-01-01 00:00:00, timeZone: Asia/Tokio}"), 13, "Asia/Tokio"},
		{"a start with a zone", change("28d, isRolling: true", `1M, calendar: {startTime: "2026-01-01T00:00:00Z", timeZone: UTC}`), 13, "startTime: must be a date and time without a zone, such as 2026-01-01 00:00:00"},
		{"an ancient start", change("28d, isRolling: true", "1M, calendar: {startTime: 1026-01-01 00:00:00, timeZone: UTC}"), 13, "between the years 1970 and 2200"},
		{"no indicator", change(ratio, ""), 5, "none were provided"},
		{"an unknown indicator", change(ratio, "  indicatorRef: request\n") + sliDoc, 6, `there is no SLI "request" among the documents (did you mean "requests"?)`},
		{"indicator twice over", change(ratio, ratio+"  indicatorRef: requests\n") + sliDoc, 5, "indicatorRef"},
		{"good and bad", change("bad: {", "good: {metricSource: {spec: {query: g}}}\n        bad: {"), 10, "mutually exclusive"},
		{"no total", change("total:", "good:"), 10, "needs raw, or total with good or bad"},
		{"raw without its type", change(ratio, rawIndicator("")), 6, "rawType: is required"},
		{"raw of an unknown type", change(ratio, rawIndicator("rawType: fail, ")), 6, "must be one of"},
		{"value beside a ratio", change("target: 0.999", "target: 0.999, value: 5"), 15, "forbidden"},
		{"no op for a threshold", header + threshold + rolling + occurrence + "  objectives: [{value: 1, target: 0.9}]", 12, "op: is required"},
		{"an unknown op", header + threshold + rolling + occurrence + "  objectives: [{op: le, value: 1, target: 0.9}]", 12, "must be one of"},
		{"no query", change("{query: 'bad_total'}", "{}"), 11, "has no query to compute"},
		{"an empty query", change("'bad_total'", "' '"), 11, "has no query to compute"},
		{"a misspelt query", change("query: 'bad_total'", "querry: bad_total"), 11, "write the query's text as spec.query, not querry"},
		{"more than a query", change("query: 'bad_total'", "query: bad_total, dimensions: [a]"), 11, "spec.dimensions: is not understood"},
		{"another query language", change("query: 'bad_total'", "query: bad_total, queryType: sql"), 11, "spec.queryType: is not understood"},
		{"a source that cannot be computed", change("type: Prometheus, spec: {query: 'bad_total'}", "type: Datadog, spec: {query: b}"), 11, `data sources of type "Datadog" cannot be computed`},
		{"a referred source that cannot be computed", change("type: Prometheus, spec: {query: 'bad_total'}", "metricSourceRef: cw, spec: {query: b}") + sourceDoc, 11,
			`type "CloudWatch" cannot be computed`},
		{"a type that is not the source's", change("type: Prometheus, spec: {query: 'bad_total'}", "metricSourceRef: cw, type: Prometheus, spec: {query: b}") + sourceDoc, 11,
			`is "Prometheus", but DataSource "cw" (f.yaml:20) is of type "CloudWatch"`},
		{"no time slice", change("Occurrences", "RatioTimeslices"), 15, "timeSliceWindow: is required"},
		{"no time slice target", strings.Replace(change("Occurrences", "Timeslices"), "target: 0.999", "target: 0.9, timeSliceWindow: 1m", 1), 15, "timeSliceTarget: is required"},
		{"half a minute", strings.Replace(change("Occurrences", "RatioTimeslices"), "target: 0.999", "target: 0.9, timeSliceWindow: 0.5", 1), 15, "is not a duration"},
		{"a time slice of a month", strings.Replace(change("Occurrences", "RatioTimeslices"), "target: 0.999", "target: 0.9, timeSliceWindow: 1M", 1), 15, "no fixed length"},
		{"a time slice of ages", strings.Replace(change("Occurrences", "RatioTimeslices"), "target: 0.999", "target: 0.9, timeSliceWindow: 999999d", 1), 15, "longer than 50 years"},
		{"a time slice beyond the window", strings.Replace(change("Occurrences", "RatioTimeslices"), "target: 0.999", "target: 0.9, timeSliceWindow: 5w", 1), 15, "longer than the window"},
		{"a weight that weighs nothing", change("target: 0.999", "target: 0.999, compositeWeight: 2"), 15, "compositeWeight: means nothing"},
		{"a weight of 0", composite("compositeWeight: 0", ""), 9, "greater than '0'"},
		{"half a composite", composite("", "") + "  - {target: 0.9}\n", 11, "every objective needs one"},
		{"two slices in a composite", strings.Replace(composite("timeSliceWindow: 1m", "timeSliceWindow: 5m"), "Occurrences", "RatioTimeslices", 1), 10, "must share it"},
		{"two slice targets in a composite", strings.Replace(composite("timeSliceWindow: 1m, timeSliceTarget: 0.5", "timeSliceWindow: 1m, timeSliceTarget: 0.6"), "Occurrences", "Timeslices", 1), 10, "must share it"},
		{"an unknown annotation", annotated(`shopslo.dev/tier: "a"`), 3, `unknown annotation (did you mean "shopslo.dev/tiers"?)`},
		{"an annotation that is no text", annotated("shopslo.dev/min-events: 5"), 3, "write it in quotes"},
		{"an empty tier", annotated(`shopslo.dev/tiers: "a,"`), 3, "empty name"},
		{"a tier twice", annotated(`shopslo.dev/tiers: "a,a"`), 3, "twice"},
		{"no number of events", annotated(`shopslo.dev/min-events: "many"`), 3, "not a positive number"},
		{"a negative number of events", annotated(`shopslo.dev/min-events: "-1"`), 3, "not a positive number"},
		{"endless events", annotated(`shopslo.dev/min-events: "inf"`), 3, "not a positive number"},
		{"an unknown first sample", annotated(`shopslo.dev/first-sample: "one"`), 3, "not one of auto, zero, ignore"},
		{"a bound that is no number", annotated(`shopslo.dev/bound: "500ms"`), 3, `"500ms" is not a bucket's bound, such as "0.5"`},
		{"a bound of 0", annotated(`shopslo.dev/bound: "0"`), 3, `"0" is not a bucket's bound`},
		{"a bound of what is bad", annotated(`shopslo.dev/bound: "0.5"`), 3, "so it needs a ratioMetric of good and total"},
		{"an absence that is neither", annotated(`shopslo.dev/absent-is-zero: "yes"`), 3, `"yes" is not "true" or "false"`},
		{"an annotation on an indicator", change("{name: requests}", `{name: requests, annotations: {shopslo.dev/tiers: "a"}}`), 7, "write it into the metadata of the SLO"},
		{"an annotation on a source", strings.Replace(sourceDoc, "name: cw", `name: cw, annotations: {shopslo.dev/tiers: "a"}`, 1), 4, "write it into the metadata of the SLO"},
		{"a label of numbers", strings.Replace(sourceDoc, "name: cw", "name: cw, labels: {a: [1]}", 1), 4, "needs a text"},
		{"one name for two SLOs", plain + "---\n" + plain, 19, `another SLO of this name at f.yaml:3`},
		{"one name for two indicators", sliDoc + sliDoc, 9, `another SLI of this name at f.yaml:4`},
		{"an alert policy with an unknown key", "apiVersion: openslo/v1\nkind: AlertPolicy\nmetadata: {name: A}\nspec: {alertWhenBreeching: true}", 4, `did you mean "alertWhenBreaching"?`},
		{"an unknown op for an indicator by reference", header + "  indicatorRef: requests\n" + rolling + occurrence + "  objectives: [{op: le, value: 1, target: 0.9}]\n" + sliDoc, 9, `"le" is not one of lt, lte, gt, gte`},
		{"no op for an indicator by reference", header + "  indicatorRef: requests\n" + rolling + occurrence + "  objectives: [{value: 1, target: 0.9}]\n" + sliDoc, 9, "op: is missing"},
		{"no value for an indicator by reference", header + "  indicatorRef: requests\n" + rolling + occurrence + "  objectives: [{op: lt, target: 0.9}]\n" + sliDoc, 9, "value: is missing"},
		{"value beside a ratio by reference", header + "  indicatorRef: requests\n" + rolling + occurrence + "  objectives: [{value: 1, target: 0.9}]\n" + ratioDoc, 9, "value: means nothing beside the ratioMetric"},
		{"a window of calendar hours", change("28d, isRolling: true", "6h, calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}"), 13, "a calendar window of 6h cannot be counted"},
		{"a merge of a text", change("spec:\n", "spec:\n  <<: a\n"), 5, "to merge (<<)"},
		{"a key that is a list", change("spec:\n", "spec:\n  ? [a]\n  : b\n"), 5, "needs keys that are texts"},
		{"an alias of itself", change("service: shop", "service: shop\n  description: &a [*a]"), 6, "*a stands inside of what it names"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			docs, err := openslo.Parse("f.yaml", []byte(tt.doc))
			faults := asFaults(t, err)
			if len(faults) != 1 {
				t.Fatalf("%d faults, want 1:\n%v\n%s", len(faults), err, tt.doc)
			}
			f := faults[0]
			if f.File != "f.yaml" || f.Line != tt.line || !strings.Contains(f.Message, tt.words) {
				t.Errorf("%v, want line %d and %q\n%s", f, tt.line, tt.words, tt.doc)
			}
			for _, s := range docs.SLOs {
				if s.Name != "x" || !strings.HasPrefix(tt.name, "one name") {
					t.Errorf("SLO %q came out of a document with a fault", s.Name)
				}
			}
		})
	}
}

const (
	sliDoc    = "---\napiVersion: openslo/v1\nkind: SLI\nmetadata: {name: requests}\nspec: {thresholdMetric: {metricSource: {spec: {query: v}}}}\n"
	ratioDoc  = "---\napiVersion: openslo/v1\nkind: SLI\nmetadata: {name: requests}\nspec: {ratioMetric: {rawType: success, raw: {metricSource: {spec: {query: v}}}}}\n"
	sourceDoc = "---\napiVersion: openslo/v1\nkind: DataSource\nmetadata: {name: cw}\nspec: {type: CloudWatch, connectionDetails: {region: tokyo}}\n"
)

func rawIndicator(rawType string) string {
	return "  indicator: {metadata: {name: i}, spec: {ratioMetric: {" + rawType + "raw: {metricSource: {spec: {query: r}}}}}}\n"
}

func annotated(annotation string) string {
	return change("{name: x}", "{name: x, annotations: {"+annotation+"}}")
}

// composite has two objectives with an indicator each, in lines 9 and 10.
func composite(first, second string) string {
	objective := "  - {target: 0.9, indicator: {metadata: {name: i}, spec: {ratioMetric: {counter: true, bad: {metricSource: {spec: {query: b}}}, " +
		"total: {metricSource: {spec: {query: t}}}}}}, "
	return header + rolling + occurrence + "  objectives:\n" + objective + first + "}\n" + objective + second + "}\n"
}

func TestEveryFaultIsReportedAtOnce(t *testing.T) {
	_, err := openslo.Parse("f.yaml", []byte(header+`  servise: shop
  indicator:
    metadata: {name: requests}
    spec:
      ratioMetric:
        counter: yes please
        bad: {metricSource: {type: Datadog, spec: {query: b}}}
        total: {metricSource: {type: Prometheus, spec: {}}}
  timeWindow: [{duration: 1M, isRolling: true}]
  budgetingMethod: Occurrences
  objectives:
  - {target: 99.9}
  - {targetPercent: 0, compositeWeight: 2}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: y, annotations: {shopslo.dev/tires: a}}
spec: {service: shop, indicatorRef: z, budgetingMethod: Occurrences, objectives: [{target: 0.9}]}
---
apiVersion: openslo/v2
kind: SLO
`))
	var got []string
	for _, f := range asFaults(t, err) {
		got = append(got, fmt.Sprint(f.Line))
	}
	want := "6 11 12 13 14 17 18 18 22 23 23 25"
	if strings.Join(got, " ") != want {
		t.Errorf("faults at %v\nwant      %v\n%v", strings.Join(got, " "), want, err)
	}
}

func TestAFaultyIndicatorIsReportedOnce(t *testing.T) {
	refer := strings.Replace(plain, ratio, "  indicatorRef: requests\n", 1)
	two := refer + "---\n" + strings.Replace(refer, "name: x", "name: y", 1)
	for name, sli := range map[string]string{
		"broken":  strings.Replace(sliDoc, "thresholdMetric", "tresholdMetric", 1),
		"refused": strings.NewReplacer("thresholdMetric: {metricSource", "ratioMetric: {rawType: success, raw: {metricSource", "}}}}\n", "}}}}, z: 1}\n").Replace(sliDoc),
	} {
		_, err := openslo.Parse("f.yaml", []byte(two+sli))
		if faults := asFaults(t, err); len(faults) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDocumentsOfEndlessAliasesAreRefused(t *testing.T) {
	var b strings.Builder
	b.WriteString("apiVersion: openslo/v1\nkind: DataSource\nmetadata: {name: a}\nspec:\n  type: Prometheus\n  connectionDetails:\n    a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&b, "    a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), i-1)
	}
	_, err := openslo.Parse("f.yaml", []byte(b.String()))
	if faults := asFaults(t, err); len(faults) != 1 || !strings.Contains(faults[0].Message, "grows by more than") {
		t.Errorf("got %v", err)
	}
}

func TestNotes(t *testing.T) {
	tests := []struct {
		name, doc, words string
	}{
		{"alert policies of an SLO", plain + "  alertPolicies: [{alertPolicyRef: a}]\n", "f.yaml:16: SLO \"x\": alertPolicies change no figure"},
		{"alert policies by bare name", plain + "  alertPolicies: [A]\n", "alertPolicies change no figure"},
		{"an alert condition", plain + "---\napiVersion: openslo/v1\nkind: AlertCondition\nmetadata: {name: CPU}\nspec: {severity: page}", `f.yaml:17: AlertCondition "CPU" changes no figure`},
		{"op beside a ratio", change("target: 0.999", "target: 0.999, op: gt"), "op means nothing"},
		{"a source without a document", change("type: Prometheus", "metricSourceRef: tokyo, type: Prometheus"), `no DataSource document is named "tokyo"; the configuration must know it`},
		{"a slice that means nothing", change("target: 0.999", "target: 0.999, timeSliceWindow: 1m"), "timeSliceWindow means nothing to Occurrences"},
		{"a service without a document", plain + "---\napiVersion: openslo/v1\nkind: Service\nmetadata: {name: shops}\nspec: {}\n", `no Service document is named "shop" (did you mean "shops"?)`},
		{"a service described twice", change("shop", "a") + strings.Repeat("---\napiVersion: openslo/v1\nkind: Service\nmetadata: {name: a}\nspec: {}\n", 2), `Service "a" is also described at f.yaml:19`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			docs := parse(t, tt.doc)
			if len(docs.Notes) != 1 || !strings.Contains(docs.Notes[0].String(), tt.words) {
				t.Errorf("notes %v, want one with %q", docs.Notes, tt.words)
			}
			if len(docs.SLOs) != 1 {
				t.Errorf("%d SLOs, want 1", len(docs.SLOs))
			}
		})
	}
	if docs := parse(t, change("type: Prometheus", "type: Victoria Metrics")); len(docs.SLOs) != 1 {
		t.Error("a type with a blank in it is not known")
	}
	if docs := parse(t, plain); len(docs.Notes) > 0 {
		t.Errorf("a plain document has notes: %v", docs.Notes)
	}
}
