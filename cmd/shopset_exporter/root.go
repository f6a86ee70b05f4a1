package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/internal/cli"
	"github.com/shopslo/shopslo/internal/cli/commands"
	"github.com/shopslo/shopslo/internal/cli/speech"
	"github.com/shopslo/shopslo/internal/plain"
)

// The exit codes, which scripts rely on.
const (
	exitOK          = cli.OK
	exitUsage       = cli.Usage
	exitFailed      = cli.Unavailable // it ran, and what it cannot do without failed
	exitInterrupted = cli.Interrupted
)

// program is what the command has around it.
type program struct {
	args   []string
	env    []string
	stdout io.Writer
	stderr io.Writer
	now    func() time.Time
	// listening, where it is set, is told the address; for tests.
	listening func(address string)
	// lang is what people are answered in.
	lang speech.Speech
}

// failure is an error of something that ran.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// run is the whole program. It ends when ctx does, or on SIGINT and SIGTERM; a
// second signal ends it at once.
func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) int {
	p := &program{env: env, stdout: stdout, stderr: stderr, now: time.Now}
	return p.run(ctx, args)
}

func (p *program) run(ctx context.Context, args []string) int {
	ctx, stop := cli.UntilSignal(ctx)
	defer stop()
	lang, wrong := speech.Of(args, cli.Env(p.env))
	p.lang = lang
	if wrong != nil {
		return p.wrong(wrong)
	}
	p.args = args
	cmd := p.command()
	cmd.SetArgs(args)
	help := &cli.Output{Writer: p.stdout}
	cmd.SetOut(help)
	cmd.SetErr(p.stderr)
	err := cmd.ExecuteContext(ctx)
	if unwritten := help.Failed(err); unwritten != nil {
		p.say(unwritten.Error())
		return exitUsage
	}
	switch {
	case err == nil && cli.By(ctx) == os.Interrupt:
		return exitInterrupted
	case err == nil:
		return exitOK
	case errors.As(err, &failure{}):
		p.say(err.Error())
		return exitFailed
	}
	return p.wrong(err)
}

// wrong says what is wrong with the command line or a file.
func (p *program) wrong(err error) int {
	p.say(err.Error())
	p.say("see 'shopset_exporter --help'")
	return exitUsage
}

// say writes a message, a line for each of its lines.
func (p *program) say(message string) {
	cli.Complain(p.stderr, "shopset_exporter", plain.Lines(complaints.Say(p.lang.Language, message)))
}

// flags are the settings.
type flags struct {
	fleet     []string
	resources bool

	kubeconfig, inCluster string
	contexts              []string
	argoSecrets           bool
	argoNamespace         string
	label, name, path     string
	applications          bool
	maxAge, grace         time.Duration

	gitSystem, gitApp, gitSubmodule, gitDir string
	gitInterval                             time.Duration

	state   string
	refresh time.Duration

	listen, webConfig string
	log               cli.LogFlags
}

// defaultListen is on this machine only: without a web configuration anybody who
// reaches it may read.
const defaultListen = "127.0.0.1:9877"

func (p *program) command() *cobra.Command {
	f := &flags{}
	cmd := &cobra.Command{
		Use:   "shopset_exporter",
		Short: "Exports the actual state of a fleet of ShopSets to Prometheus",
		Long:  p.lang.Long(longRoot),
		Example: `  shopset_exporter --fleet 'fleet/*.yaml' --kubeconfig ~/.kube/config --context onprem-a --context eks-b
  shopset_exporter --fleet.resources --in-cluster onprem-a --state.file /var/lib/shopset/state.json \
    --git.dir /var/lib/shopset/git --git.system https://git.example.com/system.git \
    --git.app https://git.example.com/app.git --git.submodule app`,
		Version:           cli.ThisBuild().Version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("it takes no arguments, but got %q; quote patterns such as --fleet 'fleet/*.yaml'", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := f.log.Logger(p.stderr)
			if err != nil {
				return err
			}
			return p.serve(cmd.Context(), f, log)
		},
	}
	f.register(cmd)
	commands.FlagErrors(cmd, p.args)
	commands.LanguageFlag(cmd, &p.lang)
	commands.Translate(cmd, &p.lang, oneLiners)
	commands.Wrap(cmd)
	return cmd
}

