package relayfake

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// blastengine tells GET /api/v1/logs/mails/results, a row for each recipient, the newest
// id first, and GET /api/v1/usages/latest.
// https://blastengine.jp/documents/; the row's fields as in
// github.com/blastengineMania/blastengine-node (types/index.d.ts), its states as in
// github.com/rakus-lc/blastengine-mcp (src/schemas.ts).
func blastengine(v view, w http.ResponseWriter, r *http.Request) {
	token := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%x", sha256.Sum256([]byte(User+Key))))
	if r.Header.Get("Authorization") != "Bearer "+token {
		deny(w)
		return
	}
	switch r.URL.Path {
	case "/api/v1/usages/latest":
		now := v.now.In(v.zone)
		used := v.sum(mailrelay.Delivered, time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, v.zone), v.now)
		answer(w, map[string]any{"month": now.Year()*100 + int(now.Month()), "current": used, "remaining": 10_000_000 - used, "plan_id": "be-plan-10000"})
	case "/api/v1/logs/mails/results":
		mailResults(v, w, r)
	case "/api/v1/deliveries":
		rows := []any{}
		for _, id := range slices.Backward(slices.Sorted(maps.Keys(v.sendings))) {
			if slices.Contains(r.URL.Query()["delivery_type[]"], "BULK") {
				rows = append(rows, map[string]any{"delivery_id": id, "delivery_type": "BULK", "status": "SENDING", "subject": "x", "delivery_time": v.now.Format(time.RFC3339)})
			}
		}
		answer(w, map[string]any{"data": rows})
	default:
		id, err := strconv.ParseInt(strings.TrimPrefix(r.URL.Path, "/api/v1/deliveries/"), 10, 64)
		if err != nil || v.sendings[id] == nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		n := func(k mailrelay.Figure) (sum int64) {
			for minute, c := range v.sendings[id] {
				if minute*60 < v.now.Unix() {
					sum += c[k]
				}
			}
			return sum
		}
		answer(w, map[string]any{"delivery_id": id, "delivery_type": "BULK", "status": "SENDING", "total_count": 1_000_000, "sent_count": n(mailrelay.Delivered),
			"drop_count": n(mailrelay.Dropped), "hard_error_count": n(mailrelay.BouncedHard), "soft_error_count": n(mailrelay.BouncedSoft), "open_count": 0})
	}
}

// Unheard are mails in a state that no client knows yet.
const Unheard mailrelay.Figure = "unheard"

func mailResults(v view, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	from, err1 := time.Parse(time.RFC3339, q.Get("delivery_start"))
	to, err2 := time.Parse(time.RFC3339, q.Get("delivery_end"))
	count, err3 := strconv.Atoi(q.Get("count"))
	if err1 != nil || err2 != nil || err3 != nil || count < 1 || count > 1000 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	anchor, err := strconv.ParseInt(q.Get("anchor"), 10, 64)
	if err != nil {
		anchor = 1 << 62
	}
	states := []struct {
		word   string
		figure mailrelay.Figure
	}{{"SENT", mailrelay.Delivered}, {"RETRY", mailrelay.Deferred}, {"HARDERROR", mailrelay.BouncedHard}, {"SOFTERROR", mailrelay.BouncedSoft}, {"DROP", mailrelay.Dropped}, {"QUARANTINED", Unheard}}
	rows := []any{}
	for minute := to.Unix() / 60; minute >= from.Unix()/60; minute-- {
		at := time.Unix(minute*60, 0)
		if at.Before(from) || at.After(to) || !at.Before(v.now) {
			continue
		}
		for i, s := range slices.Backward(states) {
			to := v.addresses(minute, s.figure)
			for n := v.minutes[minute][s.figure]; n > 0; n-- {
				id := (minute*10+int64(i))*1_000_000 + n
				if id >= anchor || len(rows) == count {
					continue
				}
				rows = append(rows, map[string]any{"delivery_time": at.In(v.zone).Format(time.RFC3339), "delivery_id": 1, "maillog_id": id, "delivery_type": "SMTP",
					"email": "someone@" + to(n), "status": s.word, "last_response_code": code(s.word), "last_response_message": message(s.word), "open_time": nil,
					"created_time": at.In(v.zone).Format(time.RFC3339), "updated_time": at.In(v.zone).Format(time.RFC3339)})
			}
		}
	}
	answer(w, map[string]any{"data": rows})
}

// addresses gives the domain of the n-th mail of a minute that has a figure.
func (v view) addresses(minute int64, k mailrelay.Figure) func(n int64) string {
	domains := slices.Sorted(maps.Keys(v.domains))
	return func(n int64) string {
		for _, d := range domains {
			if n -= v.domains[d][minute][k]; n <= 0 {
				return d
			}
		}
		return "example.com"
	}
}

// code and message are what a server answered.
func code(state string) string { return message(state)[:3] }

func message(state string) string {
	switch state {
	case "SENT":
		return "250 2.0.0 ok"
	case "RETRY":
		return "421 4.7.0 try again later"
	}
	return "550 5.7.1 refused by policy"
}
