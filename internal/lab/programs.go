package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Program is one that is added to a lab: an exporter, a shop, an Alertmanager.
type Program struct {
	Name string // unique among what runs; its log is Name.log
	Path string // of the executable
	Args []string
	Env  []string // beside PATH, a HOME and TMPDIR of its own, and LANG
}

// Process is a Program that runs or ran. It ends with the lab at the latest.
type Process struct{ p *process }

// Run starts a program. One of the same name must have ended; their logs follow one
// another in one file.
func (l *Lab) Run(p Program) (*Process, error) {
	started, err := l.procs.start(spec{name: p.Name, exe: p.Path, args: p.Args, env: p.Env})
	if err != nil {
		return nil, err
	}
	return &Process{started}, nil
}

// Build compiles a command of this module, such as ./cmd/shopslo, and gives the
// executable's path in the lab's folder.
func (l *Lab) Build(ctx context.Context, pkg string) (string, error) {
	root, err := moduleRoot(l.options.Root)
	if err != nil {
		return "", err
	}
	exe := filepath.Join(l.dir, "bin", filepath.Base(pkg))
	if _, err := output(ctx, root, os.Environ(), "go", "build", "-o", exe, pkg); err != nil {
		return "", fmt.Errorf("build %s: %w", pkg, err)
	}
	return exe, nil
}

// FreeAddress gives a host and port on which nothing listens, for a Program that
// has to come back at the same one.
func (l *Lab) FreeAddress() (string, error) {
	port, err := l.ports.free()
	return local(port), err
}

// Signal sends a signal to the process; the error says that it has ended.
func (p *Process) Signal(s os.Signal) error {
	if err := p.p.Process.Signal(s); err != nil {
		return fmt.Errorf("%s: %w", p.p.name, err)
	}
	return nil
}

// Kill ends the process, and what it started, as kill -9 does.
func (p *Process) Kill() { p.p.kill() }

// alive tells whether the process runs.
func (p *Process) alive() bool { return p.p.Alive() }

// Wait waits until the process ends and gives its exit code, -1 where a signal ended
// it. The error is that of ctx.
func (p *Process) Wait(ctx context.Context) (code int, err error) {
	select {
	case <-p.p.done:
		return p.p.ExitCode(), nil
	case <-ctx.Done():
		return 0, fmt.Errorf("wait for %s: %w", p.p.name, context.Cause(ctx))
	}
}

// Log is what the process, and those of its name before it, have written so far.
func (p *Process) Log() string {
	data, err := os.ReadFile(p.p.log)
	if err != nil {
		return err.Error()
	}
	return string(data)
}
