package status

import (
	"fmt"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/nearest"
	"github.com/shopslo/shopslo/slo"
)

// UnknownTier is a finding: an SLO names a Tier that the fleet does not have, and
// so applies to fewer ShopSets than its author thinks.
type UnknownTier struct {
	SLO        string
	Tier       string
	DidYouMean string // the fleet's Tier that is spelt most alike, or empty
}

func (u UnknownTier) String() string {
	if u.DidYouMean != "" {
		return fmt.Sprintf("slo %q applies to tier %q, which the fleet does not have (did you mean %q?)", u.SLO, u.Tier, u.DidYouMean)
	}
	return fmt.Sprintf("slo %q applies to tier %q, which the fleet does not have; declare it, or take it off the SLO's list", u.SLO, u.Tier)
}

// UnknownTiers finds the Tiers that SLOs name and the fleet does not have, in the
// order of the SLOs; none is good.
func UnknownTiers(f *fleet.Fleet, slos []slo.SLO) []UnknownTier {
	known := make([]string, 0, len(f.Tiers()))
	for _, t := range f.Tiers() {
		known = append(known, string(t.Name))
	}
	var found []UnknownTier
	for i := range slos {
		for _, name := range slos[i].Tiers {
			if _, ok := f.Tier(fleet.TierName(name)); ok {
				continue
			}
			u := UnknownTier{SLO: slos[i].Name, Tier: name}
			u.DidYouMean, _ = nearest.Word(name, known)
			found = append(found, u)
		}
	}
	return found
}
