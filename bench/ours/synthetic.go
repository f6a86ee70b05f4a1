package ours

import (
	"context"
	"fmt"
	"time"

	"github.com/shopslo/shopslo/bench/history"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
)

// synthetic is a source of two counters per ShopSet that are computed, not
// stored: for sizes at which the blocks would not fit. Every 30 seconds each has a
// sample; traffic differs by ShopSet and is uneven.
type synthetic struct{ series []slo.Series }

func newSynthetic(n int) *synthetic {
	s := &synthetic{}
	for i := range n {
		id := history.ID(i)
		for k, code := range []string{"200", "500"} {
			s.series = append(s.series, slo.Series{Ref: uint64(2*i + k + 1), Labels: slo.Labels{
				{Name: slo.MetricName, Value: "http_requests_total"}, {Name: "code", Value: code}, {Name: "component", Value: "cart"},
				{Name: "instance", Value: "cart-" + id + ":8080"}, {Name: "job", Value: "shops"}, {Name: "shopset", Value: id}}})
		}
	}
	return s
}

// Select implements the ledger's Source for the one SLO of the measurement.
func (s *synthetic) Select(_ context.Context, r slo.Request, f func([]slo.Series) error) error {
	out := make([]slo.Series, 0, len(s.series))
	for i, x := range s.series {
		for _, sel := range r.Selectors {
			if sel.Matches(x.Labels) {
				const step = int64(history.Interval / time.Millisecond)
				offset := int64(i/2*7919) % step
				x.Samples = &computed{seed: uint64(i / 2), bad: i%2 == 1, to: r.To, next: (r.From-offset)/step*step + step + offset}
				out = append(out, x)
				break
			}
		}
	}
	return f(out)
}

// Eval is not needed: nothing here is evaluated on a grid.
func (s *synthetic) Eval(_ context.Context, expr string, _, _ int64, _ time.Duration, _ func([]slo.Series) error) error {
	return fmt.Errorf("the computed source cannot evaluate %s", expr)
}

// computed is one counter's samples.
type computed struct {
	seed     uint64
	bad      bool
	next, to int64
}

func (c *computed) Read(t []int64, v []float64) (int, error) {
	const step = int64(history.Interval / time.Millisecond)
	n := 0
	for ; n < len(t) && c.next <= c.to; n++ {
		t[n], v[n] = c.next, c.value(uint64(c.next/step))
		c.next += step
	}
	return n, nil
}

// value is the counter at the k-th step: rising by a rate of 1 to 2,048 a step
// that depends on the ShopSet, give or take a half. Errors are a thousandth.
func (c *computed) value(k uint64) float64 {
	rate := uint64(1) << (mix(c.seed) % 12)
	x := k*rate + mix(k^c.seed<<40)%(rate/2+1)
	if c.bad {
		x /= 1000
	}
	return float64(x)
}

// mix is a hash of one number.
func mix(x uint64) uint64 {
	x = (x ^ x>>31) * 0x9e3779b97f4a7c15
	x = (x ^ x>>29) * 0xbf58476d1ce4e5b9
	return x ^ x>>32
}

// Computed builds a ledger of n ShopSets over so many days from computed samples.
func Computed(ctx context.Context, dir string, n, days int) (*Ledger, Cold, error) {
	return build(ctx, config(dir, days, false), SLO(min(days, 28)), n, newSynthetic(n), NoServer)
}

// NoFeed is for sources that need none.
func NoFeed(context.Context) error { return nil }

var _ ledger.Source = (*synthetic)(nil)
