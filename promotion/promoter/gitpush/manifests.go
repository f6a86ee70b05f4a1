package gitpush

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// Bounds of what is read of the manifests.
const (
	largestFile  = 1 << 20
	largestFiles = 128 << 20
)

// Files gives what Argo CD would find on a Tier's branch if it referred to a Release:
// the files of the system repository with those of the app repository in the folder
// of the submodule, by path. Files of over 1 MiB are left out; it is an error if the
// others come to more than 128 MiB. The error wraps promoter.ErrUnknown where a
// branch or the Release is not there.
func (r *Repositories) Files(ctx context.Context, tier fleet.Tier, release fleet.Release) (map[string][]byte, error) {
	if r.Single() {
		return nil, errors.New("read the manifests: no submodule is set")
	}
	system, err := r.system.head(ctx, tier.Branch)
	if err != nil {
		return nil, err
	}
	if err := r.app.mustHave(ctx, string(release)); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	if err := r.system.files(ctx, system, "", files); err != nil {
		return nil, err
	}
	return files, r.app.files(ctx, string(release), r.submodule, files)
}

// files adds the files of a commit, below a folder.
func (m *mirror) files(ctx context.Context, commit, below string, into map[string][]byte) error {
	out, err := m.run(ctx, "ls-tree", "-r", "-z", "--long", commit)
	if err != nil {
		return fmt.Errorf("list the files of %s: %w", commit, err)
	}
	var names []string
	var ids strings.Builder
	total := 0
	for entry := range strings.SplitSeq(out, "\x00") {
		// "MODE blob ID SIZE\tPATH"
		head, name, _ := strings.Cut(entry, "\t")
		fields := strings.Fields(head)
		if len(fields) != 4 || fields[1] != "blob" || fields[0] == "120000" { // a symbolic link
			continue
		}
		size, err := strconv.Atoi(fields[3])
		if err != nil || size > largestFile {
			continue
		}
		if total += size; total > largestFiles {
			return fmt.Errorf("the files of %s exceed %d MiB; are they manifests?", commit, largestFiles>>20)
		}
		names = append(names, path.Join(below, name))
		ids.WriteString(fields[2] + "\n")
	}
	if len(names) == 0 {
		return nil
	}
	contents, err := m.git.Run(ctx, git.Call{Args: []string{"cat-file", "--batch"}, Input: ids.String()})
	if err != nil {
		return fmt.Errorf("read the files of %s: %w", commit, err)
	}
	all, err := parseBatch(contents)
	if err != nil || len(all) != len(names) {
		return fmt.Errorf("read the files of %s: git cat-file gave %d of %d: %w", commit, len(all), len(names), errors.Join(err, promoter.ErrUnknown))
	}
	for i, name := range names {
		into[name] = all[i]
	}
	return nil
}

// parseBatch reads what git cat-file --batch gives: "ID blob SIZE\nCONTENT\n" each.
func parseBatch(text string) ([][]byte, error) {
	var all [][]byte
	for text != "" {
		head, rest, _ := strings.Cut(text, "\n")
		fields := strings.Fields(head)
		if len(fields) != 3 || fields[1] != "blob" {
			return all, fmt.Errorf("unexpected line %q", promoter.Short(fleet.Release(git.Printable(head))))
		}
		size, err := strconv.Atoi(fields[2])
		if err != nil || size < 0 || size >= len(rest) || rest[size] != '\n' {
			return all, errors.New("truncated object")
		}
		all = append(all, []byte(rest[:size]))
		text = rest[size+1:]
	}
	return all, nil
}
