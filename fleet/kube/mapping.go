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

const group = "shopset"

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
	for _, try := range []struct {
		pattern *regexp.Regexp
		texts   []string
	}{{m.name, []string{name}}, {m.path, paths}} {
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
