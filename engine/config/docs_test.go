package config

import (
	"os"
	"strings"
	"testing"
)

// The examples that users copy from docs/configuration.md must load.
func TestDocumentedConfigurationsLoad(t *testing.T) {
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```")
	loaded := 0
	for _, b := range blocks {
		if yaml, ok := strings.CutPrefix(b, "yaml\n"); ok {
			loaded++
			if _, err := Parse("docs/configuration.md", []byte(yaml)); err != nil {
				t.Errorf("example %d: %v", loaded, err)
			}
		}
	}
	if loaded != 3 {
		t.Errorf("found %d examples, want 3", loaded)
	}
}
