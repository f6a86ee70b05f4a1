package shopslo

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/slo"
)

// look lets a server look in the background, one at a time. The first one
// the tick waits for, so that answers are there when the server is ready.
func (k *keeper) look(ctx context.Context, e *engine.Engine, at time.Time, tick error) {
	if e.Finder == nil || errors.Is(tick, slo.ErrUnavailable) {
		return
	}
	if !k.looking.TryLock() {
		return // the last one is not done
	}
	var down []string // of several: nobody waits for them
	if e.Docs.Config.Several() {
		down = slices.Collect(maps.Keys(k.down))
	}
	look := func() {
		defer k.looking.Unlock()
		err := e.Finder.Look(ctx, at, down...)
		if ctx.Err() != nil {
			return
		}
		text := ""
		if err != nil {
			text = err.Error()
		}
		if was := k.unseen; text != "" && text != was {
			k.Log.Error("the source could not say whether the SLOs' metrics exist; what depends on it is not known", "err", err)
		} else if text == "" && was != "" {
			k.Log.Info("the source says again whether the SLOs' metrics exist")
		}
		k.unseen = text
	}
	if e.Finder.Version() == 0 {
		look()
		return
	}
	k.background.Go(look)
}
