// Package review compiles the weekly review of SLOs: what happened to the error budgets
// of a fleet in a week, which releases and incidents go with it, and what to talk about
// first. Measure reads counts of a Ledger; Compile makes the Report of them and of what
// else is known; a Report is written as Markdown, HTML, text or JSON, in English or
// Japanese.
//
// The package does no I/O and has no clock. Counts are summed, ratios never averaged. A
// figure that does not exist is nil. What nobody could be asked is Unknown, with the
// reason; it is never left out.
package review

import (
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
)

// version is that of the JSON shape, see docs/review.schema.json.
const version = 1

// Ledger tells what has been counted.
type Ledger interface {
	// Account gives what has been counted of an SLO for a ShopSet, up to the newest
	// closed edge at or before at. Where nothing has been counted, or nothing yet, the
	// Account's End is zero. It does not block on I/O.
	Account(s *slo.SLO, shopSet string, at time.Time) slo.Account
}

// Input is all that a Report is made of: plain figures and facts.
type Input struct {
	// At is when the review is made, at or after Period.Until.
	At     time.Time
	Period Period
	// Measured has one entry per SLO and ShopSet, in the order in which they are shown.
	Measured []Measured
	// Effects are what was counted around the Moves, by their index in Releases.
	Effects map[int][]Effect
	// Outage is why not all could be counted; nil: all could.
	Outage *Unknown

	Actions   Section[Action]
	Incidents Section[Incident]
	// Releases are the moves of the period, the oldest first.
	Releases   Section[Move]
	Decisions  Section[Decision]
	Freezes    Section[Freeze]
	Overrides  Section[Override]
	Exclusions Section[Exclusion]
	Silences   Section[Silence]
	// NextFreezes are those of the seven days after the period.
	NextFreezes Section[Freeze]
}

// Section is what was found where it was asked for.
type Section[T any] struct {
	// Unknown says why nobody could be asked; nil: Items are all there are.
	Unknown *Unknown `json:"unknown"`
	Items   []T      `json:"items"`
}

// Reason is why something is unknown.
type Reason string

// The reasons.
const (
	NotConfigured Reason = "not_configured" // the key names what is to be configured
	Failed        Reason = "failed"         // it was asked, and the error says what happened
)

// Unknown says why something is not known.
type Unknown struct {
	Reason Reason `json:"reason"`
	// Key of shopslo.yaml that says where to ask; "" for none.
	Key string `json:"key"`
	// Error is what was said, in English; "" where nothing was.
	Error string `json:"error"`
}

// Tally is what was counted over a span of time.
type Tally struct {
	// From and Until are the edges that the counts lie between: (From, Until].
	From, Until time.Time
	// Good, Total, Bad and Allowed are events (or slices); Allowed is how many of Total
	// may be bad by the objective. They mean something only where Covered is above 0.
	Good, Total, Bad, Allowed float64
	// Covered is how much of Span has data; Span is the span's length without what is
	// excluded.
	Covered, Span time.Duration
}

// known reports whether there is data.
func (t Tally) known() bool { return t.Covered > 0 }

// burn is the burn rate: 1 uses up exactly the budget; nil without data and traffic.
func (t Tally) burn() *float64 {
	if !t.known() || t.Allowed <= 0 {
		return nil
	}
	r := t.Bad / t.Allowed
	return &r
}

// plus sums two tallies of the same span, of different subjects, or of adjoining spans.
// What has no data adds its span only.
func (t Tally) plus(o Tally) Tally {
	if t.From.IsZero() || o.From.Before(t.From) && !o.From.IsZero() {
		t.From = o.From
	}
	if o.Until.After(t.Until) {
		t.Until = o.Until
	}
	t.Span += o.Span
	if o.known() {
		t.Covered += o.Covered
		t.Good += o.Good
		t.Total += o.Total
		t.Bad += o.Bad
		t.Allowed += o.Allowed
	}
	return t
}

// coverage is the part 0–1 of the span that has data.
func (t Tally) coverage() float64 {
	if t.Span <= 0 {
		return 0
	}
	return min(1, float64(t.Covered)/float64(t.Span))
}

func sum(all []Tally) (t Tally) {
	for _, x := range all {
		t = t.plus(x)
	}
	return t
}

// Measured is what was counted of one SLO for one ShopSet.
type Measured struct {
	SLO, DisplayName string
	Owner            string // "" where no label says whose it is
	Objective        slo.Objective
	Window           string // as the document has it: "28d"
	Unit             slo.Unit
	Exact            bool // counted from raw samples, not on a grid
	ShopSet          fleet.ShopSetName
	Tier             fleet.TierName

	// Days of the period; Before are those of the four periods before, oldest first.
	Days, Before []Tally
	// Last is the period just before this one.
	Last Tally

	// State and Budget are of the SLO's window at the end of the period, Was at its
	// begin.
	State, StateBefore slo.State
	Budget, Was        Tally
	// ExhaustedOn is the end of the day on which the budget will be used up if every
	// day to come counts what the last seven did on average; zero: none, or not within
	// the window's length.
	ExhaustedOn time.Time
	// Burns are the times when burn rates were over an alert's factor.
	Burns []Burn
	// FineFrom is from when on every edge is kept; before, burn rates are looked at every
	// Coarse only.
	FineFrom time.Time
	Coarse   time.Duration
	Notes    []string // what makes the figures doubtful, in English

	// Flags were raised in the period. Absent and Failure are as of its end; see
	// slo.Account.
	Flags   []slo.Flag
	Absent  []slo.Absence
	Failure string
	// VerdictFrom is when the history will be long enough for a state; zero where it is.
	VerdictFrom time.Time
}

// week is the sum of the days.
func (m *Measured) week() Tally { return sum(m.Days) }

// Burn is a time in which an alert's two burn rates were over its factor; those of one
// severity that touch are one.
type Burn struct {
	Severity slo.Severity `json:"severity"`
	// From is the first edge at which they were, Until the first at which they were not
	// any more, or the end of the period.
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// Since the period's begin, or still at its end.
	FromBegin bool `json:"from_begin"`
	AtEnd     bool `json:"at_end"`
	// Peak is the highest burn rate over an alert's long window, PeakWindow its length in
	// seconds.
	Peak       float64 `json:"peak_burn_rate"`
	PeakWindow float64 `json:"peak_window_seconds"`
}
