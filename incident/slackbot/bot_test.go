package slackbot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/fakes/slackfake"
	"github.com/shopslo/shopslo/internal/text"
)

func TestOnlyWhatSlackHasSignedLatelyIsTaken(t *testing.T) {
	w := start(t, slackfake.Options{}, false)
	h := w.bot.Receiver(slackfake.SigningSecret)
	body := url.Values{"command": {"/incident"}, "text": {"open critical x"}, "user_id": {w.mai}, "channel_id": {w.general}, "trigger_id": {"t1"}}.Encode()
	tests := []struct {
		name   string
		header http.Header
		body   string
		want   int
	}{
		{"signed now", slackfake.Sign(slackfake.SigningSecret, time.Now(), []byte(body)), body, 200},
		{"signed now, told again", slackfake.Sign(slackfake.SigningSecret, time.Now(), []byte(body)), body, 200},
		{"not signed", http.Header{}, body, 401},
		{"signed by somebody else", slackfake.Sign("another secret", time.Now(), []byte(body)), body, 401},
		{"signed six minutes ago", slackfake.Sign(slackfake.SigningSecret, time.Now().Add(-6*time.Minute), []byte(body)), body, 401},
		{"changed on its way", slackfake.Sign(slackfake.SigningSecret, time.Now(), []byte(body)), body + "&x=y", 401},
		{"signed and without sense", slackfake.Sign(slackfake.SigningSecret, time.Now(), []byte("a=b")), "a=b", 400},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/slack", strings.NewReader(test.body))
			for k, v := range test.header {
				r.Header[k] = v
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Slack-Retry-Num", "1")
			got := httptest.NewRecorder()
			h.ServeHTTP(got, r)
			if got.Code != test.want {
				t.Errorf("status %d: %s", got.Code, got.Body)
			}
		})
	}
	w.settle()
	all, err := w.store.Incidents(context.Background(), time.Time{})
	if err != nil || len(all) != 1 {
		t.Errorf("%d incidents, %v", len(all), err)
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("application/json", []byte(`{"type":"event_callback","event_id":"Ev1","event":{"type":"reaction_added","item":{"type":"message"}}}`))
	f.Add("application/x-www-form-urlencoded", []byte("command=%2Fincident&user_id=U1&text=open+critical+x&trigger_id=t"))
	f.Add("application/x-www-form-urlencoded", []byte(`payload={"type":"block_actions","actions":[{"type":"button","action_id":"lead","value":"inc-1"}]}`))
	f.Add("application/x-www-form-urlencoded", []byte(`payload={"type":"view_submission","view":{"id":"V1","callback_id":"incident_open","private_metadata":"{}","state":{"values":{"title":{"title":{"type":"plain_text_input","value":"x"}}}}}}`))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		d, err := readRequest(kind, body)
		if err != nil {
			return
		}
		w := start(t, slackfake.Options{}, false)
		out, err := w.bot.take(context.Background(), d)
		if err != nil && !errors.Is(err, context.DeadlineExceeded) && !strings.Contains(err.Error(), "key") && !strings.Contains(err.Error(), "UTF-8") {
			t.Errorf("a store that works, and %v (%+v)", err, out)
		}
	})
}

