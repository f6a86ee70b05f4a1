// Package postmark reads the statistics of one Postmark server. GET /stats/outbound
// gives one sum of the dates asked for (without dates: of all time), so each date is
// asked for by itself; figures within a day are differences between polls.
//
// Shapes: https://postmarkapp.com/developer/api/stats-api. That page says EST; but the
// times in the samples of https://postmarkapp.com/developer/api/bounce-api and
// …/messages-api are at -05:00 in winter and -04:00 in summer, so its dates are taken as
// those of Eastern time, with summer time. Which it is for dates was not seen.
package postmark

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relayhttp"
)

// Account is one Postmark server.
type Account struct {
	Token   string         // the server's API token
	Stream  string         // a message stream's id, "" is all
	BaseURL string         // "" is https://api.postmarkapp.com
	Client  *http.Client   // nil is a plain one
	Zone    *time.Location // of the dates; nil is Eastern time
}

// Relay is a mailrelay.Relay.
type Relay struct {
	account Account
	asker   relayhttp.Asker
}

// eastern is where Postmark's dates change.
func eastern() *time.Location {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil { // a machine without zones, and a program without its own
		return time.FixedZone("EST", -5*3600)
	}
	return zone
}

// maxDays is how many dates one poll asks for at most, each in a request of its own.
const maxDays = 4

// New makes a relay. It asks nothing yet.
func New(a Account) *Relay {
	if a.BaseURL == "" {
		a.BaseURL = "https://api.postmarkapp.com"
	}
	if a.Zone == nil {
		a.Zone = eastern()
	}
	return &Relay{a, relayhttp.Asker{Vendor: "postmark", Client: a.Client, Secrets: []string{a.Token}}}
}

// Traits implements mailrelay.Relay. Postmark counts what it sent, which is what it
// took over; what was delivered it does not tell. A mail to a suppressed recipient it
// refuses with an SMTP API error, so that is not among those.
// https://postmarkapp.com/developer/webhooks/smtp-api-error
func (r *Relay) Traits() mailrelay.Traits {
	return mailrelay.Traits{Vendor: "postmark", Account: relayhttp.Of(r.account.BaseURL, "stream", r.account.Stream), Grain: 24 * time.Hour, Daily: true, Zone: r.account.Zone, DropsApart: true, Tells: []mailrelay.Figure{
		mailrelay.Accepted, mailrelay.Bounced, mailrelay.Dropped, mailrelay.Complaints}}
}

// Read implements mailrelay.Relay.
func (r *Relay) Read(ctx context.Context, span mailrelay.Span) (mailrelay.Report, error) {
	var out mailrelay.Report
	last := span.To.In(r.account.Zone)
	first := last
	for n := 1; n < maxDays && first.Format(time.DateOnly) > span.From.In(r.account.Zone).Format(time.DateOnly); n++ {
		first = first.AddDate(0, 0, -1)
	}
	// Tomorrow is asked for too: a figure there shows that the dates are of another
	// time zone than documented, which a sum by date would hide.
	for d := first; !d.After(last.AddDate(0, 0, 1)); d = d.AddDate(0, 0, 1) {
		c, err := r.day(ctx, d.Format(time.DateOnly))
		if err != nil {
			return mailrelay.Report{}, err
		}
		if d.After(last) && c[mailrelay.Accepted] == 0 {
			break
		}
		out.Days = append(out.Days, mailrelay.Day{Date: d.Format(time.DateOnly), Counts: c})
	}
	return out, nil
}

func (r *Relay) day(ctx context.Context, date string) (mailrelay.Counts, error) {
	q := url.Values{"fromdate": {date}, "todate": {date}}
	if r.account.Stream != "" {
		q.Set("messagestream", r.account.Stream)
	}
	req, err := http.NewRequest(http.MethodGet, r.account.BaseURL+"/stats/outbound?"+q.Encode(), nil)
	if err != nil {
		return nil, r.asker.Garbled("its address", err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("X-Postmark-Server-Token", r.account.Token)
	body, err := r.asker.Ask(ctx, req)
	if err != nil {
		return nil, err
	}
	c, err := parse(body)
	if err != nil {
		return nil, r.asker.Garbled("/stats/outbound", err)
	}
	return c, nil
}

// parse reads one sum. One without the count of what was sent is no answer.
func parse(body []byte) (mailrelay.Counts, error) {
	var a struct {
		Sent           *int64
		Bounced        *int64
		SMTPAPIErrors  *int64 `json:"SMTPApiErrors"`
		SpamComplaints *int64
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	if a.Sent == nil {
		return nil, errors.New(`no figure "Sent"`)
	}
	c := mailrelay.Counts{}
	return c, errors.Join(c.Add(mailrelay.Accepted, a.Sent), c.Add(mailrelay.Bounced, a.Bounced),
		c.Add(mailrelay.Dropped, a.SMTPAPIErrors), c.Add(mailrelay.Complaints, a.SpamComplaints))
}
