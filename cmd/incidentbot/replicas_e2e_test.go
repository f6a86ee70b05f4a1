//go:build e2e

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/incident/sqlstore/postgrestest"
	"github.com/shopslo/shopslo/internal/fakes/slackfake"
)

func TestTwoBotsOnOnePostgreSQLDoEachThingOnce(t *testing.T) {
	database := postgrestest.Start(t).Database(t)
	x := newTeam(t, "socket", "")
	x.store = database
	_, stopFirst := x.serve()
	second, _ := x.serve()
	x.wait("both are connected", func() bool { return x.slack.Connections() == 2 })
	x.slack.Chaos(everyThird(slackfake.DropAfterWrite))
	for n := range 4 {
		if _, err := x.slack.Command(x.mai, x.shops, fmt.Sprintf("open critical Payments fail %d", n)); err != nil {
			t.Fatal(err)
		}
		if n == 1 {
			stopFirst()
		}
	}
	for n := range 4 {
		part := fmt.Sprintf("payments-fail-%d", n)
		x.wait(part+" is there", func() bool { c := x.channel(part); return c != "" && len(x.slack.Pinned(c)) == 1 })
	}
	x.slack.Heal()
	x.wait("four announcements", func() bool { return x.written(x.announce) >= 4 })
	if ids, names := x.slack.Channels(); len(ids) != 6 {
		t.Errorf("channels %v", names)
	}
	for n := range 4 {
		if c := x.channel(fmt.Sprintf("payments-fail-%d", n)); x.written(c) != 1 {
			t.Errorf("%s", x.slack.Transcript(c))
		}
	}
	if n := x.written(x.announce); n != 4 {
		t.Errorf("%d announcements:\n%s", n, x.slack.Transcript(x.announce))
	}
	if _, body := get(t, second+"/metrics"); !strings.Contains(body, `incidentbot_incidents_ongoing{severity="critical"} 4`) || !strings.Contains(body, "incidentbot_jobs_waiting ") {
		t.Error("the second bot does not count four, or not its jobs")
	}
	if code, out, errs := x.run("list"); code != 0 || strings.Count(out, "inc-") != 4 || strings.Contains(errs, "s3cr3t") {
		t.Errorf("list: %d %s%s", code, out, errs)
	}
}

// everyThird lets every third call that writes go wrong.
func everyThird(fault slackfake.Fault) func(string) slackfake.Fault {
	n := 0
	return func(method string) slackfake.Fault {
		if !strings.HasPrefix(method, "chat.") && !strings.HasPrefix(method, "conversations.") {
			return ""
		}
		if n++; n%3 == 0 {
			return fault
		}
		return ""
	}
}

// written counts the bot's own messages in a channel.
func (x *team) written(channel string) int {
	n := 0
	for _, m := range x.slack.Messages(channel) {
		if m.BotID != "" {
			n++
		}
	}
	return n
}
