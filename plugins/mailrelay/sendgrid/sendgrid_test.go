package sendgrid

import (
	"testing"

	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaytest"
)

func TestConformance(t *testing.T) {
	relaytest.Run(t, relaytest.Adapter{Vendor: "sendgrid", New: func(url string) mailrelay.Relay { return New(Account{Key: relayfake.Key, BaseURL: url}) }})
}

// documented has the fields and values of the example on the page that the package
// comment cites, and of days with traffic.
const documented = `[{"date":"2015-11-03","stats":[{"metrics":{"blocks":0,"bounce_drops":0,"bounces":0,"clicks":0,"deferred":0,"delivered":0,"invalid_emails":0,"opens":0,"processed":0,"requests":0,"spam_report_drops":0,"spam_reports":0,"unique_clicks":0,"unique_opens":0,"unsubscribe_drops":0,"unsubscribes":0}}]},
{"date":"2015-11-04","stats":[{"metrics":{"blocks":3,"bounce_drops":1,"bounces":4,"clicks":0,"deferred":9,"delivered":90,"invalid_emails":1,"opens":0,"processed":99,"requests":100,"spam_report_drops":1,"spam_reports":2,"unique_clicks":0,"unique_opens":0,"unsubscribe_drops":1,"unsubscribes":0}}]}]`

func TestParse(t *testing.T) {
	days, err := parse([]byte(documented))
	if err != nil || len(days) != 2 {
		t.Fatal(days, err)
	}
	if c := days[1].Counts; c[mailrelay.Accepted] != 100 || c[mailrelay.Dropped] != 4 || c[mailrelay.Blocked] != 3 || len(c) != 7 {
		t.Errorf("%v", c)
	}
	if c := days[0].Counts; len(c) != 7 {
		t.Errorf("zeros that were told are missing: %v", c)
	}
	for name, body := range map[string]string{"a null": `null`, "an object": `{"errors":[{"message":"x"}]}`, "a wrong date": `[{"date":"today","stats":[]}]`,
		"a negative count": `[{"date":"2015-11-03","stats":[{"metrics":{"requests":-1}}]}]`, "days out of order": `[{"date":"2015-11-03","stats":[{"metrics":{}}]},{"date":"2015-11-03","stats":[{"metrics":{}}]}]`} {
		if days, err := parse([]byte(body)); err == nil {
			t.Errorf("%s was read as %v", name, days)
		}
	}
	if days, err := parse([]byte(`[{"date":"2015-11-03","stats":[]}]`)); err != nil || len(days) != 0 {
		t.Errorf("a day without figures: %v, %v", days, err)
	}
	if days, err := parse([]byte(`[{"date":"2015-11-03","stats":[{"metrics":{"delivered":1,"bounce_drops":2}}]}]`)); err != nil || len(days[0].Counts) != 1 {
		t.Errorf("figures that are missing were told: %v, %v", days, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(documented))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		days, err := parse(b)
		for _, d := range days {
			for k, n := range d.Counts {
				if n < 0 || err != nil {
					t.Errorf("%s is %d beside %v", k, n, err)
				}
			}
		}
	})
}
