// Package sparkpost reads the metrics of SparkPost (Bird Email) by the minute.
//
// Shapes: https://developers.sparkpost.com/api/metrics/#metrics-get-time-series-metrics
package sparkpost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relayhttp"
)

// Account is one SparkPost account.
type Account struct {
	Key     string       // an API key that may read metrics
	BaseURL string       // "" is https://api.sparkpost.com; EU: https://api.eu.sparkpost.com
	Client  *http.Client // nil is a plain one
}

// Relay is a mailrelay.Relay.
type Relay struct {
	account Account
	asker   relayhttp.Asker
}

const (
	path = "/api/v1/metrics/deliverability/time-series"
	// settle is how long events may take to be counted.
	settle = 2 * time.Minute
	// longest is the span for which figures by the minute may be asked.
	longest = 24 * time.Hour
)

// figures are the vendor's names.
var figures = []struct {
	name   string
	figure mailrelay.Figure
}{
	{"count_injected", mailrelay.Accepted}, {"count_delivered", mailrelay.Delivered}, {"count_delayed", mailrelay.Deferred},
	{"count_hard_bounce", mailrelay.BouncedHard}, {"count_soft_bounce", mailrelay.BouncedSoft}, {"count_block_bounce", mailrelay.Blocked},
	{"count_rejected", mailrelay.Dropped}, {"count_spam_complaint", mailrelay.Complaints},
}

// New makes a relay. It asks nothing yet.
func New(a Account) *Relay {
	if a.BaseURL == "" {
		a.BaseURL = "https://api.sparkpost.com"
	}
	return &Relay{a, relayhttp.Asker{Vendor: "sparkpost", Client: a.Client, Secrets: []string{a.Key}}}
}

// Traits implements mailrelay.Relay.
func (r *Relay) Traits() mailrelay.Traits {
	t := mailrelay.Traits{Vendor: "sparkpost", Grain: time.Minute, Settle: settle}
	for _, f := range figures {
		t.Tells = append(t.Tells, f.figure)
	}
	return t
}

// Read implements mailrelay.Relay.
func (r *Relay) Read(ctx context.Context, span mailrelay.Span) (mailrelay.Report, error) {
	if early := span.To.Add(-longest); span.From.Before(early) {
		span.From = early.Add(time.Minute)
	}
	var names []string
	for _, f := range figures {
		names = append(names, f.name)
	}
	const layout = "2006-01-02T15:04"
	q := url.Values{"from": {span.From.UTC().Format(layout)}, "to": {span.To.UTC().Format(layout)}, "precision": {"1min"},
		"timezone": {"UTC"}, "metrics": {strings.Join(names, ",")}}
	req, err := http.NewRequest(http.MethodGet, r.account.BaseURL+path+"?"+q.Encode(), nil)
	if err != nil {
		return mailrelay.Report{}, r.asker.Garbled("its address", err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", r.account.Key)
	body, err := r.asker.Ask(ctx, req)
	if err != nil {
		return mailrelay.Report{}, err
	}
	buckets, err := parse(body)
	if err != nil {
		return mailrelay.Report{}, r.asker.Garbled(path, err)
	}
	return report(buckets, span), nil
}

// report keeps the closed buckets of the span.
func report(buckets []mailrelay.Bucket, span mailrelay.Span) mailrelay.Report {
	var out mailrelay.Report
	for _, b := range buckets {
		if !b.Start.Before(span.From.Truncate(time.Minute)) && !b.End.Add(settle).After(span.To) {
			out.Buckets, out.DataTo = append(out.Buckets, b), b.End
		}
	}
	return out
}

// parse reads an answer: a list of minutes, each with its time and the figures.
func parse(body []byte) ([]mailrelay.Bucket, error) {
	var a struct {
		Results *[]map[string]json.RawMessage `json:"results"`
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	if a.Results == nil {
		return nil, errors.New(`no list "results"`)
	}
	var out []mailrelay.Bucket
	for _, row := range *a.Results {
		var ts time.Time
		if err := json.Unmarshal(row["ts"], &ts); err != nil {
			return nil, fmt.Errorf("ts %.40s is no time", row["ts"])
		}
		if n := len(out); n > 0 && ts.Before(out[n-1].End) {
			return nil, fmt.Errorf("%s comes after %s", ts, out[n-1].Start)
		}
		c := mailrelay.Counts{}
		for _, f := range figures {
			var v *int64
			if raw, told := row[f.name]; told {
				if err := json.Unmarshal(raw, &v); err != nil {
					return nil, fmt.Errorf("%s is %.40s", f.name, raw)
				}
			}
			if err := c.Add(f.figure, v); err != nil {
				return nil, err
			}
		}
		out = append(out, mailrelay.Bucket{Start: ts, End: ts.Add(time.Minute), Counts: c})
	}
	return out, nil
}
