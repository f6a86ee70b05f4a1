package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/shopslo/shopslo/internal/cli/checkplugin"
	"github.com/shopslo/shopslo/internal/cli/pluginflags"
	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/plugins/dnsrecords"
	"github.com/shopslo/shopslo/plugins/mailsender"
)

func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) int {
	p := checkplugin.Plugin{Name: "check-mail-sender", Title: "MailSender", Does: does, Flagged: flagged, Env: env, Stdout: stdout, Stderr: stderr}
	flags := p.Flags()
	config := flags.String("config", "/etc/mackerel-agent/mail-sender.yaml", "the `file` that lists the domains")
	domain := flags.String("domain", "", "check this `domain` of From addresses, and read no file")
	selectors := flags.String("selectors", "", "with -domain: its DKIM `selectors`, separated by commas")
	policy := flags.String("policy", "", "with -domain: the least `policy` that DMARC should ask for: none, quarantine or reject")
	servers := flags.String("servers", "", "the DNS `servers` to ask, separated by commas; without it, what the file says, or the system's")
	lang := flags.String("lang", "", "`language` of the line: en or ja; without it, what the file says")
	if code, done := p.Parse(args); done {
		return code
	}
	s, err := settings(*config, mailsender.Sender{Domain: *domain, Selectors: words(*selectors), Policy: *policy}, words(*servers), *lang)
	if err != nil {
		return p.Unknown(err)
	}
	ctx, cancel := context.WithTimeout(ctx, checkplugin.Enough)
	defer cancel()
	severity, line := check(ctx, s)
	return p.Say(int(severity), line)
}

// words are what commas separate.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// settings are the file's, or those of one domain that a flag names.
func settings(config string, one mailsender.Sender, servers []string, lang string) (s mailsender.Settings, err error) {
	if err := pluginflags.CheckLanguage(lang); err != nil {
		return s, err
	}
	if one.Domain != "" {
		s.Senders = []mailsender.Sender{one}
		err = one.Validate()
	} else if len(one.Selectors) > 0 || one.Policy != "" {
		err = errors.New("-selectors and -policy belong to -domain; in a file each domain has its own")
	} else {
		var data []byte
		if data, err = disk.Read(config, document.MaxSize); err != nil {
			return s, fmt.Errorf("read the list of domains: %w; name a file that the agent may read with -config, or a domain with -domain", err)
		}
		s, err = mailsender.Parse(config, data)
	}
	if err != nil {
		return s, err
	}
	if lang != "" {
		s.Language = lang
	}
	if len(servers) > 0 {
		s.Servers = servers
	}
	for i, server := range s.Servers {
		address, ok := dnsrecords.ServerAddress(server)
		if !ok {
			return s, fmt.Errorf("%q is no server; write an address or a name, and :port where it is not 53", server)
		}
		s.Servers[i] = address
	}
	if len(s.Servers) == 0 {
		s.Servers, err = dnsrecords.System()
	}
	return s, err
}

// check looks all domains up at once, and tells the worst first.
func check(ctx context.Context, s mailsender.Settings) (mailsender.Severity, string) {
	look := (&dnsrecords.Resolver{Servers: s.Servers}).Lookup
	reports := make([]mailsender.Report, len(s.Senders))
	var wg sync.WaitGroup
	for i, one := range s.Senders {
		wg.Go(func() { reports[i] = mailsender.Check(ctx, look, one) })
	}
	wg.Wait()
	order := []mailsender.Severity{mailsender.OK, mailsender.Unknown, mailsender.Warning, mailsender.Critical}
	slices.SortStableFunc(reports, func(a, b mailsender.Report) int {
		return slices.Index(order, b.Severity()) - slices.Index(order, a.Severity())
	})
	language := text.English
	if s.Language == string(text.Japanese) {
		language = text.Japanese
	}
	var parts []string
	for _, r := range reports {
		parts = append(parts, r.Sentence(language))
	}
	return reports[0].Severity(), strings.Join(parts, " ")
}
