package promoter

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// Result is what came of a promotion or rollback.
type Result string

// The results.
const (
	Promoted     Result = "promoted"     // the Tier's branch has the Release now
	RolledBack   Result = "rolled_back"  // likewise, an older one
	Already      Result = "already"      // it had it before, or somebody else was faster with the same
	Planned      Result = "planned"      // dry run: it would be done
	Proposed     Result = "proposed"     // the branch of a pull request has it
	Mergeable    Result = "mergeable"    // a pull request may be merged as it is, now
	Held         Result = "held"         // the gate, or what the rollback needs, says no
	Inconclusive Result = "inconclusive" // the gate cannot tell
	Refused      Result = "refused"      // the rules, or the repository, do not allow it
	Lost         Result = "lost"         // another promotion was faster with another Release
)

// Promotion is what came of a promotion to one Tier, or of a rollback of one.
type Promotion struct {
	From, To fleet.TierName // the same for a rollback
	// Release is what was to go to the Tier, Replaces what it had; "" where the rules
	// refused before that was known.
	Release, Replaces fleet.Release
	Result            Result
	Reason            string // one sentence
	// Branch is the Tier's. Commit is the system repository's commit that refers to
	// the Release; "" where none was made.
	Branch, Commit string
	// Changes are the commits that the Release brings, or a rollback takes, the newest
	// first; More counts those that are not among them.
	Changes []Commit
	More    int
	// Decision of the gate; nil where it was not asked.
	Decision *promotion.Decision
	// Proposal is the pull request; nil where there is none.
	Proposal *Proposal
	// Images that a rollback needs; nil where they were not looked for.
	Images []ImageState
	// ImageNotes say what could not be read of the manifests.
	ImageNotes []string
	// Notes say what nobody could know, a sentence each.
	Notes []string
	// Matched is when the Tier was seen to match its branch; zero: it was not waited
	// for, or has not.
	Matched time.Time
	open    []string // branches of pull requests to the Tier that may be merged still
	// Logged are the entries of the decision log about it; nil: nobody logs.
	Logged []Logged
}

// Logged is an entry of a decision log, or why there is none.
type Logged struct {
	Entry string // gate, promote or rollback
	Index int    // 0 where it was not logged
	Hash  string
	Why   string // why it was not; a clause
}

// ExitCode is that of `shopslo promote` and `shopslo rollback`: 0 done, 1 no, 2
// inconclusive, 4 where the gate could not reach a source.
func (p Promotion) ExitCode() int {
	switch p.Result {
	case Promoted, RolledBack, Already, Planned, Proposed, Mergeable:
		return 0
	case Held, Inconclusive:
		if p.Decision != nil && p.Decision.ExitCode() != 0 {
			return p.Decision.ExitCode()
		}
	}
	if p.Result == Inconclusive {
		return 2
	}
	return 1
}

// Promoter carries plans out.
type Promoter struct {
	Fleet *fleet.Fleet
	// Single: there is one repository, without a submodule.
	Single   bool
	Reader   Reader
	History  History
	Writer   Writer
	Requests Requests
	Gate     Gate
	Memory   Memory // nil: there is none
	// Valid is how long a pull request may be merged after the gate's decision; 0 is
	// defaultValid.
	Valid time.Duration
	// Manifests and Registry let rollbacks look for images; nil: they do not.
	Manifests Manifests
	Registry  Registry
	// Compare is the URL that shows what is between two Releases, with {from} and
	// {to} in it; "" where there is none.
	Compare string
	Now     func() time.Time
}

// Options of one promotion or rollback.
type Options struct {
	DryRun      bool
	PullRequest bool
	// Again allows what would be refused or held otherwise: the promotion of a
	// Release that was rolled back, the rollback to one whose images are missing.
	Again bool
	// Fix is the URL of what the Release mends, "" for nothing: it may contain what was
	// rolled back.
	Fix string
	// Release is the only one that may be promoted, in full or at least 7 digits of
	// it; "" is whichever the Tier next below has.
	Release fleet.Release
}

// mostChanges bounds how many commits are listed.
const mostChanges = 200

