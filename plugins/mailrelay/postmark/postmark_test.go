package postmark

import (
	"context"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaytest"
)

func TestConformance(t *testing.T) {
	relaytest.Run(t, relaytest.Adapter{Vendor: "postmark", Sums: true, New: func(url string) mailrelay.Relay { return New(Account{Token: relayfake.Key, BaseURL: url}) }})
}

// documented has the fields of the page that the package comment cites.
const documented = `{"Sent":615,"Bounced":64,"SMTPApiErrors":25,"BounceRate":10.406,"SpamComplaints":10,"SpamComplaintsRate":1.626,"Opens":166,"UniqueOpens":26,"Tracked":111,"WithLinkTracking":90,"WithOpenTracking":51,"TotalTrackedLinksSent":60,"UniqueLinksClicked":30,"TotalClicks":72}`

func TestParse(t *testing.T) {
	c, err := parse([]byte(documented))
	if err != nil || c[mailrelay.Accepted] != 615 || c[mailrelay.Bounced] != 64 || c[mailrelay.Dropped] != 25 || c[mailrelay.Complaints] != 10 {
		t.Errorf("%v, %v", c, err)
	}
	if c, err := parse([]byte(`{"Sent":3}`)); err != nil || len(c) != 1 {
		t.Errorf("figures that are missing were told: %v, %v", c, err)
	}
	for _, body := range []string{`null`, `[]`, `{}`, `{"Sent":-1}`, `{"Sent":"615"}`, `{"ErrorCode":10,"Message":"Bad or missing API token."}`} {
		if c, err := parse([]byte(body)); err == nil {
			t.Errorf("%s was read as %v", body, c)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(documented))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parse(b)
		for k, n := range c {
			if err == nil && n < 0 {
				t.Errorf("%s is %d", k, n)
			}
		}
	})
}

// In summer the day ends at 04:00 UTC: the hour before belongs to it, and the hour after
// is not an error.
func TestTheDayEndsInEasternTimeInSummerToo(t *testing.T) {
	begin := time.Date(2026, 7, 6, 2, 30, 0, 0, time.UTC)
	f, stop, err := relayfake.Start("postmark", begin)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for at := begin.Add(-30 * time.Hour); at.Before(begin.Add(4 * time.Hour)); at = at.Add(time.Minute) {
		f.Count(at, mailrelay.Counts{mailrelay.Accepted: 60})
	}
	r, h, told := New(Account{Token: relayfake.Key, BaseURL: f.URL}), &mailrelay.History{}, 0
	for now := begin; !now.After(begin.Add(3 * time.Hour)); now = now.Add(10 * time.Minute) {
		f.Set(now)
		span := h.Ask(now, r.Traits())
		report, err := r.Read(context.Background(), span)
		fresh, err2 := h.Add(mailrelay.Poll{Span: span, Report: report, Err: err}, r.Traits())
		if err != nil || err2 != nil {
			t.Fatalf("%s: %v, %v", now, err, err2)
		}
		for _, b := range fresh {
			if told++; b.Counts[mailrelay.Accepted] != 600 {
				t.Errorf("%s: %v", now, b.Counts)
			}
		}
	}
	if told != 18 {
		t.Errorf("%d differences", told)
	}
}
