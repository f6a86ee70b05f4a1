package relayfake

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
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
		Filter                 struct {
			AND []struct {
				Attribute string
				Values    []struct{ Value string }
			}
		}
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
	items := []any{}
	item := func(v view, at time.Time, more ...any) {
		metrics := map[string]int64{}
		for _, name := range q.Metrics {
			metrics[name] = v.mailgunCount(name, at)
		}
		when := at.Format(time.RFC1123Z)
		items = append(items, map[string]any{"dimensions": append([]any{map[string]string{"dimension": "time", "value": when, "display_value": when}}, more...), "metrics": metrics})
	}
	for _, at := range v.slots(from, to, time.Hour) {
		if !slices.Contains(q.Dimensions, "recipient_domain") {
			item(v, at)
			continue
		}
		for _, domain := range slices.Sorted(maps.Keys(v.domains)) {
			for _, f := range q.Filter.AND {
				for _, x := range f.Values {
					if f.Attribute == "recipient_domain" && x.Value == domain {
						item(v.of(domain), at, map[string]string{"dimension": "recipient_domain", "value": domain, "display_value": domain})
					}
				}
			}
		}
	}
	answer(w, map[string]any{"start": from.Format(time.RFC1123Z), "end": to.Format(time.RFC1123Z), "resolution": "hour", "duration": "",
		"dimensions": []string{"time"}, "items": items, "pagination": map[string]any{"sort": "", "skip": 0, "limit": 300, "total": len(items)}})
}

// mailgunCount is one of Mailgun's figures of an hour. Of what the relay drops a third is
// given up as too old, the rest is suppressed; a tenth as much as is delivered by SMTP goes
// to routes by HTTP.
// https://documentation.mailgun.com/docs/mailgun/user-manual/reporting/metric-definitions
func (v view) mailgunCount(name string, at time.Time) int64 {
	n := func(k mailrelay.Figure) int64 { return v.sum(k, at, at.Add(time.Hour)) }
	routes, old := n(mailrelay.Delivered)/10+1, n(mailrelay.Dropped)/3
	hard, soft, blocked := n(mailrelay.BouncedHard), n(mailrelay.BouncedSoft), n(mailrelay.Blocked)
	switch name {
	case "accepted_outgoing_count":
		return n(mailrelay.Accepted)
	case "accepted_count":
		return n(mailrelay.Accepted) + routes
	case "delivered_smtp_count":
		return n(mailrelay.Delivered)
	case "delivered_http_count":
		return routes
	case "delivered_count":
		return n(mailrelay.Delivered) + routes
	case "temporary_failed_count":
		return n(mailrelay.Deferred)
	case "hard_bounces_count":
		return hard
	case "soft_bounces_count":
		return soft + blocked
	case "bounced_count":
		return hard + soft + blocked
	case "permanent_failed_esp_block_count":
		return blocked
	case "permanent_failed_old_count":
		return old
	case "suppressed_bounces_count":
		return n(mailrelay.Dropped) - old
	case "permanent_failed_count":
		return hard + soft + blocked + n(mailrelay.Dropped)
	case "complained_count":
		return n(mailrelay.Complaints)
	}
	return 0
}

// sparkpost tells GET /api/v1/metrics/deliverability/time-series by the minute of
// a day, or by the hour of a month.
// https://developers.sparkpost.com/api/metrics/#metrics-get-time-series-metrics
func sparkpost(v view, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != Key {
		deny(w)
		return
	}
	q := r.URL.Query()
	from, err1 := time.Parse("2006-01-02T15:04", q.Get("from"))
	to, err2 := time.Parse("2006-01-02T15:04", q.Get("to"))
	if r.URL.Path == "/api/v1/metrics/deliverability/domain" && err1 == nil && err2 == nil {
		results := []any{}
		for _, domain := range slices.Sorted(maps.Keys(v.domains)) {
			row := map[string]any{"domain": domain}
			for _, name := range strings.Split(q.Get("metrics"), ",") {
				row[name] = v.of(domain).sparkpostCount(name, from, to.Sub(from))
			}
			results = append(results, row)
		}
		answer(w, map[string]any{"results": results})
		return
	}
	if r.URL.Path != "/api/v1/metrics/deliverability/time-series" || err1 != nil || err2 != nil || q.Get("timezone") != "UTC" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	grain, most := time.Minute, 24*time.Hour
	if q.Get("precision") == "hour" {
		grain, most = time.Hour, 31*24*time.Hour
	} else if q.Get("precision") != "1min" {
		grain = 0
	}
	if grain == 0 || to.Sub(from) > most {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	results := []any{}
	if ahead := to.Sub(v.now); ahead > 0 && ahead < time.Hour {
		v.now = to // of times to come it tells 0, which the page does not rule out
	}
	for _, at := range v.slots(from, to, grain) {
		row := map[string]any{"ts": at.Format(time.RFC3339)}
		for _, name := range strings.Split(q.Get("metrics"), ",") {
			row[name] = v.sparkpostCount(name, at, grain)
		}
		results = append(results, row)
	}
	answer(w, map[string]any{"results": results})
}

// sparkpostCount is one of SparkPost's figures of a span. Of the bounces that are neither
// hard nor blocked a half is soft, a third undetermined, and the rest admin.
func (v view) sparkpostCount(name string, at time.Time, grain time.Duration) int64 {
	n := func(k mailrelay.Figure) int64 { return v.sum(k, at, at.Add(grain)) }
	soft := n(mailrelay.BouncedSoft)
	switch name {
	case "count_targeted":
		return n(mailrelay.Accepted) + n(mailrelay.Dropped)
	case "count_injected":
		return n(mailrelay.Accepted)
	case "count_delivered":
		return n(mailrelay.Delivered)
	case "count_delayed":
		return n(mailrelay.Deferred)
	case "count_hard_bounce":
		return n(mailrelay.BouncedHard)
	case "count_soft_bounce":
		return soft / 2
	case "count_undetermined_bounce":
		return soft / 3
	case "count_admin_bounce":
		return soft - soft/2 - soft/3
	case "count_block_bounce":
		return n(mailrelay.Blocked)
	case "count_rejected":
		return n(mailrelay.Dropped)
	case "count_spam_complaint":
		return n(mailrelay.Complaints)
	}
	return 0
}
