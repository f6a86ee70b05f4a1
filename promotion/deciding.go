package promotion

import (
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// deciding is a decision being made.
type deciding struct {
	lang
	p   Policy
	e   *Evidence
	now time.Time
	// seen are the ShopSets that the exporter told of.
	seen     map[fleet.ShopSetName]*fleet.ShopSetState
	declared map[fleet.ShopSetName]*DeclaredShopSet
	// running is what runs on ShopSets, as seen or claimed.
	running map[fleet.ShopSetName]run
	// doubtedOf says why claims about ShopSets are no evidence.
	doubtedOf map[fleet.ShopSetName]string
	alone     bool // Evidence.alone
	// excludedOf are the Exclusions that touch each pair.
	excludedOf map[pair][]Excluded
	weighed    *weighed // what the Comparisons come to
	shared     *Closed  // whose checks can be taken; nil: none
}

// off is the Check of what policy does not ask for.
func (d *deciding) off(check string, t tier) ([]Check, bool) {
	if d.p.Needs[check] != Off {
		return nil, false
	}
	return []Check{t.check(check).says(NotChecked, d.say("Not checked: %s is off in the policy.", d.name(check)))}, true
}

// unasked is done, with the Check that says why, where a check's evidence was not to
// be had: policy does not ask for it, nothing is configured, or it could not be read.
// hint says what has to be set in shopslo.yaml.
func (d *deciding) unasked(check string, t tier, where, failed, hint string) (checks []Check, done bool) {
	if checks, done = d.off(check, t); done {
		return checks, done
	}
	c := t.check(check).says(Unknown, "")
	switch {
	case where == "" && d.p.Needs[check] == Required:
		c.Reason = d.say("Required but not configured: %s (%s).", d.name(check), d.say(hint))
	case where == "":
		c.Result, c.Reason = NotChecked, d.say("Not checked: %s (%s).", d.name(check), d.say(hint))
	case failed != "":
		c.Reason = d.say("Cannot check %s: %s could not be read.", d.name(check), d.inSentence(where))
	default:
		return nil, false
	}
	return []Check{c}, true
}

// setFleet says where the exporter's address goes.
const setFleet = "set gate.fleet.url"

// unseen is unasked for what the exporter tells, which has to be of now.
func (d *deciding) unseen(check string, t tier, hint string) ([]Check, bool) {
	if checks, done := d.unasked(check, t, d.e.Fleet.Where, d.e.Fleet.Error, hint); done {
		return checks, done
	}
	at := d.e.Fleet.Snapshot.At
	c := t.check(check).says(Unknown, "")
	c.figure("seen_at", instant(at))
	switch old := d.now.Sub(at); {
	case at.IsZero():
		c.Reason = d.say("Cannot check %s: %s has no fleet data yet.", d.name(check), d.inSentence(d.e.Fleet.Where))
	case old > d.p.MaxAge:
		c.Reason = d.say("Cannot check %s: fleet data is %s old (limit %s).", d.name(check), d.age(old), d.age(d.p.MaxAge))
	case old < -d.p.MaxAge:
		c.Reason = d.say("Cannot check %s: fleet data is from %s after the evaluation time.", d.name(check), d.age(-old))
	default:
		return nil, false
	}
	return []Check{c}, true
}

// below is done, with the Check that says why, where a check is about the Tier below and
// the fleet has one Tier only.
func (d *deciding) below(check string, t tier) ([]Check, bool) {
	if !d.alone {
		return nil, false
	}
	if checks, done := d.off(check, t); done {
		return checks, done
	}
	if d.p.Needs[check] == Required {
		return []Check{t.check(check).says(Unknown, d.say("Required, but the fleet has one Tier: %s is about the one below.", d.name(check)))}, true
	}
	return []Check{t.check(check).says(NotChecked, d.say("Not checked: %s (the fleet has one Tier, nothing runs below it).", d.name(check)))}, true
}

// perShopSet makes a Check of each ShopSet of the Tier from what was seen of it.
func (d *deciding) perShopSet(check string, t tier, judge func(o *fleet.ShopSetState) (Result, string, Figures)) []Check {
	if checks, done := d.below(check, t); done {
		return checks
	}
	if checks, done := d.unseen(check, t, setFleet); done {
		return checks
	}
	var checks []Check
	for _, name := range t.ShopSets {
		c := t.check(check).of(name, "")
		o := d.seen[name]
		if o == nil || o.Tier != t.Name {
			c.Result, c.Reason = Unknown, d.say("Not reported in this Tier by %s.", d.inSentence(d.e.Fleet.Where))
		} else {
			var more Figures
			c.Result, c.Reason, more = judge(o)
			if doubt := d.doubted(o); c.Result == Pass && doubt != "" {
				c.Result, c.Reason = Unknown, doubt
			}
			c.Evidence = append(c.Evidence, more...)
		}
		checks = append(checks, c)
	}
	return checks
}

// because adds why the exporter does not know something.
func (l lang) because(o *fleet.ShopSetState) string {
	if o.Reason == "" {
		return ""
	}
	return l.say(": %s", o.Reason)
}

// standing lists what is open, or in force: a failed Check for each that touches the
// target, one that passed where none does.
func standing[T any](d *deciding, check string, t tier, all []T, scope func(T) Scope, fail func(Check, T) Check, pass func(others int) string) []Check {
	var checks []Check
	for _, one := range all {
		if scope(one).touches(d.e, t) {
			checks = append(checks, fail(t.check(check), one))
		}
	}
	if len(checks) == 0 {
		checks = []Check{t.check(check).says(Pass, pass(len(all)))}
	}
	return checks
}
