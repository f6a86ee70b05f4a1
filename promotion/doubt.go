package promotion

import (
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// hiding are the flags under which bad events of a process may be missing: one that was
// raised since the Release came leaves open how it behaves. The others are told of, and
// change no result: series of unknown age come with every Release where processes tell
// no start time, and what they leave out is from before their first sample.
var hiding = []slo.FlagKind{slo.SeveralProcesses, slo.ChangedLabels, slo.PartialDrop}

// flaggedAfter gives the flags that were raised after a time.
func flaggedAfter(flags []slo.Flag, from time.Time) []slo.Flag {
	var out []slo.Flag
	for _, f := range flags {
		if f.Last.After(from) {
			f.First, f.Last = f.First.UTC(), f.Last.UTC()
			out = append(out, f)
		}
	}
	return out
}

// flagged adds flags to a Check's evidence and reason. A pass becomes unknown where
// one of them may hide what was bad after since; zero: what they hide does not matter.
func (l lang) flagged(c *Check, flags []slo.Flag, since time.Time) {
	if len(flags) == 0 {
		return
	}
	var listed []Figures
	var words, hides []string
	for _, f := range flags {
		listed = append(listed, Figures{{"flag", string(f.Kind)}, {"count", f.Count}, {"first", instant(f.First)}, {"last", instant(f.Last)}})
		words = append(words, status.FlagTimesIn(l.Language, f))
		if slices.Contains(hiding, f.Kind) && !since.IsZero() && f.Last.After(since) {
			hides = append(hides, string(f.Kind))
		}
	}
	c.figure("flags", listed)
	c.Reason = l.say("%s Flagged: %s.", c.Reason, strings.Join(words, l.say("; ")))
	if c.Result == Pass && len(hides) > 0 {
		c.Result = Unknown
		c.Reason = l.say("%s Bad events may be missing (%s), so the check cannot pass.", c.Reason, l.List(hides))
	}
}

// uncounted says why a budget's figures are none, or old; "" where they are not.
func (l lang) uncounted(b *status.Budget) string {
	// What failed tells more than what was not found because of it.
	if b.Failure != "" {
		return l.say(failing) + l.sentence(b.Failure)
	}
	return l.misled(b.Absent)
}

// misled says what is not there so that nobody can tell good from bad.
func (l lang) misled(absent []slo.Absence) string {
	for _, a := range absent {
		if a.Misleads() {
			return l.say(indistinct) + l.sentence(strings.TrimPrefix(status.AbsenceIn(l.Language, a), l.say("no data: ")))
		}
	}
	return ""
}

// doubt makes no pass of what is not being counted, and tells of flags after from. Those
// that hide something matter since a time; zero: they do not.
func (l lang) doubt(c *Check, b *status.Budget, from, since time.Time) {
	if why := l.uncounted(b); why != "" {
		c.figure("failure", orNull(b.Failure)).figure("absent", absences(b.Absent))
		switch c.Result {
		case Pass:
			c.Result, c.Reason = Unknown, l.say("%s Last known: %s", why, c.Reason)
		case Unknown:
			c.Reason = why
		default:
			c.Reason = l.say("%s %s", c.Reason, why)
		}
	}
	l.flagged(c, flaggedAfter(b.Flags, from), since)
}

func absences(all []slo.Absence) []Figures {
	out := []Figures{}
	for _, a := range all {
		out = append(out, Figures{{"kind", string(a.Kind)}, {"side", a.Side}, {"selector", a.Selector}, {"label", orNull(a.Label)}, {"nearest", slices.Clone(a.Nearest)}})
	}
	return out
}

// doubtSince is when the time begins in which flags that hide something leave a doubt
// about the Release: when it came, and a day ago where that is not known. Zero in the
// target Tier, whose budget was made by other Releases.
func (d *deciding) doubtSince(t tier, b *status.Budget) time.Time {
	if t.role == RoleTarget {
		return time.Time{}
	}
	if came := d.came(b.ShopSet); !came.IsZero() {
		return came
	}
	return b.WindowEnd.Add(-slo.DefaultLeastHistory)
}
