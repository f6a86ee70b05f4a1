//go:build e2e

package shopset

import (
	"os/exec"
	"strings"
	"testing"
)

func TestPromtoolFindsNothingToComplainAbout(t *testing.T) {
	text := read(t, scrape(t, troubled(t).Metrics(NewProcess()), "", "gzip"))
	for f := range families {
		if !strings.Contains(text, "# TYPE "+families[f].name+" ") {
			t.Errorf("%s is not shown to promtool", families[f].name)
		}
	}
	cmd := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

func TestPromtoolComplainsAboutBadNames(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	cmd.Stdin = strings.NewReader("# HELP some_counter x\n# TYPE some_counter counter\nsome_counter 1\n")
	if out, err := cmd.CombinedOutput(); err == nil {
		t.Errorf("promtool accepts what it should not, so that it says nothing about ours: %s", out)
	}
}
