package promotion

import (
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// doubtedTier says in a sentence why what was seen of a Tier is no evidence; "" where it
// is good, or where nothing was seen of it, which is for others to say.
func (d *deciding) doubtedTier(name fleet.TierName) string {
	s := &d.e.Fleet.Snapshot
	is, t := d.e.Declared.tier(name), tierOf(s, name)
	if n := slices.IndexFunc(s.Tiers, func(t fleet.TierState) bool { return t.Tier == name }); n < 0 {
		return ""
	}
	switch {
	case t == nil:
		return d.say("%s is reported twice.", name)
	case is == nil:
		return d.say("The evidence lacks the document of %s.", name)
	case t.Order != is.Order || t.Branch != is.Branch:
		return d.say("%s is reported with order %d and branch %s, its document has order %d and branch %s.",
			name, t.Order, orElse(t.Branch, d.say("(none)")), is.Order, orElse(is.Branch, d.say("(none)")))
	case t.Ahead != nil && *t.Ahead < 0, t.Behind != nil && *t.Behind < 0:
		return d.say("%s is reported with a negative count of changes.", name)
	case d.future(t.SoakingSince), d.future(t.SettledSince), d.future(t.SkewedSince):
		return d.say("%s is reported with a time in the future.", name)
	}
	if doubt := d.doubtedCounts(t, is); doubt != "" {
		return doubt
	}
	if !d.e.concerns(name) { // its ShopSets are not of the evidence
		return ""
	}
	for _, o := range s.ShopSets { // nobody would look at its budgets
		if of := d.declared[o.ShopSet]; o.Tier == name && (of == nil || of.Tier != name) {
			return d.say("%s is reported with ShopSet %s, its documents do not have it there.", name, o.ShopSet)
		}
	}
	return d.doubtedRuns(t)
}

// doubtedCounts asks that a Tier whose branch has what the one below has is not ahead of it.
func (d *deciding) doubtedCounts(t *fleet.TierState, is *DeclaredTier) string {
	next := d.e.Declared.below(is)
	if next == nil || t.Release == "" {
		return ""
	}
	below := tierOf(&d.e.Fleet.Snapshot, next.Tier)
	if below != nil && below.Release == t.Release && or(t.Ahead) > 0 {
		return d.say("%s is reported to be ahead of %s, and at the same Release.", t.Tier, below.Tier)
	}
	return ""
}

// doubtedRuns asks that a Tier runs what its ShopSets do.
func (d *deciding) doubtedRuns(t *fleet.TierState) string {
	var runs []fleet.Release
	for _, o := range d.e.Fleet.Snapshot.ShopSets {
		if o.Tier == t.Tier && o.Release != "" && !slices.Contains(runs, o.Release) {
			runs = append(runs, o.Release)
		}
	}
	switch {
	case !alikeLists(runs, t.Running):
		return d.say("%s is reported to run %s, its ShopSets %s.", t.Tier, orElse(d.some(shorts(t.Running), 3), d.say("nothing")), orElse(d.some(shorts(runs), 3), d.say("nothing")))
	case t.Skewed != (len(runs) > 1), !t.Skewed && !t.SkewedSince.IsZero():
		return d.say("Reports on whether %s runs one Release are contradictory.", t.Tier)
	}
	return ""
}

func shorts(releases []fleet.Release) []string {
	out := words(releases)
	for i := range out {
		out[i] = Short(out[i])
	}
	return out
}
