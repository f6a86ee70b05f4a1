package logbook

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// slow is a log whose reading takes a minute, and then fails or not.
type slow struct {
	reads atomic.Int32
	err   error
}

func (s *slow) Read(ctx context.Context, _ func(decisionlog.Line) error) (decisionlog.Head, error) {
	s.reads.Add(1)
	select {
	case <-time.After(time.Minute):
		return decisionlog.Head{}, s.err
	case <-ctx.Done():
		return decisionlog.Head{}, ctx.Err()
	}
}

func bookOf(s *slow) *Logbook {
	c := &config.Config{}
	c.Gate.Log = &config.DecisionLog{Dir: "decisions"}
	return &Logbook{Config: c, Reader: s, memory: remembered{now: time.Now}}
}

// A log that hangs costs those who ask about one Tier one reading, all at once, and those who ask
// about another nothing more.
func TestALogThatHangsIsReadOnceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &slow{err: errors.New("unreachable")}
		b, begun := bookOf(log), time.Now()
		var all sync.WaitGroup
		for _, to := range []string{"prod", "prod", "prod", "beta"} {
			all.Go(func() {
				if rules, moves := b.LastRules(t.Context(), to), b.Moves(t.Context(), to); rules.Error == "" || moves.Error == "" {
					t.Errorf("%s: %+v, %+v", to, rules, moves)
				}
			})
		}
		all.Wait()
		if took := time.Since(begun); took != time.Minute || log.reads.Load() != 2 {
			t.Errorf("it took %v and %d readings", took, log.reads.Load())
		}
		time.Sleep(fresh)
		log.err = nil
		if r := b.LastRules(t.Context(), "prod"); r.Error != "" {
			t.Errorf("the failure is kept: %+v", r)
		}
	})
}

// Who goes away while others wait takes nothing from them, and what was logged meanwhile counts.
func TestWhatWasLoggedWhileTheLogWasReadIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &slow{}
		b := bookOf(log)
		ctx, leave := context.WithCancel(t.Context())
		go b.LastRules(ctx, "prod")
		synctest.Wait()
		var all sync.WaitGroup
		all.Go(func() {
			if r := b.LastRules(t.Context(), "prod"); r.Error != "" {
				t.Errorf("others got %+v", r)
			}
		})
		synctest.Wait()
		leave()
		synctest.Wait()
		b.moved("prod")
		all.Wait()
		if n := log.reads.Load(); n != 2 { // by who went, and who took over
			t.Errorf("%d readings", n)
		}
		if b.Moves(t.Context(), "prod"); log.reads.Load() != 3 {
			t.Error("what was read before the move is kept")
		}
	})
}
