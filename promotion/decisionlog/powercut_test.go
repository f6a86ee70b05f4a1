package decisionlog

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/shopslo/shopslo/internal/disk/disktest"
)

// openDisk opens a log with two entries on a disk that a test has fail.
func openDisk(t *testing.T) (*Log, *disktest.Disk) {
	t.Helper()
	d := disktest.New(t)
	l, err := openOn(d, filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	grow(t, l, 2)
	return l, d
}

// left is the head of what a power cut would leave now; every record is there.
func left(t *testing.T, l *Log, d *disktest.Disk, hasty bool) Head {
	t.Helper()
	v, err := Verify(t.Context(), Folder{d.PowerCut(t, l.Dir, hasty)}, "")
	if err != nil {
		t.Fatalf("a power cut (hasty %v): %v; operations %v", hasty, err, d.Ops())
	}
	return v.Head
}

// Each operation of the disk fails once, and then two in a row: what Append has answered
// outlasts a power cut, what it has refused is not there, and the log goes on.
func TestWhatIsAnsweredOutlastsAPowerCutWhateverFails(t *testing.T) {
	for n := 0; ; n++ {
		l, d := openDisk(t)
		before := l.Head()
		for _, hasty := range []bool{false, true} {
			if got := left(t, l, d, hasty); got != before {
				t.Fatalf("a power cut (hasty %v) leaves %v of %v", hasty, got, before)
			}
		}
		failed := d.FailOnce(n, syscall.EIO)
		head, err := l.Append(t.Context(), decision("abc"), recordAfter(before))
		if failed() != (err != nil) || err != nil && !errors.Is(err, syscall.EIO) {
			t.Fatalf("operation %d fails: %v", n, err)
		}
		want := before
		if err == nil {
			want = head
		}
		for _, hasty := range []bool{false, true} {
			if got := left(t, l, d, hasty); got != want || l.Head() != want {
				t.Errorf("operation %d fails (%v): a power cut (hasty %v) leaves %v, the log has %v, want %v", n, err, hasty, got, l.Head(), want)
			}
		}
		if !failed() {
			return
		}
		if next := grow(t, l, 1)[0]; next.Index != 3 || left(t, l, d, false) != next {
			t.Errorf("operation %d failed before: the next is %v, a power cut leaves %v", n, next, left(t, l, d, false))
		}
	}
}

// A log whose failed append cannot be taken back takes no more, and says so.
func TestALogThatCannotBeCutTakesNoMore(t *testing.T) {
	l, d := openDisk(t)
	head := l.Head()
	broken := false
	d.Fail(func(o disktest.Op) error {
		if broken = broken || o == (disktest.Op{Do: disktest.Write, Name: File}); broken {
			return syscall.EIO
		}
		return nil
	})
	if _, err := l.Append(t.Context(), decision("abc"), recordAfter(head)); !errors.Is(err, syscall.EIO) {
		t.Fatalf("%v", err)
	}
	d.Fail(nil)
	if _, err := l.Append(t.Context(), decision("abc"), recordAfter(head)); err == nil || !strings.Contains(err.Error(), "an earlier append failed half-way") || l.Head() != head {
		t.Fatalf("%v", err)
	}
	// Opened again, what was half written is cut off.
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if l = open(t, l.Dir); l.Head() != head || grow(t, l, 1)[0].Index != 3 {
		t.Errorf("it goes on with %v", l.Head())
	}
}

// Who may not look at a file does not know that somebody has put another in its place.
func TestAFileThatMayNotBeReadIsNoFileThatWasReplaced(t *testing.T) {
	for _, name := range []string{File, lockFile} {
		l, d := openDisk(t)
		d.Fail(func(o disktest.Op) error {
			if o == (disktest.Op{Do: disktest.Stat, Name: name}) {
				return syscall.EACCES
			}
			return nil
		})
		_, err := l.Append(t.Context(), decision("abc"), recordAfter(l.Head()))
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "permission denied") || strings.Contains(err.Error(), "replaced") || errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
		d.Fail(nil)
		grow(t, l, 1)
	}
}
