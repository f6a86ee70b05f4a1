package ledgertest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Metric names that a History's targets expose.
var metricNames = []string{"http_requests_total", "rpc_requests_total", "jobs_total"}

// Config says what history to make. The zero value of a setting is its default;
// equal configurations make equal histories.
type Config struct {
	Seed     uint64
	Start    int64         // S; default Monday 2026-01-05 00:00:00 UTC. Whole seconds.
	Length   time.Duration // default one day; scraping goes on until Start + Length
	Interval time.Duration // scrape interval; default 30 s
	ShopSets []Spec        // default Mixed(1)

	Blackouts []Span // the whole source was down: nothing was scraped in [From, To)
	Lags      []Span // what was scraped in [From, To) was delivered at To only
	Strays    bool   // add series that belong to no ShopSet
}

// Spec says how one ShopSet behaves. Each ...Every is the mean time between two
// such things, per pod where it concerns pods; 0 is never.
type Spec struct {
	Name       string   // default shop-N; the label shopset of its series
	Components []string // each is a job with pods of its own; default cart
	Pods       int      // per component; default 2
	Metrics    int      // counters per target, at most 3; default 1
	Routes     int      // series per counter and code; default 1
	PeakRate   float64  // events per second of a component at the week's peak; default 10
	ErrorRatio float64  // share of bad events; default 0.001
	Flat       bool     // no day and night
	Outages    []Outage

	NoStartTime bool // process_start_time_seconds is not exposed
	NoUp        bool // the source has no up series
	Eager       bool // series exist with 0 from the process's birth, not from their first event
	Fractional  bool // counts are eighths, not whole
	Jitter      bool // scrapes and deaths at awkward moments; else scrapes are regular

	DeployEvery    time.Duration // all pods are replaced one after the other, under new names
	RestartEvery   time.Duration // a process dies and comes back under the same name
	BlinkEvery     time.Duration // an extra pod lives for up to three scrapes, maybe between two
	GapEvery       time.Duration // a target times out (up 0) or leaves discovery for a while
	LateEvery      time.Duration // a whole scrape is delivered minutes late
	LateSample     time.Duration // one series' sample is delivered minutes late
	VanishEvery    time.Duration // a series is not exposed for a while
	ClockEvery     time.Duration // the clock is corrected: the start time shifts by up to 1 s
	InvalidEvery   time.Duration // a sample is NaN, infinite or negative
	DuplicateEvery time.Duration // a sample is delivered twice
	Batches        int           // moments per scrape interval at which events happen; default 1
}

// Outage is a span [From, To) with an error ratio of its own; Down means that the
// processes were dead.
type Outage struct {
	From, To int64
	Ratio    float64
	Down     bool
}

// Exact reports whether everything scraped of the ShopSet can be told to the
// event, so that counts equal the truth but for what was never scraped.
func (s Spec) Exact() bool { return !s.NoStartTime }

const second = int64(1000)

// defaultStart is Monday 2026-01-05 00:00:00 UTC.
const defaultStart = int64(1767571200000)

func (c Config) withDefaults() Config {
	if c.Start == 0 {
		c.Start = defaultStart
	}
	if c.Length == 0 {
		c.Length = 24 * time.Hour
	}
	if c.Interval == 0 {
		c.Interval = 30 * time.Second
	}
	if c.ShopSets == nil {
		c.ShopSets = Mixed(1)
	}
	specs := make([]Spec, len(c.ShopSets))
	for i, s := range c.ShopSets {
		specs[i] = s.withDefaults(i)
	}
	c.ShopSets = specs
	return c
}

func (s Spec) withDefaults(i int) Spec {
	if s.Name == "" {
		s.Name = fmt.Sprintf("shop-%d", i)
	}
	if s.Components == nil {
		s.Components = []string{"cart"}
	}
	s.Pods = max(s.Pods, 1)
	s.Metrics = min(max(s.Metrics, 1), len(metricNames))
	s.Routes = max(s.Routes, 1)
	s.Batches = max(s.Batches, 1)
	if s.PeakRate == 0 {
		s.PeakRate = 10
	}
	if s.ErrorRatio == 0 {
		s.ErrorRatio = 0.001
	}
	return s
}

