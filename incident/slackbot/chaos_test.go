package slackbot

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/sqlstore"
	"github.com/shopslo/shopslo/internal/fakes/slackfake"
)

// errDead is what a dead process's store would say, if it could.
var errDead = errors.New("the process is dead")

// mortal is a store whose process dies at its nth operation: before it, or after it but
// before anybody hears of it.
type mortal struct {
	Store
	mu    sync.Mutex
	left  int
	after bool
	died  func()
}

func (m *mortal) step(do func() error) error {
	m.mu.Lock()
	m.left--
	left := m.left
	m.mu.Unlock()
	if left > 0 {
		return do()
	}
	var err error
	if left == 0 {
		if m.after {
			err = do()
		}
		m.died()
	}
	return errors.Join(err, errDead)
}

func (m *mortal) Change(ctx context.Context, id string, change func(incident.Incident) ([]incident.Event, []incident.Job, error)) (i incident.Incident, err error) {
	err = m.step(func() error { i, err = m.Store.Change(ctx, id, change); return err })
	return i, err
}

func (m *mortal) Claim(ctx context.Context, now time.Time, lease time.Duration, limit int, skip ...string) (jobs []incident.Job, err error) {
	err = m.step(func() error { jobs, err = m.Store.Claim(ctx, now, lease, limit, skip...); return err })
	return jobs, err
}

func (m *mortal) Finish(ctx context.Context, key string) error {
	return m.step(func() error { return m.Store.Finish(ctx, key) })
}

func (m *mortal) Retry(ctx context.Context, key string, due time.Time, problem string) error {
	return m.step(func() error { return m.Store.Retry(ctx, key, due, problem) })
}

func (m *mortal) Remember(ctx context.Context, key, value string) (kept string, first bool, err error) {
	err = m.step(func() error { kept, first, err = m.Store.Remember(ctx, key, value); return err })
	return kept, first, err
}

// tellStory is what people do. work does Jobs meanwhile, as far as it gets.
func tellStory(w *world, work func()) {
	w.t.Helper()
	do := func(user, channel, text string) {
		w.t.Helper()
		if r, err := w.slack.Command(user, channel, text); err != nil || r.Text == "" {
			w.t.Fatalf("/incident %s: %q, %v", text, r.Text, err)
		}
		w.clock.pass(time.Second)
		work()
	}
	do(w.mai, w.general, "open critical Payments fail")
	for range 50 { // the channel has to be there for what follows
		if c, _, _ := w.store.Recall(context.Background(), channelKey("inc-1")); c != "" {
			do(w.ken, c, "lead")
			do(w.ken, c, "update one")
			do(w.ken, c, "scope a-1")
			do(w.yuki, c, "update two")
			do(w.yuki, c, "severity major")
			do(w.ken, c, "mitigated")
			do(w.ken, c, "resolved")
			return
		}
		w.clock.pass(lease)
		work()
	}
	w.t.Fatal("there is never a channel")
}

// spoken are the bot's messages in a channel, as they are read, without the status
// message, in their order.
func (w *world) spoken(channel string) []string {
	var all []string
	for _, m := range w.slack.Messages(channel) {
		if m.BotID != "" && !slices.Contains(w.slack.Pinned(channel), m.TS) {
			all = append(all, slackfake.Read(m.Text, m.Blocks))
		}
	}
	return all
}

// outcome describes everything that people see in the end.
func (w *world) seen() string {
	c := w.channel("inc-1")
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", strings.Join(w.spoken(c), "\n"))
	for _, m := range append(w.slack.Messages(c), w.slack.Messages(w.announce)...) {
		if slices.Contains(w.slack.Pinned(c), m.TS) {
			fmt.Fprintf(&b, "status: %.60s\n", slackfake.Read(m.Text, m.Blocks))
		}
	}
	ids, names := w.slack.Channels()
	announced := slices.DeleteFunc(w.spoken(w.announce), func(said string) bool {
		return strings.HasPrefix(said, "🚨 No channel could be created yet") // where faults took half a minute
	})
	fmt.Fprintf(&b, "announced %d times\n", len(announced))
	for _, id := range ids {
		fmt.Fprintf(&b, "channel %s %s\n", names[id], w.slack.Topic(id))
	}
	members := w.slack.Members(c)
	slices.Sort(members)
	return b.String() + strings.Join(members, " ")
}

// quiet turns off what depends on the time that passes.
func quiet(w *world) { w.set.UpdateEvery, w.set.LeadWithin, w.set.PostmortemWithin = nil, nil, 0 }

