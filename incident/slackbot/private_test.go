package slackbot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/fakes/slackfake"
)

// secret opens a private incident by command, and gives what its readers may not see.
func secret(t *testing.T, options ...func(*world)) *world {
	t.Helper()
	w := start(t, slackfake.Options{}, false, append(options, quiet)...)
	return w
}

func TestAPrivateIncidentHasAPrivateChannelAndNoAnnouncement(t *testing.T) {
	w := secret(t)
	if r := w.command(w.mai, w.general, "open 非公開 緊急 Customer keys leak"); !strings.Contains(r.Text, "inc-1") {
		t.Fatalf("%q", r.Text)
	}
	c := w.channel("inc-1")
	w.command(w.mai, c, "update we revoke the keys")
	w.command(w.mai, c, "scope a-1")
	if !w.slack.IsPrivate(c) || strings.Contains(w.slack.Transcript(w.announce)+w.slack.Transcript(w.general), "keys") {
		t.Errorf("%s", w.slack.Transcript(w.announce))
	}
	if text := w.slack.Transcript(c); !strings.Contains(text, "🔒 *Private*") || !strings.Contains(text, "we revoke the keys") {
		t.Errorf("%s", text)
	}
	// Ken is of @sre, which is called in; Sato owns a-1; somebody else is in nothing.
	other := w.slack.AddUser("other", "Other")
	for _, text := range []string{"list", "status inc-1", "join inc-1", "inc-1 update hello", "note inc-1 hello", "merge inc-1"} {
		r := w.command(other, w.general, text)
		if strings.Contains(r.Text+slackfake.Read(r.Text, r.Blocks), "keys") || text != "list" && !strings.Contains(r.Text, "no incident inc-1") && !strings.Contains(r.Text, "no incident ") {
			t.Errorf("%s: %q", text, r.Text)
		}
	}
	if r := w.command(w.sato, w.general, "status inc-1"); !strings.Contains(slackfake.Read(r.Text, r.Blocks), "keys leak") {
		t.Errorf("who is called in: %q", r.Text)
	}
	if r := w.command(w.mai, w.general, "list"); !strings.Contains(r.Text, "keys leak") {
		t.Errorf("who has opened it: %q", r.Text)
	}
	// The gate hears that it is; nobody else hears what.
	i, err := Named{From: w.store, Notes: w.store}.Incident(context.Background(), "inc-1")
	if shown := fmt.Sprintf("%+v", i); err != nil || strings.Contains(shown, "keys") || strings.Contains(shown, "Mai") || i.Severity != "critical" || len(i.Scope.ShopSets) != 1 || i.Link != "" {
		t.Errorf("%s, %v", shown, err)
	}
	w.command(w.mai, w.general, "open minor Slow")
	if r := w.command(w.mai, w.channel("inc-2"), "merge inc-1"); !strings.Contains(r.Text, "is private") {
		t.Errorf("%q", r.Text)
	}
}

// Without the scope, or where the workspace forbids it, there is no channel at all.
func TestAPrivateIncidentNeverGetsAPublicChannel(t *testing.T) {
	w := secret(t, func(w *world) { w.set.Invite.Always = []string{w.yuki} })
	w.slack.Refuse("missing_scope", "conversations.create", -1)
	w.command(w.mai, w.general, "open private critical Customer keys leak")
	_, names := w.slack.Channels()
	for _, name := range names {
		if strings.HasPrefix(name, "inc-") {
			t.Errorf("channel %s", name)
		}
	}
	told := map[string]int{}
	for _, one := range w.slack.Told() {
		if strings.Contains(one.Text, "No channel could be created") {
			told[one.User]++
		}
	}
	if told[w.mai] != 1 || told[w.yuki] != 1 || told[w.ken] != 1 || strings.Contains(w.slack.Transcript(w.announce), "No channel") {
		t.Errorf("%v\n%s", told, w.slack.Transcript(w.announce))
	}
	w.command(w.mai, w.general, "inc-1 update we revoke the keys")
	if strings.Contains(w.slack.Transcript(w.announce), "keys") {
		t.Error("it is announced")
	}
}

func TestAPrivateIncidentIsOpenedFromTheForm(t *testing.T) {
	w := secret(t)
	w.command(w.mai, w.general, "")
	if wrong := w.fill(w.mai, map[string]any{"title": "Keys leak", "severity": "major", "private": []string{"private"}}); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	if c := w.channel("inc-1"); !w.slack.IsPrivate(c) || strings.Contains(w.slack.Transcript(w.announce), "Keys") {
		t.Error("it is public")
	}
}

