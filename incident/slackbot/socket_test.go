package slackbot

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/slackfake"
)

// slack-go reads no message with an element that it does not know.
func TestAnElementThatNobodyKnowsLosesNothing(t *testing.T) {
	w := start(t, slackfake.Options{AckWithin: 500 * time.Millisecond}, true, quiet)
	w.command(w.mai, w.general, "open major Search is slow")
	c := w.channel("inc-1")
	ts := w.slack.Post(w.ken, c, slackfake.Message{BotID: "BOTHER", Blocks: []map[string]any{
		{"type": "actions", "elements": []any{map[string]any{"type": "hologram"}}},
		{"type": "section", "accessory": map[string]any{"type": "hologram"}, "text": map[string]any{"type": "mrkdwn", "text": "errors rise"}}}})
	if err := w.slack.Shortcut(w.mai, c, ts, shortcutNote); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if all := w.incident("inc-1").Timeline; all[len(all)-1].Text != "errors rise" {
		t.Errorf("%+v", all)
	}
}

// Slack ends each connection beyond the tenth of an app.
func TestConnectionsThatAreEndedAtOnceAreLoggedAndPaused(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet)
	var log bytes.Buffer
	b := w.replica(nil)
	b.o.Log = slog.New(slog.NewTextHandler(&log, nil))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Socket(ctx, func(bool) {}) }()
	for deadline := time.Now().Add(time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		w.slack.Disconnect("too_many_websockets")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	n := 0
	for _, call := range w.slack.Calls() {
		if call.Method == "apps.connections.open" {
			n++
		}
	}
	if n > 2*maxShort || !strings.Contains(log.String(), "ends each connection") {
		t.Errorf("%d connections; the log says %s", n, log.String())
	}
}
