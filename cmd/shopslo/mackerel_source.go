package main

import (
	"fmt"

	"github.com/shopslo/shopslo/internal/config"
	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/promquery"
	"github.com/shopslo/shopslo/slo/source/mackerelapi"
)

// openMackerel opens Mackerel as the source of samples.
func (p *program) openMackerel(c *config.Mackerel) (source, error) {
	key, err := p.mackerelKeyOf(*c)
	if err != nil {
		return source{}, fmt.Errorf("source.mackerel: %w", err)
	}
	s, err := mackerelapi.New(mackerelhttp.Config{URL: c.URL, Key: key, Timeout: c.Timeout})
	if err != nil {
		return source{}, fmt.Errorf("source.mackerel: %w", err)
	}
	return source{Source: s, name: "Mackerel at " + c.URL, close: func() error { return nil }}, nil
}

// classify checks a query's text in the language of the configured source.
func (d *documents) classify(text string) (promquery.Query, error) {
	if d.config.Source.Mackerel != nil {
		_, err := mackerelapi.Parse(text)
		return promquery.Query{}, err
	}
	return promquery.Classify(text)
}

// readMackerel tells the ledger that Mackerel has no counters' samples: all its queries
// are evaluated on a grid.
var readMackerel = ledger.Selecting(func(string) ([]slo.Selector, bool) { return nil, false })
