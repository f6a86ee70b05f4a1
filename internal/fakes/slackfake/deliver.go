package slackfake

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// triggerLife is how long a trigger_id works, by the real clock.
const triggerLife = 3 * time.Second

// ErrNotTaken says that the app did not take a delivery, so that Slack shows the person
// an error.
var ErrNotTaken = errors.New("the app did not answer in time")

// ErrRefused says that Slack does not let somebody do that, so that the app hears nothing.
var ErrRefused = errors.New("refused by Slack")

// delivery is something that Slack tells the app.
type delivery struct {
	kind    string // slash_commands, interactive, events_api
	payload map[string]any
}

// tries is how often each kind is delivered in all. Over HTTP only events are repeated
// (docs.slack.dev/apis/events-api: three retries); in Socket Mode an envelope that is not
// acknowledged comes again, how often the pages do not say.
func (d delivery) tries(http bool) int {
	if http && d.kind != "events_api" {
		return 1
	}
	return 4
}

// deliver brings something to the app, again where it is not taken, and gives the
// payload of the answer.
func (f *Fake) deliver(d delivery) ([]byte, error) {
	f.mu.Lock()
	app, id := f.app, f.id("E")
	f.mu.Unlock()
	why := ""
	for attempt := range d.tries(app != "") {
		var answer []byte
		var err error
		if app != "" {
			answer, err = f.post(app, d, attempt, why)
		} else {
			answer, err = f.envelope(id, d, attempt)
		}
		if err == nil {
			return answer, nil
		}
		f.mu.Lock()
		f.missed = append(f.missed, Missed{d.kind, id, attempt, err.Error()})
		f.mu.Unlock()
		why = "timeout"
		if f.ctx.Err() != nil {
			break
		}
	}
	return nil, ErrNotTaken
}

// Sign gives the headers of a request with this body: docs.slack.dev/authentication/verifying-requests-from-slack
func Sign(secret string, at time.Time, body []byte) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	h := http.Header{}
	h.Set("X-Slack-Request-Timestamp", stamp)
	h.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	return h
}

// post is a delivery by HTTP: events as JSON, commands as a form, interactions as a form
// with one field, payload.
func (f *Fake) post(app string, d delivery, attempt int, why string) ([]byte, error) {
	raw, _ := json.Marshal(d.payload)
	kind, body := "application/x-www-form-urlencoded", raw
	switch d.kind {
	case "events_api":
		kind = "application/json"
	case "interactive":
		body = []byte(url.Values{"payload": {string(raw)}}.Encode())
	case "slash_commands":
		form := url.Values{}
		for k, v := range d.payload {
			form.Set(k, fmt.Sprint(v))
		}
		body = []byte(form.Encode())
	}
	req, err := http.NewRequestWithContext(f.ctx, http.MethodPost, app, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = Sign(SigningSecret, time.Now(), body)
	req.Header.Set("Content-Type", kind)
	if attempt > 0 {
		req.Header.Set("X-Slack-Retry-Num", strconv.Itoa(attempt))
		req.Header.Set("X-Slack-Retry-Reason", why)
	}
	client := &http.Client{Timeout: f.o.AckWithin}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d: %s", resp.StatusCode, answer)
	}
	return answer, err
}

// socket is one connection of Socket Mode.
type socket struct {
	conn *websocket.Conn
	mu   sync.Mutex // one writer at a time
}

func (s *socket) send(v any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn.WriteJSON(v)
}

// connect: docs.slack.dev/reference/methods/apps.connections.open
func (f *Fake) connect() map[string]any {
	ticket := f.id("T")
	f.tickets[ticket] = true
	return yes("url", "ws"+f.server.URL[len("http"):]+"/link?ticket="+ticket)
}

