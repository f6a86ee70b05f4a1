package incident

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind is what an Event changes.
type Kind string

// The kinds of Events. Their Text is a sentence for the timeline, except where a
// comment says otherwise.
const (
	Noted      Kind = "noted"      // changes nothing
	Escalated  Kind = "severity"   // Value: the new severity
	Moved      Kind = "state"      // Value: the new state
	Rescoped   Kind = "scope"      // Scope: the new one
	Appointed  Kind = "role"       // Role, and Value: the person; empty: nobody any more
	Renamed    Kind = "title"      // Value: the new title
	Dated      Kind = "started"    // Time: when it really started
	Suspected  Kind = "release"    // Value: the Release; empty: none any more
	Postmortal Kind = "postmortem" // Postmortem: as it is now
	Redacted   Kind = "redacted"   // Value: the ID of the Event of which nothing but that it was is kept; Text: why
	Merged     Kind = "merged"     // Value: the ID of the Incident of which this one is a part
	Joined     Kind = "joined"     // Value: the worst severity of another Incident, which is a part of this one
)

// Event is one entry of a timeline.
type Event struct {
	// ID makes an Event known again when it is delivered twice; empty: never the same.
	ID   string    `json:"id,omitempty"`
	At   time.Time `json:"at"`
	By   string    `json:"by,omitempty"` // who; empty: a machine
	Kind Kind      `json:"kind"`
	Text string    `json:"text,omitempty"`
	// Redacted says that its Text and Link were taken away.
	Redacted bool `json:"redacted,omitempty"`
	// Link is where it was said first, such as a message in a chat; empty: only here.
	Link string `json:"link,omitempty"`

	Value      string      `json:"value,omitempty"`
	Role       Role        `json:"role,omitempty"`
	Scope      Scope       `json:"scope,omitzero"`
	Time       time.Time   `json:"time,omitzero"`
	Postmortem *Postmortem `json:"postmortem,omitempty"`
}

// ErrTwice says that an Event with this ID has been applied before.
var ErrTwice = errors.New("this event is in the timeline already")

// Apply gives the Incident after an Event; the Incident itself stays as it was. An
// error says why the Event cannot be: ErrTwice where it has been applied before.
func (i Incident) Apply(e Event) (Incident, error) {
	if e.At.IsZero() {
		return i, fmt.Errorf("incident %s: an event needs a time", i.ID)
	}
	if e.ID != "" && slices.ContainsFunc(i.Timeline, func(old Event) bool { return old.ID == e.ID }) {
		return i, fmt.Errorf("incident %s: %w", i.ID, ErrTwice)
	}
	next := i
	if err := next.change(e); err != nil {
		return i, fmt.Errorf("incident %s: %w", i.ID, err)
	}
	if err := next.Validate(); err != nil {
		return i, fmt.Errorf("incident %s: %w", i.ID, err)
	}
	// Behind all that are not later, so that equal times keep the order of arrival.
	at := len(next.Timeline)
	for at > 0 && next.Timeline[at-1].At.After(e.At) {
		at--
	}
	next.Timeline = slices.Insert(slices.Clone(next.Timeline), at, e)
	return next, nil
}

func (i *Incident) change(e Event) error {
	switch e.Kind {
	case Noted:
		if strings.TrimSpace(e.Text) == "" {
			return errors.New("a note needs a text")
		}
	case Escalated:
		i.Worst = worse(cmp.Or(i.Worst, i.Severity), Severity(e.Value))
		i.Severity = Severity(e.Value)
	case Moved:
		return i.move(State(e.Value))
	case Rescoped:
		i.Scope = e.Scope
	case Appointed:
		i.appoint(e.Role, e.Value)
	case Renamed:
		i.Title = e.Value
	case Dated:
		i.StartedAt = e.Time
	case Suspected:
		i.Release = e.Value
	case Postmortal:
		i.Postmortem = e.Postmortem
	case Redacted:
		return i.redact(e.Value)
	case Merged:
		if e.Value == "" || e.Value == i.ID {
			return errors.New("an incident is a part of another one, not of itself")
		}
		i.MergedInto = e.Value
	case Joined:
		if !slices.Contains(Severities, Severity(e.Value)) {
			return fmt.Errorf("severity %q is none of critical, major, minor", e.Value)
		}
		if worst := worse(cmp.Or(i.Worst, i.Severity), Severity(e.Value)); worst != i.Severity {
			i.Worst = worst // its postmortem is that of both
		}
	default:
		return fmt.Errorf("event kind %q is unknown", e.Kind)
	}
	return nil
}

