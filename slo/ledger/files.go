package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/prometheus/prometheus/tsdb/fileutil"
)

// notWritable reports whether an error says that a file or its file system may not be
// written: this will not pass by itself, unlike a full disk.
func notWritable(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// permission calls an error by its name and says what to do about it where it is one
// of permissions.
func permission(err error, dir string) error {
	switch {
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w; the ledger needs a directory on a file system that can be written", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("permission denied: %w; run as the user that owns %s, or give this one access to it", err, dir)
	}
	return err
}

// makeDir makes a directory with those above it, so that they are there after a crash.
func makeDir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return os.MkdirAll(dir, 0o750) // says so where it is a file
	}
	if above := filepath.Dir(dir); above != dir {
		if err := makeDir(above); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

// syncDir makes the names in a directory outlast a crash.
func syncDir(dir string) error {
	d, err := fileutil.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
