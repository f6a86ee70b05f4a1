// Package incidentapi tells incidents over HTTP, and asks for them: JSON of the shape of
// docs/incidents.schema.json, and postmortems as Markdown.
//
//	GET /api/v1/incidents?since=2026-11-01T00:00:00Z&ongoing=true
//	GET /api/v1/incidents/inc-12
//	GET /api/v1/incidents/inc-12/postmortem.md?lang=ja&tz=Asia/Tokyo
//	PUT /api/v1/incidents/inc-12/postmortem.md?by=mai&tz=Asia/Tokyo
package incidentapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shopslo/shopslo/incident"
)

// version is that of the JSON shape.
const version = 1

// List is the answer about many incidents; their timelines hold the moves between states
// only. One is the answer about a single incident.
type (
	listShape struct {
		Version   int       `json:"version"`
		At        time.Time `json:"at"`
		Incidents []told    `json:"incidents"`
	}
	oneShape struct {
		Version  int       `json:"version"`
		At       time.Time `json:"at"`
		Incident told      `json:"incident"`
	}
)

// told is an incident, and what follows from it. What is not known is null.
type told struct {
	incident.Incident
	// These stand in the place of the Incident's own.
	StartedAt  *time.Time               `json:"started_at"`
	Release    *string                  `json:"release"`
	Link       *string                  `json:"link"`
	Assigned   map[incident.Role]string `json:"assigned"`
	Timeline   []incident.Event         `json:"timeline"`
	Postmortem *incident.Postmortem     `json:"postmortem"`

	// Ongoing says that its cause is still there.
	Ongoing   bool      `json:"ongoing"`
	Durations durations `json:"durations"`
	// Missing are the parts that its postmortem lacks; nil: that is not known, as it is private.
	Missing []string `json:"postmortem_missing"`
}

// durations are in seconds, up to the time of the answer; nil: not known, or not yet.
type durations struct {
	ToDetect   *float64 `json:"to_detect_seconds"`
	ToMitigate *float64 `json:"to_mitigate_seconds"`
	ToResolve  *float64 `json:"to_resolve_seconds"`
	Hurting    float64  `json:"hurting_seconds"`
}

func tell(i incident.Incident, now time.Time) told {
	d := i.Durations(now)
	t := told{Incident: i, StartedAt: orNull(i.StartedAt), Release: orNull(i.Release), Link: orNull(i.Link), Assigned: i.Assigned,
		Timeline: i.Timeline, Postmortem: i.Postmortem, Ongoing: i.State.Ongoing(), Missing: i.Postmortem.Missing(),
		Durations: durations{seconds(d.ToDetect), seconds(d.ToMitigate), seconds(d.ToResolve), d.Hurting.Seconds()}}
	if t.Assigned == nil {
		t.Assigned = map[incident.Role]string{}
	}
	if t.Timeline == nil {
		t.Timeline = []incident.Event{}
	}
	switch {
	case i.Private && i.Postmortem == nil:
		t.Missing = nil
	case t.Missing == nil:
		t.Missing = []string{}
	}
	return t
}

// orNull is nil for a zero value.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func seconds(d *time.Duration) *float64 {
	if d == nil {
		return nil
	}
	s := d.Seconds()
	return &s
}

// answer is what is read of either: nil is what does not stand there, which tells an
// answer from that of another program.
type answer struct {
	Version   int                  `json:"version"`
	Incidents *[]incident.Incident `json:"incidents"`
	Incident  *incident.Incident   `json:"incident"`
}

// ParseList reads the answer about many incidents. An incident that is not valid, such
// as one of a state that this version does not know, is an error, and so is an answer
// without a list: none of it is then known.
func ParseList(data []byte) ([]incident.Incident, error) {
	a, err := parse(data)
	switch {
	case err != nil:
		return nil, err
	case a.Incidents == nil:
		return nil, errors.New("the answer has no incidents")
	}
	for _, i := range *a.Incidents {
		if err := valid(i); err != nil {
			return nil, err
		}
	}
	return *a.Incidents, nil
}

// parseOne reads the answer about one incident.
func parseOne(data []byte) (incident.Incident, error) {
	a, err := parse(data)
	switch {
	case err != nil:
		return incident.Incident{}, err
	case a.Incident == nil:
		return incident.Incident{}, errors.New("the answer has no incident")
	}
	if err := valid(*a.Incident); err != nil {
		return incident.Incident{}, err
	}
	return *a.Incident, nil
}

func valid(i incident.Incident) error {
	if err := i.Validate(); err != nil {
		return fmt.Errorf("incident %q: %w", i.ID, err)
	}
	return nil
}

func parse(data []byte) (answer, error) {
	var a answer
	if err := json.Unmarshal(data, &a); err != nil {
		return a, fmt.Errorf("the answer is not the JSON of an incidentbot: %w", err)
	}
	if a.Version != version {
		return a, fmt.Errorf("the answer is of version %d, and this program knows %d", a.Version, version)
	}
	return a, nil
}
