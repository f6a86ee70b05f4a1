// Package gitpush reads and writes the repositories of a fleet for the promoter,
// with the git program. It implements promoter.Reader, History, Writer
// and Requests.
//
// The repositories are mirrored into a folder, without a working tree; a commit is
// made from the tree that is there with plumbing commands, and pushed. Each push names the
// commits that branches have to be at, and what it brings follows them: git's refusal of
// anything else is the compare-and-swap.
//
// Credentials come from where git itself finds them: a credential helper, SSH, the
// environment and the user's own git configuration.
package gitpush

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// Config says where the repositories are, and who writes to them.
type Config struct {
	// Dir is the folder of the mirrors; it is made where it is missing. Processes
	// that use the same one wait for each other.
	Dir string
	// System is the URL of the repository that Argo CD reads. App is that of the app
	// repository, and Submodule the folder in the system repository where it is; both
	// are empty for a single repository.
	System, App, Submodule string
	// Author of the commits; the zero value is defaultAuthor.
	Author Author
	// Sign says how commits are signed; the zero value: they are not.
	Sign Sign
	// Hooks is a folder of git hooks, of which pre-push, which has to be there, runs
	// before each push; "": none runs.
	Hooks string
	// Git is the program; "" is git.
	Git string
	// Env is the environment of git, NAME=value each: all of the caller's.
	Env []string
	// Timeout of one call of git; 0 is two minutes.
	Timeout time.Duration
}

// Author is who a commit is from.
type Author struct{ Name, Email string }

// defaultAuthor is who a commit is from where nobody says.
var defaultAuthor = Author{"shopslo", "shopslo@localhost"}

// Sign is how commits are signed, in the words of git's gpg.format: openpgp, ssh or
// x509. Key is what git's user.signingKey may be: for ssh the file of a key, else
// its id; "" with a format is git's own choice.
type Sign struct{ Format, Key string }

// Repositories are the mirrors. Its methods may be called at the same time.
type Repositories struct {
	system, app *mirror // the same for a single repository
	submodule   string
	author      Author
	sign        Sign
	lock        *flock.Flock
}

// Single reports whether there is one repository only, without a submodule.
func (r *Repositories) Single() bool { return r.submodule == "" }

// Open prepares the folder and reaches for no remote. The error says what is wrong
// with the configuration, or that the folder cannot be used.
func Open(ctx context.Context, c Config) (*Repositories, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil { // a mirror may be of a private repository
		return nil, fmt.Errorf("git: create the mirror directory (promotion.git.dir): %w", err)
	}
	r := &Repositories{submodule: c.Submodule, author: c.Author, sign: c.Sign, lock: flock.New(filepath.Join(c.Dir, "lock"))}
	if r.author == (Author{}) {
		r.author = defaultAuthor
	}
	err := r.locked(ctx, func() error {
		var err error
		if r.system, err = c.open(ctx, "system.git", c.System); err != nil {
			return err
		}
		r.app = r.system
		if c.Submodule != "" {
			r.app, err = c.open(ctx, "app.git", c.App)
		}
		return err
	})
	return r, err
}

func (c Config) check() error {
	switch {
	case c.Dir == "":
		return errors.New("git: no mirror directory is set")
	case (c.App == "") != (c.Submodule == ""):
		return errors.New("git: app repository and submodule must be set together; set neither for a single repository")
	case c.Submodule != "" && !plainPath(c.Submodule):
		return fmt.Errorf("git: invalid submodule path %q; use the path from .gitmodules, such as app", c.Submodule)
	case strings.ContainsAny(c.Author.Name+c.Author.Email, "<>\n\x00") || (c.Author.Name == "") != (c.Author.Email == ""):
		return errors.New("git: the author must have a name and an e-mail address, without < and >")
	case c.Sign.Format == "" && c.Sign.Key != "":
		return errors.New("git: a signing key requires a format: openpgp, ssh or x509")
	case c.Sign.Format != "" && c.Sign.Format != "openpgp" && c.Sign.Format != "ssh" && c.Sign.Format != "x509":
		return fmt.Errorf("git: signing format %q must be one of: openpgp, ssh, x509", c.Sign.Format)
	}
	if err := CheckHook(c.Hooks); err != nil {
		return err
	}
	if err := git.CheckRemote(c.System); err != nil {
		return fmt.Errorf("git: the system repository %w", err)
	}
	if c.App == "" {
		return nil
	}
	if err := git.CheckRemote(c.App); err != nil {
		return fmt.Errorf("git: the app repository %w", err)
	}
	return nil
}

