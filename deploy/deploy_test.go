// Package deploy_test holds what is installed to what it is made from, without the tools
// that make it.
package deploy_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/shopslo/shopslo/engine/config"
)

const root = ".."

// make manifests writes the sums of the chart together with all that it makes of it.
func TestManifestsAreMadeFromTheChartAsItIs(t *testing.T) {
	data, err := os.ReadFile("charts/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for line := range strings.Lines(string(data)) {
		sum, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok {
			t.Fatalf("charts/SHA256SUMS: %q", line)
		}
		want[name] = sum
	}
	for name, sum := range want {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Errorf("%v: run make manifests", err)
		} else if got := fmt.Sprintf("%x", sha256.Sum256(data)); got != sum {
			t.Errorf("%s is not what the chart gave: run make manifests, and review the difference", name)
		}
	}
	err = filepath.WalkDir("charts/shopslo", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && want["deploy/"+filepath.ToSlash(path)] == "" {
			t.Errorf("%s is new: run make manifests", path)
		}
		return err
	})
	if err != nil || len(want) < 20 {
		t.Errorf("%d sums: %v", len(want), err)
	}
}

// object is what the tests below look at of a Kubernetes object.
type object struct {
	Kind     string
	Metadata struct{ Name, Namespace string }
	Data     map[string]string
	Spec     struct {
		Template struct{ Spec pod }
	}
}

type pod struct {
	AutomountServiceAccountToken bool
	SecurityContext              struct {
		RunAsNonRoot   bool
		SeccompProfile struct{ Type string }
	}
	Containers []struct {
		Name            string
		Command, Args   []string
		LivenessProbe   *probe
		ReadinessProbe  *probe
		StartupProbe    *probe
		Resources       struct{ Requests, Limits map[string]string }
		SecurityContext struct {
			AllowPrivilegeEscalation *bool
			ReadOnlyRootFilesystem   bool
			Capabilities             struct{ Drop []string }
		}
	}
}

type probe struct {
	HTTPGet   *struct{ Path string }
	TCPSocket *struct{ Port string }
}

func objects(t *testing.T, file string) (all []object) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range strings.Split(string(data), "\n---\n") {
		var o object
		if err := yaml.Unmarshal([]byte(text), &o); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, o)
	}
	return all
}

func TestPodsMayDoLittle(t *testing.T) {
	seen := map[string]bool{}
	for _, file := range []string{"kustomize/base/serve.yaml", "kustomize/base/exporter.yaml", "kustomize/incidentbot/bot.yaml",
		"../tools/chart/testdata/everything.yaml", "../tools/chart/testdata/default.yaml", "../tools/chart/testdata/wide.yaml"} {
		for _, o := range objects(t, file) {
			if o.Kind != "StatefulSet" {
				continue
			}
			seen[o.Metadata.Name] = true
			p, c := o.Spec.Template.Spec, o.Spec.Template.Spec.Containers[0]
			if !p.SecurityContext.RunAsNonRoot || p.SecurityContext.SeccompProfile.Type != "RuntimeDefault" ||
				c.SecurityContext.AllowPrivilegeEscalation == nil || *c.SecurityContext.AllowPrivilegeEscalation ||
				!c.SecurityContext.ReadOnlyRootFilesystem || !slices.Equal(c.SecurityContext.Capabilities.Drop, []string{"ALL"}) {
				t.Errorf("%s: %s may do more than it needs: %+v %+v", file, o.Metadata.Name, p.SecurityContext, c.SecurityContext)
			}
			if p.AutomountServiceAccountToken != (o.Metadata.Name == "shopset-exporter") {
				t.Errorf("%s: %s has a token: %v; the exporter alone asks the API server", file, o.Metadata.Name, p.AutomountServiceAccountToken)
			}
			if c.Resources.Requests["memory"] == "" || c.Resources.Limits["memory"] == "" || c.Resources.Requests["cpu"] == "" {
				t.Errorf("%s: %s: resources %+v", file, o.Metadata.Name, c.Resources)
			}
			for name, probe := range map[string]*probe{"healthy": c.LivenessProbe, "ready": c.ReadinessProbe, "healthy ": c.StartupProbe} {
				if probe == nil || probe.TCPSocket == nil && (probe.HTTPGet == nil || probe.HTTPGet.Path != "/-/"+strings.TrimSpace(name)) {
					t.Errorf("%s: %s: probe %s: %+v", file, o.Metadata.Name, name, probe)
				}
			}
		}
	}
	if len(seen) != 3 {
		t.Errorf("seen: %v", seen)
	}
}

// An image's program is called as the Dockerfile and the packages install it.
func TestTheProgramsAreThere(t *testing.T) {
	for _, o := range objects(t, "../tools/chart/testdata/everything.yaml") {
		for _, c := range o.Spec.Template.Spec.Containers {
			program := strings.TrimPrefix(c.Command[0], "/usr/bin/")
			if _, err := os.Stat(filepath.Join(root, "cmd", program, "main.go")); err != nil {
				t.Errorf("%s runs %s: %v", c.Name, c.Command, err)
			}
		}
	}
}

func TestTheSettingsOfTheManifestsAreRead(t *testing.T) {
	rendered, err := filepath.Glob("../tools/chart/testdata/*.values.yaml")
	if err != nil || len(rendered) < 5 {
		t.Fatalf("%v, %v", rendered, err)
	}
	settings := map[string][]byte{}
	for _, file := range []string{"kustomize/base/shopslo.yaml", "../examples/shopslo.yaml"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		settings[file] = data
	}
	for _, file := range rendered {
		file = strings.TrimSuffix(file, ".values.yaml") + ".yaml"
		for _, o := range objects(t, file) {
			if text := o.Data["shopslo.yaml"]; text != "" {
				settings[file] = []byte(text)
			}
		}
	}
	for file, data := range settings {
		c, err := config.Parse(file, data)
		if err != nil {
			t.Error(err)
			continue
		}
		if c.Ledger.Dir != "/var/lib/shopslo/ledger" || !slices.Equal(c.Fleet, []string{"/etc/shopslo/fleet/*.yaml"}) || !slices.Equal(c.SLOs, []string{"/etc/shopslo/slos/*.yaml"}) {
			t.Errorf("%s: %+v", file, c)
		}
	}
	if len(settings) < 6 {
		t.Errorf("seen: %v", slices.Sorted(maps.Keys(settings)))
	}
}
