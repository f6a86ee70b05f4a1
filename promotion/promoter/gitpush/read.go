package gitpush

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// Read implements promoter.Reader.
func (r *Repositories) Read(ctx context.Context, tiers []fleet.Tier) (map[fleet.TierName]promoter.Heads, error) {
	out := map[fleet.TierName]promoter.Heads{}
	err := r.locked(ctx, func() error {
		if err := r.system.fetch(ctx); err != nil {
			return fmt.Errorf("system repository: %w", err)
		}
		if r.app != r.system { // after it, so that what the system refers to is there
			if err := r.app.fetch(ctx); err != nil {
				return fmt.Errorf("app repository: %w", err)
			}
		}
		for _, t := range tiers {
			if err := r.heads(ctx, t, out); err != nil {
				return fmt.Errorf("tier %s: %w", t.Name, err)
			}
			if err := r.system.remember(ctx, t.Branch, out[t.Name].System); err != nil {
				return fmt.Errorf("tier %s: %w", t.Name, err)
			}
		}
		return nil
	})
	return out, err
}

func (r *Repositories) heads(ctx context.Context, t fleet.Tier, into map[fleet.TierName]promoter.Heads) error {
	system, err := r.system.head(ctx, t.Branch)
	if err != nil {
		return err
	}
	if r.Single() {
		into[t.Name] = promoter.Heads{System: system, Release: fleet.Release(system), App: fleet.Release(system)}
		return nil
	}
	release, err := r.pointsTo(ctx, system)
	if err != nil {
		return fmt.Errorf("branch %s: %w", t.Branch, err)
	}
	app, err := r.app.head(ctx, t.Branch)
	into[t.Name] = promoter.Heads{System: system, Release: release, App: fleet.Release(app)}
	return err
}

// submoduleMode is that of a submodule in a tree.
const submoduleMode = "160000"

// pointsTo gives the Release that a commit of the system repository refers to.
func (r *Repositories) pointsTo(ctx context.Context, commit string) (fleet.Release, error) {
	out, err := r.system.run(ctx, "ls-tree", "-z", commit, "--", r.submodule)
	if err != nil {
		return "", err
	}
	// "160000 commit ID\tPATH\0"
	fields := strings.Fields(strings.TrimRight(out, "\x00"))
	switch {
	case len(fields) == 0:
		return "", fmt.Errorf("%w: nothing at path %s; expected the submodule of the app repository", promoter.ErrUnknown, r.submodule)
	case len(fields) < 4 || fields[0] != submoduleMode:
		return "", fmt.Errorf("%w: %s is not a submodule", promoter.ErrUnknown, r.submodule)
	}
	return fleet.Release(fields[2]), nil
}

// Contains implements promoter.History.
func (r *Repositories) Contains(ctx context.Context, release, other fleet.Release) (bool, error) {
	if !git.IsCommit(string(release)) || !git.IsCommit(string(other)) {
		return false, errors.Join(r.app.mustHave(ctx, string(release)), r.app.mustHave(ctx, string(other)))
	}
	_, err := r.app.run(ctx, "merge-base", "--is-ancestor", string(other), string(release))
	switch git.ExitCode(err) {
	case 1:
		return false, nil
	case 128: // one of them is not there: say which
		for _, commit := range []fleet.Release{release, other} {
			if err := r.app.mustHave(ctx, string(commit)); err != nil {
				return false, err
			}
		}
	}
	return err == nil, err
}

var abbreviated = regexp.MustCompile(`^[0-9a-f]{7,64}$`)

// Resolve implements promoter.Reader.
func (r *Repositories) Resolve(ctx context.Context, id string) (fleet.Release, error) {
	if !abbreviated.MatchString(id) {
		return "", fmt.Errorf("%w: %q is not a commit id; use at least 7 hexadecimal digits", promoter.ErrUnknown, promoter.Short(fleet.Release(git.Printable(id))))
	}
	out, err := r.app.run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", id+"^{commit}")
	var failed *git.Error
	if errors.As(err, &failed) {
		return "", fmt.Errorf("%w: %s matches no commit of %s, or more than one", promoter.ErrUnknown, id, git.Redact(r.app.remote))
	}
	return fleet.Release(strings.TrimSpace(out)), err
}

// Changes implements promoter.Reader.
func (r *Repositories) Changes(ctx context.Context, from, to fleet.Release, most int) ([]promoter.Commit, int, error) {
	for _, commit := range []fleet.Release{from, to} {
		if err := r.app.mustHave(ctx, string(commit)); err != nil {
			return nil, 0, err
		}
	}
	span := []string{string(to), "--not", string(from)}
	out, err := r.app.run(ctx, slices.Concat([]string{"log", "--first-parent", "--diff-merges=first-parent", "--max-count=" + strconv.Itoa(most),
		"--format=%x01%H %s", "--name-only", "--no-renames", "--ignore-submodules=none", "-z"}, span)...)
	if err != nil {
		return nil, 0, err
	}
	commits := parseChanges(out)
	if len(commits) < most {
		return commits, 0, nil
	}
	all, err := r.app.run(ctx, slices.Concat([]string{"rev-list", "--count", "--first-parent"}, span)...)
	if err != nil {
		return nil, 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(all))
	return commits, max(n-len(commits), 0), err
}

// parseChanges reads what Changes asks for: per commit "\x01ID SUBJECT", then its
// files, apart by \0.
func parseChanges(text string) []promoter.Commit {
	var commits []promoter.Commit
	for entry := range strings.SplitSeq(text, "\x01") {
		head, files, _ := strings.Cut(entry, "\x00")
		id, subject, _ := strings.Cut(head, " ")
		if !git.IsCommit(id) {
			continue
		}
		c := promoter.Commit{ID: id, Subject: strings.ToValidUTF8(git.Printable(strings.TrimSpace(subject)), "�")}
		for file := range strings.SplitSeq(files, "\x00") {
			folder, _, inside := strings.Cut(strings.TrimLeft(file, "\n"), "/")
			if inside && !slices.Contains(c.Folders, folder) {
				c.Folders = append(c.Folders, folder)
			}
		}
		slices.Sort(c.Folders)
		commits = append(commits, c)
	}
	return commits
}
