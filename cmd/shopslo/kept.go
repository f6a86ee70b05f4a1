package main

import (
	"context"
)

// kept is keep for a command: it complains of what failed, and tells who is to be told.
// Neither changes the decision, unless the log is required.
func kept(ctx context.Context, h host, b *logbook, v verdict) (verdict, error) {
	v, err := b.keep(ctx, v, h.whoAsks())
	if err != nil {
		return v, err
	}
	if ctx.Err() != nil {
		return v, context.Cause(ctx)
	}
	if v.log.failed != nil {
		h.complain("the decision was not logged: " + v.log.failed.Error())
	}
	if err := b.tell(ctx, v); err != nil {
		h.complain("not everybody was told of the decision: " + err.Error())
	}
	return v, nil
}
