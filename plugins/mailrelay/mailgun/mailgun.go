// Package mailgun reads Mailgun's metrics by the hour.
//
// Shapes: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/metrics/post-v1-analytics-metrics
// and what each figure counts: https://documentation.mailgun.com/docs/mailgun/user-manual/reporting/metric-definitions
//
// The times are written out here and not by the vendor's library, which sends a time
// that is not set as the year 1 and then reads every figure as 0.
package mailgun

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relayhttp"
)

// Account is one Mailgun account, or one of its domains.
type Account struct {
	Key     string       // a key that may read metrics
	Domain  string       // "" is all domains
	BaseURL string       // "" is https://api.mailgun.net; EU: https://api.eu.mailgun.net
	Client  *http.Client // nil is a plain one
}

// Relay is a mailrelay.Relay.
type Relay struct {
	account Account
	asker   relayhttp.Asker
}

const (
	path   = "/v1/analytics/metrics"
	grain  = time.Hour
	settle = 3 * time.Minute // how long events may take to be counted
	limit  = 1000            // items asked for, the most that one answer has
	back   = 35 * 24 * time.Hour
)

// figures are the vendor's names: the first, less the others.
var figures = []struct {
	figure mailrelay.Figure
	parts  []string
}{
	{mailrelay.Accepted, []string{"accepted_outgoing_count"}},
	{mailrelay.Delivered, []string{"delivered_smtp_count"}}, // delivered_count has routes and forwards by HTTP, too
	{mailrelay.Deferred, []string{"temporary_failed_count"}},
	{mailrelay.BouncedHard, []string{"hard_bounces_count"}},
	// The vendor's soft bounces hold what a mailbox operator blocked.
	{mailrelay.BouncedSoft, []string{"bounced_count", "hard_bounces_count", "permanent_failed_esp_block_count"}},
	{mailrelay.Blocked, []string{"permanent_failed_esp_block_count"}},
	// Suppressed, and given up as too old: failed for good without bouncing.
	{mailrelay.Dropped, []string{"permanent_failed_count", "bounced_count"}},
	{mailrelay.Complaints, []string{"complained_count"}},
}

// New makes a relay. It asks nothing yet.
func New(a Account) *Relay {
	if a.BaseURL == "" {
		a.BaseURL = "https://api.mailgun.net"
	}
	return &Relay{a, relayhttp.Asker{Vendor: "mailgun", Client: a.Client, Secrets: []string{a.Key}}}
}

// Traits implements mailrelay.Relay. Whether a silent hour is told as 0 or left out is
// not documented, so the relay counts as sparse.
func (r *Relay) Traits() mailrelay.Traits {
	t := mailrelay.Traits{Vendor: "mailgun", Account: relayhttp.Of(r.account.BaseURL, "domain", r.account.Domain), Grain: grain, Settle: settle, Sparse: true, Back: back}
	for _, f := range figures {
		t.Tells = append(t.Tells, f.figure)
	}
	return t
}

// Read implements mailrelay.Relay.
func (r *Relay) Read(ctx context.Context, span mailrelay.Span) (mailrelay.Report, error) {
	if early := span.To.Add(-(limit - 2) * grain); span.From.Before(early) {
		span.From = early
	}
	body, date, err := r.ask(ctx, r.question(span, "time"))
	if err != nil {
		return mailrelay.Report{}, err
	}
	buckets, err := parse(body)
	if err != nil {
		return mailrelay.Report{}, r.asker.Garbled(path, err)
	}
	var out mailrelay.Report
	var note string
	if span.To, note = r.asker.Closed(span.To, date); note != "" {
		out.Notes = append(out.Notes, note)
	}
	for _, b := range buckets {
		if !b.Start.Before(span.From.Truncate(grain)) && !b.End.Add(settle).After(span.To) {
			out.Buckets, out.DataTo = append(out.Buckets, b), b.End
		}
	}
	r.domains(ctx, span, &out)
	return out, nil
}

func (r *Relay) ask(ctx context.Context, q map[string]any) (body []byte, date time.Time, err error) {
	question, err := json.Marshal(q)
	if err != nil {
		return nil, date, r.asker.Garbled(path, err)
	}
	req, err := http.NewRequest(http.MethodPost, r.account.BaseURL+path, bytes.NewReader(question))
	if err != nil {
		return nil, date, r.asker.Garbled("its address", err)
	}
	req.SetBasicAuth("api", r.account.Key)
	req.Header.Set("Content-Type", "application/json")
	return r.asker.AskDated(ctx, req)
}

