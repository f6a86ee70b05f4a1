package sparkpost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

const (
	domainPath = "/metrics/deliverability/domain"
	// slot is the span that domains are asked for, the newest closed one at each poll.
	slot = 5 * time.Minute
	// mostDomains are told in one answer, those with the most mails.
	mostDomains = 1000
)

// domains adds the newest five minutes by the recipients' domains. The answer is a sum of
// the span asked for, without times. What goes wrong is a note: the account's own figures
// are as right as ever.
// https://developers.sparkpost.com/api/metrics/#metrics-get-deliverability-metrics-by-domain
func (r *Relay) domains(ctx context.Context, now time.Time, out *mailrelay.Report) {
	end := now.Add(-settle).Truncate(slot)
	var names []string
	for _, f := range figures {
		names = append(names, f.parts...)
	}
	const layout = "2006-01-02T15:04"
	body, _, err := r.get(ctx, domainPath, url.Values{"from": {end.Add(-slot).UTC().Format(layout)}, "to": {end.UTC().Format(layout)}, "timezone": {"UTC"},
		"metrics": {strings.Join(names, ",")}, "order_by": {"count_injected"}, "limit": {strconv.Itoa(mostDomains)}})
	var sums map[mailrelay.Destination]mailrelay.Counts
	if err == nil {
		if sums, err = parseDomains(body); err != nil {
			err = r.asker.Garbled(domainPath, err)
		}
	}
	if err != nil {
		out.Notes = append(out.Notes, fmt.Sprintf("%v: figures by destination are not known", err))
		return
	}
	out.Destinations = map[mailrelay.Destination]mailrelay.Part{}
	for d, c := range sums {
		out.Destinations[d] = mailrelay.Part{Buckets: []mailrelay.Bucket{{Start: end.Add(-slot), End: end, Counts: c}}}
	}
}

// parseDomains reads a list of domains, and sums up each destination's.
func parseDomains(body []byte) (map[mailrelay.Destination]mailrelay.Counts, error) {
	var a struct {
		Results *[]map[string]json.RawMessage `json:"results"`
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	if a.Results == nil {
		return nil, errors.New(`no list "results"`)
	}
	out, seen := map[mailrelay.Destination]mailrelay.Counts{}, map[string]bool{}
	for _, row := range *a.Results {
		var domain string
		if err := json.Unmarshal(row["domain"], &domain); err != nil || domain == "" {
			return nil, fmt.Errorf("domain %.40s is none", row["domain"])
		}
		if seen[domain] {
			return nil, fmt.Errorf("domain %.40s is told twice", domain)
		}
		seen[domain] = true
		c, err := counts(row)
		if err != nil {
			return nil, err
		}
		d := mailrelay.DestinationOf(domain)
		if out[d] == nil {
			out[d] = mailrelay.Counts{}
		}
		for f, n := range c {
			out[d][f] += n
		}
	}
	return out, nil
}
