package lab

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Names in a lab's folder.
const (
	ownerFile = "owner" // the program that holds the lab, as in a pid file
	pidsDir   = "pids"
	logsDir   = "logs"
)

// newDir makes the folder of a lab and puts this program's name on it.
func newDir(dir string) (string, error) {
	var err error
	if dir == "" {
		dir, err = os.MkdirTemp("", "shopslo-lab-")
	} else if dir, err = filepath.Abs(dir); err == nil {
		err = takeDir(dir)
	}
	if err != nil {
		return "", err
	}
	for _, sub := range []string{pidsDir, logsDir} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return "", err
		}
	}
	start, _ := startTime(os.Getpid())
	return dir, writeWhole(filepath.Join(dir, ownerFile), identity{os.Getpid(), start}.bytes(), 0o644)
}

// takeDir makes a folder that somebody named, and clears away what a lab that was
// killed has left in it. It never removes another folder's content.
func takeDir(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0:
		return os.MkdirAll(dir, 0o755)
	case err != nil:
		return err
	}
	owner, err := readIdentity(filepath.Join(dir, ownerFile))
	if err != nil {
		return fmt.Errorf("%s is not empty and not a lab's folder; choose another one", dir)
	}
	if owner.alive() {
		return fmt.Errorf("a lab is running in %s (process %d); end it with make lab-down, or choose another folder", dir, owner.pid)
	}
	if _, err := Down(dir); err != nil {
		return err
	}
	return os.MkdirAll(dir, 0o755)
}

// downGrace is how long a lab that is told to stop may take.
const downGrace = 20 * time.Second

// Down ends the lab in a folder from outside: it asks the program that holds it to
// stop, and where that is gone or does not, ends what is left and removes the
// folder. found is false where there is no lab.
func Down(dir string) (found bool, err error) {
	owner, err := readIdentity(filepath.Join(dir, ownerFile))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if owner.pid == os.Getpid() && owner.alive() {
		return true, errors.New("the lab is this program's own; call Stop")
	}
	if owner.alive() {
		owner.terminate()
		for end := time.Now().Add(downGrace); owner.alive() && time.Now().Before(end); {
			time.Sleep(50 * time.Millisecond)
		}
		owner.kill()
	}
	files, _ := filepath.Glob(filepath.Join(dir, pidsDir, "*"))
	for _, f := range files {
		if p, err := readIdentity(f); err == nil {
			p.kill()
		}
	}
	return true, removeAll(dir)
}

// Running tells whether a program holds a lab in the folder; it may still be on
// its way up.
func Running(dir string) bool {
	owner, err := readIdentity(filepath.Join(dir, ownerFile))
	return err == nil && owner.alive()
}

// removeAll removes a folder in which a dying process may still be writing.
func removeAll(dir string) (err error) {
	for range 50 {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

// identity is a process for good: pids are used again, pids with their start times
// are not.
type identity struct {
	pid   int
	start uint64 // in clock ticks since the machine's start
}

func (i identity) bytes() []byte { return fmt.Appendf(nil, "%d %d\n", i.pid, i.start) }

func readIdentity(file string) (identity, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return identity{}, err
	}
	i, err := parseIdentity(string(data))
	if err != nil {
		return identity{}, fmt.Errorf("read %s: %w", file, err)
	}
	return i, nil
}

// parseIdentity reads what bytes has written.
func parseIdentity(text string) (identity, error) {
	pid, start, ok := strings.Cut(strings.TrimSuffix(text, "\n"), " ")
	n, err1 := strconv.ParseInt(pid, 10, 32)
	ticks, err2 := strconv.ParseUint(start, 10, 64)
	// 0, 1 and negative numbers are no process of ours: kill reads them as groups or init.
	if !ok || err1 != nil || err2 != nil || n <= 1 {
		return identity{}, fmt.Errorf("%q is not a process id and a start time", text)
	}
	return identity{int(n), ticks}, nil
}

// alive tells whether this very process still runs.
func (i identity) alive() bool {
	start, ok := startTime(i.pid)
	return ok && start == i.start
}

// janitor is a small process of its own that removes the lab's folder when the
// program that holds the lab is gone, however it went: its standard input ends then.
type janitor struct {
	cmd   *exec.Cmd
	input io.Closer
}

const janitorScript = `cat >/dev/null; for i in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- "$1" 2>/dev/null && exit 0; sleep 1; done; exit 1`

func startJanitor(dir string) (*janitor, error) {
	cmd := exec.Command("sh", "-c", janitorScript, "lab-janitor", dir)
	cmd.Dir = "/"
	Detach(cmd)
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the lab's janitor: %w", err)
	}
	return &janitor{cmd, input}, nil
}

// dismiss lets the janitor do its work and end.
func (j *janitor) dismiss() error {
	j.input.Close()
	if err := j.cmd.Wait(); err != nil {
		return fmt.Errorf("the lab's janitor: %w", err)
	}
	return nil
}