func TestPeopleAreReminded(t *testing.T) {
	w := start(t, slackfake.Options{}, false)
	w.command(w.mai, w.general, "open critical Payments fail")
	c := w.channel("inc-1")
	count := func(part string) int {
		n := 0
		for _, text := range w.spoken(c) {
			if strings.Contains(text, part) {
				n++
			}
		}
		return n
	}
	w.pass(4 * time.Minute)
	if count("Nobody is in command") != 0 {
		t.Error("called too early")
	}
	w.pass(2 * time.Minute)
	if count("Nobody is in command") != 1 {
		t.Errorf("called %d times after 6 min", count("Nobody is in command"))
	}
	w.command(w.ken, c, "lead")
	w.pass(20 * time.Minute)
	if count("Nobody is in command") != 1 {
		t.Error("called although somebody is in command")
	}
	w.command(w.ken, c, "update we look into it")
	w.pass(25 * time.Minute)
	if n := count("No status for"); n != 0 {
		t.Errorf("reminded %d times, 25 min after an update", n)
	}
	w.pass(10 * time.Minute)
	if n := count("No status for"); n != 1 {
		t.Errorf("reminded %d times, 35 min after an update", n)
	}
	w.command(w.ken, c, "severity major") // once an hour from now on
	w.pass(50 * time.Minute)
	if n := count("No status for"); n != 1 {
		t.Errorf("reminded %d times, though it is major now", n)
	}
	w.command(w.ken, c, "resolved")
	w.pass(71 * time.Hour)
	if count("No status for") != 1 || count("The postmortem still lacks") != 0 {
		t.Error("reminded although it is resolved")
	}
	w.pass(2 * time.Hour)
	if count("The postmortem still lacks: all of it") != 1 {
		t.Errorf("nobody asks for the postmortem: %q", w.spoken(c))
	}
}

func TestWhoMayNotIsTold(t *testing.T) {
	w := start(t, slackfake.Options{}, false, func(w *world) { w.set.MaySeverity, w.set.MayClose = w.sre, w.sre })
	w.command(w.mai, w.general, "open minor Slow")
	c := w.channel("inc-1")
	if r := w.command(w.mai, c, "severity major"); !strings.Contains(r.Text, "Only <!subteam^"+w.sre+"> may") {
		t.Errorf("%q", r.Text)
	}
	if r := w.command(w.mai, c, "state closed"); !strings.Contains(r.Text, "Only") {
		t.Errorf("%q", r.Text)
	}
	if r := w.command(w.ken, c, "severity major"); r.Text != "Noted." {
		t.Errorf("%q", r.Text)
	}
	if i := w.incident("inc-1"); i.Severity != incident.Major || i.State != incident.Open {
		t.Errorf("%s %s", i.Severity, i.State)
	}
	w.clock.pass(time.Hour)
	w.slack.Refuse("internal_error", "usergroups.users.list", 1)
	if r := w.command(w.ken, c, "severity minor"); !strings.Contains(r.Text, "could not be read from Slack") {
		t.Errorf("whom nobody knows gets through: %q", r.Text)
	}
}

func TestOneStepThatFailsStopsNoOther(t *testing.T) {
	w := start(t, slackfake.Options{}, false, func(w *world) {
		w.set.Invite.Always = []string{"UNOBODY01", "@nobody", w.ken}
		w.set.Announce = append([]string{"CNOBODY01"}, w.set.Announce...)
	})
	w.slack.Refuse("missing_scope", "pins.add", -1)
	w.command(w.mai, w.general, "open major Search is slow")
	c := w.channel("inc-1")
	w.command(w.ken, c, "note one")
	w.command(w.ken, c, "note two")
	text := w.slack.Transcript(c)
	if n := strings.Count(text, "could not pin the status message"); n != 1 {
		t.Errorf("the same failure is said %d times", n)
	}
	for _, want := range []string{"• <@UNOBODY01>: this person or group no longer exists", "could not invite @nobody: this person or group no longer exists",
		"could not announce it in", "could not pin the status message: the app lacks the scope"} {
		if !strings.Contains(text, want) {
			t.Errorf("nobody reads %q in\n%s", want, text)
		}
	}
	if members := w.slack.Members(c); !slices.Contains(members, w.ken) || !slices.Contains(members, w.mai) {
		t.Errorf("members %v", members)
	}
	if len(w.spoken(w.announce)) != 1 {
		t.Errorf("announced %q", w.spoken(w.announce))
	}
}

