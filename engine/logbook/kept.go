package logbook

import (
	"context"

	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// KeepAndTell is keep for a command: it complains of what failed, and tells who is to be told.
// Neither changes the decision, unless the log is required.
func (b *Logbook) KeepAndTell(ctx context.Context, h host.Host, v Answer) (Answer, error) {
	v, err := b.Keep(ctx, v, decisionlog.Asker{By: h.WhoAsks()})
	if err != nil {
		return v, err
	}
	if ctx.Err() != nil {
		return v, context.Cause(ctx)
	}
	if v.Log.Failed != nil {
		h.Complain("the decision was not logged: " + v.Log.Failed.Error())
	}
	if err := b.tell(ctx, v); err != nil {
		h.Complain("not everybody was told of the decision: " + err.Error())
	}
	return v, nil
}
