// Package slo is the vocabulary of service level objectives: what is promised
// (SLO, Objective, Window), what is measured (Indicator, Query), what was counted
// (Counts) and what follows from it (Budget, burn rate, State).
//
// It does arithmetic only: no I/O, no clock (the time is an argument), no
// vendor's types. "No data" is a state of its own throughout and never 0: a
// figure that does not exist is a nil pointer or an ok that is false.
package slo

import (
	"fmt"
	"math"
	"time"
)

// SLO is one objective on one budget: what the users are promised over a window.
// An OpenSLO document with several objectives makes several SLOs.
type SLO struct {
	Name        string // unique among all SLOs loaded; [a-z0-9-] and ":" before an objective's name
	Service     string // the OpenSLO service, may be empty
	DisplayName string
	Description string

	Objective Objective
	Window    Window
	Method    Method
	// Slice is the length of one time slice and SliceTarget the ratio (0–1) that
	// makes a slice good; both only for Timeslices and RatioTimeslices
	// (SliceTarget for Timeslices alone).
	Slice       time.Duration
	SliceTarget float64

	// Parts are the indicators that make the budget: one, or several with
	// weights for a composite SLO. Never empty in a valid SLO.
	Parts []Part

	// Tiers names the tiers it applies to; empty means all. The names mean
	// nothing to this package.
	Tiers []string

	// MinEvents is the number of events (or slices) below which no verdict is
	// given; 0 means the default, ⌈1/(1 − objective)⌉.
	MinEvents float64
	// Labels and Annotations are those of its document, and of its service's where it has
	// none of that name: whose it is, what to read. They mean nothing to this package.
	Labels, Annotations map[string]string
	// LeastHistory is how long a subject must have been expected before a verdict is
	// given, or the window where that is shorter; 0 means DefaultLeastHistory.
	LeastHistory time.Duration
}

// Owner is whose it is by its labels: its team, or else its owner; "" where none says so.
func (s *SLO) Owner() string {
	if team := s.Labels["team"]; team != "" {
		return team
	}
	return s.Labels["owner"]
}

// Runbook is the address of what to do by its annotations; "" where none says so.
func (s *SLO) Runbook() string {
	if page := s.Annotations["runbook"]; page != "" {
		return page
	}
	return s.Annotations["runbook_url"]
}

// DefaultLeastHistory is a day: it has a night and a busy time.
const DefaultLeastHistory = 24 * time.Hour

// Part is one indicator of an SLO. A plain SLO has one, of weight 1 and of the
// SLO's own objective.
type Part struct {
	Name      string
	Weight    float64 // > 0
	Objective Objective
	Indicator Indicator
}

// Method says what is counted against the budget (OpenSLO's budgetingMethod).
type Method int

// The budgeting methods of OpenSLO v1.
const (
	Occurrences     Method = iota // events
	Timeslices                    // slices whose ratio reached SliceTarget
	RatioTimeslices               // the mean of the slices' ratios: each slice weighs the same
)

func (m Method) String() string {
	switch m {
	case Occurrences:
		return "Occurrences"
	case Timeslices:
		return "Timeslices"
	case RatioTimeslices:
		return "RatioTimeslices"
	}
	return fmt.Sprintf("Method(%d)", int(m))
}

// IndicatorKind says how an indicator's queries become good and total.
type IndicatorKind int

// The kinds of indicator.
const (
	Ratio     IndicatorKind = iota // two of Good, Bad and Total
	RawRatio                       // Value is itself a ratio 0–1
	Threshold                      // Value compared with a Limit
)

// Indicator is an SLI: how good and total are found.
type Indicator struct {
	Name string
	Kind IndicatorKind

	// Ratio: exactly two are set: Good and Total, Bad and Total, or Good and Bad.
	Good, Bad, Total *Query
	// Counter is what the document says of the ratio's queries: that they are
	// ever-increasing counters, that they are not, or nothing.
	Counter Told

	// RawRatio and Threshold: the query whose value is judged.
	Value *Query
	// Failure says that a RawRatio's value is the ratio of failures, not successes.
	Failure bool
	// Op and Limit: a Threshold's value is good where "value Op Limit" holds.
	Op    Op
	Limit float64

	// FirstSample is what a series' first sample is worth.
	FirstSample FirstSample
	// AbsentIsZero says that a metric of bad events which the source does not have means 0
	// events: it is created with its first error. Else it is no data.
	AbsentIsZero bool
}

// Queries are the indicator's queries in the order in which they are counted: good or
// bad first, then total (or the bad beside the good); one where it is no ratio.
func (i *Indicator) Queries() []*Query {
	switch {
	case i.Kind != Ratio:
		return []*Query{i.Value}
	case i.Good != nil && i.Total != nil:
		return []*Query{i.Good, i.Total}
	case i.Bad != nil && i.Total != nil:
		return []*Query{i.Bad, i.Total}
	}
	return []*Query{i.Good, i.Bad}
}

