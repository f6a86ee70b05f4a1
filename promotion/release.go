package promotion

import (
	"fmt"
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// checkRelease asks that the Release itself, by reference, was verified in every Tier
// below, and that the target holds nothing that it lacks.
func (d *deciding) checkRelease(source, target tier) []Check {
	if checks, done := d.unseen(CheckRelease, target, "whether the Release was verified in every Tier below, and has all that the target has"); done {
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
		return []Check{c.says(Unknown, "Nobody knows which Release is to go on: name it with --release, or let the exporter read the branches.")}
	}
	var checks []Check
	for _, judge := range []func() (Result, string){
		func() (Result, string) { return d.verified(tierOf(s, source.Name)) },
		func() (Result, string) { return d.passed(from, source.Name) },
		func() (Result, string) { return d.contains(from, to) },
	} {
		if r, reason := judge(); r != Pass {
			checks = append(checks, c.says(r, reason))
		}
	}
	if len(checks) == 0 {
		return []Check{c.says(Pass, fmt.Sprintf("Release %s came up through every Tier below, and has all that %s has.", Short(d.e.Release), target.Name))}
	}
	return checks
}

// verified asks that the Release did not get below past a Tier.
func (d *deciding) verified(below *fleet.TierState) (Result, string) {
	if below == nil {
		return Unknown, "Nothing is known of the Tier that shows how the Release behaves."
	}
	for _, v := range d.e.Fleet.Snapshot.Violations {
		if v.Tier == below.Tier && string(v.Release) == d.e.Release {
			return Fail, fmt.Sprintf("Release %s came to %s without having been in %s.", Short(d.e.Release), v.Tier, some(words(v.Without), 5))
		}
	}
	switch {
	case below.InOrder == nil:
		return Unknown, fmt.Sprintf("Whether Release %s was in the Tiers below %s is not known.", Short(d.e.Release), below.Tier)
	case !*below.InOrder:
		return Fail, fmt.Sprintf("%s runs a Release that no Tier below has had.", below.Tier)
	}
	return Pass, ""
}

// passed asks that a Tier without ShopSets has been given the Release as well.
func (d *deciding) passed(from *fleet.TierState, evidence fleet.TierName) (Result, string) {
	switch {
	case from == nil || from.Release == "":
		return Unknown, fmt.Sprintf("What the branch of %s points to is not known.", d.e.From)
	case from.Tier != evidence && string(from.Release) != d.e.Release:
		return Unknown, fmt.Sprintf("The branch of %s points to %s, not yet to %s.", from.Tier, Short(string(from.Release)), Short(d.e.Release))
	}
	return Pass, ""
}

// contains asks that the target's branch can be moved forward to the Release.
func (d *deciding) contains(from, to *fleet.TierState) (Result, string) {
	switch {
	case to == nil || to.Release == "":
		return Unknown, fmt.Sprintf("What the branch of %s points to is not known.", d.e.To)
	case string(to.Release) == d.e.Release:
		return Pass, ""
	case to.Ahead != nil && *to.Ahead > 0:
		return Fail, fmt.Sprintf("%s has %s that %s lacks, and a promotion would undo; bring it to the lowest Tier first.", to.Tier, count(*to.Ahead, "change"), d.e.From)
	case from != nil && string(from.Release) == d.e.Release && to.Ahead != nil:
		return Pass, ""
	case from != nil && string(from.Release) != d.e.Release:
		return Unknown, fmt.Sprintf("The branch of %s has gone on to %s, so it is not known whether %s has all that %s has.", d.e.From, Short(string(from.Release)), Short(d.e.Release), d.e.To)
	}
	return Unknown, fmt.Sprintf("Whether Release %s has all that %s has is not known.", Short(d.e.Release), d.e.To)
}
