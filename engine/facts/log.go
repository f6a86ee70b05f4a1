package facts

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/promotion/promoter"
	"github.com/shopslo/shopslo/review"
)

// book is what the log of decisions tells a review.
type book struct{ entries []decisionlog.Entry }

// readBook adds the period's decisions and moves.
func readBook(ctx context.Context, in *review.Input, log decisionlog.Reader, unknown *review.Unknown) *book {
	b := &book{}
	if unknown == nil {
		list, err := decisionlog.Pick(ctx, log, decisionlog.Filter{})
		if err != nil {
			unknown = failed("gate.log", err)
		}
		for _, l := range list.Lines {
			b.entries = append(b.entries, l.Entry)
		}
	}
	if unknown != nil {
		in.Decisions.Unknown, in.Releases.Unknown = unknown, unknown
		return b
	}
	p := in.Period
	used := map[string]int{}
	for i := range b.entries {
		e := &b.entries[i]
		if !e.At.After(p.From) || e.At.After(p.Until) {
			continue
		}
		switch {
		case e.Kind == decisionlog.Gate:
			in.Decisions.Items = decide(in.Decisions.Items, e)
			for _, o := range e.Overrides {
				used[o.ID]++
			}
		case e.Result == string(promoter.Promoted) || e.Result == string(promoter.RolledBack):
			in.Releases.Items = append(in.Releases.Items, b.move(e))
		}
	}
	b.overrides(in, used)
	return b
}

// decide adds a decision; the same one again counts up.
func decide(all []review.Decision, e *decisionlog.Entry) []review.Decision {
	reason := reasonOf(e)
	for i := len(all) - 1; i >= 0; i-- {
		d := &all[i]
		if d.Tier != e.To {
			continue
		}
		if d.Release == e.Release && d.Verdict == string(e.Decision) {
			d.Times, d.Last, d.Reason, d.Entry = d.Times+1, e.At.UTC(), reason, e.Index
			return all
		}
		break
	}
	return append(all, review.Decision{Tier: e.To, Release: e.Release, Verdict: string(e.Decision), Times: 1, First: e.At.UTC(), Last: e.At.UTC(), Reason: reason, Entry: e.Index})
}

func reasonOf(e *decisionlog.Entry) string {
	if len(e.Checks) == 0 {
		return ""
	}
	c := e.Checks[0]
	about := strings.Join(slices.DeleteFunc([]string{c.Check, c.ShopSet, c.SLO}, func(s string) bool { return s == "" }), " ")
	return about + ": " + c.Reason
}

// move makes a Move of an entry, with what the log says of its Release before.
func (b *book) move(e *decisionlog.Entry) review.Move {
	m := review.Move{Tier: e.To, Release: e.Release, Replaces: e.Replaces, Back: e.Kind == decisionlog.Rollback, Moved: e.At.UTC(), By: e.Who().String(), Entry: e.Index}
	for i := range b.entries {
		o := &b.entries[i]
		if o.Index >= e.Index {
			break
		}
		if o.Release != e.Release || o.Release == "" {
			continue
		}
		if m.FirstSeen == nil {
			lead := e.At.Sub(o.At).Seconds()
			m.FirstSeen, m.Lead = orNil(o.At), &lead
		}
		if o.Kind == decisionlog.Gate && o.To == e.To {
			m.Gate, m.Reason = string(o.Decision), reasonOf(o)
		}
	}
	if m.Back {
		m.FirstSeen, m.Lead = nil, nil // it has been there before
	}
	return m
}

// overrides notes how often those of the calendar were in force, and adds those that only
// the log knows any more.
func (b *book) overrides(in *review.Input, used map[string]int) {
	known := map[string]bool{}
	for i := range in.Overrides.Items {
		o := &in.Overrides.Items[i]
		n := used[o.ID]
		o.Used, known[o.ID] = &n, true
	}
	for i := len(b.entries) - 1; i >= 0; i-- {
		for _, o := range b.entries[i].Overrides {
			if n := used[o.ID]; n > 0 && !known[o.ID] {
				known[o.ID] = true
				in.Overrides.Items = append(in.Overrides.Items, review.Override{ID: o.ID, Who: o.Who, Why: o.Why, Scope: []string{b.entries[i].To}, Until: orNil(o.Until), Used: &n})
			}
		}
	}
}

// see adds what the exporter knows: when Releases arrived, and those that came to a branch
// without the log. To the lowest Tier they come by a merge.
func (b *book) see(seen fleet.Snapshot, in *review.Input) {
	for i := range in.Releases.Items {
		m := &in.Releases.Items[i]
		m.Arrived = arrival(seen, m.Tier, m.Release, m.Moved)
	}
	p := in.Period
	for i, t := range seen.Tiers {
		if t.Release == "" || !t.ReleaseAt.After(p.From) || t.ReleaseAt.After(p.Until) {
			continue
		}
		tier, release := string(t.Tier), string(t.Release)
		if slices.ContainsFunc(in.Releases.Items, func(m review.Move) bool { return m.Tier == tier && m.Release == release }) {
			continue
		}
		in.Releases.Items = append(in.Releases.Items, review.Move{Tier: tier, Release: release, Moved: t.ReleaseAt.UTC(),
			Arrived: arrival(seen, tier, release, t.ReleaseAt), Merged: i == 0})
	}
	slices.SortStableFunc(in.Releases.Items, func(a, b review.Move) int { return a.Moved.Compare(b.Moved) })
}

// arrival is when the last ShopSet of a Tier came to run a Release; nil where not all run
// it any more, or nobody remembers.
func arrival(seen fleet.Snapshot, tier, release string, moved time.Time) *time.Time {
	var last time.Time
	for _, o := range seen.ShopSets {
		if string(o.Tier) != tier {
			continue
		}
		if string(o.Release) != release || o.ReleaseSince.IsZero() || o.ReleaseSince.Before(moved.Add(-time.Minute)) {
			return nil
		}
		if o.ReleaseSince.After(last) {
			last = o.ReleaseSince
		}
	}
	return orNil(last)
}
