// Package customersmailcloud reads Customers Mail Cloud's statistics. They are counted
// by the day in Japan's time and asked for by the month (statistics/list.json), so
// figures within a day are differences between polls.
//
// Shapes: https://smtps.jp/docs-en/apiv2/te/statistics. What is blocked there is on the
// vendor's own stop list and never tried: it is dropped here. By destination the list of
// deliveries is counted, minute by minute, where a server composition is named. Unproven is
// whether that has one row for a mail, whose state changes, or one for each event, and
// that a minute is complete after five; the vendor asks those who read more often than
// daily to tell its support.
package customersmailcloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relayhttp"
)

// Account is one API user at Customers Mail Cloud.
type Account struct {
	User              string       // api_user
	Key               string       // api_key, of a user that may refer to data
	ServerComposition string       // "" is all of them, without figures by destination
	BaseURL           string       // the management console's, e.g. https://NAME.smtps.jp
	Client            *http.Client // nil is a plain one
}

// Relay is a mailrelay.Relay.
type Relay struct {
	account Account
	asker   relayhttp.Asker
}

var japan = time.FixedZone("JST", 9*3600)

const path = "/transaction/v2/statistics/list.json"

// New makes a relay. It asks nothing yet.
func New(a Account) *Relay {
	return &Relay{a, relayhttp.Asker{Vendor: "customersmailcloud", Client: a.Client, Secrets: []string{a.Key}}}
}

// Traits implements mailrelay.Relay.
func (r *Relay) Traits() mailrelay.Traits {
	return mailrelay.Traits{Vendor: "customersmailcloud", Account: relayhttp.Of(r.account.BaseURL, "server_composition", r.account.ServerComposition), Grain: 24 * time.Hour, Daily: true, Zone: japan, DestinationGrain: grain, DestinationSettle: settle, Tells: []mailrelay.Figure{
		mailrelay.Accepted, mailrelay.Delivered, mailrelay.Bounced, mailrelay.Dropped}}
}

// Read implements mailrelay.Relay. On the first days of a month it asks for two.
func (r *Relay) Read(ctx context.Context, span mailrelay.Span) (mailrelay.Report, error) {
	from, to := span.From.In(japan), span.To.In(japan)
	if early := to.AddDate(0, 0, -3); from.Before(early) {
		from = early
	}
	var out mailrelay.Report
	for month := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, japan); !month.After(to); month = month.AddDate(0, 1, 0) {
		days, err := r.month(ctx, month)
		if err != nil {
			return mailrelay.Report{}, err
		}
		out.Days = append(out.Days, days...)
	}
	first := from.Format(time.DateOnly)
	out.Days = slices.DeleteFunc(out.Days, func(d mailrelay.Day) bool { return d.Date < first })
	if r.account.ServerComposition != "" {
		r.destinations(ctx, span, &out)
	}
	return out, nil
}

func (r *Relay) month(ctx context.Context, month time.Time) ([]mailrelay.Day, error) {
	body, err := r.ask(ctx, path, url.Values{"year": {strconv.Itoa(month.Year())}, "month": {strconv.Itoa(int(month.Month()))}})
	if err != nil {
		return nil, err
	}
	days, err := parse(body)
	if err != nil {
		return nil, r.asker.Garbled(path, err)
	}
	return days, nil
}

// ask asks as the account.
func (r *Relay) ask(ctx context.Context, path string, q url.Values) ([]byte, error) {
	q.Set("api_user", r.account.User)
	q.Set("api_key", r.account.Key)
	if r.account.ServerComposition != "" {
		q.Set("server_composition", r.account.ServerComposition)
	}
	req, err := http.NewRequest(http.MethodPost, r.account.BaseURL+path, strings.NewReader(q.Encode()))
	if err != nil {
		return nil, r.asker.Garbled("its address", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r.asker.Ask(ctx, req)
}

// parse reads a month's days. The row "total" is no day, and not asked for.
func parse(body []byte) ([]mailrelay.Day, error) {
	var a struct {
		Statistics *[]struct {
			Date      string `json:"date"`
			Queued    *int64 `json:"queued"`
			Succeeded *int64 `json:"succeeded"`
			Failed    *int64 `json:"failed"`
			Blocked   *int64 `json:"blocked"`
		} `json:"statistics"`
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	if a.Statistics == nil {
		return nil, errors.New(`no list "statistics"`)
	}
	var days []mailrelay.Day
	for _, s := range *a.Statistics {
		if _, err := time.Parse(time.DateOnly, s.Date); err != nil {
			return nil, fmt.Errorf("date %q is none", s.Date)
		}
		c := mailrelay.Counts{}
		if err := errors.Join(c.Add(mailrelay.Accepted, s.Queued), c.Add(mailrelay.Delivered, s.Succeeded),
			c.Add(mailrelay.Bounced, s.Failed), c.Add(mailrelay.Dropped, s.Blocked)); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Date, err)
		}
		days = append(days, mailrelay.Day{Date: s.Date, Counts: c})
	}
	slices.SortFunc(days, func(a, b mailrelay.Day) int { return strings.Compare(a.Date, b.Date) })
	for i := 1; i < len(days); i++ {
		if days[i].Date == days[i-1].Date {
			return nil, fmt.Errorf("%s is told twice", days[i].Date)
		}
	}
	return days, nil
}
