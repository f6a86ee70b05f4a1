// Package relaystore keeps the histories of mail relay accounts in files, one per
// account: mackerel-plugin-mailrelay writes them, check-mailrelay reads them.
//
// A file is replaced as a whole (written beside and renamed), so that a reader sees the
// old or the new one, and a killed program leaves one of them. Flushing to the disk
// takes longer than all the rest of a run, so it is done for a second copy once an
// hour: that one is read where a power cut has damaged the first. Runs that overlap
// take turns at a lock beside the file, for the moment of changing it only, never while
// a relay is asked. Files hold counts and states, no secret and no mail; the folder is its
// user's alone (0700). Neither it nor a file in it is used where it is a link or belongs
// to another user.
package relaystore

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

	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// version is of the file's form. A file of another version is not read.
const version = 1

// maxFile is more than any history has.
const maxFile = 32 << 20

// Store is a folder of histories. It need not exist before the first Update.
type Store struct{ Dir string }

// ErrDamaged is in the error of a file that holds no history, ErrMoved in that of one that
// holds another account's.
var (
	ErrDamaged = errors.New("holds no history that can be read")
	ErrMoved   = errors.New("is the history of another account")
)

// file is what a file holds: the history, and those traits of the relay that a verdict
// needs, so that the check knows no relay.
type file struct {
	Version int                `json:"version"`
	Vendor  string             `json:"vendor"`
	Account string             `json:"account,omitempty"`
	Grain   time.Duration      `json:"grain"`
	Settle  time.Duration      `json:"settle"`
	Daily   bool               `json:"daily"`
	Sparse  bool               `json:"sparse"`
	Tells   []mailrelay.Figure `json:"tells"`
	Apart   bool               `json:"drops_apart,omitempty"`
	History mailrelay.History  `json:"history"`
}

func (f file) traits() mailrelay.Traits {
	return mailrelay.Traits{Vendor: f.Vendor, Account: f.Account, Grain: f.Grain, Settle: f.Settle, Daily: f.Daily, Sparse: f.Sparse, Tells: f.Tells, DropsApart: f.Apart}
}

// Path is the file of an account at a relay; both have letters, digits, - and _ only.
// An account that moves to another relay begins a new history, since two relays count
// differently.
func (s Store) Path(account, relay string) string {
	return filepath.Join(s.Dir, account+"."+relay+".json")
}

