package shopset

import (
	"bytes"
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

// stateVersion is that of the state file's shape. A file of another version is
// refused: nobody should lose what is remembered by starting an older program.
const stateVersion = 1

type stateFile struct {
	Version  int                                  `json:"version"`
	At       time.Time                            `json:"at,omitzero"`
	Origins  []fleet.Release                      `json:"origins,omitempty"`
	Fleet    *fleet.Declarations                  `json:"fleet,omitempty"`
	ShopSets map[fleet.ShopSetName]*shopSetMemory `json:"shopsets"`
	Tiers    map[fleet.TierName]*tierMemory       `json:"tiers"`
}

// MarshalJSON writes all that is remembered.
func (r *Recorder) MarshalJSON() ([]byte, error) {
	return json.Marshal(stateFile{Version: stateVersion, At: r.at, Origins: r.origins, Fleet: r.fleet, ShopSets: r.shopSets, Tiers: r.tiers})
}

// UnmarshalJSON takes over what MarshalJSON wrote. The error says what is not of its
// shape; r is unchanged then.
func (r *Recorder) UnmarshalJSON(data []byte) error {
	var of struct{ Version int }
	if err := json.Unmarshal(data, &of); err != nil {
		return err
	}
	if of.Version > stateVersion { // before what it has that nobody here knows
		return fmt.Errorf("a newer shopset_exporter wrote it (version %d, and this one knows %d): run that one", of.Version, stateVersion)
	}
	var in stateFile
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return err
	}
	if in.Version != stateVersion {
		return fmt.Errorf("it has version %d, this program writes version %d", in.Version, stateVersion)
	}
	next := newRecorder()
	next.at, next.origins, next.fleet = in.At, in.Origins, in.Fleet
	for name, m := range in.ShopSets {
		if m == nil || m.DriftEvents < 0 {
			return fmt.Errorf("shopset %q: it has no content, or a negative count", name)
		}
		next.shopSets[name] = m
	}
	for name, m := range in.Tiers {
		if m == nil || m.Promotions < 0 || m.Rollbacks < 0 || !m.Lead.valid(leadBounds) || !m.Soak.valid(soakBounds) {
			return fmt.Errorf("tier %q: it has no content, or counts that contradict each other", name)
		}
		if len(m.Had) == 0 && !m.SoakingSince.IsZero() {
			return fmt.Errorf("tier %q: it soaks without a Release", name)
		}
		next.tiers[name] = m
	}
	*r = *next
	return nil
}

// valid reports whether a histogram's counts fit each other and its bounds.
func (h *histogram) valid(bounds []float64) bool {
	if len(h.Counts) != 0 && len(h.Counts) != len(bounds) {
		return false
	}
	within := int64(0)
	for _, n := range h.Counts {
		if n < 0 || n > h.Count-within {
			return false
		}
		within += n
	}
	return h.Count >= 0 && h.Sum >= 0
}

// State is the file in which a Recorder survives. It is for one goroutine, and one
// process.
type State struct {
	path  string
	disk  disk.FS
	saved int64     // changes of the recorder that are in the file
	at    time.Time // of the last Snapshot in the file
}

// saveAtLeast is how old the file may become while nothing changes: it also says up
// to when somebody watched.
const saveAtLeast = time.Minute

// largestState bounds what is read: a million ShopSets have some hundred megabytes.
const largestState = 1 << 30

// LockState keeps other exporters from the file until unlock is called. Where nothing can be
// written beside it there is no lock: nobody writes the file there either. An empty path
// keeps nothing.
func LockState(path string) (unlock func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	if err := disk.IsOwn(path + ".lock"); err != nil {
		return nil, fmt.Errorf("lock state file: %w", err)
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	if free, err := lock.TryLock(); err == nil && !free {
		return nil, fmt.Errorf("state file %s: another shopset_exporter has it; give each its own", path)
	}
	return func() { _ = lock.Close() }, nil
}

// OpenState reads the file, or begins anew where there is none. An empty path keeps
// nothing. The error names the file: one that cannot be read is never overwritten, and one
// that is a link, or another user's, is not read.
func OpenState(path string) (*State, *Recorder, error) {
	r := newRecorder()
	s := &State{path: path, disk: disk.System}
	if path == "" {
		return s, r, nil
	}
	data, err := disk.ReadOwn(path, largestState)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
			return nil, nil, fmt.Errorf("state file %s: its folder does not exist; create it", path)
		}
		s.saved = -1 // so that the first Save shows whether it can be written
		return s, r, nil
	case err != nil:
		return nil, nil, fmt.Errorf("read state file: %w", err)
	}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, nil, fmt.Errorf("read state file %s: %w; fix it, or move it away to start over", path, err)
	}
	s.at = r.at
	return s, r, nil
}

// Save writes the file where something has changed since the last time, or a minute
// has passed; written is false where nothing had to be. After a crash there is either the file from
// before or the new one.
func (e *Exporter) Save(s *State) (written bool, err error) {
	if s.path == "" {
		return false, nil
	}
	e.mu.Lock()
	changes, at := e.recorder.changes, e.recorder.at
	if changes == s.saved && at.Sub(s.at) < saveAtLeast {
		e.mu.Unlock()
		return false, nil
	}
	data, err := json.Marshal(e.recorder)
	e.mu.Unlock()
	if err == nil {
		err = disk.Replace(s.disk, s.path, data, 0o640)
	}
	if err != nil {
		return false, fmt.Errorf("write state file: %w", err)
	}
	s.saved, s.at = changes, at
	return true, nil
}
