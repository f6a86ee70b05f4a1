package gitops

import (
	"context"
	"fmt"
	"path"
	"strings"
	"unique"

	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/internal/text"
)

// maxTrees is of how many revisions the folders are kept: Argo CD keeps ten of each
// Application, and those of a Tier have the same ones.
const maxTrees = 64

// hashLength is how much of a tree's id is kept, in hexadecimal digits.
const hashLength = 16

// Tree tells folders at revisions of the system repository apart: it gives the same text
// for two where they have the same content, and else another one. The error wraps
// ErrNoCommit; "" without one: the revision has no such folder.
func (r *Repositories) Tree(ctx context.Context, revision, folder string) (string, error) {
	if !git.IsCommit(revision) {
		return "", fmt.Errorf("revision %q: %w: it is no full commit id, so it is not from git", text.Cut(revision, 80), ErrNoCommit)
	}
	folder = strings.Trim(path.Clean("/"+folder), "/")
	r.mu.Lock()
	folders, ok := r.trees[revision]
	r.mu.Unlock()
	if ok {
		return folders[folder], nil
	}
	folders, err := r.folders(ctx, revision)
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.trees) >= maxTrees {
		clear(r.trees)
	}
	r.trees[revision] = folders
	return folders[folder], nil
}

// folders lists all folders of a revision with what tells them apart; "" is the root.
func (r *Repositories) folders(ctx context.Context, revision string) (map[string]string, error) {
	if err := r.system.mustHave(ctx, revision); err != nil {
		return nil, err
	}
	root, err := r.system.run(ctx, "rev-parse", "--verify", "--quiet", revision+"^{tree}")
	if err != nil {
		return nil, fmt.Errorf("revision %s: %w", revision, err)
	}
	all := map[string]string{"": cut(strings.TrimSpace(root))}
	out, err := r.system.run(ctx, "ls-tree", "-d", "-r", "-z", revision)
	if err != nil {
		return nil, fmt.Errorf("revision %s: %w", revision, err)
	}
	for entry := range strings.SplitSeq(out, "\x00") { // "040000 tree <id>\t<path>"
		head, name, ok := strings.Cut(entry, "\t")
		if fields := strings.Fields(head); ok && len(fields) == 3 && fields[1] == "tree" {
			all[unique.Make(name).Value()] = cut(fields[2])
		}
	}
	return all, nil
}

func cut(id string) string { return unique.Make(id[:min(hashLength, len(id))]).Value() }
