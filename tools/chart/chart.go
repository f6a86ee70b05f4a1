package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	"sigs.k8s.io/yaml"
)

// release is the name and the namespace that the chart is rendered for.
const release = "shopslo"

// helmChart is the chart, read and linted.
type helmChart struct {
	dir   string
	chart *chart.Chart
}

func load(dir string) (*helmChart, error) {
	read, err := loader.LoadDir(dir)
	return &helmChart{dir: dir, chart: read}, err
}

// lint says what `helm lint --strict` has to say, with these values.
func (c *helmChart) lint(values map[string]any) error {
	result := lint.AllWithKubeVersion(c.dir, values, release, nil)
	var all []error
	for _, m := range result.Messages {
		if m.Severity >= support.WarningSev {
			all = append(all, errors.New(m.Error()))
		}
	}
	return errors.Join(all...)
}

// render gives what `helm template` does, by template. service is who manages the release.
func (c *helmChart) render(values map[string]any, service string) (map[string]string, error) {
	if err := c.lint(values); err != nil {
		return nil, err
	}
	with, err := chartutil.ToRenderValues(c.chart, values, chartutil.ReleaseOptions{Name: release, Namespace: release, Revision: 1, IsInstall: true}, nil)
	if err != nil {
		return nil, err
	}
	with["Release"].(map[string]any)["Service"] = service
	files, err := engine.Render(c.chart, with)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for name, text := range files {
		if text = tidy(text); text != "" && path.Ext(name) == ".yaml" {
			out[path.Base(name)] = text
		}
	}
	return out, nil
}

// tidy leaves out what templates leave behind: blank lines, and separators of nothing.
func tidy(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		if line == "" || line == "---" && (len(lines) == 0 || lines[len(lines)-1] == "---") {
			continue
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// documents are the YAML documents of a text.
func documents(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n---\n") }

// kind and data of a document.
type head struct {
	Kind string            `json:"kind"`
	Data map[string]string `json:"data"`
}

const made = "# Made from deploy/charts/shopslo by make manifests: change it there.\n"

// base is a folder of deploy/kustomize: what it takes of which values.
type base struct {
	folder string
	values string
	// files are its files, by template; a template that is not named here is left out.
	files map[string]string
	only  string // this kind alone
}

var bases = []base{
	{folder: "base", values: "{}", files: map[string]string{"serve.yaml": "serve.yaml", "exporter.yaml": "exporter.yaml", "rbac.yaml": "rbac.yaml"}},
	{folder: "incidentbot", values: "{incidentbot: {enabled: true}}", files: map[string]string{"incidentbot.yaml": "bot.yaml"}},
	{folder: "servicemonitors", only: "ServiceMonitor",
		values: "{serve: {serviceMonitor: {enabled: true}}, exporter: {serviceMonitor: {enabled: true}}}",
		files:  map[string]string{"serve.yaml": "serve.yaml", "exporter.yaml": "exporter.yaml"}},
}

// kustomize renders the bases. What a ConfigMap holds becomes a file, of which the
// kustomization generates it: an overlay can then replace it.
func (c *helmChart) kustomize(dir string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, b := range bases {
		if _, err := os.Stat(filepath.Join(dir, b.folder, "kustomization.yaml")); err != nil {
			return nil, err
		}
		values, err := chartutil.ReadValues([]byte(b.values))
		if err != nil {
			return nil, err
		}
		rendered, err := c.render(values, "kustomize")
		if err != nil {
			return nil, err
		}
		for template, file := range b.files {
			var kept []string
			for _, text := range documents(rendered[template]) {
				var h head
				if err := yaml.Unmarshal([]byte(text), &h); err != nil {
					return nil, fmt.Errorf("%s: %w", template, err)
				}
				switch {
				case b.only != "" && h.Kind != b.only:
				case h.Kind == "ConfigMap":
					for name, data := range h.Data {
						out[b.folder+"/"+name] = []byte(strings.TrimSpace(data) + "\n")
					}
				default:
					kept = append(kept, text)
				}
			}
			out[b.folder+"/"+file] = []byte(made + strings.Join(kept, "\n---\n") + "\n")
		}
	}
	return out, nil
}

// goldens render each NAME.values.yaml of a folder, as NAME.yaml.
func (c *helmChart) goldens(dir string) (map[string][]byte, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.values.yaml"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no values in %s: %w", dir, err)
	}
	out := map[string][]byte{}
	for _, file := range files {
		values, err := chartutil.ReadValuesFile(file)
		if err != nil {
			return nil, err
		}
		rendered, err := c.render(values, "Helm")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		var all []string
		for _, name := range slices.Sorted(maps.Keys(rendered)) {
			all = append(all, rendered[name])
		}
		out[strings.TrimSuffix(filepath.Base(file), ".values.yaml")+".yaml"] = []byte(strings.Join(all, "---\n"))
	}
	return out, nil
}
