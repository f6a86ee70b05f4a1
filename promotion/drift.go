package promotion

import (
	"github.com/shopslo/shopslo/fleet"
)

// checkDrift asks that what runs below is what git asks for.
func (d *deciding) checkDrift(t tier) []Check {
	return d.perShopSet(CheckDrift, t, func(o *fleet.ShopSetState) (Result, string, Figures) {
		figures := Figures{{"sync", string(o.Sync)}, {"drifted_since", instant(o.DriftedSince)}, {"pending_since", instant(o.PendingSince)}, {"held", orNull(o.Held)}, {"observed_at", instant(o.ObservedAt)}}
		if o.OutOfSync != nil {
			figures = figures.with("resources_out_of_sync", *o.OutOfSync)
		}
		result, reason := d.judgeDrift(o)
		return result, reason, figures
	})
}

func (d *deciding) judgeDrift(o *fleet.ShopSetState) (Result, string) {
	since := ""
	if !o.DriftedSince.IsZero() {
		since = d.say(" for %s", d.age(d.now.Sub(o.DriftedSince)))
	}
	pending := ""
	if !o.PendingSince.IsZero() {
		pending = d.say(" since %s", after("", o.PendingSince))
	}
	switch {
	case o.Sync == fleet.Synced:
		return Pass, d.say("Synced.")
	case o.Sync != fleet.OutOfSync:
		return Unknown, d.say("Sync status is unknown%s.", d.because(o))
	case o.Pending != "":
		return Unknown, d.say("OutOfSync: revision %s is pending%s%s.", Short(o.Pending), pending, d.held(o))
	case !d.runs(o):
		return Unknown, d.say("OutOfSync%s: the Release has not been rolled out yet%s.", since, d.held(o))
	case !o.ReleaseSince.IsZero() && !o.ObservedAt.After(o.ReleaseSince):
		// What a rollout changes is OutOfSync until Argo CD compares again.
		return Unknown, d.say("OutOfSync when the Release arrived; Argo CD has not completed a comparison since.")
	}
	what := d.say("the live state differs")
	if o.OutOfSync != nil {
		what = d.say("%s out of sync", d.count(*o.OutOfSync, "resource"))
	}
	return Fail, d.say("Drift: OutOfSync%s, %s%s; sync the ShopSet or commit the change to git.", since, what, d.held(o))
}
