package promotion

import (
	"fmt"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// checkSoak asks that the Release has been verified below for long enough: all
// ShopSets Synced and Healthy at it without a break.
func (d *deciding) checkSoak(t tier) []Check {
	asked := t.Soak
	if d.p.Soak != nil {
		asked = *d.p.Soak
	}
	if asked <= 0 && d.p.Needs[CheckSoak] != Off {
		return []Check{t.check(CheckSoak).says(NotChecked, fmt.Sprintf("No soak time is required in %s.", orElse(string(t.Name), "the lower Tier")))}
	}
	if d.e.claimed() || d.e.Fleet.Where == "" {
		if checks, done := d.unarrived(CheckSoak, t, age(asked)+" required; "+setArrival); done {
			return checks
		}
		return []Check{d.claimedSoak(t, asked)}
	}
	if checks, done := d.unseen(CheckSoak, t, setFleet); done {
		return checks
	}
	c := t.check(CheckSoak)
	c.figure("asked_seconds", asked.Seconds())
	state := tierOf(&d.e.Fleet.Snapshot, t.Name)
	others, unverified, came, doubt, changed := 0, "", time.Time{}, d.doubtedTier(t.Name), ""
	old := false
	for _, name := range t.ShopSets {
		o := d.seen[name]
		if o == nil || !d.runs(o) {
			others++
			continue
		}
		came = later(came, o.ReleaseSince)
		if at := change(o); at.After(came) {
			came, changed = at, fmt.Sprintf(" Counted from the change of %s's own folders at %s.", name, at.UTC().Format(time.RFC3339))
		}
		old = old || o.Untold
		if o.Unverified != "" && unverified == "" {
			unverified = fmt.Sprintf(" %s is not verified: %s.", name, o.Unverified)
		}
		if why := d.doubted(o); why != "" && doubt == "" {
			doubt = fmt.Sprintf("%s: %s", name, why)
		}
	}
	switch {
	case d.e.Release == "" && !d.alone:
		c.Result, c.Reason = Unknown, "The Release to promote is unknown, so its soak time is unknown."
	case others > 0 || len(t.ShopSets) == 0:
		c.Result, c.Reason = Unknown, fmt.Sprintf("Soak (%s) has not started: %d of %s run %s.", age(asked), len(t.ShopSets)-others, count(len(t.ShopSets), "ShopSet"), d.which())
	case doubt != "":
		c.Result, c.Reason = Unknown, fmt.Sprintf("Soak (%s) is unknown. %s", age(asked), doubt)
	case state == nil || state.SoakingSince.IsZero():
		c.Result, c.Reason = Unknown, fmt.Sprintf("Soak (%s) has not started: not all ShopSets of %s are Synced and Healthy, or the start time is unknown.", age(asked), t.Name)
		if unverified != "" {
			c.Reason = fmt.Sprintf("Soak (%s) has not started:%s", age(asked), unverified)
		}
	default:
		since := later(state.SoakingSince, came) // nothing soaks before it is there
		soaked := d.now.Sub(since)
		c.figure("soaking_since", instant(since)).figure("soaked_seconds", soaked.Seconds())
		c.Result, c.Reason = Pass, fmt.Sprintf("All ShopSets Synced and Healthy for %s without interruption (%s required).", age(soaked), age(asked))
		if soaked < asked {
			c.Result = Unknown
			c.Reason = fmt.Sprintf("All ShopSets Synced and Healthy for %s without interruption (%s required); complete at %s.",
				age(max(soaked, 0)), age(asked), since.Add(asked).UTC().Format(time.RFC3339))
		}
		if changed != "" && since.Equal(came) {
			c.figure("changed_since", instant(came))
			c.Reason += changed
		}
		c.Result, c.Reason = d.untold(CheckSoak, &fleet.ShopSetState{Observation: fleet.Observation{Untold: old}}, c.Result, c.Reason)
	}
	return []Check{c}
}
