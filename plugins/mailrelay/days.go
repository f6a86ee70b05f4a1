package mailrelay

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Totals are the running totals of a day-grained relay as one poll saw them: the
// ground from which the next poll's difference is taken. It belongs to one account.
type Totals struct {
	At   time.Time         `json:"at"`
	Days map[string]Counts `json:"days"` // by date in the relay's time zone
	// Fell is since when a total of Days is more than the relay tells; zero where none is.
	Fell time.Time `json:"fell,omitzero"`
}

// keepDays is how many dates the totals remember, since relays correct yesterday too.
const keepDays = 5

// difference makes one bucket of two polls: what was counted in [prev.At, now). It
// sums the rises of every date that prev knew and of every date begun since, so
// midnight in the relay's time zone neither loses nor doubles anything, whichever zone
// that is.
//
// ok is false where the polls tell nothing: the first poll; a poll that is not later;
// an answer whose newest date is over, in the relay's zone or (Traits.Anywhere) in all
// zones, or is older than one that prev knew (old data); an answer without a date that
// prev knew and the difference needs. Then next is prev, unchanged, or for the
// first poll the new ground, and what happened in between comes with the next bucket.
//
// A total that became smaller leaves its figure out of the bucket, since no one can say
// how much was counted. What it was stays the ground until it is more again, as after an
// old answer of one of the relay's machines; after half an hour the relay has corrected
// itself, and the ground is laid anew. A date that is over loses nothing but its own rise.
// A date that has not begun has figures of 0 or is an error:
// the relay counts in another time zone than the account is set to, and nothing is
// counted.
//
// asked is the span of the second poll. Where it begins after the first poll's date
// (the program was off for long), days are missing and the ground is laid anew.
func difference(prev Totals, days []Day, asked Span, t Traits) (b Bucket, ok bool, next Totals, err error) {
	now := asked.To
	west, east := t.zones()
	last := now.In(east).Format(time.DateOnly)
	seen, newest := map[string]Counts{}, ""
	for _, d := range days {
		if d.Date > last {
			if d.Counts.nothing() {
				continue // a relay may tell of days to come
			}
			return Bucket{}, false, prev, fmt.Errorf("the relay has figures of %s, but it is %s in %s: set the account's time_zone to the relay's", d.Date, last, east)
		}
		seen[d.Date] = d.Counts
		newest = max(newest, d.Date)
	}
	if newest < now.In(west).Format(time.DateOnly) || newest < prev.newest() {
		return Bucket{}, false, prev, nil
	}
	if prev.At.IsZero() || prev.At.In(west).Format(time.DateOnly) < asked.From.In(west).Format(time.DateOnly) {
		return Bucket{}, false, Totals{At: now, Days: remember(nil, seen)}, nil
	}
	if !now.After(prev.At) {
		return Bucket{}, false, prev, nil
	}
	needed := between(prev.At.In(west), now.In(west))
	for _, date := range needed {
		if _, there := seen[date]; !there && !quiet(prev, date) {
			return Bucket{}, false, prev, nil
		}
	}
	sums, ground, fell := rises(prev, seen, needed[0], now.In(west).Format(time.DateOnly), now.Sub(prev.Fell) < corrected)
	next = Totals{At: now, Days: remember(prev.Days, ground)}
	if fell {
		next.Fell = now
		if !prev.Fell.IsZero() && now.Sub(prev.Fell) < corrected {
			next.Fell = prev.Fell
		}
	}
	return Bucket{Start: prev.At, End: now, Counts: sums}, true, next, nil
}

// corrected is how long a total may be less than it was before that is a correction.
const corrected = 30 * time.Minute

// The zones at the two ends of the world's day.
var (
	westmost = time.FixedZone("UTC-12", -12*3600)
	eastmost = time.FixedZone("UTC+14", 14*3600)
)

// zones are the two between which the relay's dates change.
func (t Traits) zones() (west, east *time.Location) {
	if t.Anywhere {
		return westmost, eastmost
	}
	return t.Location(), t.Location()
}

// lateNight is how long after midnight a relay may still count into the day before.
const lateNight = 3 * time.Hour

