package promotion

import (
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// checkRelease asks that the Release itself, by reference, was verified in every Tier
// below, and that the target holds nothing that it lacks.
func (d *deciding) checkRelease(source, target tier) []Check {
	if checks, done := d.below(CheckRelease, target); done {
		return checks
	}
	if checks, done := d.unseen(CheckRelease, target, setFleet); done {
		return checks
	}
	s := &d.e.Fleet.Snapshot
	from, to := tierOf(s, d.e.From), tierOf(s, target.Name)
	c := target.check(CheckRelease)
	c.figure("release", orNull(d.e.Release))
	if from != nil && to != nil {
		c.figure("from_branch", orNull(string(from.Release))).figure("to_branch", orNull(string(to.Release)))
	}
	c.Evidence = slices.Clip(c.Evidence) // several checks share it
	if d.e.Release == "" {
		_, why := d.told(source, target)
		return []Check{c.says(Unknown, orElse(why, d.say(releaseUnknown)))}
	}
	var checks []Check
	for _, judge := range []func() (Result, string){
		func() (Result, string) { return d.verified(tierOf(s, source.Name)) },
		func() (Result, string) { return d.synced(source) },
		func() (Result, string) { return d.passed(from, source.Name) },
		func() (Result, string) { return d.contains(from, to) },
		func() (Result, string) { return d.told(source, target) },
		d.branches,
	} {
		if r, reason := judge(); r != Pass {
			checks = append(checks, c.says(r, reason))
		}
	}
	if len(checks) == 0 {
		return []Check{c.says(Pass, d.say("Release %s was in every lower Tier and contains all changes of %s.", Short(d.e.Release), target.Name))}
	}
	return checks
}

// synced asks that the operation that brought the Release below has succeeded.
func (d *deciding) synced(source tier) (Result, string) {
	for _, name := range source.ShopSets {
		if o := d.seen[name]; o != nil && d.runs(o) && o.Unverified != "" {
			return Unknown, d.say("Release %s is not verified in %s, on %s: %s.", Short(d.e.Release), source.Name, name, o.Unverified)
		}
	}
	return Pass, ""
}

// told asks that what is reported of the Tiers can be.
func (d *deciding) told(source, target tier) (Result, string) {
	for _, name := range []fleet.TierName{source.Name, d.e.From, target.Name} {
		if doubt := d.doubtedTier(name); doubt != "" {
			return Unknown, doubt
		}
	}
	for _, t := range d.e.Fleet.Snapshot.Tiers {
		if d.e.undeclared(t) {
			return Unknown, d.say("%s is reported as a Tier below %s, and no document has it.", t.Tier, target.Name)
		}
	}
	upwards := slices.SortedFunc(slices.Values(d.e.Declared.Tiers), func(a, b DeclaredTier) int { return a.Order - b.Order })
	for _, t := range upwards { // of another fleet the exporter cannot tell whether the Release passed all
		switch doubt := d.doubtedTier(t.Tier); {
		case !d.e.passes(t.Tier):
		case doubt != "":
			return Unknown, doubt
		case tierOf(&d.e.Fleet.Snapshot, t.Tier) == nil:
			return Unknown, d.say("%s is not reported by %s, so whether the Release passed it is unknown.", t.Tier, d.inSentence(d.e.Fleet.Where))
		}
	}
	return Pass, ""
}

const releaseUnknown = "The Release to promote is unknown: set --release, or let the exporter read the branches."

// verified asks that the Release did not get below past a Tier.
func (d *deciding) verified(below *fleet.TierState) (Result, string) {
	if below == nil {
		return Unknown, d.say("The state of the evidence Tier is unknown.")
	}
	for _, v := range d.e.Fleet.Snapshot.Violations {
		if v.Tier == below.Tier && string(v.Release) == d.e.Release {
			return Fail, d.say("Release %s reached %s without passing through %s.", Short(d.e.Release), v.Tier, d.some(words(v.Without), 5))
		}
	}
	switch {
	case below.InOrder == nil:
		return Unknown, d.say("Whether Release %s was in the Tiers below %s is unknown.", Short(d.e.Release), below.Tier)
	case !*below.InOrder:
		return Fail, d.say("%s runs a Release that was never in a lower Tier.", below.Tier)
	}
	return Pass, ""
}

// passed asks that a Tier without ShopSets has been given the Release as well.
func (d *deciding) passed(from *fleet.TierState, evidence fleet.TierName) (Result, string) {
	switch {
	case from == nil || from.Release == "":
		return Unknown, d.say("The head of the %s branch is unknown.", d.e.From)
	case from.Tier != evidence && string(from.Release) != d.e.Release:
		return Unknown, d.say("The %s branch is at %s, not yet at %s.", from.Tier, Short(string(from.Release)), Short(d.e.Release))
	}
	return Pass, ""
}

// contains asks that the target's branch can be moved forward to the Release.
func (d *deciding) contains(from, to *fleet.TierState) (Result, string) {
	switch {
	case to == nil || to.Release == "":
		return Unknown, d.say("The head of the %s branch is unknown.", d.e.To)
	case string(to.Release) == d.e.Release:
		return Pass, ""
	case to.Ahead != nil && *to.Ahead > 0:
		return Fail, d.say("%s has %s not in %s, which a promotion would revert; merge into the lowest Tier first.", to.Tier, d.count(*to.Ahead, "change"), d.e.From)
	case from != nil && string(from.Release) == d.e.Release && to.Ahead != nil:
		return Pass, ""
	case from != nil && string(from.Release) != d.e.Release:
		return Unknown, d.say("The %s branch has moved on to %s, so whether Release %s contains all changes of %s is unknown.", d.e.From, Short(string(from.Release)), Short(d.e.Release), d.e.To)
	}
	return Unknown, d.say("Whether Release %s contains all changes of %s is unknown.", Short(d.e.Release), d.e.To)
}
