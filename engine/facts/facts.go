// Package facts gathers what the review of a period is compiled from: what was counted,
// and what documents, witnesses and the log of decisions tell.
package facts

import (
	"context"
	"time"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/review"
)

// Review compiles the review of a period from what the ledger has counted.
func Review(ctx context.Context, e *engine.Engine, period review.Period, at time.Time, log decisionlog.Reader, unknown *review.Unknown) (review.Report, error) {
	in := review.Input{At: at, Period: period}
	if err := engine.Unavailable(e.Outages()); err != nil {
		in.Outage = &review.Unknown{Reason: review.Failed, Error: err.Error()}
	}
	exclusions, err := calendarFacts(e, &in)
	if err != nil {
		return review.Report{}, err
	}
	if err := actionFacts(ctx, e, &in); err != nil {
		return review.Report{}, err
	}
	if err := silenceFacts(ctx, e, &in); err != nil {
		return review.Report{}, err
	}
	logFacts(ctx, e, &in, log, unknown)
	q := review.Question{Period: period, Fleet: e.Docs.Fleet, SLOs: e.Docs.SLOs.SLOs, Alerts: e.Alerts, Resolution: e.Docs.Config.Ledger.Resolution}
	until := period.Until
	if at.Before(until) {
		until = at
	}
	e.LookPast(ctx, until, at)
	counts := promotion.Excluding(e.Docs.Fleet, exclusions, e.Accounts())
	in.Measured = review.Measure(q, counts)
	in.Effects = review.MeasureMoves(q, counts, in.Releases.Items)
	if err := context.Cause(ctx); err != nil {
		return review.Report{}, err
	}
	return review.Compile(in), nil
}
