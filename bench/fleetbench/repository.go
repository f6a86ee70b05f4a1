package fleetbench

import (
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// commits is how many the repository has: as many as the lowest Tier's history and
// one more for each Tier above it.
const commits = historyLength + 5

// Repository makes a bare git repository in an empty folder, with a branch per Tier,
// each a commit behind the one below; it gives the commits, the oldest first.
func Repository(dir string, now time.Time) ([]string, error) {
	if _, err := git(dir, "", "init", "--quiet", "--bare"); err != nil {
		return nil, err
	}
	var in strings.Builder
	for n := range commits {
		text := fmt.Sprintf("release %d\n", n)
		fmt.Fprintf(&in, "commit refs/heads/tier-0\nmark :%d\ncommitter Bench <bench@example.com> %d +0000\ndata %d\n%s",
			n+1, now.Add(-time.Duration(commits-n)*24*time.Hour).Unix(), len(text), text)
		if n > 0 {
			fmt.Fprintf(&in, "from :%d\n", n)
		}
		fmt.Fprintf(&in, "M 644 inline release.txt\ndata %d\n%s\n", len(text), text)
	}
	for t := 1; t < len(tiers); t++ {
		fmt.Fprintf(&in, "reset refs/heads/tier-%d\nfrom :%d\n\n", t, commits-t)
	}
	if _, err := git(dir, in.String(), "fast-import", "--quiet"); err != nil {
		return nil, err
	}
	out, err := git(dir, "", "rev-list", "--reverse", "tier-0")
	return strings.Fields(out), err
}

func git(dir, stdin string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("git %s: %w\n%s", args[0], err, out)
	}
	return string(out), nil
}
