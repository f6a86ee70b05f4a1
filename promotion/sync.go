package promotion

import (
	"fmt"

	"github.com/shopslo/shopslo/fleet"
)

// checkSync asks that every ShopSet below runs the Release and is healthy. Whether it
// is in sync is checkDrift's to say.
func (d *deciding) checkSync(t tier) []Check {
	return d.perShopSet(CheckSync, t, "whether every ShopSet runs the Release and is healthy", func(o *fleet.ShopSetState) (Result, string, Figures) {
		result, reason := d.judgeSync(o)
		return result, reason, Figures{{"release", orNull(string(o.Release))}, {"health", string(o.Health)}, {"sync", string(o.Sync)}, {"observed_at", instant(o.ObservedAt)}}
	})
}

func (d *deciding) judgeSync(o *fleet.ShopSetState) (Result, string) {
	runs := "It runs Release " + Short(string(o.Release))
	switch {
	case o.Health == fleet.Degraded || o.Health == fleet.Missing:
		return Fail, fmt.Sprintf("It is %s, and Release %s is to go on from here.", o.Health, orNone(Short(d.e.Release)))
	case d.e.Release == "":
		return Unknown, "Nobody knows which Release is to go on: name it with --release, or let the exporter read the branches."
	case o.Release == "":
		return Unknown, "Which Release it runs is not known" + because(o) + "."
	case !d.runs(o):
		return Unknown, fmt.Sprintf("%s, not yet %s.", runs, Short(d.e.Release))
	case o.Health != fleet.Healthy:
		return Unknown, fmt.Sprintf("%s and is %s, not yet Healthy%s.", runs, o.Health, because(o))
	}
	if o.Unverified != "" {
		return Unknown, fmt.Sprintf("%s and is Healthy, but is not verified: %s.", runs, o.Unverified)
	}
	return Pass, runs + " and is Healthy."
}

func (d *deciding) runs(o *fleet.ShopSetState) bool {
	return d.e.Release != "" && string(o.Release) == d.e.Release
}
