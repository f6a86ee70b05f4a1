package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// OwnDir makes a folder that nobody else may look into (0700), or sees to it that one
// that is there is such: one that is a link, or belongs to another user, is refused, since
// whoever made it may have put files of his own there. Permissions that are too wide are
// taken away.
func OwnDir(dir string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
			return err
		}
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		info, err = os.Lstat(dir)
	}
	if err != nil {
		return err
	}
	if err := ours(dir, info); err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no folder", dir)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return os.Chmod(dir, 0o700)
	}
	return nil
}

// IsOwn tells why a file or folder is not to be used: it is a link, or belongs to another
// user. One that is not there is nil.
func IsOwn(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return ours(path, info)
}

func ours(path string, info fs.FileInfo) error {
	if info.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("%s is a link, which is not followed: name the place itself, or remove it", path)
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok && int(s.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to another user (uid %d, and this program runs as %d): remove it, or name another place", path, s.Uid, os.Geteuid())
	}
	return nil
}

// OpenOwn opens a file that is no link, and is this user's.
func OpenOwn(path string, flag int, perm fs.FileMode) (*os.File, error) {
	if err := IsOwn(path); err != nil {
		return nil, err
	}
	return os.OpenFile(path, flag|syscall.O_NOFOLLOW, perm)
}

// ReadOwn reads such a file in full, up to a size.
func ReadOwn(path string, most int64) ([]byte, error) {
	f, err := OpenOwn(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = TooLong{path, most}
	}
	return b, err
}