// Mixed makes n ShopSets of the kinds met in practice, in turn: busy, sparse
// (one request in ten minutes), many components, without start times, with
// outages at peak and at night, without up, deploying often. All but the
// one without start times are Exact. Outages lie in the first days of the default
// Start.
func Mixed(n int) []Spec {
	const day = 24 * time.Hour
	at := func(d, h int) int64 {
		return defaultStart + (time.Duration(d)*day + time.Duration(h)*time.Hour).Milliseconds()
	}
	kinds := []Spec{
		{Name: "busy", Pods: 3, PeakRate: 200, DeployEvery: 2 * day, RestartEvery: 3 * day, GapEvery: 5 * day, LateEvery: day, ClockEvery: day, DuplicateEvery: day},
		{Name: "sparse", Pods: 2, PeakRate: 1.0 / 600, ErrorRatio: 0.02, Flat: true, DeployEvery: 4 * day, RestartEvery: 12 * time.Hour, GapEvery: 2 * day, ClockEvery: day},
		{Name: "wide", Components: []string{"lb", "cart", "api"}, Pods: 1, Metrics: 2, PeakRate: 20, ErrorRatio: 0.0002, DeployEvery: day, RestartEvery: 4 * day, BlinkEvery: day, VanishEvery: 2 * day},
		{Name: "nostart", Pods: 2, PeakRate: 5, ErrorRatio: 0.0005, NoStartTime: true, DeployEvery: day, RestartEvery: day},
		{Name: "outage", Pods: 2, PeakRate: 50, DeployEvery: 3 * day, Outages: []Outage{
			{From: at(0, 13), To: at(0, 14), Ratio: 0.4}, {From: at(1, 3), To: at(1, 5), Ratio: 1}, {From: at(2, 12), To: at(2, 13), Down: true}}},
		{Name: "noup", Pods: 2, PeakRate: 2, ErrorRatio: 0.001, NoUp: true, Eager: true, DeployEvery: day, RestartEvery: 2 * day, GapEvery: 3 * day, InvalidEvery: day},
		{Name: "restless", Pods: 2, PeakRate: 1, ErrorRatio: 0.002, Fractional: true, Routes: 2, DeployEvery: 6 * time.Hour, RestartEvery: 8 * time.Hour, BlinkEvery: 6 * time.Hour, LateSample: day, VanishEvery: day},
	}
	out := make([]Spec, n)
	for i := range out {
		out[i] = kinds[i%len(kinds)]
		out[i].Name = fmt.Sprintf("%s-%d", out[i].Name, i/len(kinds)+1)
	}
	return out
}

// Tiny makes a configuration of minutes, with a scrape every ten seconds, very
// short series and awkward timing, different for every seed: for property tests.
// With exact all its ShopSets are Exact.
func Tiny(seed uint64, exact bool) Config {
	r := rand.New(rand.NewPCG(seed, 0x7149))
	c := Config{Seed: seed, Length: time.Duration(2+r.IntN(15)) * time.Minute, Interval: 10 * time.Second, Strays: true}
	some := func(choices ...time.Duration) time.Duration { return choices[r.IntN(len(choices))] * time.Second }
	for i := range 1 + r.IntN(2) {
		c.ShopSets = append(c.ShopSets, Spec{
			Name:        fmt.Sprintf("tiny-%d", i),
			Components:  []string{"cart", "api"}[:1+r.IntN(2)],
			Pods:        1 + r.IntN(2),
			Metrics:     1 + r.IntN(2),
			Routes:      1 + r.IntN(2),
			PeakRate:    []float64{0.02, 0.1, 1, 20}[r.IntN(4)],
			ErrorRatio:  []float64{0.01, 0.1, 0.5}[r.IntN(3)],
			Flat:        true,
			NoStartTime: !exact && r.IntN(2) == 0,
			NoUp:        r.IntN(4) == 0,
			Eager:       r.IntN(3) == 0,
			Fractional:  r.IntN(2) == 0,
			Jitter:      r.IntN(3) > 0,
			Batches:     1 + r.IntN(3),

			DeployEvery: some(0, 60, 300), RestartEvery: some(0, 15, 40, 200), BlinkEvery: some(0, 30),
			GapEvery: some(0, 60, 200), LateEvery: some(0, 60), LateSample: some(0, 60), VanishEvery: some(0, 60),
			ClockEvery: some(0, 30), InvalidEvery: some(0, 60), DuplicateEvery: some(0, 60),
		})
	}
	end := defaultStart + c.Length.Milliseconds()
	if r.IntN(3) == 0 {
		from := defaultStart + r.Int64N(end-defaultStart)
		c.Blackouts = []Span{{from, from + r.Int64N(90*second)}}
	}
	if r.IntN(3) == 0 {
		from := defaultStart + r.Int64N(end-defaultStart)
		c.Lags = []Span{{from, from + r.Int64N(90*second)}}
	}
	return c
}

// selector builds a selector of plain and regular-expression matchers.
func selector(matchers ...slo.Matcher) slo.Selector { return matchers }

func matcher(name string, t slo.MatchType, value string) slo.Matcher {
	m, err := slo.NewMatcher(name, t, value)
	if err != nil {
		panic(err) // the patterns are constants of this package
	}
	return m
}

// Selectors of a History's good events, bad events and all events.
func Good() slo.Selector {
	return selector(matcher(slo.MetricName, slo.Regexp, "(http|rpc)_requests_total|jobs_total"), matcher("code", slo.NotRegexp, "5.."))
}

// Bad selects the bad events of a History.
func Bad() slo.Selector {
	return selector(matcher(slo.MetricName, slo.Regexp, "(http|rpc)_requests_total|jobs_total"), matcher("code", slo.Regexp, "5.."))
}

// Total selects all events of a History.
func Total() slo.Selector {
	return selector(matcher(slo.MetricName, slo.Regexp, "(http|rpc)_requests_total|jobs_total"))
}
