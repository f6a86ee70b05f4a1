package ledgertest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Metric names that a History's targets expose: counters, and those of a histogram,
// of which the last counts the slow requests, that is, the bad ones.
var (
	metricNames    = []string{"http_requests_total", "rpc_requests_total", "jobs_total"}
	histogramNames = []string{"latency_seconds_bucket", "latency_seconds_count", "latency_slow_total"}
	createdMetrics = []string{"http_requests_created", "rpc_requests_created", "jobs_created", "latency_seconds_created", "latency_slow_created"}
)

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
	Created     bool // counters say when they were created
	Eager       bool // series exist with 0 from the process's birth, not from their first event
	Fractional  bool // counts are eighths, not whole
	Histogram   bool // a histogram beside the counters: restarts may show in a bucket alone
	Containers  bool // each pod has two processes under one job and instance, told apart by the label container
	Twins       bool // two processes answer in turn behind each target
	Workers     int  // each counter is the sum of so many processes; default 1
	Wander      bool // the start times of old processes move with every scrape, as on Windows
	Boot1970    bool // processes older than S report a start time in 1970 at first
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
	StepEvery      time.Duration // the clock is stepped by 1 to 60 s, forward or back: the start times of old processes move
	OldEvery       time.Duration // an answer is a little older than the one before
	ResetEvery     time.Duration // one metric is reset while its process lives on (CounterVec.Reset)
	ForgetEvery    time.Duration // one series is forgotten and begins anew (a TTL)
	WorkerEvery    time.Duration // with Workers: one of them ends, and the sum drops by its part
	LabelEvery     time.Duration // all series of a process get a label, or lose it again
	SomeEvery      time.Duration // about half of them do
	MoveEvery      time.Duration // the target is relabelled: its instance changes, or changes back
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
// event, so that counts equal the truth but for what was never scraped. A series of
// which single samples are missing may look like one that has ended.
func (s Spec) Exact() bool {
	return !s.NoStartTime && !s.Twins && s.Workers < 2 && s.VanishEvery+s.LateSample+s.InvalidEvery+s.ResetEvery+s.ForgetEvery == 0 && !s.relabelled()
}

