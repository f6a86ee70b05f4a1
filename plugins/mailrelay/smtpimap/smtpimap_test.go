package smtpimap

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/plugins/mailrelay"
)

const secret = "SECRET+canary"

// scripted is a server that says its greeting, then answers each line by its first word
// (of IMAP the second); a word that it does not know ends the connection.
func scripted(t *testing.T, greeting string, answers map[string]string) (address string, heard func() string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	lines := make(chan string, 100)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		fmt.Fprint(c, greeting)
		for in := bufio.NewScanner(c); in.Scan(); {
			lines <- in.Text()
			words := strings.Fields(in.Text() + " . .")
			answer, ok := answers[words[0]]
			if !ok {
				if answer, ok = answers[words[1]]; !ok {
					return
				}
			}
			fmt.Fprint(c, strings.ReplaceAll(answer, "TAG", words[0]))
		}
	}()
	return l.Addr().String(), func() string {
		var all strings.Builder
		for len(lines) > 0 {
			all.WriteString(<-lines + "\n")
		}
		return all.String()
	}
}

func way(address string, s Security) *Way {
	server := Server{Address: address, Security: s, User: "canary", Password: secret}
	return &Way{From: "canary@relay.test", To: "canary@mailbox.test", SMTP: server, IMAP: server, Now: time.Now}
}

func TestNothingIsSaidToAServerThatOffersNoSTARTTLS(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	address, heard := scripted(t, "220 relay.test ESMTP\r\n", map[string]string{"EHLO": "250-relay.test\r\n250 AUTH PLAIN\r\n"})
	if err := way(address, StartTLS).Send(ctx, "a-1"); err == nil || !strings.Contains(err.Error(), "offers no STARTTLS") {
		t.Error(err)
	}
	if said := heard(); strings.Contains(said, "AUTH") || !strings.Contains(said, "EHLO") {
		t.Errorf("the relay heard %q", said)
	}
	address, heard = scripted(t, "* OK ready\r\n", map[string]string{"CAPABILITY": "* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n"})
	if _, err := way(address, StartTLS).Find(ctx, []string{"a-1"}); err == nil || !strings.Contains(err.Error(), "offers no STARTTLS") {
		t.Error(err)
	}
	if said := heard(); strings.Contains(said, "LOGIN") || !strings.Contains(said, "CAPABILITY") {
		t.Errorf("the mailbox heard %q", said)
	}
}

func TestAServersNoIsSortedAndHidesThePassword(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	greet := map[string]string{"EHLO": "250-relay.test\r\n250 AUTH PLAIN\r\n", "AUTH": "235 ok\r\n", "MAIL": "250 ok\r\n"}
	for answer, want := range map[string]mailrelay.Trouble{"550 no such user " + secret: mailrelay.Refused, "451 later": mailrelay.Failing, "nonsense": mailrelay.Garbled} {
		greet["RCPT"] = answer + "\r\n"
		address, _ := scripted(t, "220 relay.test ESMTP\r\n", greet)
		if err := way(address, Plain).Send(ctx, "a-1"); mailrelay.TroubleOf(err) != want || err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", answer, err)
		}
	}
	address, _ := scripted(t, "* OK ready\r\n", map[string]string{"CAPABILITY": "* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n", "LOGIN": "TAG NO wrong " + secret + "\r\n"})
	if _, err := way(address, Plain).Find(ctx, []string{"a-1"}); mailrelay.TroubleOf(err) != mailrelay.Refused || strings.Contains(err.Error(), secret) {
		t.Error(err)
	}
	address, _ = scripted(t, "* OK ready\r\n", map[string]string{"CAPABILITY": "* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n"})
	if _, err := way(address, Plain).Find(ctx, []string{"a-1"}); mailrelay.TroubleOf(err) != mailrelay.Unreachable {
		t.Errorf("a mailbox that hangs up: %v", err)
	}
}

