package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaystore"
)

// An account whose settings name another region, stream or domain has other figures: totals
// of a day would rise by all that the other one has, and its past would be held to them.
func TestAnAccountThatIsMovedBeginsANewHistory(t *testing.T) {
	for relay, move := range map[string][2]string{"postmark": {"timeout:", "stream: broadcast, timeout:"}, "ses": {"ap-northeast-1", "us-west-2"}, "sendgrid": {"timeout:", "subuser: shop, timeout:"}} {
		t.Run(relay, func(t *testing.T) {
			b := newBench(t, relay)
			b.traffic(begin.Add(-26*time.Hour), begin.Add(2*time.Hour))
			b.run(begin, exitOK)
			if v := b.run(begin.Add(30*time.Minute), exitOK); v["api."+relay+".up"] != 1 {
				t.Fatal(v, b.stderr)
			}
			text, err := os.ReadFile(b.config)
			if err != nil {
				t.Fatal(err)
			}
			other, stop, err := relayfake.Start(relay, begin)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(stop)
			before := b.fakes[relay]
			for at := begin.Add(-26 * time.Hour); at.Before(begin.Add(2 * time.Hour)); at = at.Add(time.Minute) {
				other.Count(at, mailrelay.Counts{mailrelay.Accepted: 20, mailrelay.Delivered: 20})
			}
			b.fakes[relay] = other
			b.write(strings.Replace(strings.Replace(string(text), move[0], move[1], 1), before.URL, other.URL, 1))
			b.stderr = ""
			v := b.run(begin.Add(31*time.Minute), exitOK)
			if n := v["mails."+relay+".accepted"]; n > 5*20 {
				t.Errorf("%v mails of the other account are told as news", n)
			}
			if !strings.Contains(b.stderr, "history of another account") || !strings.Contains(b.stderr, "a new history begins") {
				t.Errorf("said %q", b.stderr)
			}
			store := relaystore.Store{Dir: b.dir + "/state"}
			h, traits, err := store.Read(relay, relay)
			if err != nil {
				t.Fatal(err)
			}
			if got := h.Judge(begin.Add(31*time.Minute), traits, mailrelay.Settings{}); got.Severity != mailrelay.OK {
				t.Errorf("%+v", got.Findings)
			}
			if _, err := os.Stat(store.Path(relay, relay) + ".moved"); err != nil {
				t.Error(err)
			}
			b.stderr = ""
			if v := b.run(begin.Add(32*time.Minute), exitOK); b.stderr != "" || v["api."+relay+".up"] != 1 {
				t.Errorf("the next run: %v %q", v, b.stderr)
			}
		})
	}
}

// Another key is the same account, and so is a zone that is set.
func TestAnAccountWithANewKeyKeepsItsHistory(t *testing.T) {
	b := newBench(t, "sendgrid")
	b.traffic(begin.Add(-26*time.Hour), begin.Add(time.Hour))
	b.run(begin, exitOK)
	text, err := os.ReadFile(b.config)
	if err != nil {
		t.Fatal(err)
	}
	key := b.dir + "/key"
	if err := os.WriteFile(key, []byte(relayfake.Key), 0o600); err != nil {
		t.Fatal(err)
	}
	b.write(strings.Replace(string(text), "{env: RELAY_KEY}", "{file: "+key+"}, time_zone: UTC", 1))
	if v := b.run(begin.Add(time.Minute), exitOK); b.stderr != "" || v["mails.sendgrid.accepted"] != float64(b.fakes["sendgrid"].Sum(mailrelay.Accepted, begin, begin.Add(time.Minute))) {
		t.Errorf("%v %q", v, b.stderr)
	}
}
