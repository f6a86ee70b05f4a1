package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPeerThatCannotBeBuiltIsARowAndNoFailure(t *testing.T) {
	module := filepath.Join(t.TempDir(), "anchored")
	if err := os.MkdirAll(module, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"go.mod": "module anchored\n\ngo 1.26.0\n", "main.go": "package main\n\nfunc main() { nothing() }\n"} {
		if err := os.WriteFile(filepath.Join(module, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	b := &bench{options: options{module: filepath.Dir(module), cache: t.TempDir()}, stderr: io.Discard}
	if err := b.increase(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(b.rows) != 1 || b.rows[0].measured != "not measured" || !strings.Contains(b.rows[0].detail, "undefined: nothing") {
		t.Errorf("rows are %+v, want one that says why", b.rows)
	}
}
