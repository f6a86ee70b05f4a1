// Package watched is the trial of the check since_release on counts alone: thousands of
// simulated Releases, each asked about once a minute for twelve hours. It has no scrapes
// and no ledger, so it is quick and has kinds and sizes that the blind trial cannot have.
package watched

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
)

// Params are those of a trial.
type Params struct {
	Seed uint64 // the rule was tuned on seeds below 1000
	// Each is how many Releases there are of each fresh kind; a tenth of it of a thousand
	// ShopSets. Earlier is how many there are of the kinds of the first trial together.
	Each, Earlier int
	// Closing is how old the newest counts are, in minutes: edges close after a delay.
	Closing int
	// Only are the kinds that are tried, by their name; nil: all.
	Only func(name string) bool
}

// Defaults are those of the published trial.
func Defaults(seed uint64) Params { return Params{Seed: seed, Each: 110, Earlier: 1500, Closing: 2} }

// Quick is a smoke test of this program.
func Quick(seed uint64) Params { return Params{Seed: seed, Each: 2, Earlier: 50, Closing: 2} }

// judged is a Release with all that was said of it.
type judged struct {
	kind   *kind
	ways   map[string]course
	alert  map[int]outcome // by waiting time
	shown  func(after int) bool
	number int
	// wald is when a test that knows what is usual, and the harm, would hold on average;
	// soonest when one could pass that sees no bad event at all. Past the horizon: then.
	wald, soonest int
}

// Result is that of a trial.
type Result struct {
	Params Params
	all    []judged
}

// waits are the waiting times that are tried, in minutes.
var waits = []int{0, 5, 10, 15, 20, 30, 60, 120, 240, 360, 480, 720}

// Run makes the trial.
func Run(ctx context.Context, p Params, progress func(string, ...any)) (*Result, error) {
	type job struct {
		kind   *kind
		number int
	}
	var jobs []job
	add := func(k *kind, n int) {
		if p.Only != nil && !p.Only(k.name) {
			return
		}
		for i := range n {
			jobs = append(jobs, job{k, i})
		}
	}
	for i := range earlier {
		earlier[i].size = 2
		add(&earlier[i], p.Earlier*earlier[i].share/1000)
	}
	for i := range fresh {
		n := p.Each
		if fresh[i].size > 100 {
			n = max(1, n/20)
		} else if fresh[i].size > 10 {
			n = max(1, n/4)
		}
		add(&fresh[i], n)
	}
	r := &Result{Params: p, all: make([]judged, len(jobs))}
	errs := make([]error, len(jobs))
	next := make(chan int)
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := range next {
				r.all[i], errs[i] = one(jobs[i].kind, p, jobs[i].number)
			}
		})
	}
	for i := range jobs {
		if ctx.Err() != nil {
			break
		}
		if i%500 == 499 {
			progress("%d of %d Releases", i+1, len(jobs))
		}
		next <- i
	}
	close(next)
	all.Wait()
	return r, errors.Join(append(errs, ctx.Err())...)
}

func one(k *kind, p Params, number int) (judged, error) {
	w := newWorld(k, p, number)
	out := judged{kind: k, ways: map[string]course{}, alert: map[int]outcome{}, shown: w.shown, number: number, wald: w.wald(), soonest: w.soonest()}
	for name, policy := range policies {
		if name != asked && k.share == 0 {
			continue
		}
		c, err := judge(w, policy)
		if err != nil {
			return out, err
		}
		out.ways[name] = c
	}
	for _, wait := range waits[1:] {
		out.alert[wait] = noAlert(w, wait)
	}
	return out, nil
}

// of are the Releases of some kinds.
func (r *Result) of(in func(*kind) bool) []judged {
	return slices.DeleteFunc(slices.Clone(r.all), func(j judged) bool { return !in(j.kind) })
}
