package shopslo

import (
	"context"
	"log/slog"
	"sync"

	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/promotion"
)

// tidings are the decisions of a server that are still to be told. They wait for nobody:
// an answer does not depend on who is told of it, nor does who is told on another.
type tidings struct {
	book    *logbook.Logbook
	metrics *ownMetrics
	log     *slog.Logger
	waiting []chan logbook.Answer // of each teller of the book

	mu   sync.Mutex
	last map[string]string // what was told last, by Tier: who asks again and again is no news
}

func newTidings(b *logbook.Logbook, m *ownMetrics, log *slog.Logger) *tidings {
	t := &tidings{book: b, metrics: m, log: log, last: map[string]string{}}
	for range b.Tellers {
		t.waiting = append(t.waiting, make(chan logbook.Answer, mostUntold))
	}
	return t
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
	for _, waiting := range t.waiting {
		select {
		case waiting <- v:
		default:
			t.metrics.notice(aboutDecision, failed)
			t.log.Error("somebody was not told of a decision: too many wait already", "to", v.To, "decision", v.Verdict)
		}
	}
}

// run tells until ctx ends.
func (t *tidings) run(ctx context.Context) {
	var all sync.WaitGroup
	for i, tell := range t.book.Tellers {
		all.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case v := <-t.waiting[i]:
					t.noted(v, tell(ctx, v))
				}
			}
		})
	}
	all.Wait()
	<-ctx.Done()
}

// noted notes whether a teller has heard.
func (t *tidings) noted(v logbook.Answer, err error) {
	if err == nil {
		t.metrics.notice(aboutDecision, sent)
		return
	}
	t.metrics.notice(aboutDecision, failed)
	t.log.Error("somebody was not told of a decision", "to", v.To, "decision", v.Verdict, "err", err)
}