// names are all of the vendor's names, each once.
func names() []string {
	var out []string
	for _, f := range figures {
		out = append(out, f.parts...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (r *Relay) question(span mailrelay.Span, dimensions ...string) map[string]any {
	metrics := names()
	q := map[string]any{"start": span.From.UTC().Truncate(grain).Format(time.RFC1123Z), "end": span.To.UTC().Format(time.RFC1123Z),
		"resolution": "hour", "dimensions": dimensions, "metrics": metrics, "include_aggregates": false,
		"pagination": map[string]any{"sort": "time:asc", "skip": 0, "limit": limit}}
	var and []any
	if r.account.Domain != "" {
		and = append(and, among("domain", r.account.Domain))
	}
	if slices.Contains(dimensions, byDomain) {
		and = append(and, among(byDomain, mailrelay.DestinationDomains()...))
	}
	if len(and) > 0 {
		q["filter"] = map[string]any{"AND": and}
	}
	return q
}

// among is a filter's condition.
func among(attribute string, values ...string) map[string]any {
	var list []any
	for _, v := range values {
		list = append(list, map[string]string{"label": v, "value": v})
	}
	return map[string]any{"attribute": attribute, "comparator": "=", "values": list}
}

// answer is what an answer holds.
type answer struct{ items []item }

// item is one hour, of one recipient domain where that was asked for.
type item struct {
	mailrelay.Bucket
	domain string
}

// read reads an answer: a list of hours. An answer of another resolution, of a time
// that was not asked for (the year 1), or of which more pages are left is refused.
func read(body []byte) (answer, error) {
	var a struct {
		Start, Resolution string
		Items             *[]struct {
			Dimensions []struct{ Dimension, Value string }
			Metrics    map[string]json.RawMessage
		}
		Pagination struct{ Total int }
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return answer{}, err
	}
	start, err := time.Parse(time.RFC1123Z, a.Start)
	switch {
	case a.Items == nil:
		return answer{}, errors.New(`no list "items"`)
	case a.Resolution != "hour":
		return answer{}, fmt.Errorf("the resolution is %.20q, not hour", a.Resolution)
	case err != nil || start.Year() < 2000:
		return answer{}, fmt.Errorf("the answer starts at %.40q", a.Start)
	case a.Pagination.Total > len(*a.Items):
		return answer{}, fmt.Errorf("%d of %d items were told", len(*a.Items), a.Pagination.Total)
	}
	var out answer
	for _, i := range *a.Items {
		var x item
		for _, d := range i.Dimensions {
			switch d.Dimension {
			case "time":
				at, err := time.Parse(time.RFC1123Z, d.Value)
				if err != nil || !at.Equal(at.Truncate(grain)) {
					return answer{}, fmt.Errorf("%.40q is no hour", d.Value)
				}
				x.Start, x.End = at, at.Add(grain)
			case byDomain:
				x.domain = d.Value
			default:
				return answer{}, fmt.Errorf("an item is of %.40q, which was not asked for", d.Dimension)
			}
		}
		if x.Start.IsZero() {
			return answer{}, errors.New("an item is not of one time")
		}
		if x.Counts, err = counts(i.Metrics); err != nil {
			return answer{}, err
		}
		out.items = append(out.items, x)
	}
	return out, nil
}

// parse reads an answer by time alone.
func parse(body []byte) ([]mailrelay.Bucket, error) {
	a, err := read(body)
	if err != nil {
		return nil, err
	}
	var out []mailrelay.Bucket
	for _, i := range a.items {
		if i.domain != "" {
			return nil, errors.New("an item is not of one time")
		}
		out = append(out, i.Bucket)
	}
	slices.SortFunc(out, func(a, b mailrelay.Bucket) int { return a.Start.Compare(b.Start) })
	for i := 1; i < len(out); i++ {
		if out[i].Start.Equal(out[i-1].Start) {
			return nil, fmt.Errorf("%s is told twice", out[i].Start)
		}
	}
	return out, nil
}

// counts makes our figures. One of which a part is missing, or that comes out below 0
// because the parts were counted at different times, is not known.
func counts(metrics map[string]json.RawMessage) (mailrelay.Counts, error) {
	given := map[string]*int64{}
	for _, name := range names() {
		raw, told := metrics[name]
		if !told {
			continue
		}
		var v *int64
		if err := json.Unmarshal(raw, &v); err != nil {
			return nil, fmt.Errorf("%s is %.40s", name, raw)
		}
		given[name] = v
	}
	c := mailrelay.Counts{}
	for _, f := range figures {
		n := given[f.parts[0]]
		for _, name := range f.parts[1:] {
			less := given[name]
			if n == nil || less == nil || *less < 0 || *less > *n {
				n = nil
				break
			}
			rest := *n - *less
			n = &rest
		}
		if err := c.Add(f.figure, n); err != nil {
			return nil, err
		}
	}
	return c, nil
}
