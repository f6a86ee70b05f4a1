package mailrelay

import (
	"math"
	"time"
)

// A drop has one of two causes, which are told apart by what came in:
//
//   - The relay keeps mails back: as many came in as the deliveries do not show. What
//     came in, but for what was dropped or refused for good, tells what should go out
//     (due), so the senders' mood does not matter, and even a few mails are enough to
//     see it.
//   - Fewer mails came in: the relay refuses them, or the senders send less, which they
//     may have reasons for. Only what is far beyond their usual moods counts.
//
// Where the relay does not tell what came in, both look the same.

const (
	// keptSpread is how much the share that is delivered at once may vary by itself.
	keptSpread = 0.05
	// fewerLimit narrows the limit on a chance where fewer mails came in, for which
	// there are other causes than the relay.
	fewerLimit = 1.0 / 3
	// keptChance and keptFewChance are the limits where the relay keeps mails back, for
	// keptMany mails and for fewer.
	keptChance    = 1e-3
	keptFewChance = 1e-4
	keptMany      = 30
	// keptNoise is the part of a count's variance that is left where keptMany mails are
	// expected within keptShort: the mails on their way at a span's two ends, which a
	// half allows to take a quarter of the span. Over longer spans a small account's
	// relay may still be at an old campaign.
	keptNoise = 0.5
	keptShort = 30 * time.Minute
	// atOnce is how many times an hour's usual mails a relay is expected to deliver.
	atOnce = 1.5
	// keptLongest is how far back one looks there: moods do not matter, so a small
	// account's mails may be gathered over many hours.
	keptLongest = 12 * time.Hour
)

// gap is what was counted in a span beside what was to be expected.
type gap func(from, to time.Time) (x float64, e expectation, ok bool)

// cause is one of the two: how the gap is measured, over which spans, and how unlikely
// it must be where so many are expected.
type cause struct {
	gap   gap
	spans []time.Duration
	limit func(mean float64) float64
}

// drop looks for fewer mails than expected, over each span, by either cause. Where
// both show, the relay is at fault.
func (j *judge) drop(f Figure, end time.Time) (Finding, bool) {
	inside := f != Accepted && j.h.knows(Accepted)
	if inside {
		if found, ok := j.least(f, end, j.kept(f)); ok {
			found.TakenOver = "held"
			return found, true
		}
	}
	found, ok := j.least(f, end, j.fewer(f, inside))
	if ok && inside {
		found.TakenOver, found.Lost = j.lost(found, end)
		if found.TakenOver == "fell" && found.Observed >= found.Expected/10 {
			found.Severity = Warning // the senders may have their reasons
		}
	}
	return found, ok
}

// lost is where mails are that are not delivered although the relay keeps none back, and
// how many: dropped by it or refused by the recipients' servers, where that makes up for
// most that is missing, or not come in. "" is that none of it is so: more went out at this
// hour of the other weeks than came in.
func (j *judge) lost(found Finding, end time.Time) (where string, n float64) {
	from := found.Since
	in, e, ok := j.compare(Accepted, from, end)
	if !ok || in <= dropTo*e.mean {
		return "fell", 0
	}
	dropped, _ := j.counted(Dropped, from)
	refused := 0.0
	for _, f := range refusals {
		x, _ := j.counted(f, from)
		refused += x
	}
	switch missing := found.Expected - found.Observed; {
	case max(dropped, refused) < missing/2:
		return "", 0
	case dropped > refused:
		return "dropped", dropped
	}
	return "refused", refused
}

// fewer compares with the same hours of the past weeks. Where what came in is told,
// the whole mood is allowed for; else it is bounded for busy spans, so that a drop to
// half is seen however moody the weeks were: a relay's failure is worth a false alarm
// after a moody week.
func (j *judge) fewer(f Figure, inside bool) cause {
	g := func(from, to time.Time) (float64, expectation, bool) {
		x, e, ok := j.compare(f, from, to)
		if !ok || e.unlike || x > dropTo*e.mean {
			return x, e, ok && !e.unlike
		}
		if e.spread = j.mood(f); !inside && e.mean >= busyMean && e.weeks >= 2 {
			e.spread = min(e.spread, busySpread)
		}
		return x, e, true
	}
	wide := 1.0
	if inside {
		wide = fewerLimit
	}
	return cause{g, lookback(j.t), func(mean float64) float64 {
		if mean >= busyMean {
			return busyChance * wide
		}
		return quietChance * wide
	}}
}

// kept compares with what came in at the same time, but with hardly more than the hour
// usually has, since a relay takes its time over a campaign.
func (j *judge) kept(f Figure) cause {
	g := func(from, to time.Time) (float64, expectation, bool) {
		x, part := j.counted(f, from)
		r := j.rate(f)
		due, dueOf := j.due(from)
		due *= r.ratio
		if part < 0.9 || dueOf < 0.9 || !r.known {
			return 0, expectation{}, false
		}
		e, ok := j.h.expect(f, from, to, j.s)
		e.mean, e.noise, e.spread = min(due, atOnce*e.mean*part), 0, keptSpread
		if e.mean >= keptMany && to.Sub(from) <= keptShort {
			e.noise = (keptNoise - 1) * e.mean
		}
		return x, e, ok
	}
	spans := lookback(j.t)
	for _, more := range []time.Duration{6 * time.Hour, 9 * time.Hour, keptLongest} {
		if more > spans[len(spans)-1] {
			spans = append(spans, more)
		}
	}
	return cause{g, spans, func(mean float64) float64 {
		if mean >= keptMany {
			return keptChance
		}
		return keptFewChance
	}}
}

// least is the span whose count is the least likely, where it is unlikely enough.
func (j *judge) least(f Figure, end time.Time, c cause) (Finding, bool) {
	found := Finding{Chance: 1}
	for _, span := range c.spans {
		x, e, ok := c.gap(end.Add(-span), end)
		if !ok || e.mean < minExpected || x > dropTo*e.mean {
			continue
		}
		if p := atMost(x, e.mean, e.variance()); p < c.limit(e.mean) && p < found.Chance {
			found = Finding{Kind: Drop, Figure: f, Severity: Warning, Since: end.Add(-span), Until: end, Chance: p}
		}
	}
	if found.Kind == "" {
		return Finding{}, false
	}
	found.Since = j.onset(found.Since, end, c.gap)
	x, e, ok := c.gap(found.Since, end)
	if !ok {
		return Finding{}, false
	}
	found.Observed, found.Expected = x, e.mean
	if found.Chance < sureChance || x < e.mean/4 {
		found.Severity = Critical
	}
	return found, true
}

// onset is when the change most likely began: the start of the span, ending with the
// newest figure, in which the counts speak loudest for another rate than expected.
// Only spans that are a drop themselves are asked, lest a mood of hours ago be counted
// in.
func (j *judge) onset(guess, end time.Time, g gap) time.Time {
	step := max(j.t.Grain, 5*time.Minute)
	if j.t.Daily {
		step = 15 * time.Minute
	}
	best, at := math.Inf(-1), guess
	for start := end.Add(-step); !start.Before(end.Add(-recentFor)); start = start.Add(-step) {
		x, e, ok := g(start, end)
		if !ok {
			break
		}
		if e.mean < 1 || x > dropTo*e.mean {
			continue
		}
		loud := e.mean - x
		if x > 0 {
			loud += x * math.Log(x/e.mean)
		}
		if loud > best {
			best, at = loud, start
		}
	}
	return at
}
