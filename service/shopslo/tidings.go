package shopslo

import (
	"context"
	"log/slog"
	"sync"

	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/promotion"
)

// tidings are the decisions of a server that are still to be told. They wait for nobody:
// an answer does not depend on who is told of it.
type tidings struct {
	book    *logbook.Logbook
	metrics *ownMetrics
	log     *slog.Logger
	waiting chan logbook.Answer

	mu   sync.Mutex
	last map[string]string // what was told last, by Tier: who asks again and again is no news
}

func newTidings(b *logbook.Logbook, m *ownMetrics, log *slog.Logger) *tidings {
	return &tidings{book: b, metrics: m, log: log, waiting: make(chan logbook.Answer, mostUntold), last: map[string]string{}}
}

// add takes a decision, unless it is the same as the last about its Tier.
func (t *tidings) add(v logbook.Answer) {
	if len(t.book.Tellers) == 0 || !t.book.Decided[v.Verdict] {
		return
	}
	v.Evidence, v.JSON = promotion.Evidence{}, nil // what waits is to be small
	what := string(v.Verdict) + " " + v.Decision.Release
	t.mu.Lock()
	same := t.last[string(v.To)] == what
	t.last[string(v.To)] = what
	t.mu.Unlock()
	if same {
		return
	}
	select {
	case t.waiting <- v:
	default:
		t.metrics.notice(aboutDecision, failed)
		t.log.Error("nobody was told of a decision: too many wait already", "to", v.To, "decision", v.Verdict)
	}
}

// run tells until ctx ends.
func (t *tidings) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case v := <-t.waiting:
			err := t.book.Tell(ctx, v)
			if err == nil {
				t.metrics.notice(aboutDecision, sent)
			} else {
				t.metrics.notice(aboutDecision, failed)
				t.log.Error("not everybody was told of a decision", "to", v.To, "decision", v.Verdict, "err", err)
			}
		}
	}
}
