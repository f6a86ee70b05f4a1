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
}

// keepDays is how many dates the totals remember, since relays correct yesterday too.
const keepDays = 4

// Difference makes one bucket of two polls: what was counted in [prev.At, now). It
// sums the rises of every date that prev knew and of every date begun since, so
// midnight in the relay's time zone neither loses nor doubles anything.
//
// ok is false where the polls tell nothing: the first poll; a poll that is not later;
// an answer without today's date (the relay still shows yesterday) or without a date
// that prev knew and the difference needs. Then next is prev, unchanged, or for the
// first poll the new ground, and what happened in between comes with the next bucket.
//
// A total that became smaller (the relay corrected itself) leaves its figure out of
// the bucket, since no one can say how much was counted; the next difference is taken
// from the corrected value. A date after today is an error: the relay counts in
// another time zone than the account is set to, and nothing is counted.
//
// asked is the span of the second poll. Where it begins after the first poll's date
// (the program was off for long), days are missing and the ground is laid anew.
func Difference(prev Totals, days []Day, asked Span, zone *time.Location) (b Bucket, ok bool, next Totals, err error) {
	now := asked.To
	today := now.In(zone).Format(time.DateOnly)
	seen := map[string]Counts{}
	for _, d := range days {
		if d.Date > today {
			return Bucket{}, false, prev, fmt.Errorf("the relay has figures of %s, but it is %s in %s: set the account's time zone to the relay's", d.Date, today, zone)
		}
		seen[d.Date] = d.Counts
	}
	if _, there := seen[today]; !there {
		return Bucket{}, false, prev, nil
	}
	if prev.At.IsZero() || prev.At.In(zone).Format(time.DateOnly) < asked.From.In(zone).Format(time.DateOnly) {
		return Bucket{}, false, Totals{At: now, Days: remember(nil, seen)}, nil
	}
	if !now.After(prev.At) {
		return Bucket{}, false, prev, nil
	}
	needed := between(prev.At.In(zone), now.In(zone))
	for _, date := range needed {
		if _, there := seen[date]; !there && !quiet(prev, date) {
			return Bucket{}, false, prev, nil
		}
	}
	b = Bucket{Start: prev.At, End: now, Counts: rises(prev, seen, needed[0])}
	return b, true, Totals{At: now, Days: remember(prev.Days, seen)}, nil
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

// rises sums over the dates. A figure counts only if every date tells it and none fell.
func rises(prev Totals, seen map[string]Counts, first string) Counts {
	sums, spoiled := Counts{}, map[Figure]bool{}
	for date, now := range seen {
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
			case !told || known && !wasTold || n < was:
				spoiled[f] = true
			default:
				sums[f] += n - was
			}
		}
	}
	for f := range spoiled {
		delete(sums, f)
	}
	return sums
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
