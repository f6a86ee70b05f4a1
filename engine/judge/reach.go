package judge

import (
	"context"
	"time"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/evidence"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/status"
)

// Reach is how far back a decision looks: as far as budgets do, and as before a
// Release that it is about came, where that is known. It is no more than what
// a server would keep.
func Reach(ctx context.Context, w *evidence.Witnesses, q Question, at time.Time) time.Duration {
	d := w.Docs
	reach := d.Reach()
	came := came(ctx, w, q)
	if came.IsZero() || !at.After(came) {
		return reach
	}
	return max(reach, d.AtMost(at.Sub(came)+d.Before(q.To)))
}

// came is when a Release came to the first of the ShopSets that show how it behaves;
// zero where nobody knows. The decision itself asks again, and says who does not answer.
func came(ctx context.Context, w *evidence.Witnesses, q Question) (first time.Time) {
	if !q.Since.IsZero() {
		return q.Since
	}
	ev, err := promotion.Gather(w.Docs.Fleet, nil, status.Report{}, fleet.TierName(q.To), q.Release)
	ask, failed := w.Clients()
	if err != nil || failed != nil {
		return first
	}
	if found, from, err := documents.Releases(w.Docs); from != "" && err == nil {
		ev.Told(promotion.Found[promotion.Arrival]{Where: from, Items: found})
	}
	if ask.Fleet != nil {
		snapshot, err := ask.Fleet.Fleet(ctx)
		if err != nil {
			return first
		}
		ev.See(promotion.FleetView{Where: "the exporter", Snapshot: snapshot})
	}
	return ev.FirstCame()
}
