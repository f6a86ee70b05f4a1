package main

import (
	"context"
	"errors"
	"time"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/evidence"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
)

// oneDecision is one decision of a program that answers and ends, in three steps.
type oneDecision struct {
	host   host.Host
	docs   *documents.Documents
	q      question
	at     time.Time
	tiers  []fleet.TierName
	engine *engine.Engine
	outage error
}

// askOnce begins a decision as of a time. Close it after read.
func askOnce(h host.Host, d *documents.Documents, q question, at time.Time) (*oneDecision, error) {
	tiers, err := d.Judged(q.to)
	if err != nil {
		return nil, usage.Errorf("--to: %v", err)
	}
	return &oneDecision{host: h, docs: d, q: q, at: at, tiers: tiers}, nil
}

// read counts what the decision looks at. A source that cannot be reached is no error: the
// decision says so.
func (o *oneDecision) read(ctx context.Context) error {
	w := evidence.New(o.docs)
	var err error
	o.engine, err = engine.OneShotBack(ctx, o.host, o.docs, o.at, reachOf(ctx, w, o.q, o.at), o.tiers)
	if o.engine == nil {
		return err
	}
	o.engine.Witnesses = w
	if o.outage = err; err != nil && !errors.Is(err, slo.ErrUnavailable) {
		return err
	}
	return nil
}

// decide asks the witnesses and the gate.
func (o *oneDecision) decide(ctx context.Context) (promotion.Record, error) {
	return decideOn(ctx, o.engine, o.host.Version, o.q, o.at, o.outage)
}

// Close ends what read has opened.
func (o *oneDecision) Close() error {
	if o.engine == nil {
		return nil
	}
	return o.engine.Close()
}
