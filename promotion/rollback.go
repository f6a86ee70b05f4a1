package promotion

import (
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/plain"
)

// Moves are what a decision log says of Releases that the target had.
type Moves struct {
	Where string `json:"where"` // as in Found
	Error string `json:"error"`
	// Rollbacks took a Release from the target that has not been promoted since; the newest first.
	Rollbacks []Rollback `json:"rollbacks"`
	// Last is what the target was given, or seen to have, last; nil: nothing that the log knows.
	Last *Move `json:"last"`
	// Again is who lets what was rolled back come again; nil: nobody.
	Again *Again `json:"again,omitempty"`
}

// Move is a Release that a Tier was given, or seen to have.
type Move struct {
	Entry   int       `json:"entry"` // of the log
	At      time.Time `json:"at"`
	Release string    `json:"release"`
}

// Rollback is a Release that was taken from a Tier.
type Rollback struct {
	Entry   int       `json:"entry"` // of the log
	At      time.Time `json:"at"`
	Release string    `json:"release"`
	To      string    `json:"to"` // the Release that came instead
	By      string    `json:"by"` // "": nobody said
	// Proposed: as a pull request, of which the log does not know whether it was merged.
	Proposed bool `json:"proposed,omitempty"`
}

// Again is somebody's word that what was rolled back may come again.
type Again struct {
	By string `json:"by"` // "": nobody said
}

// About gives what concerns a Release: the rollbacks that took it, and the newest of the others.
func (m Moves) About(release string) *Moves {
	var all []Rollback
	for i, r := range m.Rollbacks {
		if i == 0 || SameRelease(release, r.Release) {
			all = append(all, r)
		}
	}
	m.Rollbacks = all
	return &m
}

// SameRelease reports whether two Releases, of which one may be a shortened commit, are the same.
func SameRelease(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || len(a) >= shortest && isCommit(fleet.Release(b)) && strings.HasPrefix(b, strings.ToLower(a))
}

// checkRollback asks that nobody has taken the Release from the target. What contains it nobody
// can tell here: the promoter does, which knows the history.
func (d *deciding) checkRollback(t tier) []Check {
	m := d.e.Moves
	if m == nil { // a record from before, or nobody looked
		if d.p.Needs[CheckRollback] == Required {
			return []Check{t.check(CheckRollback).says(Unknown, d.say("The evidence lacks the rollbacks."))}
		}
		return nil
	}
	if checks, done := d.unasked(CheckRollback, t, m.Where, m.Error, "set gate.log, or use a server that logs"); done {
		return checks
	}
	c := t.check(CheckRollback)
	c.Result, c.Reason = d.takenBack(&c, m)
	if c.Result == Fail && m.Again != nil {
		c.figure("waived", string(c.Result)).figure("again_by", orNull(m.Again.By))
		c.Result, c.Reason = Waived, d.say("%s Allowed again by %s (--again).", c.Reason, orElse(m.Again.By, d.say("who asked")))
	} else if c.Result == Fail {
		c.Reason += d.say(" Promote a Release with the fix, or this one with --again.")
	}
	return []Check{c}
}

func (d *deciding) takenBack(c *Check, m *Moves) (Result, string) {
	release, has := d.e.Release, d.targetHas()
	c.figure(targetHas, orNull(has))
	i := slices.IndexFunc(m.Rollbacks, func(r Rollback) bool { return release != "" && SameRelease(release, r.Release) })
	switch {
	case release == "" && len(m.Rollbacks) > 0 && (m.Last == nil || m.Last.Entry <= m.Rollbacks[0].Entry):
		return Unknown, d.say("Release %s was rolled back from %s, and the Release to promote is unknown: set --release.", Short(m.Rollbacks[0].Release), d.e.To)
	case release == "" && len(m.Rollbacks) > 0:
		if d.p.Needs[CheckRollback] == Required {
			return Unknown, d.say("The Release to promote to %s is unknown, so whether it was rolled back is unknown: set --release.", d.e.To)
		}
		return NotChecked, d.say("The Release to promote to %s is unknown, so whether it was rolled back is unknown: set --release.", d.e.To)
	case i >= 0 && !d.hasAgain(m.Rollbacks[i], has):
		r := m.Rollbacks[i]
		c.figure("entry", r.Entry).figure("at", instant(r.At)).figure("by", orNull(r.By)).figure("to", orNull(r.To))
		by := ""
		if r.By != "" {
			by = d.say(" by %s", plain.OneLine(r.By))
		}
		said := d.say("rolled back from %s to %s at %s%s (entry %d)", d.e.To, orElse(Short(r.To), d.say("another")), r.At.UTC().Format(time.RFC3339), by, r.Entry)
		switch {
		case !r.Proposed && has != "" && SameRelease(release, has):
			return Unknown, d.say("Release %s was %s, at about the time of the last git fetch; the next fetch will show it.", Short(release), said)
		case !r.Proposed:
			return Fail, d.say("Release %s was %s.", Short(release), said)
		case has != "" && SameRelease(release, has):
			return Unknown, d.say("Release %s was to be %s; whether that was merged since git was fetched is unknown.", Short(release), said)
		case has == "":
			return Unknown, d.say("Release %s was to be %s; whether that was merged is unknown.", Short(release), said)
		}
		return Fail, d.say("Release %s was %s, by a pull request.", Short(release), said)
	case m.Last != nil && release != "" && SameRelease(release, m.Last.Release) && has != "" && !SameRelease(release, has):
		c.figure("entry", m.Last.Entry).figure("at", instant(m.Last.At)).figure("to", has)
		return Fail, d.say("%s had Release %s (entry %d of %s), and its branch is at %s now: it was rolled back.", d.e.To, Short(release), m.Last.Entry, m.Last.At.UTC().Format(time.RFC3339), Short(has))
	}
	if len(m.Rollbacks) == 0 {
		return Pass, d.say("%s has no rollback of %s.", m.Where, d.e.To)
	}
	r := m.Rollbacks[0]
	return Pass, d.say("Release %s was not rolled back from %s. The last one that was is %s, at %s (entry %d); 'shopslo promote' checks whether the Release contains it.",
		orElse(Short(release), d.say("unknown")), d.e.To, Short(r.Release), r.At.UTC().Format(time.RFC3339), r.Entry)
}

// hasAgain reports whether the target has what was rolled back: its branch was fetched later than
// clocks may differ.
func (d *deciding) hasAgain(r Rollback, has string) bool {
	return has != "" && SameRelease(d.e.Release, has) && !r.Proposed && d.e.Fleet.Snapshot.Git.FetchedAt.Sub(r.At) > d.p.MaxAge
}

// targetHas is the Release of the target's branch, as it was fetched since the log says that the
// target was last given one; "": not known, or what is reported cannot be.
func (d *deciding) targetHas() string {
	s := &d.e.Fleet.Snapshot
	t := tierOf(s, d.e.To)
	switch {
	case t == nil || s.Git == nil || s.Git.FetchedAt.IsZero() || d.future(s.Git.FetchedAt) || d.doubtedTier(d.e.To) != "":
		return ""
	case d.e.Moves.Last != nil && !s.Git.FetchedAt.After(d.e.Moves.Last.At):
		return ""
	}
	return string(t.Release)
}

// TargetHas is what the Decision has seen the target to have; "": nobody knows.
func (d Decision) TargetHas() string {
	for i := range d.Checks {
		if c := &d.Checks[i]; c.Check == CheckRollback {
			has, _ := c.Evidence.Get(targetHas).(string)
			return has
		}
	}
	return ""
}

const targetHas = "target_has"