// Told is what a document says where it may also say nothing.
type Told int8

// What can be told.
const (
	Unsaid Told = iota
	No
	Yes
)

// Query is a text for a data source, not yet understood.
type Query struct {
	Source string // data source's name; "" is the configured default
	Text   string // PromQL for Prometheus-compatible sources
	Bound  Bound  // of what it picks, where that is a histogram
}

// Bound says what a query counts of the histograms that it picks without saying so itself.
type Bound struct {
	// At counts the events at or below it, +Inf all; 0: the query says itself what counts.
	At float64
	// Strict refuses a histogram in which a bound, also one of the query's own, is no edge
	// between two buckets. Else what is surely at or below it counts.
	Strict bool
}

// Op compares a value with a limit.
type Op string

// The comparisons of OpenSLO v1.
const (
	LessThan       Op = "lt"
	LessOrEqual    Op = "lte"
	GreaterThan    Op = "gt"
	GreaterOrEqual Op = "gte"
)

// Holds reports whether "value op limit" is true; false for NaN.
func (o Op) Holds(value, limit float64) bool {
	switch o {
	case LessThan:
		return value < limit
	case LessOrEqual:
		return value <= limit
	case GreaterThan:
		return value > limit
	case GreaterOrEqual:
		return value >= limit
	}
	return false
}

// FirstSample is the rule for the first sample ever seen of a series.
type FirstSample int

// The rules; docs/counting.md has them in full.
const (
	// FirstAuto counts it from zero where the target was known or its process is
	// known to be new, and ignores it else.
	FirstAuto FirstSample = iota
	// FirstZero always counts it from zero, except where the ledger itself starts.
	FirstZero
	// FirstIgnore never counts it.
	FirstIgnore
)

// Objective is the ratio promised, in billionths, so that 0.999 is exactly
// 0.999: 999_000_000. Valid objectives lie in (0, 1).
type Objective int64

// One is the ratio 1 in billionths.
const One Objective = 1_000_000_000

// ObjectiveOf turns a ratio such as 0.999 into an Objective. It fails outside
// (0, 1) and beyond nine decimals, the finest that can be told apart.
func ObjectiveOf(ratio float64) (Objective, error) {
	if math.IsNaN(ratio) || ratio <= 0 || ratio >= 1 {
		return 0, fmt.Errorf("objective %v is not between 0 and 1 (both excluded); write 99.9 %% as 0.999", ratio)
	}
	o := Objective(math.Round(ratio * float64(One)))
	if math.Abs(float64(o)/float64(One)-ratio) > 1e-12 || o <= 0 || o >= One {
		return 0, fmt.Errorf("objective %v has more than nine decimals", ratio)
	}
	return o, nil
}

// Ratio is the objective as a ratio 0–1.
func (o Objective) Ratio() float64 { return float64(o) / float64(One) }

// BudgetRatio is 1 − objective, the share of events that may be bad.
func (o Objective) BudgetRatio() float64 { return float64(One-o) / float64(One) }

// Validate reports the first thing that makes the SLO unusable.
func (s *SLO) Validate() error {
	if s.Name == "" {
		return fmt.Errorf("an SLO has no name")
	}
	if s.Objective <= 0 || s.Objective >= One {
		return fmt.Errorf("slo %q: objective is not between 0 and 1", s.Name)
	}
	if err := s.Window.Validate(); err != nil {
		return fmt.Errorf("slo %q: %w", s.Name, err)
	}
	if s.Method != Occurrences && s.Slice <= 0 {
		return fmt.Errorf("slo %q: %s needs a time slice window", s.Name, s.Method)
	}
	if len(s.Parts) == 0 {
		return fmt.Errorf("slo %q has no indicator", s.Name)
	}
	for _, p := range s.Parts {
		if !(p.Weight > 0) || math.IsInf(p.Weight, 0) {
			return fmt.Errorf("slo %q: part %q: weight %v is not a positive number", s.Name, p.Name, p.Weight)
		}
		if err := p.Indicator.Validate(); err != nil {
			return fmt.Errorf("slo %q: %w", s.Name, err)
		}
	}
	return nil
}

// Validate reports the first thing that makes the indicator unusable.
func (i *Indicator) Validate() error {
	if i.Kind != Ratio {
		if i.Value == nil {
			return fmt.Errorf("indicator %q has no query", i.Name)
		}
		if i.Kind == Threshold {
			switch i.Op {
			case LessThan, LessOrEqual, GreaterThan, GreaterOrEqual:
			default:
				return fmt.Errorf("indicator %q: unknown comparison %q", i.Name, i.Op)
			}
		}
		return nil
	}
	set := 0
	for _, q := range []*Query{i.Good, i.Bad, i.Total} {
		if q != nil {
			set++
		}
	}
	if set != 2 {
		return fmt.Errorf("indicator %q needs exactly two of good, bad and total, it has %d", i.Name, set)
	}
	return nil
}
