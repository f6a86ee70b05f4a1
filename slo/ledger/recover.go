package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"time"
)

// recover reads the newest sound checkpoint and the logs after it, and leaves the
// store ready to append. What is damaged is set aside: renamed, never deleted.
func (s *store) recover() ([]*account, error) {
	s.removeTemporary()
	accounts, err := s.loadCheckpoint()
	if err != nil {
		return nil, err
	}
	gather(slices.SortedFunc(maps.Values(accounts), byNumber))
	var damaged *damage
	logs := s.list("log")
	if s.unbased {
		logs = nil // without its checkpoint a log says only what has changed
	}
	for _, g := range slices.Sorted(maps.Keys(logs)) {
		if g < s.gen || g > s.gen+1 {
			continue
		}
		s.gen = g
		if damaged, err = s.replayLog(logs[g], accounts); err != nil {
			return nil, err
		}
		if damaged != nil {
			break
		}
	}
	list := slices.SortedFunc(maps.Values(accounts), byNumber)
	for _, a := range list {
		a.index = members{}
		if s.outdated {
			a.settleFirst(s.slack)
		}
	}
	return list, s.resume(list, damaged)
}

// damage says which log is unsound, and from where on.
type damage struct {
	path       string
	good, size int
}

func (s *store) removeTemporary() {
	if s.denied != nil {
		return
	}
	for _, p := range s.listTemporary() {
		if err := s.disk.Remove(p); err != nil {
			s.log.Warn("an unfinished checkpoint could not be removed", "err", err)
		}
	}
}

// loadCheckpoint reads the newest checkpoint that is whole; none makes an empty
// ledger of generation 0.
func (s *store) loadCheckpoint() (map[uint32]*account, error) {
	files := s.list("checkpoint")
	gens := slices.Sorted(maps.Keys(files))
	slices.Reverse(gens)
	for _, g := range gens {
		accounts, version, err := readCheckpoint(files[g])
		if err == nil {
			s.gen, s.base, s.outdated = g, g, version < newestFormat
			return accounts, nil
		}
		if !errors.Is(err, errCorrupt) {
			return nil, fmt.Errorf("read ledger checkpoint: %w", err)
		}
		if err := s.setAside(files[g], "an older generation is read instead, or everything is counted again from the source, as far as it goes back"); err != nil {
			return nil, err
		}
	}
	s.gen, s.base = 0, 0
	if logs := s.list("log"); len(logs) > 0 && logs[0] == "" {
		s.unbased = true
		for _, p := range logs {
			if err := s.setAside(p, "everything is counted again from the source, as far as it goes back"); err != nil {
				return nil, err
			}
		}
	}
	return map[uint32]*account{}, nil
}

// setAside renames a damaged file and says what follows. Where it may not be renamed it
// stays, and nothing else is written either.
func (s *store) setAside(path, consequence string) error {
	if s.denied == nil {
		aside, err := s.moveAside(path)
		if err == nil {
			s.log.Error("a ledger file is damaged and was set aside", "file", aside, "consequence", consequence)
			return nil
		}
		if !notWritable(err) {
			return fmt.Errorf("set a damaged ledger file aside: %w", err)
		}
		s.denied = err
	}
	s.log.Error("a ledger file is damaged", "file", path, "consequence", consequence)
	return nil
}

// moveAside renames a damaged file.
func (s *store) moveAside(path string) (aside string, err error) {
	aside = path + ".damaged"
	for n := 2; exists(aside); n++ {
		aside = fmt.Sprintf("%s.damaged-%d", path, n)
	}
	if err = s.disk.Rename(path, aside); err == nil {
		err = s.disk.SyncDir(s.dir)
	}
	return aside, err
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, os.ErrNotExist)
}

func readCheckpoint(path string) (accounts map[uint32]*account, version int, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, err
	}
	if version, err = formatOf(b); err != nil {
		return nil, 0, err
	}
	accounts, err = decodeCheckpoint(b)
	return accounts, version, err
}

// decodeCheckpoint reads a checkpoint; errCorrupt unless it is sound to its end.
func decodeCheckpoint(b []byte) (map[uint32]*account, error) {
	accounts := map[uint32]*account{}
	if err := eachAccount(b, func(a *account) { accounts[a.id] = a }); err != nil {
		return nil, err
	}
	return accounts, nil
}

// eachAccount hands over a checkpoint's accounts, one by one; errCorrupt unless it is sound to its end.
func eachAccount(b []byte, f func(*account)) error {
	version, err := formatOf(b)
	if err != nil {
		return err
	}
	b = b[len(magic):]
	seen := map[uint32]bool{}
	for {
		payload, n := nextFrame(b)
		if payload == nil {
			return errCorrupt
		}
		b = b[n:]
		d := &decoder{b: payload, version: version}
		switch d.byte() {
		case accountRecord:
			a, err := readAccount(d)
			if err != nil || seen[a.id] {
				return errCorrupt
			}
			seen[a.id] = true
			f(a)
		case endRecord:
			if d.uint() != uint64(len(seen)) || d.err != nil || len(b) > 0 {
				return errCorrupt
			}
			return nil
		default:
			return errCorrupt
		}
	}
}

