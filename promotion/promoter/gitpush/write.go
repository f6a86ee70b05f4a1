package gitpush

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// FastForward implements promoter.Writer.
func (r *Repositories) FastForward(ctx context.Context, f promoter.Forward) error {
	return r.locked(ctx, func() error {
		if ok, err := r.Contains(ctx, f.To, f.From); err != nil || !ok {
			return cmp.Or(err, fmt.Errorf("%w: %s does not follow %s", promoter.ErrMoved, promoter.Short(f.To), promoter.Short(f.From)))
		}
		_, err := r.app.push(ctx, update{target: promoter.Ref{Branch: f.Branch, Commit: string(f.From)}, commit: string(f.To), source: f.Source})
		if err == nil && r.Single() {
			err = r.system.remember(ctx, f.Branch, string(f.To))
		}
		return err
	})
}

// Point implements promoter.Writer.
func (r *Repositories) Point(ctx context.Context, p promoter.Pointer) (commit string, err error) {
	err = r.locked(ctx, func() error {
		if commit, err = r.commit(ctx, p); err != nil {
			return err
		}
		// Another promotion of the same second makes the very same commit.
		moved, err := r.system.push(ctx, update{target: promoter.Ref{Branch: p.Branch, Commit: p.Parent}, commit: commit, source: p.Source})
		if err == nil && !moved {
			return fmt.Errorf("%w: branch %s already has %s", promoter.ErrMoved, p.Branch, promoter.Short(fleet.Release(commit)))
		}
		if err == nil { // or a force-push before anybody reads it again would take it away unseen
			err = r.system.remember(ctx, p.Branch, commit)
		}
		return err
	})
	return commit, err
}

// commit makes the commit that changes the submodule and nothing else.
func (r *Repositories) commit(ctx context.Context, p promoter.Pointer) (string, error) {
	tree, err := r.tree(ctx, p)
	if err != nil {
		return "", fmt.Errorf("create the commit's tree: %w", err)
	}
	date := fmt.Sprintf("%d +0000", p.At.Unix())
	env := []string{
		"GIT_AUTHOR_NAME=" + r.author.Name, "GIT_AUTHOR_EMAIL=" + r.author.Email, "GIT_AUTHOR_DATE=" + date,
		"GIT_COMMITTER_NAME=" + r.author.Name, "GIT_COMMITTER_EMAIL=" + r.author.Email, "GIT_COMMITTER_DATE=" + date,
	}
	args := []string{"commit-tree", "-F", "-", "-p", p.Parent}
	if r.sign.Format != "" {
		args = append(args, "-S")
	} else {
		args = append(args, "--no-gpg-sign")
	}
	out, err := r.system.git.Run(ctx, git.Call{Args: append(args, tree), Env: env, Input: p.Message})
	if err != nil {
		return "", fmt.Errorf("create the commit: %w", err)
	}
	commit := strings.TrimSpace(out)
	if more, err := r.beyond(ctx, p, commit); err != nil || more != "" {
		return "", cmp.Or(err, fmt.Errorf("the commit %s is not what was to be made, since it %s; nothing was pushed", commit, more))
	}
	return commit, nil
}

// tree is that of the parent with another commit at the submodule.
func (r *Repositories) tree(ctx context.Context, p promoter.Pointer) (string, error) {
	env := []string{"GIT_INDEX_FILE=" + filepath.Join(r.system.dir, "promotion-index")} // read-tree writes it anew
	out := ""
	for _, args := range [][]string{
		{"read-tree", p.Parent},
		{"update-index", "--add", "--cacheinfo", submoduleMode + "," + string(p.Release) + "," + r.submodule},
		{"write-tree"},
	} {
		var err error
		if out, err = r.system.git.Run(ctx, git.Call{Args: args, Env: env}); err != nil {
			return "", err
		}
	}
	return strings.TrimSpace(out), nil
}
