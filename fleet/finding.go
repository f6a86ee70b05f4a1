package fleet

import (
	"fmt"
	"slices"
	"strings"
)

// Rule is what a Finding is about.
type Rule string

// The rules that a consistent fleet can still break.
const (
	// RuleRedundancy: a ShopGroup's ShopSets are in fewer FailureDomains than it asks for.
	RuleRedundancy Rule = "redundancy"
	// RuleOneTier: a ShopGroup's ShopSets are in different Tiers.
	RuleOneTier Rule = "one-tier"
)

// The rules by which documents are no fleet, or are not read as somebody may think.
const (
	// RuleInvalid: it contradicts itself or others.
	RuleInvalid Rule = "invalid"
	// RuleUnreadable: it has not the shape of its kind, or is no document.
	RuleUnreadable Rule = "unreadable"
	// RuleDiffers: clusters have different ones of the same name.
	RuleDiffers Rule = "differs"
	// RuleUnread: some of them could not be read, so that others may be missing.
	RuleUnread Rule = "unread"
)

// Finding is something that is consistent, and loads, but is not as it should be.
type Finding struct {
	Rule Rule
	// Kind and Name say where.
	Kind Kind
	Name string
	// What is wrong, and what to Do about it; each a clause without a full stop.
	What string
	Do   string
}

// String writes the finding on one line: where, what, what to do.
func (f Finding) String() string {
	text := f.What
	if f.Name != "" {
		text = strings.TrimSpace(fmt.Sprintf("%s %q: %s", f.Kind, f.Name, text))
	}
	if f.Do != "" {
		text += "; " + f.Do
	}
	return text
}

// Findings gives what is wrong with declarations, each as a Finding of its document.
func (p Problems) Findings() []Finding {
	var out []Finding
	for _, one := range p {
		out = append(out, Finding{Rule: RuleInvalid, Kind: one.At.Kind, Name: one.At.Name, What: one.At.Field + ": " + one.Message})
	}
	return out
}

// Findings gives all findings, by ShopGroup and rule; none is a good fleet.
func (f *Fleet) Findings() []Finding {
	var findings []Finding
	for _, g := range f.all.ShopGroups {
		if finding, found := f.mixedTiers(g); found {
			findings = append(findings, finding)
		}
		if finding, found := f.shortOfDomains(g); found {
			findings = append(findings, finding)
		}
	}
	return findings
}

func (f *Fleet) mixedTiers(g ShopGroup) (Finding, bool) {
	var tiers []TierName
	var where []string
	for _, name := range g.ShopSets {
		s, _ := f.ShopSet(name)
		if !slices.Contains(tiers, s.Tier) {
			tiers = append(tiers, s.Tier)
		}
		where = append(where, fmt.Sprintf("%s in %s", name, s.Tier))
	}
	if len(tiers) < 2 {
		return Finding{}, false
	}
	return Finding{
		Rule: RuleOneTier, Kind: KindShopGroup, Name: string(g.Name),
		What: fmt.Sprintf("its ShopSets are in %d Tiers (%s), so its shops meet two Releases at once",
			len(tiers), strings.Join(where, ", ")),
		Do: "let ShopSets of one Tier serve it",
	}, true
}

func (f *Fleet) shortOfDomains(g ShopGroup) (Finding, bool) {
	used := f.FailureDomainsOf(g.Name)
	if len(used) >= g.FailureDomains {
		return Finding{}, false
	}
	finding := Finding{
		Rule: RuleRedundancy, Kind: KindShopGroup, Name: string(g.Name),
		What: fmt.Sprintf("its ShopSets (%s) are in %s (%s), it asks for %d",
			list(g.ShopSets), count(len(used), "FailureDomain"), list(used), g.FailureDomains),
	}
	var free []FailureDomainName
	for _, d := range f.all.FailureDomains {
		if !slices.Contains(used, d.Name) {
			free = append(free, d.Name)
		}
	}
	missing := g.FailureDomains - len(used)
	if len(free) < missing {
		finding.Do = fmt.Sprintf("the fleet has only %s: declare more, or lower the group's failureDomains",
			count(len(f.all.FailureDomains), "FailureDomain"))
		return finding, true
	}
	finding.Do = fmt.Sprintf("let %d more of the same Tier serve it, in %s", missing, list(free))
	if len(g.ShopSets) > len(used) {
		finding.Do += ", or instead of one that shares a FailureDomain"
	}
	return finding, true
}

// list writes names for a sentence: a-1, b-2.
func list[T ~string](names []T) string {
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = string(n)
	}
	return strings.Join(words, ", ")
}

// count writes 1 FailureDomain, 2 FailureDomains.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
