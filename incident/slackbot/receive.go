package slackbot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/shopslo/shopslo/internal/text"
)

// maxBody is what a request may weigh, in bytes.
const maxBody = 1 << 20

// storeWithin is how long storing may take, so that the acknowledgement comes within
// Slack's three seconds.
const storeWithin = 2 * time.Second

// delivery is something that Slack says, the same by HTTP and by Socket Mode.
type delivery struct {
	Command     *slack.SlashCommand
	Interaction *slack.InteractionCallback
	On          written // the message that the interaction is about
	Event       json.RawMessage
	EventID     string
	Shared      bool // the event is of a channel that another organisation shares
	Challenge   string
}

// Receiver takes Slack's requests: commands, interactions and events at one address. A
// request that secret has not signed within five minutes is answered 401. A repeated one
// is taken like the first: it may be the only one that arrived.
func (b *Bot) Receiver(secret string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			b.o.Log.Warn("a request that cannot be read, or is longer than 1 MB", "err", err)
			http.Error(w, "the request cannot be read, or is longer than 1 MB", http.StatusRequestEntityTooLarge)
			return
		}
		if sslCheck(r, body) {
			return
		}
		if err := verify(r.Header, body, secret); err != nil {
			b.o.Log.Warn("a request that Slack has not signed", "err", err)
			http.Error(w, "this is not signed by Slack", http.StatusUnauthorized)
			return
		}
		d, err := readRequest(r.Header.Get("Content-Type"), body)
		if err != nil {
			b.o.Log.Warn("a request of Slack's that is not understood", "err", err)
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if d.Challenge != "" { // docs.slack.dev/reference/events/url_verification
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			io.WriteString(w, d.Challenge)
			return
		}
		ctx := context.WithoutCancel(r.Context())
		out, err := b.take(ctx, d)
		if err != nil {
			http.Error(w, "it could not be stored: send it again", http.StatusServiceUnavailable)
			return
		}
		if out.Ack != nil {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			if err := json.NewEncoder(w).Encode(out.Ack); err != nil {
				b.o.Log.Warn("acknowledge", "err", err)
			}
		}
		if out.Then != nil {
			go out.Then(ctx)
		}
	})
}

// sslCheck reports Slack's question whether the certificate is right, which is not signed and asks
// for nothing: docs.slack.dev/interactivity/implementing-slash-commands
func sslCheck(r *http.Request, body []byte) bool {
	form := r.URL.Query()
	if posted, err := url.ParseQuery(string(body)); err == nil && len(body) < 1000 && !form.Has("ssl_check") {
		form = posted
	}
	return form.Get("ssl_check") == "1" && !form.Has("command") && !form.Has("payload")
}

func verify(header http.Header, body []byte, secret string) error {
	v, err := slack.NewSecretsVerifier(header, secret)
	if err != nil {
		return err
	}
	if _, err := v.Write(body); err != nil {
		return err
	}
	return v.Ensure()
}

// readRequest reads a request's body by its form.
func readRequest(contentType string, body []byte) (delivery, error) {
	if strings.HasPrefix(contentType, "application/json") {
		return readEvent(body)
	}
	r, err := http.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	if err != nil {
		return delivery{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := r.ParseForm(); err != nil {
		return delivery{}, errors.New("the request is no form")
	}
	if payload := r.PostForm.Get("payload"); payload != "" {
		return readInteraction([]byte(payload))
	}
	c, err := slack.SlashCommandParse(r)
	if err != nil || c.Command == "" || c.UserID == "" {
		return delivery{}, errors.New("the request is neither a command nor an interaction nor an event")
	}
	return delivery{Command: &c}, nil
}

// readInteraction reads the message apart: slack-go refuses all of it for one block element that
// it does not know.
func readInteraction(payload []byte) (delivery, error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(payload, &parts); err != nil {
		return delivery{}, errors.New("the interaction cannot be read")
	}
	var d delivery
	if m, ok := parts["message"]; ok {
		if err := json.Unmarshal(m, &d.On); err != nil {
			return delivery{}, errors.New("the interaction's message cannot be read")
		}
	}
	for _, key := range []string{"message", "original_message"} {
		delete(parts, key)
	}
	rest, err := json.Marshal(parts)
	if err == nil {
		err = json.Unmarshal(rest, &d.Interaction)
	}
	if err != nil || d.Interaction == nil {
		return delivery{}, errors.New("the interaction cannot be read")
	}
	return d, nil
}

func readEvent(body []byte) (delivery, error) {
	var e struct {
		Type      string          `json:"type"`
		Challenge string          `json:"challenge"`
		EventID   string          `json:"event_id"`
		Shared    bool            `json:"is_ext_shared_channel"`
		Event     json.RawMessage `json:"event"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return delivery{}, errors.New("the event cannot be read")
	}
	switch e.Type {
	case "url_verification":
		return delivery{Challenge: e.Challenge}, nil
	case "event_callback":
		if e.EventID == "" {
			return delivery{}, errors.New("the event has no event_id")
		}
		return delivery{Event: e.Event, EventID: e.EventID, Shared: e.Shared}, nil
	}
	return delivery{}, fmt.Errorf("events of type %q are unknown", text.Cut(e.Type, 40))
}

// take stores what a delivery asks for. With an error it was not stored, and has to be
// sent again; a command, which Slack does not repeat, is answered instead.
func (b *Bot) take(ctx context.Context, d delivery) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	var out outcome
	var err error
	switch {
	case d.Command != nil:
		if out, err = b.command(ctx, *d.Command); err != nil {
			b.o.NotStored()
			b.o.Log.Error("store a command", "err", err)
			return answer(b.set.Language.Say(sayNotStored)), nil
		}
	case d.Interaction != nil:
		out, err = b.interaction(ctx, *d.Interaction, d.On)
	case d.Event != nil:
		err = b.happened(ctx, d)
	}
	if err != nil {
		b.o.NotStored()
		b.o.Log.Error("store what Slack says", "err", err)
	}
	return out, err
}
