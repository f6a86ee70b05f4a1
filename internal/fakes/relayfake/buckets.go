package relayfake

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// slots are the spans of a grain from one time to another, the running one included.
func (v view) slots(from, to time.Time, grain time.Duration) []time.Time {
	var out []time.Time
	for at := from.Truncate(grain); at.Before(to) && at.Before(v.now) && !v.empty; at = at.Add(grain) {
		out = append(out, at.In(v.zone))
	}
	return out
}

// mailgun tells POST /v1/analytics/metrics by the hour.
// https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/metrics/post-v1-analytics-metrics
func mailgun(v view, w http.ResponseWriter, r *http.Request) {
	if user, pass, _ := r.BasicAuth(); user != "api" || pass != Key {
		deny(w)
		return
	}
	var q struct {
		Start, End, Resolution string
		Dimensions, Metrics    []string
	}
	if r.Method != http.MethodPost || r.URL.Path != "/v1/analytics/metrics" || json.NewDecoder(r.Body).Decode(&q) != nil || q.Resolution != "hour" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	from, err1 := time.Parse(time.RFC1123Z, q.Start)
	to, err2 := time.Parse(time.RFC1123Z, q.End)
	if err1 != nil || err2 != nil {
		from, to = time.Time{}, time.Time{} // what the real one does with unset times
	}
	figures := map[string]mailrelay.Figure{"accepted_outgoing_count": mailrelay.Accepted, "delivered_count": mailrelay.Delivered,
		"temporary_failed_count": mailrelay.Deferred, "hard_bounces_count": mailrelay.BouncedHard, "soft_bounces_count": mailrelay.BouncedSoft,
		"permanent_failed_esp_block_count": mailrelay.Blocked, "suppressed_bounces_count": mailrelay.Dropped, "complained_count": mailrelay.Complaints}
	items := []any{}
	for _, at := range v.slots(from, to, time.Hour) {
		metrics := map[string]int64{}
		for _, name := range q.Metrics {
			metrics[name] = 0
			if k, ok := figures[name]; ok {
				metrics[name] = v.sum(k, at, at.Add(time.Hour))
			}
		}
		when := at.Format(time.RFC1123Z)
		items = append(items, map[string]any{"dimensions": []any{map[string]string{"dimension": "time", "value": when, "display_value": when}}, "metrics": metrics})
	}
	answer(w, map[string]any{"start": from.Format(time.RFC1123Z), "end": to.Format(time.RFC1123Z), "resolution": "hour", "duration": "",
		"dimensions": []string{"time"}, "items": items, "pagination": map[string]any{"sort": "", "skip": 0, "limit": 300, "total": len(items)}})
}

// sparkpost tells GET /api/v1/metrics/deliverability/time-series by the minute.
// https://developers.sparkpost.com/api/metrics/#metrics-get-time-series-metrics
func sparkpost(v view, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != Key {
		deny(w)
		return
	}
	q := r.URL.Query()
	from, err1 := time.Parse("2006-01-02T15:04", q.Get("from"))
	to, err2 := time.Parse("2006-01-02T15:04", q.Get("to"))
	if r.URL.Path != "/api/v1/metrics/deliverability/time-series" || err1 != nil || err2 != nil || q.Get("precision") != "1min" || q.Get("timezone") != "UTC" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	figures := map[string]mailrelay.Figure{"count_injected": mailrelay.Accepted, "count_delivered": mailrelay.Delivered, "count_delayed": mailrelay.Deferred,
		"count_hard_bounce": mailrelay.BouncedHard, "count_soft_bounce": mailrelay.BouncedSoft, "count_block_bounce": mailrelay.Blocked,
		"count_rejected": mailrelay.Dropped, "count_spam_complaint": mailrelay.Complaints}
	results := []any{}
	for _, at := range v.slots(from, to, time.Minute) {
		row := map[string]any{"ts": at.Format(time.RFC3339)}
		for _, name := range strings.Split(q.Get("metrics"), ",") {
			row[name] = v.sum(figures[name], at, at.Add(time.Minute))
		}
		results = append(results, row)
	}
	answer(w, map[string]any{"results": results})
}
