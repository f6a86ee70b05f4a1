package engine

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/source"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/manifest"
	"github.com/shopslo/shopslo/slo/openslo"
)

func TestAGateWithoutALedgerCountsWhatItJudges(t *testing.T) {
	d := &documents.Documents{Config: &config.Config{}}
	var err error
	if d.Fleet, err = manifest.Load("../examples", "fleet/*.yaml"); err != nil {
		t.Fatal(err)
	}
	if d.SLOs, err = openslo.Load("../examples", []string{"slos/*.yaml"}); err != nil {
		t.Fatal(err)
	}
	counted := func(judged []fleet.TierName) []string {
		found := map[string]bool{}
		for _, item := range Plan(d, source.Sources{}, judged).Items {
			for _, s := range item.Subjects {
				found[s.ID] = true
			}
		}
		return slices.Sorted(maps.Keys(found))
	}
	judged, err := d.Judged("prod")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := counted(judged), []string{"a-1", "a-2", "b-1", "b-2", "c-3"}; !slices.Equal(got, want) {
		t.Errorf("for prod %v are counted, want %v", got, want)
	}
	if got := counted(nil); len(got) != 9 || !d.Apart() {
		t.Errorf("in all %v are counted, apart %v", got, d.Apart())
	}
	if _, err := d.Judged("prdo"); err == nil {
		t.Error("an unknown Tier is judged")
	}
}

// Only where one look at the documents shows that no series is of two ShopSets may some be
// left out: otherwise the ledger has to find who is counted twice.
func TestShopSetsAreApartByTheSameLabels(t *testing.T) {
	const head = "apiVersion: shopset.dev/v1alpha1\nkind: %s\nmetadata: {name: %s}\nspec: {%s}\n---\n"
	for _, c := range []struct {
		name, a, b string
		want       bool
	}{
		{"by their names", "", "", true},
		{"by one label", "match: {shop: a}", "match: {shop: b}", true},
		{"by two labels", "match: {shop: a, cluster: east}", "match: {shop: a, cluster: west}", true},
		{"by different labels", "match: {shop: a}", "match: {cluster: west}", false},
		{"by one more", "match: {shop: a}", "match: {shop: b, cluster: west}", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			text := fmt.Sprintf(head, "Tier", "dev", "order: 0, branch: tier-0") + fmt.Sprintf(head, "Configuration", "p", "description: x") + fmt.Sprintf(head, "FailureDomain", "f", "description: x")
			for name, match := range map[string]string{"a": c.a, "b": c.b} {
				text += fmt.Sprintf(head, "ShopSet", name, strings.TrimSuffix("tier: dev, configuration: p, failureDomain: f, components: [cart], "+match, ", "))
			}
			if err := os.WriteFile(filepath.Join(dir, "fleet.yaml"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := manifest.Load(dir, "fleet.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if got := (&documents.Documents{Config: &config.Config{}, Fleet: f}).Apart(); got != c.want {
				t.Errorf("apart: %v", got)
			}
		})
	}
}
