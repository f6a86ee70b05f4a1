package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaystore"
)

func TestAStatusPageIsPolledBesideTheRelayAndNeverAloneCritical(t *testing.T) {
	b := newBench(t, "sparkpost")
	for at := begin.Add(-26 * time.Hour); at.Before(begin.Add(time.Hour)); at = at.Add(time.Minute) {
		b.fakes["sparkpost"].Count(at, mailrelay.Counts{mailrelay.Accepted: 100, mailrelay.Delivered: 99, mailrelay.BouncedHard: 1})
	}
	page, stop, err := relayfake.Start("statuspage", begin)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	b.write(fmt.Sprintf("state: state\naccounts:\n- {name: shop, relay: sparkpost, url: %q, key: {env: RELAY_KEY}, timeout: 1s, status_page: {by: statuspage, url: %q}}\n", b.fakes["sparkpost"].URL, page.URL))
	if got := b.run(begin, exitOK); got["status_page.shop.none"] != 1 || got["api.shop.up"] != 1 {
		t.Errorf("told %v", got)
	}
	page.Announce(mailrelay.Notice{Level: mailrelay.LevelCritical, Text: "No mail goes out", Since: begin})
	now := begin.Add(time.Minute)
	if got := b.run(now, exitOK); got["status_page.shop.critical"] != 1 || got["status_page.shop.none"] != 0 {
		t.Errorf("told %v", got)
	}
	h, traits, err := relaystore.Store{Dir: b.dir + "/state"}.Read("shop", "sparkpost")
	if err != nil {
		t.Fatal(err)
	}
	if v := h.Judge(now, traits, mailrelay.Settings{}); v.Severity != mailrelay.Warning || v.Findings[0].Text != "No mail goes out" {
		t.Errorf("judged %+v", v)
	}
	page.Break(relayfake.Hang)
	got := b.run(begin.Add(2*time.Minute), exitOK)
	for name := range got {
		if strings.HasPrefix(name, "status_page.") {
			t.Errorf("a page that hangs told %s", name)
		}
	}
	if _, told := got["mails.shop.delivered"]; !told {
		t.Error("the page cost the relay its figures")
	}
}

func TestACanaryWhoseMailboxIsGoneTellsWhatItKnowsAndFaultsOfItsSettingsAreSaid(t *testing.T) {
	b := newBench(t, "sparkpost")
	b.traffic(begin.Add(-26*time.Hour), begin.Add(time.Hour))
	account := func(canary string) string {
		return fmt.Sprintf("state: state\naccounts:\n- {name: shop, relay: sparkpost, url: %q, key: {env: RELAY_KEY}, timeout: 1s, canary: {by: smtp_imap, from: a@relay.test, to: b@mailbox.test, %s}}\n", b.fakes["sparkpost"].URL, canary)
	}
	// Port 1 of this machine refuses every connection.
	b.write(account(`smtp: "127.0.0.1:1", smtp_security: none, imap: "127.0.0.1:1", imap_security: none`))
	if got := b.run(begin, exitOK); got["canary.shop.sent"] != 0 || got["api.shop.up"] != 1 {
		t.Errorf("told %v", got)
	} else if _, told := got["canary.shop.arrived"]; told {
		t.Errorf("a mailbox that nobody asked told %v", got)
	}
	if !strings.Contains(b.stderr, "send a test mail: send a mail through 127.0.0.1:1: unreachable") {
		t.Errorf("said %s", b.stderr)
	}
	way := `by: smtp_imap, from: a@relay.test, to: b@mailbox.test, smtp: "127.0.0.1:1", smtp_security: none, imap: "127.0.0.1:1", imap_security: none`
	for more, want := range map[string]string{
		`destination: docomo`: "", `destination: docomo}, {` + way + `, destination: au`: "",
		`destination: dcm`: `canaries[0].destination: is "dcm"; it can be docomo, au,`,
		`destination: docomo}, {` + way + `, destination: docomo`: `canaries[1].destination: is "docomo", to which another canary`,
		`mailbox: X}, {` + way: "canaries[1].destination: is missing",
	} {
		b.stderr = ""
		b.write(fmt.Sprintf("state: more\naccounts:\n- {name: shop, relay: sparkpost, url: %q, key: {env: RELAY_KEY}, timeout: 1s, canaries: [{%s, %s}]}\n", b.fakes["sparkpost"].URL, way, more))
		code := exitUsage
		if want == "" {
			code = exitOK
		}
		got := b.run(begin.Add(time.Minute), code)
		if !strings.Contains(b.stderr, want) {
			t.Errorf("%s: said %s", more, b.stderr)
		}
		if sent, told := got["destination.shop.docomo.canary_sent"]; want == "" && (!told || sent != 0 || !strings.Contains(b.stderr, "send a test mail to docomo: ")) {
			t.Errorf("%s: told %v, %s", more, got, b.stderr)
		}
		_ = os.RemoveAll(b.dir + "/more")
	}
	for canary, want := range map[string]string{
		`smtp: "smtp.example.com:25", smtp_security: none, imap: "127.0.0.1:1"`: "smtp: is smtp.example.com without TLS",
		`smtp: "smtp.example.com", imap: "127.0.0.1:1"`:                         "write host:port",
		`smtp: "127.0.0.1:1", imap: "127.0.0.1:1", imap_user: a`:                "imap: needs both a user and a password",
		`smtp: "127.0.0.1:1", imap: "127.0.0.1:1", smtp_password: secret`:       "a secret does not stand in this file",
		`smtp: "127.0.0.1:1", imap: "127.0.0.1:1", ca_file: none`:               "cannot be read as certificates",
		`smtp: "127.0.0.1:1", imap: "127.0.0.1:1", smtp_securty: none`:          "smtp_securty: unknown key",
	} {
		b.stderr = ""
		b.write(account(canary))
		b.run(begin.Add(time.Minute), exitUsage)
		if !strings.Contains(b.stderr, want) {
			t.Errorf("%s: said %s", canary, b.stderr)
		}
	}
}
