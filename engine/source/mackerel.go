package source

import (
	"fmt"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/slo/source/mackerelapi"
)

// openMackerel opens Mackerel as the source of samples.
func openMackerel(h host.Host, c *config.Mackerel, path string) (Source, error) {
	key, err := h.MackerelKey(*c)
	if err != nil {
		return Source{}, fmt.Errorf("%s.mackerel: %w", path, err)
	}
	s, err := mackerelapi.New(mackerelhttp.Config{URL: c.URL, Key: key, Timeout: c.Timeout})
	if err != nil {
		return Source{}, fmt.Errorf("%s.mackerel: %w", path, err)
	}
	return Source{Source: s, Name: "Mackerel at " + c.URL, Close: func() error { return nil }, onGrid: true}, nil
}
