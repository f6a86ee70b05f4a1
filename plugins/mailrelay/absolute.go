package mailrelay

import (
	"slices"
	"time"
)

// Some failures show without any history: they are told from the first hour on.

const (
	// leastMails are as many as it takes to say that none is delivered, or that more are
	// refused than delivered.
	leastMails = 20
	// onTheWay is how long a mail may be on its way: where none is older, none is late.
	onTheWay = 10 * time.Minute
	// complaintsWarn and complaintsRefused are the shares of deliveries that Gmail and
	// Yahoo! name: to stay below, and never to reach.
	// https://support.google.com/a/answer/81126 https://senders.yahooinc.com/best-practices/
	complaintsWarn    = 0.001
	complaintsRefused = 0.003
	// complaintChance bounds by chance what few complaints say: how likely so many are at
	// half of the limit.
	complaintChance = 0.04
)

// refusals are the figures of mails that a recipient's server refused for good.
var refusals = []Figure{Bounced, BouncedHard, BouncedSoft, Blocked}

// settled are the figures of mails that came in and will not be delivered any more.
func (t Traits) settled() []Figure {
	if t.DropsApart {
		return refusals
	}
	return append([]Figure{Dropped}, refusals...)
}

// taken is what came in within the newest hour, before an age, and was not dropped: of
// the buckets that tell another figure, too.
func (j *judge) taken(end time.Time, before time.Duration, with Figure) (n float64, told bool) {
	n, told = j.hour(end, Accepted, before, with)
	if !j.t.DropsApart {
		dropped, _ := j.hour(end, Dropped, before, Accepted, with)
		n -= dropped
	}
	return n, told
}

// due is what came in from a time to the newest figure and should be delivered: not
// dropped by the relay, not refused for good. part is how much of the span is known.
func (j *judge) due(from time.Time) (n, part float64) {
	n, part = j.counted(Accepted, from)
	for _, f := range j.t.settled() {
		if j.h.knows(f) {
			x, of := j.counted(f, from)
			n, part = n-x, min(part, of)
		}
	}
	return max(0, n), part
}

// dueCell is the same for a cell of the past.
func (j *judge) dueCell(i int) (float64, bool) {
	past := &j.h.Past
	n, ok := past.cell(Accepted, i)
	for _, f := range j.t.settled() {
		if _, told := past.Columns[f]; told {
			x, known := past.cell(f, i)
			n, ok = n-x, ok && known
		}
	}
	return max(0, n), ok
}

// absolute judges the newest hour, and the last day's complaints, beside nothing.
func (j *judge) absolute(end time.Time) []Finding {
	var out []Finding
	if f, ok := j.undelivered(end); ok {
		out = append(out, f)
	}
	if f, ok := j.refused(end); ok {
		out = append(out, f)
	}
	if f, ok := j.complained(end); ok {
		out = append(out, f)
	}
	return out
}

// hour sums the buckets of the newest hour (for a coarser relay, the newest one), and
// those before an age. Only those count that tell other figures, too, since a relay may
// tell less at times: sums of different buckets cannot be held beside each other.
func (j *judge) hour(end time.Time, f Figure, before time.Duration, with ...Figure) (n float64, told bool) {
	span := max(time.Hour, j.t.Grain)
	if j.t.Daily {
		span = time.Hour
	}
	for i := len(j.h.Recent) - 1; i >= 0 && j.h.Recent[i].End.After(end.Add(-span)); i-- {
		b := &j.h.Recent[i]
		if b.tells(f) && b.tells(with...) && !b.Start.After(end.Add(-before)) {
			x, _ := b.inside(f, end.Add(-span), end)
			n, told = n+x, true
		}
	}
	return n, told
}

// tells is whether a bucket has all of some figures.
func (b *Bucket) tells(figures ...Figure) bool {
	return !slices.ContainsFunc(figures, func(f Figure) bool { _, told := b.Counts[f]; return !told })
}

// undelivered is whether mails came in within an hour and none of them went out. One of
// them at least has to be older than a mail may be on its way: a campaign of the last
// minutes is none.
func (j *judge) undelivered(end time.Time) (Finding, bool) {
	in, told1 := j.taken(end, 0, Delivered)
	early, _ := j.taken(end, onTheWay, Delivered)
	out, told2 := j.hour(end, Delivered, 0, Accepted)
	if !told1 || !told2 || out > 0 || in < leastMails || early <= 0 {
		return Finding{}, false
	}
	found := Finding{Kind: Undelivered, Severity: Critical, Until: end}
	for i := len(j.h.Recent) - 1; i >= 0; i-- {
		c := j.h.Recent[i].Counts
		if n, told := c[Delivered]; !told || n > 0 {
			break
		}
		n := c[Accepted]
		if !j.t.DropsApart {
			n -= c[Dropped]
		}
		if n > 0 {
			found.Since, found.Expected = j.h.Recent[i].Start, found.Expected+float64(n)
		}
	}
	return found, true
}

// refused is whether more mails were refused for good within an hour than delivered.
// Where the relay does not tell deliveries, they are what is left of what came in.
func (j *judge) refused(end time.Time) (Finding, bool) {
	beside := Accepted
	if j.h.knows(Delivered) {
		beside = Delivered
	}
	n, any := 0.0, false
	for _, f := range refusals {
		x, told := j.hour(end, f, 0, beside)
		n, any = n+x, any || told
	}
	out, told := j.hour(end, Delivered, 0)
	if beside == Accepted {
		in, known := j.taken(end, 0, Accepted)
		out, told = max(0, in-n), known
	}
	if !any || !told || n < leastMails || n <= out {
		return Finding{}, false
	}
	from := end.Add(-time.Hour)
	if first := j.h.Recent[0].Start; first.After(from) {
		from = first
	}
	return Finding{Kind: Refusals, Severity: Critical, Since: from, Until: end, Observed: n, Expected: out}, true
}

// complained holds the last day's complaints against its deliveries: mailbox operators
// count by the day.
func (j *judge) complained(end time.Time) (Finding, bool) {
	from := end.Add(-24 * time.Hour)
	n, known1 := j.h.told(Complaints, j.h.main(), from)
	of, known2 := j.h.told(j.h.main(), Complaints, from)
	if !known1 || !known2 || n == 0 {
		return Finding{}, false
	}
	found := Finding{Kind: Complained, Since: later(from, j.h.begun()), Until: end, Observed: n, Expected: of}
	over := func(limit float64) bool {
		mean := limit / 2 * of
		return n >= limit*of && atLeast(n, max(mean, 0.01), mean) < complaintChance
	}
	switch {
	case over(complaintsRefused):
		found.Severity = Critical
	case over(complaintsWarn):
		found.Severity = Warning
	default:
		return Finding{}, false
	}
	return found, true
}

// told is what was counted since a time, as far as it is known, and another figure with it.
func (h *History) told(f, with Figure, from time.Time) (n float64, known bool) {
	step := h.Past.step()
	for i := range h.Past.Columns[f] {
		if start := h.Past.First.Add(time.Duration(i) * step); !start.Before(from) {
			x, ok := h.Past.cell(f, i)
			if _, both := h.Past.cell(with, i); ok && both {
				n, known = n+x, true
			}
		}
	}
	past := h.Past.To()
	for i := range h.Recent {
		b := &h.Recent[i]
		if x, seconds := b.inside(f, later(from, past), b.End.Add(1)); seconds > 0 && b.tells(with) {
			n, known = n+x, true
		}
	}
	return n, known
}