// calm is what people see when nothing goes wrong.
func calm(t *testing.T) string {
	w := start(t, slackfake.Options{}, false, quiet)
	if _, err := w.slack.Command(w.mai, w.general, "help"); err != nil {
		t.Fatal(err)
	}
	tellStory(w, w.settle)
	w.clock.pass(2 * paceAfter)
	w.settle()
	return w.seen()
}

func TestWhereverTheBotDiesNothingIsLostOrSaidTwice(t *testing.T) {
	dieEverywhere(t, 5, func(*world) {})
}

func TestTheSameHoldsForADatabase(t *testing.T) {
	dieEverywhere(t, 47, func(w *world) {
		s, err := sqlstore.Open(context.Background(), "sqlite:"+filepath.Join(t.TempDir(), "incidents.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		w.store = s
	})
}

// dieEverywhere kills a bot at its first operation of the store, and at every step-th
// after that, until it lives to the end.
func dieEverywhere(t *testing.T, step int, store func(*world)) {
	want := calm(t)
	for _, after := range []bool{false, true} {
		for n := 1; ; n += step {
			w := start(t, slackfake.Options{}, false, quiet, store)
			ctx, cancel := context.WithCancel(context.Background())
			dead := false
			doomed := w.replica(&mortal{Store: w.store, left: n, after: after, died: func() { dead = true; cancel() }})
			tellStory(w, func() {
				for range 100 {
					if did, err := doomed.round(ctx); did == 0 || err != nil {
						break
					}
				}
				if dead {
					w.clock.pass(lease)
					w.settle() // another one takes over
				}
			})
			cancel()
			w.clock.pass(lease)
			w.settle()
			if got := w.seen(); got != want {
				t.Fatalf("killed at operation %d (after it: %v):\n%s\nwant:\n%s", n, after, got, want)
			}
			if !dead {
				t.Logf("%d operations", n-1)
				if n < 50 {
					t.Fatalf("only %d operations: this tests nothing", n)
				}
				break
			}
		}
	}
}

func TestWithEveryKindOfFaultNothingIsLostOrSaidTwice(t *testing.T) {
	want := calm(t)
	faults := []slackfake.Fault{slackfake.DropAfterWrite, slackfake.DropBefore, slackfake.TooMany, slackfake.Broken, slackfake.HalfReply, slackfake.WrongJSON, slackfake.FatalError}
	for seed := range uint64(24) {
		w := start(t, slackfake.Options{}, seed%2 == 0, quiet)
		r := rand.New(rand.NewPCG(seed, 1))
		hit := 0
		w.slack.Chaos(func(method string) slackfake.Fault {
			if r.IntN(3) > 0 || strings.HasPrefix(method, "apps.") || hit > 60 {
				return ""
			}
			hit++
			return faults[r.IntN(len(faults))]
		})
		tellStory(w, w.settle)
		for range 40 {
			w.clock.pass(longPause)
			w.settle()
		}
		if got := w.seen(); got != want {
			t.Fatalf("seed %d, after %d faults:\n%s\nwant:\n%s\ncalls %v", seed, hit, got, want, w.slack.Calls())
		}
		if hit < 5 {
			t.Fatalf("seed %d: only %d faults", seed, hit)
		}
	}
}

func TestTwoReplicasDoEachThingOnce(t *testing.T) {
	want := calm(t)
	for _, seed := range []uint64{1, 2, 3} {
		w := start(t, slackfake.Options{}, true, quiet)
		second := w.replica(nil)
		w.link(second)
		var mu sync.Mutex
		r := rand.New(rand.NewPCG(seed, 2))
		w.slack.Chaos(func(method string) slackfake.Fault {
			mu.Lock()
			defer mu.Unlock()
			if r.IntN(5) == 0 && !strings.HasPrefix(method, "apps.") {
				return slackfake.DropAfterWrite
			}
			return ""
		})
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		for _, b := range []*Bot{w.bot, second} {
			wg.Go(func() { b.Work(ctx) })
		}
		time.Sleep(20 * time.Millisecond)
		tellStory(w, func() { time.Sleep(30 * time.Millisecond) })
		for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			w.clock.pass(time.Second)
			if c, _, _ := w.store.Recall(ctx, channelKey("inc-1")); c != "" && w.seen() == want {
				break
			}
		}
		cancel()
		wg.Wait()
		w.slack.Heal()
		w.clock.pass(lease)
		w.settle()
		if got := w.seen(); got != want {
			t.Fatalf("seed %d:\n%s\nwant:\n%s", seed, got, want)
		}
	}
}
