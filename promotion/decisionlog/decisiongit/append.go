package decisiongit

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// append tries once. again tells that somebody else was faster, so that it may be tried
// again.
func (r *repository) append(ctx context.Context, e decisionlog.Entry, record []byte) (head decisionlog.Head, again bool, err error) {
	tip, err := r.tip(ctx)
	if err != nil {
		return head, false, err
	}
	var chain decisionlog.Chain
	if tip != "" {
		if err := r.fetch(ctx, "--depth=1"); err != nil {
			return head, false, err
		}
		if tip, chain, err = r.end(ctx); err != nil {
			return head, false, err
		}
	}
	entry, err := chain.Link(e, record)
	if err != nil {
		return head, false, err
	}
	commit, err := r.commit(ctx, tip, e, chain.Head, entry, record)
	if err != nil {
		return head, false, err
	}
	if again, err = r.push(ctx, commit); err != nil && tip == "" && !r.rehashed { // nothing was fetched that would tell its hash function
		var failed error
		if r.rehashed, failed = r.git.Rehash(ctx, r.dir, err); failed != nil {
			return head, false, failed
		} else if r.rehashed {
			return r.append(ctx, e, record)
		}
	}
	return chain.Head, again, err
}

// end gives the commit that was fetched, and the chain up to it.
func (r *repository) end(ctx context.Context) (string, decisionlog.Chain, error) {
	out, err := r.run(ctx, "rev-parse", "--verify", "--end-of-options", r.branch+"^{commit}")
	if err != nil {
		return "", decisionlog.Chain{}, err
	}
	commit := strings.TrimSpace(out)
	entries, err := r.blobs(ctx, entryFile, commit)
	if err != nil {
		return "", decisionlog.Chain{}, err
	}
	var chain decisionlog.Chain
	text, err := oneLine(entries[0])
	if err == nil {
		chain, err = decisionlog.After(text)
	}
	if err != nil {
		return "", chain, fmt.Errorf("commit %.12s: %w", commit, err)
	}
	return commit, chain, nil
}

// commit makes the commit of an entry, after parent; "" is none.
func (r *repository) commit(ctx context.Context, parent string, e decisionlog.Entry, head decisionlog.Head, entry, record []byte) (string, error) {
	tree := ""
	for _, file := range []struct {
		name string
		data string
	}{{entryFile, string(entry) + "\n"}, {recordFile, string(record)}} {
		id, err := r.git.Run(ctx, git.Call{Args: []string{"hash-object", "-w", "--stdin", "--no-filters"}, Input: file.data})
		if err != nil {
			return "", err
		}
		tree += fmt.Sprintf("100644 blob %s\t%s\n", strings.TrimSpace(id), file.name)
	}
	id, err := r.git.Run(ctx, git.Call{Args: []string{"mktree"}, Input: tree})
	if err != nil {
		return "", err
	}
	args := []string{"commit-tree", "--no-gpg-sign", "-F", "-"}
	if parent != "" {
		args = append(args, "-p", parent)
	}
	date := fmt.Sprintf("%d +0000", e.At.Unix())
	out, err := r.git.Run(ctx, git.Call{Args: append(args, strings.TrimSpace(id)), Input: message(e, head), Env: []string{
		"GIT_AUTHOR_NAME=shopslo", "GIT_AUTHOR_EMAIL=shopslo@localhost", "GIT_AUTHOR_DATE=" + date,
		"GIT_COMMITTER_NAME=shopslo", "GIT_COMMITTER_EMAIL=shopslo@localhost", "GIT_COMMITTER_DATE=" + date,
	}})
	return strings.TrimSpace(out), err
}

// message is what `git log` shows of an entry.
func message(e decisionlog.Entry, head decisionlog.Head) string {
	subject := fmt.Sprintf("%d: %s %s: %s%s", head.Index, e.Kind, e.To, e.Decision, e.Result)
	if e.Release != "" {
		subject += fmt.Sprintf(" %.12s", e.Release)
	}
	return git.Printable(subject) + "\n\nHash: " + head.Hash + "\n"
}

// push appends a commit. again tells that the branch has moved. Where the answer got
// lost, it looks whether the commit has arrived.
func (r *repository) push(ctx context.Context, commit string) (again bool, err error) {
	_, err = r.run(ctx, "push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no", git.Origin, commit+":"+r.branch)
	if err == nil || ctx.Err() != nil {
		return false, err
	}
	var failed *git.Error
	if errors.As(err, &failed) {
		switch why := git.Rejection(failed.Output); {
		case git.MovedAway(why):
			return true, fmt.Errorf("too many concurrent appends (%s); try again", why)
		case why != "":
			return false, fmt.Errorf("the repository rejected the push: %s: %s", why, failed.Text)
		}
	}
	if arrived, lookErr := r.arrived(ctx, commit); lookErr != nil {
		return false, fmt.Errorf("%w: push: %w; whether the entry was appended is unknown", decisionlog.ErrUnreachable, err)
	} else if arrived {
		return false, nil
	}
	return false, fmt.Errorf("%w: push: %w", decisionlog.ErrUnreachable, err)
}

// manyOthers is how many entries may have followed one until somebody looks for it.
const manyOthers = "--depth=500"

// arrived reports whether a commit is in the branch.
func (r *repository) arrived(ctx context.Context, commit string) (bool, error) {
	tip, err := r.tip(ctx)
	if err != nil || tip == "" {
		return false, err
	}
	if err := r.fetch(ctx, manyOthers, withoutFiles); err != nil {
		return false, err
	}
	_, err = r.run(ctx, "merge-base", "--is-ancestor", commit, r.branch)
	if git.ExitCode(err) == 1 {
		return false, nil
	}
	return err == nil, err
}
