package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/miekg/dns"
)

// serve is a DNS server that knows shop.example only.
func serve(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	s := &dns.Server{PacketConn: c, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.RecursionAvailable = true
		m.Rcode = dns.RcodeNameError
		if q.Question[0].Name == "shop.example." {
			m.Rcode = dns.RcodeSuccess
			m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: "shop.example.", Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: net.IPv4(192, 0, 2, 1)}}
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = s.ActivateAndServe() }()
	<-started
	t.Cleanup(func() { _ = s.Shutdown() })
	return c.LocalAddr().String()
}

func TestTheCheckPrintsOneLineAndTheExitCode(t *testing.T) {
	server := serve(t)
	lost := ""
	for i := range 60 {
		lost += fmt.Sprintf(", {name: vanished-%d.example}", i)
	}
	for name, c := range map[string]struct {
		text, want string
		code       int
	}{
		"all is well":        {"records: [{name: shop.example, values: [192.0.2.1]}]", "DNSRecords OK: all 1 records exist and point where they should", 0},
		"one points astray":  {"records: [{name: shop.example, values: [192.0.2.2]}]", "DNSRecords CRITICAL: shop.example A points to 192.0.2.1, not to 192.0.2.2 (asked 127", 2},
		"many have vanished": {"records: [{name: shop.example}" + lost + "]", "DNSRecords CRITICAL: vanished-0.example A has vanished", 2},
		"an unknown key":     {"records: [{name: a.example}]\nrecord: []", `records.yaml:2:1: record: unknown key (did you mean "records"?)`, 3},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "dns-records.yaml")
			if err := os.WriteFile(path, []byte(fmt.Sprintf("servers: [%q]\n%s\n", server, c.text)), 0o600); err != nil {
				t.Fatal(err)
			}
			if name == "an unknown key" {
				if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var out bytes.Buffer
			code := run(context.Background(), []string{"-config", path}, nil, &out, io.Discard)
			line := out.String()
			if code != c.code || !strings.Contains(line, c.want) || strings.Count(line, "\n") != 1 || utf8.RuneCountInString(line) > 1024+1 {
				t.Errorf("code %d: %s", code, line)
			}
		})
	}
	var out bytes.Buffer
	if code := run(context.Background(), []string{"-config", "/none"}, nil, &out, io.Discard); code != 3 || !strings.Contains(out.String(), "may read with -config") {
		t.Errorf("code %d: %s", code, out.String())
	}
	for arg, want := range map[string]string{"x": `takes flags only, not "x"`, "-none": "unknown flag: -none; see -h"} {
		out.Reset()
		var errs bytes.Buffer
		if code := run(context.Background(), []string{arg}, nil, &out, &errs); code != 3 || !strings.Contains(out.String(), want) || errs.Len() > 0 {
			t.Errorf("%s: code %d: %s%s", arg, code, out.String(), errs.String())
		}
	}
}
