package gitpush

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	err := m.git.OfAnyHash(ctx, m.dir, func() error {
		_, err := m.run(ctx, "fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
			git.Origin, "+"+heads+"*:"+heads+"*")
		return err
	})
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

// update moves a branch of a remote.
type update struct {
	// target is the branch, and the commit that it must be at; "" for a branch that must
	// not be there.
	target promoter.Ref
	commit string // that it moves to, which follows where it is
	// source and base must be at their commits as well; zero where there is none.
	source, base promoter.Ref
}

// push moves one branch; moved is false where it was there already.
func (m *mirror) push(ctx context.Context, u update) (moved bool, err error) {
	if err := m.mustHave(ctx, u.commit); err != nil {
		return false, err
	}
	leases, refs := []string{}, []string{git.Origin}
	for _, r := range []promoter.Ref{u.target, u.source, u.base} {
		if r == (promoter.Ref{}) {
			continue
		}
		if err := fleet.CheckBranch(r.Branch); err != nil {
			return false, fmt.Errorf("branch %w", err)
		}
		to := r.Commit // what is at its commit already is compared, and not sent
		if r == u.target {
			to = u.commit
		}
		// git compares the branch with where it has to be: nothing else is replaced.
		leases, refs = append(leases, "--force-with-lease="+heads+r.Branch+":"+r.Commit), append(refs, to+":"+heads+r.Branch)
	}
	plain := []string{"push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no"}
	all := slices.Concat(plain, leases, refs)
	if len(leases) > 1 {
		all = slices.Insert(all, 1, "--atomic")
	}
	out, err := m.run(ctx, all...)
	if notAtomic(err) { // then this push can compare the branch itself only
		out, err = m.run(ctx, slices.Concat(plain, leases[:1], refs[:2])...)
	}
	if err == nil || ctx.Err() != nil {
		return err == nil && !strings.Contains("\n"+out, "\n=\t"+refs[1]+"\t"), err
	}
	return false, m.rejected(err, u)
}

// notAtomic reports that the remote's host does not take several branches as one.
func notAtomic(err error) bool {
	var failed *git.Error
	return errors.As(err, &failed) && strings.Contains(failed.Text, "does not support --atomic push")
}

// rejected says what it means that git could not push.
func (m *mirror) rejected(err error, u update) error {
	where := func(branch string) string { return fmt.Sprintf("branch %s of %s", branch, git.Redact(m.remote)) }
	var failed *git.Error
	if !errors.As(err, &failed) {
		return fmt.Errorf("%w: push to %s: %w", promoter.ErrUnreachable, where(u.target.Branch), err)
	}
	for _, moved := range []struct {
		ref promoter.Ref
		err error
	}{{u.source, promoter.ErrSourceMoved}, {u.base, promoter.ErrMoved}, {u.target, promoter.ErrMoved}} {
		if why := git.RejectionOf(failed.Output, heads+moved.ref.Branch); git.MovedAway(why) {
			return fmt.Errorf("%w: %s (%s)", moved.err, where(moved.ref.Branch), why)
		}
	}
	switch why := git.RejectionOf(failed.Output, heads+u.target.Branch); {
	case strings.Contains(why, "(atomic transaction failed)") && git.MovedAway(failed.Text): // the remote says which lock it did not get there
		return fmt.Errorf("%w: %s (%s)", promoter.ErrMoved, where(u.target.Branch), failed.Text)
	case why != "":
		return fmt.Errorf("%w: %s: %s: %s", promoter.ErrForbidden, where(u.target.Branch), why, failed.Text)
	case hookFailed(failed):
		return fmt.Errorf("%w: %s: rejected by the local pre-push hook: %s", promoter.ErrForbidden, where(u.target.Branch), failed.Text)
	}
	return fmt.Errorf("%w: push to %s: %w", promoter.ErrUnreachable, where(u.target.Branch), err)
}

// hookFailed reports whether git ended before it said anything about the branch
// because of a hook of ours.
func hookFailed(e *git.Error) bool {
	return git.ExitCode(e) == 1 && !strings.Contains(e.Output, "Done") && !strings.Contains(e.Text, "fatal:") && strings.Contains(e.Text, "failed to push some refs")
}
