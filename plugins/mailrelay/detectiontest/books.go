package detectiontest

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// books are a relay's own: of all of an account's mails, or of those to one destination.
type books struct {
	grain  Grain
	tells  []mailrelay.Figure
	open   mailrelay.Bucket   // the hour that is not closed yet
	closed []mailrelay.Bucket // minutes or hours that nobody has asked for yet
	days   map[string]mailrelay.Counts
	shown  []mailrelay.Day // what the relay tells of days, since shownAt
	at     time.Time
}

func newBooks(g Grain, tells []mailrelay.Figure) books {
	return books{grain: g, tells: tells, days: map[string]mailrelay.Counts{}}
}

func (k books) clone() books {
	k.closed, k.open.Counts = slices.Clone(k.closed), add(nil, k.open.Counts)
	days := map[string]mailrelay.Counts{}
	for d, v := range k.days {
		days[d] = add(nil, v)
	}
	k.days = days
	return k
}

// count keeps a minute.
func (k *books) count(b mailrelay.Bucket) {
	switch k.grain {
	case ByDay:
		date := b.Start.UTC().Format(time.DateOnly)
		k.days[date] = add(k.days[date], b.Counts)
	case ByHour:
		if k.open.Start.IsZero() {
			k.open.Start = b.Start
		}
		k.open.Counts = add(k.open.Counts, b.Counts)
		if k.open.End = b.End; b.End.Equal(b.End.Truncate(time.Hour)) {
			k.closed, k.open = append(k.closed, k.open), mailrelay.Bucket{}
		}
	default:
		k.closed = append(k.closed, b)
	}
}

// tell answers a poll: the buckets that have settled, or the days as of the last refresh.
func (k *books) tell(now time.Time) (p mailrelay.Part) {
	if k.grain == ByDay {
		if k.shown == nil || !now.Before(k.at.Add(refresh)) || now.Truncate(24*time.Hour).After(k.at) {
			k.shown, k.at = k.totals(now), now
		}
		return mailrelay.Part{Days: k.shown}
	}
	n, settle := 0, k.grain.Traits().Settle
	for n < len(k.closed) && !k.closed[n].End.Add(settle).After(now) {
		n++
	}
	p.Buckets, k.closed = merged(k.closed[:n]), k.closed[n:]
	return p
}

// totals are those of yesterday and today.
func (k *books) totals(now time.Time) []mailrelay.Day {
	var out []mailrelay.Day
	for _, back := range []int{1, 0} {
		d := now.UTC().AddDate(0, 0, -back).Format(time.DateOnly)
		c := add(nil, k.days[d])
		for _, f := range k.tells {
			c[f] += 0
		}
		out = append(out, mailrelay.Day{Date: d, Counts: c})
	}
	return out
}

// merged makes one bucket of many, as long polls of the past do.
func merged(bs []mailrelay.Bucket) []mailrelay.Bucket {
	if len(bs) != 15 {
		return slices.Clone(bs)
	}
	m := mailrelay.Bucket{Start: bs[0].Start, End: bs[len(bs)-1].End}
	for _, b := range bs {
		m.Counts = add(m.Counts, b.Counts)
	}
	return []mailrelay.Bucket{m}
}

func add(to, c mailrelay.Counts) mailrelay.Counts {
	if to == nil {
		to = mailrelay.Counts{}
	}
	for f, n := range c {
		to[f] += n
	}
	return to
}
