package customersmailcloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// The list of deliveries has a row for each recipient, with a state and the server's
// answer, and is asked for by the minute. It needs the name of a server composition.
// https://smtps.jp/docs-en/apiv2/te/deliveries
const (
	deliveriesPath = "/transaction/v2/deliveries/list.json"
	grain          = time.Minute
	settle         = 5 * time.Minute
	// back is how far back minutes are asked for after a pause.
	back = 15 * time.Minute
	// pageSize rows are in an answer at most, and maxPages answers are read in a poll.
	pageSize = 100
	maxPages = 40
)

// states are the rows' words. What is queued has not been tried yet.
var states = map[string]mailrelay.Figure{"succeeded": mailrelay.Delivered, "failed": mailrelay.Bounced, "deferred": mailrelay.Deferred}

// delivery is a row: figure is "" where nothing has become of it yet.
type delivery struct {
	to     mailrelay.Destination
	figure mailrelay.Figure
	answer string // of the recipient's server, in codes
}

// destinations adds the minutes that have closed since the last poll. What goes wrong is a
// note: the account's own figures are as right as ever.
func (r *Relay) destinations(ctx context.Context, span mailrelay.Span, out *mailrelay.Report) {
	to := span.To.Add(-settle).Truncate(grain)
	from := to.Add(-back)
	if span.Placed.After(from) {
		from = span.Placed
	}
	var parts parts
	left := maxPages
	for at := from.Truncate(grain); at.Before(to); at = at.Add(grain) {
		rows, err := r.minute(ctx, at, &left)
		if err != nil {
			out.Notes = append(out.Notes, fmt.Sprintf("%v: figures by destination are not known", err))
			break
		}
		parts.count(at, rows)
	}
	out.Destinations = parts.told()
}

// minute reads all rows of one minute, page by page.
func (r *Relay) minute(ctx context.Context, at time.Time, left *int) (out []delivery, err error) {
	local := at.In(japan)
	for page := 0; ; page++ {
		if *left == 0 {
			return nil, &mailrelay.Error{Trouble: mailrelay.Garbled, Doing: "customersmailcloud: read " + deliveriesPath,
				Detail: fmt.Sprintf("more than %d rows since the last poll: too many to be counted one by one", maxPages*pageSize)}
		}
		*left--
		body, err := r.ask(ctx, deliveriesPath, url.Values{"date": {local.Format(time.DateOnly)}, "hour": {strconv.Itoa(local.Hour())}, "minute": {strconv.Itoa(local.Minute())},
			"p": {strconv.Itoa(page)}, "r": {strconv.Itoa(pageSize)}})
		if err != nil {
			return nil, err
		}
		rows, err := parseDeliveries(body)
		if err != nil {
			return nil, r.asker.Garbled(deliveriesPath, err)
		}
		if out = append(out, rows...); len(rows) < pageSize {
			return out, nil
		}
	}
}

// parseDeliveries reads a page of the list.
func parseDeliveries(body []byte) ([]delivery, error) {
	var a struct {
		Deliveries *[]struct{ To, Status, Reason string } `json:"deliveries"`
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	if a.Deliveries == nil {
		return nil, errors.New(`no list "deliveries"`)
	}
	if n := len(*a.Deliveries); n > pageSize {
		return nil, fmt.Errorf("%d rows where at most %d were asked for", n, pageSize)
	}
	var out []delivery
	for _, d := range *a.Deliveries {
		out = append(out, delivery{mailrelay.DestinationOf(d.To), states[d.Status], mailrelay.AnswerCodes(d.Reason)})
	}
	return out, nil
}

// parts are the minutes of each destination.
type parts struct {
	buckets map[mailrelay.Destination][]mailrelay.Bucket
	answers map[mailrelay.Destination]map[string]int
}

// count adds a minute to each destination that had a mail in it; to the others even
// without one, since that says up to when all are known.
func (p *parts) count(at time.Time, rows []delivery) {
	if p.buckets == nil {
		p.buckets, p.answers = map[mailrelay.Destination][]mailrelay.Bucket{}, map[mailrelay.Destination]map[string]int{}
	}
	minute := map[mailrelay.Destination]mailrelay.Counts{mailrelay.Other: mailrelay.Zeros(maps.Values(states))}
	for _, d := range rows {
		if minute[d.to] == nil {
			minute[d.to] = mailrelay.Zeros(maps.Values(states))
		}
		if d.figure == "" {
			continue
		}
		if minute[d.to][d.figure]++; d.figure != mailrelay.Delivered && d.answer != "" {
			if p.answers[d.to] == nil {
				p.answers[d.to] = map[string]int{}
			}
			p.answers[d.to][d.answer]++
		}
	}
	for d, c := range minute {
		p.buckets[d] = append(p.buckets[d], mailrelay.Bucket{Start: at.UTC(), End: at.UTC().Add(grain), Counts: c})
	}
}

// told are the parts of a report, with what each destination answered most often.
func (p *parts) told() map[mailrelay.Destination]mailrelay.Part {
	out := map[mailrelay.Destination]mailrelay.Part{}
	for d, buckets := range p.buckets {
		part, most := mailrelay.Part{Buckets: buckets}, 0
		for answer, n := range p.answers[d] {
			if n > most || n == most && answer < part.Reason {
				most, part.Reason = n, answer
			}
		}
		out[d] = part
	}
	return out
}
