package mailgun

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaytest"
)

func TestConformance(t *testing.T) {
	relaytest.Run(t, relaytest.Adapter{Vendor: "mailgun", Destinations: true, New: func(url string) mailrelay.Relay { return New(Account{Key: relayfake.Key, BaseURL: url}) }})
}

// documented has the shape of the page that the package comment cites.
const documented = `{"start":"Wed, 01 Nov 2023 00:00:00 +0000","end":"Wed, 01 Nov 2023 02:00:00 +0000","resolution":"hour","duration":"","dimensions":["time"],
"items":[{"dimensions":[{"dimension":"time","value":"Wed, 01 Nov 2023 00:00:00 +0000","display_value":"Wed, 01 Nov 2023 00:00:00 +0000"}],
"metrics":{"accepted_outgoing_count":30,"delivered_count":23,"delivered_smtp_count":20,"suppressed_bounces_count":1,"permanent_failed_count":9,"bounced_count":6,"hard_bounces_count":1,"soft_bounces_count":5,"permanent_failed_esp_block_count":4,"delivered_rate":"0.8300"}}],"pagination":{"sort":"","skip":0,"limit":10,"total":1}}`

func TestParse(t *testing.T) {
	b, err := parse([]byte(documented))
	if err != nil || len(b) != 1 || !maps.Equal(b[0].Counts, mailrelay.Counts{mailrelay.Accepted: 30, mailrelay.Delivered: 20,
		mailrelay.BouncedHard: 1, mailrelay.BouncedSoft: 1, mailrelay.Blocked: 4, mailrelay.Dropped: 3}) {
		t.Fatal(b, err)
	}
	// Parts that were counted at different times make no figure below 0.
	if c, err := counts(map[string]json.RawMessage{"permanent_failed_count": []byte("5"), "bounced_count": []byte("6")}); err != nil || len(c) != 0 {
		t.Error(c, err)
	}
	for name, body := range map[string]string{
		"nothing": `{}`, "a null": `null`, "the year 1": `{"start":"Mon, 01 Jan 0001 00:00:00 +0000","resolution":"hour","items":[]}`,
		"days":          `{"start":"Wed, 01 Nov 2023 00:00:00 +0000","resolution":"day","items":[]}`,
		"half the list": `{"start":"Wed, 01 Nov 2023 00:00:00 +0000","resolution":"hour","items":[],"pagination":{"total":2}}`,
	} {
		if b, err := parse([]byte(body)); err == nil {
			t.Errorf("%s was read as %v", name, b)
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
