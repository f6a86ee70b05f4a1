package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
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