// Nobody can be invited: so they are called where incidents are announced, and work there.
func TestWhereNoChannelCanBeMadePeopleAreCalledToTheAnnouncement(t *testing.T) {
	w := start(t, slackfake.Options{}, false, func(w *world) { w.set.Invite.Always = []string{w.yuki} })
	w.slack.Refuse("restricted_action", "conversations.create", 1)
	w.command(w.mai, w.general, "open critical Search is slow")
	w.pass(3 * time.Minute)
	calls := func(who string) int {
		n := 0
		for _, m := range w.slack.Messages(w.announce) {
			if slices.Contains(m.Notified, who) {
				n++
			}
		}
		return n
	}
	for _, who := range []string{"@" + w.mai, "@" + w.yuki, "!subteam^" + w.sre} {
		if calls(who) != 1 {
			t.Errorf("%s is called %d times", who, calls(who))
		}
	}
	text := w.slack.Transcript(w.announce)
	if !strings.Contains(text, "No channel could be created: the workspace does not allow it") || strings.Contains(text, "its channel is being created") || !strings.Contains(text, "no channel could be created: work on it here") {
		t.Errorf("%s", text)
	}
	// Commands, buttons and reminders work without a channel.
	if r := w.command(w.ken, w.general, "update we look into it"); !strings.Contains(r.Text, "`/incident update inc-12`") {
		t.Errorf("%q", r.Text)
	}
	for _, command := range []string{"update inc-1 we look into it", "INC-1 note a note", "started inc-1 14:00"} {
		if r := w.command(w.ken, w.general, command); strings.Contains(r.Text, "Which incident") {
			t.Errorf("%s: %q", command, r.Text)
		}
	}
	announcement := w.slack.Messages(w.announce)[slices.IndexFunc(w.slack.Messages(w.announce), func(m slackfake.Message) bool { return m.Edited })]
	if err := w.slack.Click(w.ken, w.announce, announcement.TS, doMitigated); err != nil {
		t.Fatal(err)
	}
	w.settle()
	i := w.incident("inc-1")
	if e, _ := lastUpdate(i); i.State != incident.Mitigated || e.Text != "we look into it" || i.StartedAt.IsZero() {
		t.Errorf("%+v", i)
	}
	w.pass(40 * time.Minute)
	text = w.slack.Transcript(w.announce)
	for _, want := range []string{"says @Ken", "No status for", "> we look into it"} {
		if !strings.Contains(text, want) {
			t.Errorf("nobody reads %q:\n%s", want, text)
		}
	}
}

// What people write in an incident's channel may name another one.
func TestAnIDInATextIsText(t *testing.T) {
	w, c := opened(t)
	w.command(w.mai, w.general, "open minor Another one")
	w.command(w.mai, c, "note inc-2 looks alike")
	w.command(w.mai, c, "inc-2 note this is of the other one")
	text := func(id string) string { return fmt.Sprint(w.incident(id).Timeline) }
	if !strings.Contains(text("inc-1"), "inc-2 looks alike") || !strings.Contains(text("inc-2"), "this is of the other one") {
		t.Errorf("%s\n%s", text("inc-1"), text("inc-2"))
	}
}

func TestANameThatSomebodyElseHasGetsANumber(t *testing.T) {
	w := start(t, slackfake.Options{}, false)
	w.slack.AddChannel("inc-20261122-1-search-is-slow")
	w.command(w.mai, w.general, "open major Search is slow")
	_, names := w.slack.Channels()
	if name := names[w.channel("inc-1")]; name != "inc-20261122-1-search-is-slow-2" {
		t.Errorf("channel %s", name)
	}
}

