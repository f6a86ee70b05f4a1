package gittree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/shopslo/shopslo/internal/git"
)

// Checkout is the work tree that a folder lies in.
type Checkout struct {
	// Folder is the folder's path in the repository, with slashes; "" is the top.
	Folder string
	// Origin is the remote that it was cloned from; its URL is "" where there is none.
	Origin Remote
}

// CheckoutOf finds the work tree that a folder lies in; nil: in none. What git refuses to
// say, as of a folder that is somebody else's, is an error.
func CheckoutOf(ctx context.Context, env []string, folder string) (*Checkout, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	if has, err := hasGit(folder); err != nil || !has {
		return nil, err
	}
	// A folder of the checkout that looks like a bare repository is not asked for settings.
	runner := &git.Runner{Env: git.Environment(env, [2]string{"safe.bareRepository", "explicit"})}
	ask := func(args ...string) (string, error) {
		out, err := runner.Run(ctx, git.Call{Args: append([]string{"-C", folder}, args...)})
		if err != nil {
			return "", fmt.Errorf("ask git about the checkout %s: %w", folder, err)
		}
		return out, nil
	}
	inside, err := ask("rev-parse", "--is-inside-work-tree", "--show-prefix")
	if err != nil {
		return nil, err
	}
	is, prefix, _ := strings.Cut(inside, "\n")
	if is != "true" {
		return nil, fmt.Errorf("%s is not in the work tree of the checkout around it; put the configuration there", folder)
	}
	top, err := ask("rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	settings, err := ask("config", "--list", "--local", "--includes", "-z")
	if err != nil {
		return nil, err
	}
	c := &Checkout{Folder: strings.TrimSuffix(strings.TrimSuffix(prefix, "\n"), "/"), Origin: Remote{Env: env}}
	for entry := range strings.SplitSeq(settings, "\x00") {
		key, value, _ := strings.Cut(entry, "\n")
		switch {
		case key == "remote.origin.url":
			c.Origin.URL = value
		case reaches(key):
			c.Origin.Settings = append(c.Origin.Settings, [2]string{key, value})
		}
	}
	if u := c.Origin.URL; u != "" && !strings.Contains(u, ":") && !filepath.IsAbs(u) {
		c.Origin.URL = filepath.Join(strings.TrimSuffix(top, "\n"), u)
	}
	return c, nil
}

// Tracks reports whether a file is one that commits have. What git does not tell is an error.
func (c *Checkout) Tracks(ctx context.Context, file string) (bool, error) {
	runner := &git.Runner{Env: git.Environment(c.Origin.Env, [2]string{"safe.bareRepository", "explicit"})}
	out, err := runner.Run(ctx, git.Call{Args: []string{"-C", filepath.Dir(file), "ls-files", "--", filepath.Base(file)}})
	if err != nil {
		return false, fmt.Errorf("ask git whether commits have %s: %w", file, err)
	}
	return out != "", nil
}

// hasGit reports whether a folder, or one around it, is a checkout's. What may not be looked at
// may be one.
func hasGit(folder string) (bool, error) {
	for {
		_, err := os.Lstat(filepath.Join(folder, ".git"))
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			return false, fmt.Errorf("look for the checkout that %s is in: %w", folder, err)
		}
		up := filepath.Dir(folder)
		if up == folder {
			return false, nil
		}
		folder = up
	}
}

// reaches reports whether a setting says how remotes are reached.
func reaches(key string) bool {
	section, _, _ := strings.Cut(key, ".")
	return slices.Contains([]string{"http", "credential", "url", "ssh"}, section) ||
		slices.Contains([]string{"core.sshcommand", "core.gitproxy", "core.askpass"}, key)
}
