package board

import (
	"slices"
	"strings"

	"github.com/shopslo/shopslo/fleet"
)

// tracePage is where one Release is on its way up.
type tracePage struct {
	Asked   string        // as somebody wrote it
	Release fleet.Release // "": nobody has seen it
	Subject string
	Several bool // what was asked means several Releases
	Blind   bool // nobody is asked what runs
	Stops   []traceStop
	// Next is the gate that it waits at; nil: it waits at none.
	Next *gateSummary
	// Unsure is set where a Tier that it was not seen in may have it within a newer one.
	Unsure bool
}

// traceStop is a Tier on a Release's way.
type traceStop struct {
	Tier     fleet.TierName
	Where    string // one of the words below
	Runs     int    // ShopSets that run it
	ShopSets int
}

// Where a Release is, seen from a Tier.
const (
	stopRuns     = "runs"     // all ShopSets run it
	stopArriving = "arriving" // the branch has it, not all ShopSets do
	stopLeaving  = "leaving"  // some still run it, the branch has another
	stopPast     = "past"     // they ran it, and run another now
	stopNot      = "not"      // it was not seen there
	stopUnknown  = "unknown"
)

// trace looks for a Release by its first digits.
func trace(in *Input, asked string) *tracePage {
	t := &tracePage{Asked: asked, Blind: in.Running.Where == ""}
	found := releases(in, strings.ToLower(asked))
	if len(found) != 1 {
		t.Several = len(found) > 1
		return t
	}
	t.Release, t.Subject = found[0], clean(in.Subjects[found[0]])
	for _, tier := range in.Fleet.Tiers() {
		t.Stops = append(t.Stops, stop(in, tier.Name, t.Release))
	}
	t.Unsure = unsure(in, t)
	for i := len(t.Stops) - 2; i >= 0; i-- {
		if here, above := t.Stops[i], t.Stops[i+1]; (here.Where == stopRuns || here.Where == stopArriving) && above.Where == stopNot {
			t.Next = gateView(in, above.Tier)
			break
		}
	}
	return t
}

// unsure reports whether a Tier may have the Release within a newer one: only one right
// above a Tier whose branch points to it is known to lack it, when it is behind.
func unsure(in *Input, t *tracePage) bool {
	for i, s := range t.Stops {
		if s.Where != stopNot {
			continue
		}
		own, below := tierState(in, s.Tier), (*fleet.TierState)(nil)
		if i > 0 {
			below = tierState(in, t.Stops[i-1].Tier)
		}
		lacks := below != nil && below.Release == t.Release && own != nil && own.Behind != nil && *own.Behind > 0
		if !lacks {
			return true
		}
	}
	return false
}

// releases are those that were seen anywhere and begin with some digits.
func releases(in *Input, digits string) (found []fleet.Release) {
	note := func(r fleet.Release) {
		if strings.HasPrefix(strings.ToLower(string(r)), digits) && !slices.Contains(found, r) {
			found = append(found, r)
		}
	}
	for i := range in.Running.Snapshot.ShopSets {
		note(in.Running.Snapshot.ShopSets[i].Release)
	}
	for _, t := range in.Running.Snapshot.Tiers {
		note(t.Release)
		for _, r := range t.Ran {
			note(r)
		}
	}
	return found
}

func stop(in *Input, name fleet.TierName, release fleet.Release) traceStop {
	s := traceStop{Tier: name, Where: stopUnknown, ShopSets: len(in.Fleet.ShopSetsOf(name)), Runs: runs(in, name, release)}
	t := tierState(in, name)
	if t == nil {
		return s
	}
	switch {
	case t.Release == release && s.Runs == s.ShopSets:
		s.Where = stopRuns
	case t.Release == release:
		s.Where = stopArriving
	case s.Runs > 0:
		s.Where = stopLeaving
	case slices.Contains(t.Ran, release):
		s.Where = stopPast
	case t.Release != "":
		s.Where = stopNot
	}
	return s
}
