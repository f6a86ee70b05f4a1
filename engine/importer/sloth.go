package importer

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/shopslo/shopslo/slo/promquery"
)

// sloth imports a specification of Sloth, as a file (prometheus/v1) or as a custom resource
// (sloth.slok.dev/v1), whose keys are written alike but for their case.
func (j *job) sloth(m *object) {
	spec, name := m, func(snake, camel string) string { return snake }
	switch {
	case m.text("version") == "prometheus/v1":
	case m.text("kind") == "PrometheusServiceLevel" && strings.HasPrefix(m.text("apiVersion"), "sloth.slok.dev/"):
		m.get("metadata") // is of the resource
		spec, name = m.object("spec"), func(snake, camel string) string { return camel }
	default:
		j.foreign(m.node, "it is not a Sloth document: neither version prometheus/v1 nor kind PrometheusServiceLevel")
		return
	}
	service, labels := spec.text("service"), spec.texts("labels")
	for _, one := range spec.list("slos") {
		j.slothSLO(one, service, labels, name)
	}
	for _, k := range m.unused() {
		j.Left = append(j.Left, Left{At: j.at(k.Node), What: "service " + service + ": " + k.path, Why: nothingLikeIt, Reasons: []string{nothingLikeIt}})
	}
}

// windowed is what Sloth fills in.
var windowed = regexp.MustCompile(`\{\{-?\s*\.window\s*-?\}\}`)

func (j *job) slothSLO(m *object, service string, labels map[string]string, key func(snake, camel string) string) {
	j.begin()
	out := made{from: "Sloth", service: service, name: slug(service + "-" + m.text("name")), description: m.text("description"), labels: labels, annotations: map[string]string{}}
	own := m.texts("labels")
	if len(own) > 0 {
		all := map[string]string{}
		for _, from := range []map[string]string{labels, own} {
			for name, value := range from {
				all[name] = value
			}
		}
		out.labels = all
	}
	var err error
	if out.objective, err = ratio(m.text("objective")); err != nil {
		j.drop(m.node, out.name, err.Error())
		return
	}
	if out.window, err = days(j.window); err != nil {
		j.drop(m.node, out.name, err.Error())
		return
	}
	j.slothAlerting(m.object("alerting"), &out, key)
	sli := m.object("sli")
	events, raw := sli.object("events"), sli.object("raw")
	query := func(o *object, snake, camel string) string {
		return strings.TrimSpace(windowed.ReplaceAllString(o.text(key(snake, camel)), "5m"))
	}
	out.kind, out.query, out.total = "bad", query(events, "error_query", "errorQuery"), query(events, "total_query", "totalQuery")
	ratioQuery := query(raw, "error_ratio_query", "errorRatioQuery")
	switch {
	case out.query != "" && out.total != "":
		out.lessGood()
	case ratioQuery != "":
		out.divided(ratioQuery)
	case sli.has("plugin"):
		j.drop(m.node, out.name, fmt.Sprintf("its SLI is made by the plugin %q, which is a program; write its queries as events", sli.object("plugin").text("id")))
		return
	default:
		j.drop(m.node, out.name, "it has no SLI")
		return
	}
	j.rest(m, out.name)
	j.fit(m.node, &out)
	j.add(m.node, out.name, out.document())
}

// slothAlerting carries the texts of alerts, which ours have too, and whom they are for.
func (j *job) slothAlerting(m *object, out *made, key func(snake, camel string) string) {
	m.get("name") // ours has one name for all
	if labels := m.texts("labels"); len(labels) > 0 {
		all := map[string]string{}
		for _, from := range []map[string]string{out.labels, labels} {
			for name, value := range from {
				all[name] = value
			}
		}
		out.labels = all
	}
	for name, value := range m.texts("annotations") {
		if name != "summary" && name != "title" && name != "description" { // ours says what happens
			out.annotations[name] = value
		}
	}
	for _, alert := range []string{key("page_alert", "pageAlert"), key("ticket_alert", "ticketAlert")} {
		if a := m.object(alert); a.text("disable") == "true" {
			j.leave(a.node, out.name, a.path+".disable", "burn_rates of shopslo.yaml says which alerts there are, for all SLOs")
		}
	}
}

// lessGood turns bad events that are written as total - good into good ones.
func (m *made) lessGood() {
	bad, err := parser.ParseExpr(m.query)
	if err != nil {
		return
	}
	total, err := parser.ParseExpr(m.total)
	if err != nil {
		return
	}
	if minus, ok := bare(bad).(*parser.BinaryExpr); ok && minus.Op == parser.SUB && bare(minus.LHS).String() == bare(total).String() {
		m.kind, m.query = "good", bare(minus.RHS).String()
	}
}

// divided splits a share of bad events into its two sides, where both can be counted; else it
// is taken as a share.
func (m *made) divided(text string) {
	m.kind, m.query, m.total = "raw", text, ""
	expr, err := parser.ParseExpr(text)
	if err != nil {
		return
	}
	kind, share := "bad", bare(expr)
	if minus, ok := share.(*parser.BinaryExpr); ok && minus.Op == parser.SUB && bare(minus.LHS).String() == "1" {
		kind, share = "good", bare(minus.RHS)
	}
	over, ok := share.(*parser.BinaryExpr)
	if !ok || over.Op != parser.DIV {
		return
	}
	some, all := bare(over.LHS).String(), bare(over.RHS).String()
	for _, side := range []string{some, all} {
		if q, err := promquery.Classify(side); err != nil || !q.Selects() {
			return
		}
	}
	m.kind, m.query, m.total = kind, some, all
}

func bare(e parser.Expr) parser.Expr {
	for {
		p, ok := e.(*parser.ParenExpr)
		if !ok {
			return e
		}
		e = p.Expr
	}
}
