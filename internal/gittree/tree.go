package gittree

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/git"
)

// Tree is a commit of a branch.
type Tree struct {
	Branch, Commit string

	of    *Repository
	blobs map[string]string // ids of regular files by path
	links map[string]bool   // paths of symbolic links and submodules, which are not read
}

// mostFiles is how many files a tree may have, mostMatched how many are read of one, and
// mostRead how many bytes at once.
const (
	mostFiles   = 1_000_000
	mostMatched = 10_000
	mostRead    = 64 << 20
)

func (g *Repository) tree(ctx context.Context, branch string) (*Tree, error) {
	commit, err := g.run(ctx, "rev-parse", "--verify", "--end-of-options", heads+branch+"^{commit}")
	if err != nil {
		return nil, err
	}
	return g.treeOf(ctx, branch, strings.TrimSpace(commit))
}

func (g *Repository) treeOf(ctx context.Context, branch, commit string) (*Tree, error) {
	t := &Tree{Branch: branch, Commit: commit, of: g, blobs: map[string]string{}, links: map[string]bool{}}
	out, err := g.run(ctx, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return nil, err
	}
	for entry := range strings.SplitSeq(out, "\x00") {
		head, name, _ := strings.Cut(entry, "\t") // "MODE blob ID\tPATH"
		fields := strings.Fields(head)
		switch {
		case len(fields) != 3:
			continue
		case fields[1] != "blob" || fields[0] == symbolicLink:
			t.links[name] = true
		default:
			t.blobs[name] = fields[2]
		}
		if len(t.blobs)+len(t.links) > mostFiles {
			return nil, fmt.Errorf("%s: branch %s has more than %d files", g.remote.Where(), branch, mostFiles)
		}
	}
	return t, nil
}

const symbolicLink = "120000"

// Has reports whether there is a file.
func (t *Tree) Has(file string) bool { return t.blobs[path.Clean(file)] != "" }

// HasNamed reports whether there is a file of that name in any folder.
func (t *Tree) HasNamed(name string) bool {
	for file := range t.blobs {
		if path.Base(file) == name {
			return true
		}
	}
	return false
}

// HasFolder reports whether there is any file below a folder; "." is the top.
func (t *Tree) HasFolder(folder string) bool {
	prefix := path.Clean(folder) + "/"
	if prefix == "./" {
		return len(t.blobs) > 0
	}
	for name := range t.blobs {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// Below gives the files below a folder, by name, but hidden ones.
func (t *Tree) Below(folder string) (names []string) {
	prefix := path.Clean(folder) + "/"
	for name := range t.blobs {
		if rest, ok := strings.CutPrefix(name, prefix); ok && !strings.HasPrefix(rest, ".") && !strings.Contains(rest, "/.") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Match gives the files that a pattern of names matches (path.Match), by name. The pattern
// starts at a folder; "" is the top. What lies behind a symbolic link or in a submodule is not
// read: that the pattern reaches one is an error, since a checkout would have more files.
func (t *Tree) Match(folder, pattern string) ([]string, error) {
	full := path.Join(literal(folder), pattern)
	if path.IsAbs(pattern) || full == ".." || strings.HasPrefix(full, "../") {
		return nil, fmt.Errorf("%q leaves the repository; name files that are in it", pattern)
	}
	for _, link := range slices.Sorted(maps.Keys(t.links)) {
		if reachesLink(full, link) {
			return nil, fmt.Errorf("%q: %s is a symbolic link or a submodule, which is not read; put the files themselves there", pattern, t.Name(link))
		}
	}
	var names []string
	for name := range t.blobs {
		ok, err := path.Match(full, name)
		if err != nil {
			return nil, fmt.Errorf("%q is not a pattern of file names: %w", pattern, err)
		}
		if ok {
			names = append(names, name)
		}
	}
	if len(names) > mostMatched {
		return nil, fmt.Errorf("%q matches %d files, more than %d; narrow it down", pattern, len(names), mostMatched)
	}
	slices.Sort(names)
	return names, nil
}

// reachesLink reports whether a pattern matches a path, or something that would lie below it.
func reachesLink(pattern, link string) bool {
	parts := strings.Split(pattern, "/")
	n := strings.Count(link, "/") + 1
	if n > len(parts) {
		return false
	}
	ok, err := path.Match(strings.Join(parts[:n], "/"), link)
	return ok && err == nil
}

// literal protects a folder's name from being read as a pattern.
func literal(folder string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(folder)
}

// Name is a file as messages name it.
func (t *Tree) Name(file string) string { return t.Branch + ":" + file }

// Read reads files; their names are those of Name. What is longer than a document may be is
// an error, and so is a file that there is not. The error wraps ErrUnreachable where a file
// was to be fetched and could not.
func (t *Tree) Read(ctx context.Context, files ...string) ([]document.File, error) {
	var ids []string
	for _, f := range files {
		id := t.blobs[path.Clean(f)]
		if id == "" {
			return nil, fmt.Errorf("%s: there is no such file", t.Name(f))
		}
		ids = append(ids, id)
	}
	if len(files) == 0 {
		return nil, nil
	}
	if err := t.of.bring(ctx, t.Branch, ids, "--max-count=1", t.Commit); err != nil {
		return nil, err
	}
	input := strings.Join(ids, "\n") + "\n"
	sizes, err := t.of.git.Run(ctx, git.Call{Args: []string{"cat-file", "--batch-check=%(objectsize)"}, Input: input})
	if err != nil {
		return nil, t.of.unreachable(ctx, err)
	}
	total := 0
	for i, line := range strings.Split(strings.TrimSuffix(sizes, "\n"), "\n") {
		size, err := strconv.Atoi(line)
		switch {
		case err != nil || i >= len(files):
			return nil, fmt.Errorf("%s: git cat-file answered %.80q", t.Branch, git.Printable(line))
		case size > document.MaxSize:
			return nil, fmt.Errorf("%s is %d bytes long, which is more than %d; split it", t.Name(files[i]), size, document.MaxSize)
		}
		if total += size; total > mostRead {
			return nil, fmt.Errorf("%s: the %d files that are read have more than %d bytes together; narrow the patterns down", t.Branch, len(files), mostRead)
		}
	}
	text, err := t.of.git.Run(ctx, git.Call{Args: []string{"cat-file", "--batch"}, Input: input})
	if err != nil {
		return nil, t.of.unreachable(ctx, err)
	}
	return t.contents(files, text)
}

// contents takes apart what git cat-file --batch gives: "ID blob SIZE\nCONTENT\n" each.
func (t *Tree) contents(files []string, text string) ([]document.File, error) {
	var all []document.File
	for _, f := range files {
		head, rest, _ := strings.Cut(text, "\n")
		fields := strings.Fields(head)
		if len(fields) != 3 || fields[1] != "blob" {
			return nil, fmt.Errorf("%s: git cat-file answered %.80q", t.Name(f), git.Printable(head))
		}
		size, err := strconv.Atoi(fields[2])
		if err != nil || size < 0 || size >= len(rest) || rest[size] != '\n' {
			return nil, errors.New(t.Name(f) + ": git cat-file gave a part of it only")
		}
		all = append(all, document.File{Name: t.Name(f), Data: []byte(rest[:size])})
		text = rest[size+1:]
	}
	return all, nil
}
