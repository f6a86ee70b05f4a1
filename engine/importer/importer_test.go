package importer

import (
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/document"
)

const slothDoc = `version: prometheus/v1
service: shop
slos:
  - name: requests
    objective: 99.9
    sli: {events: {error_query: 'sum(rate(a_total{code="5"}[{{.window}}]))', total_query: 'sum(rate(a_total[{{.window}}]))'}}
`

func TestWhatIsNoSLOIsSaid(t *testing.T) {
	for name, tt := range map[string]struct{ format, doc, why string }{
		"another format":     {"sloth", "apiVersion: openslo/v1\nkind: SLO\n", "it is not a Sloth document"},
		"no percentage":      {"sloth", strings.Replace(slothDoc, "99.9", "1000", 1), `the objective "1000" is not a percentage above 0`},
		"no SLI":             {"sloth", strings.Replace(slothDoc, "sli:", "slo:", 1), "it has no SLI"},
		"no PromQL":          {"sloth", strings.Replace(slothDoc, `sum(rate(a_total{code`, `sum((rate(a_total{code`, 1), "of the query"},
		"an objective of 1":  {"sloth", strings.Replace(slothDoc, "99.9", "100", 1), "1"},
		"a window of nobody": {"pyrra", "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {name: a}\nspec: {target: '99', window: long, indicator: {ratio: {errors: {metric: a_total}, total: {metric: b_total}}}}\n", `the window "long" is not a duration`},
		"no indicator":       {"pyrra", "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {name: a}\nspec: {target: '99', window: 4w}\n", "it has no indicator"},
		"no metric":          {"pyrra", "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {name: a}\nspec: {target: '99', window: 4w, indicator: {latencyNative: {latency: 1s}}}\n", "its indicator has no metric"},
		"not of the group":   {"openslo-crd", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n", "it is not a document of openslo.com/v1"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Import(tt.format, "30d", []document.File{{Name: "f.yaml", Data: []byte(tt.doc)}})
			if err != nil || len(got.SLOs) != 0 || len(got.Left) == 0 || !got.Left[0].Whole && !got.Left[len(got.Left)-1].Whole {
				t.Fatalf("%+v, %v", got, err)
			}
			for _, l := range got.Left {
				if l.Whole && !strings.Contains(l.Why, tt.why) {
					t.Errorf("%q, want %q", l.Why, tt.why)
				}
			}
		})
	}
}

// FuzzImport finds documents that break the importer. What it gives can be read again.
func FuzzImport(f *testing.F) {
	f.Add(0, slothDoc)
	f.Add(0, "&a\nkind: List\nitems: [*a]\n")
	f.Add(1, "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {name: &n a, labels: {x: *n}}\nspec: {target: '99', window: 4w, indicator: {bool_gauge: {metric: up}}}\n")
	f.Add(2, "apiVersion: openslo.com/v1\nkind: SLO\nmetadata: {name: a, annotations: {}}\nstatus: {}\n")
	f.Fuzz(func(t *testing.T, format int, text string) {
		if format < 0 || format >= len(Formats) {
			return
		}
		_, _ = Import(Formats[format], "30d", []document.File{{Name: "f.yaml", Data: []byte(text)}})
	})
}
