package promotion

import (
	"fmt"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// deciding is a decision being made.
type deciding struct {
	p   Policy
	e   *Evidence
	now time.Time
	// seen are the ShopSets that the exporter told of.
	seen        map[fleet.ShopSetName]*fleet.ShopSetState
	comparisons int // among which chance has its choice
}

// off is the Check of what policy does not ask for.
func (d *deciding) off(check string, t tier, what string) ([]Check, bool) {
	if d.p.Needs[check] != Off {
		return nil, false
	}
	return []Check{t.check(check).says(NotChecked, fmt.Sprintf("The policy does not ask for %s.", what))}, true
}

// unasked is done, with the Check that says why, where a check's evidence was not to
// be had: policy does not ask for it, nothing is configured, or it could not be read.
// to says what is to be configured.
func (d *deciding) unasked(check string, t tier, what, where, failed, to string) (checks []Check, done bool) {
	if checks, done = d.off(check, t, what); done {
		return checks, done
	}
	c := t.check(check).says(Unknown, "")
	switch {
	case where == "" && d.p.Needs[check] == Required:
		c.Reason = fmt.Sprintf("The policy asks for %s, and nobody looked: configure %s.", what, to)
	case where == "":
		c.Result, c.Reason = NotChecked, fmt.Sprintf("Nobody looked at %s: it takes %s.", what, to)
	case failed != "":
		c.Reason = fmt.Sprintf("Nobody can tell %s, for %s could not be read.", what, inSentence(where))
	default:
		return nil, false
	}
	return []Check{c}, true
}

// unseen is unasked for what the exporter tells, which has to be of now.
func (d *deciding) unseen(check string, t tier, what string) ([]Check, bool) {
	if checks, done := d.unasked(check, t, what, d.e.Fleet.Where, d.e.Fleet.Error, "the exporter's address (gate.fleet.url)"); done {
		return checks, done
	}
	at := d.e.Fleet.Snapshot.At
	c := t.check(check).says(Unknown, "")
	c.figure("seen_at", instant(at))
	switch old := d.now.Sub(at); {
	case at.IsZero():
		c.Reason = fmt.Sprintf("%s has not looked at the fleet yet, so nobody can tell %s.", d.e.Fleet.Where, what)
	case old > d.p.MaxAge:
		c.Reason = fmt.Sprintf("The fleet was last looked at %s ago, at most %s is asked for, so nobody can tell %s.", age(old), age(d.p.MaxAge), what)
	case old < -d.p.MaxAge:
		c.Reason = fmt.Sprintf("The fleet was looked at %s after the time asked for: of that time nobody can tell %s.", age(-old), what)
	default:
		return nil, false
	}
	return []Check{c}, true
}

// perShopSet makes a Check of each ShopSet of the Tier from what was seen of it.
func (d *deciding) perShopSet(check string, t tier, what string, judge func(o *fleet.ShopSetState) (Result, string, Figures)) []Check {
	if checks, done := d.unseen(check, t, what); done {
		return checks
	}
	var checks []Check
	for _, name := range t.ShopSets {
		c := t.check(check).of(name, "")
		o := d.seen[name]
		if o == nil || o.Tier != t.Name {
			c.Result, c.Reason = Unknown, fmt.Sprintf("%s tells nothing of it in this Tier.", d.e.Fleet.Where)
		} else {
			var more Figures
			c.Result, c.Reason, more = judge(o)
			c.Evidence = append(c.Evidence, more...)
		}
		checks = append(checks, c)
	}
	return checks
}

// because adds why the exporter does not know something.
func because(o *fleet.ShopSetState) string {
	if o.Reason == "" {
		return ""
	}
	return ": " + o.Reason
}

// standing lists what is open, or in force: a failed Check for each that touches the
// target, one that passed where none does.
func standing[T any](d *deciding, check string, t tier, all []T, scope func(T) Scope, fail func(Check, T) Check, pass func(others int) string) []Check {
	var checks []Check
	for _, one := range all {
		if scope(one).touches(d.e) {
			checks = append(checks, fail(t.check(check), one))
		}
	}
	if len(checks) == 0 {
		checks = []Check{t.check(check).says(Pass, pass(len(all)))}
	}
	return checks
}
