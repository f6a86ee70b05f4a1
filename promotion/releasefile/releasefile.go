// Package releasefile keeps when Releases came to ShopSets, as deploy jobs say: a file of
// JSON lines that is only appended to.
//
// It is read strictly, since a line that is not understood may be the newest. What stands
// in it is a claim: nobody has looked at what runs.
package releasefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// Bounds of a file.
const (
	mostBytes = 16 << 20
	mostLine  = 256 << 10
	mostBy    = 200 // bytes
	// slack is how far the clocks of those who write and read may differ.
	slack = 5 * time.Minute
)

// Entry says that a Release came to ShopSets.
type Entry struct {
	At       time.Time           `json:"at"` // when all of them had it
	Release  string              `json:"release"`
	ShopSets []fleet.ShopSetName `json:"shopsets"` // at least one, each once
	By       string              `json:"by"`       // who says so; "" : nobody does
	Recorded time.Time           `json:"recorded"` // when it was written
}

// same reports whether both say the same of when what came.
func (e Entry) same(as Entry) bool {
	return e.At.Equal(as.At) && e.Release == as.Release && slices.Equal(slices.Sorted(slices.Values(e.ShopSets)), slices.Sorted(slices.Values(as.ShopSets)))
}

// Check reports what cannot be an Entry.
func (e Entry) Check() error {
	switch {
	case e.At.Year() < 1971 || e.Recorded.Year() < 1971:
		return errors.New(`"at" or "recorded" is missing, or no time`)
	case e.At.Sub(e.Recorded) > slack:
		return fmt.Errorf("it says at %s that a release came at %s, which was in the future", stamp(e.Recorded), stamp(e.At))
	case len(e.ShopSets) == 0:
		return errors.New(`"shopsets" is missing or empty`)
	case len(e.By) > mostBy || strings.ContainsFunc(e.By, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf(`"by" has more than %d bytes, or characters that cannot be printed`, mostBy)
	}
	for i, set := range e.ShopSets {
		if err := fleet.CheckName(string(set)); err != nil {
			return fmt.Errorf(`"shopsets": %.80q %w`, set, err)
		}
		if slices.Contains(e.ShopSets[:i], set) {
			return fmt.Errorf(`"shopsets": %s is listed twice`, set)
		}
	}
	return promotion.CheckReleaseName(e.Release)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// errTorn is the error of Read where the last line was left unfinished: who wrote it was
// killed, or is writing.
var errTorn = errors.New("its last line is unfinished: who wrote it was stopped before it was done; 'shopslo releases repair' takes it away, then add the release again")

// Read reads a file, the oldest Entry first. One that is not there has none. The error
// names file and line.
func Read(path string) ([]Entry, error) {
	for wait := range 4 { // who is writing needs no longer
		entries, _, err := read(path)
		if !errors.Is(err, errTorn) || wait == 3 {
			return entries, err
		}
		time.Sleep(50 * time.Millisecond)
	}
	panic("unreachable")
}

// read gives the length of all whole lines as well.
func read(path string) (entries []Entry, whole int64, err error) {
	data, err := content(path)
	if err != nil {
		return nil, 0, err
	}
	last := map[fleet.ShopSetName]claim{}
	for number := 1; len(data) > 0; number++ {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			return entries, whole, fmt.Errorf("%s:%d: %w", path, number, errTorn)
		}
		e, err := decode(data[:end])
		if err == nil {
			err = follow(last, e, number)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("%s:%d: %w; correct the line, or take it away", path, number, err)
		}
		entries, data, whole = append(entries, e), data[end+1:], whole+int64(end)+1
	}
	return entries, whole, nil
}

// content is all that is in the file; nothing where there is none.
func content(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", path, err)
	case len(data) > mostBytes:
		return nil, fmt.Errorf("%s has more than %d MiB; begin a new file with the last entry of each ShopSet", path, mostBytes>>20)
	}
	return data, nil
}

// decode reads a line: each key once, and no other.
func decode(line []byte) (e Entry, err error) {
	if len(line) > mostLine {
		return e, fmt.Errorf("has more than %d KiB", mostLine>>10)
	}
	if err := onceEach(line); err != nil {
		return e, err
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return e, fmt.Errorf("is no entry: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return e, errors.New("is no entry: more follows behind it")
	}
	return e, e.Check()
}

// onceEach refuses a key that is given twice, of which encoding/json takes the last.
func onceEach(line []byte) error {
	var keys []string
	d := json.NewDecoder(bytes.NewReader(line))
	for depth := 0; ; {
		token, err := d.Token()
		if err != nil {
			return nil // Decode says what is wrong
		}
		switch t := token.(type) {
		case json.Delim:
			if depth++; t == ']' || t == '}' {
				depth -= 2
			}
		case string:
			if depth != 1 {
				continue
			}
			key := strings.ToLower(t)
			if slices.Contains(keys, key) {
				return fmt.Errorf("has the key %.80q twice", t)
			}
			if keys = append(keys, key); d.More() {
				var value json.RawMessage
				if d.Decode(&value) != nil {
					return nil
				}
			}
		}
	}
}

// claim is the newest Entry of a ShopSet.
type claim struct {
	promotion.Arrival
	newest time.Time
	line   int
}

// follow takes an Entry into account. Of one ShopSet each Entry is later than the one before:
// else one of them is wrong, and nobody knows which.
func follow(last map[fleet.ShopSetName]claim, e Entry, line int) error {
	for _, set := range e.ShopSets {
		was, known := last[set]
		if known && !e.At.After(was.newest) {
			return fmt.Errorf("it says that release %s came to %s at %s, and line %d that %s did at %s, which is no earlier",
				e.Release, set, stamp(e.At), was.line, was.Release, stamp(was.newest))
		}
	}
	for _, set := range e.ShopSets {
		c := claim{promotion.Arrival{ShopSet: set, Release: e.Release, At: e.At.UTC(), By: e.By, Recorded: e.Recorded.UTC()}, e.At, line}
		if was, known := last[set]; known && was.Release == e.Release { // deployed again: it has been there since
			c.Arrival = was.Arrival
		}
		last[set] = c
	}
	return nil
}

// Running is what runs by the Entries, and since when: of each ShopSet the last Release, since
// the first of the Entries that name it without another one between. Sorted by ShopSet.
func Running(entries []Entry) (out []promotion.Arrival) {
	last := map[fleet.ShopSetName]claim{}
	for i, e := range entries {
		if follow(last, e, i+1) != nil {
			continue // read has refused it
		}
	}
	for _, c := range last {
		out = append(out, c.Arrival)
	}
	slices.SortFunc(out, func(a, b promotion.Arrival) int { return strings.Compare(string(a.ShopSet), string(b.ShopSet)) })
	return out
}
