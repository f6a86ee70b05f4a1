package decisionlog

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Bounds of what is read: damage, and whoever may write to a log, must not take all memory.
const (
	maxLine   = 64 << 20  // bytes of an entry; what is appended stays below some hundred KiB
	MaxRecord = 256 << 20 // bytes of a record, unpacked
)

// errLong is of a line that is no entry for its length alone.
var errLong = errors.New("its line is too long")

// lines reads a log line by line.
type lines struct {
	in   *bufio.Reader
	read int64 // bytes of the lines handed over, with their line feeds
}

func newLines(r io.Reader) *lines { return &lines{in: bufio.NewReaderSize(r, 64<<10)} }

// next gives a line without its line feed. The error is io.EOF after the last, also where
// something stands behind its line feed: torn counts those bytes. It is errLong for a
// line over maxLine, after which the next one can be read.
func (l *lines) next() (text []byte, torn int64, err error) {
	var size int64
	for {
		part, err := l.in.ReadSlice('\n')
		if size += int64(len(part)); size <= maxLine {
			text = append(text, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			return nil, size, err
		}
		l.read += size
		if size > maxLine {
			return nil, 0, errLong
		}
		return text[:len(text)-1], 0, nil
	}
}

// ReadLines reads the lines of a log, checks that they are a chain, and gives its head
// and the length of all whole lines. What stands after the last line feed was never
// answered, and is left out. The error is each's, or wraps ErrBroken. The lines have no
// Record.
func ReadLines(r io.Reader, each func(Line) error) (head Head, size int64, err error) {
	var c Chain
	in := newLines(r)
	for {
		size = in.read
		text, _, err := in.next()
		if errors.Is(err, io.EOF) {
			return c.Head, size, nil
		}
		if errors.Is(err, errLong) {
			err = fmt.Errorf("entry %d: %w: %w", c.Head.Index+1, ErrBroken, err)
		}
		if err != nil {
			return c.Head, size, err
		}
		before := c.Head
		e, err := c.Take(text)
		if err == nil {
			err = each(Line{Entry: e, Hash: c.Head.Hash, Text: text})
		}
		if err != nil {
			return before, size, err
		}
	}
}
