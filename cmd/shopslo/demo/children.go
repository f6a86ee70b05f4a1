package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopslo/shopslo/internal/child"
)

// children are the demo's processes.
type children struct {
	mu     sync.Mutex
	all    []*childProcess
	closed bool
}

// childProcess is one of them.
type childProcess struct {
	*child.Process
	name     string
	lifeline io.Closer   // its standard input; closing it asks a shop to stop
	said     *child.Tail // what it printed last, for error messages
	expected atomic.Bool // its end was asked for
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
	ended func(*childProcess)
}

var errClosing = errors.New("the demo is being closed")

// start starts a process; it fails after stopAll.
func (c *children) start(spec childSpec) (*childProcess, error) {
	ch := &childProcess{name: spec.name, said: &child.Tail{}}
	cmd := exec.Command(spec.exe, spec.args...)
	cmd.Dir = spec.dir
	var kept io.Writer = ch.said
	if spec.log != nil {
		kept = io.MultiWriter(ch.said, spec.log)
	}
	cmd.Stderr, cmd.Stdout = kept, spec.out
	if spec.out == nil {
		cmd.Stdout = kept
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.name, err)
	}
	ch.lifeline = stdin

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errClosing
	}
	if ch.Process, err = child.Start(cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.name, err)
	}
	c.all = append(c.all, ch)
	go func() {
		<-ch.Done()
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
}

// stop asks the process to end and kills it, with all that it started, when
// the grace has passed. It returns when the process is gone.
func (ch *childProcess) stop(grace time.Duration) {
	ch.expected.Store(true)
	ch.lifeline.Close()
	ch.Stop(grace)
}

// kill ends the process at once, as kill -9 does, and returns when it is gone.
func (ch *childProcess) kill() {
	ch.expected.Store(true)
	ch.Kill()
}

// ending says how the process ended and what it said last.
func (ch *childProcess) ending() error {
	how := "it ended without an error"
	if err := ch.Err(); err != nil {
		how = err.Error()
	}
	text := fmt.Sprintf("%s (pid %d) is gone: %s", ch.name, ch.PID(), how)
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
	case <-ch.Done():
	case <-ctx.Done():
		ch.kill()
		return "", "", 0, context.Cause(ctx)
	}
	c.forget(ch)
	if code := ch.ExitCode(); code > 0 {
		return out.String(), ch.said.String(), code, nil
	}
	if ch.Err() != nil {
		return "", "", 0, ch.ending()
	}
	return out.String(), ch.said.String(), 0, nil
}

// forget drops a child that has ended.
func (c *children) forget(ch *childProcess) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = slices.DeleteFunc(c.all, func(other *childProcess) bool { return other == ch })
}
