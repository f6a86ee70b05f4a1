package fleet

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/internal/nearest"
)

// Place is where in the declarations something stands.
type Place struct {
	Kind  Kind
	Index int // in the kind's slice of the Declarations
	Name  string
	// Field in the document's words: name, or below spec: tier, components[2],
	// match.shopset.
	Field string
}

func (p Place) String() string { return fmt.Sprintf("%s %q: %s", p.Kind, p.Name, p.Field) }

// Problem is one fault that keeps declarations from being a fleet.
type Problem struct {
	At Place
	// Other is the earlier place that At contradicts; nil where At is wrong by itself.
	Other *Place
	// Unknown is the name that no object has, where that is the problem; else "".
	Unknown string
	// Message says what is wrong and what to do, without the place.
	Message string
}

func (p Problem) Error() string { return p.At.String() + ": " + p.Message }

// Problems is the error of New: all faults, by kind and in the order declared.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Check gives every fault of the declarations; none means that New accepts them.
// A fault says nothing about the others: all are found at once.
func (d Declarations) Check() Problems {
	c := checker{d: d}
	c.tiers()
	c.configurations()
	c.failureDomains()
	c.shopSets()
	c.matches()
	c.shopGroups()
	return c.problems
}

type checker struct {
	d        Declarations
	problems Problems
}

func (c *checker) add(at Place, format string, args ...any) *Problem {
	c.problems = append(c.problems, Problem{At: at, Message: fmt.Sprintf(format, args...)})
	return &c.problems[len(c.problems)-1]
}

// name checks an object's own name, also against the earlier ones of its kind.
func (c *checker) name(at Place, seen map[string]Place) {
	at.Field = "name"
	if err := CheckName(at.Name); err != nil {
		c.add(at, "%v", err)
		return
	}
	if first, ok := seen[at.Name]; ok {
		c.add(at, "a %s of this name is declared already; names are unique in the fleet", at.Kind).Other = &first
		return
	}
	seen[at.Name] = at
}

// reference checks that a name is one of the known ones.
func (c *checker) reference(at Place, kind Kind, name string, known map[string]bool) {
	if known[name] {
		return
	}
	if name == "" {
		c.add(at, "is missing; name one of the fleet's %ss", kind)
		return
	}
	hint := nearest.Hint(name, slices.Sorted(maps.Keys(known)))
	c.add(at, "no %s is named %q%s", kind, name, hint).Unknown = name
}

func (c *checker) tiers() {
	seen, orders, branches := map[string]Place{}, map[int]Place{}, map[string]Place{}
	deployed := slices.ContainsFunc(c.d.Tiers, func(t Tier) bool { return t.Branch != "" })
	for i, t := range c.d.Tiers {
		at := Place{Kind: KindTier, Index: i, Name: string(t.Name)}
		c.name(at, seen)

		at.Field = "order"
		if first, ok := orders[t.Order]; t.Order < 0 {
			c.add(at, "%d is negative; the lowest Tier has order 0", t.Order)
		} else if ok {
			c.add(at, "order %d is Tier %q's; give each Tier an order of its own", t.Order, first.Name).Other = &first
		} else {
			orders[t.Order] = at
		}

		at.Field = "branch"
		if first, ok := branches[t.Branch]; t.Branch == "" && !deployed {
			// none is deployed from git
		} else if ok {
			c.add(at, "branch %q is Tier %q's; give each Tier a branch of its own", t.Branch, first.Name).Other = &first
		} else if err := CheckBranch(t.Branch); err != nil {
			c.add(at, "%v", err)
		} else {
			branches[t.Branch] = at
		}

		if t.Soak < 0 {
			at.Field = "soak"
			c.add(at, "%v is negative; write 0s, or leave it out, where no soak time is asked for", t.Soak)
		}
	}
}

func (c *checker) configurations() {
	seen := map[string]Place{}
	for i, o := range c.d.Configurations {
		c.name(Place{Kind: KindConfiguration, Index: i, Name: string(o.Name)}, seen)
	}
}

func (c *checker) failureDomains() {
	seen := map[string]Place{}
	for i, o := range c.d.FailureDomains {
		at := Place{Kind: KindFailureDomain, Index: i, Name: string(o.Name)}
		c.name(at, seen)
		if o.Source != "" {
			c.source(at, o.Source)
		}
	}
}

