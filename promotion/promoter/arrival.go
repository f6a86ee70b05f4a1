package promoter

import (
	"context"
	"fmt"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// Arrival is a Tier that has come to match its branch: all of its ShopSets run the
// Release, synced and healthy.
type Arrival struct {
	Tier     fleet.TierName
	Release  fleet.Release
	ShopSets []fleet.ShopSetName
	At       time.Time
}

// Teller tells people or a monitoring system, such as Slack or Mackerel, of an
// Arrival.
type Teller interface {
	// Tell returns once it has been told, or with the error that kept it from that:
	// it may have been told all the same, and telling it twice is better than never.
	Tell(ctx context.Context, a Arrival) error
}

// Annotator marks a time on the graphs of a monitoring system, such as Mackerel's
// graph annotations.
type Annotator interface {
	// Annotate makes the mark; doing so again makes a second one. The error says why
	// there is none.
	Annotate(ctx context.Context, title, text string, from, to time.Time) error
}

// Annotated tells an Annotator of Arrivals.
type Annotated struct{ Annotator Annotator }

// Tell makes an annotation of the moment.
func (a Annotated) Tell(ctx context.Context, it Arrival) error {
	return a.Annotator.Annotate(ctx, it.Title(), it.Text(), it.At, it.At)
}

// Title says it in a few words.
func (a Arrival) Title() string { return fmt.Sprintf("%s: Release %s", a.Tier, Short(a.Release)) }

// Text says it in a sentence.
func (a Arrival) Text() string {
	if len(a.ShopSets) == 0 {
		return fmt.Sprintf("Branch of %s has Release %s; it has no ShopSets.", a.Tier, Short(a.Release))
	}
	names := ""
	for _, s := range a.ShopSets {
		names += ", " + string(s)
	}
	return fmt.Sprintf("%s matches its branch: %s run Release %s, synced and healthy.", a.Tier, names[2:], Short(a.Release))
}

// Arrived tells whether a Tier matches its branch in a Snapshot, at a Release; ok is
// false where it does not, or where that is not known.
func Arrived(s fleet.Snapshot, tier fleet.TierName, release fleet.Release) (a Arrival, ok bool) {
	a = Arrival{Tier: tier, Release: release, At: s.At}
	known := false
	for _, t := range s.Tiers {
		known = known || t.Tier == tier && t.Release == release
	}
	if !known || release == "" {
		return a, false
	}
	for _, o := range s.ShopSets {
		if o.Tier != tier {
			continue
		}
		if o.Sync != fleet.Synced || o.Health != fleet.Healthy || o.Release != release {
			return a, false
		}
		a.ShopSets = append(a.ShopSets, o.ShopSet)
	}
	return a, true
}

// Arrivals remembers at which Release each Tier was last seen to match its branch,
// so that each Arrival is told once. The zero value has seen nothing.
type Arrivals struct {
	last map[fleet.TierName]fleet.Release
}

// Next gives the Tiers of a Snapshot that have come to match their branch since the
// one before. The first Snapshot is only remembered: what matched before somebody
// looked is no news.
func (m *Arrivals) Next(s fleet.Snapshot) []Arrival {
	first := m.last == nil
	if first {
		m.last = map[fleet.TierName]fleet.Release{}
	}
	var news []Arrival
	for _, t := range s.Tiers {
		a, ok := Arrived(s, t.Tier, t.Release)
		if !ok || m.last[t.Tier] == t.Release {
			continue
		}
		m.last[t.Tier] = t.Release
		if !first {
			news = append(news, a)
		}
	}
	return news
}
