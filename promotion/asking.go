package promotion

import (
	"maps"
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// Asking is who is asked about a Release, and which way it comes: a witness less, or another one,
// is a check less.
type Asking struct {
	// Whom by the setting that names them, such as gate.alerts, without secrets.
	Whom map[string]string `json:"whom"`
	// Tiers are those that a Release has to pass, the lowest first, and the target.
	Tiers []fleet.TierName `json:"tiers"`
}

// asking compares who is asked; nil: nobody knows, as in a record from before.
func (c *changes) asking(was, is *Asking) {
	if was == nil || is == nil {
		return
	}
	for _, setting := range slices.Sorted(maps.Keys(was.Whom)) {
		before := was.Whom[setting]
		if now, still := is.Whom[setting]; !still {
			c.lax = append(c.lax, c.say("%s is removed (it was %s)", setting, before))
		} else if now != before {
			c.lax = append(c.lax, c.say("%s %v → %v", setting, before, now))
		}
	}
	for _, setting := range slices.Sorted(maps.Keys(is.Whom)) {
		if _, known := was.Whom[setting]; !known {
			c.strict = append(c.strict, c.say("%s is new", setting))
		}
	}
	for _, t := range was.Tiers {
		if !slices.Contains(is.Tiers, t) {
			c.lax = append(c.lax, c.say("Tier %s is no longer on the way to the target", t))
		}
	}
	if both := without(is.Tiers, without(is.Tiers, was.Tiers)); !slices.Equal(both, without(was.Tiers, without(was.Tiers, is.Tiers))) {
		c.lax = append(c.lax, c.say("the order of Tiers is %s", c.some(words(is.Tiers), 20)))
	}
}

// asksLess says what the Release may have changed of who is asked, by the configuration of the
// branch that its rules were read from; none: nothing.
func (d *deciding) asksLess() []string {
	r := d.e.Rules
	if r.From == nil {
		return nil
	}
	c := changes{lang: d.lang}
	c.asking(r.From.Asking, r.Now.Asking)
	return c.lax
}
