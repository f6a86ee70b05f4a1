package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// processes are the lab's programs. Each has a process group of its own, dies with
// the lab even where that is killed, and has a log and a pid file in the lab's folder.
type processes struct {
	dir string
	// spawn carries work to one goroutine that stays on one OS thread: Linux ties
	// the death signal to the thread that started a child, and Go ends idle threads.
	spawn chan func()

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
	spec spec
	cmd  *exec.Cmd
	pid  string // its pid file
	done chan struct{}
	err  error // how it ended; read after done
}

func newProcesses(dir string) *processes {
	ps := &processes{dir: dir, spawn: make(chan func()), all: map[string]*process{}}
	go func() {
		runtime.LockOSThread()
		for f := range ps.spawn {
			f()
		}
	}()
	return ps
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
	if old := ps.all[s.name]; old != nil && old.alive() {
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
	p := &process{spec: s, cmd: exec.Command(s.exe, s.args...), done: make(chan struct{}),
		pid: filepath.Join(ps.dir, pidsDir, s.name)}
	p.cmd.Dir, p.cmd.Env = home, append(environment(home, os.Getenv("PATH")), s.env...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	ownGroup(p.cmd)
	started := make(chan error)
	ps.spawn <- func() { started <- p.cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", s.name, err)
	}
	ps.all[s.name] = p
	ticks, _ := startTime(p.cmd.Process.Pid)
	err = writeWhole(p.pid, identity{p.cmd.Process.Pid, ticks}.bytes(), 0o644)
	go func() {
		p.err = p.cmd.Wait()
		os.Remove(p.pid)
		close(p.done)
	}()
	return p, err
}

// killAll ends all programs at once, and returns when none is left. None can be
// started after it.
func (ps *processes) killAll() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.closed {
		return
	}
	ps.closed = true
	for _, p := range ps.all {
		p.signalKill()
	}
	for _, p := range ps.all {
		<-p.done
	}
	close(ps.spawn)
}

func (ps *processes) logFile(name string) string {
	return filepath.Join(ps.dir, logsDir, name+".log")
}

func (p *process) alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// signalKill kills a program that still runs, with all that it started.
func (p *process) signalKill() {
	if p.alive() {
		killGroup(p.cmd.Process.Pid)
	}
}

// kill does what kill -9 does, and returns when the program is gone.
func (p *process) kill() {
	p.signalKill()
	<-p.done
}

// ready waits until an address answers with 200.
func (ps *processes) ready(ctx context.Context, p *process, client *http.Client, url string, limit time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it is not ready after %s", limit))
	defer cancel()
	for {
		answer, err := probe(ctx, client, url)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s is gone (%v); it said last:\n%s", p.spec.name, p.err, tail(ps.logFile(p.spec.name), 20))
		case <-ctx.Done():
			return fmt.Errorf("%s: %w; %s answers: %v %s", p.spec.name, context.Cause(ctx), url, err, answer)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// probe asks once. The answer is the start of what an unready server says.
func probe(ctx context.Context, client *http.Client, url string) (answer string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 2000))
	if resp.StatusCode != http.StatusOK {
		return string(body), errors.New(resp.Status)
	}
	return "", nil
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
