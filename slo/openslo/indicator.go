package openslo

import (
	"fmt"
	"math"
	"strings"
	"unicode"

	v1 "github.com/OpenSLO/go-sdk/pkg/openslo/v1"

	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/nearest"
	"github.com/shopslo/shopslo/slo"
)

// located is an SLI's spec and where it is written: inline in an SLO, or in a
// document of its own.
type located struct {
	*object
	path string // of the spec
	name string
	spec v1.SLISpec
}

// resolve finds the indicator that is written inline or referred to. It is false
// where neither is, or where the reference leads nowhere or to a broken SLI;
// faults are reported.
func (r *reader) resolve(o *object, path string, inline *v1.SLOIndicatorInline, ref *string) (located, bool) {
	if inline != nil {
		return located{o, path + "indicator.spec", inline.Metadata.Name, inline.Spec}, true
	}
	if ref == nil {
		return located{}, false
	}
	if d, ok := r.slis[*ref]; ok {
		return located{d.object, "spec", *ref, d.doc.Spec}, true
	}
	if !r.broken["SLI/"+*ref] {
		r.wrong(o, path+"indicatorRef", "there is no SLI %q among the documents%s", *ref, document.HintOf(*ref, keysOf(r.slis)))
	}
	return located{}, false
}

// indicator builds the indicator that an objective judges; false where a fault
// was reported.
func (r *reader) indicator(o *object, path string, at located, obj v1.SLOObjective, e extras) (slo.Indicator, bool) {
	ind := slo.Indicator{Name: at.name, FirstSample: e.firstSample, AbsentIsZero: e.absentIsZero}
	if m := at.spec.RatioMetric; e.bound != (slo.Bound{}) && (m == nil || m.Good == nil || m.Total == nil) {
		r.wrong(o, "metadata.annotations['"+prefix+"bound']", "means nothing to indicator %q: what is at or below a bound is good, so it needs a ratioMetric of good and total", at.name)
		return ind, false
	}
	if m := at.spec.ThresholdMetric; m != nil {
		return ind, r.threshold(o, path, at, obj, &ind)
	}
	if obj.Value != nil {
		r.wrong(o, path+".value", "means nothing beside the ratioMetric of indicator %q; remove it", at.name)
		return ind, false
	}
	if obj.Operator != "" {
		r.note(o.at(path+".op"), "SLO %q: op means nothing beside the ratioMetric of indicator %q and is not used", o.Name, at.name)
	}
	m := at.spec.RatioMetric
	if m == nil { // the sdk has reported it
		return ind, false
	}
	if m.Raw != nil {
		ind.Kind = slo.RawRatio
		ind.Failure = m.RawType == v1.SLIRawMetricTypeFailure
		var ok bool
		ind.Value, ok = r.query(at, "ratioMetric.raw", m.Raw)
		return ind, ok
	}
	ok := r.ratio(at, m, &ind)
	if ok && e.bound != (slo.Bound{}) {
		ind.Good.Bound, ind.Total.Bound = e.bound, e.bound
		if e.bound.At != 0 {
			ind.Total.Bound.At = math.Inf(1)
		}
	}
	return ind, ok
}

func (r *reader) ratio(at located, m *v1.SLIRatioMetric, ind *slo.Indicator) bool {
	ind.Kind = slo.Ratio
	if at.Has(at.path + ".ratioMetric.counter") {
		ind.Counter = slo.No
		if m.Counter {
			ind.Counter = slo.Yes
		}
	}
	ok := true
	for _, q := range []struct {
		name string
		spec *v1.SLIMetricSpec
		into **slo.Query
	}{{"good", m.Good, &ind.Good}, {"bad", m.Bad, &ind.Bad}, {"total", m.Total, &ind.Total}} {
		if q.spec == nil {
			continue
		}
		query, fine := r.query(at, "ratioMetric."+q.name, q.spec)
		*q.into = query
		ok = ok && fine
	}
	return ok
}

