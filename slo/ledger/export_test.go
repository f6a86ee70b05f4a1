package ledger

import (
	"io/fs"

	"github.com/shopslo/shopslo/internal/disk"
)

// Unflushed is a configuration whose files are not flushed, for tests that are about figures:
// waiting for the disk is most of their time.
func Unflushed(c Config) Config {
	c.disk = unflushed{disk.System}
	return c
}

type unflushed struct{ disk.FS }

func (unflushed) SyncDir(string) error { return nil }

func (u unflushed) OpenFile(name string, flag int, perm fs.FileMode) (disk.File, error) {
	f, err := u.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return unflushedFile{f}, nil
}

type unflushedFile struct{ disk.File }

func (unflushedFile) Sync() error { return nil }
