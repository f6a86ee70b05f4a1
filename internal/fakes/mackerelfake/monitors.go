package mackerelfake

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// From https://mackerel.io/api-docs/entry/monitors: the kinds, their fields, ranges
// and what is refused. Fields that a kind has not are refused too.

// kind is a kind of monitor: fields with "s" text, "n" number, "b" boolean, "l" list
// of texts, "h" list of headers; those that must be there; values where none is given.
type kind struct {
	fields   map[string]string
	required []string
	defaults map[string]any
}

var everyKind = map[string]string{"type": "s", "name": "s", "memo": "s", "isMute": "b", "notificationInterval": "n"}

func kindOf(required []string, defaults map[string]any, fields map[string]string) kind {
	all := maps.Clone(everyKind)
	maps.Copy(all, fields)
	with := map[string]any{"isMute": false, "memo": ""}
	maps.Copy(with, defaults)
	return kind{all, append([]string{"type", "name"}, required...), with}
}

var kinds = map[string]kind{
	"host": kindOf([]string{"metric", "operator", "duration"}, map[string]any{"maxCheckAttempts": 1.0, "scopes": []any{}, "excludeScopes": []any{}}, map[string]string{
		"metric": "s", "operator": "s", "warning": "n", "critical": "n", "duration": "n", "maxCheckAttempts": "n", "scopes": "l", "excludeScopes": "l"}),
	"connectivity": kindOf(nil, map[string]any{"scopes": []any{}, "excludeScopes": []any{}, "alertStatusOnGone": "CRITICAL"}, map[string]string{
		"scopes": "l", "excludeScopes": "l", "alertStatusOnGone": "s"}),
	"service": kindOf([]string{"service", "metric", "operator", "duration"}, map[string]any{"maxCheckAttempts": 1.0}, map[string]string{
		"service": "s", "metric": "s", "operator": "s", "warning": "n", "critical": "n", "duration": "n", "maxCheckAttempts": "n",
		"missingDurationWarning": "n", "missingDurationCritical": "n"}),
	"external": kindOf([]string{"url"}, map[string]any{"method": "GET", "maxCheckAttempts": 1.0, "headers": []any{}, "followRedirect": false, "dualstack": false, "skipCertificateVerification": false}, map[string]string{
		"method": "s", "url": "s", "service": "s", "maxCheckAttempts": "n", "responseTimeCritical": "n", "responseTimeWarning": "n",
		"responseTimeDuration": "n", "requestBody": "s", "containsString": "s", "certificationExpirationCritical": "n",
		"certificationExpirationWarning": "n", "skipCertificateVerification": "b", "followRedirect": "b", "dualstack": "b", "expectedStatusCode": "n", "headers": "h"}),
	"expression": kindOf([]string{"expression", "operator"}, map[string]any{"evaluateBackwardMinutes": 2.0}, map[string]string{
		"expression": "s", "operator": "s", "warning": "n", "critical": "n", "evaluateBackwardMinutes": "n"}),
	"anomalyDetection": kindOf([]string{"scopes"}, map[string]any{"maxCheckAttempts": 3.0}, map[string]string{
		"scopes": "l", "warningSensitivity": "s", "criticalSensitivity": "s", "maxCheckAttempts": "n", "trainingPeriodFrom": "n"}),
	"query": kindOf([]string{"query", "operator"}, map[string]any{"evaluateBackwardMinutes": 0.0}, map[string]string{
		"query": "s", "legend": "s", "operator": "s", "warning": "n", "critical": "n", "evaluateBackwardMinutes": "n"}),
}

// AddMonitor puts a monitor there as if a person had made it, of any kind, also one
// that clients do not know, and gives its id.
func (f *Fake) AddMonitor(fields map[string]any) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := maps.Clone(fields)
	m["id"] = f.id()
	f.monitors = append(f.monitors, m)
	return m["id"].(string)
}

// ChangeMonitor changes a field by hand; nil takes it away.
func (f *Fake) ChangeMonitor(id, field string, value any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.monitors {
		if m["id"] == id {
			if m[field] = value; value == nil {
				delete(m, field)
			}
		}
	}
}

// Monitors are all monitors, copied.
func (f *Fake) Monitors() []map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]map[string]any, len(f.monitors))
	for i, m := range f.monitors {
		out[i] = maps.Clone(m)
	}
	return out
}

func (f *Fake) listMonitors(*call) (any, *refusal) {
	return map[string]any{"monitors": append([]map[string]any{}, f.monitors...)}, nil
}

func (f *Fake) monitor(c *call) (int, *refusal) {
	i := slices.IndexFunc(f.monitors, func(m map[string]any) bool { return m["id"] == c.PathValue("id") })
	if i < 0 {
		return 0, refuse(404, "monitor not found")
	}
	return i, nil
}

func (f *Fake) getMonitor(_ *call, i int) (any, *refusal) {
	return map[string]any{"monitor": f.monitors[i]}, nil
}

func (f *Fake) createMonitor(c *call) (any, *refusal) {
	m, no := f.readMonitor(c)
	if no != nil {
		return nil, no
	}
	m["id"] = f.id()
	f.monitors = append(f.monitors, m)
	return m, nil
}

