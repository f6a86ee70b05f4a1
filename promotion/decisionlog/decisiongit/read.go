package decisiongit

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// read hands over all entries of the branch.
func (r *repository) read(ctx context.Context, each func(decisionlog.Line) error) (decisionlog.Head, error) {
	var chain decisionlog.Chain
	tip, err := r.tip(ctx)
	if err != nil || tip == "" {
		return chain.Head, err
	}
	if err := r.fetch(ctx, withoutFiles); err != nil {
		return chain.Head, err
	}
	commits, err := r.commits(ctx)
	if err != nil {
		return chain.Head, err
	}
	files, err := r.files(ctx, commits)
	if err != nil {
		return chain.Head, err
	}
	entries, err := r.blobs(ctx, entryFile, commits...)
	if err != nil {
		return chain.Head, err
	}
	for i, commit := range commits {
		before := chain.Head
		text, err := oneLine(entries[i])
		if err != nil {
			return before, fmt.Errorf("commit %.12s: entry %d: %w", commit, i+1, err)
		}
		e, err := chain.Take(text)
		if err == nil {
			err = each(decisionlog.Line{Entry: e, Hash: chain.Head.Hash, Text: text, Record: func(ctx context.Context) ([]byte, error) {
				if err := files.ahead(ctx, i); err != nil {
					return nil, fmt.Errorf("entry %d: %w", e.Index, err)
				}
				record, err := r.record(ctx, commit)
				if err != nil {
					return nil, fmt.Errorf("entry %d: %w", e.Index, err)
				}
				return record, e.CheckRecord(record)
			}})
		}
		if err != nil {
			return before, fmt.Errorf("commit %.12s: %w", commit, err)
		}
	}
	return chain.Head, nil
}

// commits gives those of the branch, the oldest first. A log has no merges.
func (r *repository) commits(ctx context.Context) ([]string, error) {
	out, err := r.run(ctx, "rev-list", "--reverse", "--topo-order", "--parents", r.branch, "--")
	if err != nil {
		return nil, err
	}
	var commits []string
	for line := range strings.Lines(out) {
		ids := strings.Fields(line)
		if len(ids) > 2 {
			return nil, fmt.Errorf("commit %.12s: %w: it is a merge commit; reset the branch to before it", ids[0], decisionlog.ErrBroken)
		}
		commits = append(commits, ids[0])
	}
	return commits, nil
}

// blobs gives a file of each commit, nil where it has none.
func (r *repository) blobs(ctx context.Context, file string, commits ...string) ([][]byte, error) {
	var names strings.Builder
	for _, c := range commits {
		names.WriteString(c + ":" + file + "\n")
	}
	out, err := r.git.Run(ctx, git.Call{Args: []string{"cat-file", "--batch"}, Input: names.String()})
	if err != nil {
		return nil, unreachable(ctx, err)
	}
	return batch(out, len(commits))
}

// batch reads what `git cat-file --batch` prints: "ID blob SIZE", then so many bytes
// and a line feed, or "NAME missing".
func batch(out string, n int) ([][]byte, error) {
	var blobs [][]byte
	for range n {
		line, rest, _ := strings.Cut(out, "\n")
		fields := strings.Fields(line)
		if len(fields) == 2 && fields[1] == "missing" {
			blobs, out = append(blobs, nil), rest
			continue
		}
		size := -1
		if len(fields) == 3 {
			size, _ = strconv.Atoi(fields[2])
		}
		if size < 0 || size >= len(rest) {
			return nil, fmt.Errorf("git cat-file: cannot read %.60q", line)
		}
		if fields[1] != "blob" { // a folder of that name
			blobs, out = append(blobs, nil), rest[size+1:]
			continue
		}
		blobs, out = append(blobs, []byte(rest[:size])), rest[size+1:]
	}
	return blobs, nil
}

// record gives the record of a commit. The error wraps ErrBroken where it has none.
func (r *repository) record(ctx context.Context, commit string) ([]byte, error) {
	blobs, err := r.blobs(ctx, recordFile, commit)
	if err != nil {
		return nil, err
	}
	if blobs[0] == nil {
		return nil, fmt.Errorf("%w: it has no %s", decisionlog.ErrBroken, recordFile)
	}
	return blobs[0], nil
}

// oneLine takes the line feed off an entry. The error wraps ErrBroken where it has
// none, or is no line.
func oneLine(data []byte) ([]byte, error) {
	if data == nil {
		return nil, fmt.Errorf("%w: it has no %s, so it is not an entry; use a separate branch for the log", decisionlog.ErrBroken, entryFile)
	}
	line, ok := bytes.CutSuffix(data, []byte("\n"))
	if !ok || bytes.Contains(line, []byte("\n")) {
		return nil, fmt.Errorf("%w: its %s is not one line", decisionlog.ErrBroken, entryFile)
	}
	return line, nil
}
