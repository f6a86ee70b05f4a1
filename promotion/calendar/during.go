package calendar

import (
	"time"

	"github.com/shopslo/shopslo/promotion"
)

// During gives the Freezes that are on at any time in (from, until], in the order of
// their documents; one that recurs once for each time that it is on.
func (c Calendar) During(from, until time.Time) []promotion.Freeze {
	var out []promotion.Freeze
	for _, f := range c.freezes {
		last := -1
		for _, s := range f.table(from, until) {
			if s.begin.After(until) || !s.end.IsZero() && !s.end.After(from) {
				continue
			}
			if last >= 0 && !out[last].Until.IsZero() && !s.begin.After(out[last].Until) { // holidays in a row
				if s.end.IsZero() || s.end.After(out[last].Until) {
					out[last].Until = s.end
				}
				continue
			}
			f.From, f.Until = s.begin, s.end
			out, last = append(out, f.Freeze), len(out)
		}
	}
	return out
}
