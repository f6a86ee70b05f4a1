package importer

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/prometheus/common/model"
)

// made is an SLO that is to be written as OpenSLO.
type made struct {
	name, service, description string
	labels, annotations        map[string]string
	objective                  float64 // a ratio
	window                     string  // OpenSLO's shorthand
	kind                       string  // of the query beside total: good or bad; raw, of the share of bad events
	query, total               string
	counter                    string // true, false, or "": by the queries
	from                       string // the tool
}

// document writes it.
func (m made) document() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Imported from %s by 'shopslo import'.\napiVersion: openslo/v1\nkind: SLO\nmetadata:\n  name: %s\n", m.from, m.name)
	pairs(&b, "labels", m.labels)
	pairs(&b, "annotations", m.annotations)
	fmt.Fprintf(&b, "spec:\n  service: %s\n", quoted(m.service))
	if m.description != "" {
		fmt.Fprintf(&b, "  description: %s\n", strconv.Quote(m.description))
	}
	fmt.Fprintf(&b, "  budgetingMethod: Occurrences\n  timeWindow: [{duration: %s, isRolling: true}]\n  indicator:\n    metadata: {name: %s}\n    spec:\n      ratioMetric:\n", m.window, m.name)
	if m.counter != "" {
		fmt.Fprintf(&b, "        counter: %s\n", m.counter)
	}
	side := func(name, query string) {
		fmt.Fprintf(&b, "        %s:\n          metricSource:\n            type: Prometheus\n            spec: {query: %s}\n", name, quoted(query))
	}
	if m.kind == "raw" {
		b.WriteString("        rawType: failure\n")
		side("raw", m.query)
	} else {
		side(m.kind, m.query)
		side("total", m.total)
	}
	fmt.Fprintf(&b, "  objectives: [{target: %s}]\n", strconv.FormatFloat(m.objective, 'f', -1, 64))
	return b.String()
}

func pairs(b *strings.Builder, key string, of map[string]string) {
	if len(of) == 0 {
		return
	}
	fmt.Fprintf(b, "  %s:\n", key)
	for _, name := range slices.Sorted(maps.Keys(of)) {
		fmt.Fprintf(b, "    %s: %s\n", quoted(name), strconv.Quote(of[name]))
	}
}

// quoted is a text as YAML, which folds what has several lines between single quotes.
func quoted(text string) string {
	if strings.ContainsFunc(text, unicode.IsControl) {
		return strconv.Quote(text)
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

var unfit = regexp.MustCompile(`[^a-z0-9]+`)

// slug is a text as a name of documents.
func slug(text string) string {
	return strings.Trim(unfit.ReplaceAllString(strings.ToLower(text), "-"), "-")
}

// ratio turns a percentage into a ratio, without the dust of floating point.
func ratio(percent string) (float64, error) {
	p, err := strconv.ParseFloat(strings.TrimSpace(percent), 64)
	if err != nil || !(p > 0 && p <= 100) {
		return 0, fmt.Errorf("the objective %q is not a percentage above 0", percent)
	}
	r, err := strconv.ParseFloat(strconv.FormatFloat(p/100, 'f', 9, 64), 64)
	return r, err
}

// days writes a duration of Prometheus, such as 4w, in OpenSLO's shorthand.
func days(text string) (string, error) {
	d, err := model.ParseDuration(text)
	switch {
	case err != nil:
		return "", fmt.Errorf("the window %q is not a duration", text)
	case d.String() == "0s":
		return "", fmt.Errorf("the window is empty")
	}
	minutes := int64(d) / int64(60e9)
	for _, unit := range []struct {
		name string
		of   int64
	}{{"d", 24 * 60}, {"h", 60}, {"m", 1}} {
		if minutes >= unit.of && minutes%unit.of == 0 {
			return strconv.FormatInt(minutes/unit.of, 10) + unit.name, nil
		}
	}
	return "", fmt.Errorf("the window %q is not a whole number of minutes", text)
}
