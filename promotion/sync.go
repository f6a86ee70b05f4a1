package promotion

import (
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
	runs := d.say("Running Release %s", Short(string(o.Release)))
	switch {
	case o.Health == fleet.Degraded || o.Health == fleet.Missing:
		return Fail, d.say("Health is %s%s; it must be Healthy to promote Release %s.", o.Health, d.because(o), d.orNone(Short(d.e.Release)))
	case d.e.Release == "":
		return Unknown, d.say(releaseUnknown)
	case o.Release == "":
		return Unknown, d.say("Running Release is unknown%s.", d.because(o))
	case !d.runs(o):
		return Unknown, d.say("%s; waiting for %s.", runs, Short(d.e.Release))
	case o.Health != fleet.Healthy && !(d.p.AcceptSuspended && o.Health == fleet.Suspended):
		return Unknown, d.say("%s; health is %s, not Healthy%s.", runs, o.Health, d.because(o))
	case o.Unverified != "":
		return Unknown, d.say("%s and %s, but not verified: %s.", runs, o.Health, o.Unverified)
	case o.Unserved != "":
		return Unknown, d.say("%s and %s, but it may not serve: %s.", runs, o.Health, o.Unserved)
	case o.OnBranch != nil && !*o.OnBranch:
		return Unknown, d.say("%s and %s, but deployed from %s, not from the branch of its Tier.", runs, o.Health, d.targets(o))
	case o.Health == fleet.Suspended:
		return Pass, d.say("%s and Suspended, which the policy accepts.", runs)
	}
	return Pass, d.say("%s and Healthy.", runs)
}

// targets are what a ShopSet is deployed from.
func (l lang) targets(o *fleet.ShopSetState) string {
	if o.Workings == nil || len(o.Workings.Targets) == 0 {
		return l.say("elsewhere")
	}
	return l.some(o.Workings.Targets, 3)
}

func (d *deciding) runs(o *fleet.ShopSetState) bool {
	return o.Release != "" && (d.alone || string(o.Release) == d.e.Release)
}
