package board

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// banner is something that everybody has to know who looks at the board. Kind says
// which of the fields mean something.
type banner struct {
	Kind  string
	Level level
	ID    string
	Text  string // as somebody wrote it, or an error's
	By    string
	Link  string
	Since time.Time // zero: not known
	Until time.Time // zero: without end
	Scope []string  // what it touches; empty: everything
	// Checks are those that an override waives.
	Checks []string
	Tier   fleet.TierName
	// Release and Tiers are those of a Violation.
	Release fleet.Release
	Tiers   []fleet.TierName
}

// The kinds of banners.
const (
	bannerStop      = "stop"      // an emergency stop
	bannerFreeze    = "freeze"    // in force
	bannerSoon      = "soon"      // a freeze that begins within a day
	bannerIncident  = "incident"  // open
	bannerOverride  = "override"  // in force
	bannerOutage    = "outage"    // the source of the figures cannot be read
	bannerSource    = "source"    // one of several sources cannot be read
	bannerReading   = "reading"   // the source's history is still being read
	bannerOld       = "old"       // the figures are old
	bannerUnseen    = "unseen"    // the exporter answers, and has not looked for a while
	bannerUnread    = "unread"    // documents cannot be read
	bannerUnreached = "unreached" // a witness cannot be asked
	bannerOrder     = "order"     // a Release that was not in a Tier below
)

// touching picks the banners that somebody has to know who looks at something with
// these names: a Tier, a ShopSet, its ShopGroups.
func touching(all []banner, names ...string) []banner {
	return slices.DeleteFunc(all, func(b banner) bool {
		of := b.Scope
		if b.Kind == bannerOrder {
			of = []string{string(b.Tier)}
		}
		return len(of) > 0 && !slices.ContainsFunc(of, func(name string) bool { return slices.Contains(names, name) })
	})
}

// Symbol is the banner's mark: that of its level, or an i for what is only to be known.
func (b banner) Symbol() string {
	if b.Level == moving {
		return "i"
	}
	return symbol(b.Level)
}

// soon is how long before its begin a freeze is told.
const soon = 24 * time.Hour

// banners lists them, the worst first.
func banners(in *Input, now time.Time) []banner {
	out := slices.Concat(figureBanners(in, now), freezeBanners(in, now), incidentBanners(in), orderBanners(in), overrideBanners(in, now))
	slices.SortStableFunc(out, func(a, b banner) int { return a.Level.rank() - b.Level.rank() })
	return out
}

// figureBanners tell what keeps the board itself from being trusted.
func figureBanners(in *Input, now time.Time) (out []banner) {
	if in.Outage != "" {
		out = append(out, banner{Kind: bannerOutage, Level: bad, Text: clean(in.Outage), Since: newest(in)})
	} else if in.Reading != "" {
		out = append(out, banner{Kind: bannerReading, Level: unclear, Text: clean(in.Reading)})
	} else if at := newest(in); in.MaxAge > 0 && !at.IsZero() && now.Sub(at) > in.MaxAge {
		out = append(out, banner{Kind: bannerOld, Level: bad, Since: at})
	}
	for _, why := range in.Outages {
		out = append(out, banner{Kind: bannerSource, Level: warn, Text: clean(why)})
	}
	if in.Unread != "" {
		out = append(out, banner{Kind: bannerUnread, Level: bad, Text: clean(in.Unread)})
	}
	if runningOld(in, now) {
		out = append(out, banner{Kind: bannerUnseen, Level: warn, Since: in.Running.Snapshot.At})
	}
	for _, w := range []struct{ id, where, err string }{
		{"runs", in.Running.Where, in.Running.Error}, {"alerts", in.Alerts.Where, in.Alerts.Error},
		{"incidents", in.Incidents.Where, in.Incidents.Error}, {"freezes", in.Freezes.Where, in.Freezes.Error},
	} {
		if w.err != "" {
			out = append(out, banner{Kind: bannerUnreached, Level: warn, ID: w.id, Text: clean(w.where + ": " + w.err)})
		}
	}
	return out
}

// newest is the end of the newest window; zero: nothing has been counted.
func newest(in *Input) (at time.Time) {
	for i := range in.Budgets.Budgets {
		if end := in.Budgets.Budgets[i].WindowEnd; end.After(at) {
			at = end
		}
	}
	return at
}

func freezeBanners(in *Input, now time.Time) (out []banner) {
	for _, f := range in.Freezes.Items {
		b := banner{Kind: bannerFreeze, Level: warn, ID: clean(f.ID), Text: clean(f.Reason), By: clean(f.By), Since: f.From, Until: f.Until, Scope: scope(f.Scope)}
		switch {
		case !f.Until.IsZero() && !now.Before(f.Until):
			continue
		case f.From.After(now.Add(soon)):
			continue
		case f.From.After(now):
			b.Kind, b.Level = bannerSoon, moving
		case f.Emergency:
			b.Kind, b.Level = bannerStop, bad
		}
		out = append(out, b)
	}
	slices.SortStableFunc(out, func(a, b banner) int { return cmp.Compare(a.Since.Unix(), b.Since.Unix()) })
	return out
}

func incidentBanners(in *Input) (out []banner) {
	for _, i := range in.Incidents.Items {
		out = append(out, banner{Kind: bannerIncident, Level: bad, ID: clean(i.ID), Text: clean(i.Title), By: clean(string(i.Severity)), Since: i.Since,
			Link: link(i.Link), Scope: scope(i.Scope)})
	}
	return out
}

func orderBanners(in *Input) (out []banner) {
	for _, v := range in.Running.Snapshot.Violations {
		out = append(out, banner{Kind: bannerOrder, Level: warn, Tier: v.Tier, Release: v.Release, Tiers: v.Without})
	}
	return out
}

func overrideBanners(in *Input, now time.Time) (out []banner) {
	for _, o := range in.Overrides.Items {
		if o.From.After(now) || !now.Before(o.Until) {
			continue
		}
		out = append(out, banner{Kind: bannerOverride, Level: moving, ID: clean(o.ID), Text: clean(o.Why), By: clean(o.Who), Link: link(o.Link),
			Since: o.From, Until: o.Until, Scope: scope(o.Scope), Checks: o.Checks})
	}
	return out
}

func scope(s promotion.Scope) (out []string) {
	for _, t := range s.Tiers {
		out = append(out, clean(string(t)))
	}
	for _, x := range s.ShopSets {
		out = append(out, clean(string(x)))
	}
	for _, g := range s.Groups {
		out = append(out, clean(string(g)))
	}
	return out
}

// noteLine is something that nobody is asked for, and so is not on the board: runs,
// alerts, incidents or freezes.
type noteLine string

func notes(in *Input) (out []noteLine) {
	if in.Unread != "" {
		return nil // nobody was asked for anything
	}
	for _, w := range []struct {
		what  noteLine
		where string
	}{{"runs", in.Running.Where}, {"alerts", in.Alerts.Where}, {"incidents", in.Incidents.Where}, {"freezes", in.Freezes.Where}} {
		if w.where == "" {
			out = append(out, w.what)
		}
	}
	return out
}
