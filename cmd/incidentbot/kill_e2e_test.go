//go:build e2e

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/shopslo/shopslo/internal/fakes/slackfake"
)

var listens = regexp.MustCompile(`address=(\S+)`)

// process starts the real program and gives its address.
func (x *team) process(program string) (*exec.Cmd, string) {
	x.t.Helper()
	var log written
	cmd := exec.Command(program, "serve", "--config", filepath.Join(x.dir, "incidentbot.yaml"), "--web.listen-address", "127.0.0.1:0")
	cmd.Env, cmd.Stderr = append(os.Environ(), x.env()...), &log
	if err := cmd.Start(); err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	var at []string
	x.wait("it listens", func() bool { at = listens.FindStringSubmatch(log.String()); return at != nil })
	return cmd, "http://" + at[1]
}

func TestABotThatIsKilledInTheMiddleGoesOn(t *testing.T) {
	x := newTeam(t, "http", "")
	program := filepath.Join(x.dir, "incidentbot")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	first, address := x.process(program)
	x.slack.Deliver(address + "/slack")
	x.slack.Fail(slackfake.Slow, "conversations.create", 1) // it is made, and nobody hears of it
	if _, err := x.slack.Command(x.mai, x.shops, "open major Search is slow"); err != nil {
		t.Fatal(err)
	}
	x.wait("the channel", func() bool { return x.channel("search-is-slow") != "" })
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	x.slack.Heal()
	_, address = x.process(program)
	x.slack.Deliver(address + "/slack")
	// What the dead one held comes back when its lease ends.
	x.wait("the status message", func() bool { return len(x.slack.Pinned(x.channel("search-is-slow"))) == 1 })
	ids, names := x.slack.Channels()
	if len(ids) != 3 || x.written(x.channel("search-is-slow")) != 1 || x.written(x.announce) != 1 {
		t.Errorf("channels %v\n%s%s", names, x.slack.Transcript(x.channel("search-is-slow")), x.slack.Transcript(x.announce))
	}
}
