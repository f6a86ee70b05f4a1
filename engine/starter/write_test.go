package starter

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/shopslo/shopslo/internal/disk/disktest"
)

// What fails half way, as on a full disk, leaves nothing that keeps the next attempt out.
func TestFilesAreWrittenAllOrNone(t *testing.T) {
	full := errors.New("no space left on device")
	files := []File{{Path: "shopslo.yaml", Text: "a"}, {Path: "fleet/fleet.yaml", Text: "b"}, {Path: "slos/cart.yaml", Text: "c"}}
	for n := 0; ; n++ {
		dir := t.TempDir()
		d := disktest.New(t, dir)
		failed := d.FailOnce(n, full)
		err := write(d, dir, files)
		if !failed() {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		if err != nil {
			if there := There(dir, files); there != "" {
				t.Errorf("operation %d fails (%v) and leaves %s", n, err, there)
			}
			if err := write(d, dir, files); err != nil {
				t.Errorf("after operation %d has failed: %v", n, err)
			}
		}
		for _, f := range files {
			if text, err := os.ReadFile(filepath.Join(dir, f.Path)); err != nil || string(text) != f.Text {
				t.Errorf("operation %d: %s is %q, %v", n, f.Path, text, err)
			}
		}
	}
}

func TestAFileThatIsThereStaysAndTheOthersAreTakenBack(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "b"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := Write(dir, []File{{Path: "a", Text: "x"}, {Path: "b", Text: "x"}})
	text, _ := os.ReadFile(filepath.Join(dir, "b"))
	if _, first := os.Lstat(filepath.Join(dir, "a")); !errors.Is(err, fs.ErrExist) || string(text) != "mine" || !errors.Is(first, fs.ErrNotExist) {
		t.Errorf("%v; b is %q, a: %v", err, text, first)
	}
}
