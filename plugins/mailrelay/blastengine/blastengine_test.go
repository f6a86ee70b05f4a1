package blastengine

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaytest"
)

func relay(url string) *Relay {
	return New(Account{Login: relayfake.User, Key: relayfake.Key, BaseURL: url})
}

func TestConformance(t *testing.T) {
	relaytest.Run(t, relaytest.Adapter{Vendor: "blastengine", Destinations: true, Standing: true, New: func(url string) mailrelay.Relay { return relay(url) }})
}

// documented has the fields that the vendor's SDK declares for a row:
// github.com/blastengineMania/blastengine-node, types/index.d.ts (SearchLogResult).
const documented = `{"data":[
{"delivery_time":"2022-08-25T10:00:31+09:00","delivery_id":12,"maillog_id":103,"delivery_type":"TRANSACTION","email":"a@example.com","status":"SENT","last_response_code":"250","last_response_message":"250 ok","open_time":null,"created_time":"2022-08-25T10:00:30+09:00","updated_time":"2022-08-25T10:00:32+09:00"},
{"delivery_time":"2022-08-25T10:00:02+09:00","delivery_id":12,"maillog_id":101,"delivery_type":"SMTP","email":"b@example.com","status":"HARDERROR","last_response_code":"550","last_response_message":"550 no such user","open_time":null,"created_time":"2022-08-25T10:00:01+09:00","updated_time":"2022-08-25T10:00:02+09:00"},
{"delivery_time":null,"delivery_id":13,"maillog_id":102,"delivery_type":"BULK","email":"c@example.com","status":"RETRY","last_response_code":"","last_response_message":"","open_time":null,"created_time":"2022-08-25T10:00:01+09:00","updated_time":"2022-08-25T10:00:02+09:00"}]}`

// usage is what https://qiita.com/goofmint/items/d31837862c20fbf07637 shows.
const usage = `{"month":202208,"current":44,"remaining":9956,"plan_id":"be-plan-10000"}`

func TestTheBearerTokenIsMadeAsTheVendorsPageSays(t *testing.T) {
	// Made with: printf loginkey | sha256sum | awk '{printf $1}' | base64 -w0
	if got, want := bearer("login", "key"), "YzgxNTk2ZTFhYTRlMWM2MGNjZGIzMTM2YmVkNGMyOGU3MTU4MGEwODg2ZjQ3ZTAzMmQ5MjgzNWU1MjQ3MjBjYw=="; got != want {
		t.Errorf("got %s", got)
	}
}

func TestParseLog(t *testing.T) {
	rows, err := parseLog([]byte(documented))
	if err != nil || len(rows) != 3 || rows[0].figure != mailrelay.Delivered || rows[1].figure != mailrelay.BouncedHard || !rows[2].at.IsZero() || smallest(rows) != 101 {
		t.Fatal(rows, err)
	}
	for name, body := range map[string]string{
		"nothing": `{}`, "a null": `null`, "an error": `{"error_messages":{"main":["x"]}}`, "half": documented[:len(documented)/2],
		"a row without an id":   `{"data":[{"status":"SENT"}]}`,
		"an id told twice":      `{"data":[{"maillog_id":1},{"maillog_id":1}]}`,
		"a time without a zone": `{"data":[{"maillog_id":1,"delivery_time":"2022-08-25 10:00:31","status":"SENT"}]}`,
	} {
		if rows, err := parseLog([]byte(body)); err == nil {
			t.Errorf("%s was read as %v", name, rows)
		}
	}
}

func TestAStateThatNobodyKnowsCostsNoOtherMailAnything(t *testing.T) {
	now := time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)
	f, stop, err := relayfake.Start("blastengine", now)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	f.Count(now.Add(-20*time.Minute), mailrelay.Counts{mailrelay.Delivered: 5, relayfake.Unheard: 2})
	r, err := relay(f.URL).Read(context.Background(), mailrelay.Span{From: now.Add(-30 * time.Minute), To: now})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.Buckets); n == 0 || r.Buckets[n-1].Counts[mailrelay.Delivered] != 5 || len(r.Buckets[n-1].Counts) != len(states) {
		t.Errorf("%+v", r.Buckets)
	}
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], `2 mails are in the state "QUARANTINED"`) {
		t.Errorf("%q", r.Notes)
	}
}

func TestParseUsageTellsWhatIsToldOnly(t *testing.T) {
	q, err := parseUsage([]byte(usage))
	if err != nil || *q.Used != 44 || *q.Left != 9956 || q.Limit != nil {
		t.Fatal(q, err)
	}
	if q, err := parseUsage([]byte(`{"current":44}`)); err != nil || q.Left != nil {
		t.Error(q, err)
	}
	for _, body := range []string{`{}`, `null`, `[]`, `{"current":-1}`, `{"current":"many"}`} {
		if q, err := parseUsage([]byte(body)); err == nil {
			t.Errorf("%s was read as %v", body, q)
		}
	}
}

