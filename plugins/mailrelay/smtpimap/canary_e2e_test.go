//go:build e2e

package smtpimap

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// TestMarkedMailsGoThroughARealRelayAndAreFoundInARealMailbox sends through Postfix and
// finds by Dovecot, over STARTTLS and over TLS.
func TestMarkedMailsGoThroughARealRelayAndAreFoundInARealMailbox(t *testing.T) {
	s := startServers(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	way := s.way()
	mark := fmt.Sprintf("shop-%d", time.Now().UnixNano())

	t.Run("a mail that was not sent is not found, and that is no error", func(t *testing.T) {
		if found, err := way.Find(ctx, []string{mark}); err != nil || len(found) != 0 {
			t.Errorf("found %v, %v", found, err)
		}
	})
	t.Run("a mail is taken over and arrives", func(t *testing.T) {
		begun := time.Now()
		if err := way.Send(ctx, mark); err != nil {
			t.Fatal(err)
		}
		arrived := s.awaitMail(ctx, way, mark)
		if arrived.Before(begun.Truncate(time.Second)) || arrived.After(time.Now()) {
			t.Errorf("arrived at %s, sent at %s", arrived, begun)
		}
	})
	t.Run("a mailbox over TLS from the first byte shows the same", func(t *testing.T) {
		other := *way
		other.IMAP.Address, other.IMAP.Security = fmt.Sprintf("127.0.0.1:%d", s.imaps), TLS
		if found, err := other.Find(ctx, []string{mark, "never-sent"}); err != nil || len(found) != 1 || found[mark].At.IsZero() {
			t.Errorf("found %v, %v", found, err)
		}
	})
	t.Run("a mail that the relay keeps is sent and not delivered", func(t *testing.T) { s.kept(ctx, t, way) })
	t.Run("a mail is told where it lies, and with what its server says", func(t *testing.T) { s.sorted(ctx, t, way) })
	t.Run("old marked mails are removed, other mails stay", func(t *testing.T) { s.cleaned(ctx, t, way, mark) })
	t.Run("wrong passwords and certificates are refusals without the password", func(t *testing.T) { s.refused(ctx, t, way) })
	if log := s.logs(); strings.Contains(log, password) {
		t.Error("the password is in a log")
	}
}

func (s *servers) way() *Way {
	return &Way{From: "canary@relay.test", To: "canary@mailbox.test", Roots: s.roots, Now: time.Now,
		SMTP: Server{Address: fmt.Sprintf("127.0.0.1:%d", s.smtp), Security: StartTLS, User: "canary", Password: password},
		IMAP: Server{Address: fmt.Sprintf("127.0.0.1:%d", s.imap), Security: StartTLS, User: "canary", Password: password}}
}

func (s *servers) awaitMail(ctx context.Context, w *Way, mark string) time.Time {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		found, err := w.Find(ctx, []string{mark})
		if err != nil {
			s.t.Fatal(err)
		}
		if a, ok := found[mark]; ok {
			return a.At
		}
	}
	s.t.Fatalf("%s did not arrive", mark)
	return time.Time{}
}

// kept lets Postfix take mails and keep them, as a failing relay does; the history
// tells sending and delivery apart.
func (s *servers) kept(ctx context.Context, t *testing.T, way *Way) {
	s.root("postconf", "-c", s.dir+"/postfix", "-e", "defer_transports = virtual")
	s.root("postfix", "-c", s.dir+"/postfix", "reload")
	h := &mailrelay.History{}
	at := time.Now()
	p := mailrelay.Probe{At: at, Mark: "kept-1"}
	p.SendErr = way.Send(ctx, p.Mark)
	h.AddProbe(p)
	if p.SendErr != nil || h.Canary.Sent == nil || !*h.Canary.Sent {
		t.Fatalf("not sent: %v", p.SendErr)
	}
	late := mailrelay.Probe{At: at.Add(11 * time.Minute), Looked: true} // by the history's clock
	late.Found, late.FindErr = way.Find(ctx, h.Awaited(""))
	h.AddProbe(late)
	if late.FindErr != nil || h.Canary.Lost != 1 || len(h.Canary.Arrived) != 0 {
		t.Errorf("%v, %+v", late.FindErr, h.Canary)
	}
	s.root("postconf", "-c", s.dir+"/postfix", "-e", "defer_transports =")
	s.root("postfix", "-c", s.dir+"/postfix", "reload")
	s.root("postfix", "-c", s.dir+"/postfix", "flush")
	arrived := s.awaitMail(ctx, way, "kept-1")
	h.AddProbe(mailrelay.Probe{At: at.Add(12 * time.Minute), Looked: true, Found: map[string]mailrelay.Arrival{"kept-1": {At: arrived}}})
	if h.Canary.Lost != 0 || len(h.Canary.Arrived) != 1 || len(h.Awaited("")) != 0 {
		t.Errorf("after it came: %+v", h.Canary)
	}
}

