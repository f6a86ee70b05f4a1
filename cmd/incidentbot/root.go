package main

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/internal/cli"
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
	env            map[string]string
	stdout, stderr io.Writer
	now            func() time.Time
	// listening, where it is set, is told the address; for tests.
	listening func(address string)

	config string
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
	cmd := p.command()
	cmd.SetArgs(args)
	cmd.SetOut(p.stdout)
	cmd.SetErr(p.stderr)
	err := cmd.ExecuteContext(ctx)
	switch {
	case err == nil && cli.By(ctx) == os.Interrupt:
		return exitInterrupted
	case err == nil:
		return exitOK
	}
	cli.Complain(p.stderr, "incidentbot", err.Error())
	switch {
	case errors.As(err, &incidentbot.No{}):
		return exitNo
	case errors.As(err, &incidentbot.Failed{}):
		return exitFailed
	}
	cli.Complain(p.stderr, "incidentbot", "see 'incidentbot --help'")
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
		Version: cli.ThisBuild().Version, SilenceErrors: true, SilenceUsage: true,
	}
	cmd.PersistentFlags().StringVar(&p.config, "config", defaultConfig, "`file` with the settings")
	cmd.AddCommand(p.serveCommand(), p.checkCommand(), p.listCommand(), p.summaryCommand(), p.showCommand(), p.postmortemCommand())
	return cmd
}

// around is what the bot gets of the program.
func (p *program) around() incidentbot.Around {
	return incidentbot.Around{Now: p.now, Getenv: p.getenv, Version: cli.ThisBuild().Version, Listening: p.listening}
}

// getenv looks a variable up; "" where there is none.
func (p *program) getenv(name string) string { return p.env[name] }
