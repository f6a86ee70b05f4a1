package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// children starts processes and sees to it that none outlives it: each gets a
// process group of its own (a Ctrl-C at the terminal reaches the demo alone,
// which ends its children in order) and, on Linux, dies with the demo even where
// that is killed.
type children struct {
	// spawn carries work to one goroutine that stays on one OS thread: Linux ties
	// the death signal to the thread that started a child, and Go ends idle threads.
	spawn chan func()

	mu     sync.Mutex
	all    []*child
	closed bool
}

// child is one process.
type child struct {
	name     string
	cmd      *exec.Cmd
	lifeline io.Closer     // its standard input; closing it asks a shop to stop
	said     *lastLines    // what it printed last, for error messages
	done     chan struct{} // closed at its end
	err      error         // how it ended; read after done
	expected atomic.Bool   // its end was asked for
}

// childSpec says what to start.
type childSpec struct {
	name string
	exe  string
	args []string
	dir  string
	// out gets standard output; without it, that is kept with standard error for
	// messages. log gets a copy of what is kept.
	out, log io.Writer
	// ended is called at the end of a child whose end nobody asked for.
	ended func(*child)
}

func newChildren() *children {
	c := &children{spawn: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for f := range c.spawn {
			f()
		}
	}()
	return c
}

var errClosing = errors.New("the demo is being closed")

// start starts a process; it fails after stopAll.
func (c *children) start(spec childSpec) (*child, error) {
	ch := &child{name: spec.name, said: &lastLines{}, done: make(chan struct{})}
	ch.cmd = exec.Command(spec.exe, spec.args...)
	ch.cmd.Dir = spec.dir
	var kept io.Writer = ch.said
	if spec.log != nil {
		kept = io.MultiWriter(ch.said, spec.log)
	}
	ch.cmd.Stderr, ch.cmd.Stdout = kept, spec.out
	if spec.out == nil {
		ch.cmd.Stdout = kept
	}
	ch.cmd.WaitDelay = 2 * time.Second // a grandchild may hold the pipes open
	setProcessAttributes(ch.cmd)
	stdin, err := ch.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.name, err)
	}
	ch.lifeline = stdin

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errClosing
	}
	started := make(chan error)
	c.spawn <- func() { started <- ch.cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.name, err)
	}
	c.all = append(c.all, ch)
	go func() {
		ch.err = ch.cmd.Wait()
		close(ch.done)
		if spec.ended != nil && !ch.expected.Load() {
			spec.ended(ch)
		}
	}()
	return ch, nil
}

// stopAll ends all children, politely first, and returns when none is left. No
// child can be started after it.
func (c *children) stopAll(grace time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	var all sync.WaitGroup
	for _, ch := range c.all {
		all.Go(func() { ch.stop(grace) })
	}
	all.Wait()
	close(c.spawn)
}

// pid of the process; it may have ended.
func (ch *child) pid() int { return ch.cmd.Process.Pid }

// stop asks the process to end and kills it, with all that it started, when
// the grace has passed. It returns when the process is gone.
func (ch *child) stop(grace time.Duration) {
	ch.expected.Store(true)
	ch.lifeline.Close()
	interrupt(ch.cmd.Process)
	select {
	case <-ch.done:
	case <-time.After(grace):
		ch.kill()
	}
}

// kill ends the process at once, as kill -9 does, and returns when it is gone.
func (ch *child) kill() {
	ch.expected.Store(true)
	select {
	case <-ch.done: // its pid may be another's by now
		return
	default:
	}
	killGroup(ch.cmd.Process)
	<-ch.done
}

// ending says how the process ended and what it said last.
func (ch *child) ending() error {
	how := "it ended without an error"
	if ch.err != nil {
		how = ch.err.Error()
	}
	text := fmt.Sprintf("%s (pid %d) is gone: %s", ch.name, ch.pid(), how)
	if last := ch.said.String(); last != "" {
		text += "; it said last:\n" + last
	}
	return errors.New(text)
}

// output runs a program to its end and returns its standard output, its standard
// error and its exit code. The error tells of a program that did not run or was
// killed; another exit code than 0 is no error.
func (c *children) output(ctx context.Context, dir, exe string, args ...string) (stdout, stderr string, code int, err error) {
	var out bytes.Buffer
	ch, err := c.start(childSpec{name: strings.Join(append([]string{exe}, args...), " "), exe: exe, args: args, dir: dir, out: &out})
	if err != nil {
		return "", "", 0, err
	}
	ch.expected.Store(true)
	ch.lifeline.Close()
	select {
	case <-ch.done:
	case <-ctx.Done():
		ch.kill()
		return "", "", 0, context.Cause(ctx)
	}
	c.forget(ch)
	var exit *exec.ExitError
	if errors.As(ch.err, &exit) && exit.Exited() {
		return out.String(), ch.said.String(), exit.ExitCode(), nil
	}
	if ch.err != nil {
		return "", "", 0, ch.ending()
	}
	return out.String(), ch.said.String(), 0, nil
}

// forget drops a child that has ended.
func (c *children) forget(ch *child) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.all {
		if c.all[i] == ch {
			c.all = append(c.all[:i], c.all[i+1:]...)
			return
		}
	}
}

// lastLines keeps the end of what is written to it.
type lastLines struct {
	mu   sync.Mutex
	text []byte
}

// keptBytes is how much of a child's messages is kept.
const keptBytes = 4 << 10

func (l *lastLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if over := len(l.text) - keptBytes; over > 0 {
		l.text = append([]byte(nil), l.text[over:]...)
	}
	return len(p), nil
}

func (l *lastLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimRight(string(l.text), "\n")
}

// alive reports whether a process that was started still runs.
func (ch *child) alive() bool {
	select {
	case <-ch.done:
		return false
	default:
		return true
	}
}

// interrupt asks a process to end; where the system has no such signal, its
// closed standard input has to do.
func interrupt(p *os.Process) { p.Signal(interruptSignal) }
