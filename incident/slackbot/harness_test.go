package slackbot

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/storetest"
	"github.com/shopslo/shopslo/internal/fakes/slackfake"
	"github.com/shopslo/shopslo/internal/text"
)

var tokyo = time.FixedZone("JST", 9*60*60)

// clock is a clock that the test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// world is a workspace, a store and a bot.
type world struct {
	t     *testing.T
	slack *slackfake.Fake
	store Store
	clock *clock
	set   Settings
	bot   *Bot
	// suspects are asked; nil: nobody.
	suspects Suspects

	announce, general    string
	mai, ken, yuki, sato string
	sre                  string
}

// start makes a world; the options change the settings before the bot begins.
func start(t *testing.T, o slackfake.Options, socket bool, options ...func(*world)) *world {
	t.Helper()
	w := &world{t: t, store: &storetest.Memory{}, clock: &clock{t: time.Date(2026, 11, 22, 14, 5, 0, 0, tokyo)}}
	o.Now = w.clock.now
	w.slack = slackfake.Start(o)
	t.Cleanup(w.slack.Close)
	w.mai, w.ken = w.slack.AddUser("mai", "Mai"), w.slack.AddUser("ken", "Ken")
	w.yuki, w.sato = w.slack.AddUser("yuki", "Yuki"), w.slack.AddUser("sato", "Sato")
	w.sre = w.slack.AddGroup("sre", w.ken, w.yuki)
	w.announce, w.general = w.slack.AddChannel("incidents"), w.slack.AddChannel("general", w.mai, w.ken)
	w.set = Settings{
		Language: text.English, Zone: tokyo, Announce: []string{w.announce},
		Invite:      Invite{Severity: map[incident.Severity][]string{incident.Critical: {"@sre"}}, ShopSets: map[string][]string{"a-1": {w.sato}}},
		UpdateEvery: map[incident.Severity]time.Duration{incident.Critical: 30 * time.Minute, incident.Major: time.Hour},
		LeadWithin:  map[incident.Severity]time.Duration{incident.Critical: 5 * time.Minute}, EscalateTo: []string{w.sre},
		PostmortemWithin: 72 * time.Hour,
		Tiers:            []string{"beta", "prod"}, ShopSets: []string{"a-1", "b-2", "c-1"},
	}
	for _, change := range options {
		change(w)
	}
	w.bot = w.replica(nil)
	if socket {
		w.link(w.bot)
	} else {
		server := httptest.NewServer(w.bot.Receiver(slackfake.SigningSecret))
		t.Cleanup(server.Close)
		w.slack.Deliver(server.URL)
	}
	return w
}

// link runs a bot's Socket Mode until the test ends.
func (w *world) link(b *Bot) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := b.Socket(ctx, func(bool) {}); err != nil {
			w.t.Errorf("socket mode ends: %v", err)
		}
	}()
	w.t.Cleanup(func() { cancel(); <-done })
}

// replica makes one more bot on the same store; nil is the world's own.
func (w *world) replica(store Store) *Bot {
	w.t.Helper()
	if store == nil {
		store = w.store
	}
	client := Client{BotToken: slackfake.BotToken, AppToken: slackfake.AppToken, Address: w.slack.URL}
	b, err := New(Options{Client: client, Store: store, Settings: w.set, Suspects: w.suspects, Now: w.clock.now, Poll: 10 * time.Millisecond, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// round does the Jobs that are due now one after another, and gives how many it has begun.
func (b *Bot) round(ctx context.Context) (int, error) {
	jobs, err := b.claim(ctx)
	for _, j := range jobs {
		b.work(ctx, j)
	}
	return len(jobs), err
}

// settle does all Jobs that are due, and lets a second pass for those that wait.
func (w *world) settle() {
	w.t.Helper()
	for range 200 {
		n, err := w.bot.round(context.Background())
		if err != nil {
			w.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	w.t.Fatal("jobs never end")
}

// pass lets time pass in steps, and does what is due.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	for step := min(d, time.Minute); d > 0; d -= step {
		w.clock.pass(step)
		w.settle()
	}
}

func (w *world) command(user, channel, text string) slackfake.Reply {
	w.t.Helper()
	r, err := w.slack.Command(user, channel, text)
	if err != nil {
		w.t.Fatalf("/incident %s: %v", text, err)
	}
	w.settle()
	return r
}

// channel is an Incident's channel; it has to be there.
func (w *world) channel(id string) string {
	w.t.Helper()
	c, ok, err := w.store.Recall(context.Background(), channelKey(id))
	if err != nil || !ok {
		w.t.Fatalf("%s has no channel: %v", id, err)
	}
	return c
}

func (w *world) incident(id string) incident.Incident {
	w.t.Helper()
	i, err := w.store.Incident(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

// click presses a button on the status message.
func (w *world) click(user, channel, action string) {
	w.t.Helper()
	if err := w.slack.Click(user, channel, w.slack.Pinned(channel)[0], action); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}

// fill waits for a person's modal and sends it with values.
func (w *world) fill(user string, values map[string]any) map[string]string {
	w.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if id, _, ok := w.slack.View(user); ok {
			wrong, err := w.slack.Submit(user, id, values)
			if err != nil {
				w.t.Fatal(err)
			}
			w.settle()
			return wrong
		}
	}
	w.t.Fatal("no modal appears")
	return nil
}
