package ledgertest

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/slo"
)

// Histories of public reports: twelve hours of scrapes, one in 30 s, of which the
// last six are counted. n is the number of the scrape, 0 to 1440.

// scrapes makes a series of the values that it is given for each scrape; NaN: none.
func scrapes(t *testing.T, spec string, offset int64, value func(n int) float64) Series {
	s := series(t, spec, "")
	for n := 0; n <= 1440; n++ {
		if v := value(n); v >= 0 {
			s.Samples = append(s.Samples, Sample{defaultStart + int64(n)*30_000 + offset, v})
		}
	}
	return s
}

func always(v float64) func(int) float64 { return func(int) float64 { return v } }

type publicCase struct {
	name        string
	series      func(t *testing.T) []Series
	good, total slo.Selector // nil: Good() and Total()
	wantGood    float64
	wantTotal   float64
	flags       string // kinds, with counts; of all twelve hours
}

const (
	bornBefore = float64(defaultStart/1000) - 10*86400
	hourOf     = 120 // scrapes
)

var publicCases = []publicCase{
	{
		name: "10: a clock is stepped by 3 s", wantGood: 43200 - 43, wantTotal: 43200, flags: "clock_step×1",
		series: func(t *testing.T) []Series {
			all := func(n int) float64 { return float64(2 * (30*n + 10*86400)) }
			bad := func(n int) float64 { return math.Floor(all(n) / 1000) }
			return []Series{scrapes(t, up+"@p", 0, always(1)),
				scrapes(t, started+"@p", 0, func(n int) float64 { return bornBefore + 0.25 + pick(n > 9*hourOf, 3, 0) }),
				scrapes(t, requests+"{500}@p", 0, bad),
				scrapes(t, requests+"{200}@p", 0, func(n int) float64 { return all(n) - bad(n) })}
		},
	},
	{
		name: "13: a reset hides behind values that are NaN", wantGood: 42972 - 72, wantTotal: 42972,
		series: func(t *testing.T) []Series {
			since := func(n int) int { return n + 1 - int(pick(n >= 1000, 1000, 0)) }
			hidden := func(n int, v float64) float64 { return pick(995 <= n && n < 1000, math.NaN(), v) }
			bad := func(n int) float64 { return math.Ceil(float64(since(n)) / 10) }
			return []Series{scrapes(t, up+"@p", 0, always(1)),
				scrapes(t, requests+"{200}@p", 0, func(n int) float64 { return hidden(n, float64(60*since(n))) }),
				scrapes(t, requests+"{500}@p", 0, func(n int) float64 { return hidden(n, bad(n)) })}
		},
	},
	{
		name: "18: a histogram's restart shows in one bucket", wantGood: 419, wantTotal: 464, flags: "partial_drop×1",
		good: selector(matcher(slo.MetricName, slo.Equal, "req_seconds_bucket"), matcher("le", slo.Equal, "0.50")), total: selector(matcher(slo.MetricName, slo.Equal, "req_seconds_count")),
		series: func(t *testing.T) []Series {
			after := func(n int, before, first float64) float64 {
				return pick(n <= 9*hourOf, before, first+float64(n-9*hourOf-1))
			}
			return []Series{scrapes(t, up+"@p", 0, always(1)),
				scrapes(t, "req_seconds_bucket{le=0.5}@p", 0, func(n int) float64 { return after(n, 99, 60) }),
				scrapes(t, "req_seconds_count@p", 0, func(n int) float64 { return after(n, 100, 105) })}
		},
	},
	{
		// One pod of three restarts: what they served in that scrape, 60, is left out.
		name: "19: a recorded sum of pods", wantGood: 43200 - 60, wantTotal: 43200 - 60, flags: "partial_drop×1",
		series: func(t *testing.T) []Series {
			return []Series{scrapes(t, requests+"{200}@p", 0, func(n int) float64 {
				return 2*float64(400_000+20*(n+1)) + pick(n >= 9*hourOf, float64(20*(n-9*hourOf)), float64(400_000+20*(n+1)))
			})}
		},
	},
	{
		name: "30: an error series is born at 50", wantGood: 43200, wantTotal: 43250,
		series: func(t *testing.T) []Series {
			return []Series{scrapes(t, up+"@p", 0, always(1)),
				scrapes(t, requests+"{200}@p", 0, func(n int) float64 { return float64(60 * n) }),
				scrapes(t, requests+"{500}@p", 0, func(n int) float64 { return pick(n < 9*hourOf, -1, 50) })}
		},
	},
	{
		// 10 12 14 | 4 6 8 6 8 | 4 6: 2+2+4+2+2+6+2+4+2.
		name: "31: gaps that are longer than staleness", wantGood: 26, wantTotal: 26, flags: "partial_drop×1",
		series: func(t *testing.T) []Series {
			values := map[int]float64{0: 10, 1: 12, 2: 14, 23: 4, 24: 6, 25: 8, 26: 6, 27: 8, 48: 4, 49: 6}
			at := func(n int) float64 {
				v, ok := values[n-8*hourOf]
				return pick(ok, v, pick(n < 8*hourOf, 10, pick(n > 8*hourOf+49, 6, -1)))
			}
			return []Series{scrapes(t, requests+"{200}@p", 0, at),
				scrapes(t, requests+"{500}@p", 0, func(n int) float64 { return pick(at(n) < 0, -1, 0) })}
		},
	},
	{
		name: "39: a clock step does not hide an outage", wantGood: 21600 - 720, wantTotal: 21600, flags: "clock_step×1",
		series: func(t *testing.T) []Series {
			bad := func(n int) float64 { return float64(3 * min(max(n-7*hourOf, 0), 2*hourOf)) }
			return []Series{scrapes(t, up+"@p", 0, always(1)),
				scrapes(t, started+"@p", 0, func(n int) float64 { return bornBefore + 0.5 + pick(n > 10*hourOf, 2, 0) }),
				scrapes(t, requests+"{500}@p", 0, bad),
				scrapes(t, requests+"{200}@p", 0, func(n int) float64 { return float64(864_000+30*(n+1)) - bad(n) })}
		},
	},
	{
		name: "two containers are scraped 7 s apart", wantGood: 86400, wantTotal: 86400,
		series: func(t *testing.T) []Series {
			var all []Series
			for i, c := range []string{"container=a", "container=b"} {
				offset := int64(7000 * i)
				all = append(all, scrapes(t, up+"{"+c+"}@p", offset, always(1)),
					scrapes(t, started+"{"+c+"}@p", offset, always(bornBefore-float64(3*i))),
					scrapes(t, requests+"{200,"+c+"}@p", offset, func(n int) float64 { return float64(1_728_000 + 60*n) }))
			}
			return all
		},
	},
	{
		name: "every hundredth answer is five requests older than the one before", wantGood: 43200, wantTotal: 43200,
		series: func(t *testing.T) []Series {
			return []Series{scrapes(t, started+"@p", 0, always(bornBefore)),
				scrapes(t, requests+"{200}@p", 0, func(n int) float64 {
					return float64(1_728_000+60*n) - pick(n%100 == 50, 65, 0)
				})}
		},
	},
	{
		// The same without a start time: 55 of each of seven are counted twice, or lost, and that is said.
		name: "older answers without a start time are flagged", wantGood: 43200 + 7*5, wantTotal: 43200 + 7*5, flags: "partial_drop×14",
		series: func(t *testing.T) []Series {
			return []Series{scrapes(t, requests+"{200}@p", 0, func(n int) float64 {
				return float64(1_728_000+60*n) - pick(n%100 == 50, 65, 0)
			})}
		},
	},
}

func pick(yes bool, a, b float64) float64 {
	if yes {
		return a
	}
	return b
}

func TestOracleCountsPublicCasesRight(t *testing.T) {
	for _, c := range publicCases {
		t.Run(c.name, func(t *testing.T) {
			r := Rules{Good: c.good, Total: c.total, Interval: 30_000, Start: defaultStart - 1}
			if c.good == nil {
				r.Good, r.Total = Good(), Total()
			}
			o, err := NewOracle(Subject{ID: "a-1", Labels: slo.Labels{{Name: "shopset", Value: "a-1"}}}, r, c.series(t))
			if err != nil {
				t.Fatal(err)
			}
			from, to := defaultStart+6*3600*second, defaultStart+12*3600*second
			got := o.Count(from, to)
			var flags []string
			for _, f := range o.Flags(to) {
				flags = append(flags, fmt.Sprintf("%s×%d", f.Kind, f.Count))
			}
			if got.Good != c.wantGood || got.Total != c.wantTotal || strings.Join(flags, " ") != c.flags {
				t.Errorf("good %v total %v flags %q, want %v, %v, %q", got.Good, got.Total, flags, c.wantGood, c.wantTotal, c.flags)
			}
		})
	}
}
