package relayfake

import (
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// ses tells GetSendStatistics (spans of 15 minutes, silent ones left out, in no order)
// and GetAccount.
// https://docs.aws.amazon.com/ses/latest/APIReference/API_GetSendStatistics.html
// https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
func ses(v view, w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.Header.Get("Authorization"), "Credential="+User+"/") || !strings.Contains(r.Header.Get("Authorization"), "Signature=") {
		deny(w)
		return
	}
	switch {
	case r.Method == http.MethodGet && r.URL.Path == "/v2/email/account":
		answer(w, map[string]any{"DedicatedIpAutoWarmupEnabled": false, "EnforcementStatus": "HEALTHY", "ProductionAccessEnabled": true, "SendingEnabled": true,
			"SendQuota": map[string]float64{"Max24HourSend": 50000, "MaxSendRate": 14, "SentLast24Hours": float64(v.sum(mailrelay.Accepted, v.now.Add(-24*time.Hour), v.now))}})
	case r.Method == http.MethodPost && r.URL.Path == "/" && r.PostFormValue("Action") == "GetSendStatistics":
		sendStatistics(v, w)
	default:
		w.WriteHeader(http.StatusBadRequest)
	}
}

// sesMinute is the minute of the account's first span in an hour: recorded answers have
// :01, :10 or :23, seldom the quarter of the hour.
const sesMinute = 10 * time.Minute

func sendStatistics(v view, w http.ResponseWriter) {
	type member struct {
		DeliveryAttempts, Bounces, Complaints, Rejects int64
		Timestamp                                      string
	}
	type reply struct {
		XMLName xml.Name `xml:"http://ses.amazonaws.com/doc/2010-12-01/ GetSendStatisticsResponse"`
		Points  []member `xml:"GetSendStatisticsResult>SendDataPoints>member"`
		ID      string   `xml:"ResponseMetadata>RequestId"`
	}
	out := reply{ID: "c2b66ee5-c866-11e0-b17f-cddb0ab334db"}
	for _, at := range v.slots(v.now.Add(-72*time.Hour), v.now.Add(-sesMinute), 15*time.Minute) {
		at = at.Add(sesMinute)
		sum := func(k mailrelay.Figure) int64 { return v.sum(k, at, at.Add(15*time.Minute)) }
		m := member{sum(mailrelay.Accepted), sum(mailrelay.Bounced), sum(mailrelay.Complaints), sum(mailrelay.Dropped), at.Format(time.RFC3339)}
		if m.DeliveryAttempts+m.Bounces+m.Complaints+m.Rejects > 0 {
			out.Points = append([]member{m}, out.Points...)
		}
	}
	w.Header().Set("Content-Type", "text/xml")
	b, err := xml.Marshal(out)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(b)
}
