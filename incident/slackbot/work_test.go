package slackbot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/fakes/slackfake"
)

// worker is one more bot that tells what becomes of its Jobs, as in "channel done", and
// what it logs.
func (w *world) worker(store Store) (b *Bot, worked *[]string, log *bytes.Buffer) {
	w.t.Helper()
	worked, log = new([]string), new(bytes.Buffer)
	b, err := New(Options{
		Client: Client{BotToken: slackfake.BotToken, AppToken: slackfake.AppToken, Address: w.slack.URL},
		Store:  store, Settings: w.set, Now: w.clock.now, Log: slog.New(slog.NewTextHandler(log, nil)),
		Worked: func(kind, result string, _ time.Duration) { *worked = append(*worked, kind+" "+result) },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return b, worked, log
}

// enqueue stores a Job of an Incident that is due now.
func (w *world) enqueue(id, key, kind string, t task) {
	w.t.Helper()
	j := t.job(key, kind, w.clock.now())
	j.Incident = id
	if err := w.store.Enqueue(context.Background(), j); err != nil {
		w.t.Fatal(err)
	}
}

// rounds does what is due until nothing is.
func (w *world) rounds(b *Bot) {
	w.t.Helper()
	for range 50 {
		if n, err := b.round(context.Background()); err != nil {
			w.t.Fatal(err)
		} else if n == 0 {
			return
		}
	}
	w.t.Fatal("jobs never end")
}

// opened is a world with an Incident whose channel is there.
func opened(t *testing.T, options ...func(*world)) (w *world, channel string) {
	t.Helper()
	w = start(t, slackfake.Options{}, false, append(options, quiet)...)
	w.command(w.mai, w.general, "open major Search is slow")
	return w, w.channel("inc-1")
}

func TestRetryAfterIsHonoured(t *testing.T) {
	w := start(t, slackfake.Options{}, false)
	w.slack.Fail(slackfake.TooMany, "conversations.create", 1)
	w.command(w.mai, w.general, "open major Search is slow")
	for range slackfake.RetryAfter / time.Second {
		if c, _, _ := w.store.Recall(context.Background(), channelKey("inc-1")); c != "" {
			t.Fatal("a channel, before Slack wants to be asked again")
		}
		w.clock.pass(time.Second)
		w.settle()
	}
	w.channel("inc-1")
}

func TestPausesGrowAndAreAsLongAsSlackAsks(t *testing.T) {
	broken := errors.New("connection refused")
	limited := func(d time.Duration) error { return fmt.Errorf("x: %w", &slack.RateLimitedError{RetryAfter: d}) }
	for _, tt := range []struct {
		err      error
		attempts int
		want     time.Duration
	}{
		{broken, 0, time.Second}, {broken, 1, time.Second}, {broken, 2, time.Second}, {broken, 3, 2 * time.Second}, {broken, 4, 2 * time.Second},
		{broken, 5, 4 * time.Second}, {broken, 17, 256 * time.Second}, {broken, 18, 256 * time.Second}, {broken, 19, longPause}, {broken, maxAttempts, longPause},
		{limited(30 * time.Second), 1, 30 * time.Second}, {limited(30 * time.Second), 9, 30 * time.Second}, {limited(0), 9, time.Second},
	} {
		if got := pause(tt.err, tt.attempts); got != tt.want {
			t.Errorf("%v, attempt %d: %v, want %v", tt.err, tt.attempts, got, tt.want)
		}
	}
}

func TestWhatIsClaimedAtTheEndIsGivenBack(t *testing.T) {
	w, c := opened(t)
	for _, key := range []string{"one", "two", "three"} {
		w.enqueue("inc-1", key, jobSay, task{Text: "said " + key})
	}
	// The end comes while the first is done.
	ctx, cancel := context.WithCancel(context.Background())
	w.slack.Chaos(func(method string) slackfake.Fault {
		if method == "chat.postMessage" {
			cancel()
		}
		return ""
	})
	b, worked, _ := w.worker(w.store)
	if n, err := b.round(ctx); n != 3 || err != nil {
		t.Fatalf("%d jobs, %v", n, err)
	}
	if len(*worked) != 1 {
		t.Fatalf("begun after the end: %v", *worked)
	}
	// A claim that was on its way is given back, too.
	if n, err := b.round(ctx); n != 2 || err != nil || len(*worked) != 1 {
		t.Fatalf("%d jobs, %v, %v", n, *worked, err)
	}
	w.slack.Heal()
	w.settle() // at once, not after the lease
	text := w.slack.Transcript(c)
	for _, want := range []string{"said two", "said three"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%q is missing, or there twice:\n%s", want, text)
		}
	}
	w.pass(10 * time.Second)
	if text := w.slack.Transcript(c); strings.Count(text, "said one") != 1 {
		t.Errorf("what was under way is missing, or there twice:\n%s", text)
	}
}

func TestWorkEndsWithItsContext(t *testing.T) {
	w, _ := opened(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.bot.Work(ctx) }()
	cancel()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it goes on")
	}
}