// link is a connection: docs.slack.dev/apis/events-api/using-socket-mode
func (f *Fake) link(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	ticket := r.URL.Query().Get("ticket")
	known := f.tickets[ticket]
	delete(f.tickets, ticket)
	f.mu.Unlock()
	if !known {
		http.Error(w, "invalid ticket", http.StatusForbidden)
		return
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	s := &socket{conn: conn}
	defer conn.Close()
	f.mu.Lock()
	f.sockets = append(f.sockets, s)
	n := len(f.sockets)
	f.mu.Unlock()
	s.send(map[string]any{"type": "hello", "num_connections": n, "connection_info": map[string]any{"app_id": AppID},
		"debug_info": map[string]any{"host": "applink-fake", "approximate_connection_time": 3600}})
	f.read(s)
	f.mu.Lock()
	f.sockets = slices.DeleteFunc(f.sockets, func(x *socket) bool { return x == s })
	f.mu.Unlock()
}

func (f *Fake) read(s *socket) {
	f.wg.Add(1)
	done := make(chan struct{})
	go func() { // Slack's pings, without which clients take the connection for dead
		defer f.wg.Done()
		for {
			s.mu.Lock()
			s.conn.WriteControl(websocket.PingMessage, []byte("ping"), time.Now().Add(time.Second))
			s.mu.Unlock()
			select {
			case <-done:
				return
			case <-f.ctx.Done():
				return
			case <-time.After(5 * time.Second):
			}
		}
	}()
	defer close(done)
	for {
		var ack struct {
			EnvelopeID string          `json:"envelope_id"`
			Payload    json.RawMessage `json:"payload"`
		}
		if err := s.conn.ReadJSON(&ack); err != nil {
			return
		}
		f.mu.Lock()
		wait := f.acks[ack.EnvelopeID]
		f.mu.Unlock()
		if wait != nil {
			select {
			case wait <- ack.Payload:
			default:
			}
		}
	}
}

// envelope is a delivery by one of the connections, whichever.
func (f *Fake) envelope(id string, d delivery, attempt int) ([]byte, error) {
	deadline := time.After(f.o.AckWithin)
	var s *socket
	for s == nil {
		f.mu.Lock()
		if n := len(f.sockets); n > 0 {
			s = f.sockets[rand.IntN(n)]
		}
		f.mu.Unlock()
		if s == nil {
			select {
			case <-deadline:
				return nil, errors.New("no connection is open")
			case <-f.ctx.Done():
				return nil, f.ctx.Err()
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	wait := make(chan []byte, 1)
	f.mu.Lock()
	f.acks[id] = wait
	f.mu.Unlock()
	envelope := map[string]any{"type": d.kind, "envelope_id": id, "payload": d.payload, "accepts_response_payload": d.kind != "events_api"}
	if attempt > 0 {
		envelope["retry_attempt"], envelope["retry_reason"] = attempt, "timeout"
	}
	if err := s.send(envelope); err != nil {
		return nil, err
	}
	select {
	case answer := <-wait:
		return answer, nil
	case <-deadline:
		return nil, errors.New("not acknowledged in time")
	case <-f.ctx.Done():
		return nil, f.ctx.Err()
	}
}

// Disconnect asks one connection to be opened anew, as Slack does now and then; reason is
// "warning", "refresh_requested" or "link_disabled". It reports whether one was open.
func (f *Fake) Disconnect(reason string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.sockets) == 0 {
		return false
	}
	s := f.sockets[0]
	f.sockets = f.sockets[1:]
	s.send(map[string]any{"type": "disconnect", "reason": reason, "debug_info": map[string]any{"host": "applink-fake"}})
	return true
}

// Cut breaks all connections without a word.
func (f *Fake) Cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sockets {
		s.conn.UnderlyingConn().Close()
	}
	f.sockets = nil
}

// Connections is how many connections are open.
func (f *Fake) Connections() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.sockets)
}

// respond is a response_url: docs.slack.dev/interactivity/handling-user-interaction
func (f *Fake) respond(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Text   string           `json:"text"`
		Blocks []map[string]any `json:"blocks"`
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	h, ok := f.hooks[r.PathValue("id")]
	if !ok || json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&body) != nil {
		http.Error(w, "invalid_payload", http.StatusBadRequest)
		return
	}
	f.told = append(f.told, Told{h.user, h.channel, body.Text, body.Blocks, ""})
	fmt.Fprint(w, "ok")
}
