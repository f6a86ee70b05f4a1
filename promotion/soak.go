package promotion

import (
	"slices"
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
		return []Check{t.check(CheckSoak).says(NotChecked, d.say("No soak time is required in %s.", orElse(string(t.Name), d.say("the lower Tier"))))}
	}
	if d.e.claimed() || d.e.Fleet.Where == "" {
		if checks, done := d.unarrived(CheckSoak, t, d.say("%s required; %s", d.age(asked), d.say(setArrival))); done {
			return checks
		}
		return []Check{d.claimedSoak(t, asked)}
	}
	if checks, done := d.unseen(CheckSoak, t, setFleet); done {
		return checks
	}
	c := t.check(CheckSoak)
	c.figure("asked_seconds", asked.Seconds())
	soaking, settled := d.soakingSince(t)
	b := d.soaking(t)
	switch {
	case d.e.Release == "" && !d.alone:
		c.Result, c.Reason = Unknown, d.say("The Release to promote is unknown, so its soak time is unknown.")
	case b.others > 0 || len(t.ShopSets) == 0:
		c.Result, c.Reason = Unknown, d.say("Soak (%s) has not started: %d of %s run %s.", d.age(asked), len(t.ShopSets)-b.others, d.count(len(t.ShopSets), "ShopSet"), d.which())
	case b.doubt != "":
		c.Result, c.Reason = Unknown, d.say("Soak (%s) is unknown. %s", d.age(asked), b.doubt)
	case soaking.IsZero():
		c.Result, c.Reason = Unknown, d.say("Soak (%s) has not started: not all ShopSets of %s are Synced and %s, or the start time is unknown.", d.age(asked), t.Name, settled)
		if b.unverified != "" {
			c.Reason = d.say("Soak (%s) has not started:%s", d.age(asked), b.unverified)
		}
	case b.unwell != "":
		c.Result, c.Reason = Unknown, d.say("Soak (%s) is unknown. %s", d.age(asked), b.unwell)
	default:
		since := later(soaking, b.came) // nothing soaks before it is there
		soaked := d.now.Sub(since)
		c.figure("soaking_since", instant(since)).figure("soaked_seconds", soaked.Seconds())
		c.Result, c.Reason = Pass, d.say("All ShopSets Synced and %s for %s without interruption (%s required).", settled, d.age(soaked), d.age(asked))
		if soaked < asked {
			c.Result = Unknown
			c.Reason = d.say("All ShopSets Synced and %s for %s without interruption (%s required); complete at %s.",
				settled, d.age(max(soaked, 0)), d.age(asked), since.Add(asked).UTC().Format(time.RFC3339))
		}
		if b.changed != "" && since.Equal(b.came) {
			c.figure("changed_since", instant(b.came))
			c.Reason += b.changed
		}
		c.Result, c.Reason = d.untold(CheckSoak, &fleet.ShopSetState{Observation: fleet.Observation{Untold: b.untold}}, c.Result, c.Reason)
	}
	return []Check{c}
}

// soakingSince is since when the Tier soaks, as the exporter saw it, and as what: settled is
// enough where the policy accepts Suspended. Zero: it does not, or nobody knows.
func (d *deciding) soakingSince(t tier) (since time.Time, as string) {
	state := tierOf(&d.e.Fleet.Snapshot, t.Name)
	switch {
	case state == nil:
		return time.Time{}, "Healthy"
	case d.p.AcceptSuspended:
		return state.SettledSince, "Healthy/Suspended"
	}
	return state.SoakingSince, "Healthy"
}

// soaking is what the ShopSets of a Tier say of the Release that soaks there.
type soaking struct {
	others     int       // how many do not run it
	came       time.Time // when the last of them had it, a change of its own folders, or its health
	changed    string    // which change that was; empty: none
	doubt      string    // the first fact that is too old or not plausible
	unwell     string    // the first ShopSet that does not look as if it soaked
	unverified string    // the first ShopSet that is not verified, with why
	untold     bool      // an exporter of before tells of one of them
}

// soaking reads what the ShopSets of a Tier say.
func (d *deciding) soaking(t tier) soaking {
	s := soaking{doubt: d.doubtedTier(t.Name)}
	for _, name := range slices.Sorted(slices.Values(t.ShopSets)) { // which is told does not depend on their order
		o := d.seen[name]
		if o == nil || !d.runs(o) {
			s.others++
			continue
		}
		if o.ReleaseSince.After(s.came) {
			s.came, s.changed = o.ReleaseSince, ""
		}
		if at := change(o); at.After(s.came) {
			s.came, s.changed = at, d.say(" Counted from the change of %s's manifests at %s.", name, at.UTC().Format(time.RFC3339))
		}
		if o.Health == fleet.Healthy && !d.p.AcceptSuspended && o.HealthSince.After(s.came) {
			s.came, s.changed = o.HealthSince, d.say(" Counted from when %s became Healthy, at %s.", name, o.HealthSince.UTC().Format(time.RFC3339))
		}
		s.untold = s.untold || o.Untold
		if suspended := d.p.AcceptSuspended && o.Health == fleet.Suspended; s.unwell == "" && (o.Unverified != "" || o.Health != fleet.Healthy && !suspended) { // drift has a check of its own
			s.unwell = d.say("%s is reported as %s or not verified, and its Tier as soaking.", name, o.Health)
		}
		if o.Unverified != "" && s.unverified == "" {
			s.unverified = d.say(" %s is not verified: %s.", name, o.Unverified)
		}
		if why := d.doubted(o); why != "" && s.doubt == "" {
			s.doubt = d.say("%s: %s", name, why)
		}
	}
	return s
}
