package fleet

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Every series of a source belongs to at most one ShopSet. A series belongs to each ShopSet
// whose match labels it all carries, so two matches contradict each other for
// certain where one is contained in the other: each series of the longer match
// then belongs to both. Matches that merely have no label in conflict, such as
// {shopset: a-1} and {namespace: pay}, are accepted: only a series that carries
// all of both belongs to both, and whoever reads the series sees that.

// matches checks each ShopSet's match labels, and all against each other.
func (c *checker) matches() {
	all := make([]claim, len(c.d.ShopSets))
	for i, s := range c.d.ShopSets {
		at := Place{Kind: KindShopSet, Index: i, Name: string(s.Name), Field: "match"}
		all[i] = claim{owner: i, at: at, match: s.Match}
		if len(s.Match) == 0 {
			all[i].match = defaultMatch(s.Name)
		}
		for _, label := range slices.Sorted(maps.Keys(s.Match)) {
			if err := checkMatchLabel(label, s.Match[label]); err != nil {
				at.Field = "match." + label
				c.add(at, "%v", err)
			}
		}
	}
	c.overlaps(append(all, c.formerly()...))
}

// claim is a match that a ShopSet has, or had.
type claim struct {
	owner int // in ShopSets
	at    Place
	match map[string]string
}

// overlaps reports each match that is another ShopSet's, or contains it. It
// groups the matches by their label names and looks each one up, reduced to the
// names of every other group, so the work grows with ShopSets × groups, and
// there are few groups in a fleet.
func (c *checker) overlaps(all []claim) {
	type group struct {
		labels []string       // sorted
		first  map[string]int // values of the labels → the first match that has them
	}
	byLabels := map[string]*group{} // of a source
	of := map[SourceName][]*group{}
	same := make([]int, len(all)) // the first one that is identical
	for i, one := range all {
		match := one.match
		labels, source := slices.Sorted(maps.Keys(match)), c.d.sourceOf(c.d.ShopSets[one.owner])
		key := string(source) + "\x00" + strings.Join(labels, "\x00")
		g := byLabels[key]
		if g == nil {
			g = &group{labels: labels, first: map[string]int{}}
			byLabels[key] = g
			of[source] = append(of[source], g)
		}
		values, _ := project(match, labels)
		if j, ok := g.first[values]; ok {
			same[i] = j
			continue
		}
		same[i] = i
		g.first[values] = i
	}
	for i, one := range all {
		match, set := one.match, c.d.ShopSets[one.owner]
		if j := same[i]; j != i {
			if other := c.d.ShopSets[all[j].owner]; all[j].owner == one.owner || other.Name == set.Name && len(set.Match) == 0 {
				continue // it was so before, too; or the name is reported as a duplicate, this only follows
			}
			c.overlap(one, all[j], "%s is ShopSet %q's match too, so that no series could tell them apart; give each labels of its own",
				showLabels(match), all[j].at.Name)
			continue
		}
		for _, g := range of[c.d.sourceOf(set)] {
			if len(g.labels) >= len(match) {
				continue
			}
			values, ok := project(match, g.labels)
			if !ok {
				continue
			}
			if j, ok := g.first[values]; ok && all[j].owner != one.owner {
				c.overlap(one, all[j], "every series with %s also carries %s, the match of ShopSet %q; add a label to that one that tells them apart",
					showLabels(match), showLabels(all[j].match), all[j].at.Name)
			}
		}
	}
}

func (c *checker) overlap(one, other claim, format string, args ...any) {
	c.add(one.at, format, args...).Other = &other.at
}

// project gives the values of the labels as one key; false where one is missing.
func project(match map[string]string, labels []string) (string, bool) {
	values := make([]string, len(labels))
	for i, l := range labels {
		v, ok := match[l]
		if !ok {
			return "", false
		}
		values[i] = fmt.Sprintf("%d:%s", len(v), v)
	}
	return strings.Join(values, ","), true
}

// showLabels writes labels as PromQL does: {cluster="a", shopset="a-1"}.
func showLabels(labels map[string]string) string {
	parts := make([]string, 0, len(labels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, fmt.Sprintf("%s=%q", name, labels[name]))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// checkMatchLabel says what makes a label unfit to tell whose a series is.
func checkMatchLabel(name, value string) error {
	switch {
	case !labelName.MatchString(name):
		return fmt.Errorf("%q is not a label name; use letters, digits and _, not starting with a digit", name)
	case strings.HasPrefix(name, "__"):
		return fmt.Errorf("label %s is reserved and not part of what a ShopSet's series share; use another", name)
	case value == "":
		return fmt.Errorf("label %s has an empty value, which means a series without it; give it a value", name)
	}
	return nil
}
