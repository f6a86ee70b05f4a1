package ledger_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/shopslo/shopslo/slo/ledger"
)

// Set in a process that may only read: the ledger's directory, and how that is: "denied"
// by the permissions of its files, or "read-only" as a file system.
const (
	readDirEnv = "LEDGER_TEST_READ_DIR"
	readHowEnv = "LEDGER_TEST_READ_HOW"
	// readKeepEnv: it is to keep what it counts.
	readKeepEnv = "LEDGER_TEST_READ_KEEP"
)

// TestProcessThatMayOnlyRead opens a ledger, writes its figures, and counts on. By itself
// it does nothing.
func TestProcessThatMayOnlyRead(t *testing.T) {
	dir := os.Getenv(readDirEnv)
	if dir == "" {
		return
	}
	switch os.Getenv(readHowEnv) {
	case "read-only":
		if err := syscall.Mount(dir, dir, "", syscall.MS_BIND, ""); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mount("", dir, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
	default:
		if os.Getuid() == 0 {
			if err := syscall.Setuid(65534); err != nil {
				t.Fatal(err)
			}
		}
	}
	cfg := formatConfig(dir)
	cfg.Log, cfg.Keep = textLog(os.Stdout), os.Getenv(readKeepEnv) != ""
	l, err := ledger.Open(cfg)
	if err != nil {
		fmt.Println("error:", err)
		return
	}
	p, slos := formatPlan()
	if err := l.Configure(p, timeOf(formatEnd)); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("before:\n%s", formatFigures(l, slos, formatStart, formatEdge))
	for _, minute := range []int64{121, 150, 180} {
		advance(t, l, formatStart+minute*60_000)
	}
	fmt.Printf("after:\n%s", formatFigures(l, slos, formatStart, formatEnd))
	if err := l.Close(); err != nil {
		fmt.Println("error:", err)
	}
	fmt.Println("end")
}

// readOnly runs TestProcessThatMayOnlyRead.
func readOnly(t *testing.T, dir, how string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestProcessThatMayOnlyRead$", "-test.v")
	cmd.Env = append(os.Environ(), readDirEnv+"="+dir, readHowEnv+"="+how)
	if how == "read-only" {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func passable(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// writtenAnew is a ledger like that of testdata/format1, in today's format.
func writtenAnew(t *testing.T) (dir string) {
	t.Helper()
	dir = copyFormat1(t)
	l, err := ledger.Open(formatConfig(dir))
	if err != nil {
		t.Fatal(err)
	}
	closeLedger(t, l)
	return dir
}

func TestALedgerThatCannotBeWrittenIsReadAndCountsInMemory(t *testing.T) {
	golden, err := os.ReadFile("testdata/format1.txt")
	if err != nil {
		t.Fatal(err)
	}
	before, after, _ := strings.Cut(string(golden), "\n\n")
	for name, c := range map[string]struct {
		how, says string
		make      func(t *testing.T) string
		spoil     func(t *testing.T, dir string)
	}{
		"another user's":                                  {"denied", "permission denied", writtenAnew, nil},
		"of the first format":                             {"denied", "permission denied", copyFormat1, nil},
		"on a read-only file system":                      {"read-only", "read-only file system", writtenAnew, nil},
		"of the first format, on a read-only file system": {"read-only", "read-only file system", copyFormat1, nil},
		"whose newest checkpoint is damaged": {"denied", "is damaged", writtenAnew, func(t *testing.T, dir string) {
			flip(t, filepath.Join(dir, "checkpoint-00000004"))
		}},
		"without its lock, and with an unfinished checkpoint": {"denied", "permission denied", writtenAnew, func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "lock")); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "checkpoint-00000005.tmp"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := c.make(t)
			if c.spoil != nil {
				c.spoil(t, dir)
			}
			passable(t, filepath.Dir(dir), 0o755)
			for _, path := range glob(t, dir, "*") {
				passable(t, path, 0o444)
			}
			passable(t, dir, 0o555)
			files := folder(t, dir)
			out := readOnly(t, dir, c.how)
			for _, want := range []string{"before:\n" + before, "after:\n" + strings.TrimSpace(after), "the ledger cannot be written", "kept in memory only", c.says} {
				if !strings.Contains(out, want) {
					t.Errorf("want %q in %s", want, out)
				}
			}
			if strings.Contains(out, "error:") || strings.Contains(out, "another process") {
				t.Error(out)
			}
			if got := folder(t, dir); got != files {
				t.Errorf("its files were\n%s\nand are\n%s", files, got)
			}
		})
	}
}

func TestWhoKeepsWhatIsCountedIsToldThatItCannotBe(t *testing.T) {
	t.Setenv(readKeepEnv, "1")
	for how, says := range map[string]string{"denied": "permission denied", "read-only": "read-only file system"} {
		t.Run(how, func(t *testing.T) {
			dir := writtenAnew(t)
			passable(t, filepath.Dir(dir), 0o755)
			for _, path := range glob(t, dir, "*") {
				passable(t, path, 0o444)
			}
			passable(t, dir, 0o555)
			out := readOnly(t, dir, how)
			if !strings.Contains(out, "error: the ledger in "+dir+" cannot be written") || !strings.Contains(out, says) || strings.Contains(out, "after:") {
				t.Error(out)
			}
		})
	}
}

func TestALedgerThatMayNotBeReadIsCalledSo(t *testing.T) {
	for _, name := range []string{".", "checkpoint-00000004", "log-00000004"} {
		t.Run(name, func(t *testing.T) {
			dir := writtenAnew(t)
			passable(t, filepath.Dir(dir), 0o755)
			passable(t, dir, 0o755)
			path := filepath.Join(dir, name)
			passable(t, path, 0o700)
			if name != "." {
				passable(t, path, 0o600)
			}
			files := folder(t, dir)
			out := readOnly(t, dir, "denied")
			for _, want := range []string{"error: permission denied", path, "run as the user that owns"} {
				if !strings.Contains(out, want) {
					t.Errorf("want %q in %s", want, out)
				}
			}
			for _, wrong := range []string{"damaged", "another process", "before:"} {
				if strings.Contains(out, wrong) {
					t.Errorf("%q in %s", wrong, out)
				}
			}
			if got := folder(t, dir); got != files {
				t.Errorf("its files were\n%s\nand are\n%s", files, got)
			}
		})
	}
}
