package promotion

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// change is when the ShopSet's own folders of the system repository changed, where that was
// after its Release came; zero: it was not, or nobody knows. Time counts from then.
func change(o *fleet.ShopSetState) time.Time {
	if o == nil || !o.ChangedSince.After(o.ReleaseSince) || o.ReleaseSince.IsZero() {
		return time.Time{}
	}
	return o.ChangedSince
}

// sinceChange tells of Checks that count from a change of the ShopSet's own folders.
func (d *deciding) sinceChange(checks []Check) []Check {
	for i := range checks {
		c := &checks[i]
		o := d.seen[c.ShopSet]
		if at := change(o); c.Result != NotChecked && !d.came(c.ShopSet).IsZero() && !at.IsZero() {
			c.figure("changed_since", instant(at))
			c.Reason += d.say(" Counted from the change of %s's manifests at %s: the Release arrived before (%s).", c.ShopSet,
				at.UTC().Format(time.RFC3339), o.ReleaseSince.UTC().Format(time.RFC3339))
		}
	}
	return checks
}

// untold makes no pass of what an exporter of before says: it does not tell all that counts.
func (d *deciding) untold(check string, o *fleet.ShopSetState, result Result, reason string) (Result, string) {
	if result != Pass || !o.Untold {
		return result, reason
	}
	why := d.say("%s does not report what is missing, pending or not verified; upgrade shopset_exporter", d.inSentence(d.e.Fleet.Where))
	others := slices.ContainsFunc(d.e.Fleet.Snapshot.ShopSets, func(o fleet.ShopSetState) bool { return !o.Untold })
	if others || d.p.Needs[check] == Required { // it says so of others: then it is missing here
		return Unknown, d.say("Cannot check %s: %s.", d.name(check), why)
	}
	return NotChecked, d.say("Not checked: %s (%s). Reported: %s", d.name(check), why, reason)
}

// held adds what keeps Argo CD from syncing.
func (l lang) held(o *fleet.ShopSetState) string {
	if o.Held == "" {
		return ""
	}
	return l.say("; held: %s", o.Held)
}
