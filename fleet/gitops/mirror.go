package gitops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/internal/text"
)

// mirror is a bare repository with the branches of another.
type mirror struct {
	git         *git.Runner
	dir, remote string
}

const (
	heads = "refs/heads/"
	// kept are commits that a branch pointed to before somebody rewrote it:
	// refs/kept/BRANCH/COMMIT.
	kept = "refs/kept/"
)

func openMirror(ctx context.Context, g *git.Runner, dir, remote string) (*mirror, error) {
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	// The URL may hold a password: neither the arguments, which all users of the machine
	// see, nor a file have it.
	settings := append(git.URLOf(remote), [2]string{"gc.pruneExpire", "never"}, [2]string{"transfer.hideRefs", strings.TrimSuffix(kept, "/")})
	m := &mirror{dir: dir, remote: remote, git: &git.Runner{Program: g.Program, Timeout: g.Timeout, Env: append(git.Isolated(g.Env, settings...), "GIT_DIR="+dir)}}
	if _, err := m.run(ctx, "init", "--quiet", "--bare", "--template="); err != nil {
		return nil, fmt.Errorf("git: prepare the mirror in %s: %w", dir, err)
	}
	return m, nil
}

func (m *mirror) run(ctx context.Context, args ...string) (string, error) {
	return m.git.Run(ctx, git.Call{Args: args})
}

// fetch brings all branches up to date and gives those that moved, by name.
func (m *mirror) fetch(ctx context.Context) ([]Move, error) {
	before, err := m.branches(ctx)
	if err != nil {
		return nil, err
	}
	err = m.git.OfAnyHash(ctx, m.dir, func() error {
		_, err := m.run(ctx, "fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
			git.Origin, "+"+heads+"*:"+heads+"*")
		return err
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %s: %w", errUnreachable, git.Redact(m.remote), err)
	}
	after, err := m.branches(ctx)
	if err != nil {
		return nil, err
	}
	return m.moves(ctx, before, after)
}

func (m *mirror) moves(ctx context.Context, before, after map[string]string) ([]Move, error) {
	var moves []Move
	for branch := range maps.Keys(before) {
		if _, ok := after[branch]; !ok {
			moves = append(moves, Move{Branch: branch, From: before[branch], Forced: true})
		}
	}
	for branch, to := range after {
		from := before[branch]
		if from == to {
			continue
		}
		move := Move{Branch: branch, From: from, To: to}
		if from != "" {
			follows, err := m.follows(ctx, to, from)
			if err != nil {
				return nil, err
			}
			move.Forced = !follows
		}
		moves = append(moves, move)
	}
	for _, move := range moves {
		if move.Forced {
			if _, err := m.run(ctx, "update-ref", kept+move.Branch+"/"+move.From, move.From); err != nil {
				return nil, fmt.Errorf("keep what branch %s pointed to: %w", move.Branch, err)
			}
		}
	}
	slices.SortFunc(moves, func(a, b Move) int { return cmp.Compare(a.Branch, b.Branch) })
	return moves, nil
}

// branches gives the commit of each branch.
func (m *mirror) branches(ctx context.Context) (map[string]string, error) {
	return m.refs(ctx, heads)
}

// refs gives the commits of the references below a prefix, by the rest of their name.
func (m *mirror) refs(ctx context.Context, prefix string) (map[string]string, error) {
	out, err := m.run(ctx, "for-each-ref", "--format=%(objectname) %(refname)", prefix)
	if err != nil {
		return nil, err
	}
	refs := map[string]string{}
	for line := range strings.Lines(out) {
		commit, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		refs[strings.TrimPrefix(name, prefix)] = commit
	}
	return refs, nil
}

// abandoned gives the commits that a branch pointed to before it was rewritten.
func (m *mirror) abandoned(ctx context.Context, branch string) ([]string, error) {
	refs, err := m.refs(ctx, kept+branch+"/")
	if err != nil {
		return nil, err
	}
	var commits []string
	for name, commit := range refs {
		if name == commit { // else it is of a branch below this one's name
			commits = append(commits, commit)
		}
	}
	return commits, nil
}

// head gives the commit of a branch; the error wraps errNoBranch.
func (m *mirror) head(ctx context.Context, branch string) (string, error) {
	if err := fleet.CheckBranch(branch); err != nil {
		return "", fmt.Errorf("branch %w", err)
	}
	out, err := m.run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", heads+branch+"^{commit}")
	switch exit := git.ExitCode(err); {
	case err == nil:
		return strings.TrimSpace(out), nil
	case exit > 0:
		return "", fmt.Errorf("%w: %s has no branch %s; push it, or mend the Tier's spec.branch", errNoBranch, git.Redact(m.remote), branch)
	}
	return "", err
}

// mustHave gives an error that wraps ErrNoCommit where a commit is not there.
func (m *mirror) mustHave(ctx context.Context, commit string) error {
	if !git.IsCommit(commit) {
		return fmt.Errorf("%w: %q is no full commit id", ErrNoCommit, text.Cut(commit, 80))
	}
	_, err := m.run(ctx, "cat-file", "-e", commit+"^{commit}")
	if git.ExitCode(err) > 0 {
		return fmt.Errorf("%w: %s is not in %s, as far as it was fetched", ErrNoCommit, commit, git.Redact(m.remote))
	}
	return err
}

// follows reports whether a commit is another one or has it among its ancestors.
func (m *mirror) follows(ctx context.Context, commit, ancestor string) (bool, error) {
	_, err := m.run(ctx, "merge-base", "--is-ancestor", ancestor, commit)
	var g *git.Error
	if errors.As(err, &g) && git.ExitCode(err) == 1 {
		return false, nil
	}
	return err == nil, err
}
