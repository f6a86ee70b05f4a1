package mailrelay

import (
	"math"
	"time"
)

const (
	// busyChance is how unlikely a busy span's figures must be to be a change,
	// quietChance a quiet one's: those there are more of, and they matter less.
	busyChance  = 3e-4
	quietChance = 1e-5
	riseChance  = 1e-6
	// dropTo is the part of what was expected that counts as a drop at all; a slow
	// Monday is none.
	dropTo = 0.65
	// riseBy and riseAtLeast are the same for refusals.
	riseBy      = 2
	riseAtLeast = 5
	sureChance  = 1e-7
	minExpected = 10
)

// spans are how far back one looks from the newest figure.
var spans = []time.Duration{5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 6 * time.Hour}

// lookback are the spans that suit a relay, one at least: of whole buckets, and of an
// hour or more where the figures are differences of a total that the relay brings up
// to date by fits.
func lookback(t Traits) []time.Duration {
	least, most := t.Grain, 3*time.Hour
	if t.Daily {
		least = time.Hour
	}
	if least >= time.Hour {
		most = 6 * time.Hour
	}
	var out []time.Duration
	for _, s := range spans {
		whole := (s + least - 1).Truncate(least) // whole buckets, of whatever grain
		if n := len(out); n == 0 || whole > out[n-1] && whole <= most {
			out = append(out, whole)
		}
	}
	return out
}

// variance is that of a count that meets the expectation.
func (e expectation) variance() float64 {
	return e.mean + e.noise + e.spread*e.spread*e.mean*e.mean
}

// trend compares the newest figures with the same hours of the past weeks.
func (h *History) trend(now time.Time, t Traits, s Settings) []Finding {
	if len(h.Recent) == 0 || now.Sub(h.Recent[len(h.Recent)-1].End) > recentFor {
		return nil
	}
	end := h.Recent[len(h.Recent)-1].End
	if _, known := h.expect(h.main(), end.Add(-lookback(t)[0]), end, s, 0); !known {
		return []Finding{{Kind: Learning, Since: h.begun(), Until: end}}
	}
	var out []Finding
	if f, ok := h.drop(h.main(), end, t, s); ok {
		f.TakenOver = h.takenOver(f, s)
		out = append(out, f)
	}
	for _, fig := range []Figure{BouncedHard, BouncedSoft, Bounced, Blocked, Dropped, Deferred, Complaints} {
		if f, ok := h.rise(fig, end, t, s); ok {
			out = append(out, f)
		}
	}
	return out
}

func (h *History) begun() time.Time {
	if !h.Past.First.IsZero() {
		return h.Past.First
	}
	return h.Recent[0].Start
}

// compare is what was counted and what was to be expected in a span.
func (h *History) compare(f Figure, from, to time.Time, s Settings, mood float64) (x float64, e expectation, ok bool) {
	x, part := overlap(h.Recent, f, from, to)
	if part < 0.9 {
		return 0, expectation{}, false
	}
	e, ok = h.expect(f, from, to, s, mood)
	e.mean, e.noise = e.mean*part, e.noise*part
	return x, e, ok
}

// drop looks for fewer mails than expected, over each span.
func (h *History) drop(f Figure, end time.Time, t Traits, s Settings) (Finding, bool) {
	found, mood := Finding{Chance: 1}, h.spread(f, s)
	for _, span := range lookback(t) {
		x, e, ok := h.compare(f, end.Add(-span), end, s, mood)
		if !ok || e.mean < minExpected || x > dropTo*e.mean {
			continue
		}
		limit := quietChance
		if e.mean >= busyMean {
			limit = busyChance
		}
		if h.fewerCameIn(f, end.Add(-span), end, s) {
			// The senders' own mood may explain it: no bound on that then.
			e.spread, limit = mood, limit/3
		}
		if p := atMost(x, e.mean, e.variance()); p < limit && p < found.Chance {
			found = Finding{Kind: Drop, Figure: f, Severity: Warning, Since: end.Add(-span), Until: end, Chance: p}
		}
	}
	if found.Kind == "" {
		return Finding{}, false
	}
	found.Since = h.onset(f, found.Since, end, t, s)
	x, e, ok := h.compare(f, found.Since, end, s, mood)
	if !ok {
		return Finding{}, false
	}
	found.Observed, found.Expected = x, e.mean
	if found.Chance < sureChance || x < e.mean/4 {
		found.Severity = Critical
	}
	return found, true
}

