// Package detectiontest measures how soon a verdict on a mail relay sees a failure, and
// how often it cries wolf, beside fixed thresholds on the same data. The traffic is
// made up, with what real traffic has: days and weeks, moods, campaigns, growth,
// holidays, and nights in which nothing is sent. docs/mailrelay-detection.md is its
// report.
package detectiontest

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// Tokyo is the shops' time zone.
var Tokyo = time.FixedZone("JST", 9*3600)

// Monday is the Monday's midnight with which the measured time begins.
var Monday = time.Date(2026, 10, 5, 0, 0, 0, 0, Tokyo)

// Volume is a size of account.
type Volume struct {
	Name string
	Peak float64 // mails per minute at a weekday's peak, campaigns aside
	Mood float64 // relative deviation of an hour from its like, beyond chance
}

// Volumes are the measured sizes.
var Volumes = []Volume{
	{"100 a minute", 100, 0.07}, {"25 a minute", 25, 0.08}, {"8 a minute", 8, 0.1}, {"2 a minute", 2, 0.15}, {"20 an hour", 0.33, 0.2}, {"2 an hour", 0.033, 0.3},
}

// operators are who takes the parts of domains.
var operators = []mailrelay.Destination{mailrelay.Other, mailrelay.Gmail, mailrelay.YahooJapan, mailrelay.Docomo, mailrelay.Au}

// domains are the parts of an account's recipients by mailbox operator.
var domains = []float64{0.35, 0.25, 0.2, 0.1, 0.1}

// Traffic makes an account's mails minute by minute, always the same for a seed.
type Traffic struct {
	Volume   Volume
	Holidays map[string]bool
	rng      *rand.Rand
	begun    time.Time
	hour     time.Time
	mood     float64 // logarithm
	day      float64 // logarithm
	campaign []campaign
	queue    int64             // mails that wait, since a relay sends only so many at once
	again    [greylisted]int64 // mails that are tried again, by minute
	// Places are the last minute's mails by operator, those that are tried at once.
	Places map[mailrelay.Destination]mailrelay.Counts
}

// greylisted is after how many minutes a mail that was put off is tried again, atOnce
// how many times the peak's rate the relay sends at most.
const (
	greylisted = 20
	atOnce     = 4
)

// campaign sends many mails at once.
type campaign struct {
	from, to time.Time
	times    float64 // of the peak's rate
}

// NewTraffic makes the traffic of an account from a time on, for some weeks.
func NewTraffic(v Volume, seed uint64, begin time.Time, weeks int, holidays map[string]bool) *Traffic {
	g := &Traffic{Volume: v, Holidays: holidays, rng: rand.New(rand.NewPCG(seed, math.Float64bits(v.Peak))), begun: begin}
	for w := range weeks {
		for range 2 {
			// On a weekday between 10 and 20 o'clock, of 20 to 60 minutes.
			day, minute := g.rng.IntN(5), 600+g.rng.IntN(600)
			from := begin.In(Tokyo).AddDate(0, 0, 7*w+day).Truncate(time.Hour)
			from = time.Date(from.Year(), from.Month(), from.Day(), 0, minute, 0, 0, Tokyo)
			g.campaign = append(g.campaign, campaign{from, from.Add(time.Duration(20+g.rng.IntN(40)) * time.Minute), 2 + 6*g.rng.Float64()})
		}
	}
	return g
}

// shape is the part of the peak's rate at a time of the week: nights have a
// twentieth, weekends and holidays a half.
func (g *Traffic) shape(at time.Time) float64 {
	at = at.In(Tokyo)
	h := float64(at.Hour()) + float64(at.Minute())/60
	day := 0.05 + 0.95*math.Pow(math.Max(0, math.Sin((h-5)/19*math.Pi)), 1.5)
	wd := at.Weekday()
	if wd == time.Saturday || wd == time.Sunday || g.Holidays[at.Format(time.DateOnly)] {
		day /= 2
	}
	return day
}

