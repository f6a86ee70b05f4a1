// Package disktest is a disk for tests: it works on real files, can fail at any operation,
// and tells what a power cut would leave.
package disktest

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/shopslo/shopslo/internal/disk"
)

// Op is an operation: what it does, and the name of the file or folder without its path.
type Op struct{ Do, Name string }

// The operations.
const (
	Open, CreateTemp, Stat, Rename, Link, Remove, SyncDir = "open", "create temporary", "stat", "rename", "link", "remove", "sync folder"
	Write, Sync, Truncate, Chmod                          = "write", "sync", "truncate", "chmod"
)

// Disk is a disk.FS.
type Disk struct {
	mu    sync.Mutex
	fail  func(Op) error
	ops   []Op
	names map[string]*content            // by path, as they are now
	kept  map[string]map[string]*content // by folder and name, as they outlast a power cut
}

// content is that of a file, whatever its name is.
type content struct {
	flushed []byte // what is sure to outlast a power cut
	written []byte // what may: each write, and no truncation that was not flushed
}

var _ disk.FS = (*Disk)(nil)

// New makes a Disk. What is in these folders, and those below them, is flushed.
func New(t testing.TB, dirs ...string) *Disk {
	t.Helper()
	d := &Disk{names: map[string]*content{}, kept: map[string]map[string]*content{}}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(path)
			c := &content{data, data}
			d.names[path] = c
			d.keep(filepath.Dir(path))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// Fail has each operation fail for which it gives an error; nil: all goes well. A write
// that fails leaves half of what was to be written.
func (d *Disk) Fail(fail func(Op) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = fail
}

// FailOnce has the nth operation from now on fail, counted from 0, and tells whether it has.
func (d *Disk) FailOnce(n int, err error) (failed func() bool) {
	done := false
	d.Fail(func(Op) error {
		n--
		if n != -1 {
			return nil
		}
		done = true
		return err
	})
	return func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return done
	}
}

// Ops are the operations so far, those that failed as well.
func (d *Disk) Ops() []Op {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.ops)
}

// PowerCut gives a copy of a folder as the worst power cut would leave it now: files have
// what was flushed, folders the names that were. hasty: all that was written is there,
// too, as if the system had flushed it by itself, but nothing of what was cut off.
func (d *Disk) PowerCut(t testing.TB, dir string, hasty bool) string {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	to := t.TempDir()
	put := func(path string, data []byte) {
		rel, err := filepath.Rel(dir, path)
		if err != nil || strings.HasPrefix(rel, "..") {
			return
		}
		if err = os.MkdirAll(filepath.Dir(filepath.Join(to, rel)), 0o700); err == nil {
			err = os.WriteFile(filepath.Join(to, rel), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if hasty {
		for path, c := range d.names {
			put(path, c.written)
		}
		return to
	}
	for folder, names := range d.kept {
		for name, c := range names {
			put(filepath.Join(folder, name), c.flushed)
		}
	}
	return to
}

// keep has the names of a folder outlast a power cut.
func (d *Disk) keep(dir string) {
	names := map[string]*content{}
	for path, c := range d.names {
		if filepath.Dir(path) == dir {
			names[filepath.Base(path)] = c
		}
	}
	d.kept[dir] = names
}

// do notes an operation, does it unless it is to fail, and then what it means.
func (d *Disk) do(what, name string, real func() error, after func()) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	op := Op{what, filepath.Base(name)}
	d.ops = append(d.ops, op)
	if d.fail != nil {
		if err := d.fail(op); err != nil {
			return &fs.PathError{Op: what, Path: name, Err: err}
		}
	}
	err := real()
	if err == nil && after != nil {
		after()
	}
	return err
}

// open gives a file that d has opened.
func (d *Disk) open(what, name string, real func() (disk.File, error)) (disk.File, error) {
	var f disk.File
	var c *content
	err := d.do(what, name, func() (err error) { f, err = real(); return err }, func() {
		name = f.Name()
		if c = d.names[name]; c == nil {
			c = &content{}
			d.names[name] = c
		}
	})
	if err != nil {
		return nil, err
	}
	return &file{f, d, c}, nil
}

// OpenFile implements disk.FS.
func (d *Disk) OpenFile(name string, flag int, perm fs.FileMode) (disk.File, error) {
	return d.open(Open, name, func() (disk.File, error) { return disk.System.OpenFile(name, flag, perm) })
}

// CreateTemp implements disk.FS.
func (d *Disk) CreateTemp(dir, pattern string) (disk.File, error) {
	return d.open(CreateTemp, filepath.Join(dir, pattern), func() (disk.File, error) { return disk.System.CreateTemp(dir, pattern) })
}

// Stat implements disk.FS.
func (d *Disk) Stat(name string) (info fs.FileInfo, err error) {
	err = d.do(Stat, name, func() (err error) { info, err = os.Stat(name); return err }, nil)
	return info, err
}

// Rename implements disk.FS.
func (d *Disk) Rename(from, to string) error {
	return d.do(Rename, to, func() error { return os.Rename(from, to) }, func() {
		d.names[to] = d.names[from]
		delete(d.names, from)
	})
}

// Link implements disk.FS.
func (d *Disk) Link(from, to string) error {
	return d.do(Link, to, func() error { return os.Link(from, to) }, func() { d.names[to] = d.names[from] })
}

// Remove implements disk.FS.
func (d *Disk) Remove(name string) error {
	return d.do(Remove, name, func() error { return os.Remove(name) }, func() { delete(d.names, name) })
}

// SyncDir implements disk.FS.
func (d *Disk) SyncDir(dir string) error {
	return d.do(SyncDir, dir, func() error { return disk.System.SyncDir(dir) }, func() { d.keep(filepath.Clean(dir)) })
}

// file is an open one.
type file struct {
	disk.File
	d *Disk
	c *content
}

// now is what the file has.
func (f *file) now() []byte {
	for path, c := range maps.All(f.d.names) {
		if c == f.c {
			data, _ := os.ReadFile(path) // a test that takes it away sees to that itself
			return data
		}
	}
	return nil
}

// Write implements disk.File.
func (f *file) Write(p []byte) (n int, err error) {
	err = f.d.do(Write, f.Name(), func() (err error) { n, err = f.File.Write(p); return err }, func() { f.c.written = f.now() })
	if err != nil && n == 0 {
		n, _ = f.File.Write(p[:len(p)/2])
		f.d.mu.Lock()
		defer f.d.mu.Unlock()
		f.c.written = f.now()
	}
	return n, err
}

// Sync implements disk.File.
func (f *file) Sync() error {
	return f.d.do(Sync, f.Name(), f.File.Sync, func() {
		f.c.flushed = f.now()
		f.c.written = f.c.flushed
	})
}

// Truncate implements disk.File.
func (f *file) Truncate(size int64) error {
	return f.d.do(Truncate, f.Name(), func() error { return f.File.Truncate(size) }, nil)
}

// Chmod implements disk.File.
func (f *file) Chmod(mode fs.FileMode) error {
	return f.d.do(Chmod, f.Name(), func() error { return f.File.Chmod(mode) }, nil)
}
