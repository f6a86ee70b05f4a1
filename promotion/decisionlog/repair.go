package decisionlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/shopslo/shopslo/internal/disk"
)

// Repaired says what a repair has done. Its JSON is the record of the entry that tells of
// it.
type Repaired struct {
	Version int       `json:"version"` // see docs/repair.schema.json
	At      time.Time `json:"at"`
	// Kept is how many entries at the beginning stay as they are.
	Kept int `json:"kept"`
	// Again are intact entries whose place in the chain is lost: they stand at its end, with
	// new numbers and hashes.
	Again []Again `json:"appended_again"`
	Lost  []Lost  `json:"lost"`
	// LostRecords are entries, by their numbers now, that are kept without their record.
	LostRecords []int `json:"lost_records"`
	// Aside is the folder, in the log's, that has all that was replaced as it was; "" where
	// nothing was.
	Aside string `json:"set_aside,omitempty"`
}

// Again is an entry that was appended again.
type Again struct {
	Was   int `json:"was"`
	Index int `json:"index"`
}

// RepairFolder mends a damaged log in a folder: all entries that are intact are kept, those whose
// place in the chain is lost at its end, and the last entry tells of the repair. What is
// replaced is set aside first and never overwritten, so that a repair that is killed can be
// made again. It gives nil where nothing is broken. The error wraps errHeld where a server
// has the log open. by is who asked.
func RepairFolder(ctx context.Context, dir string, now time.Time, by string) (*Repaired, Head, error) {
	r, head, err := repair(ctx, dir, now, by)
	if err != nil {
		return nil, Head{}, fmt.Errorf("repair decision log %s: %w", dir, err)
	}
	return r, head, nil
}

// PlanRepair says what RepairFolder would do, and changes nothing: Aside is "", and the head is
// zero but where nothing is broken. A server may have the log open.
func PlanRepair(ctx context.Context, dir string, now time.Time) (*Repaired, Head, error) {
	m, head, err := examine(ctx, Folder{dir}, now)
	switch {
	case err != nil:
		return nil, Head{}, fmt.Errorf("examine decision log %s: %w", dir, err)
	case m == nil:
		return nil, head, nil
	}
	return &m.told, Head{}, m.close()
}

func repair(ctx context.Context, dir string, now time.Time, by string) (_ *Repaired, head Head, err error) {
	held, err := take(dir)
	if err != nil {
		return nil, Head{}, err
	}
	defer func() { err = errors.Join(err, held.release()) }()
	m, head, err := examine(ctx, Folder{dir}, now)
	if err != nil || m == nil {
		return nil, head, err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.setAside(); err != nil {
		return nil, Head{}, err
	}
	head, err = m.write(by)
	return &m.told, head, err
}

// examine tells what is intact of a damaged log; nil where nothing is broken.
func examine(ctx context.Context, f Folder, now time.Time) (*mending, Head, error) {
	switch v, err := Verify(ctx, f, ""); {
	case err == nil:
		return nil, v.Head, nil
	case !errors.Is(err, ErrBroken):
		return nil, Head{}, err
	}
	given, err := f.given()
	if err != nil && !errors.Is(err, ErrBroken) { // a damaged head says nothing
		return nil, Head{}, err
	}
	m := &mending{Folder: f, given: given, told: Repaired{Version: 1, At: now.UTC(), Again: []Again{}, Lost: []Lost{}, LostRecords: []int{}}}
	if err := m.look(ctx); err != nil {
		return nil, Head{}, errors.Join(err, m.close())
	}
	m.plan()
	return m, Head{}, nil
}

// mending is a repair that goes on.
type mending struct {
	Folder
	salvage
	given    Head            // the last that was given out; zero: nobody knows
	old      *os.File        // the log as it was; nil: there is none
	noRecord map[string]bool // entries, by their hashes, whose record is lost
	told     Repaired
}

// look tells what is intact, and which records are lost.
func (m *mending) look(ctx context.Context) error {
	var all []piece
	var err error
	m.old, err = os.Open(filepath.Join(m.Dir, File))
	if err == nil {
		all, err = pieces(m.old)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return err
	}
	m.salvage = sift(all, m.given)
	m.noRecord = map[string]bool{}
	for _, p := range slices.Concat(m.prefix, m.rest) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := m.recordOf(p); errors.Is(err, ErrBroken) {
			m.noRecord[p.hash] = true
		} else if err != nil {
			return err
		}
	}
	return nil
}

// plan says what will be done.
func (m *mending) plan() {
	m.told.Kept = len(m.prefix)
	m.told.Lost = append(m.told.Lost, m.lost...)
	for i, p := range slices.Concat(m.prefix, m.rest) {
		if i >= len(m.prefix) {
			m.told.Again = append(m.told.Again, Again{p.index, i + 1})
		}
		if m.noRecord[p.hash] {
			m.told.LostRecords = append(m.told.LostRecords, i+1)
		}
	}
}

func (m *mending) close() error {
	if m.old == nil {
		return nil
	}
	return m.old.Close()
}

