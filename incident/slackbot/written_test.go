package slackbot

import (
	"slices"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/fakes/slackfake"
)

// list is JSON's list of objects.
type list = []map[string]any

// What other apps write stands in attachments and blocks, and a picture has no text at all.
func TestAMessageOfAnyShapeGoesIntoTheTimelineWithItsLink(t *testing.T) {
	text := func(s string) map[string]any { return map[string]any{"type": "mrkdwn", "text": s} }
	for name, one := range map[string]struct {
		m     slackfake.Message
		wants []string
	}{
		"Alertmanager's": {slackfake.Message{BotID: "BALERT", Subtype: "bot_message", Attachments: list{{"fallback": "[FIRING:1] cart", "title": "[FIRING:1] cart burns", "title_link": "https://am.example/#/alerts",
			"text": "a-1 burns its budget", "fields": list{{"title": "tier", "value": "prod", "short": true}}}}},
			[]string{"[FIRING:1] cart burns https://am.example/#/alerts", "a-1 burns its budget", "tier: prod"}},
		"an attachment with a fallback alone": {slackfake.Message{BotID: "B1", Attachments: list{{"fallback": "disk is full"}}}, []string{"disk is full"}},
		"blocks": {slackfake.Message{BotID: "B1", Text: "a notification", Blocks: list{{"type": "section", "text": text("*cart* is down &amp; out")},
			{"type": "actions", "elements": list{{"type": "button_of_2031", "text": map[string]any{"type": "plain_text", "text": "Ack"}}}}}}, []string{"*cart* is down & out"}},
		"blocks that nobody knows": {slackfake.Message{BotID: "B1", Blocks: list{{"type": "card_of_2031", "title": text("Deploy failed"), "elements": []any{map[string]any{"type": "x", "text": "at step 3"}}}}},
			[]string{"Deploy failed", "at step 3"}},
		"rich text": {slackfake.Message{BotID: "B1", Blocks: list{{"type": "rich_text", "elements": []any{map[string]any{"type": "rich_text_section", "elements": []any{
			map[string]any{"type": "text", "text": "see "}, map[string]any{"type": "link", "url": "https://example.com/x", "text": "this"}}}}}}}, []string{"see this https://example.com/x"}},
		"a picture": {slackfake.Message{Subtype: "file_share", Files: list{{"name": "graph.png", "title": "graph.png", "permalink": "https://fake.slack.example/files/F1/graph.png"}}},
			[]string{"📎 graph.png https://fake.slack.example/files/F1/graph.png"}},
		"a forwarded message":  {slackfake.Message{Attachments: list{{"is_share": true, "text": "from elsewhere", "from_url": "https://fake.slack.example/archives/C1/p1"}}}, []string{"from elsewhere", "https://fake.slack.example/archives/C1/p1"}},
		"a picture with words": {slackfake.Message{Text: "見てください", Subtype: "file_share", Files: list{{"name": "g.png"}}}, []string{"見てください", "📎 g.png"}},
	} {
		for _, how := range []string{"reaction", "shortcut", "reaction in a thread"} {
			t.Run(name+" by "+how, func(t *testing.T) {
				w, c := opened(t)
				m := one.m
				if strings.HasSuffix(how, "thread") {
					m.ThreadTS = w.slack.Say(w.ken, c, "look")
				}
				ts := w.slack.Post(w.ken, c, m)
				if how == "shortcut" {
					if err := w.slack.Shortcut(w.mai, c, ts, shortcutNote); err != nil {
						t.Fatal(err)
					}
				} else if err := w.slack.React(w.mai, c, ts, "memo"); err != nil {
					t.Fatal(err)
				}
				w.settle()
				timeline := w.incident("inc-1").Timeline
				e := timeline[len(timeline)-1]
				for _, want := range one.wants {
					if !strings.Contains(e.Text, want) {
						t.Errorf("the entry lacks %q: %q", want, e.Text)
					}
				}
				if strings.Contains(e.Text, "Ack") || !strings.HasPrefix(e.Link, "https://fake.slack.example/archives/"+c+"/p"+strings.ReplaceAll(ts, ".", "")) {
					t.Errorf("%+v", e)
				}
			})
		}
	}
}