// Promote moves the Release of the Tier next below to a Tier. What the gate and the
// rules say is a result. The error says what could not be asked or written; it wraps
// ErrUnreachable where that was a repository, and fleet.ErrUnknownTier or
// fleet.ErrLowestTier for a Tier that nothing is promoted to.
func (p *Promoter) Promote(ctx context.Context, to fleet.TierName, o Options) (Promotion, error) {
	route, err := p.Fleet.Route(to)
	if err != nil {
		return Promotion{}, err
	}
	out := Promotion{From: route.From.Name, To: to, Branch: route.To.Branch}
	heads, err := p.Reader.Read(ctx, p.upTo(route.To))
	if err != nil {
		return out, fmt.Errorf("promote to %s: %w", to, err)
	}
	out.Release, out.Replaces = heads[route.From.Name].Release, heads[to].Release
	if o.Release != "" && !names(o.Release, out.Release) {
		out.Result, out.Reason = Refused, fmt.Sprintf("%s has Release %s, not the requested %s.", out.From, Short(out.Release), Short(o.Release))
		return out, nil
	}
	if o.PullRequest && !o.DryRun {
		if err := p.sweep(ctx, &out, heads[to].System); err != nil {
			return out, fmt.Errorf("promote to %s: %w", to, err)
		}
	}
	plan, err := makePlan(ctx, p.Fleet, to, heads, p.remembering(&out, o), p.Single, o)
	if refused(&out, err) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("promote to %s: %w", to, err)
	}
	if plan.deploys() {
		if err := p.changes(ctx, &out, plan.Replaces, plan.Release); err != nil {
			return out, err
		}
		if passed, err := p.askGate(ctx, &out, plan); !passed {
			return out, err
		}
		if out, err = p.readAgain(ctx, out, plan, o); err != nil || out.Result != "" {
			return out, err
		}
	}
	return p.carryOut(ctx, out, plan, o)
}

// names reports whether an id, full or shortened, is that of a Release.
func names(id, r fleet.Release) bool {
	const shortest = 7
	return id == r || len(id) >= shortest && strings.HasPrefix(string(r), strings.ToLower(string(id)))
}

// upTo gives the Tiers up to one.
func (p *Promoter) upTo(to fleet.Tier) []fleet.Tier {
	var tiers []fleet.Tier
	for _, t := range p.Fleet.Tiers() {
		if t.Order <= to.Order {
			tiers = append(tiers, t)
		}
	}
	return tiers
}

// refused takes a *Refusal as the result.
func refused(out *Promotion, err error) bool {
	var r *Refusal
	if !errors.As(err, &r) {
		return false
	}
	out.Result, out.Reason = Refused, sentence(r.Error())
	return true
}

func (p *Promoter) changes(ctx context.Context, out *Promotion, from, to fleet.Release) error {
	var err error
	if out.Changes, out.More, err = p.Reader.Changes(ctx, from, to, mostChanges); err != nil {
		return fmt.Errorf("list changes between Releases %s and %s: %w", Short(from), Short(to), err)
	}
	return nil
}

// askGate takes the gate's answer; only promote passes.
func (p *Promoter) askGate(ctx context.Context, out *Promotion, plan planned) (passed bool, err error) {
	d, err := p.Gate(ctx, plan.To.Name, plan.Release)
	if err != nil {
		return false, fmt.Errorf("ask the gate about %s: %w", plan.To.Name, err)
	}
	if d.To != plan.To.Name || d.Release != string(plan.Release) {
		return false, fmt.Errorf("ask the gate about Release %s and %s: the answer is for Release %q and %q; do not act on it",
			Short(plan.Release), plan.To.Name, Short(fleet.Release(d.Release)), d.To)
	}
	out.Decision = &d
	switch d.Verdict {
	case promotion.Promote:
		return true, nil
	case promotion.Hold:
		out.Result, out.Reason = Held, fmt.Sprintf("The gate holds Release %s: %s", Short(plan.Release), firstReason(d, promotion.Fail))
	default:
		out.Result, out.Reason = Inconclusive, fmt.Sprintf("The gate is inconclusive for Release %s: %s", Short(plan.Release), firstReason(d, promotion.Unknown))
	}
	return false, nil
}

// readAgain looks whether all is still as it was when the gate was asked, which may take
// a while: what it decided is about that. Where it is not, out has a Result.
func (p *Promoter) readAgain(ctx context.Context, out Promotion, plan planned, o Options) (Promotion, error) {
	heads, err := p.Reader.Read(ctx, p.upTo(plan.To))
	if err != nil {
		return out, fmt.Errorf("promote to %s: read the branches again after the gate's decision: %w", plan.To.Name, err)
	}
	from, target := heads[plan.From.Name], heads[plan.To.Name]
	if from.System != plan.Source.Commit || from.Release != plan.Release {
		return void(out, plan, from, pushedNothing), nil
	}
	if target.System != plan.Parent || target.App != plan.AppBefore && target.App != plan.Release {
		return p.settle(ctx, out, plan, Promoted, ErrMoved)
	}
	_, err = makePlan(ctx, p.Fleet, plan.To.Name, heads, p.remembering(&out, o), p.Single, o)
	if err != nil && !refused(&out, err) {
		return out, fmt.Errorf("promote to %s: %w", plan.To.Name, err)
	}
	return out, nil
}

