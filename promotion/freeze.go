package promotion

import (
	"slices"
	"strings"
)

// checkFreezes asks that nobody has forbidden promotions to the target.
func (d *deciding) checkFreezes(t tier) []Check {
	f := d.e.Freezes
	if checks, done := d.unasked(CheckFreeze, t, f.Where, f.Error, "set gate.calendar"); done {
		return checks
	}
	inForce := slices.DeleteFunc(slices.Clone(f.Items), func(f Freeze) bool { return !within(d.now, f.From, f.Until) })
	return standing(d, CheckFreeze, t, inForce, func(f Freeze) Scope { return f.Scope }, func(c Check, f Freeze) Check {
		what := d.say("Freeze %s", f.ID)
		if f.Emergency {
			what = d.say("Emergency stop %s", f.ID)
		}
		by := ""
		if f.By != "" {
			by = d.say(" (by %s)", f.By)
		}
		c.figure("freeze", f.ID).figure("by", orNull(f.By)).figure("until", instant(f.Until)).figure("emergency", f.Emergency)
		return c.says(Fail, d.say("%s is active %s: %s%s.", what, d.until(f.Until), strings.TrimRight(orElse(f.Reason, d.say("no reason given")), ".。 "), by))
	}, func(others int) string {
		return d.say("No freeze is active for %s%s.", t.Name, d.elsewhere(others, " (%d active elsewhere)"))
	})
}
