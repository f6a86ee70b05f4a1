// Package plugintest reads what the README tells people to copy for mackerel-agent, so
// that the programs' own tests run it.
package plugintest

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// readme is the README as seen from a program's folder below cmd.
const readme = "../../README.md"

// Block gives the README's fenced block of a language that has a line beginning with
// start. It has to be the only one.
func Block(t testing.TB, language, start string) string {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for i, part := range strings.Split("\n"+string(text), "\n```") {
		head, block, _ := strings.Cut(part, "\n")
		if i%2 == 1 && head == language && strings.Contains("\n"+block, "\n"+start) {
			found = append(found, block+"\n")
		}
	}
	if len(found) != 1 {
		t.Fatalf("README.md has %d blocks of %s with a line that begins with %q, not one", len(found), language, start)
	}
	return found[0]
}

// Args gives the arguments with which the agent runs a program by the README's section
// of mackerel-agent.conf, such as plugin.checks.mailrelay. The program has to stand
// where mkr installs it. An array of texts is written in TOML as it is in JSON.
func Args(t testing.TB, section, program string) []string {
	t.Helper()
	_, after, _ := strings.Cut(Block(t, "toml", "["+section+"]"), "["+section+"]\n")
	for line := range strings.Lines(after) {
		value, ok := strings.CutPrefix(line, "command = ")
		if !ok {
			continue
		}
		var command []string
		if err := json.Unmarshal([]byte(value), &command); err != nil {
			t.Fatalf("README.md, [%s]: command is no list of texts: %v", section, err)
		}
		if want := "/opt/mackerel-agent/plugins/bin/" + program; len(command) == 0 || command[0] != want {
			t.Fatalf("README.md, [%s]: command is %q and does not begin with %s", section, command, want)
		}
		return command[1:]
	}
	t.Fatalf("README.md, [%s]: there is no command", section)
	return nil
}
