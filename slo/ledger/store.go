package ledger

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/tsdb/fileutil"
)

// The store keeps a ledger in a directory: checkpoint-N holds every account whole,
// log-N every tick since. Each tick is one checksummed record, appended with one
// write and synced: it is there or it is not, so that after a crash counting goes
// on from the last edge that is there, and the source is read again from it.
// Generation N−1 stays until N+1 is written, in case N turns out damaged.
type store struct {
	dir  string
	log  *slog.Logger
	lock fileutil.Releaser

	gen       uint64
	file      *os.File // log-gen
	size      int64    // of its sound part
	least     int64    // what threshold is at least
	threshold int64    // size at which the next checkpoint is due
	enc       encoder
	broken    error // the log cannot be gone on with: a new generation is needed
	outdated  bool  // a file of an older format was read
}

// errStore marks an error of the ledger's own files.
var errStore = errors.New("the ledger could not be written")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const (
	frameHeader  = 8 // length and checksum of a record
	largestFrame = 1 << 30
)

func (s *store) path(kind string) string {
	return filepath.Join(s.dir, fmt.Sprintf("%s-%08d", kind, s.gen))
}

// openStore locks and reads a directory, making it where it does not exist.
func openStore(cfg Config) (*store, []*account, error) {
	if err := os.MkdirAll(cfg.Dir, 0o750); err != nil {
		return nil, nil, fmt.Errorf("make ledger directory %s: %w", cfg.Dir, err)
	}
	s := &store{dir: cfg.Dir, log: cfg.Log, least: cfg.CheckpointAfter, threshold: cfg.CheckpointAfter}
	if err := s.checkFormats(); err != nil {
		return nil, nil, err
	}
	lock, _, err := fileutil.Flock(filepath.Join(cfg.Dir, "lock"))
	if err != nil {
		return nil, nil, fmt.Errorf("ledger directory %s is in use by another process, or cannot be locked: %w", cfg.Dir, err)
	}
	s.lock = lock
	accts, err := s.recover()
	if err != nil {
		return nil, nil, errors.Join(err, lock.Release())
	}
	return s, accts, nil
}

// close ends the log.
func (s *store) close() error {
	var err error
	if s.file != nil {
		err = s.file.Close()
	}
	return errors.Join(err, s.lock.Release())
}

// write appends a tick. When it fails the log is as before, and the tick can be
// tried again.
func (s *store) write(outs []*outcome, from, to int64) error {
	if s.broken != nil {
		return s.broken
	}
	s.enc.b = append(s.enc.b[:0], make([]byte, frameHeader)...)
	appendTick(&s.enc, outs, from, to)
	seal(s.enc.b)
	n, err := s.file.Write(s.enc.b)
	if err == nil {
		err = s.file.Sync()
	}
	if err != nil {
		return s.unwrite(err)
	}
	s.size += int64(n)
	for _, o := range outs {
		o.acct.stored = true
		for _, c := range o.targets {
			c.t.stored = true
		}
		for _, c := range o.series {
			c.s.stored = true
		}
	}
	return nil
}

// unwrite takes back what a failed write may have left.
func (s *store) unwrite(cause error) error {
	err := fmt.Errorf("%w, nothing was counted past its last edge, and it will be tried again: %w", errStore, cause)
	if e := s.file.Truncate(s.size); e != nil {
		s.broken = fmt.Errorf("%w, and its file must be looked at: %w", errStore, errors.Join(cause, e))
		return s.broken
	}
	if _, e := s.file.Seek(s.size, io.SeekStart); e != nil {
		s.broken = fmt.Errorf("%w: %w", errStore, e)
		return s.broken
	}
	return err
}

// seal fills in the header of a record that has room for it in front.
func seal(frame []byte) {
	binary.LittleEndian.PutUint32(frame, uint32(len(frame)-frameHeader))
	binary.LittleEndian.PutUint32(frame[4:], crc32.Checksum(frame[frameHeader:], castagnoli))
}

// checkpoint writes every account whole and begins a new log. If it fails the old
// generation goes on: the new log is made first, because an empty one after the
// old means nothing, while a checkpoint would make the old log count no longer.
func (s *store) checkpoint(accts []*account) error {
	next := &store{dir: s.dir, gen: s.gen + 1}
	var size int64
	file, err := newLog(next.path("log"))
	if err == nil {
		if size, err = next.writeCheckpoint(accts); err != nil {
			err = errors.Join(err, file.Close())
		}
	}
	if err != nil {
		return fmt.Errorf("%w: checkpoint: %w", errStore, err)
	}
	next.file = file
	if s.file != nil {
		if err := s.file.Close(); err != nil {
			s.log.Warn("closing the ledger's old log failed", "err", err)
		}
	}
	s.gen, s.file, s.size, s.broken = next.gen, next.file, int64(len(magic)), nil
	s.threshold = max(s.least, size/4)
	for _, a := range accts {
		a.markStored()
	}
	s.removeBefore(s.gen - 1)
	return nil
}

