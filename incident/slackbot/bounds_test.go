package slackbot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/fakes/slackfake"
)

func TestATimeStampIsReadOrNone(t *testing.T) {
	otherwise := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for ts, want := range map[string]time.Time{
		"1795323900.000200": time.Unix(1795323900, 200_000).UTC(), "1795323900": time.Unix(1795323900, 0).UTC(), "1795323900.5": time.Unix(1795323900, 500_000_000).UTC(),
		"1.000000": time.Unix(1, 0).UTC(), "0.000000": otherwise, "-1.000000": otherwise, "": otherwise, "soon": otherwise, "1795323900.x": time.Unix(1795323900, 0).UTC(),
		"1099511627776": time.Unix(1<<40, 0).UTC(), "1099511627777": otherwise, "99999999999999999999": otherwise,
	} {
		if got := slackTime(ts, otherwise); !got.Equal(want) {
			t.Errorf("%q: %v, want %v", ts, got, want)
		}
	}
}

func TestANotificationOfAnotherShapeIsRefused(t *testing.T) {
	for body, ok := range map[string]bool{
		`{"version":"4","groupKey":"k"}`: true, `{"version":"5","groupKey":"k"}`: false, `{"groupKey":"k"}`: false, `{"version":"4"}`: false, `{"version":4,"groupKey":"k"}`: false, `{`: false,
	} {
		if _, err := readNotification([]byte(body)); (err == nil) != ok {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestAScopeIsWidenedByWhatItLacks(t *testing.T) {
	scope := func(shopSets, tiers string) incident.Scope {
		return incident.Scope{ShopSets: strings.Fields(shopSets), Tiers: strings.Fields(tiers)}
	}
	for _, c := range []struct {
		old, more, want incident.Scope
		wider           bool
	}{
		{scope("a-1", ""), scope("a-1", ""), scope("a-1", ""), false},
		{scope("a-1", ""), scope("b-2 a-1", ""), scope("a-1 b-2", ""), true},
		{scope("a-1", "beta"), scope("", "beta prod"), scope("a-1", "beta prod"), true},
		{scope("", "beta"), scope("a-1", ""), scope("a-1", "beta"), true},
		{scope("a-1", "beta"), scope("", ""), incident.Scope{}, true}, // nobody knows what the other affects
		{scope("a-1", ""), incident.Scope{Fleet: true}, incident.Scope{ShopSets: []string{"a-1"}, Fleet: true}, true},
		{incident.Scope{Fleet: true}, scope("a-1", ""), incident.Scope{Fleet: true}, false},
		{incident.Scope{}, scope("a-1", ""), incident.Scope{}, false}, // taken for everything
	} {
		got, wider := widen(c.old, c.more)
		if wider != c.wider || fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%v and %v: %v, %v", c.old, c.more, got, wider)
		}
	}
}

// What is done needs no reminder, nor what is due on another day.
func TestOnlyActionsThatAreOpenAreRemindedOf(t *testing.T) {
	w, c := opened(t)
	day := time.Date(2026, 11, 25, 0, 0, 0, 0, tokyo)
	_, err := w.bot.Change(context.Background(), "inc-1", func(incident.Incident) ([]incident.Event, []incident.Job, error) {
		return []incident.Event{{At: w.clock.now(), Kind: incident.Postmortal, Postmortem: &incident.Postmortem{Actions: []incident.Action{
			{What: "one that is open", Due: day}, {What: "one that is done", Due: day, DoneAt: day}, {What: "one of tomorrow", Due: day.AddDate(0, 0, 1)}, {What: "one of no day"}}}}}, nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.enqueue("inc-1", "due", jobDue, task{At: day})
	w.settle()
	text := strings.Join(w.spoken(c), "\n")
	if !strings.Contains(text, "one that is open") || strings.Contains(text, "one that is done") || strings.Contains(text, "one of") {
		t.Errorf("\n%s", text)
	}
	said := len(w.spoken(c))
	w.enqueue("inc-1", "due nothing", jobDue, task{At: day.AddDate(0, 0, 9)})
	w.settle()
	if len(w.spoken(c)) != said {
		t.Errorf("a reminder of nothing: %q", w.spoken(c))
	}
}

// refusing counts calls and makes none.
type refusing struct{ calls int }

func (r *refusing) RoundTrip(*http.Request) (*http.Response, error) {
	r.calls++
	return nil, errors.New("connection refused")
}

func TestTheClientThatIsGivenIsTheOneThatCalls(t *testing.T) {
	w := start(t, slackfake.Options{}, false)
	r := &refusing{}
	b, err := New(Options{Client: Client{BotToken: slackfake.BotToken, Address: w.slack.URL, HTTP: &http.Client{Transport: r}}, Store: w.store, Settings: w.set, Now: w.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.me(context.Background()); err == nil || r.calls != 1 {
		t.Errorf("%d calls, %v", r.calls, err)
	}
}

// What a check of the settings finds: who is not there, and what nobody knows.
func TestACheckTellsWhoIsNotThereFromWhatIsNotKnown(t *testing.T) {
	w := start(t, slackfake.Options{}, false, func(w *world) {
		w.set.Invite = Invite{Always: []string{w.ken, "UNOBODY01", "@sre", "@nobody"}}
		w.set.EscalateTo = nil
	})
	found := func() map[string]Finding {
		out := map[string]Finding{}
		for _, f := range w.bot.Check(context.Background()) {
			out[f.What] = f
		}
		return out
	}
	all := found()
	for who, there := range map[string]bool{w.ken: true, "UNOBODY01": false, "@sre": true, "@nobody": false} {
		if f, ok := all[who]; !ok || (f.Err == nil) != there || f.Silent {
			t.Errorf("%s: %+v", who, f)
		}
	}
	w.slack.Fail(slackfake.Broken, "users.info", -1)
	if f := found()[w.ken]; f.Err == nil || !f.Silent {
		t.Errorf("nobody answers: %+v", f)
	}
}

// forgetful is a store that cannot recall what is under some keys.
type forgetful struct {
	Store
	keys string
}

func (f *forgetful) Recall(ctx context.Context, key string) (string, bool, error) {
	if f.keys != "" && strings.Contains(key, f.keys) {
		return "", false, errors.New("connection refused")
	}
	return f.Store.Recall(ctx, key)
}

func TestNamesThatCannotBeReadAreAnError(t *testing.T) {
	w, _ := opened(t)
	for _, keys := range []string{nameKey(w.mai), linkKey("inc-1")} {
		f := &forgetful{w.store, keys}
		if _, err := (Named{From: f, Notes: f}).Incident(context.Background(), "inc-1"); err == nil {
			t.Errorf("%s cannot be read, and it is no error", keys)
		}
	}
}

// A step that does not learn its channel fails, and is begun again.
func TestAStepThatCannotReadTheStoreIsBegunAgain(t *testing.T) {
	for kind, payload := range map[string]task{jobTopic: {}, jobStatus: {}, jobRemind: {}, jobInvite: {Who: "UKEN"}, jobSay: {Text: "x"}, jobArchive: {}, jobAnnounce: {Channel: "C1"}, jobFailed: {Text: "x"}} {
		w, _ := opened(t)
		w.set.UpdateEvery = map[incident.Severity]time.Duration{incident.Major: time.Second}
		w.clock.pass(time.Minute)
		b, worked, _ := w.worker(&forgetful{w.store, channelKey("inc-1")})
		w.enqueue("inc-1", "one", kind, payload)
		if _, err := b.round(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(*worked); got != "["+kind+" retried]" {
			t.Errorf("%s: %s", kind, got)
		}
	}
}

func TestWhoSeesNoFormIsTold(t *testing.T) {
	w := start(t, slackfake.Options{}, false)
	for refused := range 2 {
		w.slack.Refuse("expired_trigger_id", "views.open", refused)
		told := len(w.slack.Told())
		w.command(w.mai, w.general, "")
		for end := time.Now().Add(5 * time.Second); len(w.slack.Told()) < told+refused && time.Now().Before(end); {
			time.Sleep(5 * time.Millisecond)
		}
		if got := len(w.slack.Told()) - told; got != refused {
			t.Errorf("with %d forms refused somebody is told %d times", refused, got)
		}
	}
}

func TestEntriesOfOtherDaysHaveTheirDate(t *testing.T) {
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 5, 0, 0, tokyo) }
	note := func(at time.Time, text string) incident.Event {
		return incident.Event{At: at, Kind: incident.Noted, Text: text}
	}
	s := Settings{Zone: tokyo}
	i := incident.Incident{Timeline: []incident.Event{note(at(20, 9), "too old"), note(at(21, 23), "yesterday"), note(at(22, 0), "one"), note(at(22, 14), "two")}}
	got := s.recent(i, 3)
	lines := strings.Split(got, "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "11-21 23:05  yesterday") || !strings.HasPrefix(lines[1], "00:05  one") || !strings.HasPrefix(lines[2], "14:05  two") {
		t.Errorf("\n%s", got)
	}
}

func TestACommandOfNobodyIsNone(t *testing.T) {
	for body, ok := range map[string]bool{"command=%2Fincident&user_id=U1&text=help": true, "command=%2Fincident&text=help": false, "user_id=U1&text=help": false, "": false} {
		if _, err := readRequest("application/x-www-form-urlencoded", []byte(body)); (err == nil) != ok {
			t.Errorf("%q: %v", body, err)
		}
	}
}
