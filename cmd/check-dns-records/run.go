package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/shopslo/shopslo/internal/cli/checkplugin"
	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/plugins/dnsrecords"
)

func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) int {
	p := checkplugin.Plugin{Name: "check-dns-records", Title: "DNSRecords", Does: does, Flagged: flagged, Env: env, Stdout: stdout, Stderr: stderr}
	config := p.Flags().String("config", "/etc/mackerel-agent/dns-records.yaml", "the `file` that lists the records")
	if code, done := p.Parse(args); done {
		return code
	}
	ctx, cancel := context.WithTimeout(ctx, checkplugin.Enough)
	defer cancel()
	severity, line, err := check(ctx, *config)
	if err != nil {
		return p.Unknown(err)
	}
	return p.Say(int(severity), line)
}

// check asks for the records that a file lists.
func check(ctx context.Context, config string) (dnsrecords.Severity, string, error) {
	data, err := disk.Read(config, document.MaxSize)
	if err != nil {
		return 0, "", fmt.Errorf("read the list of records: %w; name a file that the agent may read with -config", err)
	}
	e, err := dnsrecords.Parse(config, data)
	if err != nil {
		return 0, "", err
	}
	r := &dnsrecords.Resolver{Servers: e.Servers, EveryOne: true}
	if len(e.Servers) == 0 {
		if r.Servers, err = dnsrecords.System(); err != nil {
			return 0, "", fmt.Errorf("%w; name servers in %s", err, config)
		}
		r.EveryOne = false
	}
	found := r.Check(ctx, e.Records)
	if len(found) == 0 {
		return dnsrecords.OK, fmt.Sprintf("all %d records exist and point where they should", len(e.Records)), nil
	}
	var parts []string
	for _, f := range found {
		parts = append(parts, f.String())
	}
	return found[0].Severity, strings.Join(parts, "; "), nil
}
