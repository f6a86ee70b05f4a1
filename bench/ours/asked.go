package ours

import (
	"context"
	"time"

	"github.com/shopslo/shopslo/bench/history"
	"github.com/shopslo/shopslo/bench/proc"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/presence/probe"
	"github.com/shopslo/shopslo/slo/promquery"
)

// Asked is what it takes to ask a source whether what an SLO asks for exists, as a
// server does at every other scrape interval, beside its ticks.
type Asked struct{ CPU, Server time.Duration }

// Ask asks so many times at the end of the history, after one time that warms up.
func Ask(ctx context.Context, h *history.History, src probe.Source, server func() time.Duration, times int) (Asked, error) {
	s := SLO(h.Params.Days)
	it := probe.Item{SLO: s}
	for _, t := range h.Truth {
		it.Subjects = append(it.Subjects, probe.Subject{ID: t.ID, Match: slo.Labels{{Name: "shopset", Value: t.ID}}})
	}
	p := probe.New(probe.Config{Source: src, Terms: promquery.Terms, Interval: history.Interval, Delay: delay, TargetLabels: []string{"job", "instance"}}, []probe.Item{it})
	var cpu, of time.Duration
	for i := range times + 1 {
		if i == 1 {
			cpu, of = proc.Self(), server()
		}
		if err := p.Probe(ctx, End); err != nil {
			return Asked{}, err
		}
	}
	n := time.Duration(times)
	return Asked{(proc.Self() - cpu) / n, (server() - of) / n}, nil
}
