package status

import (
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Excluding is a Ledger that leaves spans of time out of another's counts: for each
// SLO and subject those that Spans gives.
type Excluding struct {
	Ledger
	Spans func(s *slo.SLO, subject string) []slo.Span
}

// Account gives the other Ledger's without the spans.
func (e Excluding) Account(s *slo.SLO, subject string, at time.Time) slo.Account {
	return e.Ledger.Account(s, subject, at).Without(e.Spans(s, subject))
}
