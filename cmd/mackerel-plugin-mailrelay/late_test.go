package main

import (
	"testing"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaystore"
)

// A relay that counts late for a while tells minutes as 0 at first. Once it has counted
// them, the history has them, and nothing is missing any more.
func TestWhatARelayCountsLateIsInTheHistory(t *testing.T) {
	for relay, late := range map[string]time.Duration{"sparkpost": 25 * time.Minute, "ses": 30 * time.Minute} {
		b := newBench(t, relay)
		b.traffic(begin.Add(-26*time.Hour), begin)
		for now := begin; now.Before(begin.Add(late)); now = now.Add(5 * time.Minute) {
			b.fakes[relay].Count(now, mailrelay.Counts{mailrelay.Accepted: 1}) // it tells of that time
			b.run(now.Add(time.Minute), exitOK)
		}
		b.traffic(begin, begin.Add(late+10*time.Minute))
		now := begin.Add(late + 10*time.Minute)
		b.run(now, exitOK)
		h, _, err := relaystore.Store{Dir: b.dir + "/state"}.Read(relay, relay)
		if err != nil {
			t.Fatal(err)
		}
		var got int64
		for _, x := range h.Recent {
			if !x.Start.Before(begin) && !x.End.After(begin.Add(late)) {
				got += x.Counts[mailrelay.Delivered]
			}
		}
		if want := b.fakes[relay].Sum(mailrelay.Delivered, begin, begin.Add(late)); got != want {
			t.Errorf("%s: %d delivered are in the history, the relay had %d", relay, got, want)
		}
	}
}