// recordOf finds the record of an entry, also among what repairs have set aside. The error
// wraps ErrBroken where it is nowhere.
func (m *mending) recordOf(p piece) ([]byte, error) {
	folders, err := filepath.Glob(filepath.Join(m.Dir, asidePattern))
	if err != nil {
		return nil, err
	}
	slices.Reverse(folders) // the newest first
	for _, dir := range append(folders, m.Dir) {
		data, err := Folder{dir}.record(Entry{Index: p.index, Record: p.record})
		if !errors.Is(err, ErrBroken) {
			return data, err
		}
	}
	return nil, fmt.Errorf("entry %d: %w: its record is lost", p.index, ErrBroken)
}

// The folders that have what was replaced.
const (
	asideLayout  = "broken-20060102T150405Z"
	asidePattern = "broken-*"
)

// setAside links all that will be replaced into a folder of its own.
func (m *mending) setAside() error {
	name := m.told.At.Format(asideLayout)
	err := os.Mkdir(filepath.Join(m.Dir, name), 0o750)
	for n := 2; errors.Is(err, fs.ErrExist); n++ {
		name = fmt.Sprintf("%s-%d", m.told.At.Format(asideLayout), n)
		err = os.Mkdir(filepath.Join(m.Dir, name), 0o750)
	}
	if err != nil {
		return fmt.Errorf("keep a copy of what is replaced: %w", err)
	}
	m.told.Aside = name
	to := filepath.Join(m.Dir, name)
	if err := os.Mkdir(filepath.Join(to, records), 0o750); err != nil {
		return err
	}
	names := []string{File, headFile}
	inside, err := os.ReadDir(filepath.Join(m.Dir, records))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, f := range inside {
		names = append(names, filepath.Join(records, f.Name()))
	}
	for _, name := range names {
		if err := link(filepath.Join(m.Dir, name), filepath.Join(to, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("keep a copy of what is replaced: %w", err)
		}
	}
	return errors.Join(disk.System.SyncDir(filepath.Join(to, records)), disk.System.SyncDir(to), disk.System.SyncDir(m.Dir))
}

// write makes the log of what is intact. Only the renaming of its file makes it one.
func (m *mending) write(by string) (Head, error) {
	if err := os.MkdirAll(filepath.Join(m.Dir, records), 0o750); err != nil {
		return Head{}, err
	}
	out, err := os.OpenFile(filepath.Join(m.Dir, File+".new"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return Head{}, err
	}
	head, err := m.writeTo(out, by)
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return Head{}, err
	}
	// Killed before or after the renaming, the log has the head that is its own.
	if err := errors.Join(disk.System.SyncDir(filepath.Join(m.Dir, records)), m.note(heads{m.given, &head}), disk.System.SyncDir(m.Dir)); err != nil {
		return Head{}, err
	}
	if err := os.Rename(out.Name(), filepath.Join(m.Dir, File)); err != nil {
		return Head{}, err
	}
	return head, errors.Join(m.give(head), disk.System.SyncDir(m.Dir))
}

func (m *mending) writeTo(out io.Writer, by string) (Head, error) {
	var c Chain
	for _, p := range m.prefix {
		if _, err := io.Copy(out, io.NewSectionReader(m.old, p.at, int64(p.size)+1)); err != nil {
			return Head{}, err
		}
		c.Head = Head{p.index, p.hash}
		if m.noRecord[p.hash] {
			continue
		}
		if err := m.putBack(p); err != nil {
			return Head{}, err
		}
	}
	for _, p := range m.rest {
		if err := m.again(out, &c, p); err != nil {
			return Head{}, err
		}
	}
	record, err := json.Marshal(m.told)
	if err != nil {
		return Head{}, err
	}
	line, err := c.Link(Entry{Kind: Repair, At: m.told.At, By: clip(by), Result: "repaired", Reason: clip(m.told.summary()), Checks: []Check{}}, record)
	if err != nil {
		return Head{}, err
	}
	packed, err := pack(record)
	if err != nil {
		return Head{}, err
	}
	_, err = out.Write(append(line, '\n'))
	return c.Head, errors.Join(err, replace(m.recordFile(c.Head.Index), packed))
}

// putBack puts a record in its place that only a repair of before has set aside.
func (m *mending) putBack(p piece) error {
	if _, err := m.record(Entry{Index: p.index, Record: p.record}); !errors.Is(err, ErrBroken) {
		return err
	}
	record, err := m.recordOf(p)
	if err != nil {
		return err
	}
	packed, err := pack(record)
	if err != nil {
		return err
	}
	return replace(m.recordFile(p.index), packed)
}

// again appends an entry whose place is lost, with its record.
func (m *mending) again(out io.Writer, c *Chain, p piece) error {
	text := make([]byte, p.size)
	if _, err := m.old.ReadAt(text, p.at); err != nil {
		return err
	}
	var e Entry
	if err := json.Unmarshal(text, &e); err != nil {
		return err
	}
	e.Was = &Was{Index: p.index, Prev: p.prev, Hash: p.hash, Was: e.Was}
	line, err := c.add(e)
	if err != nil {
		return err
	}
	if _, err := out.Write(append(line, '\n')); err != nil {
		return err
	}
	if m.noRecord[p.hash] {
		return removed(m.recordFile(c.Head.Index)) // that of another; it is set aside
	}
	record, err := m.recordOf(p)
	if err != nil {
		return err
	}
	packed, err := pack(record)
	return errors.Join(err, replace(m.recordFile(c.Head.Index), packed))
}

// removed takes a file away, if it is there.
func removed(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
