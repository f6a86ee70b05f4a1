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

const (
	broken  = false // breaks the specification
	refused = true  // follows it, and cannot be computed
)

// TestFaults: each document has exactly one fault.
func TestFaults(t *testing.T) {
	tests := []struct {
		name    string
		doc     string
		line    int
		words   string
		refused bool
	}{
		{"no YAML", "a: b: c", 1, "is not YAML", broken},
		{"a text", "hello", 1, "is not an OpenSLO object", broken},
		{"a list of texts", "- hello", 1, "is not an OpenSLO object", broken},
		{"nothing", "# nothing\n---\n", 0, "has no document", broken},
		{"no apiVersion", "kind: SLO", 1, "write apiVersion: openslo/v1", broken},
		{"an older version", "kind: SLO\napiVersion: openslo/v1alpha", 2, `"openslo/v1alpha" is not read; only openslo/v1 is`, broken},
		{"an unknown kind", "apiVersion: openslo/v1\nkind: Slo", 2, `kind "Slo" is not one of OpenSLO v1 (did you mean "SLO"?)`, broken},
		{"no kind", "apiVersion: openslo/v1", 1, "known here: AlertCondition", broken},
		{"an unknown key at the top", plain + "status: {}\n", 16, `unknown key "status"; known here: apiVersion, kind, metadata, spec`, broken},
		{"a misspelt key", change("objectives:", "objectivs:"), 15, `unknown key "objectivs" (did you mean "objectives"?)`, broken},
		{"a key in the wrong case", change("target:", "Target:"), 15, `(did you mean "target"?)`, broken},
		{"a key twice", change("spec:\n", "spec:\n  service: a\n"), 6, `key "service" stands twice (first in line 5)`, broken},
		{"a name of capital letters", change("name: x", "name: Cart"), 3, "small letters", broken},
		{"no name", change("{name: x}", "{displayName: x}"), 3, "metadata.name: is required", broken},
		{"a number for a text", change("service: shop", "service: 5"), 5, "5 must be text; put it in quotes", broken},
		{"a text for a number", change("0.999", `"0.999"`), 15, "must be a number", broken},
		{"no number for a number", change("0.999", ".nan"), 15, "must be a number", broken},
		{"a text for a truth value", change("isRolling: true", "isRolling: maybe"), 13, "must be true or false", broken},
		{"a mapping for a list", change("[{target: 0.999}]", "{target: 0.999}"), 15, "must be a list", broken},
		{"a text for a mapping", change("[{target: 0.999}]", "[0.999]"), 15, "must be a mapping", broken},
		{"an empty item", change("[{target: 0.999}]", "[{target: 0.999}, ]\n  alertPolicies: [null]"), 16, "item is empty", broken},
		{"no objectives", change("[{target: 0.999}]", "[]"), 15, "spec.objectives: is required", broken},
		{"no budgeting method", change(occurrence, ""), 4, "spec.budgetingMethod: is required", broken},
		{"an unknown budgeting method", change("Occurrences", "Occurences"), 14, "must be one of", broken},
		{"both targets", change("target: 0.999", "target: 0.999, targetPercent: 99.9"), 15, "mutually exclusive", broken},
		{"no target", change("target: 0.999", "displayName: a"), 15, "one of [target, targetPercent]", broken},
		{"a target of 1", change("0.999", "1"), 15, "less than '1'", broken},
		{"a percentage for a ratio", change("0.999", "99.9"), 15, "less than '1'", broken},
		{"a target of 0", change("0.999", "0"), 15, "not between 0 and 1", refused},
		{"a target too fine", change("0.999", "0.99999999999"), 15, "more than nine decimals", refused},
		{"no time window", change(rolling, ""), 4, "a budget needs a window", refused},
		{"two time windows", change("[{duration: 28d, isRolling: true}]", "[{duration: 28d, isRolling: true}, {duration: 7d, isRolling: true}]"), 13, "length must be between 1 and 1", broken},
		{"a window neither rolling nor calendar", change(", isRolling: true", ""), 13, "'calendar' must be set", broken},
		{"no duration", change("duration: 28d, ", ""), 13, "duration: is required", broken},
		{"a duration in seconds", change("28d", "90s"), 13, `"90s" is not a duration`, broken},
		{"a duration with a blank", change("28d", "28 d"), 13, "is not a duration", broken},
		{"a negative duration", change("28d", "-1d"), 13, "is not a duration", broken},
		{"a bare number of a window", change("28d", "28"), 13, "is not a duration", broken},
		{"a duration of 0", change("28d", "0d"), 13, "must be longer than 0", broken},
		{"a rolling month", change("28d", "1M"), 13, "changes its length from day to day", refused},
		{"a rolling age", change("28d", "99999w"), 13, "longer than 50 years", refused},
		{"a window of calendar minutes", change("28d, isRolling: true", "1m, calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}"), 13,
			"the shortest is 1d (m is minutes; for months write 1M)", refused},
		{"a time zone of the machine", change("28d, isRolling: true", "1M, calendar: {startTime: 2026-01-01 00:00:00, timeZone: Local}"), 13, "valid IANA", broken},
		{"no time zone", change("28d, isRolling: true", "1M, calendar: {startTime: 2026-01-01 00:00:00}"), 13, "valid IANA", broken},
		{"no start time", change("28d, isRolling: true", "1M, calendar: {timeZone: UTC}"), 13, "startTime", broken},
		{"no UTF-8", plain + "# \xff", 16, "is not UTF-8", broken},
		{"an unknown time zone", change("28d, isRolling: true", "1M, calendar: {startTime: 2026-01-01 00:00:00, timeZone: Asia/Tokio}"), 13, "Asia/Tokio", broken},
		{"a start with a zone", change("28d, isRolling: true", `1M, calendar: {startTime: "2026-01-01T00:00:00Z", timeZone: UTC}`), 13, "startTime", broken},
		{"an ancient start", change("28d, isRolling: true", "1M, calendar: {startTime: 1026-01-01 00:00:00, timeZone: UTC}"), 13, "between the years 1970 and 2200", refused},
		{"no indicator", change(ratio, ""), 4, "none were provided", broken},
		{"an unknown indicator", change(ratio, "  indicatorRef: request\n") + sliDoc, 6, `there is no SLI "request" among the documents (did you mean "requests"?)`, broken},
		{"indicator twice over", change(ratio, ratio+"  indicatorRef: requests\n") + sliDoc, 4, "indicatorRef", broken},
		{"good and bad", change("bad: {", "good: {metricSource: {spec: {query: g}}}\n        bad: {"), 9, "mutually exclusive", broken},
		{"no total", change("total:", "good:"), 9, "needs raw, or total with good or bad", broken},
		{"raw without its type", change(ratio, rawIndicator("")), 6, "rawType: is required", broken},
		{"raw of an unknown type", change(ratio, rawIndicator("rawType: fail, ")), 6, "must be one of", broken},
		{"value beside a ratio", change("target: 0.999", "target: 0.999, value: 5"), 15, "forbidden", broken},
		{"no op for a threshold", header + threshold + rolling + occurrence + "  objectives: [{value: 1, target: 0.9}]", 12, "op: is required", broken},
		{"an unknown op", header + threshold + rolling + occurrence + "  objectives: [{op: le, value: 1, target: 0.9}]", 12, "must be one of", broken},
		{"no query", change("{query: 'bad_total'}", "{}"), 11, "has no query to compute", refused},
		{"an empty query", change("'bad_total'", "' '"), 11, "has no query to compute", refused},
		{"a misspelt query", change("query: 'bad_total'", "querry: bad_total"), 11, "write the query's text as spec.query, not querry", refused},
		{"more than a query", change("query: 'bad_total'", "query: bad_total, dimensions: [a]"), 11, "spec.dimensions: is not understood", refused},
		{"another query language", change("query: 'bad_total'", "query: bad_total, queryType: sql"), 11, "spec.queryType: is not understood", refused},
		{"a source that cannot be computed", change("type: Prometheus, spec: {query: 'bad_total'}", "type: Datadog, spec: {query: b}"), 11, `data sources of type "Datadog" cannot be computed`, refused},
		{"a referred source that cannot be computed", change("type: Prometheus, spec: {query: 'bad_total'}", "metricSourceRef: cw, spec: {query: b}") + sourceDoc, 11,
			`type "CloudWatch" cannot be computed`, refused},
		{"a type that is not the source's", change("type: Prometheus, spec: {query: 'bad_total'}", "metricSourceRef: cw, type: Prometheus, spec: {query: b}") + sourceDoc, 11,
			`is "Prometheus", but DataSource "cw" (f.yaml:20) is of type "CloudWatch"`, broken},
		{"no time slice", change("Occurrences", "RatioTimeslices"), 15, "timeSliceWindow: is required", broken},
		{"no time slice target", strings.Replace(change("Occurrences", "Timeslices"), "target: 0.999", "target: 0.9, timeSliceWindow: 1m", 1), 15, "timeSliceTarget: is required", broken},
		{"half a minute", strings.Replace(change("Occurrences", "RatioTimeslices"), "target: 0.999", "target: 0.9, timeSliceWindow: 0.5", 1), 15, "is not a duration", broken},
		{"a time slice of a month", strings.Replace(change("Occurrences", "RatioTimeslices"), "target: 0.999", "target: 0.9, timeSliceWindow: 1M", 1), 15, "no fixed length", refused},
		{"a time slice of ages", strings.Replace(change("Occurrences", "RatioTimeslices"), "target: 0.999", "target: 0.9, timeSliceWindow: 999999d", 1), 15, "longer than 50 years", refused},
		{"a time slice beyond the window", strings.Replace(change("Occurrences", "RatioTimeslices"), "target: 0.999", "target: 0.9, timeSliceWindow: 5w", 1), 15, "longer than the window", refused},
		{"a weight that weighs nothing", change("target: 0.999", "target: 0.999, compositeWeight: 2"), 15, "compositeWeight: means nothing", broken},
		{"a weight of 0", composite("compositeWeight: 0", ""), 9, "greater than '0'", broken},
		{"half a composite", composite("", "") + "  - {target: 0.9}\n", 11, "every objective needs one", broken},
		{"two slices in a composite", strings.Replace(composite("timeSliceWindow: 1m", "timeSliceWindow: 5m"), "Occurrences", "RatioTimeslices", 1), 10, "must share it", refused},
		{"two slice targets in a composite", strings.Replace(composite("timeSliceWindow: 1m, timeSliceTarget: 0.5", "timeSliceWindow: 1m, timeSliceTarget: 0.6"), "Occurrences", "Timeslices", 1), 10, "must share it", refused},
		{"an unknown annotation", annotated(`shopslo.dev/tier: "a"`), 3, `unknown annotation (did you mean "shopslo.dev/tiers"?)`, broken},
		{"an annotation that is no text", annotated("shopslo.dev/min-events: 5"), 3, "put it in quotes", broken},
		{"an empty tier", annotated(`shopslo.dev/tiers: "a,"`), 3, "empty name", broken},
		{"a tier twice", annotated(`shopslo.dev/tiers: "a,a"`), 3, "twice", broken},
		{"no number of events", annotated(`shopslo.dev/min-events: "many"`), 3, "not a positive number", broken},
		{"a negative number of events", annotated(`shopslo.dev/min-events: "-1"`), 3, "not a positive number", broken},
		{"endless events", annotated(`shopslo.dev/min-events: "inf"`), 3, "not a positive number", broken},
		{"an unknown first sample", annotated(`shopslo.dev/first-sample: "one"`), 3, "not one of auto, zero, ignore", broken},
		{"an absence that is neither", annotated(`shopslo.dev/absent-is-zero: "yes"`), 3, `"yes" is not "true" or "false"`, broken},
		{"an annotation on an indicator", change("{name: requests}", `{name: requests, annotations: {shopslo.dev/tiers: "a"}}`), 7, "write it into the metadata of the SLO", broken},
		{"an annotation on a source", strings.Replace(sourceDoc, "name: cw", `name: cw, annotations: {shopslo.dev/tiers: "a"}`, 1), 4, "write it into the metadata of the SLO", broken},
		{"a label of numbers", strings.Replace(sourceDoc, "name: cw", "name: cw, labels: {a: [1]}", 1), 4, "must be text", broken},
		{"one name for two SLOs", plain + "---\n" + plain, 19, `another SLO of this name at f.yaml:3`, broken},
		{"one name for two indicators", sliDoc + sliDoc, 9, `another SLI of this name at f.yaml:4`, broken},
		{"an alert policy with an unknown key", "apiVersion: openslo/v1\nkind: AlertPolicy\nmetadata: {name: A}\nspec: {alertWhenBreeching: true}", 4, `did you mean "alertWhenBreaching"?`, broken},
		{"an unknown op for an indicator by reference", header + "  indicatorRef: requests\n" + rolling + occurrence + "  objectives: [{op: le, value: 1, target: 0.9}]\n" + sliDoc, 9, `"le" is not one of lt, lte, gt, gte`, broken},
		{"no op for an indicator by reference", header + "  indicatorRef: requests\n" + rolling + occurrence + "  objectives: [{value: 1, target: 0.9}]\n" + sliDoc, 9, "op: is missing", broken},
		{"no value for an indicator by reference", header + "  indicatorRef: requests\n" + rolling + occurrence + "  objectives: [{op: lt, target: 0.9}]\n" + sliDoc, 9, "value: is missing", broken},
		{"value beside a ratio by reference", header + "  indicatorRef: requests\n" + rolling + occurrence + "  objectives: [{value: 1, target: 0.9}]\n" + ratioDoc, 9, "value: means nothing beside the ratioMetric", broken},
		{"a window of calendar hours", change("28d, isRolling: true", "6h, calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}"), 13, "a calendar window of 6h cannot be counted", refused},
		{"a merge of a text", change("spec:\n", "spec:\n  <<: a\n"), 5, `"<<" must name a mapping`, broken},
		{"a key that is a list", change("spec:\n", "spec:\n  ? [a]\n  : b\n"), 5, "a key must be a plain word", broken},
		{"an alias of itself", change("service: shop", "service: shop\n  description: &a [*a]"), 6, "must be a single value", broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			docs, err := openslo.Parse("f.yaml", []byte(tt.doc))
			faults := asFaults(t, err)
			if len(faults) != 1 {
				t.Fatalf("%d faults, want 1:\n%v\n%s", len(faults), err, tt.doc)
			}
			f := faults[0]
			if f.File != "f.yaml" || f.Line != tt.line || !strings.Contains(f.Message, tt.words) || f.Refused != tt.refused {
				t.Errorf("%v (refused: %v), want line %d and %q (refused: %v)\n%s", f, f.Refused, tt.line, tt.words, tt.refused, tt.doc)
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
		got = append(got, fmt.Sprintf("%d:%v", f.Line, f.Refused))
	}
	want := "6:false 11:false 12:true 13:true 14:true 17:false 18:true 18:false 22:false 23:true 23:false 25:false"
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
	if faults := asFaults(t, err); len(faults) != 1 || !strings.Contains(faults[0].Message, "too large") {
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

func TestFaultsAreAListOfLines(t *testing.T) {
	faults := openslo.Faults{{File: "a.yaml", Line: 3, Message: "is wrong"}, {File: "b.yaml", Message: "cannot be read"}}
	if got := faults.Error(); got != "a.yaml:3: is wrong\nb.yaml: cannot be read" {
		t.Errorf("got %q", got)
	}
}
