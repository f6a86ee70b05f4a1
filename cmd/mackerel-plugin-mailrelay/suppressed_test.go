package main

import (
	"testing"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaystore"
)

// What Postmark refuses for a suppressed recipient is not in what it sent: two of ten mails
// that bounce are not most of what is left.
func TestMailsThatPostmarkDidNotTakeAreNoneOfThoseThatItSent(t *testing.T) {
	b := newBench(t, "postmark")
	for at := begin.Add(-time.Hour); at.Before(begin.Add(time.Hour)); at = at.Add(time.Minute) {
		b.fakes["postmark"].Count(at, mailrelay.Counts{mailrelay.Accepted: 10, mailrelay.Bounced: 2, mailrelay.Dropped: 7})
	}
	var now time.Time
	for now = begin; now.Before(begin.Add(40 * time.Minute)); now = now.Add(5 * time.Minute) {
		b.run(now, exitOK)
	}
	h, traits, err := relaystore.Store{Dir: b.dir + "/state"}.Read("postmark", "postmark")
	if err != nil {
		t.Fatal(err)
	}
	if v := h.Judge(now.Add(-4*time.Minute), traits, mailrelay.Settings{}); v.Severity != mailrelay.OK {
		t.Errorf("%+v", v.Findings)
	}
}