// Read gives an account's history and the relay's traits, without Zone. Without a file
// both are zero, and the error is nil. A file that cannot be understood is an error
// with ErrDamaged, unless its flushed copy can.
func (s Store) Read(account, relay string) (*mailrelay.History, mailrelay.Traits, error) {
	path := s.Path(account, relay)
	if err := disk.IsOwn(s.Dir); err != nil {
		return nil, mailrelay.Traits{}, fmt.Errorf("read its history: %w", err)
	}
	f, err := load(path)
	if errors.Is(err, ErrDamaged) {
		if kept, err2 := load(path + copied); err2 == nil {
			f, err = kept, nil
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &mailrelay.History{Account: account}, mailrelay.Traits{}, nil
	case err != nil:
		return nil, mailrelay.Traits{}, fmt.Errorf("read its history: %w", err)
	}
	f.History.Account = account
	return &f.History, f.traits(), nil
}

// Moved is whether a history that was kept with some traits is of another account than
// the settings name now: another region or domain has other figures.
func Moved(kept, now mailrelay.Traits) bool {
	return kept.Account != "" && now.Account != "" && kept.Account != now.Account
}

func load(path string) (file, error) {
	b, err := disk.ReadOwn(path, maxFile)
	if err != nil {
		return file{}, err
	}
	f, err := decode(b)
	if err != nil {
		return file{}, fmt.Errorf("%s %w: %w", path, ErrDamaged, err)
	}
	return f, nil
}

func decode(b []byte) (file, error) {
	var f file
	if err := json.Unmarshal(b, &f); err != nil {
		return file{}, err
	}
	switch {
	case f.Version != version:
		return file{}, fmt.Errorf("its version is %d, not %d", f.Version, version)
	case f.Grain < time.Second || f.Grain > 24*time.Hour || f.Settle < 0 || f.Settle > 24*time.Hour:
		return file{}, fmt.Errorf("the relay's grain of %s and %s to settle are none", f.Grain, f.Settle)
	}
	return f, nil
}

// Update changes an account's history: it reads the newest one, hands it to change,
// and replaces the file. Other runs wait meanwhile; ctx bounds the waiting. A damaged
// file is kept beside with the ending .damaged, another account's with .moved, and change
// gets a new history; the error with ErrDamaged or ErrMoved then comes although the change
// was stored.
func (s Store) Update(ctx context.Context, account string, t mailrelay.Traits, change func(*mailrelay.History)) error {
	if err := disk.OwnDir(s.Dir); err != nil {
		return fmt.Errorf("keep its history: %w", err)
	}
	path := s.Path(account, t.Vendor)
	if err := disk.IsOwn(path + ".lock"); err != nil {
		return fmt.Errorf("keep its history: %w", err)
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	if ok, err := lock.TryLockContext(ctx, 20*time.Millisecond); !ok {
		return fmt.Errorf("keep its history: lock %s: %w", lock.Path(), err)
	}
	defer func() { _ = lock.Close() }()
	h, damage, err := s.newest(account, t)
	if err != nil {
		return err
	}
	change(h)
	b, err := json.Marshal(file{Version: version, Vendor: t.Vendor, Account: t.Account, Grain: t.Grain, Settle: t.Settle,
		Daily: t.Daily, Sparse: t.Sparse, Tells: t.Tells, Apart: t.DropsApart, History: *h})
	if err == nil {
		err = replace(path, b, false)
	}
	if err == nil && due(path) {
		err = replace(path+copied, b, true)
	}
	if err != nil {
		return fmt.Errorf("keep its history: %w", err)
	}
	return damage
}

// newest is the history to change. One that is damaged, or another account's, is put
// aside, which damage tells; one that was put aside before goes on where the account has
// moved back.
func (s Store) newest(account string, t mailrelay.Traits) (h *mailrelay.History, damage, err error) {
	path := s.Path(account, t.Vendor)
	h, kept, err := s.Read(account, t.Vendor)
	ending := ".damaged"
	switch {
	case errors.Is(err, ErrDamaged):
		damage = err
	case err != nil:
		return nil, nil, err
	case Moved(kept, t):
		damage, ending = fmt.Errorf("%s %w (%s), and the settings name %s", path, ErrMoved, kept.Account, t.Account), ".moved"
	default:
		return h, nil, nil
	}
	next, goes := &mailrelay.History{Account: account}, "a new history begins"
	if back, err := load(path + ".moved"); ending == ".moved" && err == nil && back.Account == t.Account {
		next, goes = &back.History, "that of before goes on"
		next.Account = account
	}
	if err := os.Rename(path, path+ending); err != nil {
		return nil, nil, fmt.Errorf("keep its history aside: %w", err)
	}
	_ = os.Remove(path + copied) // or a file that is damaged later would be read from it
	return next, fmt.Errorf("%w; it is kept as %s, and %s", damage, path+ending, goes), nil
}

const (
	copied    = ".copy"
	copyEvery = time.Hour
)

// due is whether the flushed copy is old, by the file system's clock.
func due(path string) bool {
	now, err1 := os.Stat(path)
	last, err2 := os.Stat(path + copied)
	return err1 == nil && (err2 != nil || now.ModTime().Sub(last.ModTime()).Abs() >= copyEvery)
}

// replace writes a file beside and renames it over the old one. Under the lock there
// is one writer, so one name will do, and a program that is killed leaves no litter
// but that, which the next run takes over.
func replace(path string, b []byte, flush bool) (err error) {
	f, err := disk.OpenOwn(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(b); err == nil && flush {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
