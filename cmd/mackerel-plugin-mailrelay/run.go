package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/shopslo/shopslo/internal/cli"
	"github.com/shopslo/shopslo/internal/cli/pluginflags"
	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relayconf"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaystore"
)

// enough is when everything is printed, whatever is still waited for: the agent ends a
// plugin after 30 s, and takes nothing of it then.
const enough = 25 * time.Second

const (
	exitOK    = 0
	exitUsage = 3 // wrong usage or configuration
)

// program is one run, with what it may touch.
type program struct {
	env            map[string]string
	stdout, stderr io.Writer
	now            func() time.Time

	lang           text.Language // of errors
	config, prefix string
	folder         string // of the histories, instead of the file's; "" is the file's
	stamped        bool   // each value with the time that it is of

	mu      sync.Mutex
	secrets []string // all that were read, to be hidden in whatever is written
}

func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) int {
	p := &program{env: cli.Env(env), stdout: stdout, stderr: stderr, now: time.Now}
	return p.run(ctx, args)
}

func (p *program) run(ctx context.Context, args []string) int {
	if err := p.parse(args); errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil {
		p.complain(fmt.Errorf("mackerel-plugin-mailrelay: %w", err))
		return exitUsage
	}
	if p.env["MACKEREL_AGENT_PLUGIN_META"] != "" {
		if err := definitions(p.stdout, p.prefix); err != nil {
			p.complain(err)
			return exitUsage
		}
		return exitOK
	}
	return p.poll(ctx)
}

// parse reads the flags. Help, where it is asked for, has been printed.
func (p *program) parse(args []string) error {
	flags := pluginflags.New("mackerel-plugin-mailrelay", does, flagged)
	flags.StringVar(&p.config, "config", "/etc/mackerel-agent/mailrelay.yaml", "the `file` that lists the accounts")
	flags.StringVar(&p.prefix, "metric-key-prefix", "mailrelay", "the `prefix` of metric names")
	flags.StringVar(&p.folder, "tempfile", "", "the `folder` of histories, instead of what the file says; check-mailrelay needs the same")
	flags.BoolVar(&p.stamped, "plugin-timestamps", false, "give each value the time that it is of, up to 15 minutes ago; the agent (0.87 or later) needs use_plugin_timestamp = true")
	err := flags.Parse(args, p.env, p.stderr)
	if p.lang = flags.Lang.Language; err != nil {
		return err
	}
	return pluginflags.CheckPrefix(p.prefix)
}

// poll asks all accounts at once and prints what they tell, in the file's order.
func (p *program) poll(ctx context.Context) int {
	ctx, cancel := context.WithTimeout(ctx, enough)
	defer cancel()
	data, err := disk.Read(p.config, document.MaxSize)
	if err != nil {
		p.complain(fmt.Errorf("read the list of accounts: %w; name a file that the agent may read with -config", err))
		return exitUsage
	}
	file, err := relayconf.Parse(p.config, data, relayconf.Surroundings{Env: p.lookup, ReadFile: p.readFile})
	if err != nil {
		p.complain(err)
		return exitUsage
	}
	store := relaystore.Store{Dir: cmp.Or(p.folder, file.Folder(p.workdir()))}
	now := p.now()
	results := make([]chan outcome, len(file.Accounts))
	code := exitOK
	for i, a := range file.Accounts {
		results[i] = make(chan outcome, 1)
		j, err := p.job(a, store, now)
		if err != nil {
			p.complain(err)
			code = exitUsage
			close(results[i])
			continue
		}
		go func() { results[i] <- j.run(ctx) }()
	}
	for i, a := range file.Accounts {
		select {
		case o := <-results[i]:
			code = max(code, p.print(a.Name, now, o))
		case <-ctx.Done():
			// One that is ready at the same time still counts.
			select {
			case o := <-results[i]:
				code = max(code, p.print(a.Name, now, o))
			default:
				p.complain(fmt.Errorf("account %s: not done within %s: nothing is told of it this time", a.Name, enough))
			}
		}
	}
	return code
}

// job makes what polls one account; faults are the account's own.
func (p *program) job(a relayconf.Account, s relaystore.Store, now time.Time) (job, error) {
	j := job{account: a, store: s, begun: now, clock: p.now, stamped: p.stamped, relay: choose(relays, a.Relay, a.Options, "relay")}
	for _, o := range a.Canaries {
		j.canary = append(j.canary, wayTo(o, j.canary))
	}
	if o := a.StatusPage; o != nil {
		j.page = choose(statusPages, o.Text("by"), o, "by")
	}
	return j, a.Finish()
}

// print writes what a job tells, and gives the exit code that goes with it.
func (p *program) print(account string, now time.Time, o outcome) int {
	for _, err := range o.errs {
		p.complain(fmt.Errorf("account %s: %w", account, err))
	}
	var b strings.Builder
	for _, f := range o.dated {
		f.write(&b, p.prefix, account, f.at)
	}
	for _, f := range o.figures {
		f.write(&b, p.prefix, account, now)
	}
	_, _ = io.WriteString(p.stdout, b.String())
	if o.lost {
		return exitUsage
	}
	return exitOK
}

// complain writes an error without any secret that was read, one line each.
func (p *program) complain(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	said := pluginflags.Complaints.Say(p.lang, mailrelay.Hide(err.Error(), p.secrets...))
	for line := range strings.SplitSeq(said, "\n") {
		fmt.Fprintln(p.stderr, line)
	}
}

func (p *program) lookup(name string) (string, bool) {
	v, ok := p.env[name]
	p.keep(v)
	return v, ok
}

func (p *program) readFile(path string) ([]byte, error) {
	b, err := disk.ReadSmall(path)
	p.keep(string(b))
	return b, err
}

func (p *program) keep(secret string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secrets = append(p.secrets, strings.TrimSpace(secret))
}

// workdir is where the agent lets plugins keep their files.
func (p *program) workdir() string {
	if dir := p.env["MACKEREL_PLUGIN_WORKDIR"]; dir != "" {
		return filepath.Clean(dir)
	}
	return os.TempDir()
}
