package gitops

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/git"
)

// past is what a branch points to and pointed to.
type past struct {
	head string    // commit of the system repository
	at   time.Time // when the branch came to the head's Release
	had  map[id]struct{}
	kept int // how many abandoned heads are in had
}

// id is a commit id in bytes, of which there may be many.
type id [32]byte

func toID(commit string) (id, bool) {
	var i id
	if !git.IsCommit(commit) {
		return i, false
	}
	_, err := hex.Decode(i[:], []byte(commit))
	return i, err == nil
}

// past reads a branch's history along first parents, only what was added since it
// was last read. The error wraps errNoBranch.
func (r *Repositories) past(ctx context.Context, branch string) (*past, error) {
	head, err := r.system.head(ctx, branch)
	if err != nil {
		return nil, err
	}
	abandoned, err := r.system.abandoned(ctx, branch)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	known := r.pasts[branch]
	r.mu.Unlock()
	if known != nil && known.head == head && known.kept == len(abandoned) {
		return known, nil
	}
	next := &past{head: head, had: map[id]struct{}{}, kept: len(abandoned)}
	var since []string
	if known != nil && known.kept == len(abandoned) {
		if follows, err := r.system.follows(ctx, head, known.head); err != nil {
			return nil, err
		} else if follows {
			since = []string{"^" + known.head}
			next.at = known.at
			for i := range known.had {
				next.had[i] = struct{}{}
			}
		}
	}
	if err := r.read(ctx, next, head, since); err != nil {
		return nil, fmt.Errorf("read the history of branch %s: %w", branch, err)
	}
	for _, commit := range abandoned {
		aside := &past{had: next.had}
		if err := r.read(ctx, aside, commit, nil); err != nil {
			return nil, fmt.Errorf("read the former history of branch %s: %w", branch, err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pasts[branch] = next
	return next, nil
}

// read adds the Releases of a line of commits, the newest first. Each commit is
// "\x01SECONDS COMMIT", with a submodule followed by what it changed there:
// ":OLDMODE NEWMODE OLD NEW STATUS\tPATH".
func (r *Repositories) read(ctx context.Context, p *past, head string, since []string) error {
	args := append([]string{"log", "--first-parent", "--format=%x01%ct %H"}, head)
	args = append(args, since...)
	if r.submodule != "" {
		args = append([]string{"log", "--first-parent", "--diff-merges=first-parent", "--raw", "--no-abbrev", "--no-renames",
			"--ignore-submodules=none", "--format=%x01%ct %H", head}, since...)
		args = append(args, "--", r.submodule)
	}
	out, err := r.system.run(ctx, args...)
	if err != nil {
		return err
	}
	newest := time.Time{}
	for entry := range strings.SplitSeq(out, "\x01") {
		when, release, ok := parseEntry(entry, r.submodule != "")
		if !ok {
			continue
		}
		p.had[release] = struct{}{}
		if newest.IsZero() {
			newest = when
		}
	}
	if !newest.IsZero() {
		p.at = newest
	}
	return nil
}

// parseEntry reads one commit of git log. Not ok: it brought no Release.
func parseEntry(entry string, submodule bool) (when time.Time, release id, ok bool) {
	first, rest, _ := strings.Cut(entry, "\n")
	seconds, commit, _ := strings.Cut(first, " ")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}, id{}, false
	}
	if submodule {
		commit = ""
		for line := range strings.Lines(rest) {
			fields := strings.Fields(line)
			if len(fields) >= 5 && strings.HasPrefix(fields[0], ":") && fields[1] == submoduleMode {
				commit = fields[3]
			}
		}
	}
	release, ok = toID(commit)
	return time.Unix(unix, 0).UTC(), release, ok
}

// History answers for a fleet's Tiers, for as long as ctx lasts. What cannot be
// answered is not ok; Err says why.
func (r *Repositories) History(ctx context.Context, tiers []fleet.Tier) *History {
	h := &History{ctx: ctx, repositories: r, branches: map[fleet.TierName]string{}, pasts: map[fleet.TierName]*past{}}
	for _, t := range tiers {
		h.branches[t.Name] = t.Branch
	}
	return h
}

// History is a fleet.History. It is for one Snapshot, and for one goroutine.
type History struct {
	ctx          context.Context
	repositories *Repositories
	branches     map[fleet.TierName]string
	pasts        map[fleet.TierName]*past
	err          error
}

var _ fleet.History = (*History)(nil)

// Behind is that of fleet.History.
func (h *History) Behind(release, than fleet.Release) (int, bool) {
	n, err := h.repositories.Behind(h.ctx, release, than)
	return n, h.told(err)
}

// Had is that of fleet.History.
func (h *History) Had(tier fleet.TierName, release fleet.Release) (bool, bool) {
	p, known := h.pasts[tier]
	if !known {
		var err error
		p, err = h.repositories.past(h.ctx, h.branches[tier])
		h.told(err)
		h.pasts[tier] = p // nil: it cannot be read
	}
	i, ok := toID(string(release))
	if p == nil || !ok {
		return false, false
	}
	_, had := p.had[i]
	return had, true
}

func (h *History) told(err error) bool {
	if err != nil && h.err == nil {
		h.err = err
	}
	return err == nil
}

// Err is the first error that kept a question from being answered; nil: none did.
func (h *History) Err() error { return h.err }

// Heads gives what each Tier's branch points to. A Tier whose branch cannot be
// read is left out, and among the errors, one for each.
func (r *Repositories) Heads(ctx context.Context, tiers []fleet.Tier) (map[fleet.TierName]fleet.Head, []error) {
	found := map[fleet.TierName]fleet.Head{}
	var faults []error
	for _, t := range tiers {
		if t.Branch == "" {
			faults = append(faults, fmt.Errorf("tier %s has no branch; name it in its document", t.Name))
			continue
		}
		head, err := r.Head(ctx, t.Branch)
		if err != nil {
			faults = append(faults, fmt.Errorf("tier %s: %w", t.Name, err))
			continue
		}
		found[t.Name] = head
	}
	return found, faults
}
