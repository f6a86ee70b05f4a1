package promotion

import (
	"github.com/shopslo/shopslo/status"
)

// checkCoverage asks that enough of the window has data.
func (d *deciding) checkCoverage(t tier, b *status.Budget) Check {
	p := d.p
	share, need := status.FormatShare(&b.Coverage), status.FormatShare(&p.MinCoverage)
	result, reason := Pass, d.say("%s of the %s window has data (%s required).", share, b.Window, need)
	switch {
	case b.Coverage == 0:
		result, reason = Unknown, d.say("None of the %s window has data (%s required).", b.Window, need)
	case !(b.Coverage >= p.MinCoverage):
		result, reason = Unknown, d.say("Only %s of the %s window has data (%s required).", share, b.Window, need)
	}
	c := t.about(CheckCoverage, b, result, reason)
	c.figure("coverage", b.Coverage).figure("min_coverage", p.MinCoverage)
	d.excluded(&c, looked{from: b.WindowStart})
	return c
}