// panicky is a store that panics where a step asks for an Incident.
type panicky struct {
	Store
	left int
}

func (p *panicky) Incident(ctx context.Context, id string) (incident.Incident, error) {
	if p.left > 0 {
		p.left--
		panic("out of range")
	}
	return p.Store.Incident(ctx, id)
}

func TestAPanicIsAFailureOfItsJobAlone(t *testing.T) {
	w, c := opened(t)
	w.enqueue("inc-1", "one", jobSay, task{Text: "said one"})
	w.enqueue("inc-1", "two", jobSay, task{Text: "said two"})
	b, worked, log := w.worker(&panicky{w.store, 1})
	w.rounds(b)
	if fmt.Sprint(*worked) != "[say retried say done]" {
		t.Errorf("%v", *worked)
	}
	if text := log.String(); !strings.Contains(text, "out of range") || !strings.Contains(text, "work.go") {
		t.Errorf("the log has no panic and where it was:\n%s", text)
	}
	w.clock.pass(firstPause)
	w.rounds(b)
	if text := w.slack.Transcript(c); strings.Count(text, "said one") != 1 || strings.Count(text, "said two") != 1 {
		t.Errorf("\n%s", text)
	}
}

func TestWhichErrorsAreForGood(t *testing.T) {
	refused := func(word string) error { return fmt.Errorf("x: %w", slack.SlackErrorResponse{Err: word}) }
	for _, word := range []string{"fatal_error", "internal_error", "service_unavailable", "ratelimited", "rate_limited", "request_timeout", "team_added_to_org",
		"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"} {
		if forGood(refused(word)) {
			t.Errorf("%s is given up", word)
		}
	}
	for _, word := range []string{"channel_not_found", "is_archived", "missing_scope", "user_not_found", "restricted_action", "invalid_blocks", "a_word_of_tomorrow"} {
		if !forGood(refused(word)) {
			t.Errorf("%s is asked again for a day", word)
		}
	}
	for _, err := range []error{errors.New("connection refused"), context.DeadlineExceeded, &slack.RateLimitedError{RetryAfter: time.Second}, slack.StatusCodeError{Code: 500}} {
		if forGood(err) {
			t.Errorf("%v is given up", err)
		}
	}
}

func TestAJobIsBegunAgainUntilItIsRefusedForGood(t *testing.T) {
	for _, tt := range []struct{ word, want string }{
		{"internal_error", "[topic retried topic done]"},
		{"token_revoked", "[topic retried topic done]"},
		{"channel_not_found", "[topic given_up failed done]"},
	} {
		w, _ := opened(t)
		w.slack.Refuse(tt.word, "conversations.setTopic", 1)
		w.enqueue("inc-1", "one", jobTopic, task{})
		b, worked, _ := w.worker(w.store)
		w.rounds(b)
		w.clock.pass(firstPause)
		w.rounds(b)
		if got := fmt.Sprint(*worked); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.word, got, tt.want)
		}
	}
}

func TestAJobIsGivenUpAfterADay(t *testing.T) {
	w, _ := opened(t)
	w.slack.Fail(slackfake.Broken, "conversations.setTopic", -1)
	w.enqueue("inc-1", "one", jobTopic, task{})
	b, worked, _ := w.worker(w.store)
	began := w.clock.now()
	for !slices.Contains(*worked, "topic given_up") {
		if len(*worked) > maxAttempts {
			t.Fatalf("%d attempts", len(*worked))
		}
		w.rounds(b)
		w.clock.pass(longPause)
	}
	if took := w.clock.now().Sub(began); len(*worked) < maxAttempts || took < 24*time.Hour || took > 48*time.Hour {
		t.Errorf("given up after %d attempts in %v", len(*worked), took)
	}
}

// mute is a store that takes no new Jobs for a while, and may remember nothing.
type mute struct {
	Store
	enqueue, remember int
}

func (m *mute) Enqueue(ctx context.Context, jobs ...incident.Job) error {
	if m.enqueue > 0 {
		m.enqueue--
		return errors.New("disk full")
	}
	return m.Store.Enqueue(ctx, jobs...)
}