// nextFrame returns the first record's payload and its whole length; nil where no
// sound record begins.
func nextFrame(b []byte) (payload []byte, n int) {
	if len(b) < frameHeader {
		return nil, 0
	}
	size := int(binary.LittleEndian.Uint32(b))
	if size == 0 || size > largestFrame || len(b) < frameHeader+size {
		return nil, 0
	}
	payload = b[frameHeader : frameHeader+size]
	if crc32.Checksum(payload, castagnoli) != binary.LittleEndian.Uint32(b[4:]) {
		return nil, 0
	}
	return payload, frameHeader + size
}

// replayLog applies a log's ticks. An unfinished record at its very end is what a
// crash leaves: it will be cut off. Anything else unsound is damage; what stands
// before it is kept.
func (s *store) replayLog(path string, accounts map[uint32]*account) (*damage, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read ledger log: %w", err)
	}
	version, err := formatOf(b)
	if unknown := unknownFormat(0); errors.As(err, &unknown) {
		return nil, fmt.Errorf("read ledger log %s: %w", path, unknown)
	}
	s.outdated = s.outdated || err == nil && version < newestFormat
	good, torn := replay(b, accounts)
	s.size = int64(good)
	if good == len(b) || torn {
		return nil, nil
	}
	return &damage{path, good, len(b)}, nil
}

// replay applies a log's records as far as they are sound, and reports whether
// what remains can be the rest of a write that a crash cut short.
func replay(b []byte, accounts map[uint32]*account) (good int, torn bool) {
	if len(b) < len(magic) {
		return 0, true
	}
	version, err := formatOf(b)
	if err != nil {
		return 0, false
	}
	good = len(magic)
	for good < len(b) {
		payload, n := nextFrame(b[good:])
		if payload == nil {
			return good, isTorn(b[good:])
		}
		d := &decoder{b: payload, version: version}
		if d.byte() != tickRecord || replayTick(d, accounts) != nil {
			return good, false
		}
		good += n
	}
	return good, true
}

// isTorn reports whether the rest of a log can be an unfinished last record: its
// header is cut, or its length reaches beyond the end and no sound record follows,
// or nothing but zeros was written of it.
func isTorn(rest []byte) bool {
	if len(rest) < frameHeader {
		return true
	}
	size := int(binary.LittleEndian.Uint32(rest))
	if size > 0 && size <= largestFrame && len(rest) < frameHeader+size {
		return !holdsFrame(rest[1:])
	}
	return !slices.ContainsFunc(rest, func(c byte) bool { return c != 0 })
}

// holdsFrame reports whether a sound tick begins anywhere in b.
func holdsFrame(b []byte) bool {
	for i := 0; i+frameHeader < len(b); i++ {
		if b[i+frameHeader] != tickRecord {
			continue
		}
		if !likelyTick(b[i+frameHeader:]) {
			continue // most places: a checksum at each would take hours on a long rest
		}
		if payload, _ := nextFrame(b[i:]); payload != nil {
			return true
		}
	}
	return false
}

// likelyTick reports whether a payload begins as a tick does: with whole seconds.
func likelyTick(b []byte) bool {
	d := &decoder{b: b[1:]}
	from, span := d.int(), int64(d.uint())
	return d.err == nil && from%1000 == 0 && span > 0 && span%1000 == 0
}

// resume makes the files ready for the next tick, or finds that they cannot be written.
func (s *store) resume(accts []*account, d *damage) error {
	if s.denied == nil {
		err := s.goOn(accts, d)
		if err == nil || !notWritable(err) {
			return err
		}
		s.denied = err
	}
	if d != nil {
		return s.setAside(d.path, fmt.Sprintf("it is sound up to byte %d of %d, and what that says is shown", d.good, d.size))
	}
	return nil
}

// goOn makes the log of the current generation ready for the next tick. Where a log
// is damaged, what was read is written as a checkpoint first, and the log set aside then.
func (s *store) goOn(accts []*account, d *damage) error {
	if d != nil {
		for g := range s.list("log") {
			s.gen = max(s.gen, g) // what comes after the damaged one is not written over
		}
		if err := s.checkpoint(accts); err != nil {
			return err
		}
		return s.setAside(d.path, fmt.Sprintf("it was sound up to byte %d of %d, and what that says is kept; the rest is read again from the source: figures stay exact if it goes back to %s",
			d.good, d.size, oldestEdge(accts)))
	}
	if s.outdated {
		if err := s.checkpoint(accts); notWritable(err) {
			return err
		} else if err != nil { // what was read is there, and the next tick tries again
			s.broken = err
			s.log.Error("the ledger's files could not be written in the newest format: nothing is counted until they can be", "err", err)
		}
		return nil
	}
	path := s.path("log")
	if s.size < int64(len(magic)) {
		f, err := s.newLog(path)
		if err != nil {
			return fmt.Errorf("make ledger log: %w", err)
		}
		s.file, s.size = f, int64(len(magic))
		return nil
	}
	f, err := s.disk.OpenFile(path, os.O_RDWR, 0o640)
	if err != nil {
		return fmt.Errorf("open ledger log: %w", err)
	}
	s.file = f
	if err := f.Truncate(s.size); err != nil {
		return fmt.Errorf("cut off the ledger log's unfinished end: %w", err)
	}
	_, err = f.Seek(s.size, io.SeekStart)
	return err
}

// oldestEdge is the edge of the account that has come least far.
func oldestEdge(accts []*account) string {
	if len(accts) == 0 {
		return "its beginning"
	}
	edge := int64(math.MaxInt64)
	for _, a := range accts {
		edge = min(edge, a.hist.edge)
	}
	return timeOf(edge).Format(time.RFC3339)
}
