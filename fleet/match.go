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
	full := make([]map[string]string, len(c.d.ShopSets))
	for i, s := range c.d.ShopSets {
		at := Place{Kind: KindShopSet, Index: i, Name: string(s.Name), Field: "match"}
		full[i] = s.Match
		if len(s.Match) == 0 {
			full[i] = defaultMatch(s.Name)
		}
		for _, label := range slices.Sorted(maps.Keys(s.Match)) {
			if err := checkMatchLabel(label, s.Match[label]); err != nil {
				at.Field = "match." + label
				c.add(at, "%v", err)
			}
		}
	}
	c.overlaps(full)
}

// overlaps reports each ShopSet whose match is another's, or contains it. It
// groups the matches by their label names and looks each one up, reduced to the
// names of every other group, so the work grows with ShopSets × groups, and
// there are few groups in a fleet.
func (c *checker) overlaps(full []map[string]string) {
	type group struct {
		labels []string       // sorted
		first  map[string]int // values of the labels → the first ShopSet that has them
	}
	byLabels := map[string]*group{} // of a source
	of := map[SourceName][]*group{}
	same := make([]int, len(full)) // the first ShopSet with the identical match
	for i, match := range full {
		labels, source := slices.Sorted(maps.Keys(match)), c.d.sourceOf(c.d.ShopSets[i])
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
	for i, match := range full {
		name := c.d.ShopSets[i].Name
		if j := same[i]; j != i {
			if c.d.ShopSets[j].Name == name && len(c.d.ShopSets[i].Match) == 0 {
				continue // the name is reported as a duplicate, this only follows
			}
			c.overlap(i, j, "%s is ShopSet %q's match too, so that no series could tell them apart; give each labels of its own",
				showLabels(match), c.d.ShopSets[j].Name)
			continue
		}
		for _, g := range of[c.d.sourceOf(c.d.ShopSets[i])] {
			if len(g.labels) >= len(match) {
				continue
			}
			values, ok := project(match, g.labels)
			if !ok {
				continue
			}
			if j, ok := g.first[values]; ok {
				c.overlap(i, j, "every series with %s also carries %s, the match of ShopSet %q; add a label to that one that tells them apart",
					showLabels(match), showLabels(full[j]), c.d.ShopSets[j].Name)
			}
		}
	}
}

func (c *checker) overlap(i, j int, format string, args ...any) {
	at := Place{Kind: KindShopSet, Index: i, Name: string(c.d.ShopSets[i].Name), Field: "match"}
	other := Place{Kind: KindShopSet, Index: j, Name: string(c.d.ShopSets[j].Name), Field: "match"}
	c.add(at, format, args...).Other = &other
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
		return fmt.Errorf("%q is no label name; use letters, digits and _, a digit not first", name)
	case strings.HasPrefix(name, "__"):
		return fmt.Errorf("label %s is reserved and not part of what a ShopSet's series share; use another", name)
	case value == "":
		return fmt.Errorf("label %s has an empty value, which means a series without it; give it a value", name)
	}
	return nil
}
