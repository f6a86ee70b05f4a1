// Package incident is the vocabulary of incidents: what happened to which ShopSets,
// how bad it is, who does what, what was done when, and what was learned.
//
// An Incident is changed by Events alone: Apply gives the Incident after one, or says
// why it may not happen now. The timeline keeps every Event, so that durations come
// from what people said happened when, not from when a record was last touched.
package incident

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Severity says how bad an Incident is.
type Severity string

// The severities, the worst first.
const (
	Critical Severity = "critical" // shops cannot sell
	Major    Severity = "major"    // a part of the product fails, or all of it for some
	Minor    Severity = "minor"    // few notice
)

// Severities lists them, the worst first.
var Severities = []Severity{Critical, Major, Minor}

// State says how far an Incident is.
type State string

// The states, in the order in which an Incident goes through them. It may skip some,
// and be reopened from any.
const (
	Open      State = "open"      // it hurts
	Mitigated State = "mitigated" // it hurts no longer; its cause is still there
	Resolved  State = "resolved"  // its cause is gone
	Closed    State = "closed"    // what was to be learned has been written down
)

// States lists them in their order.
var States = []State{Open, Mitigated, Resolved, Closed}

// Ongoing reports whether a promotion has to fear the Incident: its cause is there.
func (s State) Ongoing() bool { return s == Open || s == Mitigated }

// Role is what a person does in an Incident.
type Role string

// The roles.
const (
	Commander      Role = "commander"      // decides
	Operations     Role = "operations"     // changes the system
	Communications Role = "communications" // tells others
	Scribe         Role = "scribe"         // writes the timeline
)

// Roles lists them.
var Roles = []Role{Commander, Operations, Communications, Scribe}

// Scope is what an Incident hurts. The zero value means that nobody knows yet, which
// has to be taken for everything.
type Scope struct {
	ShopSets []string `json:"shopsets,omitempty"`
	Tiers    []string `json:"tiers,omitempty"`
	Fleet    bool     `json:"fleet,omitempty"` // all of it
}

// Known reports whether anybody has said what is hurt.
func (s Scope) Known() bool { return s.Fleet || len(s.ShopSets) > 0 || len(s.Tiers) > 0 }

// Touches reports whether a Tier, or one of the ShopSets given, may be hurt. Where the
// scope is not known, it may.
func (s Scope) Touches(tier string, shopSets []string) bool {
	return !s.Known() || s.Fleet || slices.Contains(s.Tiers, tier) ||
		slices.ContainsFunc(s.ShopSets, func(set string) bool { return slices.Contains(shopSets, set) })
}

// Incident is something that hurts users, from its start until it has been learned from.
type Incident struct {
	ID       string   `json:"id"`    // stable, such as inc-12; never shown alone
	Title    string   `json:"title"` // one line, in any language
	Severity Severity `json:"severity"`
	State    State    `json:"state"`
	Scope    Scope    `json:"scope"`
	// StartedAt is when it began to hurt, as far as is known; zero: not known.
	StartedAt time.Time `json:"started_at,omitzero"`
	// DetectedAt is when somebody, or an alert, noticed.
	DetectedAt time.Time `json:"detected_at"`
	// Assigned are the people with a role, by role.
	Assigned map[Role]string `json:"assigned,omitempty"`
	// Release is the one suspected; empty: none.
	Release string `json:"release,omitempty"`
	// Timeline holds the Events in the order of their times.
	Timeline []Event `json:"timeline,omitempty"`
	// Postmortem is nil until somebody has begun to write it.
	Postmortem *Postmortem `json:"postmortem,omitempty"`
	// Link is where more can be read: a channel, a document. Empty: none.
	Link string `json:"link,omitempty"`
	// MergedInto is the ID of the one of which this is a part; empty: it stands by itself.
	MergedInto string `json:"merged_into,omitempty"`
	// Private says that only those who are in it may know what it is about.
	Private bool `json:"private,omitempty"`
	// Worst is the worst severity that it has had; empty: it never had another.
	Worst Severity `json:"worst_severity,omitempty"`
}

