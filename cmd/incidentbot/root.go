package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/internal/cli"
	"github.com/shopslo/shopslo/internal/cli/commands"
	"github.com/shopslo/shopslo/internal/cli/speech"
	"github.com/shopslo/shopslo/internal/plain"
	"github.com/shopslo/shopslo/service/incidentbot"
)

// The exit codes, which scripts rely on.
const (
	exitOK          = cli.OK
	exitNo          = cli.No // check: something is not as it should be
	exitUsage       = cli.Usage
	exitFailed      = cli.Unavailable // the store or Slack could not be reached
	exitInterrupted = cli.Interrupted
)

// program is what the command has around it.
type program struct {
	args           []string
	env            map[string]string
	stdout, stderr io.Writer
	now            func() time.Time
	// listening, where it is set, is told the address; for tests.
	listening func(address string)

	config string
	// lang is what people are answered in.
	lang speech.Speech
}

// run is the whole program. It ends when ctx does, or on SIGINT and SIGTERM; a second
// signal ends it at once.
func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) int {
	p := &program{env: cli.Env(env), stdout: stdout, stderr: stderr, now: time.Now}
	return p.run(ctx, args)
}

func (p *program) run(ctx context.Context, args []string) int {
	ctx, stop := cli.UntilSignal(ctx)
	defer stop()
	lang, wrong := speech.Of(args, p.env)
	p.lang = lang
	p.args = args
	cmd := p.command()
	if wrong != nil {
		return p.wrong(cmd, wrong)
	}
	cmd.SetArgs(args)
	help := &cli.Output{Writer: p.stdout}
	cmd.SetOut(help)
	cmd.SetErr(p.stderr)
	at, err := cmd.ExecuteContextC(ctx)
	if unwritten := help.Failed(err); unwritten != nil {
		p.say(unwritten.Error())
		return exitUsage
	}
	switch {
	case err == nil && cli.By(ctx) == os.Interrupt:
		return exitInterrupted
	case err == nil:
		return exitOK
	case errors.As(err, &incidentbot.No{}):
		p.say(err.Error())
		return exitNo
	case errors.As(err, &incidentbot.Failed{}):
		p.say(err.Error())
		return exitFailed
	}
	return p.wrong(at, err)
}

// wrong says what is wrong with the command line or the settings.
func (p *program) wrong(at *cobra.Command, err error) int {
	p.say(err.Error())
	p.say(fmt.Sprintf("see '%s --help'", at.CommandPath()))
	return exitUsage
}

// say writes a message, a line for each of its lines.
func (p *program) say(message string) {
	cli.Complain(p.stderr, "incidentbot", plain.Lines(complaints.Say(p.lang.Language, message)))
}

// defaultConfig is where the settings are looked for.
const defaultConfig = "incidentbot.yaml"

func (p *program) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "incidentbot",
		Short: "Manages incidents in Slack",
		Long:  p.lang.Long(longRoot),
		Example: `  incidentbot check
  incidentbot serve --config incidentbot.yaml
  incidentbot list -o json
  incidentbot postmortem inc-12 --lang ja > inc-12.md`,
		Version: cli.ThisBuild().Version, SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return commands.NoneEmpty(cmd) },
		Args:              commands.NoArgs,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	commands.FlagErrors(cmd, p.args)
	cmd.SetHelpCommand(commands.Help())
	cmd.PersistentFlags().StringVar(&p.config, "config", defaultConfig, "the configuration `file`")
	commands.LanguageFlag(cmd, &p.lang)
	cmd.AddCommand(p.serveCommand(), p.checkCommand(), p.listCommand(), p.summaryCommand(), p.showCommand(), p.postmortemCommand(),
		commands.Completion("incidentbot", &p.lang))
	commands.Translate(cmd, &p.lang, oneLiners)
	commands.Wrap(cmd)
	return cmd
}

// around is what the bot gets of the program.
func (p *program) around() incidentbot.Around {
	return incidentbot.Around{Now: p.now, Getenv: p.getenv, Version: cli.ThisBuild().Version, Listening: p.listening}
}

// getenv looks a variable up; "" where there is none.
func (p *program) getenv(name string) string { return p.env[name] }
