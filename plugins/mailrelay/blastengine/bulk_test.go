package blastengine

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// bulky is an account that sends one mail a minute, and ten of a bulk delivery in each of
// twenty minutes; status is what its list of deliveries is answered with.
type bulky struct {
	begin, now time.Time
	status     int
	deliveries int
}

const bulkMinutes, bulkMails = 20, 10

func (b *bulky) sent() (n int) {
	return min(max(0, int(b.now.Sub(b.begin)/time.Minute)-2), bulkMinutes) * bulkMails
}

func (b *bulky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	switch path := r.URL.Path; {
	case path == "/api/v1/usages/latest":
		fmt.Fprint(w, usage)
	case path == logPath:
		fmt.Fprintf(w, `{"data":[%s]}`, strings.Join(b.rows(q), ","))
	case path == deliveriesPath && b.status != 0:
		w.WriteHeader(b.status)
	case path == deliveriesPath:
		size, _ := strconv.Atoi(q.Get("size"))
		var list []string
		for id := b.deliveries; id > 0 && len(list) < size; id-- {
			list = append(list, fmt.Sprintf(`{"delivery_id":%d,"delivery_type":"BULK","status":"SENDING"}`, id))
		}
		fmt.Fprintf(w, `{"data":[%s]}`, strings.Join(list, ","))
	default:
		fmt.Fprintf(w, `{"sent_count":%d,"drop_count":0,"hard_error_count":0,"soft_error_count":0}`, b.sent())
	}
}

func (b *bulky) rows(q url.Values) (out []string) {
	from, _ := time.Parse(time.RFC3339, q.Get("delivery_start"))
	to, _ := time.Parse(time.RFC3339, q.Get("delivery_end"))
	row := func(at time.Time, kind string, n int) {
		out = append(out, fmt.Sprintf(`{"maillog_id":%d,"delivery_time":%q,"delivery_type":%q,"email":"a@shop.example","status":"SENT"}`, at.Unix()*100+int64(n), at.Format(time.RFC3339), kind))
	}
	for at := from; !at.After(to) && at.Before(b.now); at = at.Add(time.Minute) {
		row(at, "SMTP", 0)
		if m := int(at.Sub(b.begin) / time.Minute); q.Get("delivery_type[]") == "" && m >= 2 && m < 2+bulkMinutes {
			for n := range bulkMails {
				row(at, "BULK", n+1)
			}
		}
	}
	return out
}

// A list of deliveries that fails for some polls makes no bulk mail count twice.
func TestNoBulkMailCountsTwice(t *testing.T) {
	for _, c := range []struct{ status, polls, off int }{
		{http.StatusServiceUnavailable, 1, 0}, {http.StatusServiceUnavailable, 4, 0}, {http.StatusTooManyRequests, 1, 0},
		// A key that may not read deliveries: the log is counted, which is some minutes late.
		{http.StatusForbidden, 1, 6 * bulkMails}, {http.StatusForbidden, 8, 6 * bulkMails},
	} {
		b := &bulky{begin: time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC), deliveries: 1}
		server := httptest.NewServer(b)
		h, r, sum, notes := &mailrelay.History{}, relay(server.URL), 0, 0
		for m := range 40 {
			b.now, b.status = b.begin.Add(time.Duration(m)*time.Minute), 0
			if m >= 12 && m < 12+c.polls {
				b.status = c.status
			}
			span := h.Ask(b.now, r.Traits())
			report, err := r.Read(context.Background(), span)
			fresh, err2 := h.Add(mailrelay.Poll{Span: span, Report: report, Err: err}, r.Traits())
			if err2 != nil {
				t.Fatal(err2)
			}
			notes += len(report.Notes)
			for _, x := range fresh {
				if m > 0 {
					sum += int(x.Counts[mailrelay.Delivered]) - 1
				}
			}
		}
		server.Close()
		if off := sum - bulkMinutes*bulkMails; off > c.off || -off > c.off || notes != c.polls {
			t.Errorf("%d for %d polls: %d bulk mails of %d, %d notes", c.status, c.polls, sum, bulkMinutes*bulkMails, notes)
		}
	}
}

func TestMoreBulkDeliveriesThanAreLookedAtAreTold(t *testing.T) {
	for n, want := range map[int]int{mostBulk: 0, mostBulk + 1: 1} {
		b := &bulky{begin: time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC), deliveries: n}
		b.now = b.begin.Add(time.Hour)
		server := httptest.NewServer(b)
		r, err := relay(server.URL).Read(context.Background(), mailrelay.Span{From: b.begin, To: b.now})
		server.Close()
		if err != nil || len(r.Sendings) != mostBulk || len(r.Notes) != want || want > 0 && !strings.Contains(r.Notes[0], "more than 20 bulk deliveries") {
			t.Errorf("%d: %d sendings, %q, %v", n, len(r.Sendings), r.Notes, err)
		}
	}
}