// misplaced says that the dates of a relay with Traits.Anywhere cannot be of the zone
// that the account is set to: one has figures before it begins there, or still rises
// long after it ended there while none has begun. Nil is no contradiction.
func misplaced(prev Totals, days []Day, now time.Time, t Traits) error {
	if !t.Anywhere || t.Zone == nil || prev.At.IsZero() {
		return nil
	}
	local := now.In(t.Zone)
	today := local.Format(time.DateOnly)
	begun, rising := false, ""
	for _, d := range days {
		begun = begun || d.Date == today && !d.Counts.nothing()
		switch was, known := prev.Days[d.Date]; {
		case d.Date > today && !d.Counts.nothing():
			return fmt.Errorf("the relay counts mails of %s already, but it is %s in %s: its dates are of a zone further east; set the account's time_zone to it", d.Date, today, t.Zone)
		case d.Date < today && known && was.less(d.Counts):
			rising = d.Date
		}
	}
	if rising != "" && !begun && local.Sub(midnight(local)) > lateNight {
		return fmt.Errorf("the relay still counts mails of %s, but it is %s in %s: its dates are of a zone further west; set the account's time_zone to it", rising, today, t.Zone)
	}
	return nil
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// nothing is whether no figure is above 0.
func (c Counts) nothing() bool {
	for _, n := range c {
		if n > 0 {
			return false
		}
	}
	return true
}

// less is whether a figure of another is more.
func (c Counts) less(than Counts) bool {
	for f, n := range than {
		if was, told := c[f]; told && n > was {
			return true
		}
	}
	return false
}

// newest is the latest date of a poll, "" where there is none.
func (t Totals) newest() string {
	out := ""
	for date := range t.Days {
		out = max(out, date)
	}
	return out
}

// between are the dates from a's to b's, both included.
func between(a, b time.Time) []string {
	var out []string
	last := b.Format(time.DateOnly)
	for i := 0; ; i++ {
		d := time.Date(a.Year(), a.Month(), a.Day()+i, 12, 0, 0, 0, a.Location()).Format(time.DateOnly)
		if d > last {
			return out
		}
		out = append(out, d)
	}
}

// quiet is whether a date was unknown to the last poll as well, as with relays that
// leave out days without traffic.
func quiet(prev Totals, date string) bool {
	_, known := prev.Days[date]
	return !known
}

// rises sums over the dates. A figure counts only if every date tells it, and none that is
// not over fell. The ground is what the next difference is taken from, and fell says that
// it is more than was told. Dates before today are over; waits is whether what fell before
// may still come back.
func rises(prev Totals, seen map[string]Counts, first, today string, waits bool) (sums Counts, ground map[string]Counts, fell bool) {
	sums, ground = Counts{}, map[string]Counts{}
	spoiled := map[Figure]bool{}
	waits = waits || prev.Fell.IsZero()
	for date, now := range seen {
		ground[date] = maps.Clone(now)
		before, known := prev.Days[date]
		if !known && date < first {
			continue // older than what the last poll looked at
		}
		for _, f := range Figures {
			n, told := now[f]
			was, wasTold := before[f]
			switch {
			case !told && !wasTold && !has(seen, f):
				// never told: stays absent
			case told && wasTold && n < was && date < today:
				ground[date][f] = was
				sums[f] += 0
			case told && n < was:
				spoiled[f] = true
				if waits {
					ground[date][f], fell = was, true
				}
			case !told || known && !wasTold:
				spoiled[f] = true
			default:
				sums[f] += n - was
			}
		}
	}
	for f := range spoiled {
		delete(sums, f)
	}
	return sums, ground, fell
}

func has(days map[string]Counts, f Figure) bool {
	for _, c := range days {
		if _, told := c[f]; told {
			return true
		}
	}
	return false
}

// remember keeps the newest dates of both.
func remember(old, seen map[string]Counts) map[string]Counts {
	all := map[string]Counts{}
	maps.Copy(all, old)
	maps.Copy(all, seen)
	dates := slices.Sorted(maps.Keys(all))
	for len(dates) > keepDays {
		delete(all, dates[0])
		dates = dates[1:]
	}
	return all
}
