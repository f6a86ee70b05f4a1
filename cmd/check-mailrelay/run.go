package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/cli"
	"github.com/shopslo/shopslo/internal/cli/checkplugin"
	"github.com/shopslo/shopslo/internal/cli/pluginflags"
	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relayconf"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaystore"
)

func run(_ context.Context, args, env []string, stdout, stderr io.Writer) int {
	return check{env: env, stdout: stdout, stderr: stderr, now: time.Now}.run(args)
}

// check is one run, with what it may touch.
type check struct {
	env            []string
	stdout, stderr io.Writer
	now            func() time.Time
}

func (c check) run(args []string) int {
	p := checkplugin.Plugin{Name: "check-mailrelay", Title: "MailRelay", Does: does, Flagged: flagged, Env: c.env, Stdout: c.stdout, Stderr: c.stderr}
	flags := p.Flags()
	config := flags.String("config", "/etc/mackerel-agent/mailrelay.yaml", "the `file` that lists the accounts, the same as the plugin's")
	account := flags.String("account", "", "the `name` of the account to judge; without it, all")
	folder := flags.String("tempfile", "", "the `folder` of histories, as the plugin's; without it, what the file says")
	lang := flags.String("lang", "", "`language` of the line: en or ja; without it, what the file says")
	if code, done := p.Parse(args); done {
		return code
	}
	severity, line, err := c.judge(*config, *account, *folder, *lang)
	if err != nil {
		return p.Unknown(err)
	}
	return p.Say(int(severity), line)
}

func (c check) judge(config, account, folder, lang string) (mailrelay.Severity, string, error) {
	if err := pluginflags.CheckLanguage(lang); err != nil {
		return 0, "", err
	}
	data, err := disk.Read(config, document.MaxSize)
	if err != nil {
		return 0, "", fmt.Errorf("read the list of accounts: %w; name a file that the agent may read with -config", err)
	}
	// Keys of relays are not read here, so no secret is either.
	file, err := relayconf.Parse(config, data, relayconf.Surroundings{})
	if err != nil {
		return 0, "", err
	}
	if lang != "" {
		file.Language = text.Language(lang)
	}
	if account != "" {
		var names []string
		for _, a := range file.Accounts {
			names = append(names, a.Name)
		}
		file.Accounts = slices.DeleteFunc(file.Accounts, func(a relayconf.Account) bool { return a.Name != account })
		if len(file.Accounts) == 0 {
			return 0, "", fmt.Errorf("%s lists no account %q; it lists %s", config, account, strings.Join(names, ", "))
		}
	}
	file.State = cmp.Or(folder, file.State)
	severity, line := c.verdicts(file)
	return severity, line, nil
}

// verdicts reads each account's history. One that is damaged is not known, and keeps
// no other from being judged.
func (c check) verdicts(file *relayconf.File) (mailrelay.Severity, string) {
	store, now := relaystore.Store{Dir: file.Folder(c.workdir())}, c.now()
	var all []mailrelay.Verdict
	var damage []string
	for _, a := range file.Accounts {
		h, t, err := store.Read(a.Name, a.Relay)
		if err != nil {
			damage = append(damage, fmt.Sprintf("account %s: %v;", a.Name, err))
			continue
		}
		all = append(all, h.Judge(now, t, file.Settings(a)))
	}
	if len(damage) == 0 {
		return mailrelay.Together(all, file.Language, mailrelay.Settings{Zone: file.Zone})
	}
	severity, line := mailrelay.Unknown, strings.TrimSuffix(strings.Join(damage, " "), ";")
	if len(all) > 0 {
		worst, told := mailrelay.Together(all, file.Language, mailrelay.Settings{Zone: file.Zone})
		if worst != mailrelay.OK {
			severity, line = worst, told+" "+line
		}
	}
	return severity, line
}

// workdir is where the agent lets plugins keep their files.
func (c check) workdir() string {
	return cmp.Or(cli.Env(c.env)["MACKEREL_PLUGIN_WORKDIR"], os.TempDir())
}
