package sendgrid

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaytest"
)

func TestConformance(t *testing.T) {
	relaytest.Run(t, relaytest.Adapter{Vendor: "sendgrid", Destinations: true, New: func(url string) mailrelay.Relay { return New(Account{Key: relayfake.Key, BaseURL: url}) }})
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

// The days are of the account's time zone, wherever it is and whether or not it is known.
func TestDaysOfAnyTimeZoneAreCountedToTheMinute(t *testing.T) {
	for _, place := range []string{"Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati", "UTC"} {
		account, err := time.LoadLocation(place)
		if err != nil {
			t.Fatal(err)
		}
		for _, set := range []*time.Location{nil, account} {
			begin := time.Date(2026, 10, 5, 0, 30, 0, 0, account).Add(-time.Hour)
			f, stop, err := relayfake.Start("sendgrid", begin)
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			f.Dates(account)
			r, h := New(Account{Key: relayfake.Key, BaseURL: f.URL, Zone: set}), &mailrelay.History{}
			for at := begin.Add(-30 * time.Hour); at.Before(begin.Add(27 * time.Hour)); at = at.Add(time.Minute) {
				f.Count(at, mailrelay.Counts{mailrelay.Delivered: 90})
			}
			told := 0
			for now := begin; now.Before(begin.Add(26 * time.Hour)); now = now.Add(10 * time.Minute) {
				fresh, err := poll(t, f, r, h, now)
				for _, b := range fresh {
					if told++; b.Counts[mailrelay.Delivered] != 900 {
						t.Errorf("%s, set to %v: %d mails at %s", place, set, b.Counts[mailrelay.Delivered], b.End.In(account))
					}
				}
				if err != nil {
					t.Errorf("%s, set to %v: %v", place, set, err)
				}
			}
			if told != 155 {
				t.Errorf("%s, set to %v: %d differences", place, set, told)
			}
		}
	}
}

func poll(t *testing.T, f *relayfake.Fake, r mailrelay.Relay, h *mailrelay.History, now time.Time) ([]mailrelay.Bucket, error) {
	t.Helper()
	f.Set(now)
	span := h.Ask(now, r.Traits())
	report, err := r.Read(context.Background(), span)
	if err != nil {
		t.Fatal(err)
	}
	return h.Add(mailrelay.Poll{Span: span, Report: report}, r.Traits())
}

func TestATimeZoneThatTheDatesContradictIsTold(t *testing.T) {
	tokyo, west := time.FixedZone("JST", 9*3600), time.FixedZone("PST", -8*3600)
	for _, c := range []struct {
		name         string
		account, set *time.Location
		at           time.Time
		says         string
	}{
		{"further east", tokyo, time.UTC, time.Date(2026, 10, 5, 18, 0, 0, 0, time.UTC), "further east"},
		{"further west", west, tokyo, time.Date(2026, 10, 5, 10, 0, 0, 0, tokyo), "further west"},
		{"right after midnight", west, west, time.Date(2026, 10, 5, 0, 5, 0, 0, west), ""},
	} {
		f, stop, err := relayfake.Start("sendgrid", c.at)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		f.Dates(c.account)
		r, h := New(Account{Key: relayfake.Key, BaseURL: f.URL, Zone: c.set}), &mailrelay.History{}
		for at := c.at.Add(-30 * time.Hour); at.Before(c.at.Add(time.Hour)); at = at.Add(time.Minute) {
			f.Count(at, mailrelay.Counts{mailrelay.Delivered: 90})
		}
		_, _ = poll(t, f, r, h, c.at)
		fresh, err := poll(t, f, r, h, c.at.Add(time.Minute))
		if len(fresh) != 1 || fresh[0].Counts[mailrelay.Delivered] != 90 || h.State.Trouble != "" {
			t.Errorf("%s: %+v, %s", c.name, fresh, h.State.Trouble)
		}
		if (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestParseProviders(t *testing.T) {
	const day = `{"date":"2026-10-05","stats":[{"type":"mailbox_provider","name":"Gmail","metrics":{"blocks":1,"delivered":9}},{"name":"NTT docomo","metrics":{"blocks":5,"delivered":0}},{"name":"Google Workspace","metrics":{"blocks":0,"delivered":2}}]}`
	got, err := parseProviders([]byte(`[` + day + `]`))
	if err != nil || len(got) != 2 || got[mailrelay.Gmail].Days[0].Counts[mailrelay.Delivered] != 11 || got[mailrelay.Docomo].Days[0].Counts[mailrelay.Blocked] != 5 {
		t.Errorf("%+v, %v", got, err)
	}
	for name, body := range map[string]string{
		"no list": `null`, "an object": `{}`, "a day twice": `[` + day + `,` + day + `]`, "no date": `[{"date":"x"}]`,
		"a provider twice": `[{"date":"2026-10-05","stats":[{"name":"Gmail","metrics":{"blocks":1}},{"name":"Gmail","metrics":{"blocks":1}}]}]`,
		"below 0":          `[{"date":"2026-10-05","stats":[{"name":"Gmail","metrics":{"blocks":-1}}]}]`,
	} {
		if got, err := parseProviders([]byte(body)); err == nil {
			t.Errorf("%s was read as %v", name, got)
		}
	}
}
