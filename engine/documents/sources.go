package documents

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/nearest"
	"github.com/shopslo/shopslo/slo"
)

// sourceNames are those that the fleet's documents may name; "" where they need not.
func sourceNames(c *config.Config) []fleet.SourceName {
	var out []fleet.SourceName
	for _, name := range slices.Sorted(maps.Keys(c.Sources)) {
		out = append(out, fleet.SourceName(name))
	}
	if len(out) == 1 && out[0] != "" {
		out = append(out, "")
	}
	return out
}

// AskedFor are the names of the sources that an SLO's part is read from, sorted.
func AskedFor(d *Documents, s *slo.SLO, part *slo.Part) []string {
	q, all := part.Indicator.Queries()[0], slices.Sorted(maps.Keys(d.Config.Sources))
	if len(all) < 2 {
		return all
	}
	names := map[string]bool{}
	if d.Fleet != nil { // else it has faults of its own
		for _, set := range d.ShopSetsOf(s) {
			names[d.Config.Asked(q, d.Config.SourceOf(set))] = true
		}
	}
	if len(names) == 0 { // it is to be right all the same
		return []string{d.Config.Asked(q, all[0])}
	}
	return slices.Sorted(maps.Keys(names))
}

// SourcesFor are the names of all sources that an SLO is read from for a ShopSet, sorted.
func SourcesFor(d *Documents, s *slo.SLO, set fleet.ShopSet) []string {
	names := map[string]bool{}
	for i := range s.Parts {
		names[d.Config.Asked(s.Parts[i].Indicator.Queries()[0], d.Config.SourceOf(set))] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// inSource names a source in a sentence, where there are several.
func inSource(d *Documents, name string) string {
	switch {
	case !d.Config.Several():
		return ""
	case name == "":
		return " in the source that has no name"
	}
	return " in source " + name
}

// sources checks what SLOs say of sources.
func sources(d *Documents) Faults {
	var out Faults
	wrong := func(s *slo.SLO, q *slo.Query, format string, args ...any) {
		at, _ := d.SLOs.QueryOrigin(q)
		f := Fault{File: at.File, Line: counted(at.Line), Text: fmt.Sprintf("SLO %q: ", s.Name) + fmt.Sprintf(format, args...)}
		f.shown = at.String() + ": " + f.Text
		out = append(out, f)
	}
	known := slices.Sorted(maps.Keys(d.Config.Named))
	for i := range d.SLOs.SLOs {
		s := &d.SLOs.SLOs[i]
		for k := range s.Parts {
			q := s.Parts[k].Indicator.Queries()[0]
			switch {
			case q.Source == "" || len(known) == 0:
			case !slices.Contains(known, q.Source):
				hint := nearest.Hint(q.Source, known)
				if hint == "" {
					hint = "; the configuration has " + strings.Join(known, ", ")
				}
				wrong(s, q, "metricSourceRef: no source is named %q%s", q.Source, hint)
			case d.Fleet != nil:
				if a, b, found := alike(d, s); found {
					wrong(s, q, "metricSourceRef: ShopSets %s and %s have the same match, which tells them apart in their own sources, not in %q; give each labels of its own", a, b, q.Source)
				}
			}
		}
	}
	return once(out)
}

// alike finds two ShopSets of an SLO that a single source could not tell apart.
func alike(d *Documents, s *slo.SLO) (a, b fleet.ShopSetName, found bool) {
	seen := map[string]fleet.ShopSetName{}
	for _, set := range d.ShopSetsOf(s) {
		key := fmt.Sprint(set.Match)
		if first, ok := seen[key]; ok {
			return first, set.Name, true
		}
		seen[key] = set.Name
	}
	return "", "", false
}

// unused are the findings about sources that nothing is read from.
func unused(d *Documents) (out []Finding) {
	used := map[string]bool{}
	for _, set := range d.Fleet.ShopSets() {
		used[d.Config.SourceOf(set)] = true
	}
	for i := range d.SLOs.SLOs {
		for k := range d.SLOs.SLOs[i].Parts {
			for _, name := range AskedFor(d, &d.SLOs.SLOs[i], &d.SLOs.SLOs[i].Parts[k]) {
				used[name] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.Config.Sources)) {
		if !used[name] {
			out = append(out, Finding{Rule: "unused-source", Text: fmt.Sprintf("%s: %s: no ShopSet is in it, and no SLO reads from it; name it in a FailureDomain or a ShopSet, or remove it", d.Config.Path, d.Config.PathOf(name))})
		}
	}
	return out
}
