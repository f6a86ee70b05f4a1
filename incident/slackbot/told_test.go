package slackbot

import (
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/fakes/slackfake"
)

// since are those who were told something alone since there were n of them.
func (w *world) since(n int) string {
	var all []string
	for _, told := range w.slack.Told()[n:] {
		all = append(all, told.User+": "+told.Text)
	}
	return strings.Join(all, "\n")
}

// Slack tells of an edited mention as of a new one.
func TestAnEditedMentionIsDoneOnce(t *testing.T) {
	w, c := opened(t)
	notes := func() (n int) {
		for _, e := range w.incident("inc-1").Timeline {
			if e.By == w.mai && e.Kind == incident.Noted && e.ID != "opened" {
				n++
			}
		}
		return n
	}
	bot := "<@" + slackfake.BotUser + ">"
	ts := w.slack.Post(w.mai, c, slackfake.Message{})
	for _, step := range []struct {
		text, told string
		notes      int
	}{
		{bot + " nota errors fall", "is not a command", 0},
		{bot + " note errors fall", "Noted.", 1},
		{bot + " note errors fall", "", 1}, // a link was unfurled
		{"<@" + w.ken + "> see: " + bot + " note errors rise", "edited", 1},
	} {
		before := len(w.slack.Told())
		if err := w.slack.Edit(w.mai, c, ts, step.text); err != nil {
			t.Fatal(err)
		}
		w.settle()
		if told := w.since(before); notes() != step.notes || (told == "") != (step.told == "") || !strings.Contains(told, step.told) {
			t.Errorf("%s: %d notes, %q", step.text, notes(), told)
		}
	}
	if err := w.slack.Edit(w.mai, c, w.slack.Post(w.mai, c, slackfake.Message{}), "<@"+w.ken+"> see: "+bot+" note errors rise"); err != nil {
		t.Fatal(err)
	}
	if w.settle(); notes() != 2 {
		t.Errorf("%d notes", notes())
	}
}

// What cannot be said in a channel is said in a direct message.
func TestWhoeverCannotBeToldInAChannelIsToldAlone(t *testing.T) {
	w, c := opened(t)
	before := len(w.slack.Told())
	if err := w.slack.Shortcut(w.mai, w.general, w.slack.Say(w.mai, w.general, "hello"), shortcutNote); err != nil {
		t.Fatal(err)
	}
	if w.settle(); !strings.Contains(w.since(before), w.mai+": This works in an incident's channel.") {
		t.Errorf("%q", w.since(before))
	}
	w.slack.Archive(c)
	before = len(w.slack.Told())
	w.command(w.sato, w.general, "join inc-1")
	if told := w.since(before); !strings.Contains(told, w.sato+": ⚠️ These could not be invited") || !strings.Contains(told, "archived") {
		t.Errorf("%q", told)
	}
	if shown := w.slack.Transcript(w.announce); strings.Contains(shown, "These could not be invited") {
		t.Errorf("everybody is told:\n%s", shown)
	}
}

func TestWhereThereIsNoChannelNobodyIsInvited(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet)
	w.slack.Refuse("restricted_action", "conversations.create", -1)
	w.command(w.mai, w.general, "open major Search is slow")
	if r := w.command(w.sato, w.general, "join inc-1"); !strings.Contains(r.Text, "no channel to join") {
		t.Errorf("%q", r.Text)
	}
}

func TestAReactionMayHaveASkinToneAndADeletedMessageIsNone(t *testing.T) {
	w, c := opened(t, func(w *world) { w.set.Emoji = "raised_hand" })
	has := func(part string) bool {
		for _, e := range w.incident("inc-1").Timeline {
			if strings.Contains(e.Text, part) {
				return true
			}
		}
		return false
	}
	deleted := w.slack.Post(w.ken, c, slackfake.Message{Subtype: "tombstone", Text: "This message was deleted."})
	for _, ts := range []string{w.slack.Say(w.ken, c, "errors fall"), deleted} {
		if err := w.slack.React(w.mai, c, ts, "raised_hand::skin-tone-3"); err != nil {
			t.Fatal(err)
		}
	}
	before := len(w.slack.Told())
	if w.settle(); !has("errors fall") || has("deleted") || !strings.Contains(w.since(before), "no longer exists") {
		t.Errorf("%+v, %q", w.incident("inc-1").Timeline, w.since(before))
	}
}

func TestTheBotComesBackToAChannelOutOfWhichItWasTaken(t *testing.T) {
	w, c := opened(t)
	w.slack.Remove(c, slackfake.BotUser)
	w.slack.Remove(w.announce, slackfake.BotUser)
	w.command(w.mai, c, "update errors fall")
	for _, channel := range []string{c, w.announce} {
		if shown := w.slack.Transcript(channel); !strings.Contains(shown, "errors fall") || strings.Contains(shown, "could not") {
			t.Errorf("%s", shown)
		}
	}
}

// Somebody archives the channel of an Incident that goes on: what is said and asked for stands where Incidents are
// announced, again and again, as it would in the channel.
func TestWhatIsSaidOutlivesTheChannel(t *testing.T) {
	w := start(t, slackfake.Options{}, false)
	w.command(w.mai, w.general, "open critical Payments fail")
	w.slack.Archive(w.channel("inc-1"))
	w.pass(2 * time.Hour)
	w.command(w.mai, w.general, "inc-1 update half of the carts work")
	said := strings.Join(w.spoken(w.announce), "\n")
	for want, n := range map[string]int{"Nobody is in command": maxCalls, "No status for": 4, "> half of the carts work\ninc-1 · Payments fail": 1} {
		if got := strings.Count(said, want); got != n {
			t.Errorf("%q %d times, want %d:\n%s", want, got, n, said)
		}
	}
	w.command(w.mai, w.general, "inc-1 resolved")
	asked := func() int { return strings.Count(strings.Join(w.spoken(w.announce), "\n"), "postmortem still lacks") }
	w.pass(maxCalls*w.set.PostmortemWithin + time.Hour)
	if asked() != maxCalls {
		t.Errorf("asked for the postmortem %d times", asked())
	}
	if w.pass(3 * week); asked() != maxCalls+3 {
		t.Errorf("asked for the postmortem %d times after three weeks more", asked())
	}
}

