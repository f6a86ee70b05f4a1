package judge

import (
	"context"
	"errors"
	"time"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/evidence"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/promoted"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// Once is one decision of a program that answers and ends, in three steps.
type Once struct {
	host   host.Host
	docs   *documents.Documents
	q      Question
	at     time.Time
	tiers  []fleet.TierName
	engine *engine.Engine
}

// Ask begins a decision as of a time, and reads the rules that it is made by. Close it in
// any case.
func Ask(ctx context.Context, h host.Host, d *documents.Documents, q Question, at time.Time) (*Once, error) {
	tiers, err := d.Judged(q.To)
	if err != nil {
		return nil, usage.Errorf("--to: %v", err)
	}
	beside := d
	if d, q.From, err = promoted.Rules(ctx, h, d, fleet.TierName(q.To), q.Own); err != nil {
		return nil, err
	}
	if d != beside {
		q.Beside = beside
	}
	if err := q.check(d); err != nil {
		return nil, err
	}
	return &Once{host: h, docs: d, q: q, at: at, tiers: tiers}, nil
}

// Read counts what the decision looks at. A source that cannot be reached is no error: the
// decision says so.
func (o *Once) Read(ctx context.Context) error {
	w := evidence.New(o.host, o.docs)
	var err error
	o.engine, err = engine.OneShotBack(ctx, o.host, o.docs, o.at, Reach(ctx, w, o.q, o.at), status.Filter{Tiers: o.tiers})
	if o.engine == nil {
		return err
	}
	o.engine.Witnesses = w
	if err != nil && !errors.Is(err, slo.ErrUnavailable) {
		return err
	}
	return nil
}

// Decide asks the witnesses and the gate.
func (o *Once) Decide(ctx context.Context) (promotion.Record, error) {
	return Decide(ctx, o.engine, o.host.Version, o.q, o.at)
}

// Close ends what Read has opened.
func (o *Once) Close() error {
	if o.engine == nil {
		return nil
	}
	return o.engine.Close()
}
