package customersmailcloud

import (
	"testing"

	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaytest"
)

func TestConformance(t *testing.T) {
	relaytest.Run(t, relaytest.Adapter{Vendor: "customersmailcloud", New: func(url string) mailrelay.Relay {
		return New(Account{User: relayfake.User, Key: relayfake.Key, BaseURL: url})
	}})
}

// documented is the example's shape on the page that the package comment cites.
const documented = `{"statistics":[{"date":"2015-12-01","queued":7833,"succeeded":7800,"failed":33,"blocked":0,"valid":7833},{"date":"2015-12-02","queued":649,"succeeded":605,"failed":40,"blocked":4,"valid":645}]}`

func TestParse(t *testing.T) {
	days, err := parse([]byte(documented))
	if err != nil || len(days) != 2 {
		t.Fatal(days, err)
	}
	if c := days[1].Counts; c[mailrelay.Accepted] != 649 || c[mailrelay.Delivered] != 605 || c[mailrelay.Bounced] != 40 || c[mailrelay.Dropped] != 4 || len(c) != 4 {
		t.Errorf("%v", c)
	}
	for _, body := range []string{`null`, `[]`, `{}`, `{"statistics":null}`, `{"statistics":[{"date":"total","queued":1}]}`, `{"statistics":[{"date":"2015-12-01"},{"date":"2015-12-01"}]}`} {
		if days, err := parse([]byte(body)); err == nil {
			t.Errorf("%s was read as %v", body, days)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(documented))
	f.Fuzz(func(t *testing.T, b []byte) {
		days, _ := parse(b)
		for i, d := range days {
			if i > 0 && days[i-1].Date >= d.Date {
				t.Errorf("%s after %s", d.Date, days[i-1].Date)
			}
		}
	})
}