// updateMonitor replaces one. What it watches stays: the answer is that of
// https://github.com/mackerelio-labs/terraform-provider-mackerel/pull/60, and for queries
// that provider makes another monitor, too.
func (f *Fake) updateMonitor(c *call, i int) (any, *refusal) {
	m, no := f.readMonitor(c)
	if no != nil {
		return nil, no
	}
	for _, target := range []string{"type", "metric", "query"} {
		if m[target] != f.monitors[i][target] {
			return nil, refuse(400, "cannot change target.")
		}
	}
	m["id"] = f.monitors[i]["id"]
	f.monitors[i] = m
	return m, nil
}

func (f *Fake) deleteMonitor(_ *call, i int) (any, *refusal) {
	m := f.monitors[i]
	f.monitors = slices.Delete(f.monitors, i, i+1)
	return m, nil
}

// readMonitor checks what is to become a monitor.
func (f *Fake) readMonitor(c *call) (map[string]any, *refusal) {
	var m map[string]any
	if err := json.Unmarshal(c.body, &m); err != nil || m == nil {
		return nil, refuse(400, "invalid JSON")
	}
	delete(m, "id") // the client library sends it along
	k, ok := kinds[fmt.Sprint(m["type"])]
	if !ok {
		return nil, refuse(400, "unknown type %v", m["type"])
	}
	for name, v := range m {
		if v == nil {
			delete(m, name)
		} else if !fits(k.fields[name], v) {
			return nil, refuse(400, "field %q of a %s monitor: %v", name, m["type"], v)
		}
	}
	for _, name := range k.required {
		if m[name] == nil || m[name] == "" {
			return nil, refuse(400, "%s is required", name)
		}
	}
	if no := f.checkMonitor(m); no != nil {
		return nil, no
	}
	for name, v := range k.defaults {
		if m[name] == nil {
			m[name] = v
		}
	}
	return m, nil
}

func fits(want string, v any) bool {
	switch want {
	case "s":
		_, ok := v.(string)
		return ok
	case "n":
		_, ok := v.(float64)
		return ok
	case "b":
		_, ok := v.(bool)
		return ok
	case "l", "h":
		list, ok := v.([]any)
		for _, x := range list {
			if want == "l" {
				_, ok = x.(string)
			} else {
				_, ok = x.(map[string]any)
			}
			if !ok {
				return false
			}
		}
		return ok
	}
	return false
}

// oneOf is whether a field is absent or one of some words.
func oneOf(v any, words ...string) bool {
	s, ok := v.(string)
	return !ok || slices.Contains(words, s)
}

// percent is whether a host metric is one that is watched as a percentage.
func percent(metric any) bool {
	s, _ := metric.(string)
	return strings.HasSuffix(s, "%")
}

func within100(v any) bool {
	n, ok := v.(float64)
	return !ok || n >= 0 && n <= 100
}

func (f *Fake) checkMonitor(m map[string]any) *refusal {
	within := func(name string, low, high float64) bool {
		v, ok := m[name].(float64)
		return !ok || v >= low && v <= high && v == math.Trunc(v)
	}
	memo, _ := m["memo"].(string)
	s, hasService := m["service"].(string)
	op, hasOp := m["operator"].(string)
	_, warns := m["warning"]
	_, crits := m["critical"]
	switch {
	case len([]rune(memo)) > 2048:
		return refuse(400, "memo exceeds 2048 characters")
	case !within("duration", 1, 10), !within("maxCheckAttempts", 1, 10), !within("responseTimeDuration", 1, 10):
		return refuse(400, "duration or maxCheckAttempts is not between 1 and 10")
	case !within("notificationInterval", 10, 1e9):
		return refuse(400, "notificationInterval is below 10 minutes")
	case hasOp && op != ">" && op != "<":
		return refuse(400, "operator %q", op)
	case hasOp && !warns && !crits:
		return refuse(400, "warning or critical is required")
	case m["type"] == "expression" && !within("evaluateBackwardMinutes", 2, 10), !within("evaluateBackwardMinutes", 0, 10):
		return refuse(400, "evaluateBackwardMinutes is out of its range")
	case !oneOf(m["method"], "GET", "POST", "PUT", "DELETE"), !oneOf(m["alertStatusOnGone"], "CRITICAL", "WARNING"),
		!oneOf(m["warningSensitivity"], "insensitive", "normal", "sensitive"), !oneOf(m["criticalSensitivity"], "insensitive", "normal", "sensitive"):
		return refuse(400, "a word that the field does not take")
	case percent(m["metric"]) && m["type"] == "host" && (!within100(m["warning"]) || !within100(m["critical"])):
		return refuse(400, "a percentage is not between 0 and 100")
	case hasService && f.services[s] == nil:
		return refuse(400, "service %q does not exist", s)
	}
	for _, name := range []string{"missingDurationWarning", "missingDurationCritical"} {
		if v, ok := m[name].(float64); ok && (v < 10 || v > 10080 || math.Mod(v, 10) != 0) {
			return refuse(400, "%s is no multiple of 10 minutes up to a week", name)
		}
	}
	if m["type"] == "external" && (m["responseTimeWarning"] != nil || m["responseTimeCritical"] != nil || m["responseTimeDuration"] != nil) && (!hasService || m["responseTimeDuration"] == nil) {
		return refuse(400, "service and responseTimeDuration belong together")
	}
	return nil
}
