package peer

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/shopslo/shopslo/bench/history"
)

// Verdicts compares a tool's remaining budgets with the truth.
type Verdicts struct {
	Of      int     // ShopSets with enough events for a verdict
	Wrong   int     // exhausted where it is not, or not where it is
	None    int     // no figure, or NaN
	Exhaust int     // truly exhausted
	Median  float64 // absolute error of the remaining budget, in percentage points, of those with a figure
	P95     float64
}

// Share is the share of ShopSets with a wrong verdict or none.
func (v Verdicts) Share() float64 { return float64(v.Wrong+v.None) / float64(v.Of) }

// Remaining is the true remaining budget, as a ratio.
func Remaining(t history.Truth) float64 {
	return 1 - t.Bad/(t.Total*(1-history.Objective))
}

// minEvents is the number of events below which there is no verdict to be right
// about: one bad event is more than a whole budget.
const minEvents = 1 / (1 - history.Objective)

// Judge compares remaining budgets by ShopSet with the truth.
func Judge(truth []history.Truth, remaining map[string]float64) Verdicts {
	var v Verdicts
	var off []float64
	for _, t := range truth {
		if t.Total < minEvents {
			continue
		}
		v.Of++
		want := Remaining(t)
		if want < 0 {
			v.Exhaust++
		}
		got, ok := remaining[t.ID]
		if !ok || math.IsNaN(got) || math.IsInf(got, 0) {
			v.None++
			continue
		}
		if (got < 0) != (want < 0) {
			v.Wrong++
		}
		off = append(off, 100*math.Abs(got-want))
	}
	slices.Sort(off)
	if n := len(off); n > 0 {
		v.Median, v.P95 = off[n/2], off[n*95/100]
	}
	return v
}

// SlothRemaining reads what Sloth's rules recorded at the time.
func (b *Bench) SlothRemaining(ctx context.Context, at time.Time) (map[string]float64, error) {
	return b.byShopSet(ctx, at, `slo:period_error_budget_remaining:ratio`)
}

// PyrraRemaining computes what Pyrra's page shows from what its rules recorded:
// no failed request is no error, not no data.
func (b *Bench) PyrraRemaining(ctx context.Context, at time.Time) (map[string]float64, error) {
	const errs = `sum by (shopset) (http_requests:increase4w{code=~"5.."})`
	const total = `sum by (shopset) (http_requests:increase4w)`
	return b.byShopSet(ctx, at, `1 - ((`+errs+` or 0 * `+total+`) / `+total+`) / (1 - 0.999)`)
}

func (b *Bench) byShopSet(ctx context.Context, at time.Time, expr string) (map[string]float64, error) {
	vec, err := b.query(ctx, expr, at)
	if err != nil {
		return nil, err
	}
	by := map[string]float64{}
	for _, s := range vec {
		by[s.Metric.Get("shopset")] = s.F
	}
	return by, nil
}
