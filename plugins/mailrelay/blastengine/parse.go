package blastengine

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// row is one recipient's mail.
type row struct {
	id     int64
	at     time.Time
	figure mailrelay.Figure // "" where the state is not known
	state  string           // the vendor's word for it
	to     mailrelay.Destination
	bulk   bool
	answer string // of the recipient's server, in codes: "550 5.7.1"
}

// parseLog reads a page of the log. A row without a time is a mail that has not been
// tried yet: it is kept, at the zero time, since it counts for the page's length. So is
// one in a state that nobody knows: it counts in no figure.
func parseLog(body []byte) ([]row, error) {
	var a struct {
		Data *[]struct {
			Email  string  `json:"email"`
			Code   string  `json:"last_response_code"`
			Answer string  `json:"last_response_message"`
			Type   string  `json:"delivery_type"`
			ID     int64   `json:"maillog_id"`
			Time   *string `json:"delivery_time"`
			Status string  `json:"status"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	if a.Data == nil {
		return nil, errors.New(`no list "data"`)
	}
	var out []row
	seen := map[int64]bool{}
	for _, d := range *a.Data {
		x := row{id: d.ID, bulk: d.Type == "BULK", to: mailrelay.DestinationOf(d.Email), answer: mailrelay.AnswerCodes(d.Code + " " + d.Answer)}
		if d.ID <= 0 || seen[d.ID] {
			return nil, fmt.Errorf("maillog_id %d is missing or told twice", d.ID)
		}
		seen[d.ID] = true
		if d.Time != nil && *d.Time != "" {
			var err error
			if x.at, err = time.Parse(time.RFC3339, *d.Time); err != nil {
				return nil, fmt.Errorf("delivery_time %.40q is no time", *d.Time)
			}
			x.figure, x.state = states[d.Status], d.Status
		}
		out = append(out, x)
	}
	return out, nil
}

func smallest(rows []row) int64 {
	id := rows[0].id
	for _, x := range rows {
		id = min(id, x.id)
	}
	return id
}

// minutes counts rows from a time on. A minute without a row, before one that has some,
// had no mail; after the last row nothing is known.
func minutes(rows []row, from time.Time) []mailrelay.Bucket {
	var last time.Time
	for _, x := range rows {
		if x.at.After(last) {
			last = x.at
		}
	}
	var out []mailrelay.Bucket
	for at := from; !at.After(last); at = at.Add(grain) {
		out = append(out, mailrelay.Bucket{Start: at, End: at.Add(grain), Counts: mailrelay.Zeros(maps.Values(states))})
	}
	for _, x := range rows {
		if x.figure != "" {
			out[x.at.Sub(from)/grain].Counts[x.figure]++
		}
	}
	return out
}

// parts are the minutes of each destination that had a mail, without those in which it had
// none, and what it answered most often when it refused.
func parts(rows []row) map[mailrelay.Destination]mailrelay.Part {
	type place struct {
		minutes map[time.Time]mailrelay.Counts
		answers map[string]int
	}
	places := map[mailrelay.Destination]place{}
	for _, x := range rows {
		p, known := places[x.to]
		if !known {
			p = place{map[time.Time]mailrelay.Counts{}, map[string]int{}}
			places[x.to] = p
		}
		at := x.at.UTC().Truncate(grain)
		if p.minutes[at] == nil {
			p.minutes[at] = mailrelay.Zeros(maps.Values(states))
		}
		if x.figure != "" {
			p.minutes[at][x.figure]++
		}
		if (x.figure == mailrelay.BouncedHard || x.figure == mailrelay.BouncedSoft || x.figure == mailrelay.Deferred) && x.answer != "" {
			p.answers[x.answer]++
		}
	}
	out := map[mailrelay.Destination]mailrelay.Part{}
	for d, p := range places {
		part := mailrelay.Part{}
		for _, at := range slices.SortedFunc(maps.Keys(p.minutes), time.Time.Compare) {
			part.Buckets = append(part.Buckets, mailrelay.Bucket{Start: at, End: at.Add(grain), Counts: p.minutes[at]})
		}
		most := 0
		for _, a := range slices.Sorted(maps.Keys(p.answers)) {
			if p.answers[a] > most {
				most, part.Reason = p.answers[a], a
			}
		}
		out[d] = part
	}
	return out
}

// unknown says which states count in no figure, each once.
func unknown(rows []row) []string {
	n := map[string]int{}
	for _, x := range rows {
		if x.figure == "" {
			n[text.Line(x.state, 40)]++
		}
	}
	var out []string
	for _, state := range slices.Sorted(maps.Keys(n)) {
		out = append(out, fmt.Sprintf("blastengine: %d mails are in the state %q, which is not known: they count in no figure", n[state], state))
	}
	return out[:min(len(out), 5)]
}

// parseUsage reads the month's usage: what was used and what remains. The limit is not
// told.
func parseUsage(body []byte) (mailrelay.Quota, error) {
	var a struct{ Current, Remaining *int64 }
	if err := json.Unmarshal(body, &a); err != nil {
		return mailrelay.Quota{}, err
	}
	if a.Current == nil {
		return mailrelay.Quota{}, errors.New(`no figure "current"`)
	}
	for _, n := range []*int64{a.Current, a.Remaining} {
		if n != nil && (*n < -(1<<50) || *n > 1<<50) {
			return mailrelay.Quota{}, fmt.Errorf("%d is no count", *n)
		}
	}
	if *a.Current < 0 {
		return mailrelay.Quota{}, fmt.Errorf("current is %d", *a.Current)
	}
	return mailrelay.Quota{Used: a.Current, Left: a.Remaining}, nil
}
