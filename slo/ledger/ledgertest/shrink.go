package ledgertest

import (
	"fmt"
	"slices"
	"strings"
)

// Shrink leaves out series and samples as long as fails still says so of the rest: what
// is left is small enough to be worked out by hand. It calls fails some thousand times.
func Shrink(all []Series, fails func([]Series) bool) []Series {
	for again := true; again; {
		again = false
		for i := 0; i < len(all); i++ {
			if fewer := slices.Delete(slices.Clone(all), i, i+1); fails(fewer) {
				all, again = fewer, true
				i--
			}
		}
		for i := range all {
			for n := max(1, len(all[i].Samples)/2); n > 0; n /= 2 {
				for k := 0; k+n <= len(all[i].Samples); {
					fewer := slices.Clone(all)
					fewer[i].Samples = slices.Delete(slices.Clone(all[i].Samples), k, k+n)
					if len(fewer[i].Samples) > 0 && fails(fewer) {
						all, again = fewer, true
					} else {
						k += n
					}
				}
			}
		}
	}
	return all
}

// Listed writes series as lines of labels and "time:value", times in milliseconds since
// start.
func Listed(all []Series, start int64) string {
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintf(&b, "%s", s.Labels)
		for _, x := range s.Samples {
			fmt.Fprintf(&b, " %d:%.13g", x.T-start, x.V)
		}
		b.WriteString("\n")
	}
	return b.String()
}
