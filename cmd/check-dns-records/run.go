package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mackerelio/checkers"

	"github.com/shopslo/shopslo/plugins/dnsrecords"
)

// The agent ends a check after 30 s. Mackerel takes 1,024 characters of its message.
const (
	enough  = 25 * time.Second
	maxLine = 1024
)

func run(ctx context.Context, args, _ []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("check-dns-records", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a fault is told once, in one line
	config := flags.String("config", "/etc/mackerel-agent/dns-records.yaml", "the `file` that lists the records")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(stderr, "check-dns-records says in one line whether DNS records exist and point where they should.")
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return 0
	} else if err != nil {
		return say(stdout, dnsrecords.Unknown, err.Error()+": see -h")
	} else if flags.NArg() > 0 {
		return say(stdout, dnsrecords.Unknown, fmt.Sprintf("check-dns-records takes flags only, not %q: see -h", flags.Arg(0)))
	}
	data, err := os.ReadFile(*config)
	if err != nil {
		return say(stdout, dnsrecords.Unknown, fmt.Sprintf("read the list of records: %v; name a file that the agent may read with -config", err))
	}
	e, err := dnsrecords.Parse(*config, data)
	if err != nil {
		return say(stdout, dnsrecords.Unknown, err.Error())
	}
	r := dnsrecords.Resolver{Servers: e.Servers, EveryOne: true}
	if len(e.Servers) == 0 {
		if r.Servers, err = dnsrecords.System(); err != nil {
			return say(stdout, dnsrecords.Unknown, fmt.Sprintf("%v; name servers in %s", err, *config))
		}
		r.EveryOne = false
	}
	ctx, cancel := context.WithTimeout(ctx, enough)
	defer cancel()
	found := r.Check(ctx, e.Records)
	if len(found) == 0 {
		return say(stdout, dnsrecords.OK, fmt.Sprintf("all %d records exist and point where they should", len(e.Records)))
	}
	var parts []string
	for _, f := range found {
		parts = append(parts, f.String())
	}
	return say(stdout, found[0].Severity, strings.Join(parts, "; "))
}

// say prints the one line, and gives the exit code that goes with it.
func say(w io.Writer, s dnsrecords.Severity, text string) int {
	checker := checkers.NewChecker(checkers.Status(s), strings.Join(strings.Fields(text), " "))
	checker.Name = "DNSRecords"
	line := []rune(checker.String())
	if len(line) > maxLine {
		line = append(line[:maxLine-1], '…')
	}
	fmt.Fprintln(w, string(line))
	return int(s)
}
