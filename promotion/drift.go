package promotion

import (
	"fmt"

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
		since = fmt.Sprintf(" for %s", age(d.now.Sub(o.DriftedSince)))
	}
	switch {
	case o.Sync == fleet.Synced:
		return Pass, "Synced."
	case o.Sync != fleet.OutOfSync:
		return Unknown, "Sync status is unknown" + because(o) + "."
	case o.Pending != "":
		return Unknown, fmt.Sprintf("OutOfSync: revision %s is pending%s%s.", Short(o.Pending), after(" since ", o.PendingSince), held(o))
	case !d.runs(o):
		return Unknown, fmt.Sprintf("OutOfSync%s: the Release has not been rolled out yet%s.", since, held(o))
	case !o.ReleaseSince.IsZero() && !o.ObservedAt.After(o.ReleaseSince):
		// What a rollout changes is OutOfSync until Argo CD compares again.
		return Unknown, "OutOfSync when the Release arrived; Argo CD has not completed a comparison since."
	}
	what := "the live state differs"
	if o.OutOfSync != nil {
		what = count(*o.OutOfSync, "resource") + " out of sync"
	}
	return Fail, fmt.Sprintf("Drift: OutOfSync%s, %s%s; sync the ShopSet or commit the change to git.", since, what, held(o))
}
