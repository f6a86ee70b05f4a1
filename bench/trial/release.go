package trial

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// kind says how a simulated release behaves. It is the truth, which no judge sees.
type kind struct {
	name string
	bad  bool // it must not go on
	// share of all releases, in thousandths.
	share int
	make  func(r *rand.Rand, l *release)
}

// kinds of releases. Bad ones fail 2 to 10 % of requests, at once or in the end,
// against an objective of 99.9 %; the others change nothing.
var kinds = []kind{
	{"good", false, 200, func(*rand.Rand, *release) {}},
	{"good, little traffic", false, 60, func(_ *rand.Rand, l *release) { l.quiet() }},
	{"good, after an outage", false, 70, func(r *rand.Rand, l *release) { l.outage(r) }},
	{"good, errors in bursts", false, 70, func(r *rand.Rand, l *release) { l.bursts(r) }},
	{"bad at once", true, 160, func(r *rand.Rand, l *release) { l.fail(constant(harm(r)), 0, 1) }},
	{"slowly bad", true, 130, func(r *rand.Rand, l *release) { l.fail(growing(harm(r), 120+360*r.Float64()), 0, 1) }},
	{"bad at peak only", true, 100, func(r *rand.Rand, l *release) { l.fail(atPeak(harm(r), l.peak-float64(l.came)), 0, 1) }},
	{"bad in one ShopSet", true, 90, func(r *rand.Rand, l *release) { l.fail(constant(harm(r)), r.IntN(2)) }},
	{"bad, little traffic", true, 40, func(r *rand.Rand, l *release) { l.quiet(); l.fail(constant(harm(r)), 0, 1) }},
	{"bad, after an outage", true, 80, func(r *rand.Rand, l *release) { l.outage(r); l.fail(constant(harm(r)), 0, 1) }},
}

// Minutes of simulated time, as all times here: 0 is where scraping begins.
const (
	day       = 24 * 60
	window    = 28 * day // of the SLO
	firstCame = 30       // no release comes earlier
	lastCame  = 90       // nor later
	horizon   = 12 * 60  // after which a release that is not decided on never will be
)

// release is one simulated release: it comes to a Tier of two ShopSets.
type release struct {
	kind  *kind
	came  int
	peak  float64 // minute of the day's peak, which begins one to six hours after it came
	shops [2]*shop
}

// shop makes the requests of one ShopSet.
type shop struct {
	name   string
	random *rand.Rand
	flat   bool    // the same traffic all day
	rate   float64 // requests a minute, at the mean of a day
	peak   float64
	usual  float64 // share of requests that fails anyway
	came   int
	// excess is the share of requests that the release fails, at a minute since it
	// came; nil: none. Outages are others' faults, before it or after.
	excess  func(since float64) float64
	outages []outage

	at        int // up to this minute the counters tell
	good, bad float64
}

// outage fails a share of requests over (from, to].
type outage struct {
	from, to int
	share    float64
}

