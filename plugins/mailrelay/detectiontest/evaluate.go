package detectiontest

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// Watcher is one way of noticing.
type Watcher int

// The watchers: the verdict, and two fixed thresholds on the deliveries of the last
// 15 minutes (the last hour where the relay tells no less): the least that the five
// weeks before had, which would not have cried wolf in them, and half of a usual
// weekday's noon, which is what a person sets.
const (
	TheVerdict Watcher = iota
	LowThreshold
	HighThreshold
	watchers
)

// thresholds are learned from the weeks before.
type thresholds struct{ low, high float64 }

// learn sets the thresholds from traffic like the account's.
func learn(v Volume, g Grain, seed uint64, begin time.Time, holidays map[string]bool) thresholds {
	start := begin.AddDate(0, 0, -7*learned)
	t := NewTraffic(v, seed, start, learned+9, holidays)
	var sums, noons []float64
	sum, n := 0.0, 0
	width := int(width(g) / time.Minute)
	for at := start; at.Before(begin); at = at.Add(time.Minute) {
		sum += float64(t.Minute(at, nil)[mailrelay.Delivered])
		if n++; n == width {
			sums = append(sums, sum)
			if l := at.In(Tokyo); l.Hour() == 12 && l.Weekday() >= time.Monday && l.Weekday() <= time.Friday {
				noons = append(noons, sum)
			}
			sum, n = 0, 0
		}
	}
	slices.Sort(noons)
	return thresholds{low: slices.Min(sums), high: noons[len(noons)/2] / 2}
}

func width(g Grain) time.Duration {
	if g == ByMinute {
		return 15 * time.Minute
	}
	return time.Hour
}

// watch tells which watchers raise something now. A threshold sees what the relay
// tells; where it tells nothing, a threshold on a host's metric says nothing.
func (a *Account) watch(l thresholds, f *Failure) (raised [watchers]bool, v mailrelay.Verdict) {
	v = a.Judge()
	raised[TheVerdict] = v.Severity == mailrelay.Warning || v.Severity == mailrelay.Critical
	if f.begun(a.Now) && (f.Down || f.Stale && a.Grain != ByDay) {
		return raised, v
	}
	sum, ok := a.told(width(a.Grain), f)
	raised[LowThreshold], raised[HighThreshold] = ok && sum < l.low, ok && sum < l.high
	return raised, v
}

// told is how many deliveries the relay tells of the last closed span.
func (a *Account) told(width time.Duration, f *Failure) (sum float64, ok bool) {
	t := a.Grain.Traits()
	end := a.Now.Add(-t.Settle)
	if a.Grain == ByHour {
		end = end.Truncate(time.Hour)
	}
	for _, b := range a.Last {
		if !b.Start.Before(end.Add(-width)) && !b.End.After(end) && !(a.Grain == ByDay && f.begun(b.Start) && f.Stale) {
			sum += float64(b.Counts[mailrelay.Delivered])
		}
	}
	return sum, len(a.Last) > 0 && !a.Last[0].Start.After(end.Add(-width))
}

// Delay is how long after its beginning each watcher saw a failure.
type Delay struct {
	Seen  [watchers]bool
	After [watchers]time.Duration
	First mailrelay.Finding // of the verdict
}

// giveUp is when a failure that nobody saw counts as missed, enough when it is not
// waited for a threshold any longer that the verdict was quicker than.
const (
	giveUp = 24 * time.Hour
	enough = 6 * time.Hour
)

// Detect lets a failure happen at the account's present, and times the watchers. One
// that had already raised something does not count as seeing it before it was quiet.
// After a little more than two hours it looks every ten minutes.
func (a *Account) Detect(f Failure, l thresholds) Delay {
	f.Begin = a.Now
	var d Delay
	crying, _ := a.watch(l, nil)
	for age := time.Duration(0); age < giveUp; age = a.Now.Sub(f.Begin) {
		a.Step(&f, true)
		if age > 130*time.Minute && a.Now.Minute()%10 != 0 {
			continue
		}
		raised, v := a.watch(l, &f)
		for w := range watchers {
			crying[w] = crying[w] && raised[w]
			if raised[w] && !crying[w] && !d.Seen[w] {
				d.Seen[w], d.After[w] = true, a.Now.Sub(f.Begin)
				if w == TheVerdict {
					d.First = v.Findings[0]
				}
			}
		}
		if others := l != (thresholds{}); d.Seen[TheVerdict] && (!others || d.Seen[LowThreshold] && d.Seen[HighThreshold] || age > enough) {
			break
		}
	}
	return d
}

// FalseAlarms counts how often each watcher raises something in weeks without a
// failure. What is raised again within two hours is the same alarm.
func (a *Account) FalseAlarms(weeks int, every time.Duration, l thresholds) (n [watchers]int, what []string) {
	end := a.Now.AddDate(0, 0, 7*weeks)
	var last [watchers]time.Time
	for a.Now.Before(end) {
		a.Step(nil, true)
		if !a.Now.Truncate(every).Equal(a.Now) {
			continue
		}
		raised, v := a.watch(l, nil)
		for w := range watchers {
			if !raised[w] {
				continue
			}
			if last[w].IsZero() || a.Now.Sub(last[w]) > 2*time.Hour {
				n[w]++
				if w == TheVerdict {
					what = append(what, a.Now.In(Tokyo).Format("Mon 2006-01-02 15:04 ")+v.Sentence(text.English, a.Settings))
				}
			}
			last[w] = a.Now
		}
	}
	return n, what
}