func TestNothingIsSaidToBeRecordedWhereNothingWas(t *testing.T) {
	w, c := opened(t)
	told := func() string {
		all := w.slack.Told()
		return all[len(all)-1].Text
	}
	before := len(w.incident("inc-1").Timeline)
	for name, m := range map[string]slackfake.Message{"empty": {}, "a file that was deleted": {Files: list{{"name": "x", "mode": "tombstone"}}}, "buttons": {BotID: "B1", Blocks: list{{"type": "actions", "elements": list{}}}}} {
		ts := w.slack.Post(w.ken, c, m)
		if err := w.slack.Shortcut(w.mai, c, ts, shortcutNote); err != nil {
			t.Fatal(err)
		}
		w.settle()
		if !strings.Contains(told(), "nothing was added to the timeline") {
			t.Errorf("%s: %q", name, told())
		}
		if err := w.slack.React(w.mai, c, ts, "memo"); err != nil {
			t.Fatal(err)
		}
		w.settle()
		if !strings.Contains(told(), "nothing was added to the timeline") {
			t.Errorf("%s by reaction: %q", name, told())
		}
	}
	if n := len(w.incident("inc-1").Timeline); n != before {
		t.Errorf("%d entries of nothing", n-before)
	}
}

// Another app's block stands in the channel that the bot looks through.
func TestABlockThatNobodyKnowsStopsNothing(t *testing.T) {
	w, c := opened(t)
	ts := w.slack.Post("", c, slackfake.Message{BotID: "B1", Text: "x", Blocks: list{{"type": "actions", "elements": list{{"type": "button_of_2031", "action_id": "a"}}}}})
	w.slack.Fail(slackfake.DropAfterWrite, "chat.postMessage", 1)
	w.command(w.mai, c, "update one")
	w.clock.pass(firstPause)
	w.settle()
	if n := strings.Count(strings.Join(w.spoken(c), "\n"), "> one"); n != 1 {
		t.Errorf("said %d times", n)
	}
	if err := w.slack.Shortcut(w.mai, c, ts, shortcutOpen); err != nil {
		t.Error(err)
	}
}

// What people write calls nobody whom they did not choose from Slack's list.
func TestWhatStandsInATextCallsNobody(t *testing.T) {
	w, c := opened(t)
	w.command(w.mai, c, "update @channel @here #general is down, see @sre and https://example.com/a")
	for _, m := range w.slack.Messages(c) {
		if m.BotID != "" && slices.ContainsFunc(m.Notified, func(who string) bool { return strings.HasPrefix(who, "!here") || strings.HasPrefix(who, "!channel") }) {
			t.Errorf("%q calls %q", m.Text, m.Notified)
		}
	}
	e, _ := lastUpdate(w.incident("inc-1"))
	if !strings.Contains(e.Text, "https://example.com/a") || !strings.Contains(e.Text, "#general") || strings.Contains(e.Text, "<") {
		t.Errorf("%q", e.Text)
	}
}

// Slack makes a link of what merely looks like one.
func TestWhatLooksLikeAnAddressIsKeptAsTyped(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet)
	w.command(w.mai, w.general, "open major shop.example.com is down, ask ops@example.com, see https://example.com/x")
	if i := w.incident("inc-1"); i.Title != "shop.example.com is down, ask ops@example.com, see https://example.com/x" {
		t.Errorf("%q", i.Title)
	}
}

func TestAFormThatChangesNothingSaysWhy(t *testing.T) {
	w, c := opened(t)
	w.command(w.mai, c, "update")
	if wrong := w.fill(w.mai, map[string]any{"text": " \n "}); wrong["text"] == "" {
		t.Error("a status of nothing is taken")
	}
}

// What an incident publishes of a message is seen and may be changed before.
func TestTheFormShowsWhatItPublishes(t *testing.T) {
	for name, test := range map[string]struct {
		values map[string]any
		want   string
	}{
		"as it is": {nil, "password is hunter2, cart is down"}, "changed": {map[string]any{"note": "cart is down"}, "cart is down"}, "emptied": {map[string]any{"title": "Cart", "note": ""}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, slackfake.Options{}, false, quiet)
			ts := w.slack.Say(w.ken, w.general, "password is hunter2, cart is down")
			if err := w.slack.Shortcut(w.mai, w.general, ts, shortcutOpen); err != nil {
				t.Fatal(err)
			}
			if wrong := w.fill(w.mai, test.values); len(wrong) > 0 {
				t.Fatal(wrong)
			}
			timeline := w.incident("inc-1").Timeline
			got := ""
			for _, e := range timeline {
				if e.ID == "opened:from" {
					got = e.Text
					if e.By != w.ken || !strings.Contains(e.Link, "/archives/"+w.general+"/p") {
						t.Errorf("%+v", e)
					}
				}
			}
			if got != test.want {
				t.Errorf("%q", got)
			}
		})
	}
}
