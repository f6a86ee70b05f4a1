package disk_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/internal/disk/disktest"
)

var errFull = errors.New("no space left on device")

// folder has a file "state" with "old" in it.
func folder(t *testing.T) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, "state")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, path
}

func read(t *testing.T, dir string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestAFileIsReplacedWholeOrNotAtAll(t *testing.T) {
	for n := 0; ; n++ {
		dir, path := folder(t)
		d := disktest.New(t, dir)
		failed := d.FailOnce(n, errFull)
		err := disk.Replace(d, path, []byte("newer"), 0o640)
		if failed() != (err != nil) || err != nil && !errors.Is(err, errFull) {
			t.Fatalf("operation %d fails: %v", n, err)
		}
		for what, in := range map[string]string{"a power cut leaves": d.PowerCut(t, dir, false), "there is": dir} {
			if got := read(t, in); got != "old" && got != "newer" || err == nil && got != "newer" {
				t.Errorf("operation %d fails (%v): %s %q", n, err, what, got)
			}
		}
		left, globbed := filepath.Glob(filepath.Join(dir, "*"))
		if globbed != nil || len(left) != 1 {
			t.Errorf("operation %d fails: left are %v", n, left)
		}
		if err == nil {
			if n != 5 {
				t.Errorf("%d operations: %v", n, d.Ops())
			}
			return
		}
	}
}

func TestWhatAKilledProcessLeftIsWrittenOver(t *testing.T) {
	dir, path := folder(t)
	if err := os.WriteFile(path+".new", []byte("something long that was never finished"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := disk.Replace(disk.System, path, []byte("newer"), 0o600); err != nil || read(t, dir) != "newer" {
		t.Errorf("%q, %v", read(t, dir), err)
	}
}

// The system flushes what it likes, when it likes: the new name must not come before the data.
func TestAFileIsFlushedBeforeItIsRenamed(t *testing.T) {
	dir, path := folder(t)
	d := disktest.New(t, dir)
	if err := disk.Replace(d, path, []byte("newer"), 0o600); err != nil {
		t.Fatal(err)
	}
	ops := d.Ops()
	at := func(do string) int { return slices.IndexFunc(ops, func(o disktest.Op) bool { return o.Do == do }) }
	if !(at(disktest.Write) < at(disktest.Sync) && at(disktest.Sync) < at(disktest.Rename) && at(disktest.Rename) < at(disktest.SyncDir)) {
		t.Errorf("in the order %v", ops)
	}
}

func TestAFolderThatIsNotThereIsAnError(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	if err := disk.System.SyncDir(missing); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if err := disk.Replace(disk.System, filepath.Join(missing, "x"), nil, 0o600); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Error(err)
	}
}

// Some file systems, such as FAT, have no links.
func TestANewFileWhereThereAreNoLinks(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	d := disktest.New(t, dir)
	d.Fail(func(o disktest.Op) error {
		if o.Do == disktest.Link {
			return syscall.EPERM
		}
		return nil
	})
	if err := disk.New(d, path, []byte("new"), 0o640); err != nil || read(t, dir) != "new" {
		t.Errorf("%q, %v", read(t, dir), err)
	}
	if err := disk.New(d, path, []byte("newer"), 0o640); !errors.Is(err, os.ErrExist) || read(t, dir) != "new" {
		t.Errorf("%q, %v", read(t, dir), err)
	}
}