// void is what came of a promotion whose source is not what the gate decided on.
func void(out Promotion, plan planned, from Heads, pushed string) Promotion {
	out.Result = Inconclusive
	out.Reason = fmt.Sprintf("%s changed after the gate's decision (Release %s at commit %s, decided on Release %s at commit %s), so the decision is void, and %s; run the command again.",
		plan.From.Name, Short(from.Release), Short(fleet.Release(from.System)), Short(plan.Release), Short(fleet.Release(plan.Source.Commit)), pushed)
	return out
}

const pushedNothing = "nothing was pushed"

// pushed says, in a clause, what a move that failed has left: the app repository's branch
// comes first.
func (p *Promoter) pushed(plan planned, now Heads) string {
	if p.Single || !plan.Advance || now.App != plan.Release {
		return pushedNothing
	}
	return fmt.Sprintf("only branch %s of the app repository was fast-forwarded to %s, which changes no cluster", plan.To.Branch, Short(plan.Release))
}

// firstReason gives the reason of the first check of a result, and counts the others.
func firstReason(d promotion.Decision, r promotion.Result) string {
	reason, more := "no reason given.", -1
	for _, c := range d.Checks {
		if c.Result == r {
			if more++; more == 0 {
				reason = c.Reason
			}
		}
	}
	if more > 0 {
		reason += fmt.Sprintf(" (%d more)", more)
	}
	return reason
}

// carryOut does what the plan says, or says that it would.
func (p *Promoter) carryOut(ctx context.Context, out Promotion, plan planned, o Options) (Promotion, error) {
	done, word := Promoted, "has"
	if plan.Back() {
		done, word = RolledBack, "is rolled back to"
	}
	pointer := Pointer{Branch: plan.To.Branch, Parent: plan.Parent, Release: plan.Release, Message: message(plan, out.Decision, o), At: p.Now(), Source: plan.Source}
	switch {
	case !plan.Advance && !plan.deploys():
		out.Result, out.Reason = Already, fmt.Sprintf("%s already has Release %s.", plan.To.Name, Short(plan.Release))
		return out, nil
	case o.DryRun:
		out.Result, out.Reason = Planned, p.wouldDo(plan, o.PullRequest)
		return out, nil
	case o.PullRequest && plan.deploys():
		return p.propose(ctx, out, plan, pointer, o)
	}
	if err := p.advance(ctx, plan); err != nil {
		return p.settle(ctx, out, plan, done, err)
	}
	if err := p.point(ctx, &out, plan, pointer); err != nil {
		return p.settle(ctx, out, plan, done, err)
	}
	out.Result, out.Reason = done, fmt.Sprintf("%s %s Release %s%s.", plan.To.Name, word, Short(plan.Release), comesAgain(plan, o))
	if plan.deploys() {
		p.sweepAfter(ctx, &out)
	} else {
		out.Result, out.Reason = Already, fmt.Sprintf("%s already has Release %s; branch %s of the app repository was fast-forwarded to it.", plan.To.Name, Short(plan.Release), plan.To.Branch)
	}
	return out, nil
}

// attempts is how often a push is tried that met another one at the very same time:
// a repository then refuses it although the branch is still where it was.
const attempts = 3

// advance fast-forwards the app repository's branch, unless somebody else has done so.
func (p *Promoter) advance(ctx context.Context, plan planned) error {
	if !plan.Advance {
		return nil
	}
	f := Forward{Branch: plan.To.Branch, From: plan.AppBefore, To: plan.Release}
	if p.Single {
		f.Source = plan.Source
	}
	return p.retry(ctx, plan.To, func() error { return p.Writer.FastForward(ctx, f) },
		func(now Heads) (again, done bool) {
			return now.App == plan.AppBefore, !p.Single && now.App == plan.Release
		})
}

// point makes the commit.
func (p *Promoter) point(ctx context.Context, out *Promotion, plan planned, pointer Pointer) error {
	if !plan.Point {
		return nil
	}
	return p.retry(ctx, plan.To, func() (err error) {
		out.Commit, err = p.Writer.Point(ctx, pointer)
		if err != nil {
			out.Commit = ""
		}
		return err
	}, func(now Heads) (again, done bool) { return now.System == plan.Parent, false })
}

// retry pushes again while the branch did not move after all.
func (p *Promoter) retry(ctx context.Context, tier fleet.Tier, push func() error, look func(Heads) (again, done bool)) error {
	err := push()
	for n := 1; n < attempts && errors.Is(err, ErrMoved); n++ {
		heads, failed := p.Reader.Read(ctx, []fleet.Tier{tier})
		if failed != nil {
			return err
		}
		again, done := look(heads[tier.Name])
		if done {
			return nil
		}
		if !again {
			return err
		}
		err = push()
	}
	return err
}

