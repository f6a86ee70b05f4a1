// Package decisionlog keeps the gate's decisions in a file that can only grow: a line of
// JSON for each, with the hash of the line before, so that nobody can change or take out
// one without breaking every hash that was published since.
package decisionlog

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/shopslo/shopslo/promotion"
)

// Entry is a line of the log.
type Entry struct {
	Index int       `json:"index"` // from 1
	Prev  string    `json:"prev"`  // the hash of the line before; "" for the first
	At    time.Time `json:"at"`
	To    string    `json:"to"`
	// Release is "" where it is not known.
	Release  string            `json:"release"`
	Decision promotion.Verdict `json:"decision"`
	// Record is the SHA-256 of the decision's JSON as it was answered, without "log".
	Record string `json:"record"`
	// Checks are those that did not pass, were waived or failed.
	Checks    []Check    `json:"checks"`
	Overrides []Override `json:"overrides,omitempty"`
	Fix       string     `json:"fix,omitempty"`
}

// Check is one that people have to answer for.
type Check struct {
	Check   string           `json:"check"`
	ShopSet string           `json:"shopset,omitempty"`
	SLO     string           `json:"slo,omitempty"`
	Result  promotion.Result `json:"result"`
	Reason  string           `json:"reason"`
}

// Override is one that was in force.
type Override struct {
	ID     string    `json:"id"`
	Who    string    `json:"who"`
	Why    string    `json:"why"`
	Until  time.Time `json:"until"`
	Waives int       `json:"waives"`
}

// Head is the end of a log: how many entries it has, and the hash of the last. The zero
// value is an empty log.
type Head struct {
	Index int    `json:"index"`
	Hash  string `json:"hash"` // SHA-256 of the line without its line feed, in hexadecimal
}

// Log is open for appending. It is safe for concurrent use within one process; a second
// process is found out by the file's length.
type Log struct {
	mu   sync.Mutex
	file *os.File
	size int64
	head Head
}

// File is the name of the log in its folder.
const File = "decisions.jsonl"

// maxChecks bounds an entry: the record has them all.
const maxChecks = 200

// Open opens the log in a folder, which it makes where there is none, and reads it from
// its beginning. What a killed process left of a line, and so never answered, is cut off.
// The error wraps ErrBroken where the chain does not hold: nothing is appended then.
func Open(dir string) (*Log, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("open decision log: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, File), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open decision log: %w", err)
	}
	l := &Log{file: f}
	if l.head, l.size, err = read(f, nil); err == nil {
		err = f.Truncate(l.size)
	}
	if err == nil {
		_, err = f.Seek(l.size, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open decision log %s: %w", f.Name(), err), f.Close())
	}
	return l, nil
}

// ErrBroken is a chain that does not hold.
var ErrBroken = errors.New("the chain is broken")

// Verify reads a log, hands each entry to f, and gives its head. The error wraps
// ErrBroken where the chain does not hold.
func Verify(r io.Reader, f func(Entry)) (Head, error) {
	head, _, err := read(r, f)
	return head, err
}

// read gives the head and the length of all whole lines.
func read(r io.Reader, f func(Entry)) (head Head, size int64, err error) {
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return head, size, nil // what is left has no end: it was never answered
		}
		if err != nil {
			return head, size, err
		}
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return head, size, fmt.Errorf("line %d: %w: %w", head.Index+1, ErrBroken, err)
		}
		if e.Index != head.Index+1 || e.Prev != head.Hash {
			return head, size, fmt.Errorf("line %d: %w: it says that it is entry %d after %.12s, the line before is %.12s; restore the file from where its head was published",
				head.Index+1, ErrBroken, e.Index, e.Prev, head.Hash)
		}
		head, size = Head{e.Index, hash(bytes.TrimSuffix(line, []byte("\n")))}, size+int64(len(line))
		if f != nil {
			f(e)
		}
	}
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Append writes a decision, whose JSON is record, to the disk and gives the head that is
// to be published with it. After an error nothing was appended that anybody may rely on.
func (l *Log) Append(d promotion.Decision, record []byte) (Head, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if info, err := l.file.Stat(); err != nil || info.Size() != l.size {
		return Head{}, fmt.Errorf("append to decision log %s: somebody else writes to it (%v); give each server a folder of its own", l.file.Name(), err)
	}
	e := entry(d, record)
	e.Index, e.Prev = l.head.Index+1, l.head.Hash
	line, err := json.Marshal(e)
	if err != nil {
		return Head{}, fmt.Errorf("append to decision log: %w", err)
	}
	_, err = l.file.Write(append(line, '\n'))
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		_, back := l.file.Seek(l.size, io.SeekStart)
		return Head{}, errors.Join(fmt.Errorf("append to decision log: %w", err), l.file.Truncate(l.size), back)
	}
	l.head, l.size = Head{e.Index, hash(line)}, l.size+int64(len(line))+1
	return l.head, nil
}

// entry is what the log keeps of a decision.
func entry(d promotion.Decision, record []byte) Entry {
	e := Entry{At: d.At.UTC(), To: string(d.To), Release: d.Release, Decision: d.Verdict, Record: hash(record), Checks: []Check{}}
	for _, c := range d.Checks {
		if c.Result != promotion.Pass && c.Result != promotion.NotChecked && len(e.Checks) < maxChecks {
			e.Checks = append(e.Checks, Check{c.Check, string(c.ShopSet), c.SLO, c.Result, c.Reason})
		}
	}
	for _, o := range d.Overrides {
		e.Overrides = append(e.Overrides, Override{o.ID, o.Who, o.Why, o.Until.UTC(), o.Waives})
	}
	if d.Fix != nil {
		e.Fix = d.Fix.URL
	}
	return e
}

// Head gives the end of the log.
func (l *Log) Head() Head {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.head
}

// Close closes the file.
func (l *Log) Close() error { return l.file.Close() }
