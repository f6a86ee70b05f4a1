package main

import (
	"context"
	"errors"
	"time"

	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/status"
)

// question is what the gate is asked.
type question struct {
	to, release string
	fix         *promotion.Fix // nil: the release is none
}

// decideOn asks the gate. outage is why the source could not be read, nil if it was.
func decideOn(ctx context.Context, e *engine, version string, q question, at time.Time, outage error) (promotion.Record, error) {
	found, err := e.witnesses.gather(ctx)
	if err != nil {
		return promotion.Record{}, err
	}
	return judge(ctx, e, version, found, q, at, outage)
}

// judge decides from what was gathered.
func judge(ctx context.Context, e *engine, version string, found seen, q question, at time.Time, outage error) (promotion.Record, error) {
	slos, f, counts := e.docs.SLOs.SLOs, e.docs.Fleet, promotion.Excluding(e.docs.Fleet, found.calendar.Exclusions, e.accounts())
	var report, plain status.Report
	if len(found.calendar.Exclusions)+len(e.docs.Exclusions) == 0 {
		report = e.report(at) // computed already
	} else {
		report = status.Compute(at, f, slos, e.alerts, counts)
		plain = status.Compute(at, f, slos, e.alerts, e.accounts())
	}
	ev, err := promotion.Gather(e.docs.Fleet, slos, report, fleet.TierName(q.to), q.release)
	if err != nil {
		return promotion.Record{}, usage.Errorf("--to: %v", err)
	}
	p := e.docs.Policy(q.to)
	if found.fleet.Where != "" {
		ev.See(found.fleet)
		ev.Compare(slos, counts, at, p)
	}
	ev.Alerts, ev.Incidents, ev.Fix = found.alerts, found.incidents, q.fix
	if found.from != "" {
		ev.Freezes = promotion.Found[promotion.Freeze]{Where: found.from, Items: found.calendar.Freezes(at)}
		ev.Overrides = promotion.Found[promotion.Override]{Where: found.from, Items: found.calendar.Overrides}
		ev.Exclusions = promotion.Found[promotion.Exclusion]{Where: found.from, Items: found.calendar.Exclusions}
		ev.Corrected(e.docs.Fleet, slos, plain)
	}
	if outage != nil {
		ev.Outages = append(ev.Outages, promotion.Outage{Source: e.source.name, Error: outage.Error()})
	}
	if err := ctx.Err(); err != nil && errors.Is(err, context.Canceled) {
		return promotion.Record{}, context.Cause(ctx) // an answer that nobody could ask for is none
	}
	return promotion.Judge(version, p, ev, at), nil
}
