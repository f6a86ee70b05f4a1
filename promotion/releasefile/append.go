package releasefile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/disk"
)

// patience is how long one who writes waits for another.
const patience = 10 * time.Second

// ErrContradicts is the error of Add where an Entry is no later than those before.
var ErrContradicts = errors.New("it contradicts the file")

// Add appends an Entry, durably. One that is the newest of its ShopSets already is not
// written again: already is true then. An Entry that contradicts the file is an error, and
// so is a file that cannot be read whole.
func Add(ctx context.Context, path string, e Entry) (already bool, err error) {
	if err := e.Check(); err != nil {
		return false, err
	}
	line, err := json.Marshal(e)
	if err != nil {
		return false, err
	}
	if len(line) > mostLine {
		return false, fmt.Errorf("an entry of %d ShopSets has more than %d KiB; add them in several", len(e.ShopSets), mostLine>>10)
	}
	err = locked(ctx, path, func() error {
		entries, whole, err := read(path)
		if err != nil {
			return err
		}
		if already = newest(entries, e); already {
			return nil
		}
		last := map[fleet.ShopSetName]claim{}
		for i, was := range entries {
			if err := follow(last, was, i+1); err != nil {
				return err
			}
		}
		if err := follow(last, e, len(entries)+1); err != nil {
			return fmt.Errorf("%w: %w; is --at right?", ErrContradicts, err)
		}
		if whole+int64(len(line))+1 > mostBytes {
			return fmt.Errorf("%s would have more than %d MiB; begin a new file with the last entry of each ShopSet", path, mostBytes>>20)
		}
		return appendLine(path, append(line, '\n'), whole)
	})
	return already, err
}

// newest reports whether the last Entry of all the ShopSets of e is e.
func newest(entries []Entry, e Entry) bool {
	for i := len(entries) - 1; i >= 0; i-- {
		if entries[i].same(e) {
			return true
		}
		for _, set := range entries[i].ShopSets {
			for _, of := range e.ShopSets {
				if set == of {
					return false
				}
			}
		}
	}
	return false
}

// appendLine writes a line behind the whole ones. What could not be written whole is taken
// away again, as far as that can be done.
func appendLine(path string, line []byte, whole int64) (err error) {
	_, statErr := os.Stat(path)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err = f.WriteAt(line, whole); err == nil {
		err = f.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), f.Truncate(whole))
	}
	if errors.Is(statErr, fs.ErrNotExist) {
		return disk.System.SyncDir(filepath.Dir(path))
	}
	return nil
}

// locked does something while nobody else writes.
func locked(ctx context.Context, path string, do func() error) (err error) {
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no folder %s; make it, or correct gate.releases.file", filepath.Dir(path))
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	lock := flock.New(path+".lock", flock.SetFlag(os.O_RDWR|os.O_CREATE), flock.SetPermissions(0o644))
	defer func() { err = errors.Join(err, lock.Close()) }()
	switch ok, err := lock.TryLockContext(ctx, 20*time.Millisecond); {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("somebody else has been writing %s for %s; try again", path, patience)
	case err != nil || !ok:
		return fmt.Errorf("lock %s.lock: %w; without locks two could write at once: put the file on a local disk", path, err)
	}
	return do()
}

// Repair takes away a last line that was left unfinished, and gives what it was; "" where all
// lines are whole. Anything else that is wrong is an error: only people know what was meant.
func Repair(ctx context.Context, path string) (torn string, err error) {
	err = locked(ctx, path, func() error {
		_, whole, err := read(path)
		if !errors.Is(err, errTorn) {
			return err
		}
		data, err := content(path)
		if err != nil {
			return err
		}
		torn = string(data[whole:])
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(f.Truncate(whole), f.Sync(), f.Close())
	})
	return torn, err
}
