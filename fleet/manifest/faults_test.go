package manifest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/goldentest"
)

func TestEveryFaultOfAFolderIsListedWithItsPlace(t *testing.T) {
	_, err := Load("testdata", "nasty/*.yaml", "nasty/1-*.yaml", "nasty/*.yml", "nasty/**/x.yaml", "nasty/[")
	if err == nil {
		t.Fatal("the folder loads")
	}
	goldentest.Compare(t, "testdata/nasty.golden", filepath.ToSlash(err.Error())+"\n")
}

// fine is a small fleet without faults.
const fine = `apiVersion: shopset.dev/v1alpha1
kind: Tier
metadata: {name: prod}
spec: {order: 1, branch: tier-1}
---
apiVersion: shopset.dev/v1alpha1
kind: Configuration
metadata: {name: production}
---
apiVersion: shopset.dev/v1alpha1
kind: FailureDomain
metadata: {name: a}
---
apiVersion: shopset.dev/v1alpha1
kind: ShopSet
metadata: {name: a-1}
spec: {tier: prod, configuration: production, failureDomain: a}
`

func TestFaultsOfOneFile(t *testing.T) {
	const head = "---\napiVersion: shopset.dev/v1alpha1\nkind: " // after fine, its kind is on line 20
	tests := []struct {
		name string
		yaml string
		want string // every fault, one per line; none: it loads
	}{
		{"a fine fleet", fine, ""},
		{"an empty file is an empty fleet", "", ""},
		{"comments and empty documents are no documents", "# nothing\n---\n---\n# here\n...\n", ""},
		{"directives belong to the document that follows", "%YAML 1.1\n---\n" + fine, ""},
		{"a byte order mark and CRLF line ends", "\ufeff%YAML 1.1\r\n---\r\n" + strings.ReplaceAll(fine, "\n", "\r\n"), ""},
		{"content beside the dashes", fine + "--- {apiVersion: shopset.dev/v1alpha1, kind: Tier, metadata: {name: x}, spec: {order: 2, branch: x}}\n---", ""},
		{"dashes inside a text", strings.Replace(fine, "{name: production}", "{name: production}\nspec:\n  description: |\n    ---\n    ---x", 1), ""},
		{"status and a cluster's metadata are left alone",
			fine + head + "Tier\nmetadata: {name: x, uid: abc, generation: 3, managedFields: [{manager: kubectl}], labels: {a: b}, annotations: {}}\n" +
				"spec: {order: 2, branch: x}\nstatus: {conditions: [1, 2]}\n", ""},
		{"an alias stands for its value",
			fine + "---\napiVersion: v1\nkind: List\nitems:\n" +
				"- {apiVersion: shopset.dev/v1alpha1, kind: ShopSet, metadata: {name: a-2}, spec: &s {tier: prod, configuration: production, failureDomain: a}}\n" +
				"- {apiVersion: shopset.dev/v1alpha1, kind: ShopSet, metadata: {name: a-3}, spec: *s}\n", ""},
		{"a list of one kind", fine + head + "TierList\nmetadata: {resourceVersion: \"\"}\nitems:\n" +
			"- {apiVersion: shopset.dev/v1alpha1, kind: Tier, metadata: {name: x}, spec: {order: 2, branch: x}}\n", ""},
		{"a list of one kind holds no other", fine + head + "TierList\nitems:\n" +
			"- {apiVersion: shopset.dev/v1alpha1, kind: FailureDomain, metadata: {name: x}}\n",
			`f.yaml:22:3: TierList: items[0]: is no Tier`},
		{"an empty list", fine + "---\napiVersion: v1\nkind: List\nitems:\n", ""},
		{"a list without items", "apiVersion: v1\nkind: List\nitem: []\n",
			"f.yaml:1:1: List: items: is missing\n" +
				"f.yaml:3:1: List: item: unknown key (known here: apiVersion, items, kind, metadata)"},
		{"a spec with all its keys missing", fine + head + "ShopSet\nmetadata: {name: b}\nspec: {}\n",
			"f.yaml:22:7: ShopSet \"b\": spec.configuration: is missing; name one of the fleet's Configurations\n" +
				"f.yaml:22:7: ShopSet \"b\": spec.failureDomain: is missing; name one of the fleet's FailureDomains\n" +
				"f.yaml:22:7: ShopSet \"b\": spec.tier: is missing"},
		{"a missing spec hides nothing else and brings no followers", head + "ShopGroup\nmetadata: {}\n",
			"f.yaml:2:1: ShopGroup: spec: is missing\n" +
				"f.yaml:4:11: ShopGroup: metadata.name: is missing"},
		{"kind and apiVersion missing", "metadata: {name: x}\n",
			"f.yaml:1:1: document: apiVersion: is missing\n" +
				"f.yaml:1:1: document: kind: is missing"},
		{"a reference to what could not be read is no fault of its own",
			strings.Replace(fine, "{name: prod}", "{name: prod", 1),
			"f.yaml:3: is not YAML: did not find expected ',' or '}'"},
		{"a reference to a misspelt kind is no fault of its own",
			strings.Replace(fine, "kind: Tier", "kind: Tir", 1),
			`f.yaml:2:7: document: kind: unknown kind "Tir" (did you mean "Tier"?)`},
		{"a contradiction with an unreadable value is no fault of its own",
			fine + head + "Tier\nmetadata: {name: x}\nspec: {order: one, branch: x}\n" + head + "Tier\nmetadata: {name: z}\nspec: {order: 0, branch: z}\n",
			`f.yaml:22:15: Tier "x": spec.order: needs a whole number, found the text "one"`},
		{"the other of two is named with its place", fine + head + "Tier\nmetadata: {name: x}\nspec: {order: 1, branch: tier-1}\n",
			`f.yaml:22:15: Tier "x": spec.order: order 1 is Tier "prod"'s; give each Tier an order of its own (f.yaml:4)` + "\n" +
				`f.yaml:22:26: Tier "x": spec.branch: branch "tier-1" is Tier "prod"'s; give each Tier a branch of its own (f.yaml:4)`},
		{"a document that contains itself", "&a\napiVersion: shopset.dev/v1alpha1\nkind: Tier\nmetadata: *a\nspec: *a\n",
			"f.yaml:4:11: *a stands inside of what it names; write it out"},
		{"a broken document is named by the line that breaks it, not by its first",
			fine + head + "Tier\nmetadata:\n  name: x\nspec:\n  order: 2\n branch: x\n---\nkind: [\n",
			"f.yaml:25: is not YAML: did not find expected key\n" +
				"f.yaml:27: is not YAML: did not find expected node content"},
		{"tabs are no indentation", "kind: Tier\n\tspec: {}\n", "f.yaml:2: is not YAML: found a tab character that violates indentation"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(tt.yaml))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestAllFilesAreCheckedTogether(t *testing.T) {
	dir := t.TempDir()
	base := filepath.Join(dir, "we[i]rd*")
	if err := os.Mkdir(base, 0o755); err != nil {
		t.Fatal(err)
	}
	documents := strings.SplitAfter(fine, "---\n")
	for i, name := range []string{"d.yaml", "c.yaml", "b.yaml", "a.yaml"} {
		if err := os.WriteFile(filepath.Join(base, name), []byte(documents[i]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Load(base, "*.yaml", "a.yaml", filepath.Join(dir, "we*", "b.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := f.ShopSet("a-1"); !ok || s.Tier != "prod" {
		t.Errorf("ShopSet a-1: %+v, %v", s, ok)
	}
	var files []string
	for _, name := range []string{"a.yaml", "b.yaml", "c.yaml", "d.yaml"} {
		files = append(files, filepath.Join(base, name))
	}
	if _, err := loadFiles(files...); err != nil {
		t.Errorf("files by name: %v", err)
	}

	_, err = loadFiles(files[1:3]...)
	if err != nil {
		t.Errorf("a Configuration and a FailureDomain alone are a fleet: %v", err)
	}
	_, err = loadFiles(files[0], filepath.Join(base, "gone.yaml"))
	var faults document.Faults
	if !errors.As(err, &faults) || len(faults) != 4 {
		t.Fatalf("want three unknown references and one unreadable file, got:\n%v", err)
	}
}

func TestLoadSaysThatNothingWasThere(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.yaml")
	if err := os.WriteFile(empty, []byte("# later\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name     string
		patterns []string
		want     string
	}{
		{"no pattern", nil, "fleet: no pattern says where its documents are; name files such as fleet/*.yaml"},
		{"no match", []string{"x/*.yaml"}, "x/*.yaml: no file matches this pattern in folder " + dir},
		{"no document", []string{"*.yaml"}, empty + ": no document of the fleet is in here; write at least a Tier and a ShopSet"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(dir, tt.patterns...)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
