package customersmailcloud

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaytest"
)

func TestConformance(t *testing.T) {
	relaytest.Run(t, relaytest.Adapter{Vendor: "customersmailcloud", Destinations: true, New: func(url string) mailrelay.Relay {
		return New(Account{User: relayfake.User, Key: relayfake.Key, ServerComposition: "main", BaseURL: url})
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

func TestParseDeliveries(t *testing.T) {
	const page = `{"deliveries":[{"created":"2015-12-14 08:46:00","to":"a@docomo.ne.jp","status":"failed","reason":"host mx.example said: 550 5.7.1 <a@docomo.ne.jp> refused"},{"to":"b@example.com","status":"queued","reason":""},{"to":"c@gmail.com","status":"succeeded"},{"to":"d","status":"new word"}]}`
	rows, err := parseDeliveries([]byte(page))
	want := []delivery{{mailrelay.Docomo, mailrelay.Bounced, "550 5.7.1"}, {mailrelay.Other, "", ""}, {mailrelay.Gmail, mailrelay.Delivered, ""}, {mailrelay.Other, "", ""}}
	if err != nil || !slices.Equal(rows, want) {
		t.Errorf("%v, %v", rows, err)
	}
	for _, body := range []string{`null`, `[]`, `{}`, `{"deliveries":null}`, `{"deliveries":[{"to":1}]}`, `{"deliveries":[` + strings.Repeat(`{},`, 100) + `{}]}`} {
		if rows, err := parseDeliveries([]byte(body)); err == nil {
			t.Errorf("%.40s was read as %v", body, rows)
		}
	}
}

// A list that never ends, one that breaks, and one that is denied cost the destinations
// only, and what was read of them before stays.
func TestTheListOfDeliveriesCostsNothingElse(t *testing.T) {
	now := time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)
	full := `{"deliveries":[` + strings.Repeat(`{"to":"a@docomo.ne.jp","status":"succeeded"},`, 99) + `{"to":"a@docomo.ne.jp","status":"succeeded"}]}`
	for name, c := range map[string]struct {
		list  func(n int) string
		asked int
		says  string
		told  int64
	}{
		"never ends": {func(int) string { return full }, maxPages, "too many to be counted one by one", 0},
		"breaks": {func(n int) string {
			return map[bool]string{true: `{"deliveries":[{"to":"a@docomo.ne.jp","status":"succeeded"}]}`, false: "<html>"}[n < 4]
		}, 4, "invalid character", 3},
		"is well":     {func(int) string { return `{"deliveries":[]}` }, 15, "", 0},
		"is an error": {func(int) string { return `{"errors":[{"code":"01-001"}]}` }, 1, `no list "deliveries"`, 0},
	} {
		asked := 0
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != deliveriesPath {
				_, _ = io.WriteString(w, `{"statistics":[{"date":"2026-10-05","queued":1,"succeeded":1,"failed":0,"blocked":0}]}`)
				return
			}
			asked++
			_, _ = io.WriteString(w, c.list(asked))
		}))
		r, err := New(Account{User: "u", Key: "k", ServerComposition: "main", BaseURL: s.URL}).Read(t.Context(), mailrelay.Span{From: now.AddDate(0, 0, -1), To: now})
		s.Close()
		if err != nil || len(r.Days) != 1 || asked != c.asked || (len(r.Notes) == 0) != (c.says == "") || !strings.Contains(strings.Join(r.Notes, ""), c.says) {
			t.Errorf("%s: asked %d times: %+v, %v", name, asked, r, err)
		}
		var told int64
		for _, b := range r.Destinations[mailrelay.Docomo].Buckets {
			told += b.Counts[mailrelay.Delivered]
		}
		if told != c.told {
			t.Errorf("%s: %d deliveries of docomo", name, told)
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