func TestAnIncidentIsOpenedFromTheModalAndFromAMessage(t *testing.T) {
	w := start(t, slackfake.Options{}, true, func(w *world) { w.set.Language = text.Japanese })
	w.command(w.mai, w.general, "")
	wrong := w.fill(w.mai, map[string]any{"title": "  ", "severity": "critical"})
	if wrong["title"] == "" {
		t.Errorf("an empty title is taken: %v", wrong)
	}
	if wrong = w.fill(w.mai, map[string]any{"title": "決済が失敗", "severity": "critical", "scope": []string{"a-1", "prod"}}); len(wrong) > 0 {
		t.Fatalf("wrong: %v", wrong)
	}
	_, names := w.slack.Channels()
	if name := names[w.channel("inc-1")]; name != "inc-20261122-1-critical-a-1-prod" {
		t.Errorf("channel %s", name)
	}
	if !slices.Contains(w.slack.Members(w.channel("inc-1")), w.sato) {
		t.Error("the ShopSet's owner is not called in")
	}
	ts := w.slack.Say(w.ken, w.general, "検索が遅い気がします &amp; <@"+w.mai+">")
	if err := w.slack.Shortcut(w.yuki, w.general, ts, shortcutOpen); err != nil {
		t.Fatal(err)
	}
	if wrong = w.fill(w.yuki, nil); len(wrong) > 0 {
		t.Fatalf("wrong: %v", wrong)
	}
	i := w.incident("inc-2")
	if i.Title != "検索が遅い気がします &" || len(i.Timeline) != 2 || i.Timeline[0].By != w.ken && i.Timeline[1].By != w.ken {
		t.Errorf("%+v", i)
	}
	named, err := Named{From: w.store, Notes: w.store}.Incident(context.Background(), "inc-2")
	if err != nil || !strings.Contains(named.Timeline[0].Text+named.Timeline[1].Text, "@Mai") || named.Link == "" {
		t.Errorf("%+v, %v", named.Timeline, err)
	}
}

