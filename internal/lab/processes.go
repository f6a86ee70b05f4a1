package lab

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopslo/shopslo/internal/child"
)

// processes are the lab's programs. Each dies with the lab, and has a log and a pid file
// in the lab's folder.
type processes struct {
	dir string

	mu     sync.Mutex
	all    map[string]*process
	closed bool
}

// spec says what to start.
type spec struct {
	name string // unique, such as "eks-b.kube-apiserver"
	exe  string
	args []string
	env  []string // beside what all processes get
}

// process is one running, or ended, program.
type process struct {
	*child.Process
	name string
	log  string        // file
	done chan struct{} // closed at its end, when its pid file is gone
}

func newProcesses(dir string) *processes {
	return &processes{dir: dir, all: map[string]*process{}}
}

// environment is what every process of the lab gets, and all that it gets: no
// proxy, no Git or Kubernetes settings of whoever runs the lab.
func environment(dir, path string) []string {
	return []string{"PATH=" + path, "HOME=" + dir, "TMPDIR=" + dir, "LANG=C.UTF-8"}
}

// start starts a program; its output goes to logs/NAME.log. A program of the same
// name must have ended.
func (ps *processes) start(s spec) (*process, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.closed {
		return nil, fmt.Errorf("start %s: the lab is stopped", s.name)
	}
	if old := ps.all[s.name]; old != nil && old.Alive() {
		return nil, fmt.Errorf("start %s: it is running", s.name)
	}
	home := filepath.Join(ps.dir, "home", s.name)
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(ps.logFile(s.name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(s.exe, s.args...)
	cmd.Dir, cmd.Env = home, append(environment(home, os.Getenv("PATH")), s.env...)
	cmd.Stdout, cmd.Stderr = log, log
	p := &process{name: s.name, log: log.Name(), done: make(chan struct{})}
	if p.Process, err = child.Start(cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.name, err)
	}
	ps.all[s.name] = p
	ticks, _ := startTime(p.PID())
	pid := filepath.Join(ps.dir, pidsDir, s.name)
	err = writeWhole(pid, identity{p.PID(), ticks}.bytes(), 0o644)
	go func() {
		<-p.Done()
		os.Remove(pid)
		close(p.done)
	}()
	return p, err
}

// killAll ends all programs at once, and returns when none is left. None can be
// started after it.
func (ps *processes) killAll() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.closed = true
	var all sync.WaitGroup
	for _, p := range ps.all {
		all.Go(p.kill)
	}
	all.Wait()
}

func (ps *processes) logFile(name string) string {
	return filepath.Join(ps.dir, logsDir, name+".log")
}

// kill does what kill -9 does, and returns when the program is gone.
func (p *process) kill() {
	p.Kill()
	<-p.done
}

// ready waits until an address answers with 200.
func (p *process) ready(ctx context.Context, client *http.Client, url string, limit time.Duration) error {
	if err := p.Ready(ctx, client, url, limit); err != nil {
		return fmt.Errorf("%s %w; it said last:\n%s", p.name, err, tail(p.log, 20))
	}
	return nil
}

// logTails gives the last lines of each program's log, for a test that failed.
func (l *Lab) logTails(lines int) string {
	files, _ := filepath.Glob(filepath.Join(l.dir, logsDir, "*.log"))
	slices.Sort(files)
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintf(&b, "── %s\n%s\n", filepath.Base(f), tail(f, lines))
	}
	return b.String()
}

// tailBytes bounds what is read of a log: some programs print very long lines.
const tailBytes = 16 << 10

// tail gives the last lines of a file.
func tail(file string, lines int) string {
	f, err := os.Open(file)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > tailBytes {
		f.Seek(-tailBytes, io.SeekEnd)
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
