package shopslo

import (
	"context"
	"errors"
	"time"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/slo"
)

// look lets a server look in the background, one at a time. The first one
// the tick waits for, so that answers are there when the server is ready.
func (p *pace) look(ctx context.Context, e *engine.Engine, at time.Time, tick error) {
	if e.Finder == nil || p.down || errors.Is(tick, slo.ErrUnavailable) {
		return
	}
	if !p.looking.TryLock() {
		return // the last one is not done
	}
	look := func() {
		defer p.looking.Unlock()
		err := e.Finder.Look(ctx, at, p.source)
		if ctx.Err() != nil {
			return
		}
		text := ""
		if err != nil {
			text = err.Error()
		}
		if was := p.unseen; text != "" && text != was {
			p.Log.Error("the source could not say whether the SLOs' metrics exist; what depends on it is not known", "err", err)
		} else if text == "" && was != "" {
			p.Log.Info("the source says again whether the SLOs' metrics exist")
		}
		p.unseen = text
	}
	if !e.Finder.Asked(p.source) {
		look()
		return
	}
	p.background.Go(look)
}
