package ses

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// metrics are the names in the namespace AWS/SES.
// https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-cloudwatch.html
var metrics = []struct {
	name   string
	figure mailrelay.Figure
}{
	{"Send", mailrelay.Accepted}, {"Delivery", mailrelay.Delivered}, {"Bounce", mailrelay.Bounced},
	{"Complaint", mailrelay.Complaints}, {"Reject", mailrelay.Dropped},
}

// cloudWatch asks GetMetricData for the sums of a span, in buckets of the grain. The
// buckets are those from the first to the last in which anything was counted: between
// them a metric without a value counted nothing, after the last nothing is known.
func (s *session) cloudWatch(ctx context.Context, span mailrelay.Span) ([]mailrelay.Bucket, error) {
	q := url.Values{"Action": {"GetMetricData"}, "Version": {"2010-08-01"}, "ScanBy": {"TimestampAscending"},
		"StartTime": {span.From.UTC().Truncate(grain).Format(time.RFC3339)}, "EndTime": {span.To.UTC().Format(time.RFC3339)}}
	for i, m := range metrics {
		at := fmt.Sprintf("MetricDataQueries.member.%d.", i+1)
		q.Set(at+"Id", fmt.Sprintf("m%d", i))
		q.Set(at+"MetricStat.Metric.Namespace", "AWS/SES")
		q.Set(at+"MetricStat.Metric.MetricName", m.name)
		q.Set(at+"MetricStat.Period", strconv.Itoa(int(grain/time.Second)))
		q.Set(at+"MetricStat.Stat", "Sum")
	}
	req, err := s.signed(ctx, monitoring, q.Encode())
	if err != nil {
		return nil, err
	}
	body, err := s.hiding(req).Ask(ctx, req)
	if err != nil {
		return nil, throttled(err)
	}
	buckets, err := parseMetrics(body)
	if err != nil {
		return nil, s.asker.Garbled("GetMetricData", err)
	}
	return buckets, nil
}

// result is one metric's answer.
type result struct {
	ID         string   `xml:"Id"`
	StatusCode string   `xml:"StatusCode"`
	Timestamps []string `xml:"Timestamps>member"`
	Values     []string `xml:"Values>member"`
}

// parseMetrics reads an answer. One that lacks a metric, or of which more is to come, is
// refused: half of it would be 0 for what is missing.
func parseMetrics(body []byte) ([]mailrelay.Bucket, error) {
	var a struct {
		XMLName xml.Name `xml:"GetMetricDataResponse"`
		Result  *struct {
			Results []result `xml:"MetricDataResults>member"`
			Next    string   `xml:"NextToken"`
		} `xml:"GetMetricDataResult"`
	}
	if err := xml.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	if a.Result == nil || len(a.Result.Results) != len(metrics) || a.Result.Next != "" {
		return nil, fmt.Errorf("the answer does not hold all of %d metrics", len(metrics))
	}
	cells := map[time.Time]mailrelay.Counts{}
	var first, last time.Time
	for _, r := range a.Result.Results {
		i, err := strconv.Atoi(strings.TrimPrefix(r.ID, "m"))
		if err != nil || i < 0 || i >= len(metrics) || r.StatusCode != "Complete" || len(r.Timestamps) != len(r.Values) {
			return nil, fmt.Errorf("metric %.20q is %.20q, with %d times and %d values", r.ID, r.StatusCode, len(r.Timestamps), len(r.Values))
		}
		for n, text := range r.Timestamps {
			at, err1 := time.Parse(time.RFC3339, text)
			v, err2 := strconv.ParseFloat(r.Values[n], 64)
			if errors.Join(err1, err2) != nil || !whole(v) || !at.Equal(at.Truncate(grain)) || at.Year() < 2000 || at.Year() > 2200 {
				return nil, fmt.Errorf("%.40q is %.40q, which is no count of %s", text, r.Values[n], grain)
			}
			at = at.UTC()
			if cells[at] == nil {
				cells[at] = mailrelay.Counts{}
			}
			cells[at][metrics[i].figure] = int64(math.Round(v))
			if first.IsZero() || at.Before(first) {
				first = at
			}
			if at.After(last) {
				last = at
			}
		}
	}
	if last.Sub(first) > memory+back {
		return nil, fmt.Errorf("the answer reaches from %s to %s", first, last)
	}
	var out []mailrelay.Bucket
	for at := first; len(cells) > 0 && !at.After(last); at = at.Add(grain) {
		c := mailrelay.Counts{}
		for _, m := range metrics {
			c[m.figure] = cells[at][m.figure]
		}
		out = append(out, mailrelay.Bucket{Start: at, End: at.Add(grain), Counts: c})
	}
	return out, nil
}
