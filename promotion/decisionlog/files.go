package decisionlog

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/shopslo/shopslo/internal/disk"
)

// replace writes a whole file, or none.
func replace(path string, data []byte) error { return disk.Replace(disk.System, path, data, 0o640) }

// link gives a file a second name, or copies it where the file system cannot. What has
// that name already stays.
func link(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, in); err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}
