package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/internal/cli"
	"github.com/shopslo/shopslo/internal/cli/commands"
	"github.com/shopslo/shopslo/internal/cli/speech"
	"github.com/shopslo/shopslo/internal/plain"
	"github.com/shopslo/shopslo/slo"
)

// The exit codes, which scripts rely on.
const (
	exitOK           = cli.OK
	exitNo           = cli.No           // gate: hold; validate: findings
	exitInconclusive = cli.Inconclusive // gate: evidence is missing
	exitUsage        = cli.Usage
	exitUnavailable  = cli.Unavailable // a source that is needed could not be reached
	exitInterrupted  = cli.Interrupted
	exitTerminated   = cli.Terminated
)

// codeError is an error that knows its exit code. Without an error inside, all has
// been said already: the code is the answer.
type codeError struct {
	code int
	err  error
}

func (e *codeError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *codeError) Unwrap() error { return e.err }

// exitWith ends the command with a code and no message.
func exitWith(code int) error { return &codeError{code: code} }

// program is what a command has around it.
type program struct {
	host.Host
	args           []string
	stdout, stderr io.Writer
	// entered is set once a command runs: an error before that is one of usage.
	entered bool
	// configFile is the value of --config.
	configFile string
	// lang is what people are answered in.
	lang speech.Speech
}

// run is the whole program. It ends early, and cleanly, when ctx does or on SIGINT
// and SIGTERM; a second signal ends it at once.
func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) int {
	ctx, stop := cli.UntilSignal(ctx)
	defer stop()
	p := &program{args: args, stdout: stdout, stderr: stderr}
	p.Host = host.Host{Now: time.Now, Env: cli.Env(env), Version: cli.ThisBuild().Version, Progress: p.progressLine, Complain: p.say,
		Warnings: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	lang, wrong := speech.Of(args, p.Env)
	p.lang = lang
	cmd := p.root()
	cmd.SetArgs(args)
	help := &cli.Output{Writer: stdout}
	cmd.SetOut(help)
	cmd.SetErr(stderr)
	if wrong != nil {
		return p.exit(ctx, cmd, wrong)
	}
	at, err := cmd.ExecuteContextC(ctx)
	if unwritten := help.Failed(err); unwritten != nil {
		p.entered, err = true, unwritten
	}
	return p.exit(ctx, at, err)
}

// exit prints the error, once, and gives the exit code.
func (p *program) exit(ctx context.Context, at *cobra.Command, err error) int {
	if by := cli.By(ctx); by != nil {
		switch {
		case by == os.Interrupt:
			p.say("interrupted")
			return exitInterrupted
		case err == nil: // a server that was asked to end, and did
			return exitOK
		case errors.Is(err, context.Canceled) || errors.As(err, new(cli.Signal)):
			p.say("terminated")
			return exitTerminated
		}
	}
	var coded *codeError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &coded) && coded.err == nil:
		return coded.code
	}
	p.say(err.Error())
	var usage *usage.Error
	if !p.entered || errors.As(err, &usage) {
		p.say(fmt.Sprintf("see '%s --help'", at.CommandPath()))
		return exitUsage
	}
	switch {
	case coded != nil:
		return coded.code
	case errors.Is(err, slo.ErrUnavailable):
		return exitUnavailable
	}
	return exitUsage
}

// say writes a message, a line for each of its lines.
func (p *program) say(message string) {
	cli.Complain(p.stderr, "shopslo", plain.Lines(complaints.Say(p.lang.Language, message)))
}

// root makes the command with all of its subcommands.
func (p *program) root() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "shopslo",
		Short:             "Exact error budgets per ShopSet, and a release gate based on them",
		Long:              p.lang.Long(longRoot),
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			err := commands.NoneEmpty(cmd)
			p.entered = err == nil && cmd.Name() != "help"
			return err
		},
		Args: commands.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	commands.FlagErrors(cmd, p.args)
	cmd.SetHelpCommand(commands.Help())
	commands.LanguageFlag(cmd, &p.lang)
	cmd.AddCommand(initCommand(p), importCommand(p), validateCommand(p), statusCommand(p), explainCommand(p), gateCommand(p), promoteCommand(p), rollbackCommand(p), planCommand(p), decisionsCommand(p), ledgerCommand(p), releasesCommand(p), reportCommand(p), serveCommand(p),
		demoCommand(p), freezeCommand(p), overrideCommand(p), excludeCommand(p), mackerelCommand(p), shopCommand(p), rulesCommand(p), versionCommand(p), commands.Completion("shopslo", &p.lang))
	commands.Translate(cmd, &p.lang, oneLiners)
	return cmd
}

// load reads the configuration that --config names, and all documents.
func (p *program) load() (*documents.Documents, error) { return documents.Load(p.configFile) }

// configFlag adds --config to a command that reads the configuration.
func (p *program) configFlag(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&p.configFile, "config", "c", "shopslo.yaml", "the configuration `file`")
	cmd.MarkFlagFilename("config", "yaml", "yml")
}
