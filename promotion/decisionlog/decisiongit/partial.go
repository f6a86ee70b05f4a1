package decisiongit

import (
	"context"
	"strings"

	"github.com/shopslo/shopslo/internal/git"
)

// withoutFiles fetches commits without their files, where the remote knows filters: records
// are large, and of most nobody asks for more than the entry.
const withoutFiles = "--filter=blob:none"

// files are those of a log's commits, of which the entries have been fetched.
type files struct {
	of      *repository
	lacks   map[string]bool // ids that are not here
	records []string        // ids by commit; "" where it has the same as the one before, or none
	next    int             // how many records the next one that lacks is fetched with
}

// files finds the files of commits, and fetches the entries.
func (r *repository) files(ctx context.Context, commits []string) (*files, error) {
	f := &files{of: r, records: make([]string, len(commits)), next: 1}
	var err error
	if f.lacks, err = r.git.Lacks(ctx, r.branch); err != nil || len(f.lacks) == 0 {
		return f, err
	}
	out, err := r.git.Run(ctx, git.Call{Args: []string{"diff-tree", "--stdin", "--root", "--raw", "--no-renames"}, Input: strings.Join(commits, "\n") + "\n"})
	if err != nil {
		return f, err
	}
	at := map[string]int{}
	for n, commit := range commits {
		at[commit] = n
	}
	var entries []string
	n := 0
	for line := range strings.Lines(out) {
		switch fields := strings.Fields(line); { // ":MODE MODE ID ID STATUS\tPATH", of before and after
		case len(fields) == 1:
			n = at[fields[0]]
		case len(fields) == 6 && fields[5] == entryFile:
			entries = append(entries, fields[3])
		case len(fields) == 6 && fields[5] == recordFile:
			f.records[n] = fields[3]
		}
	}
	return f, f.bring(ctx, entries)
}

// most is how many records are fetched at once.
const most = 512

// ahead fetches the record of a commit, and of those that follow, the more the more were asked
// for: who asks for one gets one, who reads all of them need not wait for each.
func (f *files) ahead(ctx context.Context, n int) error {
	if !f.lacks[f.records[n]] {
		return nil
	}
	end := min(n+f.next, len(f.records))
	f.next = min(2*f.next, most)
	return f.bring(ctx, f.records[n:end])
}

func (f *files) bring(ctx context.Context, ids []string) error {
	return unreachable(ctx, f.of.git.Bring(ctx, f.lacks, ids, func() error {
		return f.of.fetch(ctx, "--no-filter", "--refetch")
	}))
}
