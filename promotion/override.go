package promotion

import (
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// InForce is an Override that counts at the time of a Decision, and what it did.
type InForce struct {
	Override
	Waives int // Checks that would have failed or been unknown
}

// override waives what is not passed by the Overrides that are in force, and gives
// these. Of several the one that ends last is named.
func (d *deciding) override(checks []Check) []InForce {
	var in []InForce
	for _, o := range d.e.Overrides.Items {
		if d.inForce(o) {
			in = append(in, InForce{Override: o})
		}
	}
	slices.SortStableFunc(in, func(a, b InForce) int {
		if by := b.Until.Compare(a.Until); by != 0 {
			return by
		}
		return strings.Compare(a.ID+"\x00"+a.Who+"\x00"+a.Why, b.ID+"\x00"+b.Who+"\x00"+b.Why)
	})
	for i := range checks {
		c := &checks[i]
		if c.Result != Fail && c.Result != Unknown {
			continue
		}
		if j := slices.IndexFunc(in, func(o InForce) bool { return d.covers(o.Override, c) }); j >= 0 {
			in[j].Waives++
			d.waive(c, in[j].Override)
		}
	}
	return in
}

// inForce reports whether an Override is of now, of this promotion, and whole: without
// somebody who answers for it, a reason and an end it counts for nothing.
func (d *deciding) inForce(o Override) bool {
	release := o.Release == "" || o.Release == d.e.Release ||
		isCommit(fleet.Release(d.e.Release)) && len(o.Release) >= shortest && strings.HasPrefix(d.e.Release, o.Release)
	return o.Who != "" && o.Why != "" && !o.Until.IsZero() && within(d.now, o.From, o.Until) && release &&
		(len(o.Scope.Tiers) == 0 || slices.Contains(o.Scope.Tiers, d.e.To))
}

// covers reports whether an Override may waive a Check. What nobody could be asked,
// and an emergency stop, are no one's to waive.
func (d *deciding) covers(o Override, c *Check) bool {
	if Fixed(c.Check) || !slices.Contains(o.Checks, c.Check) {
		return false
	}
	if stop, _ := c.Evidence.Get("emergency").(bool); stop {
		return false
	}
	if len(o.Scope.ShopSets)+len(o.Scope.Groups) == 0 {
		return true
	}
	return slices.Contains(o.Scope.ShopSets, c.ShopSet) || slices.ContainsFunc(d.e.Groups, func(g Group) bool {
		name, _ := c.Evidence.Get("group").(string)
		return slices.Contains(o.Scope.Groups, g.Name) && (slices.Contains(g.ShopSets, c.ShopSet) || name == string(g.Name))
	})
}

func (l lang) waive(c *Check, o Override) {
	c.figure("waived", string(c.Result)).figure("override", Figures{{"id", o.ID}, {"who", o.Who}, {"why", o.Why},
		{"until", instant(o.Until)}, {"link", orNull(o.Link)}})
	c.Result = Waived
	c.Reason = l.say("%s Waived by %s until %s: %s.", c.Reason, o.Who, o.Until.UTC().Format(time.RFC3339), strings.TrimRight(o.Why, ".。 "))
}

// letFix lets a Release that mends something go to a Tier with little budget left.
func (d *deciding) letFix(c *Check) {
	f := d.e.Fix
	c.figure("waived", string(c.Result)).figure("override", Figures{{"who", f.By}, {"why", "a fix"}, {"until", nil}, {"link", f.URL}})
	c.Result = Waived
	c.Reason = d.say("%s Allowed as a fix for %s (declared by %s).", c.Reason, f.URL, orElse(f.By, d.say("unknown")))
}
