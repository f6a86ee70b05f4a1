package ledger

import (
	"bufio"
	"cmp"
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
	"syscall"

	"github.com/prometheus/prometheus/tsdb/fileutil"

	"github.com/shopslo/shopslo/internal/disk"
)

// The store keeps a ledger in a directory: checkpoint-N holds every account whole,
// log-N every tick since. Each tick is one checksummed record, appended with one
// write and synced: it is there or it is not, so that after a crash counting goes
// on from the last edge that is there, and the source is read again from it.
// The sound checkpoint before the newest stays, with all logs from it on, until a
// newer one is written, in case the newest turns out damaged.
type store struct {
	dir    string
	disk   disk.FS
	log    *slog.Logger
	slack  int64 // ms: what two clocks may differ by
	lock   fileutil.Releaser
	denied error // why nothing can be written: the files are read only

	gen       uint64
	base      uint64    // generation of the newest checkpoint that is sound; 0 needs none
	file      disk.File // log-gen
	size      int64     // of its sound part
	least     int64     // what threshold is at least
	threshold int64     // size at which the next checkpoint is due
	enc       encoder
	broken    error // the log cannot be gone on with: a new generation is needed
	outdated  bool  // a file of an older format was read
	unbased   bool  // there are logs without a checkpoint: they say nothing
}

// ErrStore marks an error of the ledger's own files: what it stopped is counted next time.
var ErrStore = errors.New("the ledger could not be written")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const (
	frameHeader  = 8 // length and checksum of a record
	largestFrame = 1 << 30
)

func (s *store) path(kind string) string {
	return filepath.Join(s.dir, fmt.Sprintf("%s-%08d", kind, s.gen))
}

// openStore locks and reads a directory, making it where it does not exist. Where
// nothing can be written there, the store's denied says why, and it is to be closed.
func openStore(cfg Config) (*store, []*account, error) {
	if err := disk.MakeDir(cfg.Dir, 0o750); err != nil {
		return nil, nil, permission(fmt.Errorf("make ledger directory %s: %w", cfg.Dir, err), cfg.Dir)
	}
	if _, err := os.ReadDir(cfg.Dir); err != nil {
		return nil, nil, permission(fmt.Errorf("read ledger directory %s: %w", cfg.Dir, err), cfg.Dir)
	}
	s := &store{dir: cfg.Dir, disk: cfg.disk, log: cfg.Log, slack: cfg.Slack.Milliseconds(), least: cfg.CheckpointAfter, threshold: cfg.CheckpointAfter}
	if err := s.checkFormats(); err != nil {
		return nil, nil, err
	}
	lock, _, err := fileutil.Flock(filepath.Join(cfg.Dir, "lock"))
	switch {
	case err == nil:
		s.lock = lock
	case notWritable(err):
		s.denied = err
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, nil, fmt.Errorf("ledger directory %s is in use by another process: %w", cfg.Dir, err)
	default:
		return nil, nil, fmt.Errorf("ledger directory %s is in use by another process, or cannot be locked: %w", cfg.Dir, err)
	}
	accts, err := s.recover()
	if err == nil && s.denied != nil && len(accts) == 0 {
		err = fmt.Errorf("ledger directory %s holds no ledger, and none can be made there: %w", cfg.Dir, s.denied)
	}
	if err != nil {
		return nil, nil, errors.Join(permission(err, cfg.Dir), s.close())
	}
	return s, accts, nil
}

// close ends the log.
func (s *store) close() error {
	var err error
	if s.file != nil {
		err = s.file.Close()
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Release())
	}
	return err
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
		for _, c := range o.processes {
			c.p.stored = true
		}
		for _, c := range o.series {
			c.s.stored = true
		}
	}
	return nil
}