// A public incident is a part of a private one: who may not know that one gets in by no chain.
func TestNobodyGetsIntoAPrivateIncidentByAPartOfIt(t *testing.T) {
	for name, test := range map[string]struct{ in, say string }{
		"a duplicate of the part":      {"inc-3", "duplicate inc-2"},
		"merged in the part's channel": {"inc-2", "merge inc-3"},
		"from anywhere":                {"", "inc-2 merge inc-3"},
	} {
		for _, early := range []bool{false, true} { // said before the part was one
			t.Run(fmt.Sprint(name, " ", early), func(t *testing.T) {
				w := secret(t)
				other := w.slack.AddUser("other", "Other")
				w.command(w.mai, w.general, "open private critical Customer keys leak")
				w.command(w.mai, w.general, "open major Cart fails")
				w.command(other, w.general, "open minor Slow")
				where, c := w.general, w.channel("inc-1")
				if test.in != "" {
					where = w.channel(test.in)
				}
				if !early {
					w.command(w.mai, c, "merge inc-2")
				}
				r := ""
				if early {
					w.say(w.mai, c, "merge inc-2")
					w.say(other, where, test.say)
				} else if r = w.say(other, where, test.say); !strings.Contains(r, "There is no incident inc-1.") {
					t.Errorf("%q", r)
				}
				w.settle()
				w.pass(2 * paceAfter)
				if i := w.incident("inc-3"); i.MergedInto != "" || !i.State.Ongoing() || slices.Contains(w.slack.Members(c), other) {
					t.Errorf("somebody got in: %+v", i)
				}
				if r := w.command(other, w.general, "status inc-1"); !strings.Contains(r.Text, "no incident inc-1") {
					t.Errorf("%q", r.Text)
				}
				if text := fmt.Sprint(w.incident("inc-1").Timeline); strings.Contains(text, other) || strings.Contains(text, "Slow") {
					t.Errorf("%s", text)
				}
				// Who may know it may do so.
				if r := w.command(w.mai, w.channel("inc-3"), "duplicate inc-2"); !strings.Contains(r.Text, "Merging inc-3 into inc-1") || w.incident("inc-3").MergedInto != "inc-1" {
					t.Errorf("%q", r.Text)
				}
			})
		}
	}
}

// A user group that is called in knows of it wherever its members are, also when it would not be called any more.
func TestWhoIsCalledInByAGroupKnowsAPrivateIncident(t *testing.T) {
	w := secret(t, func(w *world) {
		w.set.Invite.ShopSets["b-2"] = []string{w.slack.AddGroup("owners", w.sato)}
		w.set.Invite.ShopSets["a-1"] = nil
	})
	other := w.slack.AddUser("other", "Other")
	w.command(w.mai, w.general, "open private critical Customer keys leak")
	knows := func(user string) bool {
		t.Helper()
		r, list := w.command(user, w.general, "status inc-1"), w.command(user, w.general, "list")
		shown := strings.Contains(slackfake.Read(r.Text, r.Blocks), "keys leak")
		if listed := strings.Contains(list.Text, "keys leak"); listed != shown || !shown && !strings.Contains(r.Text, "There is no incident inc-1.") {
			t.Errorf("%q, %q", r.Text, list.Text)
		}
		return shown
	}
	if !knows(w.ken) || !knows(w.yuki) || knows(w.sato) || knows(other) {
		t.Error("of @sre ken and yuki were called in, and nobody else")
	}
	c := w.channel("inc-1")
	w.command(w.mai, c, "scope b-2")
	w.command(w.mai, c, "severity minor")
	w.command(w.mai, c, "scope unknown")
	if !knows(w.ken) || !knows(w.sato) || knows(other) {
		t.Error("who was called in knows, whatever it is now")
	}
	asked := func() (n int) {
		for _, c := range w.slack.Calls() {
			if c.Method == "usergroups.users.list" {
				n++
			}
		}
		return n
	}
	before := asked()
	for range 5 {
		knows(w.ken)
	}
	if asked() != before {
		t.Errorf("asked %d times more", asked()-before)
	}
	// Nobody gets in where Slack does not say who is in the group.
	w.clock.pass(time.Hour)
	w.slack.Refuse("internal_error", "usergroups.users.list", -1)
	if knows(w.ken) || !knows(w.mai) {
		t.Error("whom nobody knows gets in")
	}
}