// A bulk delivery of 200,000 mails is told by its totals, minute by minute.
func TestBulkDeliveriesAreCountedByTheirTotals(t *testing.T) {
	begin := time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)
	for _, busy := range []bool{true, false} { // are there other mails?
		f, stop, err := relayfake.Start("blastengine", begin)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		for m := -30; m < 40 && busy; m++ {
			f.Count(begin.Add(time.Duration(m)*time.Minute), mailrelay.Counts{mailrelay.Delivered: 3})
		}
		f.Send(7, begin.Add(-time.Hour), mailrelay.Counts{mailrelay.Delivered: 500}) // before we came
		for m := range 20 {
			f.Send(8, begin.Add(time.Duration(m+2)*time.Minute), mailrelay.Counts{mailrelay.Delivered: 9_900, mailrelay.BouncedHard: 70, mailrelay.Dropped: 30})
		}
		h, r := &mailrelay.History{}, relay(f.URL)
		sums := mailrelay.Counts{}
		for m := range 35 {
			now := begin.Add(time.Duration(m) * time.Minute)
			f.Set(now)
			span := h.Ask(now, r.Traits())
			report, err := r.Read(context.Background(), span)
			fresh, err2 := h.Add(mailrelay.Poll{Span: span, Report: report, Err: err}, r.Traits())
			if err2 != nil || len(report.Notes) > 0 {
				t.Fatal(err2, report.Notes)
			}
			for _, b := range fresh {
				for f, n := range b.Counts {
					if m > 0 {
						sums[f] += n
					}
				}
			}
		}
		want := mailrelay.Counts{mailrelay.Delivered: 20 * 9_900, mailrelay.BouncedHard: 20 * 70, mailrelay.Dropped: 20 * 30}
		if busy {
			want[mailrelay.Delivered] += f.Sum(mailrelay.Delivered, begin.Add(-5*time.Minute), begin.Add(29*time.Minute))
		}
		for f, n := range want {
			if sums[f] != n {
				t.Errorf("busy %v: %s adds up to %d, want %d", busy, f, sums[f], n)
			}
		}
		kept := int64(0)
		for _, b := range h.Recent {
			kept += b.Counts[mailrelay.BouncedHard]
		}
		if kept != 20*70 {
			t.Errorf("busy %v: %d are kept", busy, kept)
		}
	}
}

// What a server answered is told in codes, without its words.
func TestWhyADestinationRefusesIsTold(t *testing.T) {
	now := time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)
	f, stop, err := relayfake.Start("blastengine", now)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	f.CountAt(now.Add(-20*time.Minute), "docomo.ne.jp", mailrelay.Counts{mailrelay.BouncedSoft: 5})
	r, err := relay(f.URL).Read(context.Background(), mailrelay.Span{From: now.Add(-30 * time.Minute), To: now})
	if err != nil || r.Destinations[mailrelay.Docomo].Reason != "550 5.7.1" {
		t.Errorf("%+v, %v", r.Destinations, err)
	}
}

func TestMoreThanAPageIsReadInFull(t *testing.T) {
	now := time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)
	f, stop, err := relayfake.Start("blastengine", now)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	f.Count(now.Add(-20*time.Minute), mailrelay.Counts{mailrelay.Delivered: 2500, mailrelay.Dropped: 3})
	r, err := relay(f.URL).Read(context.Background(), mailrelay.Span{From: now.Add(-30 * time.Minute), To: now})
	if err != nil {
		t.Fatal(err)
	}
	// Ten silent minutes are told before it, none after it.
	if len(r.Buckets) != 11 || r.Buckets[10].Counts[mailrelay.Delivered] != 2500 || r.Buckets[10].Counts[mailrelay.Dropped] != 3 || r.Buckets[0].Counts[mailrelay.Delivered] != 0 {
		t.Errorf("%+v", r.Buckets)
	}
	if n := f.Asked(); n != 5 { // usage, bulk deliveries, three pages
		t.Errorf("asked %d times", n)
	}
}

func TestTooMuchIsAnErrorAndAFirstPollGoesAsFarBackAsItCan(t *testing.T) {
	now := time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)
	f, stop, err := relayfake.Start("blastengine", now)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	f.Count(now.Add(-3*time.Hour), mailrelay.Counts{mailrelay.Delivered: maxPages * pageSize})
	f.Count(now.Add(-20*time.Minute), mailrelay.Counts{mailrelay.Delivered: 7})
	span := mailrelay.Span{From: now.Add(-12 * time.Hour), To: now}
	r, err := relay(f.URL).Read(context.Background(), span)
	if err != nil || len(r.Buckets) == 0 || r.Buckets[0].Start.Before(now.Add(-3*time.Hour)) {
		t.Fatalf("%d buckets, %v", len(r.Buckets), err)
	}
	f.Count(now.Add(-10*time.Minute), mailrelay.Counts{mailrelay.Delivered: maxPages * pageSize})
	if r, err := relay(f.URL).Read(context.Background(), span); err == nil || !strings.Contains(err.Error(), "too many") || !r.Empty() {
		t.Errorf("%d buckets, %v", len(r.Buckets), err)
	}
}

func FuzzParseLog(f *testing.F) {
	f.Add([]byte(documented))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := parseLog(b)
		if err != nil {
			return
		}
		from := time.Date(2022, 8, 25, 0, 0, 0, 0, time.UTC)
		var kept []row
		for _, x := range rows {
			if !x.at.Before(from) && x.at.Before(from.Add(4*time.Hour)) {
				kept = append(kept, x)
			}
		}
		sum, known := int64(0), int64(0)
		for _, b := range minutes(kept, from) {
			for _, n := range b.Counts {
				sum += n
			}
		}
		for _, x := range kept {
			if x.figure != "" {
				known++
			}
		}
		if sum != known {
			t.Errorf("%d of %d rows were counted", sum, known)
		}
	})
}

func FuzzParseUsage(f *testing.F) {
	f.Add([]byte(usage))
	f.Fuzz(func(t *testing.T, b []byte) {
		q, err := parseUsage(b)
		if err == nil && (q.Used == nil || *q.Used < 0 || !json.Valid(b)) {
			t.Errorf("%s was read as %v", b, q)
		}
	})
}
