package mackerel

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/shopslo/shopslo/internal/disk"
)

// Spool is a folder with what is still to be sent, a file for each batch, named by the
// newest time in it. A file is written whole or not at all, and goes away when Mackerel
// has taken what is in it. One process at a time holds a spool.
type Spool struct {
	dir   string
	disk  disk.FS
	lock  *flock.Flock
	state state
}

// state is what a spool remembers beside its files.
type state struct {
	Version int `json:"version"`
	// Newest is the latest time whose values were put into the spool. Zero: none yet.
	Newest time.Time `json:"newest"`
	// Posted is when a post was last tried; NotBefore when the next may be.
	Posted    time.Time `json:"posted"`
	NotBefore time.Time `json:"not_before"`
}

// batch is a file: the points that were collected together, less those that are sent.
type batch struct {
	Version int     `json:"version"`
	Points  []Point `json:"points"`
}

const (
	spoolVersion = 1
	stateFile    = "state.json"
	timeLayout   = "20060102T150405Z"
)

// ErrBusy is the error of OpenSpool where another process holds the folder.
var ErrBusy = errors.New("another process is sending from it; where 'shopslo serve' is running, it pushes already")

// OpenSpool opens a folder, and makes it where there is none.
func OpenSpool(dir string) (*Spool, error) { return openSpool(dir, disk.System) }

func openSpool(dir string, d disk.FS) (*Spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the folder of unsent metrics: %w", err)
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	if free, err := lock.TryLock(); err != nil {
		return nil, fmt.Errorf("open the folder of unsent metrics: %w", err)
	} else if !free {
		return nil, fmt.Errorf("open the folder of unsent metrics %s: %w", dir, ErrBusy)
	}
	s := &Spool{dir: dir, disk: d, lock: lock}
	data, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err == nil {
		err = json.Unmarshal(data, &s.state)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err == nil && s.state.Version > spoolVersion {
		err = fmt.Errorf("version %d was written by a newer shopslo", s.state.Version)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the folder of unsent metrics: %s: %w", filepath.Join(dir, stateFile), err), lock.Unlock())
	}
	return s, nil
}

// Close lets others have the folder.
func (s *Spool) Close() error { return s.lock.Unlock() }

// Newest is the latest time whose values were put in; zero where none were.
func (s *Spool) Newest() time.Time { return s.state.Newest }

// add keeps values until they are sent; newest is the latest of their times. Without
// values nothing was known up to then, and is not asked for again.
func (s *Spool) add(newest time.Time, points []Point) error {
	if len(points) > 0 {
		if err := s.write(newest, points); err != nil {
			return err
		}
	}
	s.state.Newest = newest.UTC()
	return s.keep()
}

// waiting are the times of the files, oldest first.
func (s *Spool) waiting() ([]time.Time, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("read the folder of unsent metrics: %w", err)
	}
	var out []time.Time
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".json")
		if t, err := time.Parse(timeLayout, name); ok && err == nil {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out, nil
}

func (s *Spool) file(at time.Time) string {
	return filepath.Join(s.dir, at.UTC().Format(timeLayout)+".json")
}

// read gives the points of a file. One that is damaged is put aside, and told.
func (s *Spool) read(at time.Time) ([]Point, error) {
	path := s.file(at)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read unsent metrics: %w", err)
	}
	points, err := decodeBatch(data)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read unsent metrics: %s is damaged and put aside as %s.damaged: %w", path, filepath.Base(path), err),
			os.Rename(path, path+".damaged"))
	}
	return points, nil
}

func decodeBatch(data []byte) ([]Point, error) {
	var b batch
	if err := json.Unmarshal(data, &b); err != nil {
		return nil, err
	}
	if b.Version != spoolVersion {
		return nil, fmt.Errorf("its version is %d, not %d", b.Version, spoolVersion)
	}
	for _, p := range b.Points {
		if !metricName().MatchString(p.Name) || p.Time <= 0 {
			return nil, fmt.Errorf("%q at %d is no value of a metric", p.Name, p.Time)
		}
	}
	return b.Points, nil
}

// write keeps the points of a file; none takes it away.
func (s *Spool) write(at time.Time, points []Point) error {
	if len(points) == 0 {
		if err := s.disk.Remove(s.file(at)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("take away metrics that are sent: %w", err)
		}
		return nil
	}
	return s.replace(s.file(at), batch{spoolVersion, points})
}

func (s *Spool) keep() error {
	s.state.Version = spoolVersion
	return s.replace(filepath.Join(s.dir, stateFile), s.state)
}

// replace writes a file that is there as a whole, or as it was before, whenever the
// machine stops.
func (s *Spool) replace(path string, v any) error {
	data, err := json.Marshal(v)
	if err == nil {
		err = disk.Replace(s.disk, path, data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep unsent metrics in %s: %w", path, err)
	}
	return nil
}
