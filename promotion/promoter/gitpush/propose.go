package gitpush

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// Propose implements promoter.Requests.
func (r *Repositories) Propose(ctx context.Context, p promoter.Pointer, branch string) (commit string, err error) {
	err = r.locked(ctx, func() error {
		commit, err = r.system.head(ctx, branch)
		switch {
		case err == nil: // made by a run before this one, with another time stamp, or by somebody else
			more, err := r.beyond(ctx, p, commit)
			if err == nil && more != "" {
				return &promoter.Refusal{
					Reason: fmt.Sprintf("branch %s exists, and %s", branch, more),
					Do:     "delete the branch, and run the command again",
				}
			}
			return err
		case !errors.Is(err, promoter.ErrUnknown):
			return err
		case r.Single():
			commit = string(p.Release)
		default:
			if commit, err = r.commit(ctx, p); err != nil {
				return err
			}
		}
		_, err := r.system.push(ctx, update{target: promoter.Ref{Branch: branch}, commit: commit, source: p.Source, base: promoter.Ref{Branch: p.Branch, Commit: p.Parent}})
		return err
	})
	return commit, err
}

// beyond says, in a verb's clause, how a commit differs from what a promotion pushes: one
// commit on p.Parent that changes the submodule and nothing else or, in a single
// repository, the Release itself. "" is not at all.
func (r *Repositories) beyond(ctx context.Context, p promoter.Pointer, commit string) (string, error) {
	if r.Single() {
		if commit == string(p.Release) {
			return "", nil
		}
		changes, err := r.system.differences(ctx, string(p.Release), commit)
		return fmt.Sprintf("is at %s, not at the Release: it changes %s", promoter.Short(fleet.Release(commit)), paths(changes)), err
	}
	changes, err := r.system.differences(ctx, p.Parent, commit)
	if err != nil {
		return "", err
	}
	var others []difference
	release := ""
	for _, c := range changes {
		if c.path == r.submodule && c.mode == submoduleMode {
			release = c.id
		} else {
			others = append(others, c)
		}
	}
	parents, err := r.system.run(ctx, "rev-list", "--parents", "--max-count=1", commit, "--")
	switch {
	case err != nil:
		return "", err
	case len(others) > 0:
		return "also changes " + paths(others), nil
	case release != string(p.Release):
		return fmt.Sprintf("does not change %s to Release %s", r.submodule, promoter.Short(p.Release)), nil
	case strings.TrimSpace(parents) != commit+" "+p.Parent:
		return fmt.Sprintf("has more than one commit on %s", promoter.Short(fleet.Release(p.Parent))), nil
	}
	return "", nil
}

// difference is a path of a tree that is another one in a second tree, where it has a
// mode and an id.
type difference struct{ path, mode, id string }

// differences compares the trees of two commits.
func (m *mirror) differences(ctx context.Context, from, to string) ([]difference, error) {
	out, err := m.run(ctx, "diff-tree", "-r", "--no-commit-id", "--no-renames", "--no-abbrev", "--ignore-submodules=none", "-z", from, to)
	if err != nil {
		return nil, fmt.Errorf("compare commits %s and %s: %w", promoter.Short(fleet.Release(from)), promoter.Short(fleet.Release(to)), err)
	}
	// ":OLDMODE NEWMODE OLD NEW STATUS\0PATH\0"
	var all []difference
	for out != "" {
		change, rest, _ := strings.Cut(out, "\x00")
		path, rest, _ := strings.Cut(rest, "\x00")
		fields := strings.Fields(change)
		if len(fields) != 5 || path == "" {
			return nil, fmt.Errorf("compare commits %s and %s: git says %.80q", promoter.Short(fleet.Release(from)), promoter.Short(fleet.Release(to)), change)
		}
		all, out = append(all, difference{path, fields[1], fields[3]}), rest
	}
	return all, nil
}

// paths names the first of what differs.
func paths(all []difference) string {
	const most = 5
	var names []string
	for _, d := range all[:min(len(all), most)] {
		names = append(names, git.Printable(d.path))
	}
	text := strings.Join(names, ", ")
	switch {
	case len(all) > most:
		text += fmt.Sprintf(" and %d more", len(all)-most)
	case len(all) == 0:
		text = "no file"
	}
	return text
}
