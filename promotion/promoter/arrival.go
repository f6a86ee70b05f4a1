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
	Previous fleet.Release // that the Tier matched before; "" where that is not known
	ShopSets []fleet.ShopSetName
	At       time.Time
	Compare  string // a link that shows what is between the two; "" where there is none
}

// Teller tells people or a monitoring system, such as Slack or Mackerel, of an
// Arrival.
type Teller interface {
	// Tell returns once it has been told, or with the error that kept it from that:
	// it may have been told all the same, and telling it twice is better than never.
	Tell(ctx context.Context, a Arrival) error
}

// Text says it in a sentence, with the link.
func (a Arrival) Text() string {
	text := fmt.Sprintf("%s has no ShopSets; its branch has Release %s", a.Tier, Short(a.Release))
	if len(a.ShopSets) > 0 {
		names := ""
		for _, s := range a.ShopSets {
			names += ", " + string(s)
		}
		text = fmt.Sprintf("%s is in sync: %s run Release %s, Synced and Healthy", a.Tier, names[2:], Short(a.Release))
	}
	if a.Previous != "" && a.Previous != a.Release {
		text += ", replacing " + Short(a.Previous)
	}
	if a.Compare != "" {
		return text + ". " + a.Compare
	}
	return text + "."
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
		if !o.Well() || o.Release != release {
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
		a.Previous = m.last[t.Tier]
		m.last[t.Tier] = t.Release
		if !first {
			news = append(news, a)
		}
	}
	return news
}
