package calendar

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/promotion"
)

// FirstRead remembers when each Exclusion was first read as it is, so that one that was
// written after the fact is told apart from one that was planned.
type FirstRead struct {
	path string // "": in memory only
	disk disk.FS

	mu    sync.Mutex
	known []promotion.Exclusion
	saved bool // path holds known
}

// firstReadFile is what is written.
type firstReadFile struct {
	Version    int                   `json:"version"`
	Exclusions []promotion.Exclusion `json:"exclusions"`
}

// OpenFirstRead reads what an earlier process remembered in a file; "" remembers as long
// as this process lives. A file that is not there, or cannot be understood, is as if
// nothing had been read yet: the error says so, and the FirstRead can be used.
func OpenFirstRead(path string) (*FirstRead, error) {
	r := &FirstRead{path: path, disk: disk.System}
	if path == "" {
		return r, nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	var file firstReadFile
	if err == nil {
		err = json.Unmarshal(data, &file)
	}
	if err == nil && file.Version != 1 {
		err = fmt.Errorf("it has version %d, not 1", file.Version)
	}
	if err != nil {
		return r, fmt.Errorf("read %s: %w; all exclusions count as first read now", path, err)
	}
	r.known, r.saved = file.Exclusions, true
	return r, nil
}

// Read takes all Exclusions as they were read at a time, and gives them with when each
// was first read. What has been taken away is forgotten. What could not be written is
// not remembered: the error says why, and what is new is not known since any time.
func (r *FirstRead) Read(all []promotion.Exclusion, now time.Time) ([]promotion.Exclusion, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := slices.Clone(all)
	for i := range next {
		next[i].Known = now.UTC()
		for _, was := range r.known {
			if Covers(was, next[i]) && was.Known.Before(next[i].Known) {
				next[i].Known = was.Known
			}
		}
	}
	if r.saved && sameExclusions(r.known, next) {
		return next, nil
	}
	if err := r.save(next); err != nil {
		r.saved = false
		for i := range next {
			if next[i].Known.Equal(now) {
				next[i].Known = time.Time{}
			}
		}
		return next, err
	}
	r.known, r.saved = next, true
	return slices.Clone(next), nil
}

// Covers reports whether an Exclusion leaves out all that another one does: the same, or one
// that ends later or is for more. One that begins otherwise is another.
func Covers(was, is promotion.Exclusion) bool {
	return was.From.Equal(is.From) && !is.Until.After(was.Until) && within(is.SLOs, was.SLOs) &&
		(was.Scope.Everything() || !is.Scope.Everything() &&
			all(is.Scope.Tiers, was.Scope.Tiers) && all(is.Scope.ShopSets, was.Scope.ShopSets) && all(is.Scope.Groups, was.Scope.Groups))
}

// within is all for lists of which an empty one names everything.
func within(names, of []string) bool { return len(of) == 0 || len(names) > 0 && all(names, of) }

// all reports whether each name is among others.
func all[T comparable](names, of []T) bool {
	return !slices.ContainsFunc(names, func(n T) bool { return !slices.Contains(of, n) })
}

func sameExclusions(a, b []promotion.Exclusion) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// save puts a new file in the place of the one before, through to the disk.
func (r *FirstRead) save(known []promotion.Exclusion) error {
	if r.path == "" {
		return nil
	}
	data, err := json.Marshal(firstReadFile{1, known})
	if err != nil {
		return err
	}
	if err := disk.Replace(r.disk, r.path, append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", r.path, err)
	}
	return nil
}
