package decisionlog

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"github.com/klauspost/compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// The names in a log's folder.
const (
	File     = "decisions.jsonl" // a line for each entry
	headFile = "head.json"       // the last head that was given out
	records  = "records"         // the folder of the records, 000001.json.gz and so on
)

// Folder reads a log in a folder, also while a server appends to it.
type Folder struct{ Dir string }

// Read implements Reader.
func (f Folder) Read(ctx context.Context, each func(Line) error) (Head, error) {
	head, _, err := f.read(ctx, each)
	if err != nil {
		return head, fmt.Errorf("read decision log %s: %w", f.Dir, err)
	}
	return head, nil
}

// read gives the length of all whole lines as well.
func (f Folder) read(ctx context.Context, each func(Line) error) (Head, int64, error) {
	given, err := f.given() // before the lines: of these there may be more by then
	if err != nil {
		return Head{}, 0, err
	}
	file, err := os.Open(filepath.Join(f.Dir, File))
	if errors.Is(err, fs.ErrNotExist) && given == (Head{}) {
		if _, err := os.Stat(f.Dir); err != nil {
			return Head{}, 0, err
		}
		return Head{}, 0, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return Head{}, 0, fmt.Errorf("entry 1: %w: %s is missing (it had %d entries)", ErrBroken, File, given.Index)
	}
	if err != nil {
		return Head{}, 0, err
	}
	defer file.Close()
	seen := given == Head{}
	head, size, err := ReadLines(file, func(l Line) error {
		if l.Index == given.Index && l.Hash != given.Hash {
			return fmt.Errorf("entry %d: %w: its hash is %.12s, but %.12s was published", l.Index, ErrBroken, l.Hash, given.Hash)
		}
		seen = seen || l.Index == given.Index
		if err := ctx.Err(); err != nil || each == nil {
			return err
		}
		l.Record = func(context.Context) ([]byte, error) { return f.record(l.Entry) }
		return each(l)
	})
	if err == nil && !seen {
		err = fmt.Errorf("entry %d: %w: missing (%d entries were published)", head.Index+1, ErrBroken, given.Index)
	}
	return head, size, err
}

// ReadLines reads the lines of a log, checks that they are a chain, and gives its head
// and the length of all whole lines. What stands after the last line feed was never
// answered, and is left out. The error is each's, or wraps ErrBroken. The lines have no
// Record.
func ReadLines(r io.Reader, each func(Line) error) (head Head, size int64, err error) {
	var c Chain
	in := bufio.NewReader(r)
	for {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return c.Head, size, nil
		}
		if err != nil {
			return c.Head, size, err
		}
		text = text[:len(text)-1]
		before := c.Head
		e, err := c.Take(text)
		if err == nil {
			err = each(Line{Entry: e, Hash: c.Head.Hash, Text: text})
		}
		if err != nil {
			return before, size, err
		}
		size += int64(len(text)) + 1
	}
}

// given is the last head that was given out; zero where there is none.
func (f Folder) given() (Head, error) {
	data, err := os.ReadFile(filepath.Join(f.Dir, headFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Head{}, nil
	}
	if err != nil {
		return Head{}, err
	}
	var h Head
	again, _ := marshalHead(h)
	if err = json.Unmarshal(data, &h); err == nil {
		again, err = marshalHead(h)
	}
	if err != nil || !bytes.Equal(again, data) || h.Index < 1 || len(h.Hash) != len(hash(nil)) {
		return Head{}, fmt.Errorf("%w: %s is damaged", ErrBroken, headFile)
	}
	return h, nil
}

func marshalHead(h Head) ([]byte, error) {
	data, err := json.Marshal(h)
	return append(data, '\n'), err
}

func (f Folder) recordFile(index int) string {
	return filepath.Join(f.Dir, records, fmt.Sprintf("%06d.json.gz", index))
}

// record reads the record of an entry.
func (f Folder) record(e Entry) ([]byte, error) {
	packed, err := os.ReadFile(f.recordFile(e.Index))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("entry %d: %w: its record is missing: %w", e.Index, ErrBroken, err)
	}
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", e.Index, err)
	}
	data, err := unpack(packed)
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w: its record cannot be unpacked: %w", e.Index, ErrBroken, err)
	}
	return data, e.CheckRecord(data)
}

