// Package explain sums up the steps that a ledger tells of (ledger.Config.Trace), series by
// series, for people who doubt a figure. It counts nothing itself: what an account's series
// have counted is together what the ledger has.
package explain

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
)

// Steps are the steps of a ledger. Its zero value is ready; it is not safe for use by several
// goroutines at once.
type Steps struct {
	accounts map[string]map[string]*series
}

// series are the steps of one series, or of the start times of one process.
type series struct {
	like   ledger.Step // any of them
	steps  []ledger.Step
	growth []growth
}

// growth is what a stretch of growth counted: there are many of them.
type growth struct {
	at     int64 // Unix milliseconds
	events float64
}

// Take takes in a step: a ledger's Trace.
func (x *Steps) Take(st ledger.Step) {
	if x.accounts == nil {
		x.accounts = map[string]map[string]*series{}
	}
	account := x.accounts[st.Account]
	if account == nil {
		account = map[string]*series{}
		x.accounts[st.Account] = account
	}
	name := st.Series.String()
	if st.Series == nil {
		name = "process " + st.Process.String()
	}
	s := account[name]
	if s == nil {
		s = &series{like: st}
		account[name] = s
	}
	if st.Kind == ledger.Growth && st.Flags == nil {
		s.growth = append(s.growth, growth{st.At.UnixMilli(), st.Counted})
		return
	}
	s.steps = append(s.steps, st)
}

// Told is what became of one series, or of the start times of a process, in a window.
type Told struct {
	// Series are its labels; none for start times. Process are those of the process.
	Series, Process slo.Labels
	// Good, Bad and Total are the queries that count it.
	Good, Bad, Total bool
	// Steps are those that are more than growth, in the order of time.
	Steps []ledger.Step
	// Growth is what else it counted, and Counted all.
	Growth, Counted float64
}

// Told tells of an account (ledger.AccountOf) in (from, to]: of each series and process that
// has a step there, sorted by their labels.
func (x *Steps) Told(account string, from, to time.Time) []Told {
	var out []Told
	for _, s := range x.accounts[account] {
		if t, ok := s.told(from, to); ok {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b Told) int {
		return cmp.Or(strings.Compare(a.Series.String(), b.Series.String()), strings.Compare(a.Process.String(), b.Process.String()))
	})
	return out
}

func (s *series) told(from, to time.Time) (out Told, ok bool) {
	out = Told{Series: s.like.Series, Process: s.like.Process, Good: s.like.Good, Bad: s.like.Bad, Total: s.like.Total}
	for _, g := range s.growth {
		if g.at > from.UnixMilli() && g.at <= to.UnixMilli() {
			out.Growth += g.events
			ok = true
		}
	}
	out.Counted = out.Growth
	for _, st := range s.steps {
		if st.At.After(from) && !st.At.After(to) {
			out.Steps = append(out.Steps, st)
			out.Counted += st.Counted
			ok = true
		}
	}
	return out, ok
}
