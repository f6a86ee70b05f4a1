package sparkpost

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaytest"
)

func TestConformance(t *testing.T) {
	relaytest.Run(t, relaytest.Adapter{Vendor: "sparkpost", Destinations: true, New: func(url string) mailrelay.Relay { return New(Account{Key: relayfake.Key, BaseURL: url}) }})
}

// documented has the shape of the page that the package comment cites.
const documented = `{"results":[{"count_injected":3,"count_delivered":2,"count_delayed":0,"count_hard_bounce":1,"count_soft_bounce":1,"count_undetermined_bounce":2,"count_admin_bounce":4,"ts":"2017-12-01T09:00:00-05:00"},{"count_injected":null,"count_delivered":0,"ts":"2017-12-01T14:01:00+00:00"}]}`

func TestParse(t *testing.T) {
	b, err := parse([]byte(documented), time.Minute)
	if err != nil || len(b) != 2 {
		t.Fatal(b, err)
	}
	if b[0].Start.Unix() != 1512136800 || b[0].Counts[mailrelay.Delivered] != 2 || len(b[0].Counts) != 5 || b[0].Counts[mailrelay.BouncedSoft] != 7 || len(b[1].Counts) != 1 {
		t.Errorf("%+v", b)
	}
	for _, body := range []string{`null`, `[]`, `{}`, `{"errors":[{"message":"x"}]}`, `{"results":[{"count_injected":3}]}`,
		`{"results":[{"ts":"2017-12-01T09:00:00Z","count_injected":-3}]}`, `{"results":[{"ts":"2017-12-01T09:00:00Z"},{"ts":"2017-12-01T09:00:00Z"}]}`} {
		if b, err := parse([]byte(body), time.Minute); err == nil {
			t.Errorf("%s was read as %v", body, b)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(documented))
	f.Fuzz(func(t *testing.T, b []byte) {
		buckets, _ := parse(b, time.Minute)
		for i, b := range buckets {
			if i > 0 && b.Start.Before(buckets[i-1].End) {
				t.Errorf("%s overlaps", b.Start)
			}
		}
	})
}

func TestTheFirstPollReadsWeeksByTheHour(t *testing.T) {
	now := time.Date(2026, 10, 5, 1, 7, 0, 0, time.UTC)
	f, stop, err := relayfake.Start("sparkpost", now)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	begin := now.Add(-28 * 24 * time.Hour).Truncate(time.Hour)
	for at := begin; at.Before(now); at = at.Add(time.Minute) {
		f.Count(at, mailrelay.Counts{mailrelay.Accepted: 3, mailrelay.Delivered: 2})
	}
	r, h := New(Account{Key: relayfake.Key, BaseURL: f.URL}), &mailrelay.History{}
	span := h.Ask(now, r.Traits())
	report, err := r.Read(context.Background(), span)
	if err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for i, b := range report.Buckets {
		sum += b.Counts[mailrelay.Delivered]
		if i > 0 && !b.Start.Equal(report.Buckets[i-1].End) {
			t.Fatalf("a gap or an overlap at %s", b.Start)
		}
	}
	if want := 2 * int64(report.DataTo.Sub(begin)/time.Minute); sum != want {
		t.Errorf("%d delivered, want %d", sum, want)
	}
	if _, err := h.Add(mailrelay.Poll{Span: span, Report: report}, r.Traits()); err != nil {
		t.Fatal(err)
	}
	if v := h.Judge(now, r.Traits(), mailrelay.Settings{}); v.Severity != mailrelay.OK || len(v.Findings) != 0 {
		t.Errorf("with four weeks of history: %+v", v.Findings)
	}
}

// Bird serves the same figures under hosts, paths and a scheme of its own.
func TestAnAddressWithAPathAndASchemeAreUsedAsTheyAre(t *testing.T) {
	var asked *http.Request
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked == nil {
			asked = r
		}
		_, _ = w.Write([]byte(`{"results":[]}`))
	}))
	defer s.Close()
	now := time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)
	r := New(Account{Key: "k123", Scheme: "AccessKey", BaseURL: s.URL + "/workspaces/w1/reach"})
	if _, err := r.Read(context.Background(), mailrelay.Span{From: now.Add(-time.Hour), To: now}); err != nil {
		t.Fatal(err)
	}
	if asked.URL.Path != "/workspaces/w1/reach"+path || asked.Header.Get("Authorization") != "AccessKey k123" {
		t.Errorf("%s, %q", asked.URL.Path, asked.Header.Get("Authorization"))
	}
}

func TestParseDomains(t *testing.T) {
	got, err := parseDomains([]byte(`{"results":[{"domain":"docomo.ne.jp","count_delivered":1},{"domain":"mail.docomo.ne.jp","count_delivered":2},{"domain":"example.com","count_delivered":4}]}`))
	if err != nil || len(got) != 2 || got[mailrelay.Docomo][mailrelay.Delivered] != 3 || got[mailrelay.Other][mailrelay.Delivered] != 4 {
		t.Errorf("%v, %v", got, err)
	}
	for name, body := range map[string]string{
		"no list": `{}`, "no domain": `{"results":[{"count_delivered":1}]}`, "below 0": `{"results":[{"domain":"a.example","count_delivered":-1}]}`,
		"a domain twice": `{"results":[{"domain":"a.example","count_delivered":1},{"domain":"a.example","count_delivered":1}]}`,
	} {
		if got, err := parseDomains([]byte(body)); err == nil {
			t.Errorf("%s was read as %v", name, got)
		}
	}
}
