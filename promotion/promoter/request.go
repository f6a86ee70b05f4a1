package promoter

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// defaultValid is how long a pull request may be merged after the gate's decision, where
// nobody says.
const defaultValid = 24 * time.Hour

// expiresKey is the trailer of a proposed commit that says until when it may be merged.
const expiresKey = "Shopslo-Expires"

// requestName is what the name of a pull request's branch says. A single repository has
// no commit of its own that could say it.
type requestName struct {
	tier        fleet.TierName
	release, on string    // shortened
	until       time.Time // zero: of a version that did not say
}

const untilForm = "20060102T1504Z"

func (n requestName) String() string {
	return fmt.Sprintf("%s%s-on-%s-until-%s", requestsOf(n.tier), n.release, n.on, n.until.Format(untilForm))
}

// same reports whether two are for the same Release on the same commit.
func (n requestName) same(other requestName) bool {
	return n.tier == other.tier && n.release == other.release && n.on == other.on
}

// requestsOf is how the names for a Tier begin; those for other Tiers may as well.
func requestsOf(tier fleet.TierName) string { return fmt.Sprintf("shopslo/%s-", tier) }

// newName is that of a branch that is made now.
func (p *Promoter) newName(plan planned) requestName {
	until := p.Now().Add(p.valid()).UTC().Truncate(time.Minute)
	return requestName{plan.To.Name, Short(plan.Release), Short(fleet.Release(plan.Parent)), until}
}

func (p *Promoter) valid() time.Duration {
	if p.Valid > 0 {
		return p.Valid
	}
	return defaultValid
}

var requestForm = regexp.MustCompile(`^([0-9a-f]{12})-on-([0-9a-f]{12})(?:-until-([0-9]{8}T[0-9]{4}Z))?$`)

// parseName reads the name of a branch that is for a Tier; others are not ok.
func parseName(tier fleet.TierName, branch string) (n requestName, ok bool) {
	prefix := requestsOf(tier)
	if len(branch) < len(prefix) || branch[:len(prefix)] != prefix {
		return n, false
	}
	parts := requestForm.FindStringSubmatch(branch[len(prefix):])
	if parts == nil {
		return n, false
	}
	n = requestName{tier: tier, release: parts[1], on: parts[2]}
	if parts[3] != "" {
		var err error
		if n.until, err = time.Parse(untilForm, parts[3]); err != nil {
			return n, false
		}
	}
	return n, true
}

// Expiry reads until when the branch of a pull request may be merged from its name; not ok
// where that does not say.
func Expiry(branch string) (until time.Time, ok bool) {
	const most = len("-until-") + len(untilForm)
	if len(branch) < most || branch[len(branch)-most:len(branch)-len(untilForm)] != "-until-" {
		return time.Time{}, false
	}
	until, err := time.Parse(untilForm, branch[len(branch)-len(untilForm):])
	return until, err == nil
}

// sweep deletes the branches of pull requests to a Tier that may not be merged any more:
// who approved one did so for another decision, or for another state of the Tier.
func (p *Promoter) sweep(ctx context.Context, out *Promotion, head string) error {
	now := p.Now()
	open, notes, err := p.Requests.Sweep(ctx, requestsOf(out.To), func(branch string) bool {
		n, ok := parseName(out.To, branch)
		return ok && (n.on != Short(fleet.Release(head)) || p.expired(n.until, now) != "")
	})
	if err != nil {
		return fmt.Errorf("look after the branches of pull requests: %w", err)
	}
	out.open = open
	out.Notes = append(out.Notes, notes...)
	return nil
}

// sweepAfter is sweep once the Tier has been moved: what was proposed before stands on what it
// is not at any more. The move is done, whatever comes of it.
func (p *Promoter) sweepAfter(ctx context.Context, out *Promotion) {
	head := out.Commit
	if p.Single {
		head = string(out.Release)
	}
	if err := p.sweep(ctx, out, head); err != nil {
		out.Notes = append(out.Notes, sentence(fmt.Sprintf("Pull requests to %s from before may still be open: %v", out.To, err)))
	}
}

// expired says why a pull request may not be merged any more, in a verb's clause; "": it
// may.
func (p *Promoter) expired(until, now time.Time) string {
	switch {
	case !now.Before(until):
		return "expired " + until.Format(time.RFC3339)
	case until.After(now.Add(p.valid())):
		return fmt.Sprintf("names %s as its end, which is longer than promotion.pull_request_expiry lets it be merged", until.Format(time.RFC3339))
	}
	return ""
}
