package goldentest

import (
	"os"
	"path/filepath"
	"testing"
)

// recorder is a test that notes whether it failed.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Errorf(string, ...any) { r.failed = true }

func TestADifferenceFailsAndIsWrittenWhenAskedFor(t *testing.T) {
	file := filepath.Join(t.TempDir(), "golden")
	if err := os.WriteFile(file, []byte("as reviewed"), 0o600); err != nil {
		t.Fatal(err)
	}
	same, other, rewritten := &recorder{TB: t}, &recorder{TB: t}, &recorder{TB: t}
	Compare(same, file, "as reviewed")
	Compare(other, file, []byte("as made"))
	was := *update
	defer func() { *update = was }()
	*update = true
	Compare(rewritten, file, "as made")
	if text, err := os.ReadFile(file); same.failed || !other.failed || rewritten.failed || string(text) != "as made" || err != nil {
		t.Errorf("same %v, other %v, rewritten %v: %q, %v", same.failed, other.failed, rewritten.failed, text, err)
	}
}
