package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mackerelio/checkers"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/plugins/dnsrecords"
	"github.com/shopslo/shopslo/plugins/mailsender"
)

// The agent ends a check after 30 s. Mackerel takes 1,024 characters of its message.
const (
	enough  = 25 * time.Second
	maxLine = 1024
)

func run(ctx context.Context, args, _ []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("check-mail-sender", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a fault is told once, in one line
	config := flags.String("config", "/etc/mackerel-agent/mail-sender.yaml", "the `file` that lists the domains")
	domain := flags.String("domain", "", "check this `domain` of From addresses, and read no file")
	selectors := flags.String("selectors", "", "with -domain: its DKIM `selectors`, separated by commas")
	policy := flags.String("policy", "", "with -domain: the least that DMARC should ask for: none, quarantine or reject")
	servers := flags.String("servers", "", "the DNS `servers` to ask, separated by commas; without it, what the file says, or the system's")
	lang := flags.String("lang", "", "en or ja; without it, what the file says")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(stderr, "check-mail-sender says in one line whether a domain's SPF, DKIM, DMARC and MX let its mails through.")
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return 0
	} else if err != nil {
		return say(stdout, mailsender.Unknown, err.Error()+": see -h")
	} else if flags.NArg() > 0 {
		return say(stdout, mailsender.Unknown, fmt.Sprintf("check-mail-sender takes flags only, not %q: see -h", flags.Arg(0)))
	}
	s, err := settings(*config, mailsender.Sender{Domain: *domain, Selectors: words(*selectors), Policy: *policy}, words(*servers), *lang)
	if err != nil {
		return say(stdout, mailsender.Unknown, err.Error())
	}
	ctx, cancel := context.WithTimeout(ctx, enough)
	defer cancel()
	severity, line := check(ctx, s)
	return say(stdout, severity, line)
}

// words are what commas separate.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// settings are the file's, or those of one domain that a flag names.
func settings(config string, one mailsender.Sender, servers []string, lang string) (s mailsender.Settings, err error) {
	if one.Domain != "" {
		s.Senders = []mailsender.Sender{one}
		err = one.Validate()
	} else if len(one.Selectors) > 0 || one.Policy != "" {
		err = errors.New("-selectors and -policy belong to -domain; in a file each domain has its own")
	} else {
		var data []byte
		if data, err = os.ReadFile(config); err != nil {
			return s, fmt.Errorf("read the list of domains: %w; name a file that the agent may read with -config, or a domain with -domain", err)
		}
		s, err = mailsender.Parse(config, data)
	}
	if err != nil {
		return s, err
	}
	if lang != "" {
		s.Language = lang
		if l := text.Language(lang); l != text.English && l != text.Japanese {
			return s, fmt.Errorf("-lang is %q; it can be en or ja", lang)
		}
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
	look := dnsrecords.Resolver{Servers: s.Servers}.Lookup
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

// say prints the one line, and gives the exit code that goes with it.
func say(w io.Writer, s mailsender.Severity, line string) int {
	checker := checkers.NewChecker(checkers.Status(s), strings.Join(strings.Fields(line), " "))
	checker.Name = "MailSender"
	fmt.Fprintln(w, text.Cut(checker.String(), maxLine))
	return int(s)
}
