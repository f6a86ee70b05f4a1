package judge

import (
	"context"
	"strings"
	"time"

	"github.com/shopslo/shopslo/engine/evidence"
	"github.com/shopslo/shopslo/fleet"
)

// Reach is how far back a decision looks: as far as budgets do, and as before a
// Release that it is about came, where the exporter knows that. It is no more than what
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
	route, err := w.Docs.Fleet.Route(fleet.TierName(q.To))
	ask, failed := w.Clients()
	if err != nil || failed != nil || route.Evidence == nil || ask.Fleet == nil {
		return first
	}
	snapshot, err := ask.Fleet.Fleet(ctx)
	if err != nil {
		return first
	}
	release := q.Release
	for _, t := range snapshot.Tiers {
		if release == "" && t.Tier == route.From.Name {
			release = string(t.Release)
		}
	}
	for _, o := range snapshot.ShopSets {
		ofIt := release != "" && o.Tier == route.Evidence.Name && strings.HasPrefix(string(o.Release), strings.ToLower(release))
		if ofIt && !o.ReleaseSince.IsZero() && (first.IsZero() || o.ReleaseSince.Before(first)) {
			first = o.ReleaseSince
		}
	}
	return first
}