// unpack takes streams of gzip, one behind the other, and nothing after them.
func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// Log is the log of one server, open for appending. It is safe for concurrent use
// within one process; a second process is found out by the file's length.
type Log struct {
	Folder
	mu    sync.Mutex
	file  *os.File
	size  int64
	chain Chain
}

// Open opens the log in a folder, which it makes where there is none, and reads its
// chain from the beginning. What a killed process left of a line, and so never answered,
// is cut off. The error wraps ErrBroken where the chain does not hold: nothing is
// appended then.
func Open(dir string) (*Log, error) {
	if err := os.MkdirAll(filepath.Join(dir, records), 0o755); err != nil {
		return nil, fmt.Errorf("open decision log: %w", err)
	}
	l := &Log{Folder: Folder{dir}}
	var err error
	if l.chain.Head, l.size, err = l.read(context.Background(), nil); err != nil {
		return nil, fmt.Errorf("open decision log %s: %w", dir, err)
	}
	if l.file, err = os.OpenFile(filepath.Join(dir, File), os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return nil, fmt.Errorf("open decision log: %w", err)
	}
	if err = l.file.Truncate(l.size); err == nil {
		_, err = l.file.Seek(l.size, io.SeekStart)
	}
	if err == nil {
		err = errors.Join(syncFolder(dir), syncFolder(filepath.Join(dir, records)))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open decision log %s: %w", dir, err), l.file.Close())
	}
	return l, nil
}

// Append implements Appender: all is on the disk when it returns.
func (l *Log) Append(_ context.Context, e Entry, record []byte) (Head, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch info, err := l.file.Stat(); {
	case err != nil:
		return Head{}, fmt.Errorf("append to decision log %s: %w", l.file.Name(), err)
	case info.Size() != l.size:
		return Head{}, fmt.Errorf("append to decision log %s: another process writes to it; use a separate folder for each server", l.file.Name())
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
		_, back := l.file.Seek(l.size, io.SeekStart)
		return Head{}, errors.Join(fmt.Errorf("append to decision log %s: %w", l.Dir, err), l.file.Truncate(l.size), back)
	}
	l.chain, l.size = next, l.size+int64(len(line))+1
	return next.Head, nil
}

// packedAlone is how much of a record is worth a stream of its own: 256 KiB, so that a
// big one keeps all processors at it.
const packedAlone = 256 << 10

// pack is the contrary of unpack.
func pack(record []byte) ([]byte, error) {
	parts := make([]bytes.Buffer, max(1, min(runtime.GOMAXPROCS(0), len(record)/packedAlone)))
	errs := make([]error, len(parts))
	var all sync.WaitGroup
	for i := range parts {
		all.Go(func() { errs[i] = packTo(&parts[i], record[i*len(record)/len(parts):(i+1)*len(record)/len(parts)]) })
	}
	all.Wait()
	packed := parts[0].Bytes()
	for i := range parts[1:] {
		packed = append(packed, parts[i+1].Bytes()...)
	}
	return packed, errors.Join(errs...)
}

func packTo(b *bytes.Buffer, data []byte) error {
	b.Grow(len(data) / 4)
	w, err := gzip.NewWriterLevel(b, gzip.BestSpeed)
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	return w.Close()
}

// keep writes a packed record. One that a killed process has left, whose line was never
// written, is replaced.
func (l *Log) keep(index int, packed []byte) error {
	if err := replace(l.recordFile(index), packed); err != nil {
		return err
	}
	return syncFolder(filepath.Join(l.Dir, records))
}

// give notes the head that is given out.
func (l *Log) give(h Head) error {
	data, err := marshalHead(h)
	if err != nil {
		return err
	}
	return replace(filepath.Join(l.Dir, headFile), data)
}

// replace writes a whole file, or none.
func replace(path string, data []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Head gives the end of the log.
func (l *Log) Head() Head {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.chain.Head
}

// Close closes the file.
func (l *Log) Close() error { return l.file.Close() }

var (
	_ Reader   = Folder{}
	_ Reader   = (*Log)(nil)
	_ Appender = (*Log)(nil)
)
