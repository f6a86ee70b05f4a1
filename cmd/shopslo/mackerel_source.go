package main

import (
	"fmt"

	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/internal/config"
	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/slo/source/mackerelapi"
)

// openMackerel opens Mackerel as the source of samples.
func openMackerel(h host.Host, c *config.Mackerel) (source, error) {
	key, err := h.MackerelKey(*c)
	if err != nil {
		return source{}, fmt.Errorf("source.mackerel: %w", err)
	}
	s, err := mackerelapi.New(mackerelhttp.Config{URL: c.URL, Key: key, Timeout: c.Timeout})
	if err != nil {
		return source{}, fmt.Errorf("source.mackerel: %w", err)
	}
	return source{Source: s, name: "Mackerel at " + c.URL, close: func() error { return nil }}, nil
}