// rate is the mean of the minute's mails.
func (g *Traffic) rate(at time.Time) float64 {
	if hour := at.Truncate(time.Hour); !hour.Equal(g.hour) {
		g.hour = hour
		// Three quarters of a mood stay for the next hour, and days have one of their own.
		g.mood = 0.75*g.mood + g.Volume.Mood*math.Sqrt(1-0.75*0.75)*g.rng.NormFloat64()
		if at.In(Tokyo).Hour() == 0 {
			g.day = g.Volume.Mood / 2 * g.rng.NormFloat64()
		}
	}
	growth := math.Pow(1.01, at.Sub(g.begun).Hours()/24/7) // 1 % a week
	r := g.Volume.Peak * g.shape(at) * growth * math.Exp(g.mood+g.day)
	for _, c := range g.campaign {
		if !at.Before(c.from) && at.Before(c.to) {
			r += c.times * g.Volume.Peak
		}
	}
	return r
}

// Minute is what the relay counts in the minute from at on, with a failure or without.
func (g *Traffic) Minute(at time.Time, f *Failure) mailrelay.Counts {
	rate := g.rate(at)
	var in, hards, softs, refused, deferred, again, dropped int64
	g.Places = map[mailrelay.Destination]mailrelay.Counts{}
	for i, part := range domains {
		n := poisson(g.rng, rate*part*f.taken(at))
		hard, soft := g.some(n, 0.01), g.some(n, 0.003)
		blocked := g.some(n-hard-soft, f.refused(at, i))
		kept := g.some(n-hard-soft-blocked, f.stuck(at))
		late := g.some(n-hard-soft-blocked-kept, 0.03)
		in += n
		g.queue += n - hard - soft - blocked - kept - late
		again += late
		hards, softs = hards+hard, softs+soft
		also := g.some(n, 0.001)
		refused += blocked + also
		later := poisson(g.rng, float64(n)*0.03*f.deferrals(at))
		deferred += later
		dropped += poisson(g.rng, float64(n)*f.suppressed(at))
		g.Places[operators[i]] = mailrelay.Counts{mailrelay.Delivered: n - hard - soft - blocked - kept - late, mailrelay.BouncedHard: hard, mailrelay.BouncedSoft: soft,
			mailrelay.Blocked: blocked + also, mailrelay.Deferred: later}
	}
	slot := &g.again[at.Unix()/60%greylisted]
	g.queue += *slot
	*slot = again
	out := min(g.queue, max(1, int64(atOnce*g.Volume.Peak)))
	if f.stuck(at) == 1 {
		out = 0
	}
	g.queue -= out
	return mailrelay.Counts{mailrelay.Accepted: in + dropped, mailrelay.Dropped: dropped, mailrelay.Delivered: out, mailrelay.Deferred: deferred, mailrelay.BouncedHard: hards,
		mailrelay.BouncedSoft: softs, mailrelay.Blocked: refused, mailrelay.Complaints: poisson(g.rng, float64(out)*complained)}
}

// complained is the part of deliveries that recipients report, a fifth of what mailbox
// operators put up with: an account at half of that is warned of by chance now and then.
const complained = 0.0002

// Figures are what the relay tells.
var Figures = []mailrelay.Figure{mailrelay.Accepted, mailrelay.Delivered, mailrelay.Deferred, mailrelay.BouncedHard, mailrelay.BouncedSoft, mailrelay.Blocked, mailrelay.Dropped, mailrelay.Complaints}

// placeFigures are what it tells of each destination.
var placeFigures = []mailrelay.Figure{mailrelay.Delivered, mailrelay.Deferred, mailrelay.BouncedHard, mailrelay.BouncedSoft, mailrelay.Blocked}

// some is how many of n mails something happens to.
func (g *Traffic) some(n int64, chance float64) int64 {
	switch {
	case n <= 0 || chance <= 0:
		return 0
	case chance >= 1:
		return n
	case float64(n)*min(chance, 1-chance) > 30:
		mean := float64(n) * chance
		return min(n, max(0, int64(math.Round(mean+math.Sqrt(mean*(1-chance))*g.rng.NormFloat64()))))
	}
	k := int64(0)
	for range n {
		if g.rng.Float64() < chance {
			k++
		}
	}
	return k
}

func poisson(r *rand.Rand, mean float64) int64 {
	if mean > 60 {
		return max(0, int64(math.Round(mean+math.Sqrt(mean)*r.NormFloat64())))
	}
	n, p, limit := int64(0), r.Float64(), math.Exp(-mean)
	for p > limit {
		n++
		p *= r.Float64()
	}
	return n
}
