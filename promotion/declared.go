package promotion

import (
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// Declared is what the documents say of the Tiers, and of the ShopSets of a promotion. What is
// seen of the fleet has to agree with it.
type Declared struct {
	Tiers    []DeclaredTier    `json:"tiers"`    // all of the fleet
	ShopSets []DeclaredShopSet `json:"shopsets"` // of the promotion's Tiers, and of the Groups
}

// DeclaredTier is a Tier as its document has it.
type DeclaredTier struct {
	Tier   fleet.TierName `json:"tier"`
	Order  int            `json:"order"`
	Branch string         `json:"branch"`
}

// DeclaredShopSet is a ShopSet as its document has it.
type DeclaredShopSet struct {
	ShopSet       fleet.ShopSetName       `json:"shopset"`
	Tier          fleet.TierName          `json:"tier"`
	Configuration fleet.ConfigurationName `json:"configuration"`
	Cluster       fleet.FailureDomainName `json:"cluster"` // its FailureDomain
	Groups        []fleet.ShopGroupName   `json:"groups"`  // that it serves, by name
}

// declared gathers what the documents say of the Tiers of e and of its Groups.
func declared(f *fleet.Fleet, e *Evidence) Declared {
	var d Declared
	for _, t := range f.Tiers() {
		d.Tiers = append(d.Tiers, DeclaredTier{t.Name, t.Order, t.Branch})
	}
	for _, set := range f.ShopSets() {
		if !e.concerns(set.Tier) && !e.grouped(set.Name) {
			continue
		}
		of := DeclaredShopSet{set.Name, set.Tier, set.Configuration, set.FailureDomain, []fleet.ShopGroupName{}}
		for _, g := range f.GroupsOf(set.Name) {
			of.Groups = append(of.Groups, g.Name)
		}
		d.ShopSets = append(d.ShopSets, of)
	}
	return d
}

// concerns reports whether a Tier is one of the promotion.
func (e *Evidence) concerns(t fleet.TierName) bool {
	return t == e.From || t == e.To || t == e.Source.Name
}

// passes reports whether a Release passes a Tier on its way to the target.
func (e *Evidence) passes(t fleet.TierName) bool {
	is, target := e.Declared.tier(t), e.Declared.tier(e.To)
	return is != nil && target != nil && is.Order < target.Order
}

// undeclared reports whether a Tier that was seen below the target is in no document.
func (e *Evidence) undeclared(t fleet.TierState) bool {
	target := e.Declared.tier(e.To)
	return target != nil && t.Order < target.Order && e.Declared.tier(t.Tier) == nil
}

// below is the Tier next below another one; nil: there is none.
func (d *Declared) below(t *DeclaredTier) (next *DeclaredTier) {
	for i := range d.Tiers {
		if o := &d.Tiers[i]; o.Order < t.Order && (next == nil || o.Order > next.Order) {
			next = o
		}
	}
	return next
}

// grouped reports whether a ShopSet serves one of the target's Groups.
func (e *Evidence) grouped(set fleet.ShopSetName) bool {
	return slices.ContainsFunc(e.Groups, func(g Group) bool { return slices.Contains(g.ShopSets, set) })
}

func (d *Declared) tier(name fleet.TierName) *DeclaredTier {
	if i := slices.IndexFunc(d.Tiers, func(t DeclaredTier) bool { return t.Tier == name }); i >= 0 {
		return &d.Tiers[i]
	}
	return nil
}

// shopSets indexes the ShopSets by name.
func (d *Declared) shopSets() map[fleet.ShopSetName]*DeclaredShopSet {
	out := make(map[fleet.ShopSetName]*DeclaredShopSet, len(d.ShopSets))
	for i := range d.ShopSets {
		out[d.ShopSets[i].ShopSet] = &d.ShopSets[i]
	}
	return out
}