// Whom people only speak of is not in it: perhaps it is about that person.
func TestWhoIsOnlySpokenOfIsNotInAPrivateIncident(t *testing.T) {
	for _, channel := range []bool{true, false} {
		t.Run(fmt.Sprint("channel ", channel), func(t *testing.T) {
			w := secret(t)
			if !channel {
				w.slack.Refuse("missing_scope", "conversations.create", -1)
			}
			other := w.slack.AddUser("other", "Other")
			ts := w.slack.Say(other, w.general, "keys are at example.com")
			if err := w.slack.Shortcut(w.mai, w.general, ts, shortcutOpen); err != nil {
				t.Fatal(err)
			}
			if wrong := w.fill(w.mai, map[string]any{"title": "Customer keys leak", "severity": "major", "private": []string{"private"}}); len(wrong) > 0 {
				t.Fatal(wrong)
			}
			w.command(w.mai, w.general, "inc-1 note <@"+other+"|other> has done it")
			w.command(w.mai, w.general, "inc-1 update we ask <@"+other+"|other>")
			w.command(w.mai, w.general, "inc-1 action")
			if wrong := w.fill(w.mai, map[string]any{"what": "Take the rights away", "owner": other}); len(wrong) > 0 {
				t.Fatal(wrong)
			}
			w.command(w.mai, w.general, "open private minor Another one")
			for _, text := range []string{"status inc-1", "join inc-1", "inc-1 redact"} {
				if r := w.command(other, w.general, text); !strings.Contains(r.Text, "There is no incident inc-1.") {
					t.Errorf("%s: %q", text, r.Text)
				}
			}
			if r := w.command(other, w.general, "list"); strings.Contains(r.Text, "keys") {
				t.Errorf("%q", r.Text)
			}
			w.command(w.mai, w.general, "inc-2 merge inc-1")
			if w.incident("inc-1").MergedInto != "inc-2" {
				t.Error("it is not merged")
			}
			for _, one := range w.slack.Told() {
				if one.User == other && !strings.Contains(one.Text, "There is no incident") && !strings.Contains(one.Text, "No incident is ongoing") {
					t.Errorf("told %q", one.Text)
				}
			}
			if channel && (slices.Contains(w.slack.Members(w.channel("inc-1")), other) || slices.Contains(w.slack.Members(w.channel("inc-2")), other)) {
				t.Error("invited")
			}
		})
	}
}

// What is taken away is taken away where it was told to each alone, too.
func TestWhatIsTakenAwayIsGoneFromDirectMessages(t *testing.T) {
	w := secret(t)
	w.slack.Refuse("missing_scope", "conversations.create", -1)
	w.command(w.mai, w.general, "open private critical Customer keys leak")
	w.command(w.mai, w.general, "inc-1 update the key is hunter2")
	for _, who := range []string{w.mai, w.ken, w.yuki} {
		if !strings.Contains(w.slack.Transcript("D"+who), "hunter2") {
			t.Fatalf("%s is not told", who)
		}
	}
	i := w.incident("inc-1")
	w.command(w.mai, w.general, "inc-1 redact "+hash(i.Timeline[len(i.Timeline)-1].ID)+" a key")
	for _, who := range []string{w.mai, w.ken, w.yuki} {
		if text := w.slack.Transcript("D" + who); strings.Contains(text, "hunter2") || !strings.Contains(text, "This was removed") {
			t.Errorf("%s", text)
		}
	}
}

// Who was told has it, also when somebody else is on call since and the bot has begun again; and who cannot be
// reached keeps nobody else's.
func TestWhatIsTakenAwayIsGoneFromThoseWhoWereTold(t *testing.T) {
	for name, refused := range map[string]int{"all": 0, "one cannot be rewritten": 1} {
		t.Run(name, func(t *testing.T) {
			w := secret(t)
			w.slack.Refuse("missing_scope", "conversations.create", -1)
			w.command(w.mai, w.general, "open private critical Customer keys leak")
			w.command(w.mai, w.general, "inc-1 update the key is hunter2")
			has := func() (all []string) {
				for _, who := range []string{w.mai, w.ken, w.yuki} {
					if strings.Contains(w.slack.Transcript("D"+who), "hunter2") {
						all = append(all, who)
					}
				}
				return all
			}
			if told := has(); !slices.Equal(told, []string{w.mai, w.ken, w.yuki}) {
				t.Fatalf("told: %v", told)
			}
			w.set.Invite.Severity = map[incident.Severity][]string{incident.Critical: {w.sato}}
			w.set.EscalateTo = nil
			w.bot = w.replica(nil)
			w.command(w.mai, w.general, "inc-1 update all is well")
			i := w.incident("inc-1")
			w.slack.Refuse("cant_update_message", "chat.update", refused)
			w.command(w.mai, w.general, "inc-1 redact "+hash(i.Timeline[len(i.Timeline)-2].ID)+" a key")
			if text := w.slack.Transcript("D" + w.sato); strings.Contains(text, "could not remove what was redacted everywhere") != (refused > 0) {
				t.Errorf("%s", text)
			}
			if left := has(); len(left) != refused || !strings.Contains(w.slack.Transcript("D"+w.sato), "all is well") {
				t.Errorf("%v have it, want %d; who is on call now: %s", left, refused, w.slack.Transcript("D"+w.sato))
			}
		})
	}
}

