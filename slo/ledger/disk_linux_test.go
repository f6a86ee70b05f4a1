package ledger_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo/ledger"
)

const diskDirEnv = "LEDGER_TEST_DISK_DIR" // set in the process whose disk is full
const openDirEnv = "LEDGER_TEST_OPEN_DIR" // set in the process that may not write

// otherProcess runs one test of this program in a process of its own.
func otherProcess(t *testing.T, name, env string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+name+"$", "-test.v")
	cmd.Env = append(os.Environ(), env)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// TestProcessWithAFullDisk counts while its files may not grow beyond a limit, which
// is lifted each time after some ticks have failed. By itself it does nothing.
func TestProcessWithAFullDisk(t *testing.T) {
	dir := os.Getenv(diskDirEnv)
	if dir == "" {
		return
	}
	h := killHistory()
	s := sloOf("s", "bad", "total")
	cfg := testConfig(dir, h.Start, timeOf(h.End), h.Config.Interval, time.Minute)
	cfg.CheckpointAfter = 60_000
	l := open(t, cfg, planOf(h.Source(), h.Subjects(), s), h.End)
	limit := uint64(5_000)
	setLimit(t, limit)
	failed, inRow := 0, 0
	for now := h.Start; now < h.End; now += 300_000 {
		err := l.Advance(context.Background(), timeOf(now+1), nil)
		if err == nil {
			continue
		}
		if !strings.Contains(err.Error(), "the ledger could not be written") || !strings.Contains(err.Error(), "file too large") {
			t.Fatalf("the error does not say what happened: %v", err)
		}
		if failed, inRow = failed+1, inRow+1; inRow == 4 {
			limit, inRow = limit+7_000, 0
			setLimit(t, limit)
		}
	}
	setLimit(t, 1<<40)
	if failed < 20 {
		t.Errorf("only %d writes failed", failed)
	}
	end := h.End - h.End%60_000
	advance(t, l, end)
	checkWeek(t, l, h, end)
	closeLedger(t, l)
	fmt.Println("failed writes:", failed)
}

func setLimit(t *testing.T, size uint64) {
	t.Helper()
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &lim); err != nil {
		t.Fatal(err)
	}
	lim.Cur = min(size, lim.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &lim); err != nil {
		t.Fatal(err)
	}
}

func TestWhatAFullDiskRefusedIsCountedLaterAndOnce(t *testing.T) {
	dir := t.TempDir()
	out := otherProcess(t, "TestProcessWithAFullDisk", diskDirEnv+"="+dir)
	if !strings.Contains(out, "failed writes:") {
		t.Fatal(out)
	}
	h := killHistory()
	end := h.End - h.End%60_000
	l, err := openKillLedger(dir, h.Source(), h, sloOf("s", "bad", "total"))
	if err != nil {
		t.Fatal(err)
	}
	checkWeek(t, l, h, end) // from the files alone
	closeLedger(t, l)
}

// TestProcessThatMayNotWrite opens a ledger where it may not write. By itself it does
// nothing.
func TestProcessThatMayNotWrite(t *testing.T) {
	dir := os.Getenv(openDirEnv)
	if dir == "" {
		return
	}
	if os.Getuid() == 0 {
		if err := syscall.Setuid(65534); err != nil {
			t.Fatal(err)
		}
	}
	_, err := ledger.Open(ledger.Config{Dir: dir})
	fmt.Println("error:", err)
}

func TestADirectoryThatCannotBeUsedIsNamed(t *testing.T) {
	dir := t.TempDir()
	for path, mode := range map[string]os.FileMode{dir: 0o555, filepath.Dir(dir): 0o755} { // others may pass, to where they may not write
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ dir, says string }{
		"one that may not be written":  {dir, "permission denied"},
		"one that may not be made":     {filepath.Join(dir, "sub"), "permission denied"},
		"one that is a file":           {file, "not a directory"},
		"one that lies below one file": {filepath.Join(file, "sub"), "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			out := otherProcess(t, "TestProcessThatMayNotWrite", openDirEnv+"="+c.dir)
			if !strings.Contains(out, "ledger directory") || !strings.Contains(out, c.dir) || !strings.Contains(out, c.says) {
				t.Errorf("want an error that names %s and says %s: %s", c.dir, c.says, out)
			}
		})
	}
}
