package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaystore"
)

// A machine's clock that is ahead asks for minutes and hours that are not over: they are no
// drop, and what is told is what the relay had.
func TestAClockThatIsAheadMakesNoDrop(t *testing.T) {
	for relay, ahead := range map[string]time.Duration{"sparkpost": 4 * time.Minute, "mailgun": 20 * time.Minute} {
		b := newBench(t, relay)
		b.traffic(begin.Add(-50*time.Hour), begin.Add(2*time.Hour))
		sum, said := 0.0, ""
		first := begin.Add(-5 * time.Minute)
		for now := first; !now.After(begin.Add(70 * time.Minute)); now = now.Add(time.Minute) {
			b.fakes[relay].Set(now)
			var out, errs bytes.Buffer
			if code := b.program(now.Add(ahead), &out, &errs).run(context.Background(), []string{"-config", b.config}); code != exitOK {
				t.Fatal(code, errs.String())
			}
			if now.After(first) {
				sum += b.values(out.String(), now.Add(ahead))["mails."+relay+".delivered"]
			}
			said = errs.String()
		}
		want := b.fakes[relay].Sum(mailrelay.Delivered, begin.Add(-7*time.Minute), begin.Add(68*time.Minute))
		if relay == "mailgun" {
			want = b.fakes[relay].Sum(mailrelay.Delivered, begin.Add(-time.Hour), begin.Add(time.Hour))
		}
		if sum != float64(want) || !strings.Contains(said, "this machine's clock is "+ahead.String()+" ahead of the relay's") {
			t.Errorf("%s: %v delivered were told, the relay had %d; said %q", relay, sum, want, said)
		}
		h, traits, err := relaystore.Store{Dir: b.dir + "/state"}.Read(relay, relay)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range h.Judge(begin.Add(70*time.Minute).Add(ahead), traits, mailrelay.Settings{}).Findings {
			if f.Kind == mailrelay.Drop || f.Kind == mailrelay.Undelivered || f.Kind == mailrelay.Stale {
				t.Errorf("%s: %+v", relay, f)
			}
		}
	}
}
