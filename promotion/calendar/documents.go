// Package calendar reads what people decide ahead of the gate, from documents in git
// that are reviewed like code: Freezes (no promotions for a while), Overrides (a check
// set aside, by somebody, for a reason, until a time) and Exclusions (a range of time
// that a budget does not count, for a cause).
//
//	apiVersion: shopslo.dev/v1alpha1
//	kind: Freeze
//	metadata: {name: weekends}
//	spec:
//	  reason: nobody is there to roll back
//	  by: mai
//	  affects: {tiers: [prod, prod-ha]}     # or shopGroups: [main], or fleet: true
//	  recurring: {rrule: "FREQ=WEEKLY;BYDAY=FR", at: "18:00", for: 63h, timeZone: Asia/Tokyo}
//
// Instead of recurring: from and until (one-off), or holidays: {country: JP}.
package calendar

import (
	"time"

	"github.com/shopslo/shopslo/internal/document"
)

// apiVersion is the one that is read and written.
const apiVersion = "shopslo.dev/v1alpha1"

// The kinds of documents.
const (
	kindFreeze    = "Freeze"
	kindOverride  = "Override"
	kindExclusion = "Exclusion"
)

var kinds = document.Kinds{
	kindFreeze:    func() any { return new(freezeDocument) },
	kindOverride:  func() any { return new(overrideDocument) },
	kindExclusion: func() any { return new(exclusionDocument) },
}

type freezeDocument struct {
	document.Header `json:",inline"`
	Spec            freezeSpec `json:"spec"`
}

type freezeSpec struct {
	Reason    string     `json:"reason"`
	By        string     `json:"by"`
	Affects   scope      `json:"affects"`
	Emergency bool       `json:"emergency,omitempty"`
	From      time.Time  `json:"from,omitempty,omitzero"`
	Until     time.Time  `json:"until,omitempty,omitzero"`
	Recurring *recurSpec `json:"recurring,omitempty"`
	Holidays  *daysSpec  `json:"holidays,omitempty"`
}

type recurSpec struct {
	RRule    string            `json:"rrule"`
	At       clock             `json:"at"`
	For      document.Duration `json:"for"`
	TimeZone zone              `json:"timeZone"`
	Starting time.Time         `json:"starting,omitempty,omitzero"`
}

type daysSpec struct {
	Country  string `json:"country"`
	TimeZone zone   `json:"timeZone,omitempty,omitzero"`
	Eve      *clock `json:"eve,omitempty"`
}

type scope struct {
	Tiers      []string `json:"tiers,omitempty"`
	ShopGroups []string `json:"shopGroups,omitempty"`
	ShopSets   []string `json:"shopSets,omitempty"`
	Fleet      bool     `json:"fleet,omitempty"`
}

type overrideDocument struct {
	document.Header `json:",inline"`
	Spec            overrideSpec `json:"spec"`
}

type overrideSpec struct {
	Reason  string    `json:"reason"`
	By      string    `json:"by"`
	Link    string    `json:"link,omitempty"`
	Checks  []string  `json:"checks"`
	Tiers   []string  `json:"tiers"`
	Release string    `json:"release,omitempty"`
	From    time.Time `json:"from,omitempty,omitzero"`
	Until   time.Time `json:"until"`
}

type exclusionDocument struct {
	document.Header `json:",inline"`
	Spec            exclusionSpec `json:"spec"`
}

type exclusionSpec struct {
	Reason  string    `json:"reason"`
	Cause   string    `json:"cause"`
	By      string    `json:"by"`
	Link    string    `json:"link,omitempty"`
	SLOs    []string  `json:"slos,omitempty"`
	Affects scope     `json:"affects"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
}
