package mailrelay

import "time"

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

// judge answers one question about an account, and remembers what was worked out on
// the way.
type judge struct {
	h       *History
	t       Traits
	s       Settings
	moods   map[Figure]float64
	rates   map[Figure]rate
	tallies map[Figure]*tally
}

// rate is how many of a figure there are per mail, as all past weeks say.
type rate struct {
	of    Figure // what is counted as a mail
	ratio float64
	known bool
}

// mood is a figure's spread. It takes long to work out, so it is asked for only where
// a figure is off.
func (j *judge) mood(f Figure) float64 {
	m, known := j.moods[f]
	if !known {
		m = j.h.spread(f, j.s)
		j.moods[f] = m
	}
	return m
}

// trend compares the newest figures with the same hours of the past weeks.
func (h *History) trend(now time.Time, t Traits, s Settings) []Finding {
	switch {
	case h.begun().IsZero() && h.State.Trouble != "":
		return nil // the trouble says it all
	case h.begun().IsZero():
		return []Finding{{Kind: Learning, Since: h.State.At, Until: now}}
	case len(h.Recent) == 0 || now.Sub(h.Recent[len(h.Recent)-1].End) > recentFor:
		return nil
	}
	j := &judge{h, t, s, map[Figure]float64{}, map[Figure]rate{}, map[Figure]*tally{}}
	end := h.Recent[len(h.Recent)-1].End
	out := j.absolute(end)
	if _, known := h.expect(h.main(), end.Add(-lookback(t)[0]), end, s); !known {
		return append(out, Finding{Kind: Learning, Since: h.begun(), Until: end})
	}
	if f, ok := j.drop(h.main(), end); ok {
		out = append(out, f)
	}
	for _, fig := range []Figure{BouncedHard, BouncedSoft, Bounced, Blocked, Dropped, Deferred, Complaints} {
		if f, ok := j.rise(fig, end); ok {
			out = append(out, f)
		}
	}
	return out
}

// begun is when the figures begin, zero where there are none.
func (h *History) begun() time.Time {
	if h.Past.First.IsZero() && len(h.Recent) > 0 {
		return h.Recent[0].Start
	}
	return h.Past.First
}

// counted is what was counted from a time to the newest figure, and which part of that
// is known. All spans that are judged end there.
func (j *judge) counted(f Figure, from time.Time) (x, part float64) {
	if j.tallies[f] == nil {
		j.tallies[f] = new(tally)
	}
	return j.tallies[f].since(j.h.Recent, f, from)
}

// compare is what was counted and what was to be expected in a span.
func (j *judge) compare(f Figure, from, to time.Time) (x float64, e expectation, ok bool) {
	x, part := j.counted(f, from)
	if part < 0.9 {
		return 0, expectation{}, false
	}
	e, ok = j.h.least(f, from, to, j.s)
	e.mean, e.noise = e.mean*part, e.noise*part
	return x, e, ok
}

// rate is worked out once for a verdict. Deliveries are counted beside what is due.
func (j *judge) rate(f Figure) rate {
	r, done := j.rates[f]
	if done {
		return r
	}
	if r.of = Accepted; !j.h.knows(Accepted) {
		r.of = Delivered
	}
	var some, all float64
	volume := func(i int) (float64, bool) { return j.h.Past.cell(r.of, i) }
	if f == Delivered {
		volume = j.dueCell
	}
	for i, n := range j.h.Past.Columns[f] {
		if v, known := volume(i); n >= 0 && known {
			some, all = some+n, all+v
		}
	}
	if r.known = all > 0 && r.of != f; r.known {
		r.ratio = some / all
	}
	j.rates[f] = r
	return r
}

// usual is what the span's own mails would have of a figure at last weeks' rate; ok is
// false where the relay does not tell how many mails came in or went out.
func (j *judge) usual(f Figure, from, to time.Time) (mean float64, ok bool) {
	r := j.rate(f)
	now, part := j.counted(r.of, from)
	return now * r.ratio, r.known && part >= 0.9
}

// rise looks for more refusals than this hour of the week has, and than the mails of
// now would have at the usual rate: a campaign brings more of everything.
func (j *judge) rise(f Figure, end time.Time) (Finding, bool) {
	found := Finding{Chance: riseChance}
	for _, span := range lookback(j.t) {
		if span < 15*time.Minute {
			continue
		}
		from := end.Add(-span)
		if x, _ := j.counted(f, from); x < riseAtLeast {
			continue // whatever was to be expected
		}
		x, e, ok := j.compare(f, from, end)
		if !ok || x < riseAtLeast+e.mean || x < riseBy*e.mean {
			continue
		}
		if usual, ok := j.usual(f, from, end); ok {
			e.mean = max(e.mean, usual)
		}
		e.mean, e.spread = max(e.mean, 0.5), max(j.mood(f), 0.3)
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
	// More refused than delivered; what the relay drops itself it never owed.
	if volume, _ := j.counted(j.h.main(), found.Since); found.Observed > volume && f != Deferred && f != Dropped && found.Observed >= 20 {
		found.Severity = Critical
	}
	return found, true
}