// sorted moves a mail into the folder that Dovecot marks as being for spam, and delivers
// one with the results of a server that looked at it.
func (s *servers) sorted(ctx context.Context, t *testing.T, way *Way) {
	if err := way.Send(ctx, "spam-1"); err != nil {
		t.Fatal(err)
	}
	s.awaitMail(ctx, way, "spam-1")
	s.root("doveadm", "-c", s.dir+"/dovecot.conf", "move", "-u", "canary", "Verdacht", "mailbox", "INBOX", "header", "Subject", "spam-1")
	s.deliver("Authentication-Results: mailbox.test; spf=fail smtp.mailfrom=shop.test;\n dkim=none; dmarc=fail (p=none)\nSubject: shopslo canary forged-1\nFrom: a@shop.test\nTo: canary@mailbox.test\n\nhello\n")
	found, err := way.Find(ctx, []string{"spam-1", "forged-1"})
	if err != nil {
		t.Fatal(err)
	}
	if a := found["spam-1"]; a.Folder != "Verdacht" || !a.Junk || a.At.IsZero() {
		t.Errorf("in the folder for spam: %+v", a)
	}
	if a := found["forged-1"]; a.Folder != "INBOX" || a.Junk || a.Proofs.String() != "spf=fail, dkim=none, dmarc=fail" {
		t.Errorf("not proved: %+v", a)
	}
	s.root("doveadm", "-c", s.dir+"/dovecot.conf", "expunge", "-u", "canary", "mailbox", "INBOX", "header", "Subject", "forged-1")
}

// cleaned looks four hours later: what nobody awaits goes, what is awaited and what is
// no marked mail stays.
func (s *servers) cleaned(ctx context.Context, t *testing.T, way *Way, mark string) {
	other := *way
	if err := other.Send(ctx, "awaited-2"); err != nil {
		t.Fatal(err)
	}
	s.awaitMail(ctx, way, "awaited-2")
	s.deliver("Subject: an order\nFrom: a@shop.test\nTo: canary@mailbox.test\n\nhello\n")
	other.Now = func() time.Time { return time.Now().Add(4 * time.Hour) }
	if found, err := other.Find(ctx, []string{"awaited-2"}); err != nil || len(found) != 1 {
		t.Errorf("found %v, %v", found, err)
	}
	found, err := way.Find(ctx, []string{mark, "kept-1", "awaited-2"})
	if err != nil || !slices.Equal(slices.Collect(maps.Keys(found)), []string{"awaited-2"}) {
		t.Errorf("after the cleaning: %v, %v", found, err)
	}
	if n := s.mails(); n != 2 {
		t.Errorf("%d mails are left in the maildir, not the order and the one that is awaited", n)
	}
}

func (s *servers) refused(ctx context.Context, t *testing.T, way *Way) {
	wrong := *way
	wrong.SMTP.Password, wrong.IMAP.Password = "SECRET+wrong", "SECRET+wrong"
	distrust := *way
	distrust.Roots = nil
	closed := *way
	closed.SMTP.Address, closed.IMAP.Address = fmt.Sprintf("127.0.0.1:%d", port(t)), fmt.Sprintf("127.0.0.1:%d", port(t))
	for name, c := range map[string]struct {
		way  *Way
		want mailrelay.Trouble
	}{"a wrong password": {&wrong, mailrelay.Refused}, "a certificate that nobody trusts": {&distrust, mailrelay.Refused}, "nobody there": {&closed, mailrelay.Unreachable}} {
		sent := c.way.Send(ctx, "never-1")
		_, found := c.way.Find(ctx, []string{"never-1"})
		for _, err := range []error{sent, found} {
			if err == nil || mailrelay.TroubleOf(err) != c.want || strings.Contains(err.Error(), "SECRET") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
