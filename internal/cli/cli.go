// Package cli is what the programs have in common about their process: exit codes, how a
// signal ends them, the log, the environment, and which build they are. It uses nothing else
// of the module.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
)

// The exit codes, which scripts rely on.
const (
	OK           = 0
	No           = 1 // known, and not as it should be
	Inconclusive = 2 // evidence is missing
	Usage        = 3 // the command line, the configuration or a document is wrong
	Unavailable  = 4 // what is needed could not be reached, or failed
	Interrupted  = 128 + int(syscall.SIGINT)
	Terminated   = 128 + int(syscall.SIGTERM)
)

// Signal is the cause of a context that a signal has ended.
type Signal struct{ os.Signal }

func (s Signal) Error() string { return s.String() }

// UntilSignal gives a context that ends on SIGINT and SIGTERM, with a Signal as its cause; a
// second signal ends the process at once. Call stop when the program is done.
func UntilSignal(ctx context.Context) (until context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals) // from now on a signal kills
			cancel(Signal{s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}

// By gives the signal that ended a context; nil: none did.
func By(ctx context.Context) os.Signal {
	if s, ok := errors.AsType[Signal](context.Cause(ctx)); ok {
		return s.Signal
	}
	return nil
}

// Output is a writer that keeps its first error, for libraries that forget it: cobra's help.
type Output struct {
	io.Writer
	err error
}

func (o *Output) Write(b []byte) (n int, err error) {
	n, err = o.Writer.Write(b)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// Failed gives the error with which something was not written, where what the command says of
// itself is nothing worse: nil, or that very error.
func (o *Output) Failed(said error) error {
	if o.err == nil || said != nil && !errors.Is(said, o.err) {
		return nil
	}
	return fmt.Errorf("write the answer: %w", o.err)
}

// Complain writes a message, each line of it after the program's name.
func Complain(w io.Writer, program, message string) {
	for line := range strings.Lines(strings.TrimRight(message, "\n")) {
		fmt.Fprintf(w, "%s: %s\n", program, strings.TrimRight(line, "\n"))
	}
}

// Env is the environment, NAME=value each, by name.
func Env(list []string) map[string]string {
	env := make(map[string]string, len(list))
	for _, kv := range list {
		if name, value, ok := strings.Cut(kv, "="); ok {
			env[name] = value
		}
	}
	return env
}

// LogFlags are the flags of a server's log, named as Prometheus' own servers name them.
type LogFlags struct{ level, format string }

// Register adds the flags to those of a command.
func (f *LogFlags) Register(to interface {
	StringVar(p *string, name, value, usage string)
}) {
	to.StringVar(&f.level, "log.level", "info", "minimum `level` to log: debug, info, warn or error")
	to.StringVar(&f.format, "log.format", "text", "`format` of the log: text or json")
}

// Logger writes to w as the flags say.
func (f *LogFlags) Logger(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.level)); err != nil {
		return nil, fmt.Errorf("--log.level: %q is not debug, info, warn or error", f.level)
	}
	o := &slog.HandlerOptions{Level: level}
	switch f.format {
	case "text":
		return slog.New(slog.NewTextHandler(w, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, o)), nil
	}
	return nil, fmt.Errorf("--log.format: %q is not text or json", f.format)
}

// Build is what a program was built from. Version is the module's, or (devel); Revision is
// the commit, "" where it is not known.
type Build struct{ Version, Revision, Go string }

// ThisBuild is that of the running program.
func ThisBuild() Build {
	b := Build{Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Revision = s.Value
			}
		}
	}
	b.Version = cmp.Or(b.Version, "(devel)")
	return b
}
