package upgrade

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/fleet"
)

// version is that of the JSON shape, see docs/upgrade.schema.json.
const version = 1

// StepKind says what a Step is.
type StepKind string

// The kinds of steps.
const (
	StepMove     StepKind = "move"      // another ShopSet begins to serve a group
	StepTakeDown StepKind = "take_down" // the FailureDomain goes down and is upgraded
	StepVerify   StepKind = "verify"    // the ShopSets of a Tier come back
	StepReturn   StepKind = "return"    // the group is served as before
)

// Step is one step of an upgrade.
type Step struct {
	Kind  StepKind            `json:"kind"`
	Tier  fleet.TierName      `json:"tier,omitempty"`
	Group fleet.ShopGroupName `json:"group,omitempty"`
	// ShopSets that the group's document then has; for verify those that come back.
	ShopSets []fleet.ShopSetName `json:"shopsets,omitempty"`
	Text     string              `json:"text"`
}

// steps orders what is to be done: nothing goes down before every group has somewhere
// to be, and what comes back is tried in the lowest Tier first.
func (p *Plan) steps() {
	add := func(s Step) { p.Steps = append(p.Steps, s) }
	var moved []Group
	for _, g := range p.Groups {
		if g.Outcome != Moves {
			continue
		}
		moved = append(moved, g)
		var serving []fleet.ShopSetName
		for _, s := range g.ShopSets {
			if !slices.Contains(g.Down, s) {
				serving = append(serving, s)
			}
		}
		serving = append(serving, g.To)
		add(Step{StepMove, g.Tier, g.Group, serving, fmt.Sprintf("Move ShopGroup %s from %s to %s: set spec.shopSets to [%s]. Continue once its shops are served there.",
			g.Group, list(g.Down), g.To, list(serving))})
	}
	add(Step{Kind: StepTakeDown, ShopSets: p.Stopped, Text: fmt.Sprintf("Take down %s and upgrade it (ShopSets: %s).", p.Domain, orNone(list(p.Stopped)))})
	if len(p.Stopped) > 0 {
		add(Step{Kind: StepVerify, ShopSets: p.Stopped, Text: fmt.Sprintf("Bring its ShopSets back, lowest Tier first, each Synced and Healthy before the next: %s.", list(p.Stopped))})
	}
	for _, g := range moved {
		add(Step{StepReturn, g.Tier, g.Group, g.ShopSets, fmt.Sprintf("Restore ShopGroup %s: set spec.shopSets to [%s].", g.Group, list(g.ShopSets))})
	}
}

func list(names []fleet.ShopSetName) string {
	var texts []string
	for _, n := range names {
		texts = append(texts, string(n))
	}
	return strings.Join(texts, ", ")
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// ExitCode is that of `shopslo plan upgrade`: 0 go, 1 hold, 2 inconclusive.
func (p Plan) ExitCode() int { return slices.Index([]Verdict{Go, Hold, Inconclusive}, p.Verdict) }

// MarshalJSON writes the shape of docs/upgrade.schema.json.
func (p Plan) MarshalJSON() ([]byte, error) {
	type candidate struct {
		ShopSet fleet.ShopSetName       `json:"shopset"`
		Domain  fleet.FailureDomainName `json:"failure_domain"`
		Free    *int64                  `json:"free"`
		Missing []string                `json:"missing"`
	}
	type group struct {
		Group      fleet.ShopGroupName `json:"group"`
		Tier       fleet.TierName      `json:"tier"`
		ShopSets   []fleet.ShopSetName `json:"shopsets"`
		Down       []fleet.ShopSetName `json:"down"`
		Required   int                 `json:"required"`
		Before     int                 `json:"failure_domains"`
		Left       int                 `json:"failure_domains_left"`
		Losing     bool                `json:"loses_redundancy"`
		Load       *int64              `json:"load"`
		Outcome    Outcome             `json:"outcome"`
		To         *fleet.ShopSetName  `json:"to"`
		Reason     string              `json:"reason"`
		Candidates []candidate         `json:"candidates"`
	}
	out := struct {
		Version  int                     `json:"version"`
		Domain   fleet.FailureDomainName `json:"failure_domain"`
		Decision Verdict                 `json:"decision"`
		ShopSets []fleet.ShopSetName     `json:"shopsets"`
		Groups   []group                 `json:"groups"`
		Steps    []Step                  `json:"steps"`
	}{version, p.Domain, p.Verdict, append([]fleet.ShopSetName{}, p.Stopped...), []group{}, append([]Step{}, p.Steps...)}
	for _, g := range p.Groups {
		one := group{g.Group, g.Tier, g.ShopSets, g.Down, g.Required, g.Before, g.Left, g.losing(), nil, g.Outcome, nil, g.Reason, []candidate{}}
		if g.Load != 0 {
			one.Load = &g.Load
		}
		if g.To != "" {
			one.To = &g.To
		}
		for _, c := range g.Candidates {
			one.Candidates = append(one.Candidates, candidate{c.ShopSet, c.Domain, c.Free, append([]string{}, c.Missing...)})
		}
		out.Groups = append(out.Groups, one)
	}
	return json.Marshal(out)
}

// WriteText writes the plan for people.
func (p Plan) WriteText(w io.Writer) error {
	var b strings.Builder
	losing := 0
	for _, g := range p.Groups {
		if g.losing() {
			losing++
		}
	}
	fmt.Fprintf(&b, "%s  Taking down %s stops %s; %s would lose redundancy.\n", strings.ToUpper(string(p.Verdict)), p.Domain,
		count(len(p.Stopped), "ShopSet"), count(losing, "ShopGroup"))
	for _, g := range p.Groups {
		fmt.Fprintf(&b, "\n  %s (%s, served by %s): %s\n    %s\n", g.Group, g.Tier, list(g.ShopSets), g.Outcome, g.Reason)
	}
	for i, s := range p.Steps {
		if i == 0 {
			b.WriteString("\nSteps\n")
		}
		fmt.Fprintf(&b, "  %d. %s\n", i+1, s.Text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
