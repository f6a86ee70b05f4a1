package main

import (
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaystore"
)

// A destination's mails are metrics of their own.
func TestMailsAreToldByDestination(t *testing.T) {
	b := newBench(t, "sparkpost", "sendgrid", "customersmailcloud")
	for m := -120; m < 60; m++ {
		for _, f := range b.fakes {
			at := begin.Add(time.Duration(m) * time.Minute)
			f.CountAt(at, "docomo.ne.jp", mailrelay.Counts{mailrelay.Accepted: 3, mailrelay.Delivered: 2, mailrelay.Blocked: 1, mailrelay.Bounced: 1})
			f.CountAt(at, "gmail.com", mailrelay.Counts{mailrelay.Accepted: 7, mailrelay.Delivered: 7})
		}
	}
	b.run(begin, exitOK)
	asked := b.fakes["customersmailcloud"].Asked()
	sums := map[string]float64{}
	for m := 1; m <= 20; m++ {
		for name, v := range b.run(begin.Add(time.Duration(m)*time.Minute), exitOK) {
			sums[name] += v
		}
	}
	for name, want := range map[string]float64{"destination.sparkpost.docomo.blocked": 20, "destination.sparkpost.gmail.delivered": 140, "destination.sparkpost.gmail.blocked": 0,
		"destination.sendgrid.docomo.blocked": 20, "destination.sendgrid.gmail.delivered": 140,
		"destination.customersmailcloud.docomo.bounced": 20, "destination.customersmailcloud.gmail.delivered": 140, "destination.customersmailcloud.gmail.bounced": 0} {
		if got, told := sums[name]; !told || got != want {
			t.Errorf("%s adds up to %g, told %v, want %g", name, got, told, want)
		}
	}
	if strings.Contains(b.stderr, "destination") {
		t.Error(b.stderr)
	}
	if n := b.fakes["customersmailcloud"].Asked() - asked; n != 40 { // the sums and one minute's list
		t.Errorf("asked %d times in 20 minutes", n)
	}
}

// A carrier that refuses all is told with its answer, of a relay whose sums are of days.
func TestACarrierThatRefusesIsToldWhereSumsAreOfDays(t *testing.T) {
	b := newBench(t, "customersmailcloud")
	f := b.fakes["customersmailcloud"]
	for m := -30; m < 60; m++ {
		at, refused := begin.Add(time.Duration(m)*time.Minute), m >= 12
		f.CountAt(at, "gmail.com", mailrelay.Counts{mailrelay.Accepted: 9, mailrelay.Delivered: 9})
		f.CountAt(at, "docomo.ne.jp", map[bool]mailrelay.Counts{false: {mailrelay.Accepted: 2, mailrelay.Delivered: 2}, true: {mailrelay.Accepted: 2, mailrelay.Bounced: 2}}[refused])
	}
	for m := 0; m <= 40; m++ {
		b.run(begin.Add(time.Duration(m)*time.Minute), exitOK)
	}
	h, traits, err := relaystore.Store{Dir: b.dir + "/state"}.Read("customersmailcloud", "customersmailcloud")
	if err != nil {
		t.Fatal(err)
	}
	v := h.Judge(begin.Add(40*time.Minute), traits, mailrelay.Settings{})
	if s := v.Sentence(text.English, mailrelay.Settings{}); v.Severity != mailrelay.Critical || !strings.Contains(s, "docomo has refused 100 % since 01:12 (550 5.7.1); the others as usual.") {
		t.Errorf("severity %d: %s", v.Severity, s)
	}
}
