package kube

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/fleet/kube/kubetest"

	"sigs.k8s.io/yaml"
)

func TestKubeconfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(`
apiVersion: v1
kind: Config
clusters:
- {name: x, cluster: {server: "https://x.example:6443"}}
- {name: yy, cluster: {server: "https://y.example:6443"}}
users:
- {name: u, user: {token: hunter2}}
contexts:
- {name: eks-b, context: {cluster: yy, user: u}}
- {name: onprem-a, context: {cluster: x, user: u}}
- {name: broken, context: {cluster: zz, user: u}}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Kubeconfig(file, "onprem-a", "eks-b")
	if err != nil || len(got) != 2 || got[0].Name != "onprem-a" || got[0].Config.Host != "https://x.example:6443" || got[1].Config.BearerToken != "hunter2" {
		t.Errorf("%+v, %v", got, err)
	}
	for name, tt := range map[string]struct {
		file     string
		contexts []string
		want     string
	}{
		"no file":            {file + "-", nil, "no such file"},
		"no such context":    {file, []string{"onprem-z"}, `no context "onprem-z"; it has ["broken" "eks-b" "onprem-a"]`},
		"a broken context":   {file, []string{"broken"}, "context broken"},
		"all, one is broken": {file, nil, "context broken"},
	} {
		if _, err := Kubeconfig(tt.file, tt.contexts...); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTwoClustersOfOneNameAreRefused(t *testing.T) {
	s := kubetest.New(t)
	m, err := NewMapping("", "", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(Config{Mapping: m, Now: (&clock{}).now}, []Cluster{at(s, "a"), at(s, "a")})
	if err == nil || !strings.Contains(err.Error(), `two are named "a"`) {
		t.Error(err)
	}
	if _, err := New(Config{}, nil); err == nil {
		t.Error("no clock, no mapping, no error")
	}
}

// What deploy/rbac grants is what this package asks for, and so is what the chart grants.
func TestRightsAreTheLeast(t *testing.T) {
	plurals := []string{applications, "appprojects", "configmaps"}
	for _, k := range resourceKinds {
		plurals = append(plurals, k.plural)
	}
	for file, want := range map[string][]string{
		"deploy/rbac/reader.yaml": plurals, "deploy/rbac/namespaced.yaml": plurals, "deploy/rbac/cluster-secrets.yaml": {"secrets"},
		"tools/chart/testdata/lab.yaml": plurals, "tools/chart/testdata/everything.yaml": append([]string{"secrets"}, plurals...),
		"tools/chart/testdata/wide.yaml": {applications, "appprojects", "configmaps"}, "deploy/kustomize/base/rbac.yaml": {applications, "appprojects", "configmaps"},
	} {
		data, err := os.ReadFile(filepath.Join("../..", file))
		if err != nil {
			t.Fatal(err)
		}
		var granted []string
		for _, document := range strings.Split(string(data), "\n---\n") {
			var role struct { // or a ClusterRole
				Rules []struct{ APIGroups, Resources, ResourceNames, Verbs []string }
			}
			if err := yaml.Unmarshal([]byte(document), &role); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			for _, rule := range role.Rules {
				granted = append(granted, rule.Resources...)
				for _, verb := range rule.Verbs {
					if verb != "list" && (verb != "watch" || slices.Contains(rule.Resources, "secrets")) {
						t.Errorf("%s: %s %v: nobody asks for that", file, verb, rule.Resources)
					}
				}
				if slices.Contains(rule.Resources, "configmaps") != (len(rule.ResourceNames) > 0) {
					t.Errorf("%s: %v named %v: nobody asks for others than argocd-cm", file, rule.Resources, rule.ResourceNames)
				}
				if len(rule.APIGroups) != 1 || slices.Contains(rule.Resources, "*") || rule.APIGroups[0] == "*" {
					t.Errorf("%s: %+v", file, rule)
				}
			}
		}
		slices.Sort(granted)
		slices.Sort(want)
		if !slices.Equal(granted, want) {
			t.Errorf("%s grants %v, want %v", file, granted, want)
		}
	}
}
