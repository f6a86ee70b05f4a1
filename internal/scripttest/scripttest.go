// Package scripttest runs the testscripts of a program: testdata/script/*.txtar, in which
// the program is a process of its own, and `exits CODE PROGRAM …` compares exit codes.
package scripttest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/shopslo/shopslo/internal/goldentest"
	"github.com/shopslo/shopslo/internal/racetest"
)

// Main is a program's TestMain: its test binary is the program as well.
func Main(m *testing.M, name string, main func()) {
	testscript.Main(tidy{m}, map[string]func(){name: main})
}

// tidy removes what all scripts had.
type tidy struct{ *testing.M }

// Run implements testscript.TestingM.
func (m tidy) Run() int {
	defer func() { os.RemoveAll(quick.dir) }()
	return m.M.Run()
}

// Run runs the scripts with these variables in their environment.
func Run(t *testing.T, env map[string]string) { RunIn(t, "testdata/script", env) }

// RunIn is Run for the scripts of another folder, such as those that need a real server.
func RunIn(t *testing.T, dir string, env map[string]string) {
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		ContinueOnError:     true,
		UpdateScripts:       goldentest.Update(),
		Setup: func(e *testscript.Env) error {
			for name, value := range env {
				e.Setenv(name, value)
			}
			if racetest.Enabled() {
				e.Setenv("PATH", quickDir(t)+string(os.PathListSeparator)+e.Getenv("PATH"))
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// quick is a folder with the program as users have it: a process under the race detector takes
// four times as long, and hundreds are started. What goes on at once within one, tests in this
// process look at.
var quick struct {
	sync.Once
	dir string
	err error
}

func quickDir(t *testing.T) string {
	quick.Do(func() {
		if quick.dir, quick.err = os.MkdirTemp("", "scripttest"); quick.err != nil {
			return
		}
		if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", quick.dir+string(os.PathSeparator), ".").CombinedOutput(); err != nil {
			quick.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if quick.err != nil {
		t.Fatal(quick.err)
	}
	return quick.dir
}

// exits runs a command and compares its exit code: exits 3 shopslo gate.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGUMENT…]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		var exit interface{ ExitCode() int }
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = strconv.Itoa(exit.ExitCode())
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}
