package promotion

import (
	"fmt"

	"github.com/shopslo/shopslo/status"
)

// checkCoverage asks that enough of the window has data.
func checkCoverage(p Policy, t tier, b *status.Budget) Check {
	result, word := Pass, ""
	if !(b.Coverage >= p.MinCoverage) {
		result, word = Unknown, "Only "
	}
	share := status.FormatShare(&b.Coverage)
	if b.Coverage == 0 {
		word, share = "", "Nothing"
	}
	c := t.about(CheckCoverage, b, result, fmt.Sprintf("%s%s of the window of %s has data, %s is asked for.",
		word, share, b.Window, status.FormatShare(&p.MinCoverage)))
	c.figure("coverage", b.Coverage).figure("min_coverage", p.MinCoverage)
	return c
}
