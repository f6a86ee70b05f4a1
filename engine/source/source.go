// Package source opens the source of samples that a configuration names, and says what its
// metrics are.
package source

import (
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/presence/probe"
	"github.com/shopslo/shopslo/slo/source/promtsdb"
)

// Source is where an engine's samples come from.
type Source struct {
	ledger.Source
	Embedded *promtsdb.DB // what Source is, where it is embedded
	Types    *Types       // what it says of its metrics; nil: it says nothing
	Name     string       // for people, without credentials
	Close    func() error
}

// Looked is the source as it is asked for what exists.
func (s Source) Looked() probe.Source {
	if s.Embedded != nil {
		return s.Embedded.Stored()
	}
	return s.Source
}
