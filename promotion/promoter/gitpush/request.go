package gitpush

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// Sweep implements promoter.Requests.
func (r *Repositories) Sweep(ctx context.Context, prefix string, stale func(string) bool) (fresh, notes []string, err error) {
	err = r.locked(ctx, func() error {
		out, err := r.system.run(ctx, "for-each-ref", "--format=%(objectname) %(refname)", heads+"shopslo/")
		if err != nil {
			return err
		}
		for line := range strings.Lines(out) {
			commit, name, _ := strings.Cut(strings.TrimSpace(line), " ")
			branch := strings.TrimPrefix(name, heads)
			switch {
			case !strings.HasPrefix(branch, prefix):
			case !stale(branch):
				fresh = append(fresh, branch)
			default:
				why, err := r.withdraw(ctx, branch, commit)
				if err != nil {
					return err
				}
				if why != "" {
					notes = append(notes, fmt.Sprintf("Branch %s may not be merged any more, but is not deleted: %s.", branch, why))
				}
			}
		}
		return nil
	})
	return fresh, notes, err
}

// withdraw deletes a branch at a commit, which closes its pull request. It says, in a
// clause, why it does not; "" where it does.
func (r *Repositories) withdraw(ctx context.Context, branch, commit string) (why string, err error) {
	if more, err := r.work(ctx, branch, commit); err != nil || more != "" {
		return more, err
	}
	_, err = r.system.run(ctx, "push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no", "--force-with-lease="+heads+branch+":"+commit, git.Origin, ":"+heads+branch)
	var failed *git.Error
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.As(err, &failed):
		return failed.Text, nil
	case err != nil:
		return err.Error(), nil
	}
	_, err = r.system.run(ctx, "update-ref", "-d", heads+branch)
	return "", err
}

// work says what somebody would lose with a branch; "" for nothing. What promotions push
// is one commit on another branch's that changes the submodule or, in a single repository,
// one that is on another branch.
func (r *Repositories) work(ctx context.Context, branch, commit string) (string, error) {
	if elsewhere, err := r.elsewhere(ctx, branch, commit); err != nil || elsewhere { // merged, or a Release
		return "", err
	}
	if r.Single() {
		return "it has commits that no other branch has", nil
	}
	out, err := r.system.run(ctx, "rev-list", "--parents", "--max-count=1", commit, "--")
	if err != nil {
		return "", err
	}
	ids := strings.Fields(out)
	if len(ids) != 2 {
		return "it has commits of others", nil
	}
	if elsewhere, err := r.elsewhere(ctx, branch, ids[1]); err != nil || !elsewhere {
		return "it has several commits that no other branch has", err
	}
	changes, err := r.system.differences(ctx, ids[1], commit)
	if err != nil {
		return "", err
	}
	if len(changes) > 1 || len(changes) == 1 && changes[0].path != r.submodule {
		return "it changes " + paths(changes), nil
	}
	return "", nil
}

// elsewhere reports whether another branch has a commit.
func (r *Repositories) elsewhere(ctx context.Context, branch, commit string) (bool, error) {
	out, err := r.system.run(ctx, "for-each-ref", "--contains="+commit, "--format=%(refname)", heads)
	for line := range strings.Lines(out) {
		if strings.TrimSpace(line) != heads+branch {
			return true, err
		}
	}
	return false, err
}

// Inspect implements promoter.Requests.
func (r *Repositories) Inspect(ctx context.Context, what, onto string) (q promoter.Request, err error) {
	err = r.locked(ctx, func() error {
		q, err = r.inspect(ctx, strings.TrimPrefix(what, heads), onto)
		return err
	})
	return q, err
}

func (r *Repositories) inspect(ctx context.Context, what, onto string) (q promoter.Request, err error) {
	if q.Commit = what; git.IsCommit(what) {
		err = r.system.mustHave(ctx, what)
	} else {
		if until, ok := promoter.Expiry(what); ok {
			q.Expires = append(q.Expires, until)
		}
		q.Commit, err = r.system.head(ctx, what)
	}
	if err != nil {
		return q, err
	}
	if q.Release = fleet.Release(q.Commit); !r.Single() {
		if q.Release, err = r.pointsTo(ctx, q.Commit); err != nil {
			return q, err
		}
	}
	// What has all of the Tier's branch becomes the branch's tree as it is.
	if _, err = r.system.run(ctx, "merge-base", "--is-ancestor", onto, q.Commit); git.ExitCode(err) == 1 {
		q.More = fmt.Sprintf("does not stand on %s, which the Tier's branch is at", promoter.Short(fleet.Release(onto)))
		return q, nil
	} else if err != nil {
		return q, err
	}
	if err := r.beside(ctx, &q, onto); err != nil {
		return q, err
	}
	// The names of branches that are at it, and what its own commits say.
	out, err := r.system.run(ctx, "for-each-ref", "--points-at="+q.Commit, "--format=%(refname)", heads+"shopslo/")
	if err != nil {
		return q, err
	}
	if !r.Single() { // there a message is anybody's, and no promotion's
		said, err := r.system.run(ctx, "log", "--format=%(trailers:key=Shopslo-Expires,valueonly)", q.Commit, "--not", onto)
		if err != nil {
			return q, err
		}
		for line := range strings.Lines(said) {
			if until, err := time.Parse(time.RFC3339, strings.TrimSpace(line)); err == nil {
				q.Expires = append(q.Expires, until)
			}
		}
	}
	for line := range strings.Lines(out) {
		if until, ok := promoter.Expiry(strings.TrimSpace(line)); ok {
			q.Expires = append(q.Expires, until)
		}
	}
	return q, nil
}

// beside says what a request changes beside the submodule. In a single repository, all
// that it changes is the Release.
func (r *Repositories) beside(ctx context.Context, q *promoter.Request, onto string) error {
	if r.Single() {
		return nil
	}
	changes, err := r.system.differences(ctx, onto, q.Commit)
	var others []difference
	for _, c := range changes {
		if c.path != r.submodule {
			others = append(others, c)
		}
	}
	if len(others) > 0 {
		q.More = "also changes " + paths(others)
	}
	return err
}
