package relayfake

import (
	"fmt"
	"net/http"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// cuenote tells /api?cmd=get_stat in tab-separated lines: of the minute that time= names
// in Japan's time, by group, and of what waits. Its clock shows in the Date header only.
// https://github.com/ch1aki/mackerel-plugin-cuenote-srs-status (lib/cuenote-srs_test.go);
// the vendor's own description is for customers only.
func cuenote(v view, w http.ResponseWriter, r *http.Request) {
	if user, pass, _ := r.BasicAuth(); user != User || pass != Key {
		deny(w)
		return
	}
	if r.URL.Path != "/api" || r.URL.Query().Get("cmd") != "get_stat" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Date", v.now.UTC().Format(http.TimeFormat))
	if v.empty {
		return
	}
	switch r.URL.Query().Get("type") {
	case "now_total":
		for i, name := range []string{"delivering", "undelivered", "resend", "success", "failure"} {
			fmt.Fprintf(w, "%s\t%d\n", name, 3-min(i, 3))
		}
	case "min_group":
		start, err := time.ParseInLocation("200601021504", r.URL.Query().Get("time"), time.FixedZone("JST", 9*3600))
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		figures := map[string]mailrelay.Figure{"success": mailrelay.Delivered, "failure": mailrelay.Bounced, "deferral": mailrelay.Deferred, "exclusion": mailrelay.Dropped}
		for _, group := range []string{"#relay", "#all"} {
			for _, name := range []string{"success", "failure", "dnsfail", "exclusion", "bounce_unique", "canceled", "expired", "deferral", "dnsdeferral", "connfail", "bounce", "exception"} {
				n := int64(0)
				if k, ok := figures[name]; ok {
					n = v.sum(k, start, start.Add(time.Minute))
				}
				fmt.Fprintf(w, "%s\t%s\t%d\n", group, name, n)
			}
		}
	default:
		w.WriteHeader(http.StatusBadRequest)
	}
}
