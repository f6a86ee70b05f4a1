package slackbot

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/slackfake"
)

// Slack wrote the status message and its answer was lost. Until the first Job comes again
// the others have no message to bring up to date: it does that itself.
func TestAMessageWhoseAnswerWasLostIsBroughtUpToDate(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet, func(w *world) { w.set.Announce = nil })
	w.slack.Fail(slackfake.DropAfterWrite, "chat.postMessage", 1)
	w.slack.Fail(slackfake.TooMany, "conversations.history", -1) // nobody can look what was written
	w.command(w.mai, w.general, "open major Search is slow")
	c := w.channel("inc-1")
	w.command(w.mai, c, "severity critical")
	w.command(w.mai, c, "resolved")
	if len(w.slack.Pinned(c)) != 0 {
		t.Fatal("the answer was not lost: this shows nothing")
	}
	w.slack.Heal()
	w.pass(2 * longPause)
	pinned := w.slack.Pinned(c)
	for _, m := range w.slack.Messages(c) {
		if len(pinned) == 1 && m.TS == pinned[0] {
			if text := slackfake.Read(m.Text, m.Blocks); !strings.Contains(text, "critical") || !strings.Contains(text, "✅") {
				t.Errorf("the status message says what was, not what is:\n%s", text)
			}
			return
		}
	}
	t.Errorf("no status message: %v", pinned)
}

// What one replica has written another one may have rewritten since.
func TestAReplicaThatSaysTheSameAgainSaysItAgain(t *testing.T) {
	w, _ := opened(t)
	other := w.replica(nil)
	for n, step := range []struct {
		bot   *Bot
		scope string
	}{{w.bot, "a-1"}, {other, "b-2"}, {w.bot, "a-1"}} {
		a := act{ID: fmt.Sprint("step", n), User: w.mai, Verb: "scope", Rest: step.scope, At: w.clock.now()}
		if _, _, err := step.bot.do(context.Background(), "inc-1", a); err != nil {
			t.Fatal(err)
		}
		w.rounds(step.bot)
		w.clock.pass(time.Minute)
		all := w.slack.Messages(w.announce)
		if shown := slackfake.Read(all[len(all)-1].Text, all[len(all)-1].Blocks); !strings.Contains(shown, step.scope) {
			t.Errorf("step %d: %s", n, shown)
		}
	}
}
