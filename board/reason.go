package board

import (
	"slices"
	"sync"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
)

// said keeps the newest decisions with Japanese reasons: who looks at the same ones again
// does not have them made again. The zero value is ready for use.
type said struct {
	mu       sync.Mutex
	japanese map[*promotion.Record]*promotion.Record
}

// in gives the Gates with the reasons of their checks in a language.
func (r *said) in(l text.Language, gates []Gate) []Gate {
	if l != text.Japanese {
		return gates
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	gates = slices.Clone(gates)
	newest := map[*promotion.Record]*promotion.Record{}
	for i := range gates {
		was := gates[i].Record
		if was == nil {
			continue
		}
		is := r.japanese[was]
		if is == nil {
			record := *was
			record.Decision = was.In(l)
			is = &record
		}
		newest[was], gates[i].Record = is, is
	}
	r.japanese = newest
	return gates
}