// As many are told as are remembered.
func TestNobodyIsToldWhoCouldNotBeRemembered(t *testing.T) {
	w := secret(t)
	for n := range maxTold {
		if _, _, err := w.store.Remember(t.Context(), toldKey("inc-1", n), fmt.Sprint("U", n)); err != nil {
			t.Fatal(err)
		}
	}
	told, err := w.bot.told(t.Context(), "inc-1")
	if err != nil || len(told) != maxTold {
		t.Fatalf("%d, %v", len(told), err)
	}
	if _, err := w.bot.willTell(t.Context(), "inc-1", told, "U7"); err != nil {
		t.Error(err)
	}
	i := incident.Incident{ID: "inc-1", Private: true, Assigned: map[incident.Role]string{incident.Commander: w.mai}}
	err = w.bot.sayEach(t.Context(), i, "k", said("hunter2"))
	written := slices.ContainsFunc(w.slack.Calls(), func(c slackfake.Call) bool { return c.Method == "chat.postMessage" })
	if err == nil || written {
		t.Errorf("told all the same: %v", err)
	}
}

// Whoever is in a public incident is not told the channel of the private one that takes it in.
func TestAPublicPartDoesNotTellThePrivateChannel(t *testing.T) {
	w := secret(t)
	w.command(w.mai, w.general, "open private critical Customer keys leak")
	w.command(w.mai, w.general, "open minor Logins fail")
	private, public := w.channel("inc-1"), w.channel("inc-2")
	w.command(w.mai, public, "duplicate inc-1")
	if w.incident("inc-2").MergedInto != "inc-1" {
		t.Fatal("it is no part")
	}
	for _, c := range []string{public, w.announce, w.general} {
		for _, m := range w.slack.Messages(c) {
			if shown := fmt.Sprint(m.Text, m.Blocks); strings.Contains(shown, private) || strings.Contains(shown, "keys") {
				t.Errorf("%s", shown)
			}
		}
	}
	if !strings.Contains(w.slack.Transcript(public), "merged into inc-1") {
		t.Errorf("%s", w.slack.Transcript(public))
	}
}

// A channel that another organisation shares: who is of that one hears of no incident and changes none, by the bot's
// name, a button or a reaction. Those of one's own do so as everywhere.
func TestPeopleOfAnotherOrganisationAreToldNothing(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet)
	w.slack.Refuse("restricted_action", "conversations.create", 1)
	w.command(w.mai, w.general, "open critical Payments fail")
	w.command(w.mai, w.general, "open major Carts fail")
	c := w.channel("inc-2")
	guest := w.slack.AddOutsider("guest", "Guest", w.general, w.announce, c)
	told := func(who string) string {
		said := ""
		for _, one := range w.slack.Told() {
			if one.User == who {
				said = one.Text
			}
		}
		return said
	}
	for _, text := range []string{"list", "inc-1 status", "open critical Nonsense", "inc-1 closed"} {
		if err := w.slack.Mention(guest, w.announce, "", text); err != nil {
			t.Fatal(err)
		}
		w.settle()
		if said := told(guest); !strings.HasPrefix(said, "Only people of the organisation") {
			t.Errorf("%s: %q", text, said)
		}
	}
	if err := w.slack.Mention(w.ken, w.announce, "", "list"); err != nil {
		t.Fatal(err)
	}
	if w.settle(); !strings.Contains(told(w.ken), "Payments fail") {
		t.Errorf("%q", told(w.ken))
	}
	before := len(w.incident("inc-2").Timeline)
	if err := w.slack.React(guest, c, w.slack.Say(w.ken, c, "a secret"), "memo"); err != nil {
		t.Fatal(err)
	}
	if err := w.slack.Click(guest, c, w.slack.Pinned(c)[0], doLead); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if i := w.incident("inc-2"); len(i.Timeline) != before || len(i.Assigned) > 0 {
		t.Errorf("%+v", i)
	}
	if _, err := w.store.Incident(t.Context(), "inc-3"); err == nil || w.incident("inc-1").State != incident.Open {
		t.Error("an outsider opens or closes incidents")
	}
}
