package promoter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/plain"
	"github.com/shopslo/shopslo/promotion"
)

// Proposal is a branch that a person may merge, and what to say about it.
type Proposal struct {
	Branch string `json:"branch"` // of the system repository, pushed
	Into   string `json:"into"`   // the Tier's branch
	Title  string `json:"title"`
	Body   string `json:"body"` // Markdown
	// Expires is until when it may be merged.
	Expires time.Time `json:"expires"`
}

// propose pushes the branch of a pull request. Its name holds the Release, what it
// stands on, and until when it may be merged, so that it never has to be rewritten.
func (p *Promoter) propose(ctx context.Context, out Promotion, plan planned, pointer Pointer, o Options) (Promotion, error) {
	branch := p.newName(plan)
	for _, name := range out.open { // a run before this one has made it
		if n, ok := parseName(plan.To.Name, name); ok && n.same(branch) {
			branch = n
		}
	}
	proposal := Proposal{Branch: branch.String(), Into: plan.To.Branch, Expires: branch.until}
	title, _, _ := strings.Cut(pointer.Message, "\n")
	proposal.Title = plain.OneLine(title)
	proposal.Body = p.body(out, plan, o, branch.until)
	pointer.Message += expiresKey + ": " + branch.until.Format(time.RFC3339) + "\n"
	if !p.Single {
		if err := p.advance(ctx, plan); err != nil {
			return p.settle(ctx, out, plan, Proposed, err)
		}
	}
	commit, err := p.Requests.Propose(ctx, pointer, proposal.Branch)
	switch {
	case refused(&out, err):
		return out, nil
	case errors.Is(err, ErrMoved), errors.Is(err, ErrSourceMoved):
		return p.settle(ctx, out, plan, Proposed, err)
	case err != nil:
		return out, fmt.Errorf("propose Release %s for %s: %w", Short(plan.Release), plan.To.Name, err)
	}
	out.Commit, out.Proposal = commit, &proposal
	out.Result = Proposed
	out.Reason = fmt.Sprintf("Branch %s moves Release %s to %s; open a pull request into %s, to be merged before %s.",
		proposal.Branch, Short(plan.Release), plan.To.Name, proposal.Into, branch.until.Format(time.RFC3339))
	return out, nil
}

// CompareURL is the address that shows what is between two Releases; "" where the
// configuration has none.
func (p *Promoter) CompareURL(from, to fleet.Release) string {
	if p.Compare == "" || from == "" || to == "" {
		return ""
	}
	return strings.NewReplacer("{from}", string(from), "{to}", string(to)).Replace(p.Compare)
}

// body writes the pull request's text.
func (p *Promoter) body(out Promotion, plan planned, o Options, until time.Time) string {
	var b strings.Builder
	changes := "Changes"
	if plan.Back() {
		changes = "Reverted changes"
		fmt.Fprintf(&b, "Rolls **%s** back to Release `%s`, replacing `%s`.\n", plan.To.Name, Short(plan.Release), Short(plan.Replaces))
	} else {
		fmt.Fprintf(&b, "Promotes Release `%s` from **%s** to **%s**, replacing `%s`.\n", Short(plan.Release), plan.From.Name, plan.To.Name, Short(plan.Replaces))
	}
	if again := comesAgain(plan, o); again != "" {
		fmt.Fprintf(&b, "\nThis Release%s.\n", plain.Markdown(strings.TrimPrefix(again, ", which")))
	}
	if url := p.CompareURL(plan.Replaces, plan.Release); url != "" {
		fmt.Fprintf(&b, "\n[Compare the two Releases](%s)\n", url)
	}
	if p.Single {
		fmt.Fprintf(&b, "\nMerge by fast-forward only (`git push origin %s:%s`): a merge commit would be content that was not verified in the lower Tiers.\n", plan.Release, plan.To.Branch)
	} else {
		fmt.Fprintf(&b, "\nOnly the submodule is changed.\n")
	}
	fmt.Fprintf(&b, "\nTo be merged before %s; then it has to be decided again.\n", until.Format("2006-01-02 15:04 MST"))
	if d := out.Decision; d != nil {
		fmt.Fprintf(&b, "\n## Gate: %s\n\n%s: %s.\n", d.Verdict, d.At.UTC().Format("2006-01-02 15:04:05 MST"), tally(*d))
		for _, c := range d.Checks {
			if c.Result == promotion.Waived || c.Result == promotion.NotChecked {
				fmt.Fprintf(&b, "\n- %s (%s): %s", plain.Markdown(c.Check), strings.ReplaceAll(string(c.Result), "_", " "), plain.Markdown(c.Reason))
			}
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "\n## %s\n", changes)
	for _, g := range byComponent(p.Fleet, out.Changes) {
		fmt.Fprintf(&b, "\n### %s\n\n", plain.Markdown(g.Component))
		for _, c := range g.Commits {
			fmt.Fprintf(&b, "- `%s` %s\n", Short(fleet.Release(c.ID)), plain.Markdown(c.Subject))
		}
	}
	if out.More > 0 {
		fmt.Fprintf(&b, "\n… and %d older commits.\n", out.More)
	}
	return b.String()
}

// changed are the commits that touch one component.
type changed struct {
	// Component is the folder of a component of the fleet; "other" for the rest.
	Component string   `json:"component"`
	Commits   []Commit `json:"commits"`
}

// others is where commits go that touch no component.
const others = "other"

// byComponent sorts commits by the components that they touch, the rest last. A
// commit that touches several stands below each.
func byComponent(f *fleet.Fleet, commits []Commit) []changed {
	components := map[string]bool{}
	for _, s := range f.ShopSets() {
		for _, c := range s.Components {
			components[string(c)] = true
		}
	}
	by := map[string][]Commit{}
	for _, c := range commits {
		found := false
		for _, folder := range c.Folders {
			if components[folder] {
				by[folder], found = append(by[folder], c), true
			}
		}
		if !found {
			by[""] = append(by[""], c)
		}
	}
	out := []changed{}
	for name, list := range by {
		out = append(out, changed{name, list})
	}
	slices.SortFunc(out, func(a, b changed) int {
		if (a.Component == "") != (b.Component == "") {
			return len(b.Component) - len(a.Component)
		}
		return strings.Compare(a.Component, b.Component)
	})
	if n := len(out); n > 0 && out[n-1].Component == "" {
		out[n-1].Component = others
	}
	return out
}
