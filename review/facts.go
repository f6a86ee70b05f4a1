package review

import (
	"time"

	"github.com/shopslo/shopslo/incident"
)

// Action is something that somebody promised to do.
type Action struct {
	ID    string     `json:"id"`
	What  string     `json:"what"`
	Owner string     `json:"owner"`
	Due   *time.Time `json:"due"`     // nil: no date
	Done  *time.Time `json:"done_at"` // nil: not done
	Link  string     `json:"link"`
	// From is the review or incident that it comes from; "" where nobody says.
	From string `json:"from"`
	// State is as of the end of the period.
	State ActionState `json:"state"`
}

// ActionState says how far an Action is.
type ActionState string

// The states, the most urgent first.
const (
	Overdue ActionState = "overdue"
	Open    ActionState = "open"
	Done    ActionState = "done"
)

// at is the state at a time. What is due on a day is overdue once that day is over: Due
// is its end.
func (a Action) at(t time.Time) ActionState {
	switch {
	case a.Done != nil && !a.Done.After(t):
		return Done
	case a.Due != nil && a.Due.Before(t):
		return Overdue
	}
	return Open
}

// Incident is one that touches the period. A nil duration is not known, or not yet; all
// are in seconds.
type Incident struct {
	ID        string            `json:"id"`
	Title     string            `json:"title"`
	Severity  incident.Severity `json:"severity"`
	State     incident.State    `json:"state"`
	Started   *time.Time        `json:"started_at"`
	Detected  time.Time         `json:"detected_at"`
	Scope     []string          `json:"scope"` // names of Tiers and ShopSets; empty: not known, or all
	Fleet     bool              `json:"fleet"`
	Release   string            `json:"release"`
	Link      string            `json:"link"`
	ToDetect  *float64          `json:"to_detect_seconds"`
	ToRelieve *float64          `json:"to_mitigate_seconds"`
	ToResolve *float64          `json:"to_resolve_seconds"`
	Hurting   *float64          `json:"hurting_seconds"`
	// Lacks are parts of its postmortem that are not written; nil: nobody knows.
	Lacks []string `json:"postmortem_lacks"`
}

// Move is a Release that came to a Tier, or went back in it.
type Move struct {
	Tier     string `json:"tier"`
	Release  string `json:"release"`
	Replaces string `json:"replaces"` // "" where it is not known
	Back     bool   `json:"rollback"`
	// Moved is when its branch was; Arrived when the last of its ShopSets ran it, nil
	// where nobody remembers.
	Moved   time.Time  `json:"moved_at"`
	Arrived *time.Time `json:"arrived_at"`
	// FirstSeen is when the log first names the Release, at whatever Tier; Lead the
	// seconds from then to Moved. Nil where the log does not have it.
	FirstSeen *time.Time `json:"first_seen_at"`
	Lead      *float64   `json:"lead_seconds"`
	By        string     `json:"by"`
	// Gate is what the gate said last before: promote, hold or inconclusive; "" where the
	// log has nothing. Reason is its first check that did not pass.
	Gate   string `json:"gate"`
	Reason string `json:"gate_reason"`
	// Entry of the decision log; 0: none.
	Entry int `json:"log_entry"`
	// Merged: it came to the lowest Tier, which nothing is promoted to.
	Merged  bool     `json:"merged"`
	Compare string   `json:"compare"` // a URL; "" for none
	Effects []Change `json:"effects"` // Compile's to fill in
}

// Decision is what the gate said of one Release for one Tier, asked once or many times.
type Decision struct {
	Tier    string    `json:"tier"`
	Release string    `json:"release"`
	Verdict string    `json:"decision"`
	Times   int       `json:"times"`
	First   time.Time `json:"first_at"`
	Last    time.Time `json:"last_at"`
	Reason  string    `json:"reason"` // of the last one's first check that did not pass; "" : all passed
	Entry   int       `json:"log_entry"`
}

// Freeze is a time in which nothing is promoted.
type Freeze struct {
	ID     string     `json:"id"`
	Who    string     `json:"who"`
	Why    string     `json:"why"`
	Scope  []string   `json:"scope"` // empty: the whole fleet
	From   *time.Time `json:"from"`  // nil: since ever
	Until  *time.Time `json:"until"` // nil: until somebody lifts it
	Urgent bool       `json:"emergency"`
}

// Override is a check that was set aside.
type Override struct {
	ID     string     `json:"id"`
	Who    string     `json:"who"`
	Why    string     `json:"why"`
	Link   string     `json:"link"`
	Checks []string   `json:"checks"`
	Scope  []string   `json:"scope"`
	From   *time.Time `json:"from"`
	Until  *time.Time `json:"until"`
	// Used is how many decisions of the period it was in force for; nil: no log tells.
	Used *int `json:"used"`
}

// Silence is a time in which alerts were told to nobody.
type Silence struct {
	ID       string    `json:"id"`
	Who      string    `json:"who"`
	Why      string    `json:"why"`
	Matchers []string  `json:"matchers"` // such as shopset="a-1"; all of them have to hold
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
}

// Exclusion is a time that budgets do not count.
type Exclusion struct {
	ID    string    `json:"id"`
	Who   string    `json:"who"`
	Why   string    `json:"why"` // the cause first: "maintenance: the database was moved"
	Link  string    `json:"link"`
	SLOs  []string  `json:"slos"`  // empty: all
	Scope []string  `json:"scope"` // empty: the whole fleet
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}
