// Package child starts processes that do not outlive this one. Each has a process group of its
// own, so that a Ctrl-C at the terminal reaches this program alone, which ends its children in
// order; on Linux it dies with this program even where that is killed.
package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Process is one that was started. Its methods may be called by several goroutines at once.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // read after done
}

// spawn carries work to one goroutine that stays on one OS thread: Linux ties the death signal
// to the thread that started a child, and Go ends idle threads.
var spawn = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range work {
			f()
		}
	}()
	return work
})

// Start starts a command, and waits for it: the caller does not.
func Start(cmd *exec.Cmd) (*Process, error) {
	own(cmd)
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = 2 * time.Second // a grandchild may hold the pipes open
	}
	started := make(chan error)
	spawn() <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, err
	}
	p := &Process{cmd: cmd, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// PID is its process id; it may have ended.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed at its end.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how it ended, as of exec.Cmd's Wait; nil while it runs.
func (p *Process) Err() error {
	if p.Alive() {
		return nil
	}
	return p.err
}

// ExitCode is that of a process that has ended; -1 where a signal ended it, and while it runs.
func (p *Process) ExitCode() int {
	if p.Alive() {
		return -1
	}
	return p.cmd.ProcessState.ExitCode()
}

// Alive reports whether it still runs.
func (p *Process) Alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Signal sends it a signal; the error is os.ErrProcessDone where it has ended.
func (p *Process) Signal(s os.Signal) error {
	if !p.Alive() {
		return os.ErrProcessDone // its pid may be another's by now
	}
	return p.cmd.Process.Signal(s)
}

// Stop asks it to end, where the system has a signal for that, and kills it when the grace has
// passed. It returns when the process is gone.
func (p *Process) Stop(grace time.Duration) {
	_ = p.Signal(polite)
	select {
	case <-p.done:
	case <-time.After(grace):
		p.Kill()
	}
}

// Kill ends it, and all of its group, at once, as kill -9 does. It returns when the process is
// gone.
func (p *Process) Kill() {
	if p.Alive() {
		killGroup(p.cmd.Process)
	}
	<-p.done
}

// pause is between two questions of Ready.
const pause = 50 * time.Millisecond

// Ready waits until an address answers 200. The error continues a sentence about the process:
// that it is gone, or what the address answers instead when the limit has passed or ctx ends.
func (p *Process) Ready(ctx context.Context, client *http.Client, url string, limit time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("is not ready after %s", limit))
	defer cancel()
	for {
		err := probe(ctx, client, url)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("is gone (%v)", p.err)
		case <-ctx.Done():
			return fmt.Errorf("%w; %s answers: %v", context.Cause(ctx), url, err)
		case <-time.After(pause):
		}
	}
}

// probe asks once. The error holds the start of what an unready server says.
func probe(ctx context.Context, client *http.Client, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 2000))
	return errors.New(resp.Status + " " + string(body))
}

// Tail keeps the end of what is written to it: a child's last words. It may be used by several
// goroutines at once.
type Tail struct {
	mu   sync.Mutex
	text []byte
}

// kept is how many bytes that are.
const kept = 4 << 10

// Write adds to it; it never fails.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - kept; over > 0 {
		t.text = append([]byte(nil), t.text[over:]...)
	}
	return len(p), nil
}

// String is what it keeps, without line feeds at the end.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimRight(string(t.text), "\n")
}
