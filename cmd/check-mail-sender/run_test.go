package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/miekg/dns"

	"github.com/shopslo/shopslo/internal/scripttest"
	"github.com/shopslo/shopslo/plugins/mailsender"
	"github.com/shopslo/shopslo/plugins/plugintest"
)

func TestMain(m *testing.M) { scripttest.Main(m, "check-mail-sender", main) }

func TestScripts(t *testing.T) { scripttest.Run(t, map[string]string{"DNS": serve(t)}) }

var key = sync.OnceValue(func() string {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	b, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(b)
})

// zone is real DNS: a key of over 390 characters stands in two strings, and SPF among
// other texts, as zones have them.
func zone() string {
	dkim := "v=DKIM1; k=rsa; p=" + key()
	return `
shop.example.com. 60 IN TXT "v=spf1 include:relay.exa" "mple -all"
shop.example.com. 60 IN TXT "google-site-verification=abc"
shop.example.com. 60 IN MX 10 Mail.shop.example.com.
mail.shop.example.com. 60 IN A 192.0.2.5
relay.example. 60 IN TXT "v=spf1 ip4:198.51.100.0/24 ~all"
s1._domainkey.shop.example.com. 60 IN CNAME s1.keys.relay.example.
s1.keys.relay.example. 60 IN TXT "` + dkim[:255] + `" "` + dkim[255:] + `"
_dmarc.shop.example.com. 60 IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@shop.example.com"
quoted.example.com. 60 IN TXT "\"v=spf1 -all\""
quoted.example.com. 60 IN A 192.0.2.6
void.example.com. 60 IN TXT "v=spf1 mx -all"
void.example.com. 60 IN MX 1 a.void.example.com.
void.example.com. 60 IN MX 2 b.void.example.com.
void.example.com. 60 IN MX 3 c.void.example.com.
_dmarc.quoted.example.com. 60 IN TXT "v=DMARC1; p=none"
`
}

// serve is a DNS server of the zone.
func serve(t *testing.T) string {
	t.Helper()
	var all []dns.RR
	p := dns.NewZoneParser(strings.NewReader(zone()), ".", "")
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		all = append(all, rr)
	}
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	s := &dns.Server{PacketConn: c, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.RecursionAvailable = true
		name := q.Question[0].Name
		if strings.HasSuffix(name, "broken.example.com.") {
			m.Rcode = dns.RcodeServerFailure
		}
		for range 3 { // follow aliases
			for _, rr := range all {
				if strings.EqualFold(rr.Header().Name, name) && rr.Header().Rrtype == q.Question[0].Qtype {
					m.Answer = append(m.Answer, rr)
				}
			}
			i := slices.IndexFunc(all, func(rr dns.RR) bool {
				return rr.Header().Rrtype == dns.TypeCNAME && strings.EqualFold(rr.Header().Name, name)
			})
			if len(m.Answer) > 0 || i < 0 {
				break
			}
			name = all[i].(*dns.CNAME).Target
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
	path := filepath.Join(t.TempDir(), "mail-sender.yaml")
	if err := os.WriteFile(path, fmt.Appendf(nil, "servers: [%q]\nlanguage: ja\nsenders:\n- {domain: shop.example.com, selectors: [s1]}\n- {domain: quoted.example.com}\n", server), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"all is well":      {[]string{"-domain", "shop.example.com", "-selectors", "s1", "-servers", server}, 0, "MailSender OK: shop.example.com: SPF takes 1 of 10 look-ups, DKIM keys: s1 (rsa 2048), DMARC policy none, 1 MX."},
		"a weak policy":    {[]string{"-domain", "shop.example.com", "-selectors", "s1", "-policy", "reject", "-servers", server}, 1, "MailSender WARNING: shop.example.com: DMARC's policy is none, and should be reject."},
		"servers are gone": {[]string{"-domain", "void.example.com", "-servers", server}, 2, "3 of SPF's look-ups find nothing, and receivers stop at 2"},
		"no key":           {[]string{"-domain", "shop.example.com", "-selectors", "s2", "-servers", server}, 2, "MailSender CRITICAL: shop.example.com: DKIM selector s2 has no key (s2._domainkey.shop.example.com)."},
		"a file":           {[]string{"-config", path}, 2, "MailSender CRITICAL: quoted.example.com: quoted.example.comのTXTレコードに余分な引用符が含まれています"},
		"another language": {[]string{"-config", path, "-lang", "en"}, 2, "stands in quotes"},
		"nobody says":      {[]string{"-domain", "broken.example.com", "-servers", server}, 3, "broken.example.com TXT is not known"},
		"no file":          {[]string{"-config", "/none"}, 3, "name a file that the agent may read with -config"},
		"no domain":        {[]string{"-domain", "shop"}, 3, `domain "shop" is no domain name`},
		"no language":      {[]string{"-config", path, "-lang", "fr"}, 3, "-lang is"},
		"an argument":      {[]string{"x"}, 3, `takes flags only, not "x"`},
		"a flag of none":   {[]string{"-none"}, 3, "unknown flag: -none; see -h"},
		"half of it":       {[]string{"-selectors", "s1"}, 3, "belong to -domain"},
	} {
		var out, errs bytes.Buffer
		code := run(context.Background(), c.args, nil, &out, &errs)
		line := out.String()
		if code != c.code || !strings.Contains(line, c.want) || strings.Count(line, "\n") != 1 || utf8.RuneCountInString(line) > 1024+1 || errs.Len() > 0 {
			t.Errorf("%s: code %d: %s%s", name, code, line, errs.String())
		}
	}
}

func TestWhatTheREADMESaysToCopyIsUnderstood(t *testing.T) {
	args := plugintest.Args(t, "plugin.checks.mail-sender", "check-mail-sender")
	if want := []string{"-config", "/etc/mackerel-agent/mail-sender.yaml"}; !slices.Equal(args, want) {
		t.Errorf("got %v, want %v", args, want)
	}
	s, err := mailsender.Parse(args[1], []byte(plugintest.Block(t, "yaml", "senders:")))
	if err != nil || len(s.Senders) != 1 || len(s.Senders[0].Selectors) == 0 {
		t.Errorf("got %+v, %v", s, err)
	}
}
