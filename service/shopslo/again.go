package shopslo

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
)

// askAfter is how long a server waits before it asks its sources again what the SLOs
// mean that it cannot count.
const askAfter = 10 * time.Second

// askAgain lets a server take up SLOs that it could not understand, as soon as the source
// tells what their metrics are: an embedded one knows nothing before it has scraped. Taking
// over ends the readings of all sources, so that it is done only for what can be counted then.
func (p *pace) askAgain(e *engine.Engine, now time.Time) {
	if now.Before(p.asked.Add(askAfter)) {
		return
	}
	p.asked = now
	all := refusedOf(e, p.source)
	if len(all) == 0 {
		return
	}
	if p.tried != e {
		p.tried, p.vain = e, nil
	}
	e.Sources[p.source].Types.AskAgain()
	all = slices.DeleteFunc(all, func(r refused) bool { return slices.Contains(p.vain, r) || !r.understood(e) })
	if len(all) == 0 {
		return
	}
	p.configuring.Lock()
	defer p.configuring.Unlock()
	if p.current() != e || len(still(e, p.source, all)) == 0 { // reloaded meanwhile, or another source's pace was quicker
		return
	}
	if err := e.TakeOver(now); err != nil {
		p.Log.Error("SLOs that are understood now are not taken up", "err", err)
	}
	p.vain = append(p.vain, still(e, p.source, all)...)
}

// refused is an SLO that is not counted for the ShopSets of a source for what its queries mean.
type refused struct{ slo, own string }

// refusedOf are those of which a part at least is read from a source.
func refusedOf(e *engine.Engine, source string) (out []refused) {
	for _, f := range e.Ledger.Failing() {
		s := e.Docs.SLONamed(f.SLO)
		for _, id := range f.Refused {
			set, ok := e.Docs.Fleet.ShopSet(fleet.ShopSetName(id))
			if s == nil || !ok { // reloaded meanwhile
				continue
			}
			r := refused{f.SLO, e.Docs.Config.SourceOf(set)}
			if !slices.Contains(out, r) && slices.Contains(documents.SourcesFor(e.Docs, s, set), source) {
				out = append(out, r)
			}
		}
	}
	return out
}

// still are those of some that are refused now.
func still(e *engine.Engine, source string, some []refused) []refused {
	now := refusedOf(e, source)
	return slices.DeleteFunc(slices.Clone(some), func(r refused) bool { return !slices.Contains(now, r) })
}

// understood reports whether each part can be counted from its source.
func (r refused) understood(e *engine.Engine) bool {
	return !slices.ContainsFunc(e.Docs.SLONamed(r.slo).Parts, func(part slo.Part) bool {
		from := e.Docs.Config.Asked(part.Indicator.Queries()[0], r.own)
		is, err := e.Sources[from].Reading()(&part.Indicator)
		return err != nil || is.Refused != ""
	})
}
