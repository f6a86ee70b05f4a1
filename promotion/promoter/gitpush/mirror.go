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

// mirror is a bare repository with the branches of another.
type mirror struct {
	git         *git.Runner
	dir, remote string
}

const heads = "refs/heads/"

func (m *mirror) run(ctx context.Context, args ...string) (string, error) {
	return m.git.Run(ctx, git.Call{Args: args})
}

// fetch brings all branches up to date.
func (m *mirror) fetch(ctx context.Context) error {
	_, err := m.run(ctx, "fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
		"origin", "+"+heads+"*:"+heads+"*")
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w: %s: %w", promoter.ErrUnreachable, git.Redact(m.remote), err)
	}
	return err
}

// head gives the commit of a branch.
func (m *mirror) head(ctx context.Context, branch string) (string, error) {
	if err := fleet.CheckBranch(branch); err != nil {
		return "", fmt.Errorf("branch %w", err)
	}
	out, err := m.run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", heads+branch+"^{commit}")
	if git.ExitCode(err) > 0 {
		return "", fmt.Errorf("%w: %s has no branch %s; push it, or fix the Tier's spec.branch", promoter.ErrUnknown, git.Redact(m.remote), branch)
	}
	return strings.TrimSpace(out), err
}

// mustHave gives an error that wraps promoter.ErrUnknown where a commit is not there.
func (m *mirror) mustHave(ctx context.Context, commit string) error {
	if !git.IsCommit(commit) {
		return fmt.Errorf("%w: %q is not a full commit id", promoter.ErrUnknown, promoter.Short(fleet.Release(git.Printable(commit))))
	}
	_, err := m.run(ctx, "cat-file", "-e", commit+"^{commit}")
	if git.ExitCode(err) > 0 {
		return fmt.Errorf("%w: commit %s is not in any branch of %s", promoter.ErrUnknown, commit, git.Redact(m.remote))
	}
	return err
}

// push moves one branch of the remote to a commit, which must be a fast-forward; moved
// is false where it was there already.
func (m *mirror) push(ctx context.Context, commit, branch string) (moved bool, err error) {
	if err := fleet.CheckBranch(branch); err != nil {
		return false, fmt.Errorf("branch %w", err)
	}
	if err := m.mustHave(ctx, commit); err != nil {
		return false, err
	}
	out, err := m.run(ctx, "push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no", "origin", commit+":"+heads+branch)
	if err == nil || ctx.Err() != nil {
		return err == nil && !strings.Contains("\n"+out, "\n=\t"), err
	}
	return false, m.rejected(err, branch)
}

// rejected says what it means that git could not push.
func (m *mirror) rejected(err error, branch string) error {
	where := fmt.Sprintf("branch %s of %s", branch, git.Redact(m.remote))
	var failed *git.Error
	if errors.As(err, &failed) {
		switch why := git.Rejection(failed.Output); {
		case git.MovedAway(why):
			return fmt.Errorf("%w: %s (%s)", promoter.ErrMoved, where, why)
		case why != "":
			return fmt.Errorf("%w: %s: %s: %s", promoter.ErrForbidden, where, why, failed.Text)
		case hookFailed(failed):
			return fmt.Errorf("%w: %s: rejected by the local pre-push hook: %s", promoter.ErrForbidden, where, failed.Text)
		}
	}
	return fmt.Errorf("%w: push to %s: %w", promoter.ErrUnreachable, where, err)
}

// hookFailed reports whether git ended before it said anything about the branch
// because of a hook of ours.
func hookFailed(e *git.Error) bool {
	return git.ExitCode(e) == 1 && !strings.Contains(e.Output, "Done") && !strings.Contains(e.Text, "fatal:") && strings.Contains(e.Text, "failed to push some refs")
}