// Where there is neither a channel nor one for announcements, and where the Incident is private, those concerned are
// told alone: everybody whom Slack lets the bot write to, and later where it lets it write to nobody yet.
func TestThoseConcernedAreToldAlone(t *testing.T) {
	for name, open := range map[string]string{"nothing is announced": "open critical Payments fail", "private": "open private critical Payments fail"} {
		t.Run(name, func(t *testing.T) {
			w := start(t, slackfake.Options{}, false, quiet, func(w *world) {
				if w.set.Announce = nil; name == "private" {
					w.set.Announce = []string{w.announce}
				}
			})
			w.slack.Refuse("restricted_action", "conversations.create", -1)
			w.slack.Refuse("messages_tab_disabled", "chat.postMessage", -1)
			w.slack.Depart(w.ken)
			w.command(w.mai, w.general, open)
			w.pass(time.Hour)
			w.slack.Heal()
			w.pass(10 * time.Minute)
			w.command(w.mai, w.general, "inc-1 update half of the carts work")
			for _, want := range []string{"Concerned: <!subteam", "half of the carts work"} {
				for _, who := range []string{w.mai, w.yuki} {
					n := 0
					for _, told := range w.slack.Told() {
						if told.User == who && strings.Contains(told.Text, want) {
							n++
						}
					}
					if n != 1 {
						t.Errorf("%s is told %q %d times: %v", who, want, n, w.slack.Told())
					}
				}
			}
			if said := w.spoken(w.announce); name == "private" && len(said) > 0 {
				t.Errorf("in public: %q", said)
			}
		})
	}
}

// A message that is noted again is in the timeline as it was; nobody is told that it is there where it is not.
func TestAMessageThatIsNotedAgain(t *testing.T) {
	w, c := opened(t)
	again := func(ts string) string {
		before := len(w.slack.Told())
		if err := w.slack.Shortcut(w.ken, c, ts, shortcutNote); err != nil {
			t.Fatal(err)
		}
		w.settle()
		byShortcut := w.since(before)
		if err := w.slack.React(w.ken, c, ts, "memo"); err != nil {
			t.Fatal(err)
		}
		w.settle()
		return byShortcut + " | " + strings.TrimPrefix(w.since(before), byShortcut)
	}
	ts := w.slack.Say(w.mai, c, "card 4111 fails")
	if said := again(ts); !strings.Contains(said, "Added to the timeline. | ") {
		t.Errorf("%q", said)
	}
	if err := w.slack.Edit(w.mai, c, ts, "card 4111 of Mr Sato fails"); err != nil {
		t.Fatal(err)
	}
	if said := again(ts); strings.Count(said, "as it was when it was first added") != 2 {
		t.Errorf("edited: %q", said)
	}
	w.command(w.mai, c, "redact "+hash("message:"+c+":"+ts)+" a card's number")
	if said := again(ts); strings.Count(said, "removed from the timeline") != 2 {
		t.Errorf("taken out: %q", said)
	}
}

// Whoever leaves the command leaves it to somebody: it is asked for as at the beginning.
func TestACommandThatIsLeftIsAskedForAgain(t *testing.T) {
	w := start(t, slackfake.Options{}, false, func(w *world) { w.set.UpdateEvery = nil })
	w.command(w.mai, w.general, "open critical Payments fail")
	c := w.channel("inc-1")
	asked := func() int { return strings.Count(strings.Join(w.spoken(c), "\n"), "Nobody is in command") }
	w.pass(6 * time.Minute)
	for n := range 2 {
		w.command(w.mai, c, "lead")
		before := asked()
		w.pass(10 * time.Minute)
		w.command(w.mai, c, "role commander -")
		if w.pass(4 * time.Minute); asked() != before {
			t.Errorf("%d: asked at once", n)
		}
		if w.pass(11 * time.Minute); asked() != before+3 {
			t.Errorf("%d: asked %d times more", n, asked()-before)
		}
	}
}

// Slack may deliver something again when all is over.
func TestWhatIsDeliveredLateOpensNoSecondIncident(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet)
	for range 2 {
		m := mention{event: "Ev1", user: w.mai, channel: w.general, text: "<@" + slackfake.BotUser + "> open minor Cart fails", ts: "1795323900.000001"}
		if err := w.bot.mentioned(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.command(w.mai, w.general, "inc-1 closed")
	}
	if _, err := w.store.Incident(t.Context(), "inc-2"); err == nil {
		t.Error("a second one")
	}
}

// How long a message may be in all Slack does not say: one whose blocks it refuses is told without.
func TestWhatSlackTakesNoBlocksOfIsToldAllTheSame(t *testing.T) {
	w, c := opened(t)
	w.slack.Refuse("msg_blocks_too_long", "chat.postMessage", 1)
	w.command(w.ken, c, "update half of the carts work")
	if said := strings.Join(w.spoken(c), "\n"); strings.Count(said, "> half of the carts work") != 1 || strings.Contains(said, "could not") {
		t.Error(said)
	}
}
