package promotion

import (
	"fmt"

	"github.com/shopslo/shopslo/fleet"
)

// checkDrift asks that what runs below is what git asks for.
func (d *deciding) checkDrift(t tier) []Check {
	return d.perShopSet(CheckDrift, t, "whether what runs is what git asks for", func(o *fleet.ShopSetState) (Result, string, Figures) {
		figures := Figures{{"sync", string(o.Sync)}, {"drifted_since", instant(o.DriftedSince)}, {"observed_at", instant(o.ObservedAt)}}
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
		return Pass, "It is Synced."
	case o.Sync != fleet.OutOfSync:
		return Unknown, "Whether it is Synced is not known" + because(o) + "."
	case !d.runs(o):
		return Unknown, fmt.Sprintf("It is OutOfSync%s: the Release has not arrived.", since)
	case !o.ReleaseSince.IsZero() && !o.ObservedAt.After(o.ReleaseSince):
		// What a rollout changes is OutOfSync until Argo CD compares again.
		return Unknown, "It was OutOfSync when the Release came, and Argo CD has not compared all of it since."
	}
	what := "what runs"
	if o.OutOfSync != nil {
		what = count(*o.OutOfSync, "resource") + " that run"
	}
	return Fail, fmt.Sprintf("It drifts: it has been OutOfSync%s, since %s differ from what git asks for; sync it, or bring the change to git.", since, what)
}
