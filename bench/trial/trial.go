// Package trial is the blind trial of the gate: simulated releases, good and bad,
// whose counters are scraped over HTTP by the embedded source, counted by the
// ledger, and judged by the gate and by two rules of thumb: no alert fired for a
// time, and an error rate below a threshold.
//
// Time is scaled: a second stands for a minute. Who judges sees names and times of
// releases and what was counted; what each release truly does is compared with the
// outcomes at the end.
package trial

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Params are those of a trial.
type Params struct {
	Releases int
	Seed     uint64
	// Horizon is for how long a release is judged, in minutes of simulated time,
	// 720 at most; one that is not decided on by then never will be.
	Horizon int
}

// Defaults are those of the published trial: some thousands of releases, for 12 hours.
func Defaults(seed uint64) Params { return Params{3000, seed, horizon} }

// Quick is a smoke test of this program.
func Quick(seed uint64) Params { return Params{150, seed, 60} }

// perTarget is how many ShopSets one scraped process serves.
const perTarget = 300

// Release is what a judge may know of a release: where it came to, and when.
type Release struct {
	ShopSets []string
	Came     time.Time
}

// outcome is what became of a release, after some minutes; open ones never end.
type outcome struct {
	what  ending
	after int
}

type ending int

const (
	open ending = iota
	promote
	hold
)

// rule is a way to judge, with a waiting time in minutes.
type rule struct {
	name string
	wait int
}

// The rules' names.
const (
	gateRule  = "gate"
	loadRule  = "gate, load 0.8"
	aloneRule = "gate, each ShopSet alone"
	harmRule  = "gate, harm 10"
	againRule = "gate, asked again"
	alertRule = "no alert"
)

// shares of failed requests that the fixed threshold allows.
var shares = []float64{0.001, 0.01, 0.05}

func thresholdName(share float64) string { return fmt.Sprintf("error rate ≤ %v %%", 100*share) }

// waits are the waiting times that are tried, in minutes.
var waits = []int{0, 5, 10, 15, 20, 30, 60, 120, 240, 360, 480, 720}

// judged are the outcomes of one release.
type judged struct {
	outcomes map[rule]outcome
	reasons  map[string]int // the gate's last checks, by verdict
	err      error
}

// Run makes the trial in an empty folder. It takes as many seconds as its horizon has
// minutes, and some.
func Run(ctx context.Context, dir string, p Params, progress func(string, ...any)) (*Result, error) {
	if p.Releases < 1 || p.Horizon < 1 || p.Horizon > horizon {
		return nil, fmt.Errorf("a trial of %d releases over %d minutes: it takes one release or more, and 1 to %d minutes", p.Releases, p.Horizon, horizon)
	}
	began := time.Now()
	truth := releases(p.Releases, p.Seed)
	c, err := count(ctx, dir, p, truth, progress)
	if err != nil {
		return nil, err
	}
	found, err := c.judge(ctx, p, len(targets(truth, perTarget)), progress)
	health, failed := c.health(ctx, p)
	if err := errors.Join(err, failed, c.close()); err != nil {
		return nil, err
	}
	r := &Result{Params: p, Health: health}
	for i, l := range truth {
		r.judged = append(r.judged, verdict{l, found[i].outcomes, found[i].reasons})
	}
	r.Took = time.Since(began)
	return r, nil
}

// judge asks all rules about all releases.
func (c *counted) judge(ctx context.Context, p Params, targets int, progress func(string, ...any)) ([]judged, error) {
	progress("evaluate the alerts")
	var names []string
	for i := range targets {
		names = append(names, fmt.Sprintf("shops-%d", i))
	}
	firing, err := c.firing(ctx, names, lastCame+p.Horizon)
	if err != nil {
		return nil, err
	}
	progress("ask the gate")
	out := make([]judged, len(c.releases))
	var all sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := range next {
				out[i] = c.judgeOne(c.releases[i], firing, p.Horizon)
			}
		})
	}
	for i := range out {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	all.Wait()
	bad := slices.IndexFunc(out, func(j judged) bool { return j.err != nil })
	if bad >= 0 {
		err = out[bad].err
	}
	return out, errors.Join(err, ctx.Err())
}

func (c *counted) judgeOne(r Release, firing map[string][]int, until int) (out judged) {
	g, err := newGate(c, r)
	if err != nil {
		return judged{err: err}
	}
	verdicts, reasons, err := g.verdicts(until)
	out = judged{outcomes: map[rule]outcome{}, reasons: reasons, err: err}
	for _, wait := range waits {
		if wait > until {
			break
		}
		for i, v := range verdicts {
			out.outcomes[rule{ways[i].name, wait}] = decide(v, wait)
		}
		out.outcomes[rule{againRule, wait}] = decideAgain(verdicts[0], wait)
		if wait == 0 {
			continue
		}
		out.outcomes[rule{alertRule, wait}] = c.noAlert(r, firing, wait)
		for _, share := range shares {
			out.outcomes[rule{thresholdName(share), wait}] = c.threshold(r, share, wait)
		}
	}
	return out
}

// Health says how well the trial itself went.
type Health struct {
	Scrapes, Missed int     // of the live part
	Samples         int     // scraped
	Coverage        float64 // 0–1, the least of all ShopSets since their release
}

// health asks how many scrapes there were, and how much of the time they cover.
func (c *counted) health(ctx context.Context, p Params) (h Health, err error) {
	last := c.clock.time(lastCame + p.Horizon)
	sum := func(query string) (total float64, err error) {
		err = c.eval(ctx, query, last.Add(-minute), last, func(_ slo.Labels, _ time.Time, v float64) { total += v })
		return total, err
	}
	span := last.Sub(c.clock.zero)
	scrapes, err1 := sum(fmt.Sprintf("sum(count_over_time(up[%s]))", span))
	up, err2 := sum(fmt.Sprintf("sum(sum_over_time(up[%s]))", span))
	samples, err3 := sum(fmt.Sprintf("sum(sum_over_time(scrape_samples_scraped[%s]))", span))
	h = Health{Scrapes: int(scrapes), Missed: int(scrapes - up), Samples: int(samples), Coverage: 1}
	for _, r := range c.releases {
		for _, name := range r.ShopSets {
			to := r.Came.Add(time.Duration(p.Horizon) * minute)
			h.Coverage = min(h.Coverage, c.ledger.Account(c.slo, name, to).Counts(0, r.Came, to).Coverage())
		}
	}
	return h, errors.Join(err1, err2, err3)
}

// verdict is a release, unblinded.
type verdict struct {
	*release
	outcomes map[rule]outcome
	reasons  map[string]int
}

// Result is that of a trial; report.go makes tables of it and chart.go a chart.
type Result struct {
	Params Params
	Health Health
	Took   time.Duration
	judged []verdict
}
