// Package sparkpost reads the metrics of SparkPost (Bird Email) by the minute, and at the
// first poll of the weeks before by the hour.
//
// Shapes: https://developers.sparkpost.com/api/metrics/#metrics-get-time-series-metrics,
// and under the hosts of https://docs.bird.com/api/email-api/metrics. What was rejected
// is not in what was injected (the two make count_targeted). The five classes of bounces
// (hard, soft, block, admin, undetermined) are all told.
package sparkpost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relayhttp"
)

// Account is one SparkPost account.
type Account struct {
	Key string // an API key that may read metrics
	// BaseURL is "" for https://api.sparkpost.com; EU: https://api.eu.sparkpost.com; Bird:
	// https://email.eu-west-1.api.bird.com and the like. One with a path stands for
	// …/api/v1.
	BaseURL string
	// Scheme stands before the key where the host wants one, such as "AccessKey".
	Scheme string
	Client *http.Client // nil is a plain one
}

// Relay is a mailrelay.Relay.
type Relay struct {
	account Account
	asker   relayhttp.Asker
}

const (
	version = "/api/v1"
	path    = "/metrics/deliverability/time-series"
	// settle is how long events may take to be counted.
	settle = 2 * time.Minute
	// again is how far back is asked each time: it is one question whatever the span, and
	// minutes that came late are right from then on.
	again = time.Hour
	// longest is the span for which figures by the minute may be asked.
	longest = 24 * time.Hour
	// back is for how long figures by the hour may be asked.
	back = 28 * 24 * time.Hour
)

// figures are the vendor's names; a figure of several names is their sum.
var figures = []struct {
	figure mailrelay.Figure
	parts  []string
}{
	{mailrelay.Accepted, []string{"count_injected"}},
	{mailrelay.Delivered, []string{"count_delivered"}},
	{mailrelay.Deferred, []string{"count_delayed"}},
	{mailrelay.BouncedHard, []string{"count_hard_bounce"}},
	{mailrelay.BouncedSoft, []string{"count_soft_bounce", "count_undetermined_bounce", "count_admin_bounce"}},
	{mailrelay.Blocked, []string{"count_block_bounce"}},
	{mailrelay.Dropped, []string{"count_rejected"}},
	{mailrelay.Complaints, []string{"count_spam_complaint"}},
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
	t := mailrelay.Traits{Vendor: "sparkpost", Account: relayhttp.Of(r.account.BaseURL), Grain: time.Minute, Settle: settle, Again: again, DropsApart: true, Back: back}
	for _, f := range figures {
		t.Tells = append(t.Tells, f.figure)
	}
	return t
}

// Read implements mailrelay.Relay.
func (r *Relay) Read(ctx context.Context, span mailrelay.Span) (mailrelay.Report, error) {
	minutes := span
	if early := span.To.Add(-longest); span.From.Before(early) {
		minutes.From = early.Add(time.Minute)
	}
	var past []mailrelay.Bucket
	if span.To.Sub(span.From) > 2*longest { // the first poll
		hour := minutes.From.Add(time.Hour).Truncate(time.Hour)
		minutes.From = hour
		var err error
		if past, _, err = r.ask(ctx, span.From.Truncate(time.Hour), hour, "hour", time.Hour); err != nil {
			return mailrelay.Report{}, err
		}
		past = slices.DeleteFunc(past, func(b mailrelay.Bucket) bool { return b.End.After(hour) })
	}
	buckets, date, err := r.ask(ctx, minutes.From, span.To, "1min", time.Minute)
	if err != nil {
		return mailrelay.Report{}, err
	}
	var note string
	minutes.To, note = r.asker.Closed(span.To, date)
	out := report(buckets, minutes)
	if out.Buckets = append(past, out.Buckets...); note != "" {
		out.Notes = append(out.Notes, note)
	}
	r.domains(ctx, minutes.To, &out)
	return out, nil
}

// ask asks for a span in buckets of a length.
func (r *Relay) ask(ctx context.Context, from, to time.Time, precision string, grain time.Duration) (buckets []mailrelay.Bucket, date time.Time, err error) {
	var names []string
	for _, f := range figures {
		names = append(names, f.parts...)
	}
	const layout = "2006-01-02T15:04"
	q := url.Values{"from": {from.UTC().Format(layout)}, "to": {to.UTC().Format(layout)}, "precision": {precision},
		"timezone": {"UTC"}, "metrics": {strings.Join(names, ",")}}
	body, date, err := r.get(ctx, path, q)
	if err != nil {
		return nil, date, err
	}
	if buckets, err = parse(body, grain); err != nil {
		return nil, date, r.asker.Garbled(path, err)
	}
	return buckets, date, nil
}

func (r *Relay) get(ctx context.Context, path string, q url.Values) (body []byte, date time.Time, err error) {
	req, err := http.NewRequest(http.MethodGet, r.base()+path+"?"+q.Encode(), nil)
	if err != nil {
		return nil, date, r.asker.Garbled("its address", err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", strings.TrimSpace(r.account.Scheme+" "+r.account.Key))
	return r.asker.AskDated(ctx, req)
}

// base is the address that paths are added to.
func (r *Relay) base() string {
	if u, err := url.Parse(r.account.BaseURL); err == nil && strings.Trim(u.Path, "/") != "" {
		return r.account.BaseURL
	}
	return r.account.BaseURL + version
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

// parse reads an answer: a list of spans of a length, each with its time and the figures.
func parse(body []byte, grain time.Duration) ([]mailrelay.Bucket, error) {
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
		c, err := counts(row)
		if err != nil {
			return nil, err
		}
		out = append(out, mailrelay.Bucket{Start: ts, End: ts.Add(grain), Counts: c})
	}
	return out, nil
}

func counts(row map[string]json.RawMessage) (mailrelay.Counts, error) {
	c := mailrelay.Counts{}
	for _, f := range figures {
		var parts []*int64
		for _, name := range f.parts {
			var v *int64
			if raw, told := row[name]; told {
				if err := json.Unmarshal(raw, &v); err != nil {
					return nil, fmt.Errorf("%s is %.40s", name, raw)
				}
			}
			parts = append(parts, v)
		}
		if err := c.Add(f.figure, parts...); err != nil {
			return nil, err
		}
	}
	return c, nil
}
