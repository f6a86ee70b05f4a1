package mailgun

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

const (
	byDomain = "recipient_domain"
	// domainHours is how far back domains are asked for: that many hours of all known
	// domains fit into an answer.
	domainHours = 12
)

// domains adds the hours of the known destinations' domains; what goes to other domains is
// not told. What goes wrong is a note: the account's own figures are as right as ever.
func (r *Relay) domains(ctx context.Context, span mailrelay.Span, out *mailrelay.Report) {
	if early := span.To.Add(-domainHours * grain); span.From.Before(early) {
		span.From = early
	}
	body, _, err := r.ask(ctx, r.question(span, "time", byDomain))
	var a answer
	if err == nil {
		if a, err = read(body); err != nil {
			err = r.asker.Garbled(path, err)
		}
	}
	if err != nil {
		out.Notes = append(out.Notes, fmt.Sprintf("%v: figures by destination are not known", err))
		return
	}
	sums := map[mailrelay.Destination]map[time.Time]mailrelay.Counts{}
	for _, i := range a.items {
		d := mailrelay.DestinationOf(i.domain)
		if i.Start.Before(span.From.Truncate(grain)) || i.End.Add(settle).After(span.To) || d == mailrelay.Other {
			continue
		}
		if sums[d] == nil {
			sums[d] = map[time.Time]mailrelay.Counts{}
		}
		at := i.Start.UTC()
		if sums[d][at] == nil {
			sums[d][at] = mailrelay.Counts{}
		}
		for f, n := range i.Counts {
			sums[d][at][f] += n
		}
	}
	out.Destinations = map[mailrelay.Destination]mailrelay.Part{}
	for d, hours := range sums {
		part := mailrelay.Part{}
		for _, at := range slices.SortedFunc(maps.Keys(hours), time.Time.Compare) {
			part.Buckets = append(part.Buckets, mailrelay.Bucket{Start: at, End: at.Add(grain), Counts: hours[at]})
		}
		out.Destinations[d] = part
	}
}
