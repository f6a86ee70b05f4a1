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

// An action is asked for until it is done, also when it has no date and its incident is long over.
func TestActionsAreKeptUntilTheyAreDone(t *testing.T) {
	w, c := opened(t)
	for _, values := range []map[string]any{{"what": "Add an index", "owner": w.ken, "due": "2026-11-25"}, {"what": "Watch retries"}} {
		w.command(w.mai, c, "action")
		if wrong := w.fill(w.mai, values); len(wrong) > 0 {
			t.Fatal(wrong)
		}
	}
	w.command(w.mai, c, "severity minor")
	w.command(w.mai, c, "closed")
	w.slack.Archive(c)
	days := func(n int) {
		for range n * 4 {
			w.clock.pass(6 * time.Hour)
			w.settle()
		}
	}
	said := func(part string) (n int, last slackfake.Message) {
		for _, m := range w.slack.Messages(w.announce) {
			if strings.Contains(m.Text, part) {
				n, last = n+1, m
			}
		}
		return n, last
	}
	days(9) // to 1 December
	if n, _ := said("that are due today"); n != 1 {
		t.Errorf("due: told %d times", n)
	}
	if n, m := said("without a due date"); n != 1 || !strings.Contains(m.Text, "2. Watch retries") {
		t.Errorf("without a date: told %d times: %s", n, m.Text)
	}
	days(9) // to 10 December
	n, m := said("Overdue for 7 days")
	if n != 1 || !slices.Contains(m.Notified, "!subteam^"+w.sre) || !slices.Contains(m.Notified, "@"+w.ken) {
		t.Errorf("a week later: told %d times, to %v", n, m.Notified)
	}
	if err := w.slack.Click(w.ken, w.announce, m.TS, doDone+":1"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if a := w.incident("inc-1").Postmortem.Actions; a[0].DoneAt.IsZero() || !a[1].DoneAt.IsZero() {
		t.Errorf("%+v", a)
	}
	days(15)
	if n, _ := said("Overdue"); n != 2 {
		t.Errorf("it is done, and told %d times", n)
	}
	if n, _ := said("without a due date"); n < 3 {
		t.Errorf("without a date: told %d times in a month", n)
	}
	if r := w.command(w.mai, w.general, "done inc-1"); !strings.Contains(r.Text, "2. Watch retries") || strings.Contains(r.Text, "Add an index") {
		t.Errorf("%q", r.Text)
	}
	if r := w.command(w.mai, w.general, "done inc-1 7"); !strings.Contains(r.Text, "no such action") {
		t.Errorf("%q", r.Text)
	}
	if r := w.command(w.mai, w.general, "inc-1 done 2"); !strings.Contains(r.Text, "Done: Watch retries") {
		t.Errorf("%q", r.Text)
	}
	all, err := w.store.Incidents(context.Background(), time.Time{})
	if s := incident.Summarize(all, w.clock.now()); err != nil || len(s.OpenActions) != 0 {
		t.Errorf("%+v, %v", s.OpenActions, err)
	}
	before, _ := said("")
	days(20)
	if after, _ := said(""); after != before {
		t.Errorf("%d reminders of what is done", after-before)
	}
}

// A number may have another meaning when somebody presses an old button.
func TestAnOldButtonMarksNothingElse(t *testing.T) {
	s := Settings{}
	i := incident.Incident{ID: "inc-1", Postmortem: &incident.Postmortem{Actions: []incident.Action{{What: "another"}}}}
	if _, _, err := s.decide(i, act{ID: "x", Verb: "done", Rest: "1 " + hash("what it was"), At: noon}); err == nil {
		t.Error("it is taken")
	}
	if events, _, err := s.decide(i, act{ID: "x", Verb: "done", Rest: "1 " + hash("another"), At: noon}); err != nil || len(events) != 1 {
		t.Errorf("%v, %v", events, err)
	}
}

func TestAnEntryIsTakenAwayEverywhereAndThatIsKept(t *testing.T) {
	w, c := opened(t)
	w.command(w.mai, c, "update the password is hunter2")
	w.command(w.ken, c, "note nothing secret")
	listed := w.command(w.ken, c, "redact").Text
	at := strings.Index(listed, "the password")
	if at < 0 {
		t.Fatalf("%q", listed)
	}
	line := listed[:at]
	name := line[strings.LastIndex(line[:strings.LastIndex(line, "`")], "`")+1 : strings.LastIndex(line, "`")]
	if r := w.command(w.ken, c, "redact 00000000"); !strings.Contains(r.Text, "no such entry") {
		t.Errorf("%q", r.Text)
	}
	if r := w.command(w.ken, c, "redact "+name+" a password"); !strings.Contains(r.Text, "Removed from the timeline") {
		t.Errorf("%q", r.Text)
	}
	w.pass(time.Minute)
	for _, channel := range []string{c, w.announce} {
		if shown := w.slack.Transcript(channel); strings.Contains(shown, "hunter2") {
			t.Errorf("it is still there:\n%s", shown)
		}
	}
	i := w.incident("inc-1")
	if _, ok := lastUpdate(i); ok || !slices.ContainsFunc(i.Timeline, func(e incident.Event) bool { return e.Redacted && e.By == w.mai && e.Text == "" }) ||
		!slices.ContainsFunc(i.Timeline, func(e incident.Event) bool {
			return e.Kind == incident.Redacted && e.By == w.ken && e.Text == "a password"
		}) {
		t.Errorf("%+v", i.Timeline)
	}
	if !strings.Contains(w.slack.Transcript(c), "an entry was removed") {
		t.Error("nobody reads that")
	}
}

// Whoever was away for weeks is told of each day once, and how late it is; what becomes due again
// after all was done is told too.
func TestWhatWasMissedIsRemindedOfOnce(t *testing.T) {
	w, c := opened(t)
	add := func(what string) {
		t.Helper()
		w.command(w.mai, c, "action")
		if wrong := w.fill(w.mai, map[string]any{"what": what, "due": "2026-11-25"}); len(wrong) > 0 {
			t.Fatal(wrong)
		}
	}
	reminders := func() (all []string) {
		for _, m := range w.slack.Messages(c) {
			if strings.Contains(m.Text, "due today") || strings.Contains(m.Text, "Overdue") {
				all = append(all, m.Text)
			}
		}
		return all
	}
	add("Add an index")
	w.clock.pass(60 * day) // nobody runs the bot
	w.settle()
	if all := reminders(); len(all) != 1 || !strings.Contains(all[0], "Overdue for 57 days") {
		t.Errorf("%q", all)
	}
	w.command(w.mai, c, "done 1")
	w.clock.pass(30 * day)
	w.settle()
	add("Watch retries")
	w.settle()
	before := len(reminders())
	for range 7 {
		w.clock.pass(day)
		w.settle()
	}
	if all := reminders(); before != 1 || len(all) != 2 || !strings.Contains(all[1], "Overdue for 91 days") || !strings.Contains(all[1], "Watch retries") {
		t.Errorf("%d, then %q", before, all)
	}
}

// The message that says what fires is the bot's too.
func TestAnAlertIsTakenAwayFromTheFirstMessageToo(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet, pages)
	n := group("g1", "severity", "page")
	n.Alerts[0].Annotations = map[string]string{"summary": "login as hunter2 fails", "description": "hunter2 is the password"}
	w.fires(w.bot, n)
	w.settle()
	c := w.channel("inc-1")
	for _, e := range w.incident("inc-1").Timeline {
		if strings.Contains(e.Text, "hunter2") {
			if r := w.command(w.ken, c, "redact "+hash(e.ID)); !strings.Contains(r.Text, "The title contains it too") {
				t.Errorf("%q", r.Text)
			}
		}
	}
	w.command(w.ken, c, "title Logins fail")
	w.pass(time.Minute)
	for _, m := range w.slack.Messages(c) {
		if shown := slackfake.Read(m.Text, m.Blocks); m.BotID != "" && strings.Contains(shown, "hunter2") {
			t.Errorf("it is still there: %s", shown)
		}
	}
}

// What is long or many is listed to its end.
func TestListsAreGivenToTheirEnd(t *testing.T) {
	w, c := opened(t)
	for n := range 2*maxRedactable + 3 {
		w.command(w.ken, c, fmt.Sprintf("note entry %02d", n))
	}
	seen := map[string]bool{}
	for _, page := range []string{"", " 2", " ３"} {
		said := w.command(w.ken, c, "redact"+page).Text
		for n := range 2*maxRedactable + 3 {
			if text := fmt.Sprintf("entry %02d", n); strings.Contains(said, text) {
				seen[text] = true
			}
		}
		if more := strings.Contains(said, "older ones"); more != (page != " ３") {
			t.Errorf("page %q: %s", page, said)
		}
	}
	if len(seen) != 2*maxRedactable+3 {
		t.Errorf("%d of %d entries are listed", len(seen), 2*maxRedactable+3)
	}
	for n := range maxListed + 1 {
		w.command(w.mai, w.general, fmt.Sprintf("open minor Fault %d", n))
	}
	if said := w.command(w.mai, w.general, "list").Text; strings.Count(said, "*Fault") != maxListed || !strings.Contains(said, "and 2 older ones") {
		t.Error(said)
	}
}
