package openslo_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/slo/openslo"
)

// write makes a folder of files.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestDocumentsReferToEachOtherAcrossFiles(t *testing.T) {
	dir := write(t, map[string]string{
		"slos/b.yaml":    strings.Replace(plain, ratio, "  indicatorRef: up\n", 1),
		"slos/a.yaml":    strings.Replace(plain, "name: x", "name: a", 1),
		"slis/up.yaml":   "apiVersion: openslo/v1\nkind: SLI\nmetadata: {name: up}\nspec: {ratioMetric: {rawType: success, raw: {metricSource: {metricSourceRef: eu, spec: {query: v}}}}}\n",
		"sources/s.yaml": "apiVersion: openslo/v1\nkind: DataSource\nmetadata: {name: eu}\nspec: {type: Thanos, connectionDetails: {url: u}}\n",
	})
	docs, err := openslo.Load(dir, []string{"slos/*.yaml", filepath.Join(dir, "sl?s/*"), "sources/s.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	if len(docs.SLOs) != 2 || docs.SLOs[0].Name != "a" || docs.SLOs[1].Name != "x" || len(docs.Notes) > 0 {
		t.Fatalf("SLOs %+v, notes %v", docs.SLOs, docs.Notes)
	}
	q := docs.SLOs[1].Parts[0].Indicator.Value
	if p, _ := docs.QueryOrigin(q); q.Source != "eu" || p.File != filepath.Join(dir, "slis/up.yaml") || p.Line != 4 {
		t.Errorf("query %+v at %v", q, p)
	}
	if p, _ := docs.Origin("x"); p.File != filepath.Join(dir, "slos/b.yaml") {
		t.Errorf("x is at %v", p)
	}
}

func TestLoadFaults(t *testing.T) {
	dir := write(t, map[string]string{"a.yaml": "kind: SLO", "b.yaml": plain, "c.yaml": plain, "d.yaml/x": ""})
	_, err := openslo.Load(dir, []string{"*.yaml", "missing/*.yaml", "[", "b.yaml"})
	faults := asFaults(t, err)
	want := []struct{ file, words string }{
		{filepath.Join(dir, "missing/*.yaml"), "no file matches"},
		{"[", "not a pattern"},
		{filepath.Join(dir, "a.yaml"), "has no apiVersion"},
		{filepath.Join(dir, "d.yaml"), "is a folder; name its files"},
		{filepath.Join(dir, "c.yaml"), "another SLO of this name at " + filepath.Join(dir, "b.yaml") + ":3"},
	}
	if len(faults) != len(want) {
		t.Fatalf("%d faults:\n%v", len(faults), err)
	}
	found := 0
	for _, w := range want {
		for _, f := range faults {
			if f.File == w.file && strings.Contains(f.Message, w.words) {
				found++
			}
		}
	}
	if found != len(want) {
		t.Errorf("got\n%v\nwant %v", err, want)
	}
}
