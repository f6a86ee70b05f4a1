package main

import (
	"context"
	"github.com/shopslo/shopslo/engine/host"
)

// keepAndTell is keep for a command: it complains of what failed, and tells who is to be told.
// Neither changes the decision, unless the log is required.
func (b *logbook) keepAndTell(ctx context.Context, h host.Host, v verdict) (verdict, error) {
	v, err := b.keep(ctx, v, h.WhoAsks())
	if err != nil {
		return v, err
	}
	if ctx.Err() != nil {
		return v, context.Cause(ctx)
	}
	if v.log.failed != nil {
		h.Complain("the decision was not logged: " + v.log.failed.Error())
	}
	if err := b.tell(ctx, v); err != nil {
		h.Complain("not everybody was told of the decision: " + err.Error())
	}
	return v, nil
}
