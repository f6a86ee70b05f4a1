//go:build e2e

package main

import (
	"math"
	"strings"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// The histories are scraped every 30 s; times in them count from the start of the
// window of six hours that most SLOs have.
const (
	scraped    = 30 * time.Second
	hoursTold  = 20 * time.Hour // before the window
	hoursAsked = 6 * time.Hour
)

// past is what was scraped of a ShopSet.
type past struct {
	shopset string
	start   time.Time // of the window
	series  []sourcetest.Series
	place   map[string]int
}

// told makes a past by what each scrape finds.
func told(shopset string, start time.Time, scrape func(p *past, at time.Duration)) []sourcetest.Series {
	p := &past{shopset: shopset, start: start, place: map[string]int{}}
	for at := -hoursTold; at <= hoursAsked; at += scraped {
		scrape(p, at)
	}
	return p.series
}

// add adds a sample of a series of the ShopSet's one target; pairs are further labels.
func (p *past) add(at time.Duration, v float64, name string, pairs ...string) {
	p.bare(at, v, name, append([]string{"job", "web", "instance", "10.0.0.1:80"}, pairs...)...)
}

// bare adds a sample of a series that has no labels of a target.
func (p *past) bare(at time.Duration, v float64, name string, pairs ...string) {
	key := name + " " + strings.Join(pairs, " ")
	i, ok := p.place[key]
	if !ok {
		all := map[string]string{slo.MetricName: name, "shopset": p.shopset}
		for k := 0; k < len(pairs); k += 2 {
			all[pairs[k]] = pairs[k+1]
		}
		i = len(p.series)
		p.place[key], p.series = i, append(p.series, sourcetest.Series{Labels: sortedLabels(all)})
	}
	s := &p.series[i]
	s.T, s.V = append(s.T, p.start.Add(at).UnixMilli()), append(s.V, v)
}

// alive says that the target is up, and when its process began, in seconds since 1970.
func (p *past) alive(at time.Duration, born float64, pairs ...string) {
	p.add(at, 1, "up", pairs...)
	p.add(at, born, "process_start_time_seconds", pairs...)
}

// when is a start time as a process tells it that began so long after the window's start.
func (p *past) when(at time.Duration) float64 {
	return float64(p.start.UnixMilli())/1000 + at.Seconds()
}

// web is the requests of a web server.
func (p *past) web(at time.Duration, total, bad float64, pairs ...string) {
	p.add(at, total-bad, "http_requests_total", append([]string{"code", "200"}, pairs...)...)
	p.add(at, bad, "http_requests_total", append([]string{"code", "500"}, pairs...)...)
}

// tenDays is how long a process has run when the window begins, where it is an old one.
const tenDays = 10 * 24 * time.Hour

// steadily is 2 requests a second since that process began, and how many of them were
// bad: one in a thousand.
func steadily(at time.Duration) (total, bad float64) {
	total = 2 * (at + tenDays).Seconds()
	return total, math.Floor(total / 1000)
}

// perScrape gives a counter's value of one that counts per scrape, from the first scrape on.
func perScrape(at time.Duration, n float64) float64 {
	return n * float64((at+hoursTold)/scraped)
}

// The window is six hours. Time is stepped, or wanders, while the process runs on.

func clockStep(p *past, at time.Duration) {
	born := p.when(-tenDays) + 0.25
	if at > 3*time.Hour {
		born += 3
	}
	p.alive(at, born)
	total, bad := steadily(at)
	p.web(at, total, bad)
}

func wanderingStart(p *past, at time.Duration) {
	wander := []float64{0, 1.2, -1.3, 2.6, -2.4, 0.4, 4.1}
	p.alive(at, p.when(-tenDays)+wander[int((at+hoursTold)/scraped)%len(wander)])
	total, bad := steadily(at)
	p.web(at, total, bad)
}

// bootIn1970 restarts half way, on a board without a battery: it learns what time it is
// after five minutes.
func bootIn1970(p *past, at time.Duration) {
	const boot = 3*time.Hour + time.Second // just after a scrape, so that nothing is lost
	if at < boot {
		total, bad := steadily(at)
		p.alive(at, p.when(-tenDays))
		p.web(at, total, bad)
		return
	}
	born := p.when(boot)
	if at < boot+5*time.Minute {
		born = 12.5
	}
	p.alive(at, born)
	total := 2 * (at - boot + time.Second).Seconds()
	p.web(at, total, math.Floor(total/1000))
}

// hiddenOutage has an outage of 10 % for two hours; an hour later the clock is
// corrected by 2 s.
func hiddenOutage(p *past, at time.Duration) {
	born := p.when(-tenDays) + 0.5
	if at > 4*time.Hour {
		born += 2
	}
	p.alive(at, born)
	outage := min(max(at-time.Hour, 0), 2*time.Hour)
	p.web(at, 864_000+perScrape(at, 30), 3*float64(outage/scraped))
}

// twoContainers are two processes under one job and instance, scraped 7 s apart.
func twoContainers(p *past, at time.Duration) {
	total, bad := steadily(at)
	p.alive(at, p.when(-tenDays), "container", "app")
	p.web(at, total, bad, "container", "app")
	p.alive(at+7*time.Second-scraped, p.when(-tenDays/2), "container", "proxy")
	p.web(at+7*time.Second-scraped, total, bad, "container", "proxy")
}

// oldAnswers has an answer now and then that is some requests older than the one before.
func oldAnswers(p *past, at time.Duration) {
	p.alive(at, p.when(-tenDays))
	seen := at
	if k := int((at + hoursTold) / scraped); k%97 == 96 {
		seen = at - scraped - 11*time.Second
	}
	total, bad := steadily(seen)
	p.web(at, total, bad)
}

// newSpelling is a histogram whose server is updated half way: 1 becomes 1.0. Three of
// 2,000 requests are slow.
func newSpelling(p *past, at time.Duration) {
	p.alive(at, p.when(-tenDays))
	total, slow := steadily(at)
	slow += math.Floor(slow / 2)
	le := "1"
	if at > 3*time.Hour {
		le = "1.0"
	}
	p.add(at, total-slow, "http_seconds_bucket", "le", le)
	p.add(at, total, "http_seconds_bucket", "le", "+Inf")
	p.add(at, total, "http_seconds_count")
	p.add(at, total/10, "http_seconds_sum")
}

// bareHistogram is slow for one request in ten.
func bareHistogram(p *past, at time.Duration) {
	p.alive(at, p.when(-tenDays))
	total, _ := steadily(at)
	p.add(at, math.Floor(0.9*total), "req_seconds_bucket", "le", "0.5")
	p.add(at, total, "req_seconds_bucket", "le", "+Inf")
	p.add(at, total, "req_seconds_count")
}

// failing fails 18 of 100 requests.
func failing(p *past, at time.Duration) {
	p.alive(at, p.when(-tenDays))
	total := perScrape(at, 100)
	p.web(at, total, perScrape(at, 18))
}

// swinging has a swing of two hours, and 5 % bad.
func swinging(p *past, at time.Duration) {
	p.alive(at, p.when(-hoursTold))
	turns := (at + hoursTold).Hours() / 2
	total := math.Round(2*(at+hoursTold).Seconds() - 1000*math.Cos(2*math.Pi*turns) + 1000)
	p.web(at, total, math.Round(total/20))
}

// steady has no error.
func steady(p *past, at time.Duration) {
	p.alive(at, p.when(-tenDays))
	p.web(at, perScrape(at, 60), 0)
}

// smallTraffic is a request every 10 s, one of 500 bad.
func smallTraffic(p *past, at time.Duration) {
	p.alive(at, p.when(-tenDays))
	total := math.Floor((at + tenDays).Seconds() / 10)
	p.web(at, total, math.Floor(total/500))
}

// oldOutage has an outage that ended an hour before the window begins.
func oldOutage(p *past, at time.Duration) {
	p.alive(at, p.when(-tenDays))
	bad := 29 * float64(min(max(at+2*time.Hour, 0), time.Hour)/scraped)
	p.web(at, perScrape(at, 46), bad)
	p.add(at, perScrape(at, 13), "http_requests_total", "code", "404") // rates that no float is equal to
}

// noValueAcrossAReset is a device that was unplugged: its exporter says NaN meanwhile.
func noValueAcrossAReset(p *past, at time.Duration) {
	const gone, back = 2 * time.Hour, 2*time.Hour + 150*time.Second
	p.add(at, 1, "up")
	switch {
	case at < gone:
		p.web(at, perScrape(at, 60), math.Floor(perScrape(at, 1)/10))
	case at < back:
		p.web(at, math.NaN(), math.NaN())
	default:
		since := float64((at-back)/scraped) + 1
		p.web(at, 60*since, math.Floor(since/10))
	}
}

// quietNight has no request in the second half of the window.
func quietNight(p *past, at time.Duration) {
	p.alive(at, p.when(-tenDays))
	until := min(at, 3*time.Hour)
	p.web(at, perScrape(until, 50), math.Floor(perScrape(until, 1)/4))
}

// higherCount is a histogram without start times whose process restarts: the count is
// higher after it, the bucket lower.
func higherCount(p *past, at time.Duration) {
	p.add(at, 1, "up")
	count, fast := 100.0, 99.0
	if at > 3*time.Hour {
		more := float64((at-3*time.Hour)/scraped) - 1
		count, fast = 105+more, 60+more
	}
	p.add(at, fast, "req_seconds_bucket", "le", "0.5")
	p.add(at, count, "req_seconds_count")
}

// recordedSum is a recording rule over three pods, one of which restarts.
func recordedSum(p *past, at time.Duration) {
	p.add(at, 1, "up")
	sum := 1_200_000 + perScrape(at, 60)
	if at >= 3*time.Hour {
		sum -= 400_000 + perScrape(3*time.Hour, 20)
	}
	p.bare(at, sum, "shopset:http_requests:sum")
	p.bare(at, 0, "shopset:http_errors:sum")
}

// errorsBornAt50 is a log exporter whose series of errors comes with the first ones.
func errorsBornAt50(p *past, at time.Duration) {
	p.add(at, 1, "up")
	p.add(at, perScrape(at, 60), "http_requests_total", "code", "200")
	if at >= 3*time.Hour {
		p.add(at, 50, "http_requests_total", "code", "500")
	}
}

// longGaps has gaps that are longer than a series stays without samples.
func longGaps(p *past, at time.Duration) {
	v := 10.0
	if k := int((at - 2*time.Hour) / scraped); at >= 2*time.Hour {
		values := map[int]float64{0: 10, 1: 12, 2: 14, 23: 4, 24: 6, 25: 8, 26: 6, 27: 8, 48: 4}
		v = 6
		if k < 49 {
			found := false
			if v, found = values[k]; !found {
				return
			}
		}
	}
	p.add(at, 1, "up")
	p.web(at, v, 0)
}
