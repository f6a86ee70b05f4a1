package gitpush

import (
	"context"
	"strings"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// mostAlike bounds of how many Releases all changes are compared.
const mostAlike = 20

// Alike implements promoter.History.
func (r *Repositories) Alike(ctx context.Context, release, instead fleet.Release, of []fleet.Release) (like []promoter.Likeness, err error) {
	if len(of) == 0 {
		return nil, nil
	}
	trees, err := r.app.trees(ctx, append([]fleet.Release{release, instead}, of...))
	if err != nil {
		return nil, err
	}
	for i, other := range of {
		same := trees[other] == trees[release] && trees[other] != trees[instead]
		if !same && i >= mostAlike {
			continue
		}
		comes := same
		if !same {
			if comes, err = r.app.changesCome(ctx, release, instead, other); err != nil {
				return nil, err
			}
		}
		if comes {
			like = append(like, promoter.Likeness{Release: other, Same: same})
		}
	}
	return like, nil
}

// trees gives the trees of commits.
func (m *mirror) trees(ctx context.Context, of []fleet.Release) (map[fleet.Release]string, error) {
	args := []string{"log", "--no-walk=unsorted", "--format=%H %T"}
	for _, o := range of {
		args = append(args, string(o))
	}
	out, err := m.run(ctx, append(args, "--")...)
	trees := map[fleet.Release]string{}
	for line := range strings.Lines(out) {
		commit, tree, _ := strings.Cut(strings.TrimSpace(line), " ")
		trees[fleet.Release(commit)] = tree
	}
	return trees, err
}

// changesCome reports whether a commit has all changes of another one that the commit
// instead of it lacks, be it as other commits: file by file, or commit by commit.
func (m *mirror) changesCome(ctx context.Context, commit, instead, other fleet.Release) (bool, error) {
	for _, changes := range []func(context.Context, fleet.Release, fleet.Release, fleet.Release) (taken, left int, err error){m.filesLeft, m.commitsLeft} {
		if taken, left, err := changes(ctx, commit, instead, other); err != nil || taken > 0 && left == 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// filesLeft counts the files that another commit changed and the one instead of it has not
// as they were there, and those of them that a commit has not either.
func (m *mirror) filesLeft(ctx context.Context, commit, instead, other fleet.Release) (taken, left int, err error) {
	base, err := m.run(ctx, "merge-base", string(other), string(instead))
	if git.ExitCode(err) == 1 { // they have nothing in common
		return 0, 0, nil
	}
	var changed [3][]difference
	for i, c := range []fleet.Release{other, instead, commit} {
		if err == nil {
			changed[i], err = m.differences(ctx, strings.TrimSpace(base), string(c))
		}
	}
	has := map[difference]bool{}
	for _, d := range changed[1] {
		has[d] = true
	}
	comes := map[difference]bool{}
	for _, d := range changed[2] {
		comes[d] = true
	}
	for _, d := range changed[0] {
		if !has[d] {
			taken++
			if !comes[d] {
				left++
			}
		}
	}
	return taken, left, err
}

// commitsLeft counts the commits, by their changes, that another commit has and the one
// instead of it has not, and those of them that a commit has not either.
func (m *mirror) commitsLeft(ctx context.Context, commit, instead, other fleet.Release) (taken, left int, err error) {
	lacks, err := m.changesOnlyIn(ctx, other, instead)
	if err != nil || len(lacks) == 0 {
		return 0, 0, err
	}
	without, err := m.changesOnlyIn(ctx, other, commit)
	for change := range lacks {
		if without[change] {
			left++
		}
	}
	return len(lacks), left, err
}

// changesOnlyIn gives the commits, but for merges, whose change another one has not.
func (m *mirror) changesOnlyIn(ctx context.Context, commit, other fleet.Release) (map[string]bool, error) {
	out, err := m.run(ctx, "cherry", string(other), string(commit))
	only := map[string]bool{}
	for line := range strings.Lines(out) {
		if id, ok := strings.CutPrefix(strings.TrimSpace(line), "+ "); ok {
			only[id] = true
		}
	}
	return only, err
}
