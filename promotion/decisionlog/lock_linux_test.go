package decisionlog

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// appending starts a process that appends to a folder until it is killed.
func appending(t *testing.T, dir string, as *syscall.Credential) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestAppendsUntilItIsKilled$")
	cmd.Env = append(os.Environ(), "DECISIONLOG_KILL="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	out := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd, out
}

// acknowledgedIn reads what such processes said, by the hash.
func acknowledgedIn(outs ...*bytes.Buffer) map[string]int {
	said := map[string]int{}
	for _, out := range outs {
		for line := range strings.Lines(out.String()) {
			var n int
			var h string
			if got, _ := fmt.Sscanf(line, "acknowledged %d %s\n", &n, &h); got == 2 && strings.HasSuffix(line, "\n") {
				said[h] = n
			}
		}
	}
	return said
}

// Two servers may be started on one folder at the same moment, again and again.
func TestOfTwoProcessesOnOneFolderOneWritesAndNothingIsLost(t *testing.T) {
	for round := range 8 {
		dir := t.TempDir()
		one, said1 := appending(t, dir, nil)
		two, said2 := appending(t, dir, nil)
		time.Sleep(300 * time.Millisecond)
		for _, cmd := range []*exec.Cmd{one, two} {
			cmd.Process.Kill()
			cmd.Wait()
		}
		has := map[string]int{}
		if _, err := (Folder{dir}).Read(t.Context(), func(l Line) error { has[l.Hash] = l.Index; _, err := l.Record(t.Context()); return err }); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		said := acknowledgedIn(said1, said2)
		for h, n := range said {
			if has[h] != n {
				t.Fatalf("round %d: entry %d, %s, was acknowledged and is not in the log", round, n, h)
			}
		}
		if len(said) == 0 {
			t.Fatalf("round %d: neither wrote: %s%s", round, said1, said2)
		}
		refused := said1.String() + said2.String()
		if !strings.Contains(refused, "held by") || !strings.Contains(refused, "pid "+strconv.Itoa(one.Process.Pid)) && !strings.Contains(refused, "pid "+strconv.Itoa(two.Process.Pid)) {
			t.Fatalf("round %d: the one that came second does not say who holds it: %s", round, refused)
		}
	}
}

func TestTheFolderIsFreeOnceItsHolderHasClosedOrDied(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	if _, err := Open(dir); !errors.Is(err, errHeld) || !strings.Contains(err.Error(), fmt.Sprintf("pid %d on ", os.Getpid())) {
		t.Errorf("%v", err)
	}
	l.Close()
	cmd, out := appending(t, dir, nil)
	time.Sleep(200 * time.Millisecond)
	cmd.Process.Kill()
	cmd.Wait()
	if len(acknowledgedIn(out)) == 0 {
		t.Fatal(out)
	}
	open(t, dir)
}

// A folder without locks, such as one on NFS whose server has no lock manager, would have
// two writers at once.
func TestAFolderWithoutLocksIsRefusedAndSaysWhatToDo(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.ENOLCK, syscall.ENOSYS, syscall.EOPNOTSUPP} {
		_, err := takeWith(t.TempDir(), func(*flock.Flock) (bool, error) { return false, errno })
		if !errors.Is(err, errno) || !strings.Contains(err.Error(), "does not support locking") || !strings.Contains(err.Error(), "gate.log.git") {
			t.Errorf("%v", err)
		}
	}
}

func TestAWriterWhoseLockFileIsGoneAppendsNothingMore(t *testing.T) {
	for name, harm := range map[string]func(dir string) error{
		"the lock is deleted":         func(dir string) error { return os.Remove(filepath.Join(dir, lockFile)) },
		"the lock is made again":      func(dir string) error { return replace(filepath.Join(dir, lockFile), nil) },
		"the log is replaced":         func(dir string) error { return replace(filepath.Join(dir, File), contents(t, dir, File)) },
		"the log grows by itself":     func(dir string) error { return os.WriteFile(filepath.Join(dir, File), []byte("x\n"), 0o600) },
		"the whole folder is renamed": func(dir string) error { return os.Rename(dir, dir+"-old") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "log")
			l := open(t, dir)
			grow(t, l, 1)
			if err := harm(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Append(t.Context(), decision("abc"), nil); err == nil || !strings.Contains(err.Error(), "restart") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// nobody is a user who owns nothing; nil where the test cannot become one.
func nobody() *syscall.Credential {
	if os.Getuid() != 0 {
		return nil
	}
	return &syscall.Credential{Uid: 65534, Gid: 65534}
}

func TestAReadOnlyFolderCanBeReadAndNotWritten(t *testing.T) {
	top, err := os.MkdirTemp("", "decisionlog")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(top) })
	dir := filepath.Join(top, "log")
	l := open(t, dir)
	grow(t, l, 2)
	l.Close()
	if err := os.Chmod(top, 0o755); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			err = os.Chmod(path, 0o444)
		} else if err == nil {
			err = os.Chmod(path, 0o555)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o755); os.Chmod(filepath.Join(dir, records), 0o755) })
	binary := filepath.Join(top, "test")
	if data, err := os.ReadFile(os.Args[0]); err != nil || os.WriteFile(binary, data, 0o755) != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-test.run=^TestOpensForSomebodyElse$")
	cmd.Dir = top
	cmd.Env = append(os.Environ(), "DECISIONLOG_READ="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: nobody()}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// TestOpensForSomebodyElse is no test by itself: what the one before starts as a user who
// may not write.
func TestOpensForSomebodyElse(t *testing.T) {
	dir := os.Getenv("DECISIONLOG_READ")
	if dir == "" {
		return
	}
	if v, err := Verify(t.Context(), Folder{dir}, ""); err != nil || v.Head.Index != 2 {
		t.Errorf("%v, %v", v, err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("%v", err)
	}
}
