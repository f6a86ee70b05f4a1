// Package monitors keeps the monitors of an organization of Mackerel as a file says that
// stands beside the developers' code. Plan compares, Apply makes it so, Terraform writes
// the same for teams that keep Terraform.
//
// It touches only what it owns: a monitor whose memo ends with a mark of the document's
// name. The mark also holds a digest of what was applied, so that a change by hand is
// told from a change of the file.
package monitors

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/internal/document"
)

// The kind of document, and its version.
const (
	apiVersion   = "shopset.dev/v1alpha1"
	kindOverride = "MackerelMonitors"
)

// Document are the monitors of one owner, such as a service's developers.
type Document struct {
	document.Header `json:",inline"`
	Spec            Spec `json:"spec"`
}

// Spec is what is to be in Mackerel.
type Spec struct {
	// Service is what monitors of service metrics watch that name none themselves.
	Service string `json:"service,omitempty"`
	// Monitors may be an empty list: then none are to be left.
	Monitors []Monitor `json:"monitors"`
}

// Monitor is a monitor in the words of Mackerel's API,
// https://mackerel.io/api-docs/entry/monitors, which says what each means.
type Monitor struct {
	Type                 string `json:"type"`
	Name                 string `json:"name"`
	Memo                 string `json:"memo,omitempty"`
	IsMute               bool   `json:"isMute,omitempty"`
	NotificationInterval *int   `json:"notificationInterval,omitempty"` // minutes

	Service                 string   `json:"service,omitempty"`
	Metric                  string   `json:"metric,omitempty"`
	Operator                string   `json:"operator,omitempty"`
	Warning                 *float64 `json:"warning,omitempty"`
	Critical                *float64 `json:"critical,omitempty"`
	Duration                *int     `json:"duration,omitempty"`
	MaxCheckAttempts        *int     `json:"maxCheckAttempts,omitempty"`
	MissingDurationWarning  *int     `json:"missingDurationWarning,omitempty"` // minutes
	MissingDurationCritical *int     `json:"missingDurationCritical,omitempty"`
	Scopes                  []string `json:"scopes,omitempty"`
	ExcludeScopes           []string `json:"excludeScopes,omitempty"`
	AlertStatusOnGone       string   `json:"alertStatusOnGone,omitempty"`

	Method                          string   `json:"method,omitempty"`
	URL                             string   `json:"url,omitempty"`
	ResponseTimeWarning             *float64 `json:"responseTimeWarning,omitempty"`
	ResponseTimeCritical            *float64 `json:"responseTimeCritical,omitempty"`
	ResponseTimeDuration            *int     `json:"responseTimeDuration,omitempty"`
	RequestBody                     string   `json:"requestBody,omitempty"`
	ContainsString                  string   `json:"containsString,omitempty"`
	CertificationExpirationWarning  *int     `json:"certificationExpirationWarning,omitempty"`
	CertificationExpirationCritical *int     `json:"certificationExpirationCritical,omitempty"`
	SkipCertificateVerification     bool     `json:"skipCertificateVerification,omitempty"`
	FollowRedirect                  bool     `json:"followRedirect,omitempty"`
	Dualstack                       bool     `json:"dualstack,omitempty"` // IPv6 as well as IPv4
	ExpectedStatusCode              *int     `json:"expectedStatusCode,omitempty"`
	Headers                         []Field  `json:"headers,omitempty"`

	Expression              string `json:"expression,omitempty"`
	Query                   string `json:"query,omitempty"`
	Legend                  string `json:"legend,omitempty"`
	EvaluateBackwardMinutes *int   `json:"evaluateBackwardMinutes,omitempty"`
	WarningSensitivity      string `json:"warningSensitivity,omitempty"`
	CriticalSensitivity     string `json:"criticalSensitivity,omitempty"`
	TrainingPeriodFrom      *int   `json:"trainingPeriodFrom,omitempty"`

	// MutedUntil is ours: until then the monitor is muted, and not after.
	MutedUntil *time.Time `json:"mutedUntil,omitempty"`
}

// Field is a header of an HTTP request. A secret stands in a file of its own.
type Field struct {
	Name      string `json:"name"`
	Value     string `json:"value,omitempty"`
	ValueFile string `json:"valueFile,omitempty"`
}

// missingAfter is when data that stay away raise a warning where the file does not say.
const missingAfter = 30 // minutes

