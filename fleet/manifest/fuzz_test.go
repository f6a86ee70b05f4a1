package manifest

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/shopslo/shopslo/internal/document"
)

// FuzzParse: nothing panics; what is refused has faults on lines of the file;
// what is read is written and read back the same.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{examples + "/*.yaml", "testdata/nasty/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, file := range files {
			if data, err := os.ReadFile(file); err == nil {
				f.Add(data)
			}
		}
	}
	f.Add([]byte(fine))
	f.Add([]byte("&a {kind: Tier, apiVersion: shopset.dev/v1alpha1, metadata: *a, spec: *a}"))
	f.Add([]byte("%YAML 1.2\n---\n- \"\\0\"\n...\n--- !!set {a, b}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := Parse("f.yaml", data)
		if err != nil {
			var faults document.Faults
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Fatalf("the error has no faults: %#v", err)
			}
			lines := bytes.Count(data, []byte("\n")) + 1
			for i, fault := range faults {
				// A bare carriage return is a line break to YAML as well.
				if fault.Line < 1 || fault.Line > lines+bytes.Count(data, []byte("\r"))+nextLines(data) {
					t.Errorf("fault %d of a file of %d lines: %v", i, lines, fault)
				}
			}
		}
	})
}

// nextLines counts Unicode's line breaks, which YAML takes for such too.
func nextLines(data []byte) int {
	n := 0
	for _, r := range []string{"\u0085", "\u2028", "\u2029"} {
		n += bytes.Count(data, []byte(r))
	}
	return n
}

// FuzzDuration: what is read is written and read back the same.
func FuzzDuration(f *testing.F) {
	for _, text := range []string{"24h", "7d", "1d12h", "-1h", "106751d23h47m16.854775807s", "0.1ns", "1h0m"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parseDuration(text)
		if err != nil {
			return
		}
		again, err := parseDuration(d.String())
		if err != nil || again != d {
			t.Errorf("%q is written %q and read back %v, %v", text, d, again, err)
		}
	})
}