func (r *reader) threshold(o *object, path string, at located, obj v1.SLOObjective, ind *slo.Indicator) bool {
	ind.Kind = slo.Threshold
	ok := true
	switch op := slo.Op(obj.Operator); op {
	case slo.LessThan, slo.LessOrEqual, slo.GreaterThan, slo.GreaterOrEqual:
		ind.Op = op
	case "":
		r.wrong(o, path+".op", "is missing: indicator %q is a thresholdMetric, say when its value is good: lt, lte, gt or gte", at.name)
		ok = false
	default:
		r.wrong(o, path+".op", "%q is not one of lt, lte, gt, gte", obj.Operator)
		ok = false
	}
	if obj.Value == nil {
		r.wrong(o, path+".value", "is missing: indicator %q is a thresholdMetric, say what its value is compared with", at.name)
		ok = false
	} else {
		ind.Limit = *obj.Value
	}
	query, fine := r.query(at, "thresholdMetric", at.spec.ThresholdMetric)
	ind.Value = query
	return ok && fine
}

// query reads a metric's source: its data source and its query's text.
func (r *reader) query(at located, metric string, m *v1.SLIMetricSpec) (*slo.Query, bool) {
	path := at.path + "." + metric + ".metricSource"
	source := m.MetricSource
	if !r.source(at, path, source) {
		return nil, false
	}
	text, ok := source.Spec["query"].(string)
	if !ok || strings.TrimSpace(text) == "" {
		r.wrong(at.object, path+".spec", "has no query to compute: write the query's text as spec.query%s", nearKey(source.Spec))
		return nil, false
	}
	for _, key := range keysOf(source.Spec) {
		value, _ := source.Spec[key].(string)
		if key == "query" || key == "queryType" && strings.EqualFold(value, "promql") {
			continue
		}
		r.wrong(at.object, path+".spec."+key, "is not understood, only query is, and leaving it out could change the meaning; remove it")
		ok = false
	}
	q := &slo.Query{Source: source.MetricSourceRef, Text: text}
	r.docs.queries[q] = at.at(path + ".spec.query")
	return q, ok
}

// nearKey points out a key that was likely meant to be query.
func nearKey(spec map[string]any) string {
	for _, key := range keysOf(spec) {
		if _, near := nearest.Word(key, []string{"query"}); near && key != "query" {
			return ", not " + key
		}
	}
	return ""
}

// computable are the types of data sources that can be computed, in small
// letters: whatever speaks PromQL, and Mackerel. "any" is the placeholder of
// the specification's examples.
var computable = map[string]bool{
	"": true, "any": true, "prometheus": true, "thanos": true, "cortex": true, "mimir": true,
	"victoriametrics": true, "mackerel": true,
}

// source checks a metric's data source, by its document where there is one.
func (r *reader) source(at located, path string, source v1.SLIMetricSource) bool {
	typ, where := source.Type, path+".type"
	if ref := source.MetricSourceRef; ref != "" {
		d, found := r.sources[ref]
		switch {
		case !found && !r.broken["DataSource/"+ref]:
			r.add(Note{Position: at.at(path + ".metricSourceRef"), Source: ref,
				Message: fmt.Sprintf("no DataSource document is named %q%s; the configuration must know it", ref, nearest.Hint(ref, keysOf(r.sources)))})
		case found && typ != "" && plain(typ) != plain(d.doc.Spec.Type):
			r.wrong(at.object, where, "is %q, but DataSource %q (%s) is of type %q", typ, ref, d.at("spec.type"), d.doc.Spec.Type)
			return false
		case found && typ == "":
			typ, where = d.doc.Spec.Type, path+".metricSourceRef"
		}
	}
	if !computable[plain(typ)] {
		r.wrong(at.object, where, "data sources of type %q cannot be computed; those that can are Prometheus "+
			"(also Thanos, Cortex, Mimir, VictoriaMetrics) and Mackerel", typ)
		return false
	}
	return true
}

// plain is a type's name in small letters and digits alone: "Victoria Metrics"
// is "victoriametrics".
func plain(s string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return -1
		}
		return unicode.ToLower(c)
	}, s)
}
