package relayfake

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// dates are the days from one to another, as far as the relay has got.
func (v view) dates(from, to string) []time.Time {
	start, err1 := time.ParseInLocation(time.DateOnly, from, v.zone)
	end, err2 := time.ParseInLocation(time.DateOnly, to, v.zone)
	if err1 != nil || err2 != nil {
		return nil
	}
	var out []time.Time
	for ; !start.After(end); start = start.AddDate(0, 0, 1) {
		if !start.After(v.now) {
			out = append(out, start)
		}
	}
	return out
}

// sendgrid tells GET /v3/stats, one element per day of the account's time zone, one row
// of figures in each, until end_date, which is today where it is not given.
// https://www.twilio.com/docs/sendgrid/api-reference/stats/retrieve-global-email-statistics
func sendgrid(v view, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+Key {
		deny(w)
		return
	}
	q := r.URL.Query()
	if r.URL.Path == "/v3/mailbox_providers/stats" {
		mailboxProviders(v, w, r)
		return
	}
	if r.Method != http.MethodGet || r.URL.Path != "/v3/stats" || q.Get("start_date") == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	to := q.Get("end_date")
	if to == "" {
		to = v.now.In(v.zone).Format(time.DateOnly)
	}
	out := []any{}
	for _, d := range v.dates(q.Get("start_date"), to) {
		if v.empty {
			break
		}
		out = append(out, map[string]any{"date": d.Format(time.DateOnly), "stats": []any{map[string]any{"metrics": map[string]int64{
			"blocks": v.day(mailrelay.Blocked, d), "bounce_drops": v.day(mailrelay.Dropped, d), "bounces": v.day(mailrelay.Bounced, d),
			"clicks": 0, "deferred": v.day(mailrelay.Deferred, d), "delivered": v.day(mailrelay.Delivered, d), "invalid_emails": 0,
			"opens": 7, "processed": v.day(mailrelay.Accepted, d), "requests": v.day(mailrelay.Accepted, d), "spam_report_drops": 0,
			"spam_reports": v.day(mailrelay.Complaints, d), "unique_clicks": 0, "unique_opens": 5, "unsubscribe_drops": 0, "unsubscribes": 1,
		}}}})
	}
	answer(w, out)
}

// mailboxProviders tells GET /v3/mailbox_providers/stats: as /v3/stats, with a row for
// each provider that had mails. What a provider is called the page does not list.
// https://www.twilio.com/docs/sendgrid/api-reference/stats/retrieve-email-statistics-by-mailbox-provider
func mailboxProviders(v view, w http.ResponseWriter, r *http.Request) {
	names := map[string]string{"gmail.com": "Gmail", "outlook.com": "Outlook", "docomo.ne.jp": "Docomo", "yahoo.co.jp": "Yahoo Japan"}
	out := []any{}
	for _, d := range v.dates(r.URL.Query().Get("start_date"), r.URL.Query().Get("end_date")) {
		rows := []any{}
		for _, domain := range slices.Sorted(maps.Keys(v.domains)) {
			n := func(k mailrelay.Figure) int64 { return v.of(domain).day(k, d) }
			rows = append(rows, map[string]any{"type": "mailbox_provider", "name": names[domain], "metrics": map[string]int64{
				"blocks": n(mailrelay.Blocked), "bounces": n(mailrelay.Bounced), "clicks": 0, "deferred": n(mailrelay.Deferred), "delivered": n(mailrelay.Delivered),
				"drops": n(mailrelay.Dropped), "opens": 3, "processed": n(mailrelay.Accepted), "requests": n(mailrelay.Accepted), "spam_reports": n(mailrelay.Complaints),
				"unique_clicks": 0, "unique_opens": 2}})
		}
		out = append(out, map[string]any{"date": d.Format(time.DateOnly), "stats": rows})
	}
	answer(w, out)
}

// eastern is the zone of Postmark's dates, with summer time: the samples of its APIs have
// offsets of -05:00 in winter and -04:00 in summer.
// https://postmarkapp.com/developer/api/bounce-api
var eastern = must(time.LoadLocation("America/New_York"))

func must(zone *time.Location, err error) *time.Location {
	if err != nil {
		panic(err)
	}
	return zone
}