// NeedsPostmortem reports whether it may not be closed before something was learned from it: it
// is more than minor, or was. A part of another one needs none of its own.
func (i Incident) NeedsPostmortem() bool {
	return i.MergedInto == "" && (i.Severity != Minor || i.Worst != "" && i.Worst != Minor)
}

// Outline is the Incident with the moves between states as its only Events: enough for
// Durations and small enough for lists.
func (i Incident) Outline() Incident {
	var moves []Event
	for _, e := range i.Timeline {
		if e.Kind == Moved {
			moves = append(moves, e)
		}
	}
	i.Timeline = moves
	return i
}

// Changed is the time of the last Event, else of the detection.
func (i Incident) Changed() time.Time {
	if n := len(i.Timeline); n > 0 && i.Timeline[n-1].At.After(i.DetectedAt) {
		return i.Timeline[n-1].At
	}
	return i.DetectedAt
}

// Postmortem is what was learned. Empty parts are not written yet.
type Postmortem struct {
	Summary    string   `json:"summary,omitempty"`
	Impact     string   `json:"impact,omitempty"`
	Cause      string   `json:"cause,omitempty"`
	Trigger    string   `json:"trigger,omitempty"`
	Detection  string   `json:"detection,omitempty"`
	Resolution string   `json:"resolution,omitempty"`
	WentWell   []string `json:"went_well,omitempty"`
	WentWrong  []string `json:"went_wrong,omitempty"`
	Lucky      []string `json:"lucky,omitempty"`
	Actions    []Action `json:"actions,omitempty"`
}

// Missing names the parts without which a postmortem teaches nothing.
func (p *Postmortem) Missing() []string {
	if p == nil {
		return []string{"all of it"}
	}
	var missing []string
	for _, part := range []struct{ name, text string }{
		{"summary", p.Summary}, {"impact", p.Impact}, {"cause", p.Cause}, {"resolution", p.Resolution},
	} {
		if strings.TrimSpace(part.text) == "" {
			missing = append(missing, part.name)
		}
	}
	if len(p.Actions) == 0 {
		missing = append(missing, "actions")
	}
	return missing
}

// Action is something to be done so that it does not happen again.
type Action struct {
	What   string    `json:"what"`
	Owner  string    `json:"owner,omitempty"`
	Link   string    `json:"link,omitempty"`
	Due    time.Time `json:"due,omitzero"`     // zero: none; a midnight is that whole day
	DoneAt time.Time `json:"done_at,omitzero"` // zero: not done
}

// overdue reports whether it should have been done by now and is not.
func (a Action) overdue(now time.Time) bool {
	if a.Due.IsZero() || !a.DoneAt.IsZero() {
		return false
	}
	end := a.Due
	if h, m, s := a.Due.Clock(); h+m+s == 0 {
		end = a.Due.AddDate(0, 0, 1)
	}
	return !now.Before(end)
}

// maxTitle is what a chat's channel topic still takes.
const maxTitle = 200

// Validate reports everything that makes an Incident unusable, joined.
func (i Incident) Validate() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch title := strings.TrimSpace(i.Title); {
	case title == "":
		add("title is missing: say in one line what users see")
	case strings.ContainsAny(title, "\n\r"):
		add("title has several lines; keep the first, and put the rest into the timeline")
	case utf8.RuneCountInString(title) > maxTitle:
		add("title is longer than %d characters", maxTitle)
	}
	if i.ID == "" {
		add("id is missing")
	}
	if !slices.Contains(Severities, i.Severity) {
		add("severity %q is none of critical, major, minor", i.Severity)
	}
	if !slices.Contains(States, i.State) {
		add("state %q is none of open, mitigated, resolved, closed", i.State)
	}
	if i.DetectedAt.IsZero() {
		add("the time of detection is missing")
	}
	if !i.StartedAt.IsZero() && i.StartedAt.After(i.DetectedAt) {
		add("it was detected at %s, before it started at %s", i.DetectedAt.Format(time.RFC3339), i.StartedAt.Format(time.RFC3339))
	}
	for role := range i.Assigned {
		if !slices.Contains(Roles, role) {
			add("role %q is none of commander, operations, communications, scribe", role)
		}
	}
	return errors.Join(errs...)
}