// move follows the states: forward by any number of steps, or back to open.
func (i *Incident) move(to State) error {
	from := i.State
	switch at, want := slices.Index(States, from), slices.Index(States, to); {
	case want < 0:
		return fmt.Errorf("state %q is none of open, mitigated, resolved, closed", to)
	case at == want:
		return fmt.Errorf("it is %s already", from)
	case want < at && to != Open:
		return fmt.Errorf("it is %s: it may be reopened, but not go back to %s", from, to)
	case to == Closed && len(i.Postmortem.Missing()) > 0 && i.NeedsPostmortem():
		return fmt.Errorf("its postmortem lacks %s: write it, then close", strings.Join(i.Postmortem.Missing(), ", "))
	}
	if i.State = to; to == Open {
		i.MergedInto = "" // it stands by itself again
	}
	return nil
}

// redact takes the text of an Event away.
func (i *Incident) redact(id string) error {
	at := slices.IndexFunc(i.Timeline, func(e Event) bool { return e.ID == id && id != "" })
	if at < 0 {
		return errors.New("there is no such entry in the timeline")
	}
	i.Timeline = slices.Clone(i.Timeline)
	i.Timeline[at] = i.Timeline[at].Redact()
	return nil
}

// Redact is the Event without what was said: who, when and what kind it was is kept.
func (e Event) Redact() Event {
	e.Text, e.Link, e.Redacted = "", "", true
	return e
}

// worse is the worse one of two severities.
func worse(a, b Severity) Severity {
	if slices.Index(Severities, a) <= slices.Index(Severities, b) {
		return a
	}
	return b
}

func (i *Incident) appoint(role Role, who string) {
	assigned := map[Role]string{}
	for r, name := range i.Assigned {
		assigned[r] = name
	}
	if assigned[role] = who; who == "" {
		delete(assigned, role)
	}
	i.Assigned = assigned
}

// Durations are an Incident's, from its timeline. Nil: not known, or not yet.
type Durations struct {
	ToDetect   *time.Duration // from the start to the detection
	ToMitigate *time.Duration // from the start, else the detection, until it last stopped hurting
	ToResolve  *time.Duration // likewise, until its cause was last gone
	// Hurting is how long it hurt in all, times between reopenings left out, up to now.
	Hurting time.Duration
}

// Durations reads the timeline, up to now.
func (i Incident) Durations(now time.Time) Durations {
	var d Durations
	start := i.StartedAt
	if start.IsZero() {
		start = i.DetectedAt
	} else {
		d.ToDetect = since(start, i.DetectedAt)
	}
	state, from := Open, start
	for _, e := range i.Timeline {
		if e.Kind != Moved || e.At.After(now) {
			continue
		}
		next := State(e.Value)
		if state == Open && next != Open {
			d.Hurting += max(0, e.At.Sub(from))
		}
		switch {
		case next == Open:
			from, d.ToMitigate, d.ToResolve = e.At, nil, nil
		case next == Mitigated:
			d.ToMitigate = since(start, e.At)
		case d.ToResolve == nil:
			d.ToResolve = since(start, e.At)
		}
		if next != Open && d.ToMitigate == nil {
			d.ToMitigate = since(start, e.At)
		}
		state = next
	}
	if state == Open {
		d.Hurting += max(0, now.Sub(from))
	}
	return d
}

func since(from, to time.Time) *time.Duration {
	d := max(0, to.Sub(from))
	return &d
}
