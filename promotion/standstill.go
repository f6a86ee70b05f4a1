package promotion

import (
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
)

// usualSpans are how many spans of ten minutes are looked at, those of the two hours before the
// last one: some shops get requests in bursts, and as little is usual there.
const usualSpans = 12

// latest is the traffic of the last ten minutes, where it is too little and that is unusual. Ten
// minutes without a request are little of the last hour, and a standstill all the same.
func (w *weighing) latest(s *slo.SLO, part int, set fleet.ShopSetName, a *slo.Account, hour *Volume, since time.Duration) *Volume {
	if since <= settled || hour == nil || hour.Before == nil {
		return nil // it is of no longer a time itself, or there is nothing to compare with
	}
	least := w.below * hour.Before.Total / hour.Before.Seconds // events a second
	few := func(end time.Time) bool {
		c := counted(a, part, end.Add(-settled), end)
		return c != nil && c.Total < least*c.Seconds && c.End.Sub(c.Start) < 2*settled // else it is of a whole hour, long ago
	}
	if !few(a.End) || few(a.End.Add(-day)) || few(a.End.Add(-week)) { // as when shops close
		return nil
	}
	for i := range usualSpans {
		if few(a.End.Add(-recent - time.Duration(i)*settled)) {
			return nil
		}
	}
	return w.volume(s, part, set, a, settled, 2)
}