// Load reads the one document of a file. The error is a document.Faults where the file
// must be changed, and tells all faults.
func Load(path string) (*Document, error) {
	data, err := disk.Read(path, document.MaxSize)
	if err != nil {
		return nil, fmt.Errorf("read monitors: %w", err)
	}
	return Parse(path, data)
}

// Parse reads a file's content; path stands in the faults, and files that it names are
// beside it.
func Parse(path string, data []byte) (*Document, error) {
	objects, faults := document.Parse(path, data, apiVersion, document.Kinds{kindOverride: func() any { return new(Document) }})
	if len(objects) != 1 && len(faults) == 0 {
		faults = append(faults, document.Fault{File: path, Message: fmt.Sprintf("holds %d documents; write one, of kind %s", len(objects), kindOverride)})
	}
	if len(objects) != 1 {
		return nil, faults.Err()
	}
	d := objects[0].Value.(*Document)
	c := &checker{object: objects[0], faults: faults}
	c.owner(d.Metadata.Name)
	names := map[string]int{}
	for i := range d.Spec.Monitors {
		m := &d.Spec.Monitors[i]
		at := fmt.Sprintf("spec.monitors[%d]", i)
		if first, twice := names[m.Name]; twice {
			c.fault(at+".name", "is the name of monitor %d too; they are told apart by it", first)
		}
		names[m.Name] = i
		if m.Type == "service" && m.Service == "" {
			m.Service = d.Spec.Service
		}
		c.monitor(at, m, d.Metadata.Name)
		c.secrets(at, m, filepath.Dir(path))
	}
	if err := c.faults.Err(); err != nil {
		return nil, err
	}
	return d, nil
}

// checker finds what Mackerel would refuse, before anything is sent.
type checker struct {
	object *document.Object
	faults document.Faults
}

func (c *checker) fault(path, format string, args ...any) {
	if f, ok := c.object.Fault(path, format, args...); ok {
		c.faults = append(c.faults, f)
	}
}

func (c *checker) owner(name string) {
	if !ownerName().MatchString(name) {
		c.fault("metadata.name", "%q marks what belongs to this file; write up to 40 of a-z, 0-9, - and .", name)
	}
}

// maxMemo is Mackerel's limit, in characters, with our mark in it.
const maxMemo = 2048

func (c *checker) monitor(at string, m *Monitor, owner string) {
	k, ok := kinds[m.Type]
	if !ok {
		c.fault(at+".type", "%q is not one of %s", m.Type, strings.Join(kindNames, ", "))
		return
	}
	given := m.wire()
	for name := range given {
		if !k.has(name) {
			c.fault(at+"."+name, "means nothing to a monitor of type %s; remove it", m.Type)
		}
	}
	for _, name := range k.required {
		if v, ok := given[name]; !ok || v == "" {
			c.fault(at+"."+name, "is missing")
		}
	}
	if m.Name == "" {
		c.fault(at+".name", "is empty")
	}
	if n := len([]rune(m.Memo)) + len([]rune(mark(owner, "00000000"))); n > maxMemo {
		c.fault(at+".memo", "has with its mark %d characters; Mackerel takes %d", n, maxMemo)
	}
	if m.IsMute && m.MutedUntil != nil {
		c.fault(at+".isMute", "stands beside mutedUntil; write one of them")
	}
	c.limits(at, m)
	c.ranges(at, m)
	c.words(at, m)
}

// words are the fields that take some words only.
func (c *checker) words(at string, m *Monitor) {
	sensitivities := []string{"insensitive", "normal", "sensitive"}
	for _, f := range []struct {
		name, value string
		of          []string
	}{
		{"method", m.Method, []string{"GET", "POST", "PUT", "DELETE"}}, {"alertStatusOnGone", m.AlertStatusOnGone, []string{"CRITICAL", "WARNING"}},
		{"warningSensitivity", m.WarningSensitivity, sensitivities}, {"criticalSensitivity", m.CriticalSensitivity, sensitivities},
	} {
		if f.value != "" && !slices.Contains(f.of, f.value) {
			c.fault(at+"."+f.name, "%q is not one of %s", f.value, strings.Join(f.of, ", "))
		}
	}
	if m.Type == "external" && m.URL != "" && !strings.HasPrefix(m.URL, "http://") && !strings.HasPrefix(m.URL, "https://") {
		c.fault(at+".url", "%q does not begin with https:// or http://", m.URL)
	}
}