func (f *flags) register(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringArrayVar(&f.fleet, "fleet", nil, "`pattern` of the fleet's document files; may be repeated")
	fs.BoolVar(&f.resources, "fleet.resources", false, "read the fleet's documents from the clusters' custom resources")
	fs.StringVar(&f.kubeconfig, "kubeconfig", "", "kubeconfig `file` of the clusters")
	fs.StringArrayVar(&f.contexts, "context", nil, "`name` of a context of the kubeconfig; may be repeated (default: all)")
	fs.StringVar(&f.inCluster, "in-cluster", "", "read the cluster that the exporter runs in, under this `name`")
	fs.BoolVar(&f.argoSecrets, "argocd.cluster-secrets", false, "also read the clusters in Argo CD's cluster Secrets")
	fs.StringVar(&f.argoNamespace, "argocd.namespace", "argocd", "`namespace` of Argo CD and its Applications; empty for all namespaces")
	fs.StringVar(&f.label, "application.label", "", "`label` of an Application that names its ShopSet (default shopset.dev/shopset)")
	fs.StringVar(&f.name, "application.name-pattern", "", "regular `expression` that matches an Application's whole name, with a group (?P<shopset>…)")
	fs.StringVar(&f.path, "application.path-pattern", "", "regular `expression` that matches the path of an Application's source, with a group (?P<shopset>…)")
	fs.BoolVar(&f.applications, "applications", false, "also export series per Application: many series if there are many Applications")
	fs.DurationVar(&f.maxAge, "max-age", 15*time.Minute, "age of Argo CD's last comparison at which a ShopSet becomes Unknown; 0: never")
	fs.DurationVar(&f.grace, "grace", 10*time.Second, "how long a cluster may be unreachable or not answer before its ShopSets become Unknown")
	fs.StringVar(&f.gitSystem, "git.system", "", "`URL` of the repository that Argo CD reads; without it, Releases are unknown")
	fs.StringVar(&f.gitApp, "git.app", "", "`URL` of the app repository, if it is a submodule")
	fs.StringVar(&f.gitSubmodule, "git.submodule", "", "`folder` of the app repository in the system repository")
	fs.StringVar(&f.gitDir, "git.dir", "", "`folder` for mirrors of the repositories; for the exporter's use only")
	fs.DurationVar(&f.gitInterval, "git.interval", 30*time.Second, "how often the repositories are fetched")
	fs.StringVar(&f.state, "state.file", "", "`file` for state that Argo CD does not keep, such as since when a ShopSet differs from git; without it, a restart loses it")
	fs.DurationVar(&f.refresh, "refresh", 10*time.Second, "how often the fleet is evaluated if nothing changes")
	fs.StringVar(&f.listen, "web.listen-address", defaultListen, "`host:port` to listen on; port 0 is a free one")
	fs.StringVar(&f.webConfig, "web.config.file", "", "`file` with TLS and basic authentication settings, in the format of Prometheus' exporters")
	f.log.Register(fs)
}

// check says what does not fit together.
func (f *flags) check() error {
	switch {
	case len(f.fleet) == 0 && !f.resources:
		return errors.New("no fleet: name its documents with --fleet, or read the clusters' with --fleet.resources")
	case len(f.fleet) > 0 && f.resources:
		return errors.New("--fleet and --fleet.resources exclude each other: one of them says what there should be")
	case f.kubeconfig == "" && f.inCluster == "":
		return errors.New("no cluster: name a --kubeconfig, or --in-cluster where it runs in one")
	case f.kubeconfig == "" && len(f.contexts) > 0:
		return errors.New("--context needs --kubeconfig")
	case f.argoSecrets && f.argoNamespace == "":
		return errors.New("--argocd.cluster-secrets needs --argocd.namespace: Secrets are read in one namespace only")
	case f.gitSystem == "" && (f.gitApp != "" || f.gitSubmodule != "" || f.gitDir != ""):
		return errors.New("--git.app, --git.submodule and --git.dir need --git.system")
	case f.gitSystem != "" && f.gitDir == "":
		return errors.New("--git.system needs --git.dir, a folder for its mirror")
	case f.gitInterval < time.Second || f.refresh < time.Second:
		return errors.New("--git.interval and --refresh are at least 1s")
	case f.maxAge < 0 || f.grace < 0:
		return errors.New("--max-age and --grace are not negative")
	}
	if _, port, err := net.SplitHostPort(f.listen); err != nil || !isPort(port) {
		return fmt.Errorf("--web.listen-address: %q is not host:port, such as %s or :9877", f.listen, defaultListen)
	}
	return nil
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}