func (c *checker) shopSets() {
	tiers := known(c.d.Tiers, tierName)
	configurations := known(c.d.Configurations, func(o Configuration) string { return string(o.Name) })
	domains := known(c.d.FailureDomains, func(o FailureDomain) string { return string(o.Name) })
	seen := map[string]Place{}
	for i, s := range c.d.ShopSets {
		at := Place{Kind: KindShopSet, Index: i, Name: string(s.Name)}
		c.name(at, seen)
		at.Field = "tier"
		c.reference(at, KindTier, string(s.Tier), tiers)
		if at.Field = "configuration"; s.Configuration != "" || len(c.d.Configurations) > 0 {
			c.reference(at, KindConfiguration, string(s.Configuration), configurations)
		}
		if at.Field = "failureDomain"; s.FailureDomain != "" || len(c.d.FailureDomains) > 0 {
			c.reference(at, KindFailureDomain, string(s.FailureDomain), domains)
		}
		if s.Source != "" || domains[string(s.FailureDomain)] == (s.FailureDomain != "") && c.d.sourceOf(s) == "" {
			c.source(at, s.Source)
		}
		if s.Capacity < 0 {
			at.Field = "capacity"
			c.add(at, "%d is negative; leave it out where it is not known", s.Capacity)
		}
		for j, component := range s.Components {
			at.Field = fmt.Sprintf("components[%d]", j)
			if err := CheckName(string(component)); err != nil {
				c.add(at, "%v", err)
			} else if slices.Contains(s.Components[:j], component) {
				c.add(at, "component %q is listed twice", component)
			}
		}
	}
}

// source checks that a source may be named, or left out.
func (c *checker) source(at Place, name SourceName) {
	at.Field = "source"
	var known []string
	for _, s := range c.d.Sources {
		if s != "" {
			known = append(known, string(s))
		}
	}
	hint := nearest.Hint(string(name), known)
	switch {
	case name != "" && CheckName(string(name)) != nil:
		c.add(at, "%v", CheckName(string(name)))
	case c.d.Sources == nil || slices.Contains(c.d.Sources, name):
	case name == "":
		c.add(at, "is missing; name one of the sources, %s, here or in its FailureDomain", strings.Join(known, ", "))
	case known == nil:
		c.add(at, "no source is named %q; name it under sources in the configuration", name)
	case hint == "":
		c.add(at, "no source is named %q; the configuration has %s", name, strings.Join(known, ", "))
	default:
		c.add(at, "no source is named %q%s", name, hint)
	}
}

// sourceOf is a ShopSet's source: its own, else that of its FailureDomain.
func (d Declarations) sourceOf(s ShopSet) SourceName {
	for i := range d.FailureDomains {
		if o := &d.FailureDomains[i]; s.Source == "" && o.Name == s.FailureDomain {
			return o.Source
		}
	}
	return s.Source
}

func (c *checker) shopGroups() {
	shopSets := known(c.d.ShopSets, shopSetName)
	seen := map[string]Place{}
	for i, g := range c.d.ShopGroups {
		at := Place{Kind: KindShopGroup, Index: i, Name: string(g.Name)}
		c.name(at, seen)
		at.Field = "shopSets"
		if len(g.ShopSets) == 0 {
			c.add(at, "is empty; name the ShopSets that serve the group")
		}
		for j, name := range g.ShopSets {
			at.Field = fmt.Sprintf("shopSets[%d]", j)
			c.reference(at, KindShopSet, string(name), shopSets)
			if name != "" && slices.Contains(g.ShopSets[:j], name) {
				c.add(at, "ShopSet %q is listed twice; one ShopSet is no redundancy for itself", name)
			}
		}
		if g.Load < 0 {
			at.Field = "load"
			c.add(at, "%d is negative; leave it out where it is not known", g.Load)
		}
		if g.FailureDomains < 1 {
			at.Field = "failureDomains"
			c.add(at, "%d is too few; write 1 where the group needs no redundancy", g.FailureDomains)
		}
	}
}

func tierName(t Tier) string       { return string(t.Name) }
func shopSetName(s ShopSet) string { return string(s.Name) }

func names[T any](objects []T, name func(T) string) []string {
	out := make([]string, len(objects))
	for i, o := range objects {
		out[i] = name(o)
	}
	return out
}

func known[T any](objects []T, name func(T) string) map[string]bool {
	set := make(map[string]bool, len(objects))
	for _, n := range names(objects, name) {
		set[n] = n != ""
	}
	delete(set, "")
	return set
}
