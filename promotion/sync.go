package promotion

import (
	"fmt"

	"github.com/shopslo/shopslo/fleet"
)

// checkSync asks that every ShopSet below runs the Release and is healthy. Whether it
// is in sync is checkDrift's to say.
func (d *deciding) checkSync(t tier) []Check {
	return d.perShopSet(CheckSync, t, func(o *fleet.ShopSetState) (Result, string, Figures) {
		result, reason := d.judgeSync(o)
		result, reason = d.untold(CheckSync, o, result, reason)
		return result, reason, Figures{{"release", orNull(string(o.Release))}, {"health", string(o.Health)}, {"sync", string(o.Sync)}, {"observed_at", instant(o.ObservedAt)}}
	})
}

func (d *deciding) judgeSync(o *fleet.ShopSetState) (Result, string) {
	runs := "Running Release " + Short(string(o.Release))
	switch {
	case o.Health == fleet.Degraded || o.Health == fleet.Missing:
		return Fail, fmt.Sprintf("Health is %s%s; it must be Healthy to promote Release %s.", o.Health, because(o), orNone(Short(d.e.Release)))
	case d.e.Release == "":
		return Unknown, releaseUnknown
	case o.Release == "":
		return Unknown, "Running Release is unknown" + because(o) + "."
	case !d.runs(o):
		return Unknown, fmt.Sprintf("%s; waiting for %s.", runs, Short(d.e.Release))
	case o.Health != fleet.Healthy:
		return Unknown, fmt.Sprintf("%s; health is %s, not Healthy%s.", runs, o.Health, because(o))
	}
	if o.Unverified != "" {
		return Unknown, fmt.Sprintf("%s and Healthy, but not verified: %s.", runs, o.Unverified)
	}
	return Pass, runs + " and Healthy."
}

func (d *deciding) runs(o *fleet.ShopSetState) bool {
	return o.Release != "" && (d.alone || string(o.Release) == d.e.Release)
}
