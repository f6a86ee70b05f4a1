// Package disk writes files so that they outlast a crash of the machine: what is written
// is flushed, and so are the names in a folder. Who writes takes an FS, so that a test can
// have any operation fail, and see what a power cut would leave (disktest).
package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// File is an open file, as *os.File has it.
type File interface {
	io.Writer
	io.Seeker
	io.Closer
	Name() string
	Chmod(mode fs.FileMode) error
	Stat() (fs.FileInfo, error)
	Sync() error
	Truncate(size int64) error
}

// FS is what writers need of a file system. The errors are those of package os.
type FS interface {
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	CreateTemp(dir, pattern string) (File, error)
	Stat(name string) (fs.FileInfo, error)
	Rename(from, to string) error
	Link(from, to string) error
	Remove(name string) error
	// SyncDir makes the names in a folder outlast a crash, where the file system can.
	SyncDir(dir string) error
}

// System is the system's FS.
var System FS = system{}

type system struct{}

func (system) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	// What writers keep is no link: in a folder of everybody's, such as /tmp, it could be one
	// to somebody's file.
	f, err := os.OpenFile(name, flag|syscall.O_NOFOLLOW, perm)
	if errors.Is(err, syscall.ELOOP) {
		return nil, fmt.Errorf("%s is a link, which is not followed: name the place itself, or remove it", name)
	}
	if err != nil {
		return nil, err // a nil *os.File would be a File
	}
	return f, nil
}

func (system) CreateTemp(dir, pattern string) (File, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (system) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }
func (system) Rename(from, to string) error          { return os.Rename(from, to) }
func (system) Link(from, to string) error            { return os.Link(from, to) }
func (system) Remove(name string) error              { return os.Remove(name) }

func (system) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil // not every file system can
	}
	return errors.Join(err, d.Close())
}

// noForeignLink refuses a path with a link that anybody may have put there.
func noForeignLink(path string) error {
	for at := filepath.Clean(path); ; at = filepath.Dir(at) {
		above := filepath.Dir(at)
		if above == at {
			return nil
		}
		info, err := os.Lstat(at)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			continue
		}
		if folder, err := os.Stat(above); err != nil || folder.Mode().Perm()&0o002 != 0 {
			return fmt.Errorf("%s is a link in a folder that everybody may write to, and is not followed: name the place itself, or remove it", at)
		}
	}
}

// MakeDir makes a folder with those above it, so that they are there after a crash.
//
// A link in a folder that everybody may write to, such as /tmp, is refused.
func MakeDir(dir string, perm fs.FileMode) error {
	if err := noForeignLink(dir); err != nil {
		return err
	}
	if _, err := os.Stat(dir); err == nil {
		return os.MkdirAll(dir, perm) // says so where it is a file
	}
	if above := filepath.Dir(dir); above != dir {
		if err := MakeDir(above, perm); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, perm); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return System.SyncDir(filepath.Dir(dir))
}

// Replace puts data in the place of a file: there is the old one or the new one, also
// after a crash, and the new one once Replace has returned without an error. It is written
// beside first, as path.new: one process at a time replaces a file, and what a killed one
// has left is written over.
func Replace(d FS, path string, data []byte, perm fs.FileMode) error {
	beside := path + ".new"
	f, err := d.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = d.Rename(beside, path)
	}
	if err != nil {
		return errors.Join(err, d.Remove(beside))
	}
	return d.SyncDir(filepath.Dir(path))
}

// New puts data into a file that is not there yet, whole or not at all: it fails with
// fs.ErrExist where one is, and what failed leaves nothing of that name.
func New(d FS, path string, data []byte, perm fs.FileMode) error {
	f, err := d.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = d.Remove(f.Name()) }()
	if err := filled(f, data, perm); err != nil {
		return err
	}
	// A link fails where a file of that name is there, a rename would replace it.
	err = d.Link(f.Name(), path)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.ENOSYS) {
		err = begun(d, path, data, perm) // not every file system has links
	}
	if err != nil {
		return err
	}
	if err := d.SyncDir(filepath.Dir(path)); err != nil {
		return errors.Join(err, d.Remove(path))
	}
	return nil
}

// begun is New without a link: a process that is killed leaves half a file.
func begun(d FS, path string, data []byte, perm fs.FileMode) error {
	f, err := d.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	if err := filled(f, data, perm); err != nil {
		return errors.Join(err, d.Remove(path))
	}
	return nil
}

// filled writes all of a file, and closes it.
func filled(f File, data []byte, perm fs.FileMode) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Chmod(perm), f.Close())
}
