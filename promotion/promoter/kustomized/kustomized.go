// Package kustomized finds the images that a Tier's manifests name: it builds the
// overlays as kustomize does, from files in memory. It reaches for nothing else; what
// refers to something outside is noted and left out.
package kustomized

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// Images gives the image references, each once and sorted, of everything that the
// kustomizations outside of the folder bases build; where there is no kustomization,
// those of all YAML files. files are by their path in the repository. notes say, a
// sentence each, what could not be read: the images are then not all.
func Images(files map[string][]byte, bases string) (images, notes []string) {
	t := tree{files: files, dirs: map[string]bool{".": true}, kustomizations: map[string]string{}}
	t.index()
	found := map[string]bool{}
	for _, dir := range slices.Sorted(maps.Keys(t.kustomizations)) {
		if bases != "" && (dir == bases || strings.HasPrefix(dir, bases+"/")) {
			continue // reached from the overlays that use it
		}
		if err := t.build(dir, found); err != nil {
			notes = append(notes, fmt.Sprintf("%s is skipped: %s.", dir, strings.TrimRight(firstLine(err), ".")))
		}
	}
	if len(t.kustomizations) == 0 {
		notes = t.plain(found)
	}
	return slices.Sorted(maps.Keys(found)), notes
}

type tree struct {
	files          map[string][]byte
	dirs           map[string]bool
	kustomizations map[string]string // folder → its file
	fs             filesys.FileSystem
}

func (t *tree) index() {
	t.fs = filesys.MakeFsInMemory()
	for name, content := range t.files {
		for dir := path.Dir(name); !t.dirs[dir]; dir = path.Dir(dir) {
			t.dirs[dir] = true
		}
		switch path.Base(name) {
		case "kustomization.yaml", "kustomization.yml", "Kustomization":
			t.kustomizations[path.Dir(name)] = name
		}
		t.fs.WriteFile("/"+name, content) // in memory: it cannot fail
	}
}

// errComponent: a kustomize Component is no overlay of its own.
var errComponent = errors.New("component")

// build adds the images of what one kustomization makes.
func (t *tree) build(dir string, found map[string]bool) (err error) {
	defer func() { // the files are somebody else's, and so is kustomize
		if p := recover(); p != nil {
			err = fmt.Errorf("kustomize failed: %v", p)
		}
	}()
	if err := t.closed(dir, map[string]bool{}); errors.Is(err, errComponent) {
		return nil
	} else if err != nil {
		return err
	}
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(t.fs, "/"+dir)
	if err != nil {
		return err
	}
	for _, r := range resources.Resources() {
		object, err := r.Map()
		if err != nil {
			return err
		}
		collect(object, found)
	}
	return nil
}

// at is a part of a kustomization that names a file.
type at struct {
	Path string `yaml:"path"`
}

// closed makes sure that a kustomization needs nothing but the files here, so that
// kustomize does not fetch it.
func (t *tree) closed(dir string, seen map[string]bool) error {
	if seen[dir] {
		return nil
	}
	seen[dir] = true
	var k struct {
		Kind string `yaml:"kind"`

		Resources             []string `yaml:"resources"`
		Bases                 []string `yaml:"bases"`
		Components            []string `yaml:"components"`
		CRDs                  []string `yaml:"crds"`
		Configurations        []string `yaml:"configurations"`
		Generators            []string `yaml:"generators"`
		Transformers          []string `yaml:"transformers"`
		Validators            []string `yaml:"validators"`
		PatchesStrategicMerge []string `yaml:"patchesStrategicMerge"`

		Patches         []at `yaml:"patches"`
		PatchesJSON6902 []at `yaml:"patchesJson6902"`
		Replacements    []at `yaml:"replacements"`
		OpenAPI         at   `yaml:"openapi"`
	}
	if err := yaml.Unmarshal(t.files[t.kustomizations[dir]], &k); err != nil {
		return fmt.Errorf("%s: %w", t.kustomizations[dir], err)
	}
	if k.Kind == "Component" && len(seen) == 1 {
		return errComponent
	}
	names := slices.Concat(k.Resources, k.Bases, k.Components, k.CRDs, k.Configurations, k.Generators, k.Transformers, k.Validators, k.PatchesStrategicMerge)
	for _, p := range slices.Concat(k.Patches, k.PatchesJSON6902, k.Replacements, []at{k.OpenAPI}) {
		names = append(names, p.Path)
	}
	for _, name := range names {
		if name == "" || strings.Contains(name, "\n") { // the thing itself, not a name of it
			continue
		}
		there := path.Join(dir, name)
		_, isFile := t.files[there]
		switch {
		case isFile:
		case t.kustomizations[there] != "":
			if err := t.closed(there, seen); err != nil {
				return err
			}
		default:
			return fmt.Errorf("it refers to %q, which is not in the repository", name)
		}
	}
	return nil
}

// plain adds the images of all YAML files.
func (t *tree) plain(found map[string]bool) (notes []string) {
	for _, name := range slices.Sorted(maps.Keys(t.files)) {
		if ext := path.Ext(name); ext != ".yaml" && ext != ".yml" {
			continue
		}
		dec := yaml.NewDecoder(bytes.NewReader(t.files[name]))
		for {
			var object any
			err := dec.Decode(&object)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				notes = append(notes, fmt.Sprintf("%s is skipped: %s.", name, firstLine(err)))
				break
			}
			collect(object, found)
		}
	}
	return notes
}

// collect adds the images of all containers in an object, wherever its pods are.
func collect(object any, found map[string]bool) {
	switch v := object.(type) {
	case map[string]any:
		for key, value := range v {
			list, isList := value.([]any)
			if isList && (key == "containers" || key == "initContainers" || key == "ephemeralContainers") {
				for _, item := range list {
					c, _ := item.(map[string]any)
					if image, _ := c["image"].(string); image != "" {
						found[image] = true
					}
				}
			}
			collect(value, found)
		}
	case []any:
		for _, item := range v {
			collect(item, found)
		}
	}
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return line
}
