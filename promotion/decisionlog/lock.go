package decisionlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// lockFile is locked by whoever writes to the folder, and names who that is.
const lockFile = "lock"

// errHeld is the error of Open and RepairFolder where another process writes to the folder.
var errHeld = errors.New("another process writes to it")

// hold is the right to write to a folder, of one process at a time.
type hold struct {
	lock *flock.Flock
	file os.FileInfo // of the lock file when it was locked
	stat func(name string) (os.FileInfo, error)
}

// take locks a folder. The error wraps errHeld and names the holder where it is locked.
func take(dir string) (*hold, error) { return takeWith(dir, (*flock.Flock).TryLock) }

func takeWith(dir string, try func(*flock.Flock) (bool, error)) (*hold, error) {
	path := filepath.Join(dir, lockFile)
	// NFS locks for writing only what is open for writing.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("the folder cannot be written: %w; whoever writes to the log needs write access to the folder and all in it", err)
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	h := &hold{lock: flock.New(path, flock.SetFlag(os.O_RDWR|os.O_CREATE), flock.SetPermissions(0o640)), stat: os.Stat}
	switch free, err := try(h.lock); {
	case err != nil:
		return nil, errors.Join(fmt.Errorf("%s cannot be locked: %w; the file system does not support locking, and without it two servers could write at once: put gate.log.dir on a local disk, or use gate.log.git", path, err), h.lock.Close())
	case !free:
		return nil, errors.Join(fmt.Errorf("%w: it is held by %s; stop that process, or use a separate folder for each server", errHeld, holder(path)), h.lock.Close())
	}
	if err = os.WriteFile(path, me(), 0o640); err == nil {
		h.file, err = os.Stat(path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the folder cannot be written: %w", err), h.lock.Close())
	}
	return h, nil
}

// me names this process.
func me() []byte {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	return fmt.Appendf(nil, "pid %d on %s\n", os.Getpid(), host)
}

// holder names who has locked a file. It may just be about to write its name.
func holder(path string) string {
	for range 50 {
		data, err := os.ReadFile(path)
		if name := cell(strings.TrimSpace(string(data))); err == nil && name != "-" {
			return name
		}
		time.Sleep(20 * time.Millisecond)
	}
	return "a process that has not said which it is"
}

// check says why the folder is not held any more, although nobody has let go of it: the
// lock file was deleted, so that another process can lock a new one.
func (h *hold) check() error {
	now, err := h.stat(h.lock.Path())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err // such as permission denied: it may be there all the same
	}
	if err != nil || !os.SameFile(now, h.file) {
		return fmt.Errorf("its file %s was deleted or replaced, so that another process may write to it; restart this one", lockFile)
	}
	return nil
}

// release lets others have the folder.
func (h *hold) release() error {
	var err error
	if h.check() == nil { // else it is another's
		err = os.Truncate(h.lock.Path(), 0)
	}
	return errors.Join(err, h.lock.Close())
}
