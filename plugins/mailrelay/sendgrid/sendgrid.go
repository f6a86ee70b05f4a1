// Package sendgrid reads Twilio SendGrid's statistics. They are counted by the day
// (GET /v3/stats with aggregated_by=day), so figures within a day are differences
// between polls.
//
// The days are of the account's time zone, which the API does not tell (it is set in the
// web console). So all dates are asked for that may be today anywhere, and what they
// rise by is counted whichever it is. Not documented: whether a date to come is told
// (with 0), left out or refused; the first two are read alike.
//
// Shapes: https://www.twilio.com/docs/sendgrid/api-reference/stats/retrieve-global-email-statistics
package sendgrid

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relayhttp"
)

// Account is one SendGrid account, or one of its subusers.
type Account struct {
	Key     string         // an API key that may read statistics
	Subuser string         // "" is the key's own account
	BaseURL string         // "" is https://api.sendgrid.com; EU: https://api.eu.sendgrid.com
	Zone    *time.Location // of the account's dates; nil is not known
	Client  *http.Client   // nil is a plain one
}

// Relay is a mailrelay.Relay.
type Relay struct {
	account Account
	asker   relayhttp.Asker
}

// New makes a relay. It asks nothing yet.
func New(a Account) *Relay {
	if a.BaseURL == "" {
		a.BaseURL = "https://api.sendgrid.com"
	}
	return &Relay{a, relayhttp.Asker{Vendor: "sendgrid", Client: a.Client, Secrets: []string{a.Key}}}
}

// Traits implements mailrelay.Relay.
func (r *Relay) Traits() mailrelay.Traits {
	return mailrelay.Traits{Vendor: "sendgrid", Account: relayhttp.Of(r.account.BaseURL, "subuser", r.account.Subuser), Grain: 24 * time.Hour, Daily: true, Zone: r.account.Zone, Anywhere: true, Tells: []mailrelay.Figure{
		mailrelay.Accepted, mailrelay.Delivered, mailrelay.Deferred, mailrelay.Bounced, mailrelay.Blocked, mailrelay.Dropped, mailrelay.Complaints}}
}

// Read implements mailrelay.Relay. Dates are asked for from the first to the last that
// the span may touch in any time zone.
func (r *Relay) Read(ctx context.Context, span mailrelay.Span) (mailrelay.Report, error) {
	first, last := span.From.UTC().Add(-12*time.Hour), span.To.UTC().Add(14*time.Hour)
	q := url.Values{"aggregated_by": {"day"}, "start_date": {first.Format(time.DateOnly)}, "end_date": {last.Format(time.DateOnly)}}
	body, err := r.ask(ctx, "/v3/stats", q)
	if err != nil {
		return mailrelay.Report{}, err
	}
	days, err := parse(body)
	if err != nil {
		return mailrelay.Report{}, r.asker.Garbled("/v3/stats", err)
	}
	out := mailrelay.Report{Days: days}
	r.providers(ctx, q, &out)
	return out, nil
}

func (r *Relay) ask(ctx context.Context, path string, q url.Values) ([]byte, error) {
	req, err := http.NewRequest(http.MethodGet, r.account.BaseURL+path+"?"+q.Encode(), nil)
	if err != nil {
		return nil, r.asker.Garbled("its address", err)
	}
	req.Header.Set("Authorization", "Bearer "+r.account.Key)
	if r.account.Subuser != "" {
		req.Header.Set("On-Behalf-Of", r.account.Subuser)
	}
	return r.asker.Ask(ctx, req)
}

// metrics are the figures of a row; one that is missing is nil.
type metrics struct {
	Blocks           *int64 `json:"blocks"`
	BounceDrops      *int64 `json:"bounce_drops"`
	Bounces          *int64 `json:"bounces"`
	Deferred         *int64 `json:"deferred"`
	Delivered        *int64 `json:"delivered"`
	InvalidEmails    *int64 `json:"invalid_emails"`
	Requests         *int64 `json:"requests"`
	SpamReportDrops  *int64 `json:"spam_report_drops"`
	SpamReports      *int64 `json:"spam_reports"`
	UnsubscribeDrops *int64 `json:"unsubscribe_drops"`
}

// parse reads an answer: a list of days, each with one row of figures. A day without a
// row is left out: it says nothing.
func parse(body []byte) ([]mailrelay.Day, error) {
	var answer *[]struct {
		Date  string `json:"date"`
		Stats []struct {
			Metrics *metrics `json:"metrics"`
		} `json:"stats"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if answer == nil {
		return nil, errors.New("no list of days")
	}
	var days []mailrelay.Day
	for _, d := range *answer {
		if _, err := time.Parse(time.DateOnly, d.Date); err != nil {
			return nil, fmt.Errorf("date %q is none", d.Date)
		}
		if n := len(days); n > 0 && days[n-1].Date >= d.Date {
			return nil, fmt.Errorf("date %s comes after %s", d.Date, days[n-1].Date)
		}
		if len(d.Stats) == 0 || d.Stats[0].Metrics == nil {
			continue
		}
		if len(d.Stats) > 1 {
			return nil, fmt.Errorf("%s has %d rows, not one", d.Date, len(d.Stats))
		}
		c, err := counts(d.Stats[0].Metrics)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.Date, err)
		}
		days = append(days, mailrelay.Day{Date: d.Date, Counts: c})
	}
	return days, nil
}

// counts normalizes. SendGrid's requests are mails taken over; its drops are mails that
// it did not try, for four reasons.
func counts(m *metrics) (mailrelay.Counts, error) {
	c := mailrelay.Counts{}
	for _, f := range []struct {
		figure mailrelay.Figure
		parts  []*int64
	}{
		{mailrelay.Accepted, []*int64{m.Requests}},
		{mailrelay.Delivered, []*int64{m.Delivered}},
		{mailrelay.Deferred, []*int64{m.Deferred}},
		{mailrelay.Bounced, []*int64{m.Bounces}},
		{mailrelay.Blocked, []*int64{m.Blocks}},
		{mailrelay.Dropped, []*int64{m.BounceDrops, m.SpamReportDrops, m.UnsubscribeDrops, m.InvalidEmails}},
		{mailrelay.Complaints, []*int64{m.SpamReports}},
	} {
		if err := c.Add(f.figure, f.parts...); err != nil {
			return nil, err
		}
	}
	return c, nil
}
