package decisionlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/shopslo/shopslo/internal/disk"
)

// Log is the log of one server, open for appending. It is safe for concurrent use
// within one process; no second process can open it.
type Log struct {
	Folder
	held  *hold
	disk  disk.FS
	mu    sync.Mutex
	file  disk.File
	size  int64
	chain Chain
}

// Open opens the log in a folder, which it makes where there is none, locks it, and reads
// its chain from the beginning. What a killed process left of a line, and so never
// answered, is cut off. The error wraps errHeld where another process has it open, and
// ErrBroken where the chain does not hold: nothing is appended then.
func Open(dir string) (*Log, error) { return openOn(disk.System, dir) }

func openOn(d disk.FS, dir string) (*Log, error) {
	if err := disk.MakeDir(filepath.Join(dir, records), 0o750); err != nil {
		return nil, fmt.Errorf("open decision log: %w", err)
	}
	held, err := take(dir)
	if err != nil {
		return nil, fmt.Errorf("open decision log %s: %w", dir, err)
	}
	held.stat = d.Stat
	l := &Log{Folder: Folder{dir}, held: held, disk: d}
	if err := l.open(); err != nil {
		if errors.Is(err, ErrBroken) {
			err = fmt.Errorf("%w; 'shopslo decisions repair' keeps all that is intact", err)
		}
		return nil, errors.Join(fmt.Errorf("open decision log %s: %w", dir, err), l.Close())
	}
	return l, nil
}

func (l *Log) open() (err error) {
	if l.chain.Head, l.size, err = l.read(context.Background(), nil); err != nil {
		return err
	}
	if l.file, err = l.disk.OpenFile(filepath.Join(l.Dir, File), os.O_RDWR|os.O_CREATE, 0o640); err != nil {
		return err
	}
	if err = l.file.Truncate(l.size); err != nil {
		return err
	}
	if _, err = l.file.Seek(l.size, io.SeekStart); err != nil {
		return err
	}
	return errors.Join(l.disk.SyncDir(l.Dir), l.disk.SyncDir(filepath.Join(l.Dir, records)))
}

// mine says why the folder is not this log's alone any more.
func (l *Log) mine() error {
	if err := l.held.check(); err != nil {
		return err
	}
	info, err := l.file.Stat()
	if err != nil {
		return err
	}
	now, err := l.disk.Stat(l.file.Name())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err // such as permission denied: it may be there all the same
	}
	if err != nil || !os.SameFile(info, now) {
		return fmt.Errorf("its file %s was deleted or replaced; restart this process", File)
	}
	if info.Size() != l.size {
		return fmt.Errorf("its file %s has %d bytes and not %d: something else writes to it, or an earlier append failed half-way; use a separate folder for each server, and restart this one", File, info.Size(), l.size)
	}
	return nil
}

// Append implements Appender: all is on the disk when it returns.
func (l *Log) Append(_ context.Context, e Entry, record []byte) (Head, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.mine(); err != nil {
		return Head{}, fmt.Errorf("append to decision log %s: %w", l.Dir, err)
	}
	if len(record) > MaxRecord {
		return Head{}, fmt.Errorf("append to decision log %s: the record has %d bytes, more than %d", l.Dir, len(record), MaxRecord)
	}
	next := l.chain
	var packed []byte
	var failed error
	var packing sync.WaitGroup // a big record takes as long to hash as to pack
	packing.Go(func() { packed, failed = pack(record) })
	line, err := next.Link(e, record)
	packing.Wait()
	if err := errors.Join(err, failed); err != nil {
		return Head{}, err
	}
	if err := l.keep(next.Head.Index, packed); err != nil {
		return Head{}, fmt.Errorf("append to decision log %s: store the record: %w", l.Dir, err)
	}
	if _, err = l.file.Write(append(line, '\n')); err == nil {
		err = l.file.Sync()
	}
	if err == nil {
		err = l.give(next.Head)
	}
	if err != nil {
		return Head{}, errors.Join(fmt.Errorf("append to decision log %s: %w", l.Dir, err), l.cut())
	}
	l.chain, l.size = next, l.size+int64(len(line))+1
	return next.Head, nil
}

// cut takes back what a failed append has left: nobody was told of it.
func (l *Log) cut() error {
	_, err := l.file.Seek(l.size, io.SeekStart)
	return errors.Join(err, l.file.Truncate(l.size), l.file.Sync())
}

// keep writes a packed record. One that a killed process has left, whose line was never
// written, is replaced.
func (l *Log) keep(index int, packed []byte) error {
	return disk.Replace(l.disk, l.recordFile(index), packed, 0o640)
}

// Head gives the end of the log.
func (l *Log) Head() Head {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.chain.Head
}

// Close closes the file and lets another process have the folder. Nothing is appended
// after it.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	if l.file != nil {
		err = l.file.Close()
	}
	return errors.Join(err, l.held.release())
}

var (
	_ Reader   = Folder{}
	_ Reader   = (*Log)(nil)
	_ Appender = (*Log)(nil)
)