func TestAServerThatSaysNothingIsLeftWhenTheTimeIsUp(t *testing.T) {
	for _, security := range []Security{Plain, StartTLS, TLS} {
		address, _ := scripted(t, "", nil)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		begun := time.Now()
		if err := way(address, security).Send(ctx, "a-1"); mailrelay.TroubleOf(err) != mailrelay.Unreachable || err == nil {
			t.Errorf("%s: sent: %v", security, err)
		}
		address, _ = scripted(t, "", nil)
		if _, err := way(address, security).Find(ctx, []string{"a-1"}); mailrelay.TroubleOf(err) != mailrelay.Unreachable || err == nil {
			t.Errorf("%s: found: %v", security, err)
		}
		cancel()
		if took := time.Since(begun); took > 3*time.Second {
			t.Errorf("%s: it took %s", security, took)
		}
	}
}

func TestAServerThatNeverStopsTalkingIsLeft(t *testing.T) {
	racetest.NotHere(t)
	endless := strings.Repeat("* LIST (\\NoSelect) \"/\" x\r\n", 1<<20)
	imap := map[string]string{"CAPABILITY": "* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n", "LOGIN": "TAG OK in\r\n", "SELECT": "TAG OK done\r\n", "UID": "* SEARCH\r\nTAG OK done\r\n", "LIST": endless}
	begun := time.Now()
	address, _ := scripted(t, "* OK ready\r\n", imap)
	if _, err := way(address, Plain).Find(t.Context(), []string{"a-1"}); err == nil {
		t.Error("a mailbox without end was read")
	}
	address, _ = scripted(t, strings.Repeat("220-relay.test\r\n", 2<<20), nil)
	if err := way(address, Plain).Send(t.Context(), "a-1"); err == nil || strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 {
		t.Errorf("a greeting without end: %.500v", err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestSettingsThatWouldShowAPasswordAreRefused(t *testing.T) {
	for want, s := range map[string]Server{
		"":                     {Address: "127.0.0.1:25", Security: Plain},
		"write host:port":      {Address: "smtp.example.com", Security: TLS},
		"without TLS":          {Address: "smtp.example.com:25", Security: Plain},
		"can be tls, starttls": {Address: "smtp.example.com:25", Security: "ssl"},
		"both a user and":      {Address: "smtp.example.com:25", Security: TLS, User: "a"},
	} {
		if got := s.Check(); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%+v: %q", s, got)
		}
	}
}

func TestAMessageHasOneMarkAndNoHeaderOfOthers(t *testing.T) {
	w := way("127.0.0.1:25", Plain)
	text, err := w.message("shop-1")
	if err != nil || !strings.Contains(text, "\r\nSubject: shopslo canary shop-1\r\n") || !strings.Contains(text, "\r\nAuto-Submitted: auto-generated\r\n") {
		t.Errorf("%s, %v", text, err)
	}
	for _, mark := range []string{"", "a b", "a\r\nBcc: x@example.com", "ä"} {
		if text, err := w.message(mark); err == nil {
			t.Errorf("%q made %q", mark, text)
		}
	}
	w.To = "a@b.test>\r\nBcc: <x@example.com"
	if text, err := w.message("shop-1"); err == nil {
		t.Errorf("an address made %q", text)
	}
}

func FuzzMark(f *testing.F) {
	f.Add("shopslo canary shop-1759626000000000000")
	f.Add("[SPAM] Fwd: shopslo canary  shop-1 (was: x)")
	w := way("127.0.0.1:25", Plain)
	f.Fuzz(func(t *testing.T, s string) {
		mark := markOf(s)
		if strings.Contains(mark, " ") {
			t.Errorf("%q has the mark %q", s, mark)
		}
		if text, err := w.message(s); err == nil && (markOf(subject+s) != s || strings.Count(text, "\r\nSubject:") != 1) {
			t.Errorf("%q made %q", s, text)
		}
	})
}