func TestAMessageGoesIntoTheTimelineOnce(t *testing.T) {
	w := start(t, slackfake.Options{}, false)
	w.command(w.mai, w.general, "open major Search is slow")
	c := w.channel("inc-1")
	ts := w.slack.Say(w.ken, c, "restarted a-1")
	for _, user := range []string{w.mai, w.yuki} {
		if err := w.slack.React(user, c, ts, "memo"); err != nil {
			t.Fatal(err)
		}
		if err := w.slack.React(user, c, ts, "eyes"); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	if err := w.slack.Shortcut(w.sato, c, ts, shortcutNote); err != nil {
		t.Fatal(err)
	}
	w.settle()
	n := 0
	for _, e := range w.incident("inc-1").Timeline {
		if e.Text == "restarted a-1" && e.By == w.ken {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d entries", n)
	}
}

// down is a store that does not answer.
type down struct{ Store }

func (down) Recall(context.Context, string) (string, bool, error) {
	return "", false, errors.New("connection refused")
}

func TestWhatCannotBeStoredIsNotAcknowledged(t *testing.T) {
	w := start(t, slackfake.Options{AckWithin: 100 * time.Millisecond}, false)
	w.command(w.mai, w.general, "open major Search is slow")
	c := w.channel("inc-1")
	ts := w.slack.Say(w.ken, c, "restarted a-1")
	server := httptest.NewServer(w.replica(down{w.store}).Receiver(slackfake.SigningSecret))
	defer server.Close()
	w.slack.Deliver(server.URL)
	if err := w.slack.React(w.mai, c, ts, "memo"); !errors.Is(err, slackfake.ErrNotTaken) {
		t.Errorf("an event that is lost is acknowledged: %v", err)
	}
	if r, err := w.slack.Command(w.mai, c, "note x"); err != nil || !strings.Contains(r.Text, "could not be stored") {
		t.Errorf("%q, %v", r.Text, err)
	}
}

// full is a store that reads and cannot write.
type full struct{ Store }

func (full) Change(context.Context, string, func(incident.Incident) ([]incident.Event, []incident.Job, error)) (incident.Incident, error) {
	return incident.Incident{}, errors.New("change incident inc-1: database or disk is full")
}

func TestAStoreThatOnlyReadsIsNoRefusal(t *testing.T) {
	w, c := opened(t)
	bot, lost := w.replica(full{w.store}), atomic.Int32{}
	bot.o.NotStored = func() { lost.Add(1) }
	server := httptest.NewServer(bot.Receiver(slackfake.SigningSecret))
	defer server.Close()
	w.slack.Deliver(server.URL)
	if r, err := w.slack.Command(w.mai, c, "note x"); err != nil || !strings.Contains(r.Text, "could not be stored") || strings.Contains(r.Text, "disk") || lost.Load() != 1 {
		t.Errorf("%q, %v, counted %d times", r.Text, err, lost.Load())
	}
}

func TestSocketModeSurvivesDisconnections(t *testing.T) {
	w := start(t, slackfake.Options{AckWithin: time.Second}, true)
	w.command(w.mai, w.general, "open major Search is slow")
	c := w.channel("inc-1")
	w.slack.Disconnect("refresh_requested")
	w.command(w.mai, c, "note one")
	w.slack.Cut()
	w.command(w.mai, c, "note two")
	var notes []string
	for _, e := range w.incident("inc-1").Timeline {
		notes = append(notes, e.Text)
	}
	if !slices.Contains(notes, "one") || !slices.Contains(notes, "two") || len(notes) != 3 {
		t.Errorf("notes %q", notes)
	}
}

func TestActionsAreRemindedOfAndTheChannelIsArchived(t *testing.T) {
	w := start(t, slackfake.Options{}, false, func(w *world) { w.set.ArchiveAfter = 48 * time.Hour })
	w.command(w.mai, w.general, "open minor Search is slow")
	c := w.channel("inc-1")
	w.command(w.mai, c, "action")
	if wrong := w.fill(w.mai, map[string]any{"what": "Add an index", "owner": w.ken, "due": "2026-11-25", "link": "https://example.com/1"}); len(wrong) > 0 {
		t.Fatalf("wrong: %v", wrong)
	}
	w.command(w.mai, c, "resolved")
	w.command(w.mai, c, "closed")
	for range 47 {
		w.clock.pass(time.Hour)
		w.settle()
	}
	if text := w.slack.Transcript(c); strings.Contains(text, "(archived)") || strings.Contains(text, "due today") {
		t.Errorf("too early:\n%s", text)
	}
	for range 24 {
		w.clock.pass(time.Hour)
		w.settle()
	}
	if !strings.Contains(w.slack.Transcript(c), "(archived)") {
		t.Error("the channel is not archived")
	}
	// Nobody reads an archive: where incidents are announced it is told.
	if text := w.slack.Transcript(w.announce); strings.Count(text, "due today") != 1 || !strings.Contains(text, "1. Add an index @Ken <https://example.com/1>") {
		t.Errorf("the action is forgotten:\n%s", text)
	}
}

func TestRolesAreHandedOver(t *testing.T) {
	w := start(t, slackfake.Options{}, false)
	w.command(w.mai, w.general, "open major Search is slow")
	c := w.channel("inc-1")
	w.command(w.mai, c, "lead")
	w.command(w.mai, c, "role commander <@"+w.sato+"|sato>")
	if text := w.slack.Transcript(c); !strings.Contains(text, "*Commander* was handed over from @Mai to @Sato") {
		t.Errorf("\n%s", text)
	}
	if !slices.Contains(w.slack.Members(c), w.sato) {
		t.Error("who has got a role is not called in")
	}
	w.command(w.ken, w.general, "join 1")
	if !slices.Contains(w.slack.Members(c), w.ken) {
		t.Error("who wants to join is not invited")
	}
	if r := w.command(w.ken, w.general, "list"); !strings.Contains(r.Text, "inc-1 *Search is slow*") || !strings.Contains(r.Text, "<#"+c+">") {
		t.Errorf("%q", r.Text)
	}
	if r := w.command(w.ken, w.general, "note x"); !strings.Contains(r.Text, "Which incident?") {
		t.Errorf("%q", r.Text)
	}
	if r := w.command(w.ken, w.general, "join inc-77"); !strings.Contains(r.Text, "no incident inc-77") {
		t.Errorf("%q", r.Text)
	}
}

func TestABigGroupIsInvitedInPartsAndWhoCannotComeIsNamed(t *testing.T) {
	big, gone := "", ""
	w := start(t, slackfake.Options{}, false, func(w *world) {
		var people []string
		for range 195 {
			people = append(people, w.slack.AddUser("p", "P"))
		}
		gone = w.slack.AddUser("gone", "Gone")
		w.slack.Depart(gone)
		big = w.slack.AddGroup("everybody", slices.Insert(people, 99, gone)...)
		w.set.Invite.Always = []string{big, "UNOBODY01"}
	})
	w.slack.Refuse("user_is_restricted", "conversations.invite", 1) // that of who opens it
	w.command(w.mai, w.general, "open major Search is slow")
	c := w.channel("inc-1")
	if n := len(w.slack.Members(c)); n < 195 {
		t.Errorf("%d people in the channel", n)
	}
	text := w.slack.Transcript(c)
	for _, want := range []string{"• @Mai: this person may not join such a channel (`user_is_restricted`)", "These could not be invited (of @everybody; all others were):", "• @Gone: this person or group no longer exists", "• <@UNOBODY01>: this person or group no longer exists"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("nobody reads %q:\n%s", want, text)
		}
	}
}

func TestAfterTheEndAnArchivedChannelIsLeftAlone(t *testing.T) {
	w := start(t, slackfake.Options{}, false)
	w.command(w.mai, w.general, "open minor Search is slow")
	c := w.channel("inc-1")
	w.command(w.mai, c, "closed")
	w.slack.Archive(c)
	said := len(w.spoken(w.announce))
	_, err := w.bot.Change(context.Background(), "inc-1", func(incident.Incident) ([]incident.Event, []incident.Job, error) {
		return []incident.Event{{At: w.clock.now(), Kind: incident.Renamed, Value: "Search was slow"}}, nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.settle()
	if text := w.slack.Transcript(w.announce); len(w.spoken(w.announce)) != said || !strings.Contains(text, "Search was slow") {
		t.Errorf("\n%s", text)
	}
}

func TestOnlyOneJobWritesWhatOthersUpdate(t *testing.T) {
	w := start(t, slackfake.Options{}, false)
	i, _, err := w.store.Create(context.Background(), "k", incident.Incident{Title: "x", Severity: incident.Major, State: incident.Open, DetectedAt: w.clock.now()})
	if err != nil {
		t.Fatal(err)
	}
	announce := func(t task) error {
		job := inLine(i.ID, announceLine(t.Channel), t.job("announce", jobAnnounce, w.clock.now()))
		job.Incident = i.ID
		return w.bot.begin(context.Background(), job)
	}
	// Another replica may be writing it right now.
	if err := announce(task{Channel: w.announce}); err != nil || len(w.spoken(w.announce)) != 0 {
		t.Errorf("an update writes a second announcement: %v", err)
	}
	if err := announce(task{Channel: w.announce, First: true}); err != nil || len(w.spoken(w.announce)) != 1 {
		t.Errorf("the first one writes nothing: %v", err)
	}
	if err := announce(task{Channel: w.announce}); err != nil || len(w.spoken(w.announce)) != 1 {
		t.Errorf("an update: %v", err)
	}
}

func TestSomethingThatHangsIsLookedForLater(t *testing.T) {
	w := start(t, slackfake.Options{}, false)
	w.command(w.mai, w.general, "open major Search is slow")
	c := w.channel("inc-1")
	w.slack.Fail(slackfake.Slow, "chat.postMessage", 1)
	if _, err := w.slack.Command(w.mai, c, "update one"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if _, err := w.bot.round(ctx); err != nil {
		t.Fatal(err)
	}
	w.clock.pass(lease)
	w.settle()
	if n := strings.Count(w.slack.Transcript(c), "📣"); n != 1 {
		t.Errorf("said %d times:\n%s", n, w.slack.Transcript(c))
	}
}

func TestTheBotIsCalledByNameInAThread(t *testing.T) {
	w, c := opened(t)
	thread := w.slack.Say(w.ken, c, "look here")
	for text, want := range map[string]string{"update we look into it": "Posted", "status": "*State*", "help": "Open an incident", "postmortem": "needs a form", "frobnicate": "is not a command"} {
		before := len(w.slack.Told())
		if err := w.slack.Mention(w.mai, c, thread, text); err != nil {
			t.Fatal(err)
		}
		w.settle()
		told := w.slack.Told()
		if len(told) != before+1 || !strings.Contains(told[before].Text, want) || told[before].User != w.mai || told[before].Thread != thread {
			t.Errorf("%s: %+v", text, told[before:])
		}
	}
	if e, _ := lastUpdate(w.incident("inc-1")); e.Text != "we look into it" || e.By != w.mai {
		t.Errorf("%+v", e)
	}
}

func TestSlacksCheckOfTheCertificateIsAnswered(t *testing.T) {
	w := start(t, slackfake.Options{}, false)
	h := w.bot.Receiver(slackfake.SigningSecret)
	for _, r := range []*http.Request{httptest.NewRequest(http.MethodGet, "/slack?ssl_check=1&token=x", nil), httptest.NewRequest(http.MethodPost, "/slack", strings.NewReader("ssl_check=1&token=x"))} {
		got := httptest.NewRecorder()
		h.ServeHTTP(got, r)
		if got.Code != http.StatusOK || got.Body.Len() > 0 {
			t.Errorf("%s: %d %s", r.Method, got.Code, got.Body)
		}
	}
	got := httptest.NewRecorder()
	if h.ServeHTTP(got, httptest.NewRequest(http.MethodPost, "/slack", strings.NewReader("ssl_check=1&command=%2Fincident&user_id=U1&text=open+critical+x"))); got.Code != http.StatusUnauthorized {
		t.Errorf("a command that says it is a check: %d", got.Code)
	}
}

func TestEachChannelIsToldInItsLanguage(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet, func(w *world) {
		abroad := w.slack.AddChannel("incidents-ja")
		w.set.Announce = append(w.set.Announce, abroad)
		w.set.Languages = map[string]text.Language{abroad: text.Japanese}
	})
	w.command(w.mai, w.general, "open critical Payments fail")
	if here, abroad := w.slack.Transcript(w.announce), w.slack.Transcript(w.set.Announce[1]); !strings.Contains(here, "critical") || !strings.Contains(abroad, "緊急") || !strings.Contains(abroad, "未定") || strings.Contains(abroad, "nobody yet") {
		t.Errorf("%s\n%s", here, abroad)
	}
}

func TestAPolicySaysWhoMayOpenChangeAndRead(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet, func(w *world) { w.set.MayOpen, w.set.MayChange, w.set.MayRead = w.sre, w.sre, w.sre })
	for _, text := range []string{"", "open critical x", "list", "status inc-1"} {
		if r := w.command(w.mai, w.general, text); !strings.Contains(r.Text, "Only <!subteam^"+w.sre+"> may") {
			t.Errorf("%s: %q", text, r.Text)
		}
	}
	if _, _, ok := w.slack.View(w.mai); ok {
		t.Error("a form opens")
	}
	w.command(w.ken, w.general, "open critical Payments fail")
	c := w.channel("inc-1")
	before := len(w.incident("inc-1").Timeline)
	for _, text := range []string{"note x", "update x", "update", "postmortem", "action", "lead", "merge inc-1", "redact", "done 1", "mitigated"} {
		if r := w.command(w.mai, c, text); !strings.Contains(r.Text, "Only") {
			t.Errorf("%s: %q", text, r.Text)
		}
	}
	w.click(w.mai, c, doMitigated)
	w.click(w.mai, c, doUpdate)
	ts := w.slack.Say(w.mai, c, "hello")
	if err := errors.Join(w.slack.React(w.mai, c, ts, "memo"), w.slack.Shortcut(w.mai, c, ts, shortcutNote), w.slack.Shortcut(w.mai, c, ts, shortcutOpen)); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if n := len(w.incident("inc-1").Timeline); n != before {
		t.Errorf("%d entries of somebody who may not", n-before)
	}
	if told := w.slack.Told(); !strings.Contains(told[len(told)-1].Text, "Only") {
		t.Errorf("%+v", told[len(told)-1])
	}
	if r := w.command(w.ken, c, "note x"); r.Text != "Noted." {
		t.Errorf("%q", r.Text)
	}
}

// Whoever may not ask for incidents reads of none outside of its channel, whatever the command.
func TestWhoMayNotReadReadsNothingByOtherCommands(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet, func(w *world) { w.set.MayRead = w.sre })
	w.command(w.ken, w.general, "open critical Payments fail")
	c := w.channel("inc-1")
	w.command(w.ken, c, "note we look into it")
	for _, text := range []string{"list", "status inc-1", "inc-1", "join inc-1", "redact inc-1", "done inc-1", "inc-1 redact", "postmortem inc-1", "update inc-1", "open minor Slow", ""} {
		r := w.command(w.mai, w.general, text)
		shown := r.Text + slackfake.Read(r.Text, r.Blocks)
		if id, body, ok := w.slack.View(w.mai); ok {
			shown += id + fmt.Sprint(body)
		}
		if strings.Contains(shown, "Payments") || strings.Contains(shown, "look into it") {
			t.Errorf("%s: %s", text, shown)
		}
	}
	time.Sleep(20 * time.Millisecond) // a form comes after the answer
	if _, body, ok := w.slack.View(w.mai); ok && strings.Contains(fmt.Sprint(body), "Payments") {
		t.Errorf("%v", body)
	}
	// In its channel everybody reads anyway.
	for _, text := range []string{"status", "", "redact"} {
		if r := w.command(w.mai, c, text); strings.Contains(r.Text, "Only") {
			t.Errorf("%s: %q", text, r.Text)
		}
	}
	if r := w.command(w.mai, c, "status inc-2"); !strings.Contains(r.Text, "Only") {
		t.Errorf("%q", r.Text)
	}
}

// Slack delivers an envelope again whose acknowledgement it did not hear; the form is there already.
func TestAFormThatIsThereIsNotSaidToBeMissing(t *testing.T) {
	w := start(t, slackfake.Options{}, false)
	told := len(w.slack.Told())
	w.command(w.mai, w.general, "")
	w.within(5*time.Second, "a form", func() bool { _, _, ok := w.slack.View(w.mai); return ok })
	w.slack.Refuse("exchanged_trigger_id", "views.open", 1)
	w.command(w.mai, w.general, "")
	w.within(5*time.Second, "the second call", func() bool {
		calls := w.slack.Calls()
		return calls[len(calls)-1].Outcome == "exchanged_trigger_id"
	})
	time.Sleep(20 * time.Millisecond)
	if n := len(w.slack.Told()) - told; n != 0 {
		t.Errorf("told %d times that no form opens", n)
	}
}

// Slack is broken, and says so for hours: people are called after half a minute, once, and invited when there
// is a channel after all.
func TestPeopleAreCalledWhileAChannelIsStillTried(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet)
	w.slack.Fail(slackfake.Broken, "conversations.create", -1)
	w.command(w.mai, w.general, "open critical Search is slow")
	seconds := func(n int) {
		for range n {
			w.clock.pass(time.Second)
			w.settle()
		}
	}
	called := func() (n int) {
		for _, m := range w.slack.Messages(w.announce) {
			if slices.Contains(m.Notified, "!subteam^"+w.sre) && slices.Contains(m.Notified, "@"+w.mai) {
				n++
			}
		}
		return n
	}
	seconds(10)
	if called() != 0 {
		t.Error("called at once")
	}
	seconds(80)
	if called() != 1 {
		t.Errorf("called %d times:\n%s", called(), w.slack.Transcript(w.announce))
	}
	w.slack.Heal()
	w.pass(10 * time.Minute)
	if c := w.channel("inc-1"); called() != 1 || !slices.Contains(w.slack.Members(c), w.ken) || !strings.Contains(w.slack.Transcript(w.announce), "#inc-") {
		t.Errorf("%s", w.slack.Transcript(w.announce))
	}
}