// unwrite takes back what a failed write may have left.
func (s *store) unwrite(cause error) error {
	err := fmt.Errorf("%w, nothing was counted past its last edge, and it will be tried again: %w", ErrStore, cause)
	e := s.file.Truncate(s.size)
	if e == nil {
		e = s.file.Sync() // or a crash could leave the tick there, and what comes next after it
	}
	if e != nil {
		s.broken = fmt.Errorf("%w, and its file must be looked at: %w", ErrStore, errors.Join(cause, e))
		return s.broken
	}
	if _, e := s.file.Seek(s.size, io.SeekStart); e != nil {
		s.broken = fmt.Errorf("%w: %w", ErrStore, e)
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
	next := &store{dir: s.dir, disk: s.disk, gen: s.gen + 1}
	var size int64
	file, err := s.newLog(next.path("log"))
	if err == nil {
		if size, err = next.writeCheckpoint(accts); err != nil {
			err = errors.Join(err, file.Close())
		}
	}
	if err != nil {
		s.broken = cmp.Or(next.broken, s.broken)
		return fmt.Errorf("%w: checkpoint: %w", ErrStore, err)
	}
	next.file = file
	if s.file != nil {
		if err := s.file.Close(); err != nil {
			s.log.Warn("closing the ledger's old log failed", "err", err)
		}
	}
	before := s.base
	s.gen, s.base, s.file, s.size, s.broken = next.gen, next.gen, next.file, int64(len(magic)), nil
	s.threshold = max(s.least, size/2)
	for _, a := range accts {
		a.markStored()
	}
	s.removeBefore(before)
	return nil
}

// writeCheckpoint writes checkpoint-gen under another name and renames it.
func (s *store) writeCheckpoint(accts []*account) (size int64, err error) {
	tmp := s.path("checkpoint") + ".tmp"
	f, err := s.disk.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return 0, err
	}
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
	if err = errors.Join(err, f.Close()); err == nil {
		err = s.disk.Rename(tmp, s.path("checkpoint"))
	}
	if err != nil {
		return 0, errors.Join(err, s.disk.Remove(tmp))
	}
	return size, s.settle()
}

// settle makes the name of a new checkpoint outlast a crash. Where it does not, the
// checkpoint is taken away again, since the old log that goes on would not count; where that
// fails, too, the old log cannot go on.
func (s *store) settle() error {
	err := s.disk.SyncDir(s.dir)
	if err == nil {
		return nil
	}
	e := s.disk.Remove(s.path("checkpoint"))
	if e == nil {
		e = s.disk.SyncDir(s.dir)
	}
	if e != nil {
		err = errors.Join(err, e)
		s.broken = fmt.Errorf("%w: %w", ErrStore, err)
	}
	return err
}

// newLog makes an empty log.
func (s *store) newLog(path string) (disk.File, error) {
	f, err := s.disk.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o640)
	if err != nil {
		return nil, err
	}
	_, err = f.Write([]byte(magic))
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = s.disk.SyncDir(s.dir)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// removeBefore deletes the generations before gen.
func (s *store) removeBefore(gen uint64) {
	for _, kind := range []string{"checkpoint", "log"} {
		for g, path := range s.list(kind) {
			if g < gen {
				if err := s.disk.Remove(path); err != nil {
					s.log.Warn("an old ledger file could not be removed", "err", err)
				}
			}
		}
	}
}

// list finds the files of a kind by generation.
func (s *store) list(kind string) map[uint64]string {
	names, _ := os.ReadDir(s.dir) // openStore could read it
	out := map[uint64]string{}
	for _, f := range names {
		var g uint64
		name, is := strings.CutPrefix(f.Name(), kind+"-")
		if _, err := fmt.Sscanf(name, "%d", &g); is && err == nil && fmt.Sprintf("%08d", g) == name {
			out[g] = filepath.Join(s.dir, f.Name())
		}
	}
	return out
}

func (a *account) markStored() {
	a.stored = true
	for _, t := range a.targets {
		for _, p := range t.processes {
			p.stored = true
		}
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
	if l.aside > 0 {
		return nil // the next one will
	}
	if l.store == nil && edge-l.forgotAt >= forgetEvery {
		l.forgotAt = edge
		l.forget(edge)
	}
	if l.store == nil || l.store.size < l.store.threshold || more && l.store.size < historyLog {
		return nil
	}
	l.forget(edge)
	return l.store.checkpoint(l.sorted())
}

// mend begins a new generation after a write that could be neither finished nor
// taken back.
func (l *Ledger) mend() error {
	l.counting.Lock()
	defer l.counting.Unlock()
	if l.store == nil || l.store.broken == nil {
		return nil
	}
	return l.store.checkpoint(l.sorted())
}

func (l *Ledger) sorted() []*account {
	return slices.SortedFunc(maps.Values(l.accounts), byNumber)
}

func (s *store) listTemporary() []string {
	paths, _ := filepath.Glob(filepath.Join(s.dir, "checkpoint-*.tmp")) // the pattern is sound
	return paths
}