// relabelled reports whether labels of running processes change.
func (s Spec) relabelled() bool { return s.LabelEvery+s.SomeEvery+s.MoveEvery > 0 }

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
	s.Workers = max(s.Workers, 1)
	if s.Twins {
		s.Workers = 2
	}
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
// outages at peak and at night, without up, deploying often, on nodes whose clocks
// step, with two containers a pod, with answers that are older than those before, with
// histograms, with labels that change, with series that vanish or are reset. Those
// without start times, with labels that change, or series that vanish are not Exact. Outages lie in the first days of the default
// Start.
func Mixed(n int) []Spec {
	const day = 24 * time.Hour
	at := func(d, h int) int64 {
		return defaultStart + (time.Duration(d)*day + time.Duration(h)*time.Hour).Milliseconds()
	}
	kinds := []Spec{
		{Name: "busy", Pods: 3, PeakRate: 200, DeployEvery: 2 * day, RestartEvery: 3 * day, GapEvery: 5 * day, LateEvery: day, ClockEvery: day, DuplicateEvery: day},
		{Name: "sparse", Pods: 2, PeakRate: 1.0 / 600, ErrorRatio: 0.02, Flat: true, DeployEvery: 4 * day, RestartEvery: 12 * time.Hour, GapEvery: 2 * day, ClockEvery: day},
		{Name: "wide", Components: []string{"lb", "cart", "api"}, Pods: 1, Metrics: 2, PeakRate: 20, ErrorRatio: 0.0002, DeployEvery: day, RestartEvery: 4 * day, BlinkEvery: day},
		{Name: "nostart", Pods: 2, PeakRate: 5, ErrorRatio: 0.0005, NoStartTime: true, DeployEvery: day, RestartEvery: day},
		{Name: "outage", Pods: 2, PeakRate: 50, DeployEvery: 3 * day, Outages: []Outage{
			{From: at(0, 13), To: at(0, 14), Ratio: 0.4}, {From: at(1, 3), To: at(1, 5), Ratio: 1}, {From: at(2, 12), To: at(2, 13), Down: true}}},
		{Name: "noup", Pods: 2, PeakRate: 2, ErrorRatio: 0.001, NoUp: true, Eager: true, DeployEvery: day, RestartEvery: 2 * day, GapEvery: 3 * day},
		{Name: "restless", Pods: 2, PeakRate: 1, ErrorRatio: 0.002, Fractional: true, Routes: 2, DeployEvery: 6 * time.Hour, RestartEvery: 8 * time.Hour, BlinkEvery: 6 * time.Hour},
		{Name: "clocks", Pods: 2, PeakRate: 5, ErrorRatio: 0.002, StepEvery: 3 * time.Hour, Boot1970: true, DeployEvery: 2 * day, RestartEvery: day},
		{Name: "wander", Pods: 1, PeakRate: 2, ErrorRatio: 0.01, Wander: true, RestartEvery: day, GapEvery: day, LateEvery: day},
		{Name: "containers", Pods: 2, PeakRate: 20, ErrorRatio: 0.001, Containers: true, DeployEvery: 2 * day, RestartEvery: 12 * time.Hour, GapEvery: day, StepEvery: day},
		{Name: "old", Pods: 2, PeakRate: 10, ErrorRatio: 0.01, OldEvery: time.Hour, DeployEvery: day, RestartEvery: day, StepEvery: day},
		{Name: "histogram", Pods: 2, PeakRate: 2, ErrorRatio: 0.05, Histogram: true, DeployEvery: day, RestartEvery: 6 * time.Hour, OldEvery: 6 * time.Hour},
		{Name: "relabelled", Pods: 2, PeakRate: 20, ErrorRatio: 0.05, LabelEvery: day, MoveEvery: 2 * day, RestartEvery: 2 * day},
		{Name: "vanishing", Pods: 1, PeakRate: 1, ErrorRatio: 0.01, Routes: 2, VanishEvery: day, SomeEvery: day, LateSample: day, InvalidEvery: day, RestartEvery: day},
		{Name: "resets", Pods: 1, PeakRate: 50, ErrorRatio: 0.1, Metrics: 2, ResetEvery: day, ForgetEvery: day, RestartEvery: 2 * day},
		{Name: "sums", Pods: 1, PeakRate: 50, ErrorRatio: 0.1, NoStartTime: true, Workers: 4, WorkerEvery: day, Histogram: true, Metrics: 2},
		{Name: "twins", Pods: 1, PeakRate: 20, ErrorRatio: 0.1, Twins: true},
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
			Created:     !exact && seed%3 == 0,
			Batches:     1 + r.IntN(3),

			DeployEvery: some(0, 60, 300), RestartEvery: some(0, 15, 40, 200), BlinkEvery: some(0, 30),
			GapEvery: some(0, 60, 200), LateEvery: some(0, 60),
			ClockEvery: some(0, 30), DuplicateEvery: some(0, 60),
		})
		c.ShopSets[i].trouble(r, exact)
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

// trouble adds to a tiny ShopSet what goes wrong in other ways, some of it only where
// it need not be exact.
func (s *Spec) trouble(r *rand.Rand, exact bool) {
	maybe := func(n int, mean time.Duration) time.Duration {
		if r.IntN(n) > 0 {
			return 0
		}
		return mean * time.Second
	}
	s.Histogram, s.Containers, s.Wander, s.Boot1970 = r.IntN(4) == 0, r.IntN(4) == 0, r.IntN(5) == 0, r.IntN(5) == 0
	s.StepEvery, s.OldEvery = maybe(3, 40), maybe(3, 100)
	if exact {
		return
	}
	s.LateSample, s.InvalidEvery = maybe(2, 60), maybe(2, 60)
	s.VanishEvery, s.ResetEvery, s.ForgetEvery = maybe(3, 60), maybe(4, 100), maybe(4, 100)
	s.LabelEvery, s.SomeEvery, s.MoveEvery = maybe(4, 90), maybe(4, 90), maybe(4, 120)
	s.Twins = r.IntN(8) == 0
	if r.IntN(5) == 0 {
		s.Workers, s.WorkerEvery = 2+r.IntN(3), 60*time.Second
	}
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

// Good selects the good events of a History: codes other than 5.., and a histogram's
// requests of up to half a second.
func Good() slo.Selector {
	return selector(matcher(slo.MetricName, slo.Regexp, "(http|rpc)_requests_total|jobs_total|latency_seconds_bucket"), matcher("code", slo.NotRegexp, "5.."), matcher("le", slo.Regexp, "|0.5"))
}

// Bad selects the bad events of a History.
func Bad() slo.Selector {
	return selector(matcher(slo.MetricName, slo.Regexp, "(http|rpc)_requests_total|jobs_total|latency_slow_total"), matcher("code", slo.Regexp, "5.."))
}

// Total selects all events of a History.
func Total() slo.Selector {
	return selector(matcher(slo.MetricName, slo.Regexp, "(http|rpc)_requests_total|jobs_total|latency_seconds_count"))
}