func (c *checker) limits(at string, m *Monitor) {
	if m.Operator != "" && m.Operator != ">" && m.Operator != "<" {
		c.fault(at+".operator", "%q is not > or <", m.Operator)
	}
	if kinds[m.Type].has("operator") && m.Warning == nil && m.Critical == nil {
		c.fault(at, "has neither warning nor critical, and so would never alert")
	}
	if m.Type == "anomalyDetection" && m.WarningSensitivity == "" && m.CriticalSensitivity == "" {
		c.fault(at, "has neither warningSensitivity nor criticalSensitivity, and so would never alert")
	}
	// A service alone keeps the response times as its metric, and none is watched.
	if m.Type == "external" && (m.ResponseTimeWarning != nil || m.ResponseTimeCritical != nil || m.ResponseTimeDuration != nil) && (m.Service == "" || m.ResponseTimeDuration == nil) {
		c.fault(at, "needs service and responseTimeDuration together with response times")
	}
}

func (c *checker) ranges(at string, m *Monitor) {
	within := func(name string, v *int, low, high int) {
		if v != nil && (*v < low || *v > high) {
			c.fault(at+"."+name, "is %d; Mackerel takes %d to %d", *v, low, high)
		}
	}
	switch m.Type {
	case "expression":
		within("evaluateBackwardMinutes", m.EvaluateBackwardMinutes, 2, 10)
	case "query":
		within("evaluateBackwardMinutes", m.EvaluateBackwardMinutes, 0, 10)
	}
	within("duration", m.Duration, 1, 10)
	within("maxCheckAttempts", m.MaxCheckAttempts, 1, 10)
	within("responseTimeDuration", m.ResponseTimeDuration, 1, 10)
	within("notificationInterval", m.NotificationInterval, 10, 1<<31)
	for name, v := range map[string]*float64{"warning": m.Warning, "critical": m.Critical} {
		if v != nil && m.Type == "host" && strings.HasSuffix(m.Metric, "%") && (*v < 0 || *v > 100) {
			c.fault(at+"."+name, "is %g; of %s, a percentage, Mackerel takes 0 to 100", *v, m.Metric)
		}
	}
	for name, v := range map[string]*int{"missingDurationWarning": m.MissingDurationWarning, "missingDurationCritical": m.MissingDurationCritical} {
		if v != nil && (*v < 10 || *v > 10080 || *v%10 != 0) {
			c.fault(at+"."+name, "is %d minutes; Mackerel takes multiples of 10 up to a week, 10080", *v)
		}
	}
}

// secrets reads the headers' values that stand in files.
func (c *checker) secrets(at string, m *Monitor, dir string) {
	for i := range m.Headers {
		h := &m.Headers[i]
		path := fmt.Sprintf("%s.headers[%d]", at, i)
		if (h.Value == "") == (h.ValueFile == "") {
			c.fault(path, "needs either value or valueFile")
			continue
		}
		if h.ValueFile == "" {
			continue
		}
		file := h.ValueFile
		if !filepath.IsAbs(file) {
			file = filepath.Join(dir, file)
		}
		data, err := disk.ReadSmall(file)
		if err != nil {
			c.fault(path+".valueFile", "%v", err)
			continue
		}
		h.Value = strings.TrimSpace(string(data))
	}
}

// wire is the monitor as the API takes it, less its memo's mark.
func (m *Monitor) wire() map[string]any {
	plain := *m
	plain.MutedUntil = nil
	plain.Headers = slices.Clone(m.Headers)
	for i := range plain.Headers {
		plain.Headers[i].ValueFile = ""
	}
	data, err := json.Marshal(plain)
	if err != nil { // numbers are finite: the document's reader sees to it
		panic(err)
	}
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		panic(err)
	}
	return out
}

// wanted is the monitor as it is to be at a time.
func (m *Monitor) wanted(now time.Time) map[string]any {
	out := m.wire()
	if m.MutedUntil != nil && now.Before(*m.MutedUntil) {
		out["isMute"] = true
	}
	if m.Type == "service" && m.MissingDurationWarning == nil && m.MissingDurationCritical == nil {
		out["missingDurationWarning"] = float64(missingAfter)
	}
	return kinds[m.Type].normal(out)
}
