package promoted

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/gittree"
	"github.com/shopslo/shopslo/promotion"
)

// tree is a branch, and where in it the configuration lies, or would.
type tree struct {
	*gittree.Tree
	repository   string // for people
	folder, file string
	of           *gittree.Repository
}

// from says where rules were read.
func (t *tree) from() promotion.RulesFrom {
	return promotion.RulesFrom{Where: "Branch " + t.Branch, Repository: t.repository, Branch: t.Branch, Commit: t.Commit, File: t.file}
}

func (r *reading) hasOrigin() bool { return r.checkout != nil && r.checkout.Origin.URL != "" }

// named is the branch that a setting names.
func (r *reading) named(ctx context.Context, b config.Place, key string) (*tree, error) {
	remote, folder := gittree.Remote{URL: b.Repository, Env: r.host.Environ()}, path.Clean(filepath.ToSlash(b.Dir))
	if b.Repository == "" {
		if !r.hasOrigin() {
			return nil, fmt.Errorf("%s: %s.repository is missing: the file is in no checkout with a remote named origin", r.own.Config.Path, key)
		}
		if remote = r.checkout.Origin; b.Dir == "" {
			folder = r.checkout.Folder
		}
	}
	t, err := r.fetch(ctx, remote, r.branch(&b), folder)
	if errors.Is(err, gittree.ErrNoBranch) {
		return nil, fmt.Errorf("%s: %s: %w; push it, or correct the name", r.own.Config.Path, key, err)
	}
	return t, err
}

// fetch brings a branch, once: what is read of it in one decision is of one commit.
func (r *reading) fetch(ctx context.Context, remote gittree.Remote, branch, folder string) (*tree, error) {
	g, err := r.repository(ctx, remote)
	if err != nil {
		return nil, err
	}
	t := r.trees[[2]string{remote.URL, branch}]
	if t == nil {
		if t, err = g.Fetch(ctx, branch); err != nil {
			return nil, err
		}
		r.trees[[2]string{remote.URL, branch}] = t
	}
	return &tree{t, remote.Where(), folder, path.Join(folder, filepath.Base(r.own.Config.Path)), g}, nil
}

// repository opens a repository once.
func (r *reading) repository(ctx context.Context, remote gittree.Remote) (*gittree.Repository, error) {
	if g := r.open[remote.URL]; g != nil {
		return g, nil
	}
	remote.Now = r.host.Now()
	g, err := remote.Open(ctx)
	if err == nil {
		r.open[remote.URL] = g
	}
	return g, err
}

// configuration reads the configuration of a branch.
func (t *tree) configuration(ctx context.Context) (*config.Config, error) {
	files, err := t.Read(ctx, t.file)
	if err != nil {
		return nil, err
	}
	c, err := config.Parse(files[0].Name, files[0].Data)
	return c, documents.FaultsOf(err)
}

// some reads the files that patterns of a setting match; each has to match some.
func (t *tree) some(ctx context.Context, c *config.Config, key string, patterns []string) ([]document.File, error) {
	var all []string
	for _, pattern := range patterns {
		names, err := t.Match(t.folder, filepath.ToSlash(pattern))
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", c.Path, key, err)
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("%s: %s: no file of branch %s matches %q; correct the pattern", c.Path, key, t.Branch, pattern)
		}
		all = append(all, names...)
	}
	if err := t.unread(ctx, c, key, patterns); err != nil {
		return nil, err
	}
	return t.Read(ctx, once(all)...)
}

// unread refuses documents in the branch that none of the patterns matches, as beside a
// configuration.
func (t *tree) unread(ctx context.Context, c *config.Config, key string, patterns []string) error {
	full := func(pattern string) string { return path.Join(t.folder, filepath.ToSlash(pattern)) }
	var read []string
	for _, p := range documents.Patterns(c) {
		read = append(read, full(p))
	}
	for _, pattern := range patterns {
		dir, ok := documents.FolderBelow(pattern)
		if !ok {
			continue
		}
		for _, name := range documents.NotRead(key, full(pattern), t.Below(full(dir)), read) {
			files, err := t.Read(ctx, name)
			if err != nil {
				return err
			}
			if documents.IsOf(key, files[0].Data) {
				return documents.NobodyReads(c, key, pattern, name+" of branch "+t.Branch)
			}
		}
	}
	return nil
}

// any reads the files that patterns of a setting match, if there are any; their folders have
// to be there.
func (t *tree) any(ctx context.Context, c *config.Config, key string, patterns []string) ([]document.File, error) {
	var all []string
	for _, pattern := range patterns {
		names, err := t.Match(t.folder, filepath.ToSlash(pattern))
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", c.Path, key, err)
		}
		if folder := path.Join(t.folder, filepath.ToSlash(documents.FolderOf(pattern))); !t.HasFolder(folder) {
			return nil, fmt.Errorf("%s: %s: %q: branch %s of %s has no folder %s; correct the pattern, make the folder, or name another branch in gate.calendar_from",
				c.Path, key, pattern, t.Branch, t.repository, folder)
		}
		if twin, ok := documents.Twin(filepath.ToSlash(pattern)); ok && !slices.Contains(patterns, twin) {
			missed, err := t.Match(t.folder, twin)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", c.Path, key, err)
			}
			if len(missed) > 0 {
				return nil, documents.Missed(c, key, pattern, twin, missed[0]+" of branch "+t.Branch)
			}
		}
		all = append(all, names...)
	}
	if err := t.unread(ctx, c, key, patterns); err != nil {
		return nil, err
	}
	return t.Read(ctx, once(all)...)
}

// once leaves out names that several patterns match.
func once(names []string) (out []string) {
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