// postmark tells GET /stats/outbound, one sum of the dates asked for, in Eastern time.
// https://postmarkapp.com/developer/api/stats-api
func postmark(v view, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Postmark-Server-Token") != Key {
		deny(w)
		return
	}
	if !v.away {
		v.zone = eastern
	}
	q := r.URL.Query()
	if r.URL.Path != "/stats/outbound" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if v.empty {
		answer(w, map[string]any{})
		return
	}
	sum := func(k mailrelay.Figure) (n int64) {
		for _, d := range v.dates(q.Get("fromdate"), q.Get("todate")) {
			n += v.day(k, d)
		}
		return n
	}
	answer(w, map[string]any{"Sent": sum(mailrelay.Accepted), "Bounced": sum(mailrelay.Bounced), "SMTPApiErrors": sum(mailrelay.Dropped),
		"BounceRate": 10.406, "SpamComplaints": sum(mailrelay.Complaints), "SpamComplaintsRate": 0.1, "Opens": 166, "UniqueOpens": 26,
		"Tracked": 111, "WithClientRecorded": 14, "WithPlatformRecorded": 10, "WithReadTimeRecorded": 10})
}

// customersmailcloud tells POST /transaction/v2/statistics/list.json, the days of a
// month in Japan's time, and /transaction/v2/deliveries/list.json, a row for each mail.
// https://smtps.jp/docs-en/apiv2/te/statistics https://smtps.jp/docs-en/apiv2/te/deliveries
func customersmailcloud(v view, w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("api_key") != Key || r.PostFormValue("api_user") != User {
		deny(w)
		return
	}
	if !v.away {
		v.zone = time.FixedZone("JST", 9*3600)
	}
	if r.URL.Path == "/transaction/v2/deliveries/list.json" {
		deliveries(v, w, r)
		return
	}
	year, err1 := strconv.Atoi(r.PostFormValue("year"))
	month, err2 := strconv.Atoi(r.PostFormValue("month"))
	if r.URL.Path != "/transaction/v2/statistics/list.json" || err1 != nil || err2 != nil || month < 1 || month > 12 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	first := time.Date(year, time.Month(month), 1, 0, 0, 0, 0, v.zone)
	rows := []any{}
	for _, d := range v.dates(first.Format(time.DateOnly), first.AddDate(0, 1, -1).Format(time.DateOnly)) {
		if v.empty {
			break
		}
		queued, blocked := v.day(mailrelay.Accepted, d), v.day(mailrelay.Dropped, d) // on the stop list
		rows = append(rows, map[string]any{"date": d.Format(time.DateOnly), "queued": queued, "succeeded": v.day(mailrelay.Delivered, d),
			"failed": v.day(mailrelay.Bounced, d), "blocked": blocked, "valid": queued - blocked})
	}
	answer(w, map[string]any{"statistics": rows})
}

// deliveries tells the rows of a date, or of an hour or minute of it, page by page. The
// fields are those that github.com/goofmint/CustomersMailCloud-php reads.
func deliveries(v view, w http.ResponseWriter, r *http.Request) {
	number := func(key string, none int) int {
		if r.PostFormValue(key) == "" {
			return none
		}
		n, err := strconv.Atoi(r.PostFormValue(key))
		if err != nil {
			return -2
		}
		return n
	}
	date, err := time.ParseInLocation(time.DateOnly, r.PostFormValue("date"), v.zone)
	hour, minute, page, size := number("hour", -1), number("minute", -1), number("p", 0), number("r", 10)
	if err != nil || date.After(v.now) || r.PostFormValue("server_composition") == "" || hour < -1 || minute < -1 || page < 0 || size < 1 || size > 100 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	rows := []any{}
	for at := date; at.Before(date.AddDate(0, 0, 1)) && at.Before(v.now); at = at.Add(time.Minute) {
		if hour >= 0 && at.Hour() != hour || minute >= 0 && at.Minute() != minute {
			continue
		}
		for _, s := range []struct {
			word, reason string
			figure       mailrelay.Figure
		}{{"succeeded", "250 2.0.0 ok", mailrelay.Delivered}, {"failed", "550 5.7.1 refused by policy", mailrelay.Bounced}, {"deferred", "421 4.7.0 try again later", mailrelay.Deferred}} {
			to := v.addresses(at.Unix()/60, s.figure)
			for n := range v.minutes[at.Unix()/60][s.figure] {
				rows = append(rows, map[string]any{"created": at.Format(time.DateTime), "from": "shop@example.jp", "to": "someone@" + to(n+1), "status": s.word, "reason": s.reason,
					"messageid": "x", "returnpath": "shop@example.jp", "senderip": "192.0.2.1", "sourceip": "192.0.2.2", "subject": "x"})
			}
		}
	}
	first := min(page*size, len(rows))
	answer(w, map[string]any{"deliveries": rows[first:min(first+size, len(rows))]})
}
