package promoter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// Check tells whether a pull request to a Tier may be merged as it is now: what names its
// branch, or a commit of the system repository that would be merged. It must do what a
// promotion or rollback would, and nothing else; it must not have expired; and the gate is
// asked again. The Result is Mergeable, or what Promote would say; errors are those of
// Promote, and wrap ErrUnknown where there is no such branch or commit.
func (p *Promoter) Check(ctx context.Context, to fleet.TierName, what string, o Options) (Promotion, error) {
	route, err := p.Fleet.Route(to)
	if err != nil {
		return Promotion{}, err
	}
	out := Promotion{From: route.From.Name, To: to, Branch: route.To.Branch}
	heads, err := p.Reader.Read(ctx, p.upTo(route.To))
	if err != nil {
		return out, fmt.Errorf("check %s: %w", what, err)
	}
	target := heads[to]
	request, err := p.Requests.Inspect(ctx, what, target.System)
	if err != nil {
		return out, fmt.Errorf("check the pull request: %w", err)
	}
	out.Release, out.Replaces, out.Commit = request.Release, target.Release, request.Commit
	if request.Release != target.Release && request.More == "" && len(request.Expires) == 0 {
		if err := p.askBranches(ctx, &out, &request, target.System); err != nil {
			return out, fmt.Errorf("check the pull request: %w", err)
		}
	}
	out.Reason = p.unfit(request)
	switch {
	case request.Release == target.Release:
		out.Result, out.Reason = Already, fmt.Sprintf("The pull request moves no Release: %s has %s; the gate has no say in what else it changes.", to, Short(request.Release))
		return out, nil
	case out.Reason != "":
		out.Result, out.Reason = Refused, fmt.Sprintf("The pull request %s; close it, and run 'shopslo promote --to %s --pull-request' again.", out.Reason, to)
		return out, nil
	case request.Release == heads[route.From.Name].Release:
		return p.checkPromotion(ctx, out, heads, o)
	}
	return p.checkRollback(ctx, out, route, target, o)
}

// askBranches looks for the end of a pull request among the names of the branches that do the
// same: a commit that a host has squashed has neither their names nor their messages.
func (p *Promoter) askBranches(ctx context.Context, out *Promotion, r *Request, onto string) error {
	branches, _, err := p.Requests.Sweep(ctx, requestsOf(out.To), func(string) bool { return false })
	if err != nil {
		return err
	}
	var latest time.Time
	for _, branch := range branches {
		if n, ok := parseName(out.To, branch); ok && n.release == Short(r.Release) && n.on == Short(fleet.Release(onto)) && n.until.After(latest) {
			latest = n.until
		}
	}
	if latest.IsZero() {
		out.Notes = append(out.Notes, fmt.Sprintf("Until when commit %s may be merged is not known: its message does not say, and no branch of 'shopslo promote --pull-request' does the same.", Short(fleet.Release(r.Commit))))
		return nil
	}
	r.Expires = []time.Time{latest}
	return nil
}

// unfit says what keeps a pull request from being merged, whatever the gate says; a
// verb's clause.
func (p *Promoter) unfit(r Request) string {
	if r.More != "" {
		return r.More
	}
	if len(r.Expires) == 0 {
		return ""
	}
	return p.expired(slices.MinFunc(r.Expires, time.Time.Compare), p.Now())
}

func (p *Promoter) checkPromotion(ctx context.Context, out Promotion, heads map[fleet.TierName]Heads, o Options) (Promotion, error) {
	plan, err := makePlan(ctx, p.Fleet, out.To, heads, p.remembering(&out, o), p.Single, o)
	if refused(&out, err) {
		return out, nil
	}
	if err == nil {
		err = p.changes(ctx, &out, plan.Replaces, plan.Release)
	}
	if err != nil {
		return out, fmt.Errorf("check the promotion to %s: %w", out.To, err)
	}
	if passed, err := p.askGate(ctx, &out, plan); !passed {
		return out, err
	}
	if out, err = p.readAgain(ctx, out, plan, o); err != nil || out.Result != "" {
		return out, err
	}
	out.Result = Mergeable
	out.Reason = fmt.Sprintf("Commit %s moves Release %s to %s and does nothing else, and the gate lets it.", Short(fleet.Release(out.Commit)), Short(out.Release), out.To)
	return out, nil
}

// checkRollback: the gate is not asked about the way back.
func (p *Promoter) checkRollback(ctx context.Context, out Promotion, route fleet.Route, target Heads, o Options) (Promotion, error) {
	from := out.From
	_, err := makeRollback(ctx, route.To, out.Release, target, p.History)
	if errors.Is(err, ErrUnknown) {
		err = refusef("close the pull request", "Release %s is not in the app repository", Short(out.Release))
	}
	if p.Single || refused(&out, err) {
		out.Result = Refused
		out.Reason = fmt.Sprintf("The pull request moves Release %s to %s, which %s does not have, nor did %s before; close it, and run 'shopslo promote --to %s --pull-request' again.",
			Short(out.Release), out.To, from, out.To, out.To)
		return out, nil
	}
	if err == nil && !o.Again {
		err = p.notTaken(ctx, route.To, out.Release, "--again")
	}
	if refused(&out, err) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("check the rollback of %s: %w", out.To, err)
	}
	out.From, out.Result = out.To, Mergeable
	out.Reason = fmt.Sprintf("Commit %s rolls %s back to Release %s and does nothing else; the gate is not asked.", Short(fleet.Release(out.Commit)), out.To, Short(out.Release))
	return out, nil
}
