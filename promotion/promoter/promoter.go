// Package promoter moves a Release that the gate lets through to the next Tier, and
// back again.
//
// Each Tier has a branch in two repositories. A promotion first fast-forwards the
// app repository's branch of the Tier to the Release, which changes no cluster, and
// then makes one commit on the system repository's branch that changes the
// submodule and nothing else: the commit point. A single repository without a
// submodule has the fast-forward alone. Nothing is ever merged or forced, so that
// git's own compare-and-swap decides between two promotions, and one that was
// killed at any point ends in the same place when it is run again.
//
// Plan and PlanRollback are the rules: pure, over what the branches point to. What
// touches git or a registry stands behind ports; gitpush and registry implement
// them. docs/promote.md has it all for users.
package promoter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// Errors of the ports; what is returned wraps them, and says where and what to do.
var (
	// ErrUnreachable: a repository cannot be asked, or whether it took a push is not
	// known.
	ErrUnreachable = errors.New("the repository cannot be reached")
	// ErrMoved: a branch does not point any more to what it did when it was read.
	ErrMoved = errors.New("the branch has moved")
	// ErrSourceMoved: the branch of the Tier that a Release comes from does not.
	ErrSourceMoved = errors.New("the source Tier's branch has moved")
	// ErrForbidden: the repository answers, and does not take the push.
	ErrForbidden = errors.New("the repository does not take the push")
	// ErrUnknown: there is no such branch, submodule or commit.
	ErrUnknown = errors.New("not in the repository")
)

// Heads is what the branches of one Tier point to.
type Heads struct {
	// System is the system branch's commit, and Release what that refers to.
	System  string
	Release fleet.Release
	// App is the app branch's commit; the same as Release for a single repository.
	App fleet.Release
}

// History tells how Releases follow each other.
type History interface {
	// Contains reports whether release is the other one, or follows it. The error
	// wraps ErrUnknown where one of them is not in the app repository.
	Contains(ctx context.Context, release, other fleet.Release) (bool, error)
	// Past gives the Releases that a Tier's system branch pointed to along its first
	// parents, the newest first, without repetitions in a row; at most as many as
	// there are reasons to look at. Behind them stand those from before the branch was
	// rewritten, as far as anybody has seen it then.
	Past(ctx context.Context, branch string) ([]fleet.Release, error)
	// Missing gives those that a Release does not contain, in their order; what is not in
	// the app repository is left out. The error wraps ErrUnknown where the Release itself
	// is not.
	Missing(ctx context.Context, release fleet.Release, of []fleet.Release) ([]fleet.Release, error)
	// Alike gives those of which a Release has the changes under other commits, in their
	// order, where the one that runs instead of them lacks those. All must be in the app
	// repository. Of many only the first are compared change by change.
	Alike(ctx context.Context, release, instead fleet.Release, of []fleet.Release) ([]Likeness, error)
}

// Likeness is a Release of which another one has the changes. Same: all files are the same.
type Likeness struct {
	Release fleet.Release
	Same    bool
}

// Memory gives the Releases that a Tier is known to have had, in any order: what the
// history of its branch does not tell once somebody has rewritten it. notes say, a
// sentence each, where nobody could know. The error says what could not be asked; it wraps
// ErrUnreachable.
type Memory func(ctx context.Context, tier fleet.TierName) (had []fleet.Release, notes []string, err error)

// Reader reads the repositories.
type Reader interface {
	// Read fetches the repositories and gives the heads of the Tiers, all of them.
	// The error wraps ErrUnreachable, or ErrUnknown for a branch or submodule that
	// is not there.
	Read(ctx context.Context, tiers []fleet.Tier) (map[fleet.TierName]Heads, error)
	// Resolve gives the Release that a full or shortened commit id of the app
	// repository means. The error wraps ErrUnknown.
	Resolve(ctx context.Context, id string) (fleet.Release, error)
	// Changes gives the commits that to has and from lacks, along first parents, the
	// newest first, at most so many; more counts the others.
	Changes(ctx context.Context, from, to fleet.Release, most int) (commits []Commit, more int, err error)
}

// Writer writes to the repositories. Each write is void, with an error that wraps
// ErrMoved or ErrSourceMoved and nothing written, where a branch is not at the commit
// any more that it was read at; where the host of the repository can, this is looked at
// in the very push. The error may also wrap ErrForbidden, or ErrUnreachable: then it is not
// known whether the write was done.
type Writer interface {
	// FastForward moves the app repository's branch forward; nothing happens where it is
	// there already.
	FastForward(ctx context.Context, f Forward) error
	// Point makes the commit that p says, pushes it and gives its id.
	Point(ctx context.Context, p Pointer) (commit string, err error)
}

// Requests are the branches of pull requests, in the system repository.
type Requests interface {
	// Propose pushes to a new branch what would be pushed to the Tier's: the commit that p
	// says or, for a single repository, the Release itself. A branch that has just that
	// stays as it is; where it has anything else, the error is a *Refusal that says what.
	// Other errors are those of a Writer.
	Propose(ctx context.Context, p Pointer, branch string) (commit string, err error)
	// Sweep deletes the branches that are stale, of those whose name begins with prefix, as
	// they were when they were read. One that holds work of others, or that the repository
	// keeps, stays: notes say why, a sentence each. fresh are those that are not stale.
	Sweep(ctx context.Context, prefix string, stale func(branch string) bool) (fresh, notes []string, err error)
	// Inspect tells what merging a branch, or a commit by its full id, would make of a Tier
	// whose system branch is at onto. The error wraps ErrUnknown where there is no such
	// branch or commit.
	Inspect(ctx context.Context, what, onto string) (Request, error)
}

// Request is what a pull request would make of a Tier.
type Request struct {
	Commit  string
	Release fleet.Release
	// More is what it would do beside that, in a verb's clause; "" for nothing.
	More string
	// Expires are the times that the names of its commits' branches and their messages
	// say; none: they do not.
	Expires []time.Time
}

// Ref is a branch of a repository and the commit that it was read at. The zero value is
// none.
type Ref struct{ Branch, Commit string }

// Forward is a fast-forward of a branch of the app repository.
type Forward struct {
	Branch   string
	From, To fleet.Release
	// Source is the branch that the Release comes from; zero where that is in another
	// repository.
	Source Ref
}

// Pointer is a commit of the system repository that changes the submodule and
// nothing else.
type Pointer struct {
	Branch  string
	Parent  string // the commit that it stands on
	Release fleet.Release
	Message string
	At      time.Time
	// Source is the system branch that the Release comes from; zero for a rollback.
	Source Ref
}

// Commit is a change of the app repository.
type Commit struct {
	ID      string   `json:"commit"`
	Subject string   `json:"subject"` // as somebody wrote it, control characters removed
	Folders []string `json:"-"`       // of the repository's first level that it touches, sorted
}

// Gate asks whether a Release may go to a Tier. The Decision names both. The error
// says why it could not be asked.
type Gate func(ctx context.Context, to fleet.TierName, release fleet.Release) (promotion.Decision, error)

// Refusal is why the rules do not allow something. It is no fault of anything that
// ran.
type Refusal struct {
	Reason string // a sentence without a full stop
	Do     string // what to do about it, likewise
}

func (r *Refusal) Error() string { return r.Reason + "; " + r.Do }

func refusef(do, format string, args ...any) error {
	return &Refusal{Reason: fmt.Sprintf(format, args...), Do: do}
}

// Short is a Release as people read it.
func Short(r fleet.Release) string {
	if len(r) > 12 {
		return string(r[:12])
	}
	return string(r)
}
