package openslo_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo/openslo"
)

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/spec/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatal("no examples", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, doc := range []string{plain, composite("", ""), header + threshold + rolling + occurrence, annotated(`shopslo.dev/tiers: "a"`),
		"- a: &x [*x]\n<<: *x", "apiVersion: openslo/v1\nkind: SLO\n<<: {spec: 1}", "\xff", "--- \n...\n---\n? [a]\n: b"} {
		f.Add([]byte(doc))
	}
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, data []byte) {
		docs, err := openslo.Parse("f.yaml", data)
		lines := 1 // as YAML breaks them
		for _, c := range string(data) {
			if strings.ContainsRune("\n\r\u0085\u2028\u2029", c) {
				lines++
			}
		}
		for _, fault := range asFaults(t, err) {
			if fault.Message == "" || fault.Line < 0 || fault.Line > lines {
				t.Fatalf("fault %+v of a text of %d lines", fault, lines)
			}
		}
		names := map[string]bool{}
		for i := range docs.SLOs {
			s := &docs.SLOs[i]
			if err := s.Validate(); err != nil {
				t.Fatalf("an SLO that is not valid: %v", err)
			}
			if names[s.Name] {
				t.Fatalf("two SLOs are named %s", s.Name)
			}
			names[s.Name] = true
			if _, ok := docs.Origin(s.Name); !ok {
				t.Fatalf("%s has no origin", s.Name)
			}
			if start, end := s.Window.Bounds(now); !start.Before(end) {
				t.Fatalf("window %v to %v", start, end)
			}
		}
	})
}
