package relayfake

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
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
	case r.Method == http.MethodPost && r.URL.Path == "/" && r.PostFormValue("Action") == "GetMetricData":
		metricData(v, w, r)
	default:
		w.WriteHeader(http.StatusBadRequest)
	}
}

// metricData tells CloudWatch's GetMetricData: sums of each metric's periods, without
// those in which nothing was counted.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
func metricData(v view, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/xml")
	from, err1 := time.Parse(time.RFC3339, r.PostFormValue("StartTime"))
	to, err2 := time.Parse(time.RFC3339, r.PostFormValue("EndTime"))
	if v.noRight || !strings.Contains(r.Header.Get("Authorization"), "/monitoring/aws4_request") {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized to perform: cloudwatch:GetMetricData</Message></Error></ErrorResponse>`))
		return
	}
	if err1 != nil || err2 != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	type result struct {
		ID         string   `xml:"Id"`
		Label      string   `xml:"Label"`
		Status     string   `xml:"StatusCode"`
		Timestamps []string `xml:"Timestamps>member"`
		Values     []string `xml:"Values>member"`
	}
	type reply struct {
		XMLName xml.Name `xml:"http://monitoring.amazonaws.com/doc/2010-08-01/ GetMetricDataResponse"`
		Results []result `xml:"GetMetricDataResult>MetricDataResults>member"`
	}
	figures := map[string]mailrelay.Figure{"Send": mailrelay.Accepted, "Delivery": mailrelay.Delivered, "Bounce": mailrelay.Bounced,
		"Complaint": mailrelay.Complaints, "Reject": mailrelay.Dropped}
	var out reply
	for i := 1; r.PostFormValue(fmt.Sprintf("MetricDataQueries.member.%d.Id", i)) != ""; i++ {
		at := fmt.Sprintf("MetricDataQueries.member.%d.", i)
		seconds, err := strconv.Atoi(r.PostFormValue(at + "MetricStat.Period"))
		k, known := figures[r.PostFormValue(at+"MetricStat.Metric.MetricName")]
		if err != nil || seconds%60 != 0 || r.PostFormValue(at+"MetricStat.Metric.Namespace") != "AWS/SES" || r.PostFormValue(at+"MetricStat.Stat") != "Sum" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		m := result{ID: r.PostFormValue(at + "Id"), Label: r.PostFormValue(at + "MetricStat.Metric.MetricName"), Status: "Complete"}
		period := time.Duration(seconds) * time.Second
		for _, start := range v.slots(from, to, period) {
			if n := v.sum(k, start, start.Add(period)); known && n > 0 {
				m.Timestamps = append(m.Timestamps, start.UTC().Format(time.RFC3339))
				m.Values = append(m.Values, strconv.FormatInt(n, 10)+".0")
			}
		}
		out.Results = append(out.Results, m)
	}
	b, err := xml.Marshal(out)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(b)
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
