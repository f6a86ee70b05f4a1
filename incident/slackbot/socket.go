package slackbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/shopslo/shopslo/internal/text"
)

// What becomes of a connection of Socket Mode; Options.Linked hears of it.
const (
	linkOpen   = "open"   // a connection is open
	linkLost   = "lost"   // it ended, and another is made
	linkFailed = "failed" // none could be made; it is tried again
)

// Socket takes Slack's deliveries through Socket Mode until ctx ends, and connects again
// whenever the connection is lost. ready hears whether a connection is open. The API
// client has to have the app-level token. An error is one that waiting does not mend,
// such as a wrong token; others are logged and tried again.
func (b *Bot) Socket(ctx context.Context, ready func(bool)) error {
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		err := b.link(ctx, ready)
		switch ready(false); {
		case ctx.Err() != nil:
			return nil
		case !errors.Is(err, errEnded):
			b.o.Linked(linkFailed)
			return fmt.Errorf("connect to Slack's Socket Mode: %w; %s", plainly(err), hintSocket)
		}
		b.o.Linked(linkFailed)
		b.o.Log.Error("Slack ends each connection of Socket Mode at once; it is tried again", "again_in", pause.String(), "hint", hintEnded)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// errEnded says that Slack ended one connection after another at once. A client that goes on would do
// nothing but open connections.
var errEnded = errors.New("each connection is ended at once")

// Connections that last no longer than shortly are ended at once; so many one after another are no chance.
const (
	shortly  = 3 * time.Second
	maxShort = 5
)

const hintEnded = "are more than ten connections of this app open, or is Socket Mode disabled in its settings?"

// link is Socket with one client, and ends with errEnded too.
func (b *Bot) link(ctx context.Context, ready func(bool)) error {
	client := socketmode.New(b.api)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- client.RunContext(ctx) }()
	open, short, since := false, 0, time.Time{}
	for {
		select {
		case err := <-ended:
			return err
		case e := <-client.Events:
			switch e.Type {
			case socketmode.EventTypeConnected:
				since = b.o.Now()
			case socketmode.EventTypeHello:
				if !open {
					b.o.Log.Info("connected to Slack's Socket Mode")
					b.o.Linked(linkOpen)
				}
				open = true
				ready(true)
			case socketmode.EventTypeConnecting, socketmode.EventTypeConnectionError, socketmode.EventTypeInvalidAuth:
				if ready(false); open {
					b.o.Log.Warn("the connection of Slack's Socket Mode ended; another is made")
					b.o.Linked(linkLost)
				}
				if short++; since.IsZero() || b.o.Now().Sub(since) > shortly {
					short = 0
				}
				if open, since = false, (time.Time{}); short >= maxShort {
					return errEnded
				}
				b.notLinked(e)
			case socketmode.EventTypeIncomingError, socketmode.EventTypeErrorWriteFailed:
				b.o.Log.Warn("Slack's Socket Mode", "problem", string(e.Type), "err", redacted(fmt.Sprint(e.Data)))
			case socketmode.EventTypeErrorBadMessage:
				b.unread(ctx, client, e)
			default:
				if e.Request != nil && e.Request.EnvelopeID != "" {
					go b.envelope(ctx, client, *e.Request)
				}
			}
		}
	}
}

// unread takes an envelope that slack-go refuses, as for one block element that it does not know.
func (b *Bot) unread(ctx context.Context, client *socketmode.Client, e socketmode.Event) {
	var r socketmode.Request
	bad, ok := e.Data.(*socketmode.ErrorBadMessage)
	if !ok || json.Unmarshal(bad.Message, &r) != nil || r.EnvelopeID == "" {
		b.o.Log.Warn("Slack's Socket Mode: a message that cannot be read")
		return
	}
	go b.envelope(ctx, client, r)
}

const hintSocket = "is the app-level token right, has it the scope connections:write, and is Socket Mode enabled in the app's settings?"

// notLinked logs why no connection could be made.
func (b *Bot) notLinked(e socketmode.Event) {
	failed, ok := e.Data.(*slack.ConnectionErrorEvent)
	if !ok {
		return
	}
	b.o.Linked(linkFailed)
	b.o.Log.Error("cannot connect to Slack's Socket Mode; it is tried again", "err", plainly(failed.ErrorObj), "attempt", failed.Attempt,
		"again_in", failed.Backoff.Round(time.Millisecond).String(), "hint", hintSocket)
}

// ticket is the secret in the address of a connection.
var ticket = regexp.MustCompile(`(?i)\b(ticket|token)=[^&\s"]+`)

func redacted(text string) string { return ticket.ReplaceAllString(text, "$1=…") }

// plainly is an error without secrets.
func plainly(err error) error {
	if clean := redacted(err.Error()); clean != err.Error() {
		return errors.New(clean)
	}
	return err
}

// socketWithin is how long a check waits for a connection.
const socketWithin = 10 * time.Second

// tryLink opens a connection of Socket Mode, waits until Slack greets, and closes it at once,
// since Slack may send deliveries into it.
func (b *Bot) tryLink(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, socketWithin)
	defer cancel()
	client := socketmode.New(b.api)
	ended := make(chan error, 1)
	go func() { ended <- client.RunContext(ctx) }()
	for {
		select {
		case err := <-ended:
			return plainly(err)
		case e := <-client.Events:
			switch failed, _ := e.Data.(*slack.ConnectionErrorEvent); {
			case e.Type == socketmode.EventTypeHello:
				return nil
			case failed != nil:
				return plainly(failed.ErrorObj)
			}
		}
	}
}

// envelope takes one envelope. One that was not stored is not acknowledged: Slack sends
// it again.
func (b *Bot) envelope(ctx context.Context, client *socketmode.Client, r socketmode.Request) {
	d, err := readEnvelope(r.Type, r.Payload)
	var out outcome
	if err != nil {
		b.o.Log.Warn("an envelope that cannot be read", "type", r.Type, "err", err)
	} else if out, err = b.take(ctx, d); err != nil {
		return
	}
	if err := client.AckCtx(ctx, r.EnvelopeID, out.Ack); err != nil {
		b.o.Log.Warn("acknowledge an envelope", "err", err)
	}
	if out.Then != nil {
		out.Then(ctx)
	}
}

func readEnvelope(kind string, payload []byte) (delivery, error) {
	switch kind {
	case "slash_commands":
		var c slack.SlashCommand
		if err := json.Unmarshal(payload, &c); err != nil || c.UserID == "" {
			return delivery{}, errors.New("the command cannot be read")
		}
		return delivery{Command: &c}, nil
	case "interactive":
		return readInteraction(payload)
	case "events_api":
		return readEvent(payload)
	}
	return delivery{}, fmt.Errorf("envelopes of type %q are unknown", text.Cut(kind, 40))
}