// releases makes the truth of a trial, of all kinds by their share, in an order that
// says nothing.
func releases(n int, seed uint64) []*release {
	var out []*release
	r := rand.New(rand.NewPCG(seed, 0))
	for k := range kinds {
		for range max(1, n*kinds[k].share/1000) {
			out = append(out, newRelease(&kinds[k], r, seed, len(out)))
		}
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	for i, l := range out {
		for s, shop := range l.shops {
			shop.name = fmt.Sprintf("r%d-%c", i, 'a'+s)
		}
	}
	return out
}

func newRelease(k *kind, r *rand.Rand, seed uint64, number int) *release {
	l := &release{kind: k, came: firstCame + r.IntN(lastCame-firstCame+1)}
	l.peak = float64(l.came) + 160 + 320*r.Float64()
	for i := range l.shops {
		l.shops[i] = &shop{
			random: rand.New(rand.NewPCG(seed, uint64(1+2*number+i))), came: l.came, peak: l.peak, at: -window,
			rate:  math.Exp(between(r, math.Log(20), math.Log(2000))),
			usual: math.Exp(between(r, math.Log(0.00002), math.Log(0.0003))),
		}
	}
	k.make(r, l)
	return l
}

func between(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }

// harm is the share of requests that a bad release fails.
func harm(r *rand.Rand) float64 { return between(r, 0.02, 0.10) }

func constant(share float64) func(float64) float64 {
	return func(float64) float64 { return share }
}

// growing fails more and more, up to the share after so many minutes.
func growing(share, minutes float64) func(float64) float64 {
	return func(since float64) float64 { return share * min(1, since/minutes) }
}

// fail lets the release fail requests of some of its ShopSets.
func (l *release) fail(excess func(float64) float64, shops ...int) {
	for _, i := range shops {
		l.shops[i].excess = excess
	}
}

// atPeak fails for the three hours or so in which traffic is above 1.7 times the mean.
func atPeak(share, peak float64) func(float64) float64 {
	return func(since float64) float64 {
		if daily(since, peak) > 1.7 {
			return share
		}
		return 0
	}
}

// quiet is one request in ten minutes, by day and night.
func (l *release) quiet() {
	for _, s := range l.shops {
		s.rate, s.flat = 0.1, true
	}
}

// outage is half an hour in which a dependency fails half of all requests. It ended
// 35 to 90 minutes before the release came: the alerts have ended as well.
func (l *release) outage(r *rand.Rand) {
	end := l.came - 35 - r.IntN(56)
	for _, s := range l.shops {
		s.outages = []outage{{end - 30, end, 0.5}}
	}
}

// bursts are errors that come together, before the release and after: about one in
// six hours, of 2 to 5 minutes, in which 1 to 3 % of requests fail.
func (l *release) bursts(r *rand.Rand) {
	for _, s := range l.shops {
		for at := -window; at < lastCame+horizon; at += 5 + int(360*r.ExpFloat64()) {
			s.outages = append(s.outages, outage{at, at + 2 + r.IntN(4), between(r, 0.01, 0.03)})
		}
	}
}

// daily is a day's traffic, 1 on average: a calm base, and a peak of some hours.
func daily(minute, peak float64) float64 {
	from := math.Remainder(minute-peak, day) / 90
	return (0.5 + 3*math.Exp(-from*from)) / (0.5 + 3*math.SqrtPi*90/day)
}

// advance makes the requests up to a minute, in one go where nothing but the usual
// happens in history, minute by minute else.
func (s *shop) advance(to int) {
	for s.at < to {
		step := 1
		if to <= 0 {
			step = to - s.at
		}
		s.step(step)
	}
}

// step makes the requests of some minutes. The release restarts the processes:
// their counters begin anew.
func (s *shop) step(minutes int) {
	from, to := s.at, s.at+minutes
	if from == s.came {
		s.good, s.bad = 0, 0
	}
	middle := float64(from+to) / 2
	traffic := s.rate * float64(minutes)
	if !s.flat {
		traffic *= daily(middle, s.peak)
	}
	share := s.usual
	for i, end := 0, len(s.outages); i < end; i++ {
		o := s.outages[i]
		if common := min(to, o.to) - max(from, o.from); common > 0 {
			share += o.share * float64(common) / float64(minutes)
		}
	}
	if s.excess != nil && from >= s.came {
		share += s.excess(middle - float64(s.came))
	}
	share = min(1, share)
	s.good += poisson(s.random, traffic*(1-share))
	s.bad += poisson(s.random, traffic*share)
	s.at = to
	s.outages = slices.DeleteFunc(s.outages, func(o outage) bool { return o.to <= to })
}

// shown reports whether the release has failed anything within so many minutes: before,
// nobody can tell that it will.
func (l *release) shown(after int) bool {
	for _, s := range l.shops {
		for m := 0; s.excess != nil && m < after; m++ {
			if s.excess(float64(m)+0.5) > 0 {
				return true
			}
		}
	}
	return false
}

// poisson draws a count.
func poisson(r *rand.Rand, mean float64) float64 {
	if mean > 500 {
		return math.Max(0, math.Round(mean+math.Sqrt(mean)*r.NormFloat64()))
	}
	n, p := 0.0, r.Float64()
	for limit := math.Exp(-mean); p > limit; n++ {
		p *= r.Float64()
	}
	return n
}
