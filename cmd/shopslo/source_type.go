package main

import (
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/presence/probe"
	"github.com/shopslo/shopslo/slo/source/promtsdb"
)

// source is where an engine's samples come from.
type source struct {
	ledger.Source
	embedded *promtsdb.DB // what Source is, where it is embedded
	types    *metricTypes // what it says of its metrics; nil: it says nothing
	name     string       // for people, without credentials
	close    func() error
}

// looked is the source as it is asked for what exists.
func (s source) looked() probe.Source {
	if s.embedded != nil {
		return s.embedded.Stored()
	}
	return s.Source
}
