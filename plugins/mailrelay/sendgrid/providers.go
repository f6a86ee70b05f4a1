package sendgrid

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/plugins/mailrelay"
)

const providersPath = "/v3/mailbox_providers/stats"

// providers adds what SendGrid tells by mailbox provider. Without it (a key's rights, or an
// answer that is not understood) the account's own figures are as right as ever, so that is
// a note.
func (r *Relay) providers(ctx context.Context, q url.Values, out *mailrelay.Report) {
	body, err := r.ask(ctx, providersPath, q)
	if err == nil {
		out.Destinations, err = parseProviders(body)
		if err != nil {
			err = r.asker.Garbled(providersPath, err)
		}
	}
	if err != nil {
		out.Notes = append(out.Notes, fmt.Sprintf("%v: figures by destination are not known", err))
	}
}

// parseProviders reads an answer: days, each with a row for each provider.
// https://www.twilio.com/docs/sendgrid/api-reference/stats/retrieve-email-statistics-by-mailbox-provider
func parseProviders(body []byte) (map[mailrelay.Destination]mailrelay.Part, error) {
	var answer *[]struct {
		Date  string `json:"date"`
		Stats []struct {
			Name    string `json:"name"`
			Metrics *struct {
				Blocks, Bounces, Deferred, Delivered, Drops *int64
				SpamReports                                 *int64 `json:"spam_reports"`
			} `json:"metrics"`
		} `json:"stats"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if answer == nil {
		return nil, errors.New("no list of days")
	}
	byDay := map[mailrelay.Destination]map[string]mailrelay.Counts{}
	var dates []string
	for _, d := range *answer {
		if _, err := time.Parse(time.DateOnly, d.Date); err != nil || len(dates) > 0 && dates[len(dates)-1] >= d.Date {
			return nil, fmt.Errorf("date %q is none, or out of order", d.Date)
		}
		dates = append(dates, d.Date)
		names := map[string]bool{}
		for _, s := range d.Stats {
			if s.Metrics == nil {
				continue
			}
			if names[s.Name] {
				return nil, fmt.Errorf("%s, %s: is told twice", d.Date, text.Line(s.Name, 40))
			}
			names[s.Name] = true
			c := mailrelay.Counts{}
			m := s.Metrics
			if err := errors.Join(c.Add(mailrelay.Blocked, m.Blocks), c.Add(mailrelay.Bounced, m.Bounces), c.Add(mailrelay.Deferred, m.Deferred),
				c.Add(mailrelay.Delivered, m.Delivered), c.Add(mailrelay.Dropped, m.Drops), c.Add(mailrelay.Complaints, m.SpamReports)); err != nil {
				return nil, fmt.Errorf("%s, %s: %w", d.Date, s.Name, err)
			}
			to := provider(s.Name)
			if byDay[to] == nil {
				byDay[to] = map[string]mailrelay.Counts{}
			}
			if byDay[to][d.Date] == nil {
				byDay[to][d.Date] = mailrelay.Counts{}
			}
			for f, n := range c {
				byDay[to][d.Date][f] += n
			}
		}
	}
	out := map[mailrelay.Destination]mailrelay.Part{}
	for to, days := range byDay {
		out[to] = partOf(dates, days)
	}
	return out, nil
}

// partOf has each day; of one in which a provider had no mails there is no row.
func partOf(dates []string, days map[string]mailrelay.Counts) (part mailrelay.Part) {
	for _, date := range dates {
		c := days[date]
		if c == nil {
			c = mailrelay.Counts{mailrelay.Blocked: 0, mailrelay.Bounced: 0, mailrelay.Deferred: 0, mailrelay.Delivered: 0, mailrelay.Dropped: 0, mailrelay.Complaints: 0}
		}
		part.Days = append(part.Days, mailrelay.Day{Date: date, Counts: c})
	}
	return part
}

// provider is whom a name means; the vendor does not list its names.
func provider(name string) mailrelay.Destination {
	name = strings.ToLower(name)
	for _, x := range []struct {
		part string
		to   mailrelay.Destination
	}{
		{"docomo", mailrelay.Docomo}, {"softbank", mailrelay.SoftBank}, {"ymobile", mailrelay.SoftBank}, {"kddi", mailrelay.Au}, {"ezweb", mailrelay.Au},
		{"yahoo japan", mailrelay.YahooJapan}, {"yahoo! japan", mailrelay.YahooJapan}, {"yahoo.co.jp", mailrelay.YahooJapan},
		{"gmail", mailrelay.Gmail}, {"google", mailrelay.Gmail},
		{"outlook", mailrelay.Outlook}, {"hotmail", mailrelay.Outlook}, {"microsoft", mailrelay.Outlook},
	} {
		if strings.Contains(name, x.part) {
			return x.to
		}
	}
	if name == "au" {
		return mailrelay.Au
	}
	return mailrelay.DestinationOf(name)
}
