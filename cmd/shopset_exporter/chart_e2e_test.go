//go:build e2e

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// labChart is what the Helm chart gives with the values beside it (make manifests).
const labChart = root + "tools/chart/testdata/lab.yaml"

// installed installs the chart in each cluster, and has the API server of the first one check
// that, and the kustomize overlay of the examples, strictly.
func (f *fleetLab) installed(t *testing.T) {
	t.Helper()
	for i, cluster := range f.Clusters() {
		if i == 0 {
			f.asDocumented(t, cluster)
		}
		_, err := f.Kubectl(limited(t), cluster, "apply", "-f", root+"deploy/kustomize/base/namespace.yaml")
		must(t, err)
		if i == 0 {
			f.strictlyRight(t, cluster, "-f", labChart)
			f.strictlyRight(t, cluster, "-k", root+"examples")
			f.strictlyRight(t, cluster, "-k", root+"deploy/kustomize/incidentbot")
		}
		_, err = f.Kubectl(limited(t), cluster, "apply", "--server-side", "--force-conflicts", "--validate=strict", "-f", labChart)
		must(t, err)
		if i == 0 {
			f.podsAreAdmitted(t, cluster)
		}
	}
}

// asDocumented types what docs/install.md has people type, with the examples for their documents.
func (f *fleetLab) asDocumented(t *testing.T, cluster string) {
	t.Helper()
	page, err := os.ReadFile(root + "docs/install.md")
	must(t, err)
	_, section, _ := strings.Cut(string(page), "\n## Kubernetes\n")
	section, _, _ = strings.Cut(section, "\n## ")
	commands := regexp.MustCompile(`(?m)^\$ kubectl (.*)$`).FindAllStringSubmatch(section, -1)
	if len(commands) < 4 {
		t.Fatalf("docs/install.md has only %q", commands)
	}
	here := strings.NewReplacer("--from-file=", "--from-file="+root+"examples/", "-k examples", "-k "+root+"examples")
	for _, c := range commands {
		_, err := f.Kubectl(limited(t), cluster, strings.Fields(here.Replace(c[1]))...)
		must(t, err)
	}
}

// strictlyRight has the API server look at manifests, and change nothing.
func (f *fleetLab) strictlyRight(t *testing.T, cluster string, what ...string) {
	t.Helper()
	out, err := f.Kubectl(limited(t), cluster, append([]string{"apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict"}, what...)...)
	must(t, err)
	if !strings.Contains(out, "statefulset.apps/") {
		t.Errorf("%v: %s", what, out)
	}
}

// podsAreAdmitted has the API server admit a pod of each StatefulSet into the namespace,
// which takes restricted ones alone. There is no kubelet that would run them.
func (f *fleetLab) podsAreAdmitted(t *testing.T, cluster string) {
	t.Helper()
	for _, name := range []string{"shopslo", "shopset-exporter", "incidentbot"} {
		spec := f.podSpec(t, cluster, name)
		if refused := f.admit(t, cluster, name, spec); refused != "" {
			t.Errorf("a pod of %s is refused: %s", name, refused)
		}
		delete(spec, "securityContext")
		if refused := f.admit(t, cluster, name, spec); !strings.Contains(refused, "violates PodSecurity") {
			t.Errorf("a pod of %s that may run as root: %q; want that the namespace refuses it", name, refused)
		}
	}
}

// admit asks whether a pod may be made, and gives why not.
func (f *fleetLab) admit(t *testing.T, cluster, name string, spec map[string]any) string {
	t.Helper()
	pod, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": name, "namespace": "shopslo"}, "spec": spec})
	must(t, err)
	file := filepath.Join(f.Dir(), "pod.json")
	must(t, os.WriteFile(file, pod, 0o600))
	if _, err := f.Kubectl(limited(t), cluster, "create", "--dry-run=server", "--validate=strict", "-f", file); err != nil {
		return err.Error()
	}
	return ""
}

// podSpec is that of an installed StatefulSet's pods, with a volume for each claim.
func (f *fleetLab) podSpec(t *testing.T, cluster, name string) map[string]any {
	t.Helper()
	out, err := f.Kubectl(limited(t), cluster, "get", "statefulset", name, "-n", "shopslo", "-o", "jsonpath={.spec.template.spec}")
	must(t, err)
	var spec map[string]any
	must(t, json.Unmarshal([]byte(out), &spec))
	volumes, _ := spec["volumes"].([]any)
	spec["volumes"] = append(volumes, map[string]any{"name": "data", "emptyDir": map[string]any{}})
	return spec
}

// installedArgs are those that the installed StatefulSet gives the exporter, without what
// only a pod has: a place in a cluster, a volume, a port of its own.
func (f *fleetLab) installedArgs(t *testing.T, cluster string) []string {
	t.Helper()
	out, err := f.Kubectl(limited(t), cluster, "get", "statefulset", "shopset-exporter", "-n", "shopslo", "-o", "jsonpath={.spec.template.spec.containers[0].args}")
	must(t, err)
	var args []string
	must(t, json.Unmarshal([]byte(out), &args))
	if !slices.Contains(args, "--in-cluster=onprem-c") || !slices.Contains(args, "--fleet.resources") {
		t.Fatalf("the exporter's arguments are %q", args)
	}
	return slices.DeleteFunc(args, func(arg string) bool {
		name, _, _ := strings.Cut(arg, "=")
		return slices.Contains([]string{"--in-cluster", "--state.file", "--web.listen-address"}, name)
	})
}
