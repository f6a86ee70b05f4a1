package decisionlog

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// writes are the system calls that change a folder. A process that is killed before each of
// them has been killed after each, too.
var writes = []string{"renameat", "linkat", "unlinkat", "mkdirat", "fsync", "ftruncate", "write"}

// killedAtEachStep runs a child of this test for each step, on a folder of its own, and
// kills it before the step, until it gets through. Then it looks at what is left of the
// entries that were published before.
func killedAtEachStep(t *testing.T, child string, folder func(t *testing.T) (dir string, published []Head), look func(t *testing.T, dir string, published []Head, said string)) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("needs strace")
	}
	for _, call := range writes {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n++ {
				dir, published := folder(t)
				trace := filepath.Join(t.TempDir(), "trace")
				cmd := exec.CommandContext(t.Context(), "strace", "-f", "-qq", "-o", trace, "-e", "trace="+call, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, n),
					os.Args[0], "-test.run=^"+child+"$")
				cmd.Env = append(os.Environ(), "DECISIONLOG_STEP="+dir)
				out, err := cmd.Output()
				if _, killed := errors.AsType[*exec.ExitError](err); err != nil && !killed {
					t.Fatal(err)
				}
				look(t, dir, published, string(out))
				if t.Failed() {
					text, _ := os.ReadFile(trace)
					t.Fatalf("killed before call %d of %s:\n%s", n, call, text)
				}
				if err == nil {
					t.Logf("killed %d times", n-1)
					return
				}
			}
		})
	}
}

// TestRepairsOneStepAfterTheOther is no test by itself: a process that the next one kills.
func TestRepairsOneStepAfterTheOther(t *testing.T) {
	dir := os.Getenv("DECISIONLOG_STEP")
	if dir == "" {
		return
	}
	runtime.LockOSThread() // calls are counted by thread
	if _, _, err := RepairFolder(t.Context(), dir, start, ""); err != nil {
		t.Fatal(err)
	}
}

func TestARepairThatIsKilledAtAnyStepLosesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(t *testing.T) func(string)
		kept int // of 8, by the hashes that were published
	}{
		"an entry in the middle": {func(t *testing.T) func(string) { return changed(t, 4, holds) }, 7},
		"the last entry":         {func(t *testing.T) func(string) { return changed(t, 8, holds) }, 7},
	} {
		t.Run(name, func(t *testing.T) {
			killedAtEachStep(t, "TestRepairsOneStepAfterTheOther", func(t *testing.T) (string, []Head) {
				return damaged(t, c.harm(t))
			}, func(t *testing.T, dir string, heads []Head, _ string) {
				// Whoever comes first: a server that starts, or a second repair.
				if l, err := Open(dir); err == nil {
					l.Close()
				}
				if _, _, err := RepairFolder(t.Context(), dir, start.Add(time.Hour), ""); err != nil {
					t.Error(err)
				}
				kept := 0
				if _, err := (Folder{dir}).Read(t.Context(), func(l Line) error {
					published := slices.ContainsFunc(heads, func(h Head) bool {
						return h.Hash == l.Hash || l.Was != nil && h.Hash == l.Was.Hash || l.Was != nil && l.Was.Was != nil && h.Hash == l.Was.Was.Hash
					})
					if published {
						kept++
					} else if l.Kind != Repair {
						t.Errorf("entry %d is not one that was published", l.Index)
					}
					return nil
				}); err != nil {
					t.Error(err)
				}
				if v, err := Verify(t.Context(), Folder{dir}, ""); err != nil || kept != c.kept || len(v.Repairs) == 0 || len(v.LostRecords) > 0 {
					t.Errorf("%d are kept: %+v, %v", kept, v, err)
				}
				l := open(t, dir)
				grow(t, l, 1)
				l.Close()
			})
		})
	}
}

// TestAppendsOneStepAfterTheOther is no test by itself: a process that the next one kills.
func TestAppendsOneStepAfterTheOther(t *testing.T) {
	dir := os.Getenv("DECISIONLOG_STEP")
	if dir == "" {
		return
	}
	runtime.LockOSThread()
	l, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		h, err := l.Append(t.Context(), decision("abc"), recordAfter(l.Head()))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("acknowledged %d %s\n", h.Index, h.Hash)
	}
}

func TestAServerThatIsKilledAtAnyStepLosesNothing(t *testing.T) {
	killedAtEachStep(t, "TestAppendsOneStepAfterTheOther", func(t *testing.T) (string, []Head) {
		dir := t.TempDir()
		l := open(t, dir)
		grow(t, l, 2)
		l.Close()
		put(t, dir, File, append(contents(t, dir, File), `{"index":3,`...)) // of a server that was killed before
		return dir, nil
	}, func(t *testing.T, dir string, _ []Head, said string) {
		l, err := Open(dir)
		if err != nil {
			t.Error(err)
			return
		}
		l.Close()
		v, err := Verify(t.Context(), Folder{dir}, "")
		if err != nil || v.Head.Index < 2+strings.Count(said, "acknowledged ") {
			t.Errorf("%+v, %v; it said %q", v, err, said)
		}
	})
}
