package slackbot

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/slackfake"
)

// run works with several bots until the test ends, while the world's clock runs 50 times as fast.
func (w *world) run(bots ...*Bot) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for _, b := range bots {
		all.Go(func() { b.Work(ctx) })
	}
	all.Go(func() {
		for ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
			w.clock.pass(500 * time.Millisecond)
		}
	})
	w.t.Cleanup(func() { cancel(); all.Wait() })
}

// within waits until something is so.
func (w *world) within(d time.Duration, what string, so func() bool) {
	w.t.Helper()
	for end := time.Now().Add(d); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("not within %s: %s", d, what)
		}
	}
}

func (w *world) hasChannel(id string) bool {
	c, _, err := w.store.Recall(context.Background(), channelKey(id))
	return err == nil && c != ""
}

// What people are told comes in the order in which it was said, whatever Slack does and however
// many replicas there are.
func TestStatusesComeInTheirOrder(t *testing.T) {
	for name, fault := range map[string]slackfake.Fault{"none": "", "500": slackfake.Broken, "429": slackfake.TooMany, "a lost answer": slackfake.DropAfterWrite} {
		t.Run(name, func(t *testing.T) {
			w := start(t, slackfake.Options{Latency: [2]time.Duration{time.Millisecond, 6 * time.Millisecond}}, false, quiet)
			w.run(w.bot, w.replica(nil))
			send := func(channel, text string) {
				if _, err := w.slack.Command(w.mai, channel, text); err != nil {
					t.Fatal(err)
				}
			}
			send(w.general, "open major Search is slow")
			w.within(10*time.Second, "a channel", func() bool { return w.hasChannel("inc-1") })
			c := w.channel("inc-1")
			if fault != "" {
				w.slack.Fail(fault, "chat.postMessage", 2)
			}
			const n = 14
			for k := range n {
				send(c, fmt.Sprintf("update status %02d.", k))
			}
			statuses := func() (all []string) {
				for _, m := range w.slack.Messages(c) {
					if _, rest, ok := strings.Cut(slackfake.Read(m.Text, m.Blocks), "> status "); ok && strings.HasPrefix(m.Text, "📣") {
						all = append(all, rest[:2])
					}
				}
				return all
			}
			w.within(30*time.Second, "all statuses", func() bool { return len(statuses()) == n })
			for k, got := range statuses() {
				if want := fmt.Sprintf("%02d", k); got != want {
					t.Fatalf("status %d is %s: %v", k, got, statuses())
				}
			}
		})
	}
}

// The status message never goes back to an older state.
func TestTheStatusMessageOnlyGoesOn(t *testing.T) {
	w := start(t, slackfake.Options{Latency: [2]time.Duration{time.Millisecond, 10 * time.Millisecond}}, false, quiet)
	w.run(w.bot, w.replica(nil))
	if _, err := w.slack.Command(w.mai, w.general, "open major Search is slow"); err != nil {
		t.Fatal(err)
	}
	w.within(10*time.Second, "a status message", func() bool { return w.hasChannel("inc-1") && len(w.slack.Pinned(w.channel("inc-1"))) == 1 })
	c := w.channel("inc-1")
	w.slack.Fail(slackfake.Broken, "chat.update", 2)
	for k := range 20 {
		if _, err := w.slack.Command(w.mai, c, fmt.Sprintf("note %02d", k)); err != nil {
			t.Fatal(err)
		}
	}
	versions := func() []string {
		for _, m := range w.slack.Messages(c) {
			if m.TS == w.slack.Pinned(c)[0] {
				return m.Versions
			}
		}
		return nil
	}
	last := func() string { all := versions(); return all[len(all)-1] }
	w.within(30*time.Second, "the last note", func() bool { return strings.Contains(last(), "  19 (") })
	newest := -1
	for _, v := range versions() {
		for k := 19; k >= 0; k-- {
			if strings.Contains(v, fmt.Sprintf("  %02d (", k)) {
				if k < newest {
					t.Fatalf("note %02d is the newest after %02d", k, newest)
				}
				newest = k
				break
			}
		}
	}
}

// One method of Slack's that hangs holds up nothing but itself.
func TestOneMethodThatHangsKeepsNoIncidentFromOpening(t *testing.T) {
	for _, method := range []string{"conversations.invite", "conversations.setTopic", "chat.update", "users.info"} {
		t.Run(method, func(t *testing.T) {
			w := start(t, slackfake.Options{}, false, quiet, func(w *world) {
				for n := range 12 {
					w.set.Invite.Always = append(w.set.Invite.Always, w.slack.AddUser(fmt.Sprint("p", n), "P"))
				}
			})
			w.slack.Fail(slackfake.Slow, method, -1)
			w.run(w.bot)
			for n := range 6 {
				if _, err := w.slack.Command(w.mai, w.general, fmt.Sprintf("open major Fault number %d", n)); err != nil {
					t.Fatal(err)
				}
			}
			for n := range 6 {
				w.within(3*time.Second, fmt.Sprintf("channel of inc-%d", n+1), func() bool { return w.hasChannel(fmt.Sprintf("inc-%d", n+1)) })
			}
			if _, err := w.slack.Command(w.mai, w.channel("inc-6"), "update we look into it"); err != nil {
				t.Fatal(err)
			}
			w.within(3*time.Second, "a status", func() bool {
				return strings.Contains(strings.Join(w.spoken(w.channel("inc-6")), "\n"), "we look into it")
			})
		})
	}
}
