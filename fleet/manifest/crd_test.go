package manifest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/internal/document"
)

// crd is what a test reads of a custom resource definition.
type crd struct {
	Spec struct {
		Scope    string
		Names    struct{ Kind string }
		Versions []struct {
			Subresources map[string]any
			Schema       struct {
				OpenAPIV3Schema map[string]any `yaml:"openAPIV3Schema"`
			}
		}
	}
}

// crds reads deploy/crds, by kind.
func crds(t *testing.T) map[string]crd {
	t.Helper()
	files, err := filepath.Glob("../../deploy/crds/*.yaml")
	if err != nil || len(files) != len(kinds) {
		t.Fatalf("%d files in deploy/crds, %d kinds (%v); run go generate", len(files), len(kinds), err)
	}
	all := map[string]crd{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c crd
		if err := yaml.Unmarshal(data, &c); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all[c.Spec.Names.Kind] = c
	}
	return all
}

// toJSON turns what YAML holds into what the schema library takes.
func toJSON(t *testing.T, value any) any {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// validate checks a document against its CRD's schema. The CEL rules are the API
// server's to run.
func validate(t *testing.T, all map[string]crd, document string) error {
	t.Helper()
	var object map[string]any
	if err := yaml.Unmarshal([]byte(document), &object); err != nil {
		t.Fatal(err)
	}
	kind, _ := object["kind"].(string)
	c := jsonschema.NewCompiler()
	if err := c.AddResource("crd.json", toJSON(t, all[kind].Spec.Versions[0].Schema.OpenAPIV3Schema)); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("crd.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(toJSON(t, object))
}

func TestFilesAreCustomResources(t *testing.T) {
	all := crds(t)
	files, err := filepath.Glob("../../examples/fleet/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range strings.Split(string(data), "\n---\n") {
			if err := validate(t, all, document); err != nil {
				t.Errorf("%s: the API server would refuse\n%s\n%v", file, document, err)
			}
		}
	}
}

func TestTheAPIServerRefusesWhatFilesMayNotSay(t *testing.T) {
	all := crds(t)
	const shopSet = "kind: ShopSet\nmetadata: {name: a}\nspec: {tier: t, configuration: c, failureDomain: f"
	for name, tt := range map[string]struct{ document, field string }{
		"no order":             {"kind: Tier\nmetadata: {name: a}\nspec: {branch: b}", "order"},
		"a negative order":     {"kind: Tier\nmetadata: {name: a}\nspec: {branch: b, order: -1}", "/spec/order"},
		"a soak without unit":  {"kind: Tier\nmetadata: {name: a}\nspec: {branch: b, order: 1, soak: '24'}", "/spec/soak"},
		"no branch":            {"kind: Tier\nmetadata: {name: a}\nspec: {branch: '', order: 1}", "/spec/branch"},
		"a tier of two words":  {strings.Replace(shopSet, "tier: t", "tier: t u", 1) + "}", "/spec/tier"},
		"a source's name":      {shopSet + ", source: Tokyo}", "/spec/source"},
		"a component's name":   {shopSet + ", components: [a_b]}", "/spec/components/0"},
		"an empty match":       {shopSet + ", match: {}}", "/spec/match"},
		"a group of nobody":    {"kind: ShopGroup\nmetadata: {name: a}\nspec: {shopSets: [], failureDomains: 1}", "/spec/shopSets"},
		"no FailureDomain":     {"kind: ShopGroup\nmetadata: {name: a}\nspec: {shopSets: [a], failureDomains: 0}", "/spec/failureDomains"},
		"a condition's status": {shopSet + "}\nstatus: {conditions: [{type: Ready, status: Maybe, reason: X, message: '', lastTransitionTime: '2026-11-01T00:00:00Z'}]}", "/status/conditions/0/status"},
	} {
		if err := validate(t, all, tt.document); err == nil || !strings.Contains(err.Error(), tt.field) {
			t.Errorf("%s: error %v, want one that names %s", name, err, tt.field)
		}
	}
	if err := validate(t, all, shopSet+"}\nstatus: {conditions: [{type: Ready, status: 'True', reason: X, message: '', lastTransitionTime: '2026-11-01T00:00:00Z'}]}"); err != nil {
		t.Error(err)
	}
}

// The generated files are of these types: each field that a document may have is
// in the schema, which drops what it does not know.
func TestCRDsHaveEveryField(t *testing.T) {
	all := crds(t)
	for kind, spec := range map[string]reflect.Type{
		"Tier": reflect.TypeFor[TierSpec](), "Configuration": reflect.TypeFor[ConfigurationSpec](),
		"FailureDomain": reflect.TypeFor[FailureDomainSpec](), "ShopSet": reflect.TypeFor[ShopSetSpec](), "ShopGroup": reflect.TypeFor[ShopGroupSpec](),
	} {
		c := all[kind]
		version := c.Spec.Versions[0]
		if _, ok := version.Subresources["status"]; !ok || c.Spec.Scope != "Cluster" || len(c.Spec.Versions) != 1 {
			t.Errorf("%s: scope %s, subresources %v", kind, c.Spec.Scope, version.Subresources)
		}
		properties, _ := version.Schema.OpenAPIV3Schema["properties"].(map[string]any)
		of, _ := properties["spec"].(map[string]any)
		required, _ := of["required"].([]any)
		fields, _ := of["properties"].(map[string]any)
		for name, field := range document.Fields(spec) {
			if _, ok := fields[name]; !ok || slices.Contains(required, any(name)) != field.Required {
				t.Errorf("%s: spec.%s: in the CRD %v, required in the document %v; run go generate", kind, name, ok, field.Required)
			}
		}
		if len(fields) != len(document.Fields(spec)) {
			t.Errorf("%s: the CRD has fields that the type has not", kind)
		}
	}
}
