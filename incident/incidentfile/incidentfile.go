// Package incidentfile reads incidents from YAML files, for teams that keep them in
// git or write them from another tool:
//
//	apiVersion: shopslo.dev/v1alpha1
//	kind: Incident
//	metadata: {name: inc-12}
//	spec:
//	  title: カートで決済が失敗する
//	  severity: critical            # critical, major, minor
//	  state: open                   # open, mitigated, resolved, closed
//	  detectedAt: 2026-11-02T12:00:00+09:00
//	  affects: {shopSets: [a-1]}    # or tiers: [prod], or fleet: true; absent: not known, so all
package incidentfile

import (
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/document"
)

// apiVersion is the one that is read.
const apiVersion = "shopslo.dev/v1alpha1"

// incidentDocument is an incident as it stands in a file.
type incidentDocument struct {
	document.Header `json:",inline"`
	Spec            spec `json:"spec"`
}

// spec is what an incident is about.
type spec struct {
	Title      string            `json:"title"`
	Severity   string            `json:"severity"`
	State      string            `json:"state"`
	DetectedAt time.Time         `json:"detectedAt"`
	StartedAt  time.Time         `json:"startedAt,omitempty"`
	Affects    affects           `json:"affects,omitempty"`
	Roles      map[string]string `json:"roles,omitempty"`
	Release    string            `json:"release,omitempty"`
	Link       string            `json:"link,omitempty"`
}

// affects is an incident's scope.
type affects struct {
	ShopSets []string `json:"shopSets,omitempty"`
	Tiers    []string `json:"tiers,omitempty"`
	Fleet    bool     `json:"fleet,omitempty"`
}

var kinds = document.Kinds{"Incident": func() any { return new(incidentDocument) }}

// Load reads the incidents of the files that glob patterns match; relative patterns
// start at the folder base. No file is no incident. The error is document.Faults,
// and no incident is returned with it: which of them are open is then not known.
func Load(base string, patterns ...string) ([]incident.Incident, error) {
	return read(document.Load(base, apiVersion, kinds, patterns...))
}

// parse reads the incidents of one file's content; name stands in the faults.
func parse(name string, data []byte) ([]incident.Incident, error) {
	return read(document.Parse(name, data, apiVersion, kinds))
}

func read(objects []*document.Object, faults document.Faults) ([]incident.Incident, error) {
	var incidents []incident.Incident
	first := map[string]string{}
	for _, o := range objects {
		i := convert(o.Value.(*incidentDocument))
		if file, twice := first[i.ID]; twice && i.ID != "" {
			if f, ok := o.Fault("metadata.name", "is the name of another incident too (%s)", file); ok {
				faults = append(faults, f)
			}
		}
		first[i.ID] = o.File
		faults = append(faults, check(o, i)...)
		incidents = append(incidents, i)
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return incidents, nil
}

func convert(d *incidentDocument) incident.Incident {
	i := incident.Incident{
		ID: d.Metadata.Name, Title: d.Spec.Title,
		Severity: incident.Severity(d.Spec.Severity), State: incident.State(d.Spec.State),
		Scope:     incident.Scope{ShopSets: d.Spec.Affects.ShopSets, Tiers: d.Spec.Affects.Tiers, Fleet: d.Spec.Affects.Fleet},
		StartedAt: d.Spec.StartedAt, DetectedAt: d.Spec.DetectedAt,
		Release: d.Spec.Release, Link: d.Spec.Link,
	}
	for role, who := range d.Spec.Roles {
		if i.Assigned == nil {
			i.Assigned = map[incident.Role]string{}
		}
		i.Assigned[incident.Role(role)] = who
	}
	return i
}

// check puts what the vocabulary finds wrong to the key that is to blame; what only
// follows from another fault is not said.
func check(o *document.Object, i incident.Incident) document.Faults {
	var faults document.Faults
	joined, ok := i.Validate().(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	for _, err := range joined.Unwrap() {
		if f, ok := o.Fault(blame(err), "%v", err); ok {
			faults = append(faults, f)
		}
	}
	return faults
}

// blame finds the key that a message begins with.
func blame(err error) string {
	word, _, _ := strings.Cut(err.Error(), " ")
	switch word {
	case "title", "severity", "state":
		return "spec." + word
	case "role":
		return "spec.roles"
	case "id":
		return "metadata.name"
	}
	return "spec.detectedAt"
}
