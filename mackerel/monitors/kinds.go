package monitors

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// kind is what the API says of a type of monitor,
// https://mackerel.io/api-docs/entry/monitors.
type kind struct {
	fields   []string
	required []string
	// defaults are what a field is that is left out, as Mackerel shows it.
	defaults map[string]any
	// block is the name in Terraform.
	block string
	// target is the field that cannot change: Mackerel answers "cannot change target", and
	// the Terraform provider makes another monitor in that case.
	target string
}

func (k kind) has(field string) bool {
	return slices.Contains(k.fields, field) || slices.Contains(common, field)
}

// common are the fields of every type.
var common = []string{"type", "name", "memo", "isMute", "notificationInterval"}

var kindNames = slices.Sorted(maps.Keys(kinds))

var kinds = map[string]kind{
	"host": {[]string{"metric", "operator", "warning", "critical", "duration", "maxCheckAttempts", "scopes", "excludeScopes"},
		[]string{"metric", "operator", "duration"}, map[string]any{"maxCheckAttempts": 1.0}, "host_metric", "metric"},
	"service": {[]string{"service", "metric", "operator", "warning", "critical", "duration", "maxCheckAttempts", "missingDurationWarning", "missingDurationCritical"},
		[]string{"service", "metric", "operator", "duration"}, map[string]any{"maxCheckAttempts": 1.0}, "service_metric", "metric"},
	"connectivity": {[]string{"scopes", "excludeScopes", "alertStatusOnGone"},
		nil, map[string]any{"alertStatusOnGone": "CRITICAL"}, "connectivity", ""},
	"external": {[]string{"method", "url", "service", "maxCheckAttempts", "responseTimeWarning", "responseTimeCritical", "responseTimeDuration", "requestBody", "containsString",
		"certificationExpirationWarning", "certificationExpirationCritical", "skipCertificateVerification", "followRedirect", "dualstack", "expectedStatusCode", "headers"},
		[]string{"url"}, map[string]any{"method": "GET", "maxCheckAttempts": 1.0}, "external", ""},
	"expression": {[]string{"expression", "operator", "warning", "critical", "evaluateBackwardMinutes"},
		[]string{"expression", "operator"}, map[string]any{"evaluateBackwardMinutes": 2.0}, "expression", ""},
	"query": {[]string{"query", "legend", "operator", "warning", "critical", "evaluateBackwardMinutes"},
		[]string{"query", "operator"}, map[string]any{"evaluateBackwardMinutes": 0.0}, "query", "query"},
	"anomalyDetection": {[]string{"scopes", "warningSensitivity", "criticalSensitivity", "maxCheckAttempts", "trainingPeriodFrom"},
		[]string{"scopes"}, map[string]any{"maxCheckAttempts": 3.0}, "anomaly_detection", ""},
}

// normal gives the fields that a type has and that say something: those that are
// empty, or as when left out, are the same as none. Scopes have no order, and
// "service: role" is "service:role".
func (k kind) normal(m map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range m {
		switch list := v.(type) {
		case nil:
			continue
		case []any:
			if name == "scopes" || name == "excludeScopes" {
				v = scopes(list)
			}
		}
		empty := v == "" || v == false || reflect.ValueOf(v).Kind() == reflect.Slice && reflect.ValueOf(v).Len() == 0
		if k.has(name) && !empty && !reflect.DeepEqual(v, k.defaults[name]) {
			out[name] = v
		}
	}
	return out
}

func scopes(list []any) []any {
	names := make([]string, len(list))
	for i, x := range list {
		names[i], _ = x.(string)
		names[i] = strings.Join(strings.Fields(names[i]), "")
	}
	slices.Sort(names)
	out := make([]any, len(names))
	for i, n := range names {
		out[i] = n
	}
	return out
}

var (
	ownerName = lazily(`^[a-z0-9]([-a-z0-9.]{0,38}[a-z0-9])?$`)
	marked    = lazily(`\n?\[shopslo:([a-z0-9.-]+) ([0-9a-f]{8})\]\s*$`)
)

// lazily compiles an expression when it is first used: most commands never do.
func lazily(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// mark is what a memo ends with that belongs to an owner.
func mark(owner, digest string) string { return "\n[shopslo:" + owner + " " + digest + "]" }

// unmark takes a memo's mark off; ok is false where it has none.
func unmark(memo string) (text, owner, digest string, ok bool) {
	m := marked().FindStringSubmatchIndex(memo)
	if m == nil {
		return memo, "", "", false
	}
	return memo[:m[0]], memo[m[2]:m[3]], memo[m[4]:m[5]], true
}

// digest tells one state of a monitor from another.
func digest(normal map[string]any) string {
	data, err := json.Marshal(normal) // keys sorted
	if err != nil {                   // it came from JSON
		panic(err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:4])
}
