package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

var yamlBlock = regexp.MustCompile("(?ms)^( *)```yaml\n(.*?)^ *```")

// The settings that users copy from any page must load, whole ones and sections of them.
func TestDocumentedConfigurationsLoad(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	loaded := map[string]int{}
	for _, page := range append(pages, "../../README.md", "../../examples/shopslo.yaml") {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		if strings.HasSuffix(page, ".yaml") {
			text = "```yaml\n" + text + "```"
		}
		for _, m := range yamlBlock.FindAllStringSubmatch(text, -1) {
			block := strings.ReplaceAll("\n"+m[2], "\n"+m[1], "\n")[1:]
			whole, ok := wholeSettings(block)
			if !ok {
				continue
			}
			loaded[filepath.Base(page)]++
			if _, err := Parse(filepath.Base(page), []byte(whole)); err != nil {
				t.Errorf("%s: %v, in\n%s", page, err, block)
			}
		}
	}
	for page, want := range map[string]int{"configuration.md": 3, "README.md": 4, "promote.md": 1, "review.md": 1, "incidents.md": 1, "incidentbot.md": 1, "mackerel.md": 2, "shopslo.yaml": 1} {
		if loaded[page] != want {
			t.Errorf("%s: found %d examples, want %d", page, loaded[page], want)
		}
	}
}

// wholeSettings adds what a page leaves out of a section of shopslo.yaml; ok is false for a
// block that is another program's file, or a document.
func wholeSettings(block string) (whole string, ok bool) {
	var keys map[string]any
	if err := yaml.Unmarshal([]byte(block), &keys); err != nil {
		return "", false // a list, or what stands in the middle of a document
	}
	has := func(names ...string) bool {
		for _, name := range names {
			if _, there := keys[name]; there {
				return true
			}
		}
		return false
	}
	if !has("source", "sources", "gate", "review", "promotion") || has("apiVersion", "slack") {
		return "", false
	}
	if !has("source", "sources") {
		block = "source: {prometheus: {url: 'http://127.0.0.1:9090'}}\n" + block
	}
	for _, name := range []string{"fleet", "slos"} {
		if !has(name) {
			block += "\n" + name + ": [" + name + "/*.yaml]\n"
		}
	}
	return block, true
}