func (m *mute) Remember(ctx context.Context, key, value string) (string, bool, error) {
	if m.remember > 0 && strings.HasSuffix(key, strings.TrimPrefix(noChannelKey("inc-1"), "inc-1")) {
		m.remember--
		return "", false, errors.New("disk full")
	}
	return m.Store.Remember(ctx, key, value)
}

// What is given up is said; where that cannot be stored, the Job comes again until it can.
func TestANoticeOfFailureThatCannotBeStoredIsNotForgotten(t *testing.T) {
	w, c := opened(t)
	w.slack.Refuse("missing_scope", "conversations.setTopic", -1)
	w.enqueue("inc-1", "one", jobTopic, task{})
	b, worked, _ := w.worker(&mute{Store: w.store, enqueue: 2})
	said := len(w.spoken(c))
	for range 2 {
		w.rounds(b)
		if n := len(w.spoken(c)); n != said {
			t.Fatalf("said though it was not stored: %q", w.spoken(c)[said:])
		}
		w.clock.pass(firstPause)
	}
	w.rounds(b)
	if n := len(w.spoken(c)); n != said+1 {
		t.Errorf("nobody hears of it, or twice: %q", w.spoken(c))
	}
	if want := "[topic given_up topic given_up topic given_up failed done]"; fmt.Sprint(*worked) != want {
		t.Errorf("%v, want %s", *worked, want)
	}
	w.clock.pass(lease)
	w.rounds(b)
	if len(*worked) != 4 {
		t.Errorf("it is begun again: %v", *worked)
	}
}

// A notice that nobody takes is no reason for another one.
func TestANoticeOfFailureThatFailsIsTheLast(t *testing.T) {
	w, c := opened(t)
	said := len(w.spoken(w.announce))
	w.slack.Refuse("missing_scope", "conversations.setTopic", 1)
	w.slack.Refuse("restricted_action", "chat.postMessage", 2) // in the channel, and where incidents are announced
	w.enqueue("inc-1", "one", jobTopic, task{})
	b, worked, log := w.worker(w.store)
	for range 5 {
		w.rounds(b)
		w.clock.pass(longPause)
	}
	if want := "[topic given_up failed given_up]"; fmt.Sprint(*worked) != want {
		t.Errorf("%v, want %s", *worked, want)
	}
	if !strings.Contains(log.String(), "restricted_action") {
		t.Errorf("the log does not have it:\n%s", log)
	}
	if n := len(w.spoken(w.announce)); n != said {
		t.Errorf("%q of %s", w.spoken(w.announce), c)
	}
}

// Where the channel takes no message, the notice is written where incidents are announced.
func TestANoticeOfFailureIsWrittenWhereItCanBe(t *testing.T) {
	w, _ := opened(t)
	said := len(w.spoken(w.announce))
	w.slack.Refuse("missing_scope", "conversations.setTopic", 1)
	w.slack.Refuse("restricted_action", "chat.postMessage", 1)
	w.enqueue("inc-1", "one", jobTopic, task{})
	b, worked, _ := w.worker(w.store)
	w.rounds(b)
	if want := "[topic given_up failed done]"; fmt.Sprint(*worked) != want || len(w.spoken(w.announce)) != said+1 {
		t.Errorf("%v, %q", *worked, w.spoken(w.announce))
	}
	// A fault that passes is waited for, and nothing is said elsewhere.
	w.slack.Refuse("missing_scope", "conversations.setTopic", 1)
	w.slack.Refuse("internal_error", "chat.postMessage", 1)
	w.enqueue("inc-1", "two", jobTopic, task{Text: "another"})
	b, worked, _ = w.worker(w.store)
	w.rounds(b)
	w.clock.pass(firstPause)
	w.rounds(b)
	if len(w.spoken(w.announce)) != said+1 {
		t.Errorf("%v, %q", *worked, w.spoken(w.announce))
	}
}

// Others wait for the channel: that there will be none is stored before the Job is.
func TestThatThereIsNoChannelIsStored(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet)
	w.slack.Refuse("restricted_action", "conversations.create", -1)
	b, worked, _ := w.worker(&mute{Store: w.store, remember: 1})
	if _, err := w.slack.Command(w.mai, w.general, "open major Search is slow"); err != nil {
		t.Fatal(err)
	}
	w.rounds(b)
	if why, ok, _ := w.store.Recall(context.Background(), noChannelKey("inc-1")); ok {
		t.Fatalf("stored: %s", why)
	}
	w.clock.pass(firstPause)
	w.rounds(b)
	if why, _, _ := w.store.Recall(context.Background(), noChannelKey("inc-1")); !strings.Contains(why, "restricted_action") {
		t.Errorf("%q, %v", why, *worked)
	}
}

