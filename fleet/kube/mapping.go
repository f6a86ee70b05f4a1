package kube

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// defaultLabel is the label of an Application that names its ShopSet.
const defaultLabel = "shopset.dev/shopset"

// Mapping says which ShopSet an Application belongs to. The label is asked first,
// then the name, then the paths of its sources; the first that answers counts.
type Mapping struct {
	label      string
	name, path *regexp.Regexp // nil: not asked
}

// NewMapping makes a Mapping of a label, "" being defaultLabel, and of patterns
// (regular expressions, RE2) for an Application's name and for the path of a
// source; "" asks for none. A pattern has to match the whole text, and its group
// shopset, as in overlays/(?P<shopset>[^/]+), is the ShopSet's name.
func NewMapping(label, name, path string) (Mapping, error) {
	m := Mapping{label: label}
	if label == "" {
		m.label = defaultLabel
	}
	var err error
	if m.name, err = pattern("name", name); err != nil {
		return Mapping{}, err
	}
	m.path, err = pattern("path", path)
	return m, err
}

// componentLabel is the label of an Application that names the component that it is of, or
// several, joined by dots.
const componentLabel = "shopset.dev/component"

// component gives the component that an Application is of, by its label or by a group
// component of a pattern; "": neither says.
func (m Mapping) component(labels map[string]string, name string, paths []string) string {
	if c := labels[componentLabel]; c != "" {
		return c
	}
	for _, try := range m.tries(name, paths) {
		if try.pattern == nil || try.pattern.SubexpIndex(componentGroup) < 0 {
			continue
		}
		for _, text := range try.texts {
			if match := try.pattern.FindStringSubmatch(text); match != nil {
				return match[try.pattern.SubexpIndex(componentGroup)]
			}
		}
	}
	return ""
}

type try struct {
	pattern *regexp.Regexp
	texts   []string
}

func (m Mapping) tries(name string, paths []string) []try {
	return []try{{m.name, []string{name}}, {m.path, paths}}
}

const (
	group          = "shopset"
	componentGroup = "component"
)

func pattern(what, text string) (*regexp.Regexp, error) {
	if text == "" {
		return nil, nil
	}
	p, err := regexp.Compile("^(?:" + text + ")$")
	switch {
	case err != nil:
		return nil, fmt.Errorf("pattern for an Application's %s: %w", what, err)
	case p.SubexpIndex(group) < 0:
		return nil, fmt.Errorf("pattern for an Application's %s: %q has no group (?P<%s>…) to say which part is the ShopSet's name", what, text, group)
	}
	return p, nil
}

// shopSet gives the ShopSet that an Application belongs to; false where it belongs
// to none. An answer that is no name of a ShopSet is none.
func (m Mapping) shopSet(labels map[string]string, name string, paths []string) (fleet.ShopSetName, bool) {
	if set, ok := labels[m.label]; ok {
		return fleet.ShopSetName(set), fleet.CheckName(set) == nil
	}
	for _, try := range m.tries(name, paths) {
		if try.pattern == nil {
			continue
		}
		found := func(text string) string {
			match := try.pattern.FindStringSubmatch(text)
			if match == nil {
				return ""
			}
			return match[try.pattern.SubexpIndex(group)]
		}
		if i := slices.IndexFunc(try.texts, func(t string) bool { return fleet.CheckName(found(t)) == nil }); i >= 0 {
			return fleet.ShopSetName(found(try.texts[i])), true
		}
	}
	return "", false
}
