package kustomized

import (
	"strings"
	"testing"
)

func deployment(image string) string {
	return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec: {template: {spec: {initContainers: [{name: i, image: 'tool:3'}], containers: [{name: c, image: '" + image + "'}]}}}\n"
}

func TestTheImagesAreThoseThatTheOverlaysBuild(t *testing.T) {
	base := map[string]string{"app/cart/kustomization.yaml": "resources: [d.yaml]\n", "app/cart/d.yaml": deployment("shop/cart:base")}
	for name, c := range map[string]struct {
		files       map[string]string
		want, notes string
	}{
		"of a base as it is": {map[string]string{"overlays/a-1/cart/kustomization.yaml": "resources: [../../../app/cart]\n"}, "shop/cart:base tool:3", ""},
		"with another tag": {map[string]string{"overlays/a-1/kustomization.yaml": "resources: [../../app/cart]\nimages: [{name: shop/cart, newName: r.example/cart, newTag: '7'}]\n"},
			"r.example/cart:7 tool:3", ""},
		"with a patch": {map[string]string{"overlays/a-1/kustomization.yaml": "resources: [../../app/cart]\npatches:\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: cart}\n    spec: {template: {spec: {containers: [{name: c, image: 'patched@sha256:1'}]}}}\n"},
			"patched@sha256:1 tool:3", ""},
		"of two overlays": {map[string]string{
			"overlays/a-1/kustomization.yaml": "resources: [../../app/cart]\nimages: [{name: shop/cart, newTag: '1'}]\n",
			"overlays/b-1/kustomization.yaml": "resources: [../../app/cart]\nimages: [{name: shop/cart, newTag: '2'}]\n"}, "shop/cart:1 shop/cart:2 tool:3", ""},
		"not of a base that no overlay uses": {map[string]string{"overlays/a-1/kustomization.yaml": "resources: []\n"}, "", ""},
		"never from elsewhere": {map[string]string{"overlays/a-1/kustomization.yaml": "resources: ['https://example.com/x.yaml', ../../app/cart]\n"},
			"", `overlays/a-1 is skipped: it refers to "https://example.com/x.yaml", which is not in the repository.`},
		"nor from elsewhere behind a base": {map[string]string{"overlays/a-1/kustomization.yaml": "resources: [../../app/far]\n", "app/far/kustomization.yaml": "resources: [github.com/a/b]\n"},
			"", "github.com/a/b"},
		"nor a patch from elsewhere": {map[string]string{"overlays/a-1/kustomization.yaml": "resources: [../../app/cart]\npatchesJson6902: [{path: 'https://example.com/p', target: {kind: Deployment, name: cart, version: v1}}]\n"},
			"", "example.com/p"},
		"nor from outside": {map[string]string{"overlays/a-1/kustomization.yaml": "resources: [../../../../etc/x.yaml]\n"}, "", "not in the repository"},
		"of what can be built, and a note about the rest": {map[string]string{
			"overlays/a-1/kustomization.yaml": "resources: [../../app/cart]\n", "overlays/b-1/kustomization.yaml": "resources: [{]\n"}, "shop/cart:base tool:3", "overlays/b-1 is skipped"},
		"with a component": {map[string]string{"overlays/a-1/kustomization.yaml": "resources: [../../app/cart]\ncomponents: [../c]\n",
			"overlays/c/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages: [{name: shop/cart, newTag: c}]\n"}, "shop/cart:c tool:3", ""},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string][]byte{}
			for _, m := range []map[string]string{base, c.files} {
				for name, text := range m {
					files[name] = []byte(text)
				}
			}
			images, notes := Images(files, "app")
			if got := strings.Join(images, " "); got != c.want || !strings.Contains(strings.Join(notes, "\n"), c.notes) || (c.notes == "") != (len(notes) == 0) {
				t.Errorf("images %q, want %q; notes %q", got, c.want, notes)
			}
		})
	}
}

func TestWithoutKustomizationsAllFilesCount(t *testing.T) {
	images, notes := Images(map[string][]byte{
		"overlays/a-1/x.yaml": []byte("kind: List\nitems:\n- " + strings.ReplaceAll(strings.TrimSpace(deployment("a:1")), "\n", "\n  ") + "\n---\n" + deployment("b:2")),
		"app/broken.yml":      []byte("{"),
		"app/image.txt":       []byte(deployment("c:3")),
	}, "app")
	if strings.Join(images, " ") != "a:1 b:2 tool:3" || len(notes) != 1 || !strings.HasPrefix(notes[0], "app/broken.yml is skipped: ") {
		t.Errorf("%v, %v", images, notes)
	}
}

func FuzzImages(f *testing.F) {
	f.Add("resources: [../../app/cart]\nimages: [{name: shop/cart, newTag: '1'}]\n", deployment("shop/cart:base"))
	f.Add("kind: Component", "- {containers: [{image: 1}]}")
	f.Fuzz(func(t *testing.T, kustomization, manifest string) {
		images, _ := Images(map[string][]byte{
			"overlays/a-1/kustomization.yaml": []byte(kustomization),
			"app/cart/kustomization.yaml":     []byte("resources: [d.yaml]\n"),
			"app/cart/d.yaml":                 []byte(manifest),
		}, "app")
		for _, i := range images {
			if i == "" {
				t.Error("an image without a name")
			}
		}
	})
}
