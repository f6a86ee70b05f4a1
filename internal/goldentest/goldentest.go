// Package goldentest compares what a test made with files that people have reviewed; go test
// -update, of all packages make golden, rewrites them.
package goldentest

import (
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Update tells whether they are being rewritten.
func Update() bool { return *update }

// Compare fails a test whose text is not that of the file, or rewrites the file.
func Compare[T ~string | ~[]byte](t testing.TB, file string, got T) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s is not what is made now; run make golden and review the difference:\n%s", file, string(got))
	}
}
