package promotion

import (
	"fmt"

	"github.com/shopslo/shopslo/status"
)

// checkCoverage asks that enough of the window has data.
func (d *deciding) checkCoverage(t tier, b *status.Budget) Check {
	p := d.p
	result, word := Pass, ""
	if !(b.Coverage >= p.MinCoverage) {
		result, word = Unknown, "Only "
	}
	share := status.FormatShare(&b.Coverage)
	if b.Coverage == 0 {
		word, share = "", "None"
	}
	c := t.about(CheckCoverage, b, result, fmt.Sprintf("%s%s of the %s window has data (%s required).",
		word, share, b.Window, status.FormatShare(&p.MinCoverage)))
	c.figure("coverage", b.Coverage).figure("min_coverage", p.MinCoverage)
	d.excluded(&c, looked{from: b.WindowStart})
	return c
}
