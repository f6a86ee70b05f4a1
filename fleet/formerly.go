package fleet

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Former is what a ShopSet was called, or the labels that its series carried, before.
type Former struct {
	// Name is its former name. New sets its own name where it is "": only the labels
	// have changed.
	Name ShopSetName
	// Match holds the labels that its series carried. Where it is empty New sets those that
	// the ShopSet has now, or {shopset: <former name>} where it has the default.
	Match map[string]string
}

// formers gives what a ShopSet was before, with defaults set.
func (s ShopSet) formers() []Former {
	out := slices.Clone(s.Formerly)
	for i := range out {
		f := &out[i]
		if f.Name == "" {
			f.Name = s.Name
		}
		switch {
		case len(f.Match) > 0:
			f.Match = maps.Clone(f.Match)
		case len(s.Match) > 0:
			f.Match = maps.Clone(s.Match)
		default:
			f.Match = defaultMatch(f.Name)
		}
	}
	return out
}

// formerly checks what ShopSets say that they were, and gives the matches that are theirs too,
// of those that are not refused.
func (c *checker) formerly() []claim {
	var out []claim
	current := map[ShopSetName]int{}
	for i, s := range c.d.ShopSets {
		current[s.Name] = i
	}
	claimed := map[ShopSetName]Place{}
	for i, s := range c.d.ShopSets {
		for j, f := range s.formers() {
			at := Place{Kind: KindShopSet, Index: i, Name: string(s.Name), Field: fmt.Sprintf("formerly[%d]", j)}
			if c.former(at, s, j, f, current, claimed) {
				out = append(out, claim{owner: i, at: at, match: f.Match})
			}
		}
	}
	return out
}

// former checks one of them, and reports whether it can be.
func (c *checker) former(at Place, s ShopSet, j int, f Former, current map[ShopSetName]int, claimed map[ShopSetName]Place) bool {
	own := s.Match
	if len(own) == 0 {
		own = defaultMatch(s.Name)
	}
	for _, label := range slices.Sorted(maps.Keys(s.Formerly[j].Match)) {
		if err := checkMatchLabel(label, f.Match[label]); err != nil {
			at.Field += ".match." + label
			c.add(at, "%v", err)
			return false
		}
	}
	switch {
	case s.Formerly[j].Name == "" && len(s.Formerly[j].Match) == 0:
		c.add(at, "says nothing; give the name that the ShopSet had, or the match, or both")
		return false
	case f.Name == s.Name && maps.Equal(f.Match, own):
		c.add(at, "is what the ShopSet is now; give the name or the match that it had before")
		return false
	case slices.ContainsFunc(s.formers()[:j], func(o Former) bool { return o.Name == f.Name && maps.Equal(o.Match, f.Match) }):
		c.add(at, "is listed twice")
		return false
	case f.Name == s.Name:
		return true
	}
	at.Field += ".name"
	if err := CheckName(string(f.Name)); err != nil {
		c.add(at, "%v", err)
		return false
	}
	if k, exists := current[f.Name]; exists {
		c.stillThere(at, k, current)
		return false
	}
	if first, ok := claimed[f.Name]; ok && first.Index != at.Index {
		c.add(at, "ShopSet %q was %q too; a history goes on in one ShopSet only", first.Name, f.Name).Other = &first
		return false
	}
	claimed[f.Name] = at
	return true
}

// stillThere reports a former name that a ShopSet has, the k-th. Of ShopSets that say to have
// been one another the last one is told, of all.
func (c *checker) stillThere(at Place, k int, current map[ShopSetName]int) {
	other := Place{Kind: KindShopSet, Index: k, Name: string(c.d.ShopSets[k].Name), Field: "name"}
	if c.leads(k, at.Index, current) {
		var names []string
		last := at.Index
		for i, s := range c.d.ShopSets {
			if i == at.Index || c.leads(i, at.Index, current) && c.leads(at.Index, i, current) {
				names, last = append(names, fmt.Sprintf("%q", s.Name)), max(last, i)
			}
		}
		if last == at.Index {
			c.add(at, "ShopSets %s say to have been one another; leave formerly to those that have a new name", strings.Join(names, ", ")).Other = &other
		}
		return
	}
	c.add(at, "ShopSet %q is still there; only a name that no ShopSet has any more can be a former one", other.Name).Other = &other
}

// leads reports whether one ShopSet's former names lead to another one.
func (c *checker) leads(from, to int, current map[ShopSetName]int) bool {
	seen, next := map[int]bool{}, []int{from}
	for len(next) > 0 {
		i := next[0]
		next = next[1:]
		for _, f := range c.d.ShopSets[i].Formerly {
			k, exists := current[f.Name]
			if !exists || k == i || seen[k] {
				continue
			}
			if k == to {
				return true
			}
			seen[k] = true
			next = append(next, k)
		}
	}
	return false
}
