// Package gittree reads files of a git repository's branches, without a checkout and
// without leaving anything behind: one commit of a branch is fetched into a folder of its
// own, which is gone after Close.
//
// Credentials come from where git itself finds them: a credential helper, SSH, the
// environment, the user's own git configuration, and that of a checkout.
package gittree

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/git"
)

// Errors that say what is the matter; what is returned wraps them, and says where.
var (
	// ErrUnreachable: the repository could not be asked.
	ErrUnreachable = errors.New("cannot be fetched")
	// ErrNoBranch: it was asked, and has no such branch.
	ErrNoBranch = errors.New("no such branch")
)

// Remote is a repository and how it is reached.
type Remote struct {
	URL string
	Env []string // NAME=value each: all of the caller's
	// Settings are those of a checkout that say how its remote is reached.
	Settings [][2]string
	// Git is the program; "" is git.
	Git string
	// Timeout of one call of git; 0 is two minutes.
	Timeout time.Duration
	// Now is the time; zero: what is old stays.
	Now time.Time
}

// Where is the repository for people, without secrets.
func (r Remote) Where() string { return git.Redact(r.URL) }

// Repository is what was fetched of a Remote.
type Repository struct {
	remote Remote
	dir    string
	git    *git.Runner
	depth  string // of what was fetched last
}

// temporary is how the names of the folders begin.
const temporary = "shopslo-tree-"

// Open prepares a folder, and asks nobody. Close it in any case: what a process that was killed
// has left is removed a day later.
func (r Remote) Open(ctx context.Context) (*Repository, error) {
	dir, err := git.Temporary(temporary, r.Now)
	if err != nil {
		return nil, err
	}
	settings := append(slices.Concat(r.Settings, git.URLOf(r.URL)),
		[2]string{"core.hooksPath", os.DevNull},
		[2]string{"gc.auto", "0"}, // it would go on after the command
		[2]string{"fetch.recurseSubmodules", "false"},
		[2]string{"log.showSignature", "false"},
	)
	g := &Repository{remote: r, dir: dir, git: &git.Runner{
		Program: r.Git, Timeout: r.Timeout, Env: append(git.Environment(r.Env, settings...), "GIT_DIR="+dir),
	}}
	if _, err := g.run(ctx, "init", "--quiet", "--bare", "--template="); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

// Close removes all that was fetched.
func (g *Repository) Close() error { return os.RemoveAll(g.dir) }

func (g *Repository) run(ctx context.Context, args ...string) (string, error) {
	return g.git.Run(ctx, git.Call{Args: args})
}

func (g *Repository) unreachable(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	return fmt.Errorf("%s %w: %w", g.remote.Where(), ErrUnreachable, err)
}

// Heads are what a remote says of its branches.
type Heads struct {
	Default string          // the branch that its HEAD is; "" where it has none
	Has     map[string]bool // of the branches that were asked for
}

// Heads asks the remote for its default branch, and whether it has others. The error
// wraps ErrUnreachable, or is that of ctx.
func (g *Repository) Heads(ctx context.Context, branches ...string) (Heads, error) {
	h := Heads{Has: map[string]bool{}}
	args := []string{"ls-remote", "--quiet", "--symref", git.Origin, "HEAD"}
	for _, b := range branches {
		args = append(args, heads+b)
	}
	out, err := g.run(ctx, args...)
	if err != nil {
		return h, g.unreachable(ctx, err)
	}
	for line := range strings.Lines(out) {
		value, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		switch ref, symbolic := strings.CutPrefix(value, "ref: "); {
		case symbolic && name == "HEAD":
			h.Default = strings.TrimPrefix(ref, heads)
		case !symbolic && strings.HasPrefix(name, heads):
			h.Has[strings.TrimPrefix(name, heads)] = true
		}
	}
	return h, nil
}

const heads = "refs/heads/"

// Fetch brings the newest commit of a branch, and files only when they are read, where the
// remote knows filters. The error wraps ErrNoBranch or ErrUnreachable, or is that of ctx.
func (g *Repository) Fetch(ctx context.Context, branch string) (*Tree, error) {
	h, err := g.Heads(ctx, branch)
	if err != nil {
		return nil, err
	}
	if !h.Has[branch] {
		return nil, fmt.Errorf("%s: %w as %s", g.remote.Where(), ErrNoBranch, branch)
	}
	if err := g.fetch(ctx, branch, "--depth=1"); err != nil {
		return nil, err
	}
	return g.tree(ctx, branch)
}

func (g *Repository) fetch(ctx context.Context, branch, depth string, options ...string) error {
	g.depth = depth
	args := append([]string{"fetch", "--quiet", "--filter=blob:none", depth, "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"}, options...)
	return g.unreachable(ctx, g.git.OfAnyHash(ctx, g.dir, func() error {
		_, err := g.run(ctx, append(args, git.Origin, "+"+heads+branch+":"+heads+branch)...)
		return err
	}))
}

// bring fetches the files with these ids, of commits that revisions name, at once.
func (g *Repository) bring(ctx context.Context, branch string, ids []string, revisions ...string) error {
	lacks, err := g.git.Lacks(ctx, revisions...)
	if err != nil {
		return err
	}
	return g.unreachable(ctx, g.git.Bring(ctx, lacks, ids, func() error {
		return g.fetch(ctx, branch, g.depth, "--no-filter", "--refetch")
	}))
}

// Commit is one of a branch's first parents.
type Commit struct {
	ID string
	// Received is when the branch had it, as far as committer dates can be believed: none is
	// before that of a commit that it stands on.
	Received time.Time
}

// deepest is how many commits of a branch are looked at.
const deepest = 500

// History gives the commits that changed something below one of the folders ("." is all), the
// newest first, of the last 500 of a branch that was fetched: the first is what there is now,
// and the last may have been changed before it, too. The error is as that of Fetch.
func (g *Repository) History(ctx context.Context, branch string, folders ...string) ([]Commit, error) {
	if err := g.fetch(ctx, branch, fmt.Sprintf("--depth=%d", deepest)); err != nil {
		return nil, err
	}
	all, err := g.run(ctx, "log", "--first-parent", "--format=%H %ct", heads+branch)
	if err != nil {
		return nil, err
	}
	lines := slices.Collect(strings.Lines(all))
	received := map[string]time.Time{}
	var latest time.Time
	for _, line := range slices.Backward(lines) {
		id, seconds, _ := strings.Cut(strings.TrimSpace(line), " ")
		unix, err := strconv.ParseInt(seconds, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("git log answered %.80q", git.Printable(line))
		}
		if at := time.Unix(unix, 0).UTC(); at.After(latest) {
			latest = at
		}
		received[id] = latest
	}
	changing, err := g.run(ctx, append([]string{"log", "--first-parent", "-m", "--raw", "--no-renames", "--no-abbrev", "--format=%H", heads + branch, "--"}, folders...)...)
	if err != nil {
		return nil, err
	}
	var out []Commit
	var files []string
	for line := range strings.Lines(changing) {
		switch fields := strings.Fields(line); { // ":MODE MODE ID ID STATUS\tPATH", of before and after
		case len(fields) == 1:
			out = append(out, Commit{fields[0], received[fields[0]]})
		case len(fields) > 4 && strings.HasPrefix(fields[1], "100"):
			files = append(files, fields[3])
		}
	}
	return out, g.bring(ctx, branch, files, "--first-parent", heads+branch)
}

// At gives the tree of a commit of a branch that History told of.
func (g *Repository) At(ctx context.Context, branch string, c Commit) (*Tree, error) {
	return g.treeOf(ctx, branch, c.ID)
}
