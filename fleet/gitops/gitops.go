// Package gitops reads the git repositories that a fleet is deployed from: which
// Release each Tier's branch points to and once pointed to, which Release is
// behind a deployed revision, and how Releases follow each other.
//
// Argo CD reads a system repository, in which each Tier has a branch; the app
// repository is a submodule of it, and a Release is the app repository's commit.
// So Tiers whose branches have different commits are comparable. Without a
// submodule there is one repository, and a Release is its commit.
//
// The repositories are mirrored into a folder by the git program. Nothing is
// written but there, and nothing happens by itself: the caller fetches, at the
// pace that it likes.
package gitops

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/internal/text"
)

// Errors that say what is the matter; what is returned wraps them, and says where
// and what to do.
var (
	// errUnreachable: a repository could not be fetched. What was fetched before is
	// still there, and as old as it is.
	errUnreachable = errors.New("the repository cannot be fetched")
	// errNoBranch: the repository has no branch of this name.
	errNoBranch = errors.New("no such branch")
	// ErrNoCommit: the repository has no commit of this id, as far as it was fetched.
	ErrNoCommit = errors.New("no such commit")
	// errNoSubmodule: a revision of the system repository has no submodule where
	// the app repository should be.
	errNoSubmodule = errors.New("no submodule")
)

// Config says where the repositories are.
type Config struct {
	// Dir is the folder of the mirrors; it is made where it is missing, and belongs
	// to this package alone.
	Dir string
	// System is the URL of the repository that Argo CD reads.
	System string
	// App is the URL of the app repository, and Submodule the folder in the system
	// repository where it is. Both are empty for a single repository.
	App, Submodule string
	// Git is the program; "" is git.
	Git string
	// Env is the environment of git, NAME=value each, such as PATH, HOME and
	// SSH_AUTH_SOCK. What keeps git quiet and unattended is added.
	Env []string
	// Timeout is that of one call of git; 0 is two minutes.
	Timeout time.Duration
}

// Repositories are the mirrors of a system repository and its app repository. Its
// methods may be called at the same time.
type Repositories struct {
	system, app *mirror // the same for a single repository
	submodule   string

	fetching sync.Mutex // one at a time

	mu       sync.Mutex
	releases map[string]fleet.Release // of revisions: a commit never changes
	behind   map[[2]fleet.Release]int
	pasts    map[string]*past             // of branches
	trees    map[string]map[string]string // of revisions: folders
}

// Open prepares the folder. It reaches for no remote: nothing is known before the
// first Fetch, but for what an earlier process fetched. The error says what is
// wrong with the configuration, or that the folder cannot be used.
func Open(ctx context.Context, c Config) (*Repositories, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	r := &Repositories{submodule: c.Submodule}
	r.forget()
	g := &git.Runner{Program: c.Git, Env: c.Env, Timeout: c.Timeout}
	var err error
	if r.system, err = openMirror(ctx, g, filepath.Join(c.Dir, "system.git"), c.System); err != nil {
		return nil, err
	}
	r.app = r.system
	if c.Submodule != "" {
		r.app, err = openMirror(ctx, g, filepath.Join(c.Dir, "app.git"), c.App)
	}
	return r, err
}

func (c Config) check() error {
	switch {
	case c.Dir == "":
		return errors.New("git: no folder for the mirrors is named")
	case c.System == "":
		return errors.New("git: no system repository is named; give the URL that Argo CD reads")
	case (c.App == "") != (c.Submodule == ""):
		return errors.New("git: an app repository and the folder of its submodule go together; name both, or none for a single repository")
	case c.Submodule != "" && !plainPath(c.Submodule):
		return fmt.Errorf("git: submodule %q is no folder of a repository; write it as .gitmodules has it, such as app", c.Submodule)
	}
	for _, remote := range []string{c.System, c.App} {
		if remote == "" {
			continue
		}
		if err := git.CheckURL(remote); err != nil {
			return fmt.Errorf("git: a repository's URL %w", err)
		}
	}
	return nil
}

// plainPath reports whether a path names a folder inside a repository.
func plainPath(p string) bool {
	return p == path.Clean(p) && p != "." && !path.IsAbs(p) && !strings.HasPrefix(p, "../") && p != ".." &&
		!strings.HasPrefix(p, "-") && !strings.ContainsAny(p, "\x00\n\\")
}

func (r *Repositories) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.releases, r.behind, r.pasts = map[string]fleet.Release{}, map[[2]fleet.Release]int{}, map[string]*past{}
	r.trees = map[string]map[string]string{}
}

// Move is a branch that points elsewhere than at the fetch before.
type Move struct {
	Branch string
	// From and To are commits of the system repository; "" where the branch was not
	// there, or no longer is.
	From, To string
	// Forced: To does not follow From. Somebody has rewritten the branch, or
	// removed it. What it pointed to before stays known.
	Forced bool
}

