package openslo

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/slo"
)

// prefix of the annotations that this project gives a meaning to.
const prefix = "shopslo.dev/"

var knownAnnotations = []string{prefix + "absent-is-zero", prefix + "bound", prefix + "first-sample", prefix + "min-events", prefix + "tiers"}

// extras is what the annotations of an SLO say.
type extras struct {
	tiers        []string
	minEvents    float64
	firstSample  slo.FirstSample
	absentIsZero bool
	bound        slo.Bound
}

// annotations reports annotations of ours that are unknown or in a place where
// they mean nothing.
func (r *reader) annotations(o *object) {
	for _, path := range o.Paths() {
		head, key, ok := strings.Cut(path, "annotations['")
		if !ok || !strings.HasPrefix(key, prefix) {
			continue
		}
		key = strings.TrimSuffix(key, "']")
		switch {
		case !slices.Contains(knownAnnotations, key):
			r.wrong(o, path, "unknown annotation%s", document.HintOf(key, knownAnnotations))
		case o.Kind != "SLO" || head != "metadata.":
			r.wrong(o, path, "means nothing here; write it into the metadata of the SLO")
		default:
			continue
		}
		o.Break(path)
	}
}

// extras reads the annotations of an SLO; false where one has a fault.
func (r *reader) extras(o *object, annotations map[string]string) (extras, bool) {
	var e extras
	ok := true
	for _, key := range knownAnnotations {
		text, set := annotations[key]
		if !set {
			continue
		}
		if message := e.set(strings.TrimPrefix(key, prefix), text); message != "" {
			r.wrong(o, "metadata.annotations['"+key+"']", "%s", message)
			ok = false
		}
	}
	return e, ok
}

// set takes one annotation in, or says what is wrong with it.
func (e *extras) set(name, text string) string {
	switch name {
	case "tiers":
		for tier := range strings.SplitSeq(text, ",") {
			tier = strings.TrimSpace(tier)
			if tier == "" {
				return `has an empty name; write tiers as "prod,prod-ha", or leave the annotation out for all tiers`
			}
			if slices.Contains(e.tiers, tier) {
				return "names tier " + strconv.Quote(tier) + " twice"
			}
			e.tiers = append(e.tiers, tier)
		}
	case "min-events":
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || !(n > 0) || math.IsInf(n, 0) {
			return strconv.Quote(text) + ` is not a positive number of events, such as "5000"`
		}
		e.minEvents = n
	case "bound":
		return e.setBound(text)
	case "absent-is-zero":
		if text != "true" && text != "false" {
			return strconv.Quote(text) + ` is not "true" or "false"`
		}
		e.absentIsZero = text == "true"
	case "first-sample":
		rule, ok := map[string]slo.FirstSample{"auto": slo.FirstAuto, "zero": slo.FirstZero, "ignore": slo.FirstIgnore}[text]
		if !ok {
			return strconv.Quote(text) + " is not one of auto, zero, ignore"
		}
		e.firstSample = rule
	}
	return ""
}

// setBound reads a number, "strict", or both.
func (e *extras) setBound(text string) string {
	const want = ` is not a bucket's bound, such as "0.5" for the events at or below 0.5, "strict", or both: "0.5 strict"`
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })
	for _, word := range words {
		at, err := strconv.ParseFloat(word, 64)
		switch {
		case word == "strict" && !e.bound.Strict:
			e.bound.Strict = true
		case err != nil || !(at > 0) || math.IsInf(at, 0) || e.bound.At != 0:
			return strconv.Quote(text) + want
		default:
			e.bound.At = at
		}
	}
	if len(words) == 0 {
		return strconv.Quote(text) + want
	}
	return ""
}
