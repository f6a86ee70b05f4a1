package gitpush

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/git"
)

// mostPast bounds how many Releases of a Tier's past are looked at.
const mostPast = 200

// Past implements promoter.History.
func (r *Repositories) Past(ctx context.Context, branch string) ([]fleet.Release, error) {
	head, err := r.system.head(ctx, branch)
	if err != nil {
		return nil, err
	}
	former, err := r.system.former(ctx, branch)
	if err != nil {
		return nil, err
	}
	var all []fleet.Release
	for _, commit := range append([]string{head}, former...) {
		past, err := r.past(ctx, commit)
		if err != nil {
			return nil, fmt.Errorf("read the history of branch %s: %w", branch, err)
		}
		all = append(all, past...)
	}
	return all, nil
}

// past gives the Releases along the first parents of a commit.
func (r *Repositories) past(ctx context.Context, commit string) ([]fleet.Release, error) {
	args := []string{"log", "--first-parent", "--diff-merges=first-parent", "--root", "--max-count=" + strconv.Itoa(mostPast), "--format=%x01", "--raw", "--no-abbrev", "--no-renames", "--ignore-submodules=none", commit}
	if !r.Single() {
		args = append(args, "--", r.submodule)
	} else {
		args = []string{"rev-list", "--first-parent", "--max-count=" + strconv.Itoa(mostPast), commit}
	}
	out, err := r.system.run(ctx, args...)
	return parsePast(out), err
}

// parsePast reads the raw differences of a submodule, ":160000 160000 OLD NEW M\tPATH",
// or lines of commit ids, the newest first.
func parsePast(text string) []fleet.Release {
	var past []fleet.Release
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		id := ""
		switch {
		case len(fields) >= 5 && fields[1] == submoduleMode:
			id = fields[3]
		case len(fields) == 1:
			id = fields[0]
		}
		if r := fleet.Release(id); git.IsCommit(id) && strings.Trim(id, "0") != "" && (len(past) == 0 || past[len(past)-1] != r) {
			past = append(past, r)
		}
	}
	return past
}

// Missing implements promoter.History.
func (r *Repositories) Missing(ctx context.Context, release fleet.Release, of []fleet.Release) ([]fleet.Release, error) {
	if err := r.app.mustHave(ctx, string(release)); err != nil || len(of) == 0 {
		return nil, err
	}
	args := []string{"rev-list", "--ignore-missing"}
	for _, o := range of {
		if git.IsCommit(string(o)) {
			args = append(args, string(o))
		}
	}
	out, err := r.app.run(ctx, append(args, "--not", string(release), "--")...)
	if err != nil {
		return nil, err
	}
	without := map[fleet.Release]bool{}
	for line := range strings.Lines(out) {
		without[fleet.Release(strings.TrimSpace(line))] = true
	}
	var missing []fleet.Release
	for _, o := range of {
		if without[o] && !slices.Contains(missing, o) {
			missing = append(missing, o)
		}
	}
	return missing, nil
}

// References of a mirror's own: where a branch was seen last, and where it was when
// somebody rewrote it.
const (
	seen   = "refs/shopslo/seen/"
	former = "refs/shopslo/former/"
)

// remember keeps what a branch pointed to when it turns out to have been rewritten. A
// process that is killed on the way remembers it the next time.
func (m *mirror) remember(ctx context.Context, branch, head string) error {
	out, err := m.run(ctx, "for-each-ref", "--format=%(objectname)", seen+branch)
	was := strings.TrimSpace(out)
	if err != nil || was == head {
		return err
	}
	if was != "" {
		_, err := m.run(ctx, "merge-base", "--is-ancestor", was, head)
		switch {
		case git.ExitCode(err) == 1:
			if _, err := m.run(ctx, "update-ref", former+branch+"/"+was, was); err != nil {
				return fmt.Errorf("keep what branch %s pointed to: %w", branch, err)
			}
		case err != nil:
			return err
		}
	}
	_, err = m.run(ctx, "update-ref", seen+branch, head)
	return err
}

// former gives the commits that a branch pointed to when somebody rewrote it.
func (m *mirror) former(ctx context.Context, branch string) ([]string, error) {
	out, err := m.run(ctx, "for-each-ref", "--sort=-committerdate", "--format=%(objectname) %(refname)", former+branch)
	if err != nil {
		return nil, err
	}
	var commits []string
	for line := range strings.Lines(out) {
		if commit, name, _ := strings.Cut(strings.TrimSpace(line), " "); name == former+branch+"/"+commit { // else it is of a branch below this one's name
			commits = append(commits, commit)
		}
	}
	return commits, nil
}
