package status

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Finding is a Ledger that also says what the SLOs' selectors ask for and their source does
// not have.
type Finding struct {
	Ledger
	// Find gives what is absent of an SLO for a subject at a time, and notes on it. failure
	// says why that is not known.
	Find func(slo, subject string, at time.Time) (absent []slo.Absence, notes []string, failure string)
}

// Account gives the other Ledger's with what is absent.
func (f Finding) Account(s *slo.SLO, subject string, at time.Time) slo.Account {
	a := f.Ledger.Account(s, subject, at)
	absent, notes, failure := f.Find(s.Name, subject, at)
	a.Absent = slices.Concat(a.Absent, absent)
	if len(notes) > 0 {
		a.Notes = slices.Concat(a.Notes, notes)
	}
	if a.Failure == "" {
		a.Failure = failure
	}
	return a
}
