package decisionlog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The names in a log's folder.
const (
	File     = "decisions.jsonl" // a line for each entry
	headFile = "head.json"       // the last head that was given out
	records  = "records"         // the folder of the records, 000001.json.gz and so on
)

// Folder reads a log in a folder, also while a server appends to it.
type Folder struct{ Dir string }

// In reports whether a folder has a log, or what is left of one.
func In(dir string) bool {
	for _, name := range []string{File, headFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

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

// heads is what head.json says.
type heads struct {
	Head       // the last that was given out; zero: none was
	Next *Head `json:"next,omitempty"` // that of the log which a repair puts in its place; nil: none does
}

// given is the last head that was given out; zero where there is none. Of a repair that
// was killed it is the head of the log that it has left: the one of before, or its own.
func (f Folder) given() (Head, error) {
	data, err := os.ReadFile(filepath.Join(f.Dir, headFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Head{}, nil
	}
	if err != nil {
		return Head{}, err
	}
	var h heads
	var again []byte
	if err = json.Unmarshal(data, &h); err == nil {
		again, err = marshalHeads(h)
	}
	if err != nil || !bytes.Equal(again, data) || !(h.Head.one() || h.Head == Head{} && h.Next != nil) || h.Next != nil && !h.Next.one() {
		return Head{}, fmt.Errorf("%w: %s is damaged", ErrBroken, headFile)
	}
	if h.Next != nil && f.has(*h.Next) {
		return *h.Next, nil
	}
	return h.Head, nil
}

// one reports whether it is of an entry.
func (h Head) one() bool { return h.Index > 0 && len(h.Hash) == len(hash(nil)) }

// has reports whether the log has an entry, of which the chain up to it holds.
func (f Folder) has(h Head) (found bool) {
	file, err := os.Open(filepath.Join(f.Dir, File))
	if err != nil {
		return false
	}
	defer file.Close()
	errFound := errors.New("found")
	_, _, err = ReadLines(file, func(l Line) error {
		if l.Index == h.Index && l.Hash == h.Hash {
			return errFound
		}
		return nil
	})
	return errors.Is(err, errFound)
}

func marshalHeads(h heads) ([]byte, error) {
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

// give notes the head that is given out.
func (f Folder) give(h Head) error { return f.note(heads{Head: h}) }

func (f Folder) note(h heads) error {
	data, err := marshalHeads(h)
	if err != nil {
		return err
	}
	return replace(filepath.Join(f.Dir, headFile), data)
}
