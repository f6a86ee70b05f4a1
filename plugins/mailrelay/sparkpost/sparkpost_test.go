package sparkpost

import (
	"testing"

	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaytest"
)

func TestConformance(t *testing.T) {
	relaytest.Run(t, relaytest.Adapter{Vendor: "sparkpost", New: func(url string) mailrelay.Relay { return New(Account{Key: relayfake.Key, BaseURL: url}) }})
}

// documented has the shape of the page that the package comment cites.
const documented = `{"results":[{"count_injected":3,"count_delivered":2,"count_delayed":0,"count_hard_bounce":1,"ts":"2017-12-01T09:00:00-05:00"},{"count_injected":null,"count_delivered":0,"ts":"2017-12-01T14:01:00+00:00"}]}`

func TestParse(t *testing.T) {
	b, err := parse([]byte(documented))
	if err != nil || len(b) != 2 {
		t.Fatal(b, err)
	}
	if b[0].Start.Unix() != 1512136800 || b[0].Counts[mailrelay.Delivered] != 2 || len(b[0].Counts) != 4 || len(b[1].Counts) != 1 {
		t.Errorf("%+v", b)
	}
	for _, body := range []string{`null`, `[]`, `{}`, `{"errors":[{"message":"x"}]}`, `{"results":[{"count_injected":3}]}`,
		`{"results":[{"ts":"2017-12-01T09:00:00Z","count_injected":-3}]}`, `{"results":[{"ts":"2017-12-01T09:00:00Z"},{"ts":"2017-12-01T09:00:00Z"}]}`} {
		if b, err := parse([]byte(body)); err == nil {
			t.Errorf("%s was read as %v", body, b)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(documented))
	f.Fuzz(func(t *testing.T, b []byte) {
		buckets, _ := parse(b)
		for i, b := range buckets {
			if i > 0 && b.Start.Before(buckets[i-1].End) {
				t.Errorf("%s overlaps", b.Start)
			}
		}
	})
}