// writeCheckpoint writes checkpoint-gen under another name and renames it.
func (s *store) writeCheckpoint(accts []*account) (size int64, err error) {
	tmp := s.path("checkpoint") + ".tmp"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(tmp))
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	put := func(b []byte) {
		size += int64(len(b))
		if err == nil {
			_, err = w.Write(b)
		}
	}
	put([]byte(magic))
	for _, a := range accts {
		s.enc.b = append(s.enc.b[:0], make([]byte, frameHeader)...)
		appendAccount(&s.enc, a)
		seal(s.enc.b)
		put(s.enc.b)
	}
	s.enc.b = append(s.enc.b[:0], make([]byte, frameHeader)...)
	s.enc.byte(endRecord)
	s.enc.uint(uint64(len(accts)))
	seal(s.enc.b)
	put(s.enc.b)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = f.Close()
	}
	if err == nil {
		err = fileutil.Rename(tmp, s.path("checkpoint"))
	}
	return size, err
}

// newLog makes an empty log.
func newLog(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o640)
	if err != nil {
		return nil, err
	}
	if _, err := f.WriteString(magic); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, f.Sync()
}

// removeBefore deletes the generations before gen.
func (s *store) removeBefore(gen uint64) {
	for _, kind := range []string{"checkpoint", "log"} {
		for g := range s.list(kind) {
			if g < gen {
				if err := os.Remove(s.list(kind)[g]); err != nil {
					s.log.Warn("an old ledger file could not be removed", "err", err)
				}
			}
		}
	}
}

// list finds the files of a kind by generation.
func (s *store) list(kind string) map[uint64]string {
	paths, _ := filepath.Glob(filepath.Join(s.dir, kind+"-*")) // the pattern is sound
	out := map[uint64]string{}
	for _, p := range paths {
		var g uint64
		name := strings.TrimPrefix(filepath.Base(p), kind+"-")
		if _, err := fmt.Sscanf(name, "%d", &g); err == nil && fmt.Sprintf("%08d", g) == name {
			out[g] = p
		}
	}
	return out
}

func (a *account) markStored() {
	a.stored = true
	for _, t := range a.targets {
		t.stored = true
	}
	for _, s := range a.series {
		s.stored = true
	}
}

// historyLog is how long (bytes) the log may become while history is read: each
// slice makes a checkpoint outdated.
const historyLog = 16 << 20

// maintain checkpoints when it is due, after forgetting what retention allows at an
// edge that was just closed. While there is more to read it is due later.
func (l *Ledger) maintain(edge int64, more bool) error {
	if l.store == nil || l.store.size < l.store.threshold || more && l.store.size < historyLog {
		return nil
	}
	l.forget(edge)
	return l.store.checkpoint(l.sorted())
}

// mend begins a new generation after a write that could be neither finished nor
// taken back.
func (l *Ledger) mend() error {
	if l.store == nil || l.store.broken == nil {
		return nil
	}
	return l.store.checkpoint(l.sorted())
}

func (l *Ledger) sorted() []*account {
	return slices.SortedFunc(maps.Values(l.accounts), byNumber)
}

// forget drops accounts that nobody asks for, and targets of which nothing has
// been heard, once the retention has passed.
func (l *Ledger) forget(now int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	retention := l.cfg.Retention.Milliseconds()
	any := false
	for key, a := range l.accounts {
		if a.m == nil && a.hist.edge < now-retention {
			delete(l.accounts, key)
			continue
		}
		// By the account's own time: one that lags behind needs its targets yet.
		any = a.forget(min(now, a.hist.edge)-retention) || any
	}
	if any {
		for _, src := range l.sources {
			src.bound = newBindings()
		}
	}
}

// forget drops the targets of which nothing has been heard since horizon, with
// their series, and reports whether there were any.
func (a *account) forget(horizon int64) bool {
	heard := map[*target]bool{}
	for _, s := range a.series {
		if s.pos.t == none || s.pos.t >= horizon {
			heard[s.target] = true
		}
	}
	any := false
	for values, t := range a.targets {
		if !heard[t] && t.state.seen != none && t.state.covered < horizon {
			delete(a.targets, values)
			any = true
		}
	}
	if !any {
		return false
	}
	for key, s := range a.series {
		if a.targets[s.target.values] != s.target {
			delete(a.series, key)
		}
	}
	a.facts.forgot = max(a.facts.forgot, horizon)
	return true
}

func (s *store) listTemporary() []string {
	paths, _ := filepath.Glob(filepath.Join(s.dir, "checkpoint-*.tmp")) // the pattern is sound
	return paths
}
