package shopset

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/fleet"
)

// Markdown gives docs/metrics.md: every metric with its type, labels, unit and
// meaning.
func Markdown() []byte {
	var b strings.Builder
	b.WriteString(`<!-- Made by "go generate ./exporters/shopset" from exporters/shopset/families.go; do not edit. -->
# What shopset_exporter exports

A figure that is not known has no series; it is never 0. A state set has one series
per state, 1 for the one that holds and 0 for the others. Times are Unix times in
seconds, so an age is ` + "`time() - …_timestamp_seconds`" + `. Labels that name a ShopSet,
Tier or ShopGroup have the names of the fleet's documents.
`)
	for s, about := range scopes {
		fmt.Fprintf(&b, "\n## %s\n", about.title)
		if about.text != "" {
			fmt.Fprintf(&b, "%s\n", about.text)
		}
		b.WriteString("\n| Metric | Type | Labels | Unit | Meaning | No series |\n|---|---|---|---|---|---|\n")
		for f := range families {
			if scopeOf(f) == scope(s) {
				families[f].row(&b)
			}
		}
	}
	fmt.Fprintf(&b, "\n## States\n\n- sync status: %s\n- health: %s\n- kind of a violation: %s\n- fault: %s\n",
		words(stateWords(fSync)), words(stateWords(fHealth)), words(stateWords(fTierViolations)), words(texts(fleet.Faults)))
	fmt.Fprintf(&b, "\n## Bounds of histograms\n\nIn seconds.\n\n- `%s`: %s\n- `%s`: %s\n",
		families[fLead].name, bounds(leadBounds), families[fSoak].name, bounds(soakBounds))
	return []byte(b.String())
}

func (f *family) row(b *strings.Builder) {
	kinds := map[kind]string{stateSet: "state set (gauge)", infos: "info (gauge)"}
	typ, ok := kinds[f.kind]
	if !ok {
		typ = string(f.kind)
	}
	fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s |\n", f.name, typ, words(strings.Fields(f.labels)), f.unit(), f.help, f.absent)
}

func words(list []string) string {
	quoted := slices.Clone(list)
	for i := range quoted {
		quoted[i] = "`" + quoted[i] + "`"
	}
	return strings.Join(quoted, ", ")
}

func bounds(list []float64) string {
	var out []string
	for _, b := range list {
		out = append(out, fmt.Sprint(int64(b)))
	}
	return strings.Join(out, ", ")
}

// stateWords gives the values of a family's label for states or kinds.
func stateWords(f int) []string {
	switch f {
	case fSync:
		return texts(fleet.SyncStatuses)
	case fHealth:
		return texts(fleet.Healths)
	}
	return texts(fleet.ViolationKinds)
}

func texts[S ~string](list []S) []string {
	var out []string
	for _, s := range list {
		out = append(out, string(s))
	}
	return out
}