// Fetch brings the mirrors up to date, the app repository first, so that what the
// system repository refers to is there. The error says which could not be fetched, or is
// that of ctx; what was fetched before stays. Moves are those of the system
// repository's branches, by name.
func (r *Repositories) Fetch(ctx context.Context) ([]Move, error) {
	r.fetching.Lock()
	defer r.fetching.Unlock()
	if r.app != r.system {
		if _, err := r.app.fetch(ctx); err != nil {
			return nil, fmt.Errorf("app repository: %w", err)
		}
	}
	moves, err := r.system.fetch(ctx)
	if err != nil {
		return nil, fmt.Errorf("system repository: %w", err)
	}
	return moves, nil
}

// Release gives the Release behind a deployed revision, a full commit id of the
// system repository. The error wraps ErrNoCommit, or says that there is no submodule.
func (r *Repositories) Release(ctx context.Context, revision string) (fleet.Release, error) {
	if !git.IsCommit(revision) {
		return "", fmt.Errorf("revision %q: %w: it is no full commit id, so it is not from git", text.Cut(revision, 80), ErrNoCommit)
	}
	r.mu.Lock()
	release, ok := r.releases[revision]
	r.mu.Unlock()
	if ok {
		return release, nil
	}
	release, err := r.lookUp(ctx, revision)
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	bound(r.releases)
	r.releases[revision] = release
	return release, nil
}

func (r *Repositories) lookUp(ctx context.Context, revision string) (fleet.Release, error) {
	if err := r.system.mustHave(ctx, revision); err != nil {
		return "", err
	}
	if r.submodule == "" {
		return fleet.Release(revision), nil
	}
	out, err := r.system.run(ctx, "ls-tree", "-z", revision, "--", r.submodule)
	if err != nil {
		return "", fmt.Errorf("revision %s: %w", revision, err)
	}
	// "160000 commit <id>\t<path>\0"; 160000 is the mode of a submodule.
	fields := strings.Fields(strings.TrimRight(out, "\x00"))
	switch {
	case len(fields) == 0:
		return "", fmt.Errorf("revision %s: %w: nothing is at %s", revision, errNoSubmodule, r.submodule)
	case fields[0] != submoduleMode || len(fields) < 4:
		return "", fmt.Errorf("revision %s: %w: %s is a %s there", revision, errNoSubmodule, r.submodule, fields[1])
	}
	return fleet.Release(fields[2]), nil
}

const submoduleMode = "160000"

// Head gives what a Tier's branch points to and when it came to this Release, as
// its commit says. The error says that there is no branch or no submodule.
func (r *Repositories) Head(ctx context.Context, branch string) (fleet.Head, error) {
	p, err := r.past(ctx, branch)
	if err != nil {
		return fleet.Head{}, err
	}
	release, err := r.Release(ctx, p.head)
	if err != nil {
		return fleet.Head{}, fmt.Errorf("branch %s: %w", branch, err)
	}
	return fleet.Head{Release: release, At: p.at}, nil
}

// Behind counts the first-parent commits of than that release lacks. The error
// wraps ErrNoCommit.
func (r *Repositories) Behind(ctx context.Context, release, than fleet.Release) (int, error) {
	key := [2]fleet.Release{release, than}
	r.mu.Lock()
	n, ok := r.behind[key]
	r.mu.Unlock()
	if ok {
		return n, nil
	}
	for _, commit := range key {
		if err := r.app.mustHave(ctx, string(commit)); err != nil {
			return 0, err
		}
	}
	out, err := r.app.run(ctx, "rev-list", "--count", "--first-parent", string(than), "--not", string(release))
	if err != nil {
		return 0, err
	}
	if _, err := fmt.Sscan(out, &n); err != nil {
		return 0, fmt.Errorf("git rev-list --count answered %q", text.Cut(out, 80))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	bound(r.behind)
	r.behind[key] = n
	return n, nil
}

// Contains reports whether release is, or follows, the Release of: then it has
// everything that of has. The error wraps ErrNoCommit.
func (r *Repositories) Contains(ctx context.Context, release, of fleet.Release) (bool, error) {
	for _, commit := range []fleet.Release{release, of} {
		if err := r.app.mustHave(ctx, string(commit)); err != nil {
			return false, err
		}
	}
	return r.app.follows(ctx, string(release), string(of))
}

// maxKept bounds what is remembered of commits, which never change but are many.
const maxKept = 20_000

func bound[K comparable, V any](m map[K]V) {
	if len(m) >= maxKept {
		clear(m)
	}
}

// makeDir makes a folder that only this user may read: a mirror may be of a
// private repository.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("git: make the folder of the mirrors: %w", err)
	}
	return nil
}
