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
func (s *service) look(ctx context.Context, e *engine.Engine, at time.Time, tick error) {
	if e.Finder == nil || errors.Is(tick, slo.ErrUnavailable) {
		return
	}
	if !s.looking.TryLock() {
		return // the last one is not done
	}
	look := func() {
		defer s.looking.Unlock()
		err := e.Finder.Look(ctx, at)
		if ctx.Err() != nil {
			return
		}
		text := ""
		if err != nil {
			text = err.Error()
		}
		if was := s.unseen; text != "" && text != was {
			s.Log.Error("the source could not say whether the SLOs' metrics exist; what depends on it is not known", "err", err)
		} else if text == "" && was != "" {
			s.Log.Info("the source says again whether the SLOs' metrics exist")
		}
		s.unseen = text
	}
	if e.Finder.Version() == 0 {
		look()
		return
	}
	s.background.Go(look)
}