// wouldDo is the sentence of a dry run.
func (p *Promoter) wouldDo(plan planned, request bool) string {
	of := " of the app repository"
	if p.Single {
		of = ""
	}
	advance := fmt.Sprintf("fast-forward branch %s%s from %s to %s", plan.To.Branch, of, Short(plan.AppBefore), Short(plan.Release))
	point := fmt.Sprintf("commit %[2]s in place of %[3]s to system branch %[1]s", plan.To.Branch, Short(plan.Release), Short(plan.Replaces))
	if request && plan.deploys() {
		point = fmt.Sprintf("push branch %s for a pull request into %s with %s in place of %s", p.newName(plan).String(), plan.To.Branch, Short(plan.Release), Short(plan.Replaces))
		plan.Point, plan.Advance = true, plan.Advance && !p.Single
	}
	switch {
	case plan.Advance && plan.Point:
		return "Would " + advance + ", then " + point + "."
	case plan.Advance:
		return "Would " + advance + "."
	}
	return "Would " + point + "."
}

// settle finds out what a failed write came to: the branch may have the Release all
// the same, by this promotion whose answer got lost or by another one.
func (p *Promoter) settle(ctx context.Context, out Promotion, plan planned, done Result, failed error) (Promotion, error) {
	what := fmt.Errorf("move Release %s to %s: %w", Short(plan.Release), plan.To.Name, failed)
	heads, err := p.Reader.Read(ctx, []fleet.Tier{plan.From, plan.To})
	if err != nil {
		return out, what
	}
	now := heads[plan.To.Name]
	switch {
	case errors.Is(failed, ErrSourceMoved):
		return void(out, plan, heads[plan.From.Name], p.pushed(plan, now)), nil
	case now.Release == plan.Release && errors.Is(failed, ErrUnreachable):
		out.Result, out.Commit = done, now.System
		out.Reason = fmt.Sprintf("%s has Release %s; the response to the push was lost.", plan.To.Name, Short(plan.Release))
		return out, nil
	case now.Release == plan.Release:
		out.Result = Already
		out.Reason = fmt.Sprintf("Another promotion already moved Release %s to %s.", Short(plan.Release), plan.To.Name)
		return out, nil
	case errors.Is(failed, ErrMoved):
		out.Result = Lost
		out.Reason = fmt.Sprintf("%s was changed concurrently (Release %s at commit %s, app branch at %s), and %s; run the command again.",
			plan.To.Name, Short(now.Release), Short(fleet.Release(now.System)), Short(now.App), p.pushed(plan, now))
		return out, nil
	case errors.Is(failed, ErrForbidden):
		out.Result = Refused
		out.Reason = sentence(capital(p.pushed(plan, now)) + ": " + failed.Error() + "; grant this user push access, or use --pull-request")
		return out, nil
	}
	if half := p.pushed(plan, now); half != pushedNothing {
		what = fmt.Errorf("%w; %s", what, half)
	}
	return out, what
}

// message is that of the system repository's commit.
func message(plan planned, d *promotion.Decision, o Options) string {
	head := fmt.Sprintf("Promote %s to %s\n\nFrom %s, in place of %s.", Short(plan.Release), plan.To.Name, plan.From.Name, Short(plan.Replaces))
	kind := fmt.Sprintf("Shopslo-Promotion: %s to %s", plan.From.Name, plan.To.Name)
	if plan.Back() {
		head = fmt.Sprintf("Roll %s back to %s\n\nIn place of %s.", plan.To.Name, Short(plan.Release), Short(plan.Replaces))
		kind = fmt.Sprintf("Shopslo-Rollback: %s", plan.To.Name)
	}
	if again := comesAgain(plan, o); again != "" {
		head += " The Release" + strings.TrimPrefix(again, ", which") + "."
	}
	if d != nil {
		head += fmt.Sprintf(" The gate of %s: %s.", d.At.UTC().Format(time.RFC3339), tally(*d))
	}
	return fmt.Sprintf("%s\n\n%s\nShopslo-Release: %s\nShopslo-Replaces: %s\n", head, kind, plan.Release, plan.Replaces)
}

// tally counts a decision's checks: 12 passed, 1 waived.
func tally(d promotion.Decision) string {
	text := ""
	for _, r := range []struct {
		result promotion.Result
		word   string
	}{{promotion.Fail, "failed"}, {promotion.Unknown, "unknown"}, {promotion.Pass, "passed"}, {promotion.Waived, "waived"}, {promotion.NotChecked, "not checked"}} {
		n := 0
		for _, c := range d.Checks {
			if c.Result == r.result {
				n++
			}
		}
		if n > 0 {
			text += fmt.Sprintf(", %d %s", n, r.word)
		}
	}
	if text == "" {
		return "no checks"
	}
	return text[2:]
}