func TestAJobThatWaitsForTheChannelIsNoFault(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet)
	w.slack.Fail(slackfake.Broken, "conversations.create", 3)
	w.command(w.mai, w.general, "open major Search is slow")
	w.enqueue("inc-1", "one", jobTopic, task{})
	b, worked, _ := w.worker(w.store)
	for range 10 {
		w.rounds(b)
		w.clock.pass(firstPause)
	}
	if slices.Contains(*worked, "topic retried") || !slices.Contains(*worked, "topic done") {
		t.Errorf("%v", *worked)
	}
}

// A call that Slack never answers uses up all of a Job's time: what became of the Job is stored all the same, and
// people are called while no channel can be made.
func TestAJobThatTakesAllItsTimeIsSettled(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet)
	w.bot.within = 20 * time.Millisecond
	w.slack.Fail(slackfake.Slow, "conversations.create", -1)
	w.command(w.mai, w.general, "open critical Payments fail")
	for range 60 {
		w.clock.pass(time.Second)
		w.settle()
	}
	said := w.slack.Transcript(w.announce)
	if !strings.Contains(said, "Concerned: @sre @Mai") {
		t.Errorf("nobody is called:\n%s", said)
	}
	w.slack.Heal()
	w.bot.within = jobWithin
	w.pass(5 * time.Minute)
	w.channel("inc-1")
}

// What waits for hours, for its channel or since Slack says 429, has not failed: one failure afterwards is one.
func TestWaitingIsNoAttempt(t *testing.T) {
	for name, hold := range map[string]func(*slackfake.Fake){
		"for a channel":     func(f *slackfake.Fake) { f.Fail(slackfake.Broken, "conversations.create", -1) },
		"as Slack asks for": func(f *slackfake.Fake) { f.Fail(slackfake.TooMany, "", -1) },
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, slackfake.Options{}, false, quiet)
			hold(w.slack)
			w.command(w.mai, w.general, "open critical Payments fail")
			for range 1100 {
				w.clock.pass(2 * time.Second)
				w.settle()
			}
			w.slack.Heal()
			w.slack.Fail(slackfake.Broken, "conversations.invite", 2)
			w.slack.Fail(slackfake.Broken, "chat.postMessage", 2)
			w.pass(15 * time.Minute)
			c := w.channel("inc-1")
			if said := w.slack.Transcript(c); strings.Contains(said, "could not") || len(w.slack.Pinned(c)) != 1 || !slices.Contains(w.slack.Members(c), w.ken) {
				t.Errorf("given up:\n%s", said)
			}
		})
	}
}

// Names and the pin are no part of the status message: it is written, and kept up to date, without.
func TestTheStatusWaitsForNothingElse(t *testing.T) {
	for _, method := range []string{"users.info", "pins.add"} {
		t.Run(method, func(t *testing.T) {
			w := start(t, slackfake.Options{}, false, quiet)
			w.slack.Fail(slackfake.Broken, method, -1)
			w.command(w.mai, w.general, "open critical Payments fail")
			w.pass(time.Hour)
			c := w.channel("inc-1")
			w.command(w.mai, c, "update half of the carts work")
			shown := func() string {
				for _, m := range w.slack.Messages(c) {
					if said := slackfake.Read(m.Text, m.Blocks); strings.Contains(said, "*State*") {
						return said
					}
				}
				return ""
			}
			if !strings.Contains(shown(), "half of the carts work") {
				t.Errorf("%q\n%s", shown(), w.slack.Transcript(c))
			}
			w.slack.Heal()
			w.pass(10 * time.Minute)
			name, _, err := w.store.Recall(context.Background(), nameKey(w.mai))
			if err != nil || name != "Mai" || len(w.slack.Pinned(c)) != 1 {
				t.Errorf("name %q, pinned %v, %v", name, w.slack.Pinned(c), err)
			}
		})
	}
}

// An Incident without a channel has a postmortem, and people in it have names.
func TestPeopleHaveNamesWithoutAChannel(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet)
	w.slack.Refuse("restricted_action", "conversations.create", -1)
	w.command(w.mai, w.general, "open critical Payments fail")
	w.command(w.ken, w.general, "inc-1 lead")
	i, err := Named{w.store, w.store}.Incident(context.Background(), "inc-1")
	if err != nil || i.Assigned[incident.Commander] != "Ken" {
		t.Errorf("%v, %v", i.Assigned, err)
	}
}
