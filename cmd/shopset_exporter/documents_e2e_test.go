//go:build e2e

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A good document of each kind, as far as spec; badDocuments replaces a part of it.
var goodDocuments = map[string]string{
	"Tier":          "metadata: {name: beta-2}\nspec: {order: 7, branch: tier-7, soak: 1d12h}",
	"Configuration": "metadata: {name: staging-2}\nspec: {description: More of it.}",
	"FailureDomain": "metadata: {name: eks-d}\nspec: {description: Another cloud.}",
	"ShopSet": "metadata: {name: d-1}\nspec: {tier: beta, configuration: staging, failureDomain: eks-b, " +
		"components: [lb, cart], match: {shopset: d-1, region: tokyo}, formerly: [{name: d-0, match: {shopset: d-0}}]}",
	"ShopGroup": "metadata: {name: main-2}\nspec: {shopSets: [a-1, b-2], failureDomains: 2}",
}

// badDocuments has kubectl apply documents to a real API server with the CRDs: good
// ones are taken, bad ones are refused with a message that names the field.
func badDocuments(t *testing.T, f *fleetLab) {
	apply := func(t *testing.T, kind, rest string) (string, error) {
		file := filepath.Join(t.TempDir(), "document.yaml")
		must(t, os.WriteFile(file, []byte("apiVersion: shopset.dev/v1alpha1\nkind: "+kind+"\n"+rest+"\n"), 0o600))
		return f.Kubectl(limited(t), "onprem-c", "apply", "--dry-run=server", "-f", file)
	}
	for kind, rest := range goodDocuments {
		t.Run("a good "+kind+" is accepted", func(t *testing.T) {
			if _, err := apply(t, kind, rest); err != nil {
				t.Error(err)
			}
		})
	}
	const dnsLabel = "should match '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'"
	for _, d := range []struct{ name, kind, old, new, want string }{
		{"a Tier without an order", "Tier", "order: 7, ", "", "spec.order: Required value"},
		{"a Tier below the lowest order", "Tier", "order: 7", "order: -1", "spec.order: Invalid value: -1"},
		{"a Tier whose order is a word", "Tier", "order: 7", "order: seven", "spec.order: Invalid value: \"string\""},
		{"a Tier whose branch git would refuse", "Tier", "tier-7", "tier..7", "spec.branch: Invalid value: \"string\": is no name of a git branch"},
		{"a Tier whose branch is a reference", "Tier", "tier-7", "refs/heads/tier-7", "spec.branch: Invalid value: \"string\": is a full reference; write the branch alone"},
		{"a Tier whose soak is no duration", "Tier", "1d12h", "a day", "spec.soak: Invalid value: \"a day\""},
		{"a Tier with a word that is not known", "Tier", "soak:", "soka:", `unknown field "spec.soka"`},
		{"a Tier without a spec", "Tier", "\nspec: {order: 7, branch: tier-7, soak: 1d12h}", "", "spec: Required value"},
		{"a Tier whose soak is longer than anybody waits", "Tier", "1d12h", "110000d", "spec.soak: Invalid value: \"string\": is too long; write 99y"},
		{"a Tier whose soak has a unit twice", "Tier", "1d12h", "99y99y99y", "spec.soak: Invalid value: \"string\": is too long"},
		{"a Tier whose name has a dot", "Tier", "beta-2", "beta.2", "metadata: Invalid value: \"object\": metadata.name is no DNS label"},
		{"a Configuration with a word that is not known", "Configuration", "description:", "secret:", `unknown field "spec.secret"`},
		{"a Configuration whose description is a number", "Configuration", "More of it.", "7", "spec.description: Invalid value: \"integer\""},
		{"a Configuration whose name is too long", "Configuration", "staging-2", strings.Repeat("s", 64), "metadata.name is no DNS label"},
		{"a FailureDomain with a word that is not known", "FailureDomain", "description:", "region:", `unknown field "spec.region"`},
		{"a FailureDomain whose name has a dot", "FailureDomain", "eks-d", "eks.d", "metadata.name is no DNS label"},
		{"a ShopSet without a Tier", "ShopSet", "tier: beta, ", "", "spec.tier: Required value"},
		{"a ShopSet with two Tiers", "ShopSet", "tier: beta,", "tier: [beta, prod],", "spec.tier: Invalid value: \"array\""},
		{"a ShopSet whose Tier has no name", "ShopSet", "tier: beta", `tier: ""`, "spec.tier: Invalid value: \"\""},
		{"a ShopSet whose Tier is no name", "ShopSet", "tier: beta", "tier: Beta", "spec.tier in body " + dnsLabel},
		{"a ShopSet that was nothing", "ShopSet", "{name: d-0, match: {shopset: d-0}}", "{}", "spec.formerly[0]: Invalid value: \"object\": says nothing"},
		{"a ShopSet whose former name is none", "ShopSet", "name: d-0", "name: D-0", "spec.formerly[0].name in body " + dnsLabel},
		{"a ShopSet whose former match has an empty value", "ShopSet", "{shopset: d-0}", `{shopset: ""}`, "spec.formerly[0].match: Invalid value: \"object\": has a label with an empty value"},
		{"a ShopSet that has a component twice", "ShopSet", "[lb, cart]", "[lb, cart, lb]", "spec.components[2]: Duplicate value: \"lb\""},
		{"a ShopSet with a component that is no name", "ShopSet", "[lb, cart]", "[lb, Cart]", "spec.components[1] in body " + dnsLabel},
		{"a ShopSet that matches every series", "ShopSet", "{shopset: d-1, region: tokyo}", "{}", "spec.match: Invalid value: 0"},
		{"a ShopSet that matches an empty label", "ShopSet", "tokyo", `""`, "spec.match: Invalid value: \"object\": has a label with an empty value"},
		{"a ShopSet that matches what is no label", "ShopSet", "region:", "re-gion:", "spec.match: Invalid value: \"object\": has a label name that is none"},
		{"a ShopSet with a word that is not known", "ShopSet", "failureDomain:", "cluster: x, failureDomain:", `unknown field "spec.cluster"`},
		{"a ShopGroup without ShopSets", "ShopGroup", "[a-1, b-2]", "[]", "spec.shopSets: Invalid value: 0"},
		{"a ShopGroup that has a ShopSet twice", "ShopGroup", "[a-1, b-2]", "[a-1, a-1]", "spec.shopSets[1]: Duplicate value: \"a-1\""},
		{"a ShopGroup that asks for no FailureDomain", "ShopGroup", "failureDomains: 2", "failureDomains: 0", "spec.failureDomains: Invalid value: 0"},
		{"a ShopGroup that asks for more FailureDomains than it has ShopSets", "ShopGroup", "failureDomains: 2", "failureDomains: 3", "spec.failureDomains: Invalid value: "},
		{"a ShopGroup that does not say how many FailureDomains", "ShopGroup", ", failureDomains: 2", "", "spec.failureDomains: Required value"},
	} {
		t.Run(d.name+" is refused", func(t *testing.T) {
			if strings.Count(goodDocuments[d.kind], d.old) != 1 {
				t.Fatalf("%q is not in the good document once", d.old)
			}
			out, err := apply(t, d.kind, strings.Replace(goodDocuments[d.kind], d.old, d.new, 1))
			if said := refused(t, out, err); !strings.Contains(said, d.want) {
				t.Errorf("it said %q, want %q in it", said, d.want)
			}
		})
	}
}
