package main

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
	"time"

	"github.com/shopslo/shopslo/service/incidentbot"
	"github.com/spf13/cobra"
)

// The exit codes, which scripts rely on.
const (
	exitOK          = 0
	exitNo          = 1 // check: something is not as it should be
	exitUsage       = 3 // the command line or a file is wrong
	exitFailed      = 4 // the store or Slack could not be reached
	exitInterrupted = 128 + int(syscall.SIGINT)
)

// program is what the command has around it.
type program struct {
	env            []string
	stdout, stderr io.Writer
	now            func() time.Time
	// listening, where it is set, is told the address; for tests.
	listening func(address string)

	config string
}

// signaled is why the context ended.
type signaled struct{ os.Signal }

func (s signaled) Error() string { return s.String() }

// run is the whole program. It ends when ctx does, or on SIGINT and SIGTERM; a second
// signal ends it at once.
func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) int {
	p := &program{env: env, stdout: stdout, stderr: stderr, now: time.Now}
	return p.run(ctx, args)
}

func (p *program) run(ctx context.Context, args []string) int {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals) // from now on a signal kills
			cancel(signaled{s})
		case <-ctx.Done():
		}
	}()
	cmd := p.command()
	cmd.SetArgs(args)
	cmd.SetOut(p.stdout)
	cmd.SetErr(p.stderr)
	err := cmd.ExecuteContext(ctx)
	var by signaled
	if interrupted := errors.As(context.Cause(ctx), &by) && by.Signal == os.Interrupt; interrupted && err == nil {
		return exitInterrupted
	}
	if err == nil {
		return exitOK
	}
	for line := range strings.Lines(strings.TrimRight(err.Error(), "\n")) {
		fmt.Fprintf(p.stderr, "incidentbot: %s\n", strings.TrimRight(line, "\n"))
	}
	switch {
	case errors.As(err, &incidentbot.No{}):
		return exitNo
	case errors.As(err, &incidentbot.Failed{}):
		return exitFailed
	}
	fmt.Fprintln(p.stderr, "incidentbot: see 'incidentbot --help'")
	return exitUsage
}

// defaultConfig is where the settings are looked for.
const defaultConfig = "incidentbot.yaml"

func (p *program) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "incidentbot",
		Short: "Runs incidents in Slack",
		Long: `incidentbot opens a Slack channel for each incident, calls in the people concerned, keeps
one status message up to date, writes the timeline, reminds of what is forgotten, and
asks for the postmortem. shopslo's gate can ask it what is ongoing.

Settings stand in ` + defaultConfig + `; see docs/incidentbot.md, which begins with how to
make the Slack app. Secrets come from the environment or from files that the settings
name, never from arguments: SLACK_BOT_TOKEN, SLACK_APP_TOKEN (Socket Mode),
SLACK_SIGNING_SECRET (HTTP), INCIDENTBOT_ALERT_TOKEN, INCIDENTBOT_API_TOKEN,
INCIDENTBOT_STORE (instead of store:, where the address has a password).

Exit codes: 0 done · 1 check found something · 3 the command line or a file is wrong ·
4 the store or Slack could not be reached · 130 interrupted.`,
		Example: `  incidentbot check
  incidentbot serve --config incidentbot.yaml
  incidentbot list -o json
  incidentbot postmortem inc-12 --lang ja > inc-12.md`,
		Version: thisVersion(), SilenceErrors: true, SilenceUsage: true,
	}
	cmd.PersistentFlags().StringVar(&p.config, "config", defaultConfig, "`file` with the settings")
	cmd.AddCommand(p.serveCommand(), p.checkCommand(), p.listCommand(), p.summaryCommand(), p.showCommand(), p.postmortemCommand())
	return cmd
}

// around is what the bot gets of the program.
func (p *program) around() incidentbot.Around {
	return incidentbot.Around{Now: p.now, Getenv: p.getenv, Version: thisVersion(), Listening: p.listening}
}

// getenv looks a variable up; "" where there is none.
func (p *program) getenv(name string) string {
	for _, e := range p.env {
		if value, ok := strings.CutPrefix(e, name+"="); ok {
			return value
		}
	}
	return ""
}

// logger writes the log to the error stream.
func (p *program) logger(level, format string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("--log.level: %q is not debug, info, warn or error", level)
	}
	o := &slog.HandlerOptions{Level: l}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(p.stderr, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(p.stderr, o)), nil
	}
	return nil, fmt.Errorf("--log.format: %q is not text or json", format)
}

// version is set by the linker where a release is built; otherwise the module's own
// version is told.
var version string

func thisVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return cmp.Or(version, info.Main.Version, "(devel)")
	}
	return cmp.Or(version, "(devel)", runtime.Version())
}
