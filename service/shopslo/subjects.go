package shopslo

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/git"
)

// subjects finds the first lines of Releases' commit messages in the mirror that
// `shopslo promote` keeps on this machine, where there is one. It fetches nothing: what
// the mirror lacks is not known. It is for one goroutine.
type subjects struct {
	env   []string
	known map[fleet.Release]string
	asked map[fleet.Release]time.Time // when one that is not known was last asked for
}

// A commit that the mirror lacks is asked for again after a while: promote may have
// brought it. So many are asked for at once.
const (
	subjectsAgain = time.Minute
	subjectsMost  = 50
)

// of gives the subjects of what a fleet runs and its branches point to, as far as they
// are known. The map is the caller's.
func (s *subjects) of(ctx context.Context, c *config.Promotion, seen *fleet.Snapshot, now time.Time) map[fleet.Release]string {
	out := map[fleet.Release]string{}
	if c == nil || c.Git.Dir == "" {
		return out
	}
	var ask []string
	note := func(r fleet.Release) {
		if text, ok := s.known[r]; ok {
			out[r] = text
		} else if git.IsCommit(string(r)) && now.Sub(s.asked[r]) >= subjectsAgain && len(ask) < subjectsMost {
			s.asked[r] = now
			ask = append(ask, string(r))
		}
	}
	for i := range seen.Tiers {
		note(seen.Tiers[i].Release)
	}
	for i := range seen.ShopSets {
		note(seen.ShopSets[i].Release)
	}
	for r, text := range s.look(ctx, c, ask) {
		s.known[r], out[r] = text, text
	}
	return out
}

// look asks the mirror.
func (s *subjects) look(ctx context.Context, c *config.Promotion, commits []string) map[fleet.Release]string {
	mirror := filepath.Join(c.Git.Dir, "app.git")
	if c.Git.Submodule == "" { // a single repository
		mirror = filepath.Join(c.Git.Dir, "system.git")
	}
	if _, err := os.Stat(mirror); err != nil || len(commits) == 0 {
		return nil
	}
	r := git.Runner{Timeout: 5 * time.Second, Env: append(git.Isolated(s.env), "GIT_DIR="+mirror)}
	text, err := r.Run(ctx, git.Call{Args: append([]string{"log", "--no-walk=unsorted", "--ignore-missing", "--format=%H %s"}, commits...)})
	if err != nil {
		return nil // a subject is an extra: the board is whole without
	}
	out := map[fleet.Release]string{}
	for line := range strings.Lines(text) {
		if id, subject, ok := strings.Cut(strings.TrimSpace(line), " "); ok && git.IsCommit(id) {
			out[fleet.Release(id)] = subject
		}
	}
	return out
}