// fewerCameIn is whether a span's drop is one of what came in at the relay as well.
func (h *History) fewerCameIn(f Figure, from, to time.Time, s Settings) bool {
	if f == Accepted {
		return false
	}
	x, e, ok := h.compare(Accepted, from, to, s, 0)
	return ok && x < 0.8*e.mean
}

// onset is when the change most likely began: the start of the span, ending with the
// newest figure, in which the counts speak loudest for another rate than expected.
func (h *History) onset(f Figure, guess, end time.Time, t Traits, s Settings) time.Time {
	step := max(t.Grain, 5*time.Minute)
	if t.Daily {
		step = 15 * time.Minute
	}
	best, at := math.Inf(-1), guess
	for start := end.Add(-step); !start.Before(end.Add(-recentFor)); start = start.Add(-step) {
		x, e, ok := h.compare(f, start, end, s, 0)
		if !ok {
			break
		}
		if e.mean < 1 || x >= e.mean {
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

// takenOver tells whether as much as ever came in at the relay during a drop.
func (h *History) takenOver(f Finding, s Settings) string {
	x, e, ok := h.compare(Accepted, f.Since, f.Until, s, 0)
	switch {
	case f.Figure == Accepted || !ok || e.mean < minExpected:
		return ""
	case x > 0.8*e.mean:
		return "held"
	case x <= dropTo*e.mean:
		return "fell"
	}
	return ""
}

// rise looks for more refusals than this hour of the week has, and than the mails of
// now would have at the usual rate: a campaign brings more of everything.
func (h *History) rise(f Figure, end time.Time, t Traits, s Settings) (Finding, bool) {
	found, mood := Finding{Chance: riseChance}, h.spread(f, s)
	for _, span := range lookback(t) {
		if span < 15*time.Minute {
			continue
		}
		from := end.Add(-span)
		x, e, ok := h.compare(f, from, end, s, mood)
		if !ok {
			continue
		}
		e.mean = max(e.mean, h.usual(f, from, end, s))
		e.mean, e.spread = max(e.mean, 0.5), max(e.spread, 0.3)
		if x < riseAtLeast+e.mean || x < riseBy*e.mean {
			continue
		}
		if p := atLeast(x, e.mean, e.variance()); p < found.Chance {
			found = Finding{Kind: Rise, Figure: f, Severity: Warning, Since: from, Until: end, Chance: p, Observed: x, Expected: e.mean}
		}
	}
	if found.Kind == "" {
		return Finding{}, false
	}
	if volume, _ := overlap(h.Recent, h.main(), found.Since, end); found.Observed > volume && f != Deferred && found.Observed >= 20 {
		found.Severity = Critical // more refused than delivered
	}
	return found, true
}

// usual is what the span's own mails would have of a figure at last weeks' rate.
func (h *History) usual(f Figure, from, to time.Time, s Settings) float64 {
	volume := Accepted
	if !h.knows(Accepted) {
		volume = Delivered
	}
	now, part := overlap(h.Recent, volume, from, to)
	var some, all float64
	for i, n := range h.Past.Columns[f] {
		if v := h.Past.Columns[volume]; n >= 0 && i < len(v) && v[i] >= 0 {
			some, all = some+n, all+v[i]
		}
	}
	if part < 0.9 || all == 0 {
		return 0
	}
	return now * some / all
}