// CheckHook refuses a folder with a hook that git would pass over without a word: what
// somebody wants asked before each push would never be. "" is no folder, and fine.
func CheckHook(folder string) error {
	if folder == "" {
		return nil
	}
	hook := filepath.Join(folder, "pre-push")
	switch info, err := os.Stat(hook); {
	case err != nil:
		return fmt.Errorf("git: the hooks directory has no pre-push hook: %w; add one, or set no hooks", err)
	case !info.Mode().IsRegular() || info.Mode()&0o111 == 0:
		return fmt.Errorf("git: the hook %s is not an executable file", hook)
	}
	return nil
}

// plainPath reports whether a path names a folder inside a repository.
func plainPath(p string) bool {
	return p == path.Clean(p) && p != "." && !path.IsAbs(p) && !strings.HasPrefix(p, "../") && p != ".." &&
		!strings.HasPrefix(p, "-") && !strings.ContainsAny(p, "\x00\n\t\"\\")
}

func (c Config) open(ctx context.Context, name, remote string) (*mirror, error) {
	dir := filepath.Join(c.Dir, name)
	if err := unlock(dir); err != nil {
		return nil, err
	}
	settings := append(git.URLOf(remote), [][2]string{
		{"core.hooksPath", cmp.Or(c.Hooks, os.DevNull)},
		{"core.logAllRefUpdates", "false"},
		{"fetch.recurseSubmodules", "false"},
		{"push.recurseSubmodules", "no"},
		{"push.followTags", "false"},
		{"gc.auto", "0"}, // it would go on after the command
		{"log.showSignature", "false"},
		{"log.follow", "false"},
		{"i18n.logOutputEncoding", "UTF-8"},
		{"diff.orderFile", os.DevNull},
	}...)
	if c.Sign.Format != "" {
		settings = append(settings, [2]string{"gpg.format", c.Sign.Format})
	}
	if c.Sign.Key != "" {
		settings = append(settings, [2]string{"user.signingKey", c.Sign.Key})
	}
	m := &mirror{
		dir: dir, remote: remote,
		git: &git.Runner{Program: c.Git, Timeout: c.Timeout, Env: append(git.Environment(c.Env, settings...), "GIT_DIR="+dir)},
	}
	if _, err := m.run(ctx, "init", "--quiet", "--bare", "--template="); err != nil {
		return nil, fmt.Errorf("git: prepare the mirror in %s: %w", dir, err)
	}
	return m, nil
}

// locked runs what uses the mirrors, after all other processes.
func (r *Repositories) locked(ctx context.Context, do func() error) error {
	ok, err := r.lock.TryLockContext(ctx, 50*time.Millisecond)
	if err != nil || !ok {
		return fmt.Errorf("wait for another promotion on this machine to release the mirrors: %w", err)
	}
	defer r.lock.Unlock()
	return do()
}

// unlock removes what a git that was killed has left: nobody else is at work here.
func unlock(dir string) error {
	return filepath.WalkDir(dir, func(file string, e os.DirEntry, err error) error {
		switch {
		case errors.Is(err, os.ErrNotExist):
			return nil
		case err != nil:
			return fmt.Errorf("git: clean up the mirrors: %w", err)
		case e.IsDir() && e.Name() == "objects":
			return filepath.SkipDir
		case !e.IsDir() && strings.HasSuffix(file, ".lock"):
			return os.Remove(file)
		}
		return nil
	})
}

var (
	_ promoter.Reader   = (*Repositories)(nil)
	_ promoter.History  = (*Repositories)(nil)
	_ promoter.Writer   = (*Repositories)(nil)
	_ promoter.Requests = (*Repositories)(nil)
)
